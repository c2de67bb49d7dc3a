"""`ml-assets track sync`: what the store of an environment holds, brought to the MLflow tracking store."""

import sys
from collections import Counter

from ml_assets.cli.call import Call
from ml_assets.cli.request import read_filter
from ml_assets.errors import RefusedError, StoreError
from ml_assets.pipeline.tracking.mlflow_log import INSTALL, is_installed
from ml_assets.pipeline.tracking.sync import sync
from ml_assets.settings import Settings

DONE, FAILED = 0, 1


def track_sync(call: Call) -> int:
    """Log every run that the filter admits and that is missing or other in the tracking store, and print counts.

    A damaged run is named on stderr and the others are logged all the same; then the exit code is FAILED.
    """
    where, settings = read_filter(call), call.settings
    if problems := _problems(settings):
        raise RefusedError(problems)
    workspace = call.workspace
    counts: Counter[str] = Counter()
    for item in sync(workspace, where):
        if isinstance(item, StoreError):
            print(item, file=sys.stderr)
            counts["damaged"] += 1
        else:
            counts["logged" if item else "already there"] += 1
    told = [f"{counts[name]} {name}" for name in ("logged", "already there")]
    told += [f"{counts['damaged']} damaged and not logged"] if counts["damaged"] else []
    print(
        f"environment {workspace.environment}  experiment {settings.tracking.experiment}: {', '.join(told)}"
    )
    return FAILED if counts["damaged"] else DONE


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
