"""What one MLflow run says, and that there is one: after repeats, changes, races and deletions."""

import dataclasses
import datetime as dt
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import ModuleType

import pytest

from ml_assets.cli.main import main
from ml_assets.core.tracked_run import CARD_TAG, LONGEST_TAG, StoredArtifact, TrackedRun, tracked_run
from ml_assets.core.tracking import Tracking
from ml_assets.core.where import with_omitted
from ml_assets.errors import SettingsError, TrackingError
from ml_assets.pipeline.day import Made
from ml_assets.pipeline.tracking.mlflow_log import DIGEST, ENVIRONMENT, RUN_ID, MlflowLog
from ml_assets.pipeline.tracking.tracker import Tracker
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests import tracking_store
from ml_assets_tests.conftest import output_of
from ml_assets_tests.keys import key_of
from ml_assets_tests.test_artifact_store import a_commit
from ml_assets_tests.test_gates import manifests
from ml_assets_tests.tracking_store import by_run_id, client, copy_of, place, runs

MORNING = dt.datetime(2025, 12, 2, 6, tzinfo=dt.timezone.utc)
DAY = dt.date(2025, 12, 1)
PARAMETERS = TrainingParameters()
RUN = TrackedRun(
    run_id="0123456789ab",
    environment="dev",
    parameters={"C": "1", "as_of": "2025-12-01"},
    metrics={"roc_auc": 0.75},
    tags={"ml_assets.model.sha256": "a" * 64},
    measured_at=MORNING,
    started_at=MORNING - dt.timedelta(seconds=9),
    ended_at=MORNING + dt.timedelta(seconds=1),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return tracking_store.make(tmp_path_factory.mktemp("tracking"))


@pytest.fixture
def tracking(empty, tmp_path):
    return copy_of(empty, tmp_path)


@pytest.fixture
def log(tracking):
    return MlflowLog(tracking)


def only(tracking):
    (run,) = runs(tracking)
    return run


def remeasured(value, *, minutes):
    """The same run, evaluated anew."""
    later = {name: getattr(RUN, name) + dt.timedelta(minutes=minutes) for name in ("measured_at", "ended_at")}
    return dataclasses.replace(RUN, metrics={"roc_auc": value}, **later)


def stored(asset, text, *, artifacts=()):
    _, manifest, _ = a_commit(text, key=key_of(asset, PARAMETERS, DAY), artifacts=artifacts)
    return StoredArtifact(manifest=manifest, uri=f"/store/{asset}")


def test_only_the_first_of_equal_logs_writes(log, tracking):
    assert [log.log(RUN) for _ in range(3)] == [True, False, False]

    found = only(tracking)
    assert found.data.metrics == {"roc_auc": 0.75}
    assert (found.info.start_time, found.info.end_time) == (1764655191000, 1764655201000)


def test_two_pipelines_whose_runs_have_one_run_id_are_two_runs(log, tracking):
    other = dataclasses.replace(RUN, pipeline="other", metrics={"mae": 2.0})

    assert [log.log(run) for run in (RUN, other, RUN, other)] == [True, True, False, False]

    found = {run.data.tags.get("ml_assets.pipeline", ""): run.data.metrics for run in runs(tracking)}
    assert found == {"": {"roc_auc": 0.75}, "other": {"mae": 2.0}}
    assert [*log.known("dev"), *log.known("dev", pipeline="other")] == [RUN.run_id] * 2


def test_what_was_evaluated_anew_replaces_what_was_there_even_where_it_is_worse(log, tracking):
    log.log(RUN)

    log.log(remeasured(0.5, minutes=5))
    log.log(remeasured(0.5, minutes=5))

    found = only(tracking)
    assert found.data.metrics == {"roc_auc": 0.5}
    assert len(client(tracking).get_metric_history(found.info.run_id, "roc_auc")) == 2


def test_a_parameter_that_came_later_is_added_and_none_is_ever_changed(log, tracking):
    log.log(RUN)

    log.log(dataclasses.replace(RUN, parameters={"C": "7", "as_of": "2025-12-01", "new": "1"}))

    assert only(tracking).data.params == {"C": "1", "as_of": "2025-12-01", "new": "1"}


def test_no_other_process_waits_while_mlflow_is_loaded(tracking, monkeypatch):
    """Loading it takes longer than others have patience, on a machine that is busy."""
    real, lock = sys.modules["mlflow"], f"{tracking.uri.removeprefix('sqlite:///')}.lock"
    store, loaded = "mlflow.store.tracking.sqlalchemy_store", list[str]()

    def load(name):
        if name in ("MlflowClient", store):
            with closing(sqlite3.connect(lock, timeout=0, isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
            loaded.append(name)

    class Loading(ModuleType):
        def __getattr__(self, name):
            load(name)
            return getattr(real, name)

    class Finding:
        def find_spec(self, name, *_):
            load(name)

    loading = Loading("mlflow")
    loading.__spec__, loading.__path__ = real.__spec__, real.__path__
    monkeypatch.setitem(sys.modules, "mlflow", loading)
    monkeypatch.delitem(sys.modules, store)
    monkeypatch.setattr(sys, "meta_path", [Finding(), *sys.meta_path])

    assert MlflowLog(tracking).log(RUN)

    assert set(loaded) == {"MlflowClient", store}


def test_writers_at_the_same_time_leave_one_run_that_is_whole(log, tracking):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: MlflowLog(tracking).log(RUN), range(4)))

    log.log(RUN)
    found = only(tracking)
    assert found.data.metrics == RUN.metrics
    assert found.data.tags[DIGEST] == RUN.digest


def test_of_doubles_the_first_is_kept_by_all_and_the_others_are_deleted(log, tracking):
    asked = client(tracking)
    experiment = asked.get_experiment_by_name("ml_assets").experiment_id
    tags = {RUN_ID: RUN.run_id, ENVIRONMENT: RUN.environment}
    made = sorted(asked.create_run(experiment, tags=tags).info.run_id for _ in range(3))

    wrote = log.log(RUN)

    assert wrote
    assert only(tracking).info.run_id == made[0]
    assert not log.log(RUN)


def test_a_run_that_somebody_deletes_while_it_is_written_is_written_again(log, tracking):
    log.log(RUN)
    known = log.known("dev")[RUN.run_id]
    client(tracking).delete_run(known[0].info.run_id)

    wrote = log.log(remeasured(0.6, minutes=1), found=known)

    assert wrote
    assert only(tracking).info.run_id != known[0].info.run_id
    assert only(tracking).data.metrics == {"roc_auc": 0.6}


def test_each_environment_knows_its_own_runs(log):
    log.log(RUN)
    log.log(dataclasses.replace(RUN, environment="staging"))

    assert list(log.known("dev")) == list(log.known("staging")) == [RUN.run_id]
    assert log.known("dev") != log.known("staging")
    assert log.known("blue") == {}


def test_an_experiment_that_was_deleted_is_named_with_the_way_out(tracking):
    asked = client(tracking)
    asked.delete_experiment(asked.get_experiment_by_name("ml_assets").experiment_id)

    with pytest.raises(TrackingError, match="ML_ASSETS_TRACKING__EXPERIMENT"):
        MlflowLog(tracking)


def test_experiments_of_other_names_are_made_and_kept_apart(log, tracking):
    log.log(RUN)

    MlflowLog(tracking.model_copy(update={"experiment": "other"})).log(RUN)

    assert len(runs(tracking)) == len(runs(tracking, experiment="other")) == 1


def test_a_card_that_is_too_long_for_a_tag_is_cut_and_says_where_the_whole_one_is():
    evaluation = stored("evaluation", "e")
    lineage = (
        {"asset": "evaluation", "run_id": evaluation.manifest.run_id, "sha256": evaluation.manifest.sha256},
    )
    card = stored("model_card", "c")
    card = dataclasses.replace(
        card, manifest=card.manifest.model_validate({**card.manifest.model_dump(), "artifacts": lineage})
    )

    run = tracked_run(
        {"evaluation": evaluation, "model_card": card}, pipeline=tabular, environment="dev", card="x" * 9000
    )

    assert len(run.tags[CARD_TAG]) == LONGEST_TAG
    assert run.tags[CARD_TAG].endswith("The whole card: /store/model_card)")


def test_a_run_is_told_by_what_the_manifests_say():
    found = {asset: StoredArtifact(manifest=own, uri=f"/store/{asset}") for asset, own in manifests().items()}
    evaluation, model = (found[asset].manifest for asset in ("evaluation", "model"))
    run = tracked_run(found, pipeline=tabular, environment="green", card="# A card")

    assert (run.run_id, run.environment, run.metrics) == (evaluation.run_id, "green", evaluation.metrics)
    assert run.parameters["as_of"] == evaluation.as_of.isoformat()
    assert run.parameters["dataset"] == evaluation.parameters["dataset"]
    assert {*run.parameters} == {
        *with_omitted("evaluation", evaluation.parameters, pipeline=tabular),
        "as_of",
    }
    assert run.parameters["seed"] == str(evaluation.parameters["seed"])
    assert run.tags == {
        "ml_assets.as_of": evaluation.as_of.isoformat(),
        "ml_assets.dagster_run_id": evaluation.dagster_run_id,
        **{f"ml_assets.{item.asset}.run_id": item.run_id for item in evaluation.artifacts},
        **{f"ml_assets.{asset}.sha256": own.manifest.sha256 for asset, own in found.items()},
        **{f"ml_assets.{asset}.code_version": own.manifest.code_version for asset, own in found.items()},
        **{f"ml_assets.{asset}.uri": f"/store/{asset}" for asset in found},
        CARD_TAG: "# A card",
    }
    assert (run.measured_at, run.started_at) == (evaluation.created_at, model.started_at)
    assert run.ended_at == found["model_card"].manifest.created_at > model.created_at


def test_a_run_without_its_model_begins_with_its_evaluation_and_one_without_a_card_has_none():
    found = {asset: StoredArtifact(manifest=own, uri=f"/store/{asset}") for asset, own in manifests().items()}
    alone = {"evaluation": found["evaluation"], "training_set": late(found["training_set"])}
    run = tracked_run(alone, pipeline=tabular, environment="dev", card="# A card")

    assert run.started_at == found["evaluation"].manifest.started_at
    assert run.ended_at == found["evaluation"].manifest.created_at
    assert CARD_TAG not in run.tags
    assert CARD_TAG not in tracked_run(found, pipeline=tabular, environment="dev").tags
    whole = tracked_run(found, pipeline=tabular, environment="dev", card="x" * LONGEST_TAG)
    assert whole.tags[CARD_TAG] == "x" * LONGEST_TAG


def late(stored):
    """The same artifact, committed a day later."""
    own = stored.manifest
    day = {"created_at": own.created_at + dt.timedelta(days=1)}
    return dataclasses.replace(stored, manifest=own.model_validate({**own.model_dump(), **day}))


def test_an_artifact_that_was_made_again_since_is_not_passed_off_as_what_was_evaluated():
    run = tracked_run(
        {"evaluation": stored("evaluation", "e"), "model": stored("model", "made since")},
        pipeline=tabular,
        environment="dev",
    )

    assert "ml_assets.evaluation.uri" in run.tags
    assert "ml_assets.model.uri" not in run.tags


def test_everything_that_is_logged_is_part_of_the_digest():
    changed = [
        {"metrics": {"roc_auc": 0.76}},
        {"parameters": {"C": "2"}},
        {"tags": {}},
        {"measured_at": MORNING + dt.timedelta(milliseconds=1)},
        {"ended_at": MORNING},
        {"environment": "blue"},
    ]

    digests = {dataclasses.replace(RUN, **change).digest for change in changed}

    assert len(digests | {RUN.digest}) == 7


def evaluated(store, **changes):
    key, manifest, files = a_commit("{}", key=key_of("evaluation", PARAMETERS, DAY), **changes)
    return Made(key=key, manifest=store.commit(key, manifest, files), reused=False, reason="new")


def test_a_tracking_store_that_is_slow_is_given_up_after_a_minute(tracking, tmp_path):
    told, seconds = [], iter([0.0, 40.0, 100.0, 130.0])
    store = ArtifactStore(str(tmp_path / "store"))
    workspace = Workspace(pipeline=tabular, store=store, environment="dev", sources={}, tracking=tracking)
    tracker = Tracker(workspace=workspace, warn=told.append, clock=lambda: next(seconds))

    for _ in range(3):  # 40 s, 30 s, and not tried
        tracker.track([evaluated(store)])

    assert len(told) == 1
    assert "took more than 60 seconds" in told[0]
    assert "ml-assets track sync --environment dev" in told[0]


def test_without_a_tracking_store_nothing_of_a_run_is_looked_at(tmp_path):
    store = ArtifactStore(str(tmp_path / "store"))
    told = []
    tracker = Tracker(
        workspace=Workspace(pipeline=tabular, store=store, environment="dev", sources={}),
        warn=told.append,
    )

    tracker.track(None)

    assert told == []


def test_a_run_without_an_evaluation_is_not_logged(tracking, tmp_path):
    store = ArtifactStore(str(tmp_path / "store"))
    workspace = Workspace(pipeline=tabular, store=store, environment="dev", sources={}, tracking=tracking)
    key, manifest, files = a_commit("m", key=key_of("model", PARAMETERS, DAY))
    made = Made(key=key, manifest=store.commit(key, manifest, files), reused=False, reason="new")

    Tracker(workspace=workspace, warn=pytest.fail).track([made])

    assert by_run_id(tracking) == {}


@pytest.mark.parametrize(
    "uri",
    ["sqlite:///mlflow.db", "sqlite:////srv/mlflow.db", "http://127.0.0.1:5000", "https://host/path", ""],
)
def test_a_tracking_store_is_a_file_or_a_server_or_nothing(uri, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_TRACKING__URI", uri)
    monkeypatch.setenv("ML_ASSETS_TRACKING__EXPERIMENT", "returns")

    assert load_settings().tracking == Tracking(uri=uri, experiment="returns")


@pytest.mark.parametrize(
    "uri", ["mlruns", "file:///mlruns", "sqlite://", "sqlite:///", "postgresql://host/mlflow", "databricks"]
)
def test_any_other_tracking_store_is_refused_with_those_that_are_possible(uri, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_TRACKING__URI", uri)

    with pytest.raises(
        SettingsError, match=r"tracking\.uri: not a tracking store. Allowed: nothing \(off\), sqlite"
    ):
        load_settings()


def test_a_password_in_the_tracking_uri_is_refused_and_not_repeated(monkeypatch, capsys):
    monkeypatch.setenv("ML_ASSETS_TRACKING__URI", "https://user:hunter22@host")

    assert main(["track", "sync"]) == 1

    shown = capsys.readouterr().err
    assert "tracking.uri: holds a credential. Give it as MLFLOW_TRACKING_USERNAME" in shown
    assert "hunter22" not in shown


def test_a_sync_without_a_tracking_store_or_the_extra_is_refused_with_what_to_set_and_install(
    monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "mlflow", None)

    assert main(["track", "sync"]) == 2

    shown = capsys.readouterr().err
    assert "Refused: 2 problems." in shown
    assert "Set ML_ASSETS_TRACKING__URI" in shown
    assert "pip install 'ml-assets[tracking]'" in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--environment", "prod"], "environment: unknown."),
        (["--last", "none"], "--last: not a number of days."),
        (["--from", "2025-02-30"], "--from: not a real day."),
        (["--where", "colour=red"], "where: colour is unknown."),
        (["--wher", "seed=1"], "--wher: unknown flag. Did you mean --where?"),
    ],
)
def test_a_wrong_flag_of_a_sync_is_refused(words, told, monkeypatch, capsys):
    monkeypatch.setenv("ML_ASSETS_TRACKING__URI", place("mlflow.db"))

    assert main(["track", "sync", *words]) == 2

    assert told in capsys.readouterr().err


def test_mlflow_is_loaded_only_where_something_is_logged():
    program = "import sys, ml_assets.definitions, ml_assets.cli.track; print('mlflow' in sys.modules)"

    assert output_of(program) == "False\n"
