"""`ml-assets track sync`: what the store of an environment holds, brought to the MLflow tracking store."""

import sys
from collections import Counter
from collections.abc import Mapping

from ml_assets.cli.call import Call
from ml_assets.cli.request import read_filter
from ml_assets.core.tracked_run import measured_asset
from ml_assets.core.where import Filter
from ml_assets.errors import RefusedError, StoreError
from ml_assets.pipeline.tracking.mlflow_log import INSTALL, is_installed
from ml_assets.pipeline.tracking.sync import sync
from ml_assets.pipeline.workspace import Workspace
from ml_assets.settings import Settings
from ml_assets.terminal.progress import reading

DONE, FAILED = 0, 1
SOUND = ("logged", "already there")


def track_sync(call: Call) -> int:
    """Log every run that the filter admits and that is missing or other in the tracking store, and print counts.

    A damaged run is named on stderr and the others are logged all the same; then the exit code is FAILED.
    """
    where, settings = read_filter(call), call.settings
    if problems := _problems(settings):
        raise RefusedError(problems)
    workspace = call.workspace
    counts: Counter[str] = Counter()
    with reading("Logging", json=call.args.json, unit="artifact", total=lambda: _count(workspace, where)):
        for item in sync(workspace, where):
            if isinstance(item, StoreError):
                print(item, file=sys.stderr)
                counts["damaged"] += 1
            else:
                counts["logged" if item else "already there"] += 1
    document = {
        "environment": workspace.environment,
        "experiment": settings.tracking.experiment,
        **{name.replace(" ", "_"): counts[name] for name in (*SOUND, "damaged")},
    }
    call.show(document, lambda: _print(counts, workspace.environment, settings))
    return FAILED if counts["damaged"] else DONE


def _count(workspace: Workspace, where: Filter) -> int:
    """How many runs will be looked at; of their paths alone, which say it at once."""
    pipeline = workspace.pipeline
    keys = workspace.store.keys(measured_asset(pipeline), where, folder=pipeline.folder)
    return sum(1 for _ in keys)


def _print(counts: Mapping[str, int], environment: str, settings: Settings) -> None:
    told = [f"{counts[name]} {name}" for name in SOUND]
    told += [f"{counts['damaged']} damaged and not logged"] if counts["damaged"] else []
    print(f"environment {environment}  experiment {settings.tracking.experiment}: {', '.join(told)}")


def _problems(settings: Settings) -> list[str]:
    """What has to be set and installed before anything can be tracked, one line each."""
    found = []
    if not settings.tracking.uri:
        found.append(
            "tracking.uri: not set. Set ML_ASSETS_TRACKING__URI to a tracking store, for example "
            "sqlite:///mlflow.db or http://HOST:PORT."
        )
    if not is_installed():
        found.append(f"mlflow: not installed. Install it: {INSTALL}")
    return found
