"""No byte that is written holds a secret: marked ones are put everywhere, and everything is searched for them."""

import json
import shutil
import traceback

import dagster as dg
import pytest

from ml_assets import launch_request as api
from ml_assets.cli.home import ensure_home
from ml_assets_tests import surfaces
from ml_assets_tests.browser import wait_for
from ml_assets_tests.canary import ENVIRONMENT, TYPED, spread, traces
from ml_assets_tests.live import deployment
from ml_assets_tests.scenario import failure_of, train
from ml_assets_tests.shown import failure_notice, request_files
from ml_assets_tests.ticks import tick, write
from ml_assets_tests.webhook import webhook

PLAIN = ("password", "name")
LOOKS_LIKE_A_CREDENTIAL = ("aws_key", "token", "url")
DAY = "2025-12-01"
PLACE = {"repositoryLocationName": "ml_assets", "repositoryName": "__repository__"}
BACKFILLS = """{ partitionBackfillsOrError { ... on PartitionBackfills { results { id status isAssetBackfill
  error { message errorChain { error { message } } } } } } runsOrError { ... on Runs { results { runId status } } } }"""


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def instance(made_home):
    shutil.copytree(made_home, ensure_home(), dirs_exist_ok=True)
    with dg.DagsterInstance.local_temp(str(ensure_home())) as opened:
        yield opened


def typed_secrets():
    """Each way in which a secret can be typed as a parameter: a value of any field, or a field's name."""
    for kind, secret in TYPED.items():
        for field in ("dataset", "source", "model_version", "seed", "learning_rate", "calibrate"):
            yield pytest.param({field: secret}, id=f"{field}-{kind}")
        yield pytest.param({"seed": {"deep": [secret]}}, id=f"nested-{kind}")
        if kind in LOOKS_LIKE_A_CREDENTIAL:
            yield pytest.param({secret: 1}, id=f"name-{kind}")


def test_the_search_finds_what_is_there(tmp_path):
    (tmp_path / "log").write_text(f"before {TYPED['password']} after")

    assert "before zebra" in spread(tmp_path)["log"][0]


@pytest.mark.parametrize("values", list(typed_secrets()))
def test_a_secret_typed_as_a_parameter_is_neither_told_nor_kept(values, instance, tmp_path, capfd):
    with pytest.raises(dg.DagsterError) as error:
        train(instance=instance, **values)

    assert traces("".join(traceback.format_exception(error.value)).encode()) == []
    assert traces("".join(capfd.readouterr()).encode()) == []
    assert spread(tmp_path) == {}
    assert instance.get_runs_count() == 0


@pytest.mark.slow
def test_a_run_that_succeeds_one_that_fails_and_a_webhook_that_is_down_tell_no_secret(
    instance, tmp_path, capfd, monkeypatch
):
    monkeypatch.setenv("ML_ASSETS_SOURCES__GONE", str(tmp_path / "gone"))
    good = train(instance=instance, lookback_days=120)
    bad = train(instance=instance, source="gone")
    context = dg.build_run_status_sensor_context(
        sensor_name="failure_notice",
        dagster_instance=instance,
        dagster_run=instance.get_run_by_id(bad.run_id),
        dagster_event=bad.get_run_failure_event(),
    )

    failure_notice(context.for_run_failure())

    assert (good.success, bad.success) == (True, False)
    told = failure_of(bad) + "".join(capfd.readouterr())
    assert "did not reach the webhook: it cannot be reached (ConnectionRefusedError) (3 times)." in told
    assert traces(told.encode()) == []
    assert spread(tmp_path) == {}


def test_a_notice_holds_no_secret(instance, tmp_path, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_SOURCES__GONE", str(tmp_path / "gone"))
    bad = train(instance=instance, source="gone")
    with webhook() as hook:
        monkeypatch.setenv("ML_ASSETS_WEBHOOK_URL", hook.url)
        context = dg.build_run_status_sensor_context(
            sensor_name="failure_notice",
            dagster_instance=instance,
            dagster_run=instance.get_run_by_id(bad.run_id),
            dagster_event=bad.get_run_failure_event(),
        )
        failure_notice(context.for_run_failure())

    assert len(hook.texts) == 1
    assert traces(hook.texts[0].encode()) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(TYPED))
def test_the_shell_repeats_no_secret(kind, shell, tmp_path):
    secret = TYPED[kind]
    file = tmp_path / "p.json"
    names = {secret: 1} if kind in LOOKS_LIKE_A_CREDENTIAL else {}
    file.write_text(json.dumps({"dataset": secret, "source": secret, **names}))
    calls = [shell("run", f"--{flag}", secret) for flag in ("dataset", "source", "seed", "as-of")]
    calls += [shell("run", "--params", file), shell("list", "--where", f"dataset={secret}")]
    if kind in LOOKS_LIKE_A_CREDENTIAL:
        calls += [shell("run", f"--{secret}"), shell("run", secret), shell("show", secret)]
    file.unlink()

    for done in calls:
        assert traces((done.stdout + done.stderr).encode()) == [], done.args[3:5]
    assert {done.returncode for done in calls[:5]} == {2}
    assert spread(tmp_path) == {}


def request_texts():
    """Each way in which a secret can stand in a request file: a value of any key, or a key."""
    for kind, secret in TYPED.items():
        for key in ("dataset", "source", "seed", "preset", "environment", "as_of", "from"):
            yield f"{key}-{kind}", {"as_of": DAY, key: secret}
        yield f"nested-{kind}", {"as_of": DAY, "seed": {"deep": [secret]}}
        if kind in LOOKS_LIKE_A_CREDENTIAL:
            yield f"key-{kind}", {"as_of": DAY, secret: 1}


def drop_secrets(folder):
    """Request files that hold secrets in their values, keys, names and damaged text; their paths."""
    folder.mkdir()
    files = {f"{name}.json": json.dumps(values) for name, values in request_texts()}
    files |= {f"{TYPED[kind]}.json": json.dumps({"as_of": DAY}) for kind in ("aws_key", "token")}
    files |= {f"{end}.{end}": f"[{TYPED['token']}: {TYPED['url']}" for end in ("toml", "yaml", "json")}
    return [write(folder / name, text) for name, text in files.items()]


def test_a_secret_in_a_request_file_is_in_no_note_no_log_and_no_cursor(instance, tmp_path, capfd):
    dropped = drop_secrets(tmp_path / "requests")

    data = tick(request_files, instance=instance)
    for path in dropped:
        path.unlink()

    notes = list((tmp_path / "requests").iterdir())
    assert data.run_requests == []
    assert len(notes) == len(dropped) > 40
    assert traces(f"{data.cursor}{data.skip_message}{''.join(capfd.readouterr())}".encode()) == []
    assert spread(tmp_path) == {}


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A running deployment that holds secrets in its environment."""
    with deployment(tmp_path_factory.mktemp("canary"), **ENVIRONMENT) as running:
        yield running


@pytest.mark.slow
def test_on_a_deployment_a_secret_in_a_request_file_is_in_nothing_that_the_daemon_keeps(live):
    place = live.home.parent
    dropped = drop_secrets(place / "requests")
    with surfaces.sensor(live, "request_files"):
        wait_for(lambda: len(list((place / "requests").glob("*.rejected"))) == len(dropped))
        told = wait_for(lambda: surfaces.ticks_of(live, "request_files"))
    for path in dropped:
        path.unlink()

    assert traces(json.dumps(told).encode()) == []
    assert spread(place) == {}
    assert any("request files, nothing new" in (tick["skipReason"] or "") for tick in told)


def block(**values):
    return {"resources": {"params": {"config": values}}}


def launch(live, config):
    tags = [{"key": "dagster/partition", "value": DAY}]
    selector = {**PLACE, "pipelineName": "train"}
    params = {"selector": selector, "runConfigData": config, "executionMetadata": {"tags": tags}}
    return live.ask(api.LAUNCH, params=params)


def backfill(live, config, *, assets):
    params = {"partitionNames": [DAY], "runConfigData": config, "fromFailure": False}
    if assets:
        params["assetSelection"] = [{"path": ["model_card"]}]
    else:
        params["selector"] = {"partitionSetName": "train_partition_set", "repositorySelector": PLACE}
    return live.ask(api.BACKFILL, params=params)


@pytest.mark.slow
def test_on_a_deployment_a_refused_launch_leaves_nothing_and_a_backfill_only_dagsters_record_of_itself(live):
    """Dagster stores a backfill, with the config that was typed, before it asks whether the config is sound."""
    wrong = [
        block(dataset=TYPED["password"]),
        block(source=TYPED["aws_key"]),
        block(**{TYPED["token"]: 1}),
    ]
    answers = [launch(live, config) for config in (*wrong, {"resources": {TYPED["token"]: {}}})]
    assert traces(json.dumps(answers).encode()) == []
    assert spread(live.home.parent) == {}

    for config in wrong:
        backfill(live, config, assets=False)
    backfill(live, wrong[0], assets=True)

    def ended():
        told = live.ask(BACKFILLS)
        results = told["partitionBackfillsOrError"]["results"]
        return told if all(one["status"] == "FAILED" for one in results) else None

    told = wait_for(ended)
    assert told["runsOrError"]["results"] == []
    assert traces(json.dumps(told).encode()) == []
    found = spread(live.home.parent)
    assert set(found) == {"home/history/runs.db"}
    assert all('"run_config": {' in trace for trace in found["home/history/runs.db"])
