"""`ml-assets sweep`: a matrix of runs and their leaderboard, in this process or on a deployment."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ml_assets.cli.sweep_request import SweepRequest
from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.options import Options
from ml_assets.core.sweep.result import SweepResult
from ml_assets.errors import RefusedError
from ml_assets.pipeline.sweep import Progress


@dataclass(frozen=True, kw_only=True)
class Where:
    """Where a sweep is carried out: `on` a deployment, or here; there, `as_runs` makes each trial a run of its own."""

    on: str | None
    as_runs: bool


def sweep(request: SweepRequest, *, options: Options, where: Where, as_json: bool) -> int:
    """Carry out a sweep and print its leaderboard; raises the error that stopped it."""
    if where.on is None:
        if where.as_runs:
            raise RefusedError(["--as-runs: only with --on. It makes each trial a run of a deployment."])
        from ml_assets.cli.local_sweep import launch_sweep

        with bar(show=not as_json):
            result = launch_sweep(request, options=options)
    else:
        result = _there(request, options=options, on=where.on, as_runs=where.as_runs, show=not as_json)
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        _print(result)
    return 0


def _there(request: SweepRequest, *, options: Options, on: str, as_runs: bool, show: bool) -> SweepResult:
    from ml_assets.cli.run import progress
    from ml_assets.client import submit_sweep

    with progress(show=show) as told:
        return submit_sweep(
            on,
            parameters=request.given,
            sweep=request.given_own,
            as_of=request.as_of,
            as_runs=as_runs,
            on_progress=told,
            **options.model_dump(),
        )


def _print(result: SweepResult) -> None:
    from ml_assets.cli.leaderboard import print_leaderboard
    from ml_assets.cli.output import harmless
    from ml_assets.cli.tables import console

    out = console()
    if result["leaderboard"]:
        print_leaderboard(Leaderboard.model_validate_json(json.dumps(result["leaderboard"])))
    elif result["summary"]:
        from rich.markdown import Markdown

        out.print(Markdown(harmless(result["summary"])))
    for name, artifact in result["artifacts"].items():
        out.print(f"\n{name} of run_id {result['run_id']}: {artifact['uri']}/", markup=False)
    out.print(f"Dagster run {result['dagster_run_id']}  environment {result['environment']}", markup=False)


@contextmanager
def bar(*, show: bool) -> Iterator[Callable[[str], None]]:
    """A progress bar on stderr: trials done, the best value so far, the time left; other lines above it."""
    if not show:
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from ml_assets.cli.console import SafeConsole

    columns = (
        TextColumn("Sweep"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("best {task.fields[best]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=SafeConsole(stderr=True)) as shown:
        task = shown.add_task("sweep", total=None, best="-")

        def emit(record: logging.LogRecord) -> None:
            told = getattr(record, "sweep", None)
            if isinstance(told, Progress):
                best = "-" if told.best is None else f"{told.best:.4f}"
                shown.update(task, completed=told.done, total=told.total, best=best)
            elif record.levelno >= logging.WARNING:
                shown.console.print(record.getMessage(), style="dim", markup=False)

        handler = logging.Handler()
        handler.emit = emit  # type: ignore[method-assign]
        logger = logging.getLogger("ml_assets")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield lambda line: shown.console.print(line, style="dim", markup=False)
        finally:
            logger.removeHandler(handler)
