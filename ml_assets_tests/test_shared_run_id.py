"""Twelve hex digits are no proof: what is stored of other parameters is neither used nor replaced, and said to be so."""

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import pytest

from ml_assets.cli.main import main
from ml_assets.core import run_id as hashing
from ml_assets.core.parameters import from_identity
from ml_assets.core.run_id import run_id
from ml_assets.core.tracking import Tracking
from ml_assets.core.where import ANY
from ml_assets.errors import RefusedError, SharedRunIdError
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.days import must_be_made
from ml_assets.pipeline.plan import plan_day
from ml_assets.pipeline.released import find_model
from ml_assets.pipeline.stored_days import read_days
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipeline.tracking.sync import sync
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.scoring.model import scoring_model
from ml_assets.pipelines.tabular.scoring.parameters import check_scoring
from ml_assets.pipelines.tabular.scoring.predictions import predict_day
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.beside import check_sweep
from ml_assets_tests.builders import write_landing
from ml_assets_tests.keys import key_of
from ml_assets_tests.released import CUSTOMERS

DAY = dt.date(2025, 8, 31)
# Two of 34 million seeds whose SHA-256 agree in 48 bits, found by trying.
FIRST, SECOND = (
    from_identity(
        {
            "dataset": "orders",
            "source": "landed",
            "lookback_days": 80,
            "holdout_days": 14,
            "model_version": "v1",
            "seed": seed,
            "C": 1.0,
        },
        cls=TrainingParameters,
    )
    for seed in (7713887, 10585453)
)
BOTH = r"share the run_id 504b2b7386b1 .*Stored is the one with seed=7713887; asked for is the one with seed=10585453"


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    return write_landing(tmp_path_factory.mktemp("landed"))


@pytest.fixture
def workspace(tmp_path, zone):
    return Workspace(
        pipeline=tabular,
        store=ArtifactStore(str(tmp_path / "store")),
        environment="dev",
        sources={"landed": str(zone)},
    )


@pytest.fixture
def one_hash(monkeypatch):
    """Every identity has one and the same run_id."""
    digest = SimpleNamespace(hexdigest=lambda: "a" * 64)
    monkeypatch.setattr(hashing, "hashlib", SimpleNamespace(sha256=lambda data: digest))


def test_the_two_parameter_sets_do_share_a_run_id():
    assert run_id(FIRST, DAY) == run_id(SECOND, DAY) == "504b2b7386b1"
    assert key_of("model", FIRST, DAY) == key_of("model", SECOND, DAY)
    assert key_of("model", FIRST, DAY).exact != key_of("model", SECOND, DAY).exact


def test_a_run_neither_takes_nor_replaces_what_is_of_other_parameters(workspace):
    attempt(FIRST, DAY, workspace=workspace)
    before = workspace.store.verify(key_of("model", FIRST, DAY))

    done = attempt(SECOND, DAY, workspace=workspace)

    with pytest.raises(SharedRunIdError, match=BOTH):
        raise done.error
    assert [made.key.asset for made in done.made] == ["training_set"]
    assert workspace.store.verify(key_of("model", FIRST, DAY)) == before
    assert all(made.reused for made in attempt(FIRST, DAY, workspace=workspace).made)


def test_what_reads_by_parameters_is_refused_what_is_of_others(workspace):
    attempt(FIRST, DAY, workspace=workspace)
    store = workspace.store

    planned = plan_day(SECOND, DAY, workspace=workspace)
    (day,) = read_days(SECOND, [DAY], pipeline=tabular, store=store)

    assert planned.state == "invalid"
    assert "share the run_id" in planned.why[0]
    assert must_be_made(SECOND, DAY, workspace=workspace)
    assert day.measured is None
    assert "share the run_id" in day.trouble
    assert read_days(FIRST, [DAY], pipeline=tabular, store=store)[0].measured
    for read in (store.find, store.manifest, store.verify, store.load):
        with pytest.raises(SharedRunIdError, match=BOTH):
            read(key_of("evaluation", SECOND, DAY))


def test_a_commit_does_not_replace_what_is_of_other_parameters(workspace):
    attempt(FIRST, DAY, workspace=workspace)
    key = key_of("model_card", FIRST, DAY)
    manifest = workspace.store.manifest(key)
    files = {file.file: workspace.store.read_file(key, file) for file in manifest.files}
    other = manifest.model_copy(update={"parameters": {**manifest.parameters, "seed": SECOND.seed}})

    with pytest.raises(SharedRunIdError, match="stays as it is"):
        workspace.store.commit(key_of("model_card", SECOND, DAY), other, files)

    assert workspace.store.verify(key) == manifest


def test_a_sweep_refuses_two_trials_of_one_run_id(workspace):
    own = check_sweep({"grid": {"seed": f"{FIRST.seed},{SECOND.seed}"}})

    with pytest.raises(SharedRunIdError, match="504b2b7386b1: seed=7713887, and seed=10585453"):
        list(Sweep(parameters=FIRST, own=own, days=(DAY,), workspace=workspace, pipeline=tabular).run())


@pytest.mark.slow
def test_a_leaderboard_does_not_rank_what_is_of_other_parameters(workspace):
    attempt(FIRST, DAY, workspace=workspace)
    own = check_sweep({"grid": {"seed": f"{SECOND.seed},1"}, "max_failure_rate": 1})
    sweep = Sweep(parameters=FIRST, own=own, days=(DAY,), workspace=workspace, pipeline=tabular)

    list(sweep.run())

    board = sweep.leaderboard()
    assert [trial.parameters["seed"] for trial in board.trials] == [1]
    assert "share the run_id" in sweep.records["504b2b7386b1", DAY].reason


def test_predictions_of_other_rows_are_not_taken(workspace, one_hash, zone):
    attempt(FIRST, DAY, workspace=workspace)
    model = scoring_model(FIRST, check_scoring({"model": "a" * 12}), workspace=workspace, asset="predictions")
    predict_day(FIRST, DAY, model=model, workspace=workspace).commit()
    elsewhere = replace(workspace, sources={"elsewhere": str(zone)})

    with pytest.raises(
        SharedRunIdError, match=r"Stored is the one with source=landed; asked .* source=elsewhere"
    ):
        predict_day(
            FIRST.model_copy(update={"source": "elsewhere"}), DAY, model=model, workspace=elsewhere
        ).commit()


def test_a_run_id_of_two_runs_is_refused_with_the_places_of_both(workspace, one_hash, capsys, monkeypatch):
    attempt(FIRST, DAY, workspace=workspace)
    attempt(FIRST.model_copy(update={"model_version": "v2"}), DAY, workspace=workspace)
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", workspace.store.root)

    with pytest.raises(
        RefusedError, match=r"2 models have this run_id: .*model_version=v1.*model_version=v2"
    ):
        find_model("a" * 12, workspace.store, pipeline=tabular)
    for command in ("show", "why", "reproduce"):
        assert main([command, "a" * 12]) == 2
        assert "model_version=v2" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_whose_run_id_another_has_is_not_logged_as_that_one(workspace, one_hash, tmp_path):
    pytest.importorskip("mlflow")
    tracking = Tracking(uri=f"sqlite:///{tmp_path}/mlflow.db")
    for version in ("v1", "v2"):
        attempt(FIRST.model_copy(update={"model_version": version}), DAY, workspace=workspace)

    first, second = sync(replace(workspace, tracking=tracking), ANY)

    assert first is True
    assert isinstance(second, SharedRunIdError)
    assert "model_version=v1" in str(second)
    assert "model_version=v2" in str(second)


def test_of_several_models_of_a_run_id_the_dataset_chooses(workspace, one_hash, tmp_path):
    write_landing(tmp_path / "zone", "customers")
    write_landing(tmp_path / "zone", "orders")
    both = Workspace(
        pipeline=tabular,
        store=workspace.store,
        environment="dev",
        sources={"landed": str(tmp_path / "zone")},
    )
    for dataset in ("orders", "customers"):
        done = attempt(FIRST.model_copy(update={"dataset": dataset}), DAY, workspace=both)
        assert done.error is None

    assert (
        find_model("a" * 12, both.store, pipeline=tabular, line=CUSTOMERS).key.value("dataset") == "customers"
    )
    with pytest.raises(RefusedError, match="2 models have this run_id"):
        find_model("a" * 12, both.store, pipeline=tabular)
