"""One code, several environments: each has its own root, sources, budget and rules of what a launch may give."""

import json
import shlex

import dagster as dg
import pytest

from ml_assets.adapter.refusal import LaunchRefusedError
from ml_assets.cli.main import main
from ml_assets.core.run_id import run_id
from ml_assets.errors import SettingsError
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets_tests.builders import write_landing
from ml_assets_tests.released import LAST, ROWS
from ml_assets_tests.scenario import failure_of, materializations, train

OVERRIDES = "ML_ASSETS_ENVIRONMENTS__GREEN__OVERRIDES"
GREEN = {"environment": "green"}


def in_environment(options, **params):
    config = {"resources": {"params": {"config": params}, "options": {"config": options}}}
    return train("2025-08-01", run_config=config, selection=[dg.AssetKey("training_set")])


def test_a_source_of_one_environment_is_not_known_in_another(tmp_path, monkeypatch, capsys):
    zone = write_landing(tmp_path / "zone")
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__GREEN__SOURCES__SHOP", str(zone))

    assert load_settings().sources_of("green") == {"sample": "sample:", "shop": str(zone)}
    assert load_settings().sources_of("dev") == {"sample": "sample:"}
    assert main(["run", "--source", "shop", "--environment", "dev"]) == 2
    assert "source: unknown. Known: sample." in capsys.readouterr().err


def test_an_environments_own_source_wins_over_the_shared_one(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", "/all")
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__GREEN__SOURCES__SHOP", "/green")

    settings = load_settings()

    assert settings.sources_of("green")["shop"] == "/green"
    assert settings.sources_of("staging")["shop"] == "/all"


@pytest.mark.kind("settings")
def test_an_environments_own_access_to_s3_wins_field_by_field(monkeypatch, tmp_path, capsys):
    (tmp_path / "ml_assets.toml").write_text(
        '[s3]\nregion = "eu-west-1"\nprofile = "all"\n'
        '[environments.blue.s3]\nprofile = "blue"\n[environments.green.s3]\nprofile = ""\n'
    )
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__BLUE__S3__ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__BLUE__SOURCES__SHOP", "s3://blue/rows")
    monkeypatch.setenv("ML_ASSETS_SOURCES__LAKE", "s3://all/rows")

    settings = load_settings()

    blue, green, dev = (settings.s3_of(name) for name in ("blue", "green", "dev"))
    assert (blue.profile, blue.endpoint_url, blue.region) == ("blue", "http://127.0.0.1:9", "eu-west-1")
    assert (green.profile, green.region) == ("", "eu-west-1")
    assert dev == settings.s3
    assert settings.place("blue").root == "artifacts/blue"
    assert open_workspace(settings, pipeline=tabular, environment="blue").store.access == blue
    assert open_workspace(settings, pipeline=tabular, environment="blue").accesses == {
        "shop": blue,
        "lake": settings.s3,
    }
    assert main(["env", "diff", "blue", "green", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["blue"]["s3 profile"], "s3 profile" in told["green"]) == ("blue", False)
    assert told["blue"]["s3 endpoint_url"] == "http://127.0.0.1:9"


@pytest.mark.kind("settings")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ENDPOINT_URL", "https://ada:hunter2@host"),
        ("PROFILE", "AKIAC4N4RYENV0000001"),
        ("SECRET", "hunter2"),
        ("MAX_ATTEMPTS", "0"),
    ],
)
def test_an_environments_access_is_held_to_the_rules_of_all(monkeypatch, field, value):
    monkeypatch.setenv(f"ML_ASSETS_ENVIRONMENTS__BLUE__S3__{field}", value)

    with pytest.raises(SettingsError, match=f"environments.blue.s3.{field.lower()}") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)


def test_the_same_parameters_have_the_same_run_id_and_bytes_in_each_environment(tmp_path, monkeypatch):
    for name in ("staging", "green"):
        zone = write_landing(tmp_path / name)
        monkeypatch.setenv(f"ML_ASSETS_ENVIRONMENTS__{name.upper()}__SOURCES__SHOP", str(zone))
    made = [
        in_environment({"environment": name}, source="shop", lookback_days=91, holdout_days=14)
        for name in ("staging", "green")
    ]

    told = [next(iter(materializations(result).values())).metadata for result in made]
    assert {entry["environment"].value for entry in told} == {"staging", "green"}
    assert len({entry["run_id"].value for entry in told}) == 1
    assert len({entry["sha256"].value for entry in told}) == 1


def test_the_shell_refuses_what_an_environment_does_not_allow(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv(OVERRIDES, '["dataset", "seed"]')

    assert main(["run", "--environment", "green", "--C", "2.0"]) == 2
    assert (
        "C: may not be given in the environment green. Given there may be: dataset, seed."
        in capsys.readouterr().err
    )
    assert main(["sweep", "--environment", "green", "--grid", "C=1,2"]) == 2
    assert "C: may not be given" in capsys.readouterr().err
    assert main(["backfill", "--last", "2", "--environment", "green", "--lookback-days", "120"]) == 2
    assert "lookback_days: may not be given" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_launch_on_a_deployment_of_that_environment_is_refused_before_a_run_exists(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENT", "green")
    monkeypatch.setenv(OVERRIDES, '["seed"]')

    with pytest.raises(LaunchRefusedError, match=r"lookback_days: may not be given in the environment green"):
        in_environment({}, lookback_days=120)


def test_a_launch_that_gives_nothing_is_not_refused_whatever_may_be_given(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENT", "green")
    monkeypatch.setenv(OVERRIDES, '["lookback_days"]')

    assert in_environment({}).success
    assert in_environment({}, lookback_days=120).success
    with pytest.raises(LaunchRefusedError) as refused:
        in_environment({}, lookback_days=120, seed=3)
    assert str(refused.value).count("may not be given") == 1


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("qa eu", "small letters and digits, with single _ or - between them"),
        ("_qa", "small letters and digits, with single _ or - between them"),
        ("q" * 41, "small letters and digits, with single _ or - between them"),
        ("default", "any but default, live, idle, 12 hex digits"),
        ("abcdef012345", "any but default, live, idle, 12 hex digits"),
    ],
)
def test_an_environment_that_no_launch_could_name_is_refused(name, allowed, tmp_path):
    (tmp_path / "ml_assets.toml").write_text(f'[environments."{name}"]\nroot = "s3://prod/artifacts"\n')

    with pytest.raises(SettingsError, match=f"environments: no run can name {name}. Allowed: {allowed}"):
        load_settings()


def test_an_environment_by_any_name_is_known_beside_the_usual_ones(monkeypatch, tmp_path):
    (tmp_path / "ml_assets.toml").write_text('[environments.qa-eu.sources]\nshop = "zone"\n')
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__QA_US__ROOT", "s3://qa-us")

    settings = load_settings()

    assert list(settings.environments) == ["dev", "staging", "blue", "green", "qa-eu", "qa_us"]
    assert [settings.root(name) for name in ("qa-eu", "qa_us")] == ["artifacts/qa-eu", "s3://qa-us"]
    assert settings.option_problems({"environment": "qa-eu"}) == {}
    assert settings.option_problems({"environment": "qa"}) == {
        "environment": "environment: unknown. Allowed: default, dev, staging, blue, green, qa-eu, qa_us."
    }


@pytest.mark.parametrize(
    ("slots", "line"),
    [
        ('["a"]', "slots: not two different environments"),
        ('["a", "a"]', "slots: not two different environments"),
        ('["blue", "a"]', "slots: unknown: a. Allowed: dev, staging, blue, green"),
    ],
)
def test_the_slots_are_two_environments_of_the_settings(slots, line, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_SLOTS", slots)

    with pytest.raises(SettingsError, match=line):
        load_settings()


QA = """
slots = ["a", "b"]
[environments.qa-eu]
[environments.a]
[environments.b]
"""


def test_a_run_in_an_environment_of_a_name_of_ones_own_is_promoted_to_slots_of_ones_own(tmp_path, capsys):
    (tmp_path / "ml_assets.toml").write_text(QA)

    config = {"params": {"config": ROWS}, "options": {"config": {"environment": "qa-eu"}}}
    result = train(str(LAST), run_config={"resources": config})

    assert result.success, failure_of(result)
    name = run_id(TrainingParameters(**ROWS), LAST)
    assert next((tmp_path / "artifacts/qa-eu/model").rglob(f"run={name}/manifest.json")).is_file()
    assert main(["promote", name, "--from", "qa-eu", "--to", "green"]) == 2
    assert "to: unknown. Allowed: idle, a, b." in capsys.readouterr().err
    assert main(["promote", name, "--from", "qa-eu"]) == 0
    assert main(["switch", "--to", "blue"]) == 2
    assert "--to: unknown. Allowed: a, b." in capsys.readouterr().err
    assert main(["switch"]) == 0
    assert f"switched to {name} (v1, as_of {LAST}) in b: it serves now." in capsys.readouterr().out
    assert next((tmp_path / "artifacts/b/model").rglob("manifest.json")).is_file()
    assert not (tmp_path / "artifacts/green").exists()


def test_a_launch_into_an_environment_that_is_not_known_is_refused_with_those_that_are(tmp_path):
    (tmp_path / "ml_assets.toml").write_text(QA)

    with pytest.raises(
        LaunchRefusedError,
        match=r"environment: unknown. Allowed: default, dev, staging, blue, green, qa-eu, a, b\.",
    ):
        in_environment({"environment": "qa"})


def test_a_run_that_names_such_an_environment_fails_before_any_work(monkeypatch, tmp_path):
    monkeypatch.setenv(OVERRIDES, '["seed"]')

    result = in_environment(GREEN, lookback_days=120)

    assert not result.success
    assert "lookback_days: may not be given in the environment green" in failure_of(result)
    assert not (tmp_path / "artifacts").exists()


def test_nothing_but_defaults_may_be_given_where_the_list_is_empty(monkeypatch):
    monkeypatch.setenv(OVERRIDES, "[]")

    assert load_settings().override_problems(["seed"], environment="green", cls=TrainingParameters) == [
        "seed: may not be given in the environment green. Given there may be: none."
    ]
    assert load_settings().override_problems(["seed"], environment="staging", cls=TrainingParameters) == []


def test_an_override_that_is_no_parameter_is_named_with_the_known_ones(monkeypatch, capsys):
    monkeypatch.setenv(OVERRIDES, '["max_depht"]')

    assert main(["env", "list"]) == 1
    told = capsys.readouterr().err
    assert "environments.green.overrides: unknown: max_depht. Allowed: * for all, or dataset" in told


def test_an_override_may_be_a_parameter_of_any_known_pipeline(monkeypatch, capsys):
    monkeypatch.setenv(OVERRIDES, '["season", "seed"]')

    assert main(["env", "list"]) == 0
    assert "season, seed" in capsys.readouterr().out


def test_an_override_that_could_be_no_parameter_is_refused_with_the_settings(monkeypatch):
    monkeypatch.setenv(OVERRIDES, '["max depth"]')

    with pytest.raises(SettingsError, match=r"overrides: unknown: max depth. Allowed: \* for all, or names"):
        load_settings()


@pytest.mark.parametrize("name", ["RELEASES", "REQUESTS", "ENVIRONMENTS__GREEN__SOURCES__SHOP"])
def test_no_place_may_hold_a_password(name, monkeypatch):
    monkeypatch.setenv(f"ML_ASSETS_{name}", "s3://user:hunter22@bucket/x")

    with pytest.raises(SettingsError, match="holds a credential") as error:
        load_settings()

    assert "hunter22" not in str(error.value)


def test_two_environments_are_shown_side_by_side_and_secrets_by_name_only(monkeypatch, capsys):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__BLUE__ROOT", "s3://blue-models")
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__BLUE__BUDGET__RUNS", "5")
    monkeypatch.setenv("ML_ASSETS_S3__ENDPOINT_URL", "http://127.0.0.1:9000")
    monkeypatch.setenv("ML_ASSETS_TRACKING__URI", "sqlite:///mlflow.db")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")

    assert main(["env", "diff", "staging", "blue"]) == 0

    told = capsys.readouterr().out
    rows = {line.strip().split("  ")[0]: line for line in told.splitlines()}
    assert "artifacts/staging" in rows["root"]
    assert "s3://blue-models" in rows["root"]
    assert rows["root"].rstrip().endswith("differs")
    assert not rows["releases"].rstrip().endswith("differs")
    assert "http://127.0.0.1:9000" in rows["s3 endpoint_url"]
    assert "sqlite:///mlflow.db" in rows["tracking"]
    assert "set" in rows["AWS_SECRET_ACCESS_KEY"]
    assert "wJalrXUtnFEMI" not in told


def test_every_environment_is_listed_as_json(capsys):
    assert main(["env", "list", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["dev", "staging", "blue", "green"]
    assert found["green"]["root"] == "artifacts/green"


def test_an_unknown_environment_is_refused(capsys):
    assert main(["env", "diff", "staging", "prod"]) == 2
    assert "prod: unknown environment. Known: dev, staging, blue, green." in capsys.readouterr().err


@pytest.mark.slow
def test_the_commands_that_are_printed_name_the_environment_they_are_about(capsys, tmp_path):
    words = ["--as-of", "2025-08-01", "--lookback-days", "120", "--environment", "staging"]
    assert main(["run", *words]) == 0
    told = capsys.readouterr().out.splitlines()[-1].partition("All about this run: ")[2]

    assert main(shlex.split(told)[1:]) == 0
    again = capsys.readouterr().out.partition("The same again:\n")[2].splitlines()[0]
    assert again.endswith("--lookback-days 120 --environment staging")
    assert main([*shlex.split(again)[1:], "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert all(artifact["reused"] for artifact in made["artifacts"].values())
    file = next((tmp_path / "artifacts/staging/model").rglob("data-*"))
    file.write_bytes(b"rotten")
    assert main(["verify", "--environment", "staging"]) == 1
    assert "ml-assets verify --repair --environment staging" in capsys.readouterr().out


def test_a_root_may_be_named_as_rich_names_its_styles(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", str(tmp_path / "a[b]" / "[/x]"))

    assert main(["env", "list"]) == 0
    assert "a[b]/[/x]" in capsys.readouterr().out
    assert main(["run", "--as-of", "2025-08-01", "--lookback-days", "120"]) == 0
    assert "a[b]/[/x]/model/" in capsys.readouterr().out
