"""A real MLflow tracking store for tests: a SQLite file, made once, and what it holds."""

import os
import shutil
from pathlib import Path

from ml_assets.core.tracking import Tracking
from ml_assets.pipeline.tracking.mlflow_log import MlflowLog

EXPERIMENT = "ml_assets"


def place(path):
    """The URI of a SQLite tracking store at `path`."""
    return f"sqlite:///{path}"


def copy_of(made, folder):
    """A tracking store of its own, copied from one that is made: making the tables takes seconds."""
    shutil.copyfile(made, folder / "mlflow.db")
    return Tracking(uri=place(folder / "mlflow.db"))


def make(folder: Path):
    """The file of an empty tracking store."""
    MlflowLog(Tracking(uri=place(folder / "empty.db")))
    return folder / "empty.db"


def client(tracking):
    """MLflow's own client of a tracking store."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    return MlflowClient(tracking.uri)


def runs(tracking, *, experiment=EXPERIMENT):
    """Every MLflow run that is not deleted."""
    asked = client(tracking)
    return list(asked.search_runs([asked.get_experiment_by_name(experiment).experiment_id], max_results=1000))


def by_run_id(tracking):
    """The MLflow runs by run_id; an error where a run_id has two."""
    found = runs(tracking)
    named = {run.data.tags["ml_assets.run_id"]: run for run in found}
    assert len(named) == len(found)
    return named
