"""`ml-assets run`: one Dagster run of the job `train`, in this process or on a deployment."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ml_assets.cli.request import Request
from ml_assets.core.options import Options
from ml_assets.core.result import Result
from ml_assets.errors import TrainingError
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings


def run(request: Request, *, options: Options, as_json: bool, on: str | None = None) -> int:
    """Make the four artifacts, print the result; raises the error that stopped the run."""
    with progress(show=not as_json) as told:
        result = (
            _here(request, options=options) if on is None else _there(on, request, options=options, told=told)
        )
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        from ml_assets.cli.tables import print_result

        environment = load_settings().in_a_command(result["environment"])
        print_result(result, given=request.given, environment=environment)
    return 0


def _here(request: Request, *, options: Options) -> Result:
    from ml_assets.cli.local import launch
    from ml_assets.core.result import result_of

    (outcome,) = launch(request.parameters, [request.as_of], given=request.given, options=options)
    if outcome.reason:
        raise TrainingError(outcome.reason)
    return result_of(
        request.parameters,
        request.as_of,
        pipeline=tabular,
        dagster_run_id=outcome.dagster_run_id,
        environment=outcome.environment,
        seen=outcome.seen,
    )


def _there(url: str, request: Request, *, options: Options, told: Callable[[str], None]) -> Result:
    from ml_assets.client import submit

    return submit(
        url,
        parameters=request.given,
        as_of=request.as_of,
        environment=options.environment,
        reuse=options.reuse,
        on_progress=told,
    )


@contextmanager
def progress(*, show: bool, doing: str = "Training") -> Iterator[Callable[[str], None]]:
    """Show on stderr each artifact as it is made, and each line that is told to what this gives."""
    if not show:
        yield lambda _: None
        return
    from rich.markup import escape

    from ml_assets.cli.console import SafeConsole

    console = SafeConsole(stderr=True)
    handler = logging.Handler()
    handler.emit = lambda record: console.print(f"[dim]{escape(record.getMessage())}[/dim]")  # type: ignore[method-assign]
    logger = logging.getLogger("ml_assets")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with console.status(doing, spinner=console.spinner):
            yield lambda line: console.print(f"[dim]{escape(line)}[/dim]")
    finally:
        logger.removeHandler(handler)
