"""Whole runs in MLflow: one for each run_id and environment, and none is lost where the tracking store is."""

import datetime as dt
import socket
import time

import dagster as dg
import pytest

from ml_assets.cli.main import main
from ml_assets.core.result import run_config
from ml_assets.core.run_id import run_id
from ml_assets.definitions import defs
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests import tracking_store
from ml_assets_tests.builders import write_landing
from ml_assets_tests.keys import key_of
from ml_assets_tests.scenario import failure_of, train_days
from ml_assets_tests.tracking_store import by_run_id, copy_of, place, runs

GIVEN = {"source": "shop", "lookback_days": 91, "holdout_days": 10}
PARAMETERS = TrainingParameters(**GIVEN)
LAST = dt.date(2025, 8, 31)
DAYS = [LAST - dt.timedelta(days=n) for n in range(13, -1, -1)]
PASSED_BY = "0 logged, 14 already there"


def use(patch, folder, zone):
    patch.chdir(folder)
    patch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))


def track(patch, uri):
    patch.setenv("ML_ASSETS_TRACKING__URI", uri)


def backfill(first, last, **more):
    """A backfill in this process, and the instance that recorded it."""
    instance = dg.DagsterInstance.ephemeral()
    result = train_days(str(first), str(last), instance=instance, **GIVEN, **more)
    assert result.success, failure_of(result)
    return result, instance


def warnings_of(result, instance):
    return [
        entry.user_message
        for entry in instance.all_logs(result.run_id)
        if "Not tracked" in entry.user_message
    ]


def closed_port():
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return tracking_store.make(tmp_path_factory.mktemp("tracking"))


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    return write_landing(tmp_path_factory.mktemp("zone"))


@pytest.fixture(scope="module")
def fortnight(tmp_path_factory, zone, empty):
    """A backfill of 14 days, run twice: its folder, its tracking store, and the MLflow runs after each."""
    folder = tmp_path_factory.mktemp("fortnight")
    tracking = copy_of(empty, folder)
    with pytest.MonkeyPatch.context() as patch:
        use(patch, folder, zone)
        track(patch, tracking.uri)
        backfill(DAYS[0], DAYS[-1])
        once = by_run_id(tracking)
        backfill(DAYS[0], DAYS[-1])
    return folder, tracking, once, by_run_id(tracking)


@pytest.fixture
def tracked(fortnight, zone, monkeypatch):
    """The store and the tracking store of the fortnight, as the settings name them."""
    folder, tracking, _, _ = fortnight
    use(monkeypatch, folder, zone)
    track(monkeypatch, tracking.uri)
    return ArtifactStore(str(folder / "artifacts/dev")), tracking


@pytest.fixture
def fresh(tmp_path, empty, zone, monkeypatch):
    """An empty store and an empty tracking store, which the settings do not name yet."""
    use(monkeypatch, tmp_path, zone)
    return copy_of(empty, tmp_path)


@pytest.mark.slow
def test_a_backfill_of_14_days_that_is_run_twice_is_14_runs(fortnight):
    _, _, once, twice = fortnight

    assert set(once) == {run_id(PARAMETERS, day) for day in DAYS}
    assert {name: run.info.run_id for name, run in twice.items()} == {
        name: run.info.run_id for name, run in once.items()
    }


def test_metrics_parameters_lineage_and_card_are_those_of_the_store(tracked):
    store, tracking = tracked
    logged = by_run_id(tracking)

    for day in DAYS:
        run = logged[run_id(PARAMETERS, day)]
        manifests = {
            asset: store.manifest(key_of(asset, PARAMETERS, day))
            for asset in ("training_set", "model", "evaluation", "model_card")
        }
        assert run.info.run_name == manifests["evaluation"].run_id
        assert run.info.status == "FINISHED"
        assert run.data.metrics == manifests["evaluation"].metrics
        assert run.data.params["lookback_days"] == "91"
        assert run.data.params["C"] == "1"
        assert run.data.params["calibrate"] == "false"
        assert run.data.params["as_of"] == str(day)
        assert run.data.tags["ml_assets.environment"] == "dev"
        assert run.data.tags["ml_assets.dagster_run_id"] == manifests["evaluation"].dagster_run_id
        assert run.data.tags["mlflow.note.content"] == store.load(key_of("model_card", PARAMETERS, day))
        for asset, manifest in manifests.items():
            assert run.data.tags[f"ml_assets.{asset}.sha256"] == manifest.sha256
            assert run.data.tags[f"ml_assets.{asset}.code_version"] == manifest.code_version
            assert run.data.tags[f"ml_assets.{asset}.uri"] == store.uri(key_of(asset, PARAMETERS, day))


def test_logging_again_adds_nothing_to_the_history_of_a_metric(fortnight):
    _, tracking, _, twice = fortnight

    for run in twice.values():
        assert len(tracking_store.client(tracking).get_metric_history(run.info.run_id, "roc_auc")) == 1


@pytest.mark.slow
def test_what_a_run_has_logged_a_sync_finds_there(tracked, capsys):
    assert main(["track", "sync"]) == 0

    assert capsys.readouterr().out == f"environment dev  experiment ml_assets: {PASSED_BY}\n"


def test_a_sync_of_some_days_or_parameters_looks_at_those_alone(tracked, capsys):
    main(["track", "sync", "--from", str(DAYS[4]), "--to", str(DAYS[6])])
    main(["track", "sync", "--where", f"as_of>={DAYS[12]} lookback_days=91"])
    main(["track", "sync", "--where", "model_version=v2"])

    counts = [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    assert counts == [f"0 logged, {n} already there" for n in (3, 2, 0)]


def test_a_sync_brings_all_of_an_environment_to_another_tracking_store_once(
    tracked, tmp_path, empty, monkeypatch, capsys
):
    other = copy_of(empty, tmp_path)
    track(monkeypatch, other.uri)

    codes = [main(["track", "sync", "--environment", "dev"]) for _ in range(2)]

    assert codes == [0, 0]
    assert "14 logged, 0 already there" in capsys.readouterr().out
    here, there = by_run_id(tracked[1]), by_run_id(other)
    assert {name: run.data.metrics for name, run in there.items()} == {
        name: run.data.metrics for name, run in here.items()
    }
    assert {name: run.data.params for name, run in there.items()} == {
        name: run.data.params for name, run in here.items()
    }


def test_with_the_tracking_store_down_a_run_succeeds_warns_once_and_a_later_sync_completes_it(
    fresh, monkeypatch, capsys
):
    track(monkeypatch, f"http://127.0.0.1:{closed_port()}")

    result, instance = backfill(DAYS[-2], DAYS[-1])

    (told,) = warnings_of(result, instance)
    assert "does not answer" in told
    assert "ml-assets track sync --environment dev" in told
    track(monkeypatch, fresh.uri)
    assert main(["track", "sync", "--environment", "dev"]) == 0
    assert "2 logged, 0 already there" in capsys.readouterr().out
    assert set(by_run_id(fresh)) == {run_id(PARAMETERS, day) for day in DAYS[-2:]}


def test_a_tracking_store_that_is_down_costs_seconds_at_most(tracked, monkeypatch, capsys):
    track(monkeypatch, f"http://127.0.0.1:{closed_port()}")
    started = time.monotonic()

    code = main(["track", "sync"])

    assert code == 1
    assert time.monotonic() - started < 30  # MLflow itself goes on for minutes
    assert "does not answer" in capsys.readouterr().err


def test_a_file_that_is_no_tracking_store_is_told_at_once_and_stops_no_run(fresh, tmp_path, monkeypatch):
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be taken for one by its size" * 9)
    track(monkeypatch, place(tmp_path / "notes.txt"))

    result, instance = backfill(DAYS[-1], DAYS[-1])

    (told,) = warnings_of(result, instance)
    assert "file is not a database" in told


def test_each_trial_of_a_sweep_is_a_run_there_as_if_it_had_run_alone(fresh, monkeypatch, capsys):
    track(monkeypatch, fresh.uri)
    own = {"grid": {"C": "0.1,1"}, "window_days": 2}

    result = defs.resolve_job_def("sweep").execute_in_process(
        run_config=run_config(GIVEN, own={"leaderboard": own})
        | {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        partition_key=str(DAYS[-1]),
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )

    assert result.success, failure_of(result)
    trials = [TrainingParameters(**GIVEN, C=value) for value in (0.1, 1.0)]
    assert set(by_run_id(fresh)) == {run_id(trial, day) for trial in trials for day in DAYS[-2:]}
    assert main(["track", "sync"]) == 0
    assert "0 logged, 4 already there" in capsys.readouterr().out


def test_the_same_run_in_two_environments_is_two_runs_there(fresh, monkeypatch):
    track(monkeypatch, fresh.uri)
    for name in ("dev", "staging"):
        config = run_config(GIVEN, environment=name)
        result = train_days(str(LAST), str(LAST), run_config=config)
        assert result.success, failure_of(result)

    found = runs(fresh)

    assert {run.data.tags["ml_assets.run_id"] for run in found} == {run_id(PARAMETERS, LAST)}
    assert sorted(run.data.tags["ml_assets.environment"] for run in found) == ["dev", "staging"]


def test_a_damaged_run_is_named_and_the_others_are_logged(fresh, tmp_path, monkeypatch, capsys):
    backfill(DAYS[-2], DAYS[-1])
    (card,) = (tmp_path / "artifacts/dev/model_card").rglob(f"as_of={DAYS[-1]}/*/data-*.md")
    card.write_text("other words")
    track(monkeypatch, fresh.uri)

    code = main(["track", "sync"])

    shown = capsys.readouterr()
    assert code == 1
    assert str(card) in shown.err
    assert "1 logged, 0 already there, 1 damaged and not logged" in shown.out
    assert set(by_run_id(fresh)) == {run_id(PARAMETERS, DAYS[-2])}
