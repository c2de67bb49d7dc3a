"""`ml-assets run`: one Dagster run of the job `train`, in this process."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ml_assets.cli.home import ensure_home
from ml_assets.cli.request import Request
from ml_assets.core.catalog import CATALOG
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.core.run_id import run_id
from ml_assets.errors import MlAssetsError, TrainingError
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore


def run(request: Request, *, environment: str, reuse: bool, as_json: bool) -> int:
    """Make the four artifacts, print the result; raises the error that stopped the run."""
    settings = load_settings()
    name = settings.environment if environment == "default" else environment
    store = ArtifactStore(settings.root(name))  # refuses an unknown environment before anything is created
    with progress(show=not as_json):
        dagster_run_id, artifacts, metrics = _launch(request, environment=name, reuse=reuse)
    result = {
        "run_id": run_id(request.parameters, request.as_of),
        "dagster_run_id": dagster_run_id,
        "environment": name,
        "as_of": request.as_of.isoformat(),
        "parameters": identity(request.parameters, of=TrainingParameters),
        "artifacts": artifacts,
        "metrics": metrics,
    }
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        from ml_assets.cli.tables import print_result

        print_result(result, given=request.given, store=store)
    return 0


def _launch(
    request: Request, *, environment: str, reuse: bool
) -> tuple[str, dict[str, Any], dict[str, float]]:
    """One in-process Dagster run: its id, the artifacts by asset, the metrics."""
    ensure_home()
    import dagster as dg

    from ml_assets.definitions import defs

    options = {} if reuse else {"reuse": False}
    run_config = {
        "resources": {
            "params": {"config": request.given},
            "options": {"config": {"environment": environment, **options}},
        },
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    with dg.DagsterInstance.get() as instance:
        outcome = defs.resolve_job_def("train").execute_in_process(
            run_config=run_config,
            partition_key=request.as_of.isoformat(),
            instance=instance,
            raise_on_error=False,
        )
    if not outcome.success:
        raise _reason(outcome)
    events = [
        event.step_materialization_data.materialization
        for event in outcome.get_asset_materialization_events()
    ]
    seen = {event.asset_key.to_user_string(): event.metadata for event in events}
    return outcome.run_id, _artifacts(seen), _metrics(seen["evaluation"])


def _artifacts(seen: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        asset: {
            "uri": seen[asset]["path"].value,
            "sha256": seen[asset]["sha256"].value,
            "reused": seen[asset]["reused"].value,
        }
        for asset in CATALOG
    }


def _metrics(metadata: Mapping[str, Any]) -> dict[str, float]:
    return {name: value.value for name, value in metadata.items() if isinstance(value.value, float)}


def _reason(outcome: Any) -> MlAssetsError:
    """Why a run failed, in our own words where they are ours."""
    for event in outcome.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error.cause is not None:
                error = error.cause
            failure = event.step_failure_data.user_failure_data
            text = (failure and failure.description) or error.message.strip()
            return TrainingError(text)
    return TrainingError("the Dagster run failed before its first step; its log says why.")


@contextmanager
def progress(*, show: bool) -> Iterator[None]:
    """Show each artifact on stderr as it is made."""
    if not show:
        yield
        return
    from rich.console import Console

    console = Console(stderr=True)
    handler = logging.Handler()
    handler.emit = lambda record: console.print(f"[dim]{record.getMessage()}[/dim]")  # type: ignore[method-assign]
    logger = logging.getLogger("ml_assets")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with console.status("Training"):
            yield
    finally:
        logger.removeHandler(handler)
