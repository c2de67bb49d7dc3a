"""Names stand for places, and the environment wins over the file."""

import datetime as dt
import json
import os
import re

import pytest

from ml_assets.core.setting_names import unknown_variables
from ml_assets.errors import SettingsError
from ml_assets.settings import Settings, load_settings
from ml_assets.settings_sources import OTHER_VARIABLES, PREFIX
from ml_assets_tests.conftest import REPO, WORKERS


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    """No settings at all, not even those of all tests."""
    monkeypatch.chdir(tmp_path)
    for name in WORKERS:
        monkeypatch.delenv(name)


def test_without_any_settings_there_are_four_environments_and_the_sample(monkeypatch):
    settings = load_settings()

    assert settings.environment == "dev"
    assert set(settings.environments) == {"dev", "staging", "blue", "green"}
    assert dict(settings.sources_of()) == {"sample": "sample:"}


def test_the_file_names_sources_and_roots(tmp_path):
    (tmp_path / "ml_assets.toml").write_text(
        'environment = "staging"\n[sources]\nuci = "/data/uci"\n[environments.staging]\nroot = "/srv/staging"\n'
    )

    settings = load_settings()

    assert settings.root(settings.environment) == "/srv/staging"
    assert settings.root("dev") == "artifacts/dev"
    assert settings.sources_of()["uci"] == "/data/uci"


def test_environment_variables_win_over_the_file(tmp_path, monkeypatch):
    (tmp_path / "ml_assets.toml").write_text(
        'environment = "staging"\n[sources]\nuci = "/data/uci"\nshop = "/data/shop"\n'
    )
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENT", "blue")
    monkeypatch.setenv("ML_ASSETS_SOURCES__UCI", "/other")
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__BLUE__ROOT", "/srv/blue")
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", "2011-01-01")

    settings = load_settings()

    assert settings.environment == "blue"
    assert settings.sources == {"uci": "/other", "shop": "/data/shop"}
    assert settings.root("blue") == "/srv/blue"
    assert settings.first_as_of == dt.date(2011, 1, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("environment = ", "not valid TOML"),
        ("enviroment = 'dev'", "enviroment"),
        ("[environments.dev]\nrot = 'x'", "environments.dev"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(tmp_path, text, words):
    (tmp_path / "ml_assets.toml").write_text(text)

    with pytest.raises(SettingsError, match=r"ml_assets\.toml") as error:
        load_settings()

    assert words in str(error.value)


def test_an_unknown_environment_or_source_gets_the_known_ones():
    settings = load_settings()

    with pytest.raises(SettingsError, match="Known: dev, staging, blue, green"):
        settings.root("prod")
    assert "Known: sample" in settings.source_problem("uci")


def test_a_place_with_a_password_in_it_is_refused_and_not_repeated(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", "s3://user:hunter22@bucket/rows")

    with pytest.raises(SettingsError, match=r"sources\.shop: holds a credential") as error:
        load_settings()

    assert "hunter22" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SOURCES", "notjson", "ML_ASSETS_SOURCES: a variable that cannot be read"),
        ("ENVIRONMENTS__DEV__OVERRIDES", "seed", "ML_ASSETS_ENVIRONMENTS: a variable that cannot be read"),
        ("ENVIRONMENT", "prod", "environment: unknown: prod. Allowed: dev, staging, blue, green"),
        ("RELEASES", "s3://bucket/AKIAIOSFODNN7EXAMPLE", "releases: holds a credential"),
        ("TRACKING__URI", "https://ghp_0123456789abcdef0123@host", "tracking.uri: holds a credential"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_and_the_file_is_not_blamed(monkeypatch, name, value, words):
    monkeypatch.setenv(f"ML_ASSETS_{name}", value)

    with pytest.raises(SettingsError) as error:
        load_settings()

    assert words in str(error.value)
    assert "not valid TOML" not in str(error.value)
    assert "0123456789abcdef" not in str(error.value)
    assert "AKIA" not in str(error.value)


def test_what_stands_in_the_place_of_the_file_is_not_overlooked(tmp_path):
    (tmp_path / "ml_assets.toml").symlink_to(tmp_path / "nowhere")

    with pytest.raises(SettingsError, match=r"ml_assets\.toml is not a file that can be read"):
        load_settings()


def test_a_long_path_of_letters_and_digits_is_no_credential(monkeypatch):
    place = "/Data/Teams/Pricing2025/Models/Artifacts/Production"
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", place)

    assert load_settings().root("dev") == place


CREDENTIALS = [
    "https://:hunter2@host",
    "https://token@host",
    "HTTPS://TOKEN@HOST/x",
    "https://host?access_token=hunter2",
    "https://host/?access%5Ftoken=hunter2",
    "https://host/x?a=1&sig=hunter2",
    "https://host/x#access_token=hunter2",
    "https://host/x;password=hunter2",
    "https://host/x?X-Amz-Signature=hunter2",
    "https://host/x?x-goog-signature=hunter2",
    "https://host/x?api-key=hunter2",
    "https://host/x?key=hunter2",
    "https://user%40host/x",
    "https://user%3Ahunter2%2540host/x",
    "https:\\\\user:hunter2@host",
    "https://host\\@elsewhere",
    "https:/user:hunter2@host",
    "https:user:hunter2@host",
    "https:///user:hunter2@host",
    " https://user@host",
    "https://user\uff20host",
    "https://host/x?u=ada&p=hunter2",
    "https://host/x?auth_key=hunter2",
    "https://host/x?tok=hunter2",
    "u:hunter2@host/x",
    "//user:hunter2@host/x",
    "s3://:secret@b/x",
    "s3://bucket@x",
    "s3://key:hunter2@bucket/x",
    "s3:///key:hunter2@bucket",
    "gs://token@bucket/x",
    "az://account@container/x",
    "abfss://name:hunter2@account.dfs.core.windows.net/x",
    "file://user@host/x",
    "memory://user:hunter2@x",
    "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=hunter2",
]
PLACES = [
    "s3://bucket/a@b",
    "s3://bucket/a@b/c:d@e",
    "/data/a@b",
    "data/a@b",
    "me@host:/data",
    "file:///data/a@b",
    "abfss://container@account.dfs.core.windows.net/path",
    "https://host:8443/@user/x?author=me&versionId=3",
    "s3://bucket/date=2025-01-01/token/user=3/key=5",
    "/data/secrets/x",
    "/data/#p=1",
    "/data/x?code=1",
]


@pytest.mark.kind("secrets in places", inputs=len(CREDENTIALS))
@pytest.mark.parametrize(
    "setting",
    ["sources.shop", "releases", "requests", "environments.dev.root", "environments.blue.sources.shop"],
)
def test_no_place_is_given_with_a_user_a_token_or_a_signature(setting, monkeypatch):
    for uri in CREDENTIALS:
        monkeypatch.setenv(f"ML_ASSETS_{setting.upper().replace('.', '__')}", uri)

        with pytest.raises(SettingsError) as refusal:
            load_settings()

        assert f"{setting}: holds a credential" in str(refusal.value), uri
        assert "hunter2" not in str(refusal.value)


@pytest.mark.kind("secrets in places")
@pytest.mark.parametrize(
    ("setting", "uri"),
    [
        ("tracking.uri", "https://host/?access_token=hunter2"),
        ("tracking.uri", "https://hunter2@host"),
        ("s3.endpoint_url", "https://hunter2@host"),
        ("presets", "/data/x?sig=hunter2"),
    ],
)
def test_neither_is_any_other_address(setting, uri, monkeypatch):
    monkeypatch.setenv(f"ML_ASSETS_{setting.upper().replace('.', '__')}", uri)

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert f"{setting}: holds a credential" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("uri", PLACES)
def test_an_at_sign_or_such_a_word_in_a_path_is_no_credential(uri, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", uri)

    assert load_settings().sources["shop"] == uri


@pytest.mark.kind("settings")
@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ENVIRONMENT__DEV__ROOT", "Did you mean ML_ASSETS_ENVIRONMENTS__DEV__ROOT?"),
        ("WORKER", "Did you mean ML_ASSETS_WORKERS?"),
        ("SOURCE__SHOP", "Did you mean ML_ASSETS_SOURCES__SHOP?"),
        ("SOURCES_SHOP", "Did you mean ML_ASSETS_SOURCES__SHOP?"),
        ("SOURCES__A__B", "Did you mean ML_ASSETS_SOURCES__A?"),
        ("S3_ENDPOINT_URL", "Did you mean ML_ASSETS_S3__ENDPOINT_URL?"),
        ("S3__ENDPOINT", "Did you mean ML_ASSETS_S3__ENDPOINT_URL?"),
        ("ENVIRONMENTS__DEV__ROT", "Did you mean ML_ASSETS_ENVIRONMENTS__DEV__ROOT?"),
        ("ENVIRONMENTS__DEV__BUDGET_RUNS", "Did you mean ML_ASSETS_ENVIRONMENTS__DEV__BUDGET__RUNS?"),
        ("BUDGET", "docs/environments.md lists what is known."),
        ("WEBHOOK", "Did you mean ML_ASSETS_WEBHOOK_URL?"),
        ("SOMETHING_OF_MY_OWN_ENTIRELY", "docs/environments.md lists what is known."),
    ],
)
def test_a_variable_that_means_nothing_is_refused_with_the_nearest_that_does(name, meant, monkeypatch):
    monkeypatch.setenv(f"ML_ASSETS_{name}", "4")

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert f"ML_ASSETS_{name}: an unknown variable. {meant}" in str(refusal.value)


@pytest.mark.kind("settings")
@pytest.mark.parametrize("prefix", ["ML_ASSET_", "MLASSETS_", "MLASSET_"])
def test_a_setting_with_a_prefix_that_is_not_quite_ours_is_told(prefix, monkeypatch):
    monkeypatch.setenv(f"{prefix}WORKERS", "4")
    monkeypatch.setenv(f"{prefix}OF_ANOTHER_PROGRAM", "4")

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert str(refusal.value).splitlines()[1:] == [
        f"{prefix}WORKERS: an unknown variable. Did you mean ML_ASSETS_WORKERS?"
    ]


def test_a_variable_is_known_whatever_its_case_and_given_once(monkeypatch):
    monkeypatch.setenv("ml_assets_Workers", "3")

    assert load_settings().workers == 3

    monkeypatch.setenv("ML_ASSETS_WORKERS", "4")
    with pytest.raises(SettingsError, match="ML_ASSETS_WORKERS: is there twice"):
        load_settings()


def test_what_kubernetes_sets_for_a_service_of_that_name_is_no_setting(monkeypatch):
    address = "tcp://10.0.0.7:3030"
    for name, value in {
        "SERVICE_HOST": "10.0.0.7",
        "SERVICE_PORT": "3030",
        "SERVICE_PORT_GRPC": "3030",
        "PORT": address,
        "PORT_3030_TCP": address,
        "PORT_3030_TCP_PROTO": "tcp",
        "PORT_3030_TCP_PORT": "3030",
        "PORT_3030_TCP_ADDR": "10.0.0.7",
        "DAGSTER_WEBSERVER_SERVICE_HOST": "10.0.0.8",
        "DAGSTER_WEBSERVER_PORT_80_TCP": address,
    }.items():
        monkeypatch.setenv(f"ML_ASSETS_{name}", value)

    assert load_settings().workers == 0


def test_every_variable_that_the_project_names_is_known(monkeypatch):
    texts = [
        path.read_text()
        for path in (REPO / "README.md", *(REPO / "docs").glob("*.md"), *(REPO / "deploy").rglob("*.*"))
    ]
    names = {
        name for text in texts for name in re.findall(r"ML_ASSETS_[A-Z0-9_]*[A-Z0-9]\b(?!__<|\*|_)", text)
    }

    unknown = unknown_variables(dict.fromkeys(names, "1"), Settings, prefix=PREFIX, others=OTHER_VARIABLES)

    assert len(names) > 15
    assert unknown == []


@pytest.mark.kind("settings")
@pytest.mark.parametrize("name", ["Shop", "my-shop", "2shop", "", "shöp", "a.b", "x" * 41, "shop\n"])
@pytest.mark.parametrize("table", ["sources", "environments.dev.sources"])
def test_a_source_that_no_run_can_name_is_refused_where_it_is_set(name, table, tmp_path):
    (tmp_path / "ml_assets.toml").write_text(f'[{table}]\n{json.dumps(name)} = "/data"\nsound_1 = "/data"\n')

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert f"{table}: no run can name " in str(refusal.value)
    assert "Allowed: small letters, digits and _, starting with a letter, at most 40" in str(refusal.value)
    assert "sound_1" not in str(refusal.value)


@pytest.mark.kind("settings")
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SOURCES__MY-SHOP", "/data", "sources: no run can name my-shop."),
        ("SOURCES", '{"Shop": "/data"}', "sources: no run can name Shop."),
        ("SOURCES", '{"shop": "/a", "shop": "/b"}', "line 1: shop is there twice."),
        ("S3", '{"read_timeout": NaN}', "NaN and Infinity are not JSON."),
        ("SOURCES", "[" * 100_000, "more than 8 levels"),
        ("FIRST_AS_OF", "20250101", "first_as_of: not a real day. Allowed: YYYY-MM-DD"),
        ("FIRST_AS_OF", "0", "first_as_of: not a real day. Allowed: YYYY-MM-DD"),
        ("FIRST_AS_OF", "0001-01-01", "first_as_of: too early. Allowed: 1900-01-01 or later"),
        ("ENVIRONMENTS__DEV__ROOT", " ", "environments.dev.root: names no place."),
        ("SOURCES__SHOP", " s3://bucket", "sources.shop: names no place. Leave out the space around it"),
        ("PRESETS", "s3://bucket/presets", "presets: not a folder on this machine."),
    ],
)
def test_a_setting_that_can_never_work_is_refused_in_words(name, value, words, monkeypatch):
    monkeypatch.setenv(f"ML_ASSETS_{name}", value)

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert words in str(refusal.value)


@pytest.mark.kind("settings")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("enviroment = 'dev'", "enviroment: unknown. Did you mean environment?"),
        ("[environments.dev]\nrot = 'x'", "environments.dev.rot: unknown. Did you mean root?"),
        ("[s3]\nendpoint = 'x'", "s3.endpoint: unknown. Did you mean endpoint_url?"),
        ("[sources]\nshop = '/a'\nshop = '/b'", "ml_assets.toml: line 3: shop is there twice."),
        ("first_as_of = 20250101", "first_as_of: not a real day."),
        ("[s3]\nmax_attempts = true", "s3.max_attempts: not a number"),
        ("[sources]\nshop = ' '", "sources: shop: names no place"),
        ('[sources]\nshop = "a\\u0000b"', "sources.shop: holds what cannot be seen"),
        ("workers = true", "workers: not a number"),
        ("[environments.dev.budget]\nruns = true", "environments.dev.budget.runs: not a number"),
        ("engine = 'dask://hunter2@host:8786'", "engine: "),
        ("engine = 'dask://hunter2%40host:8786'", "engine: "),
        ("engine = 'dask://host:8786?token=hunter2'", "engine: "),
        ("workers = 0x" + "f" * 9_000, "holds a number or a name of more than 1000 characters."),
        (".".join("a" * 20_000) + " = 1", "holds more than 8 levels"),
        ("\n".join(f"a{n} = 1" for n in range(10_000)), "a0: unknown."),
        ("# " + "x" * 1_000_000, "larger than 1000000 bytes"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_wrong_with_the_file_is_told_shortly(text, words, tmp_path):
    (tmp_path / "ml_assets.toml").write_text(text)

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert words in str(refusal.value)
    assert "hunter2" not in str(refusal.value)
    assert len(str(refusal.value)) < 20_000


@pytest.mark.kind("settings")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(make, tmp_path):
    make(tmp_path / "ml_assets.toml")

    with pytest.raises(SettingsError, match=r"ml_assets\.toml is not a file that can be read"):
        load_settings()
