"""Launch on a running deployment, and get what a local run would have given: the same JSON.

from ml_assets.client import submit

submit("http://127.0.0.1:3000", parameters={"dataset": "customers"}, as_of="2025-12-01")
"""

import datetime as dt
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ml_assets.core import as_of as days_
from ml_assets.core.catalog import CATALOG
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.problems import diagnose
from ml_assets.core.result import BackfillResult, Result, Seen, failed_days, result_of, run_config
from ml_assets.core.secrets import looks_like_credential
from ml_assets.deployment import connect
from ml_assets.errors import RefusedError, RemoteError

Day = dt.date | str
Progress = Callable[[str], None]
POLL_SECONDS = 1.0
MAX_DAYS = 3660


def submit(
    url: str,
    *,
    parameters: Mapping[str, Any],
    as_of: Day,
    environment: str = "default",
    reuse: bool = True,
    wait: bool = True,
    timeout_seconds: float | None = None,
    on_progress: Progress | None = None,
) -> Result:
    """Run the job `train` for one as_of on the deployment at `url`.

    Args:
        url: the address of its webserver.
        parameters: what is not at its default, held to the same rules as anywhere else.
        as_of: the day.
        environment: where the artifacts go, if not where the deployment's settings say.
        reuse: whether stored artifacts that nothing has changed are used.
        wait: whether to wait for the end; else artifacts and metrics are empty.
        timeout_seconds: how long to wait; the run goes on afterwards.
        on_progress: called with a line of text whenever something happened.

    Raises:
        RefusedError: before anything was started, here or by the deployment.
        RemoteError: it cannot be reached, the run failed, or it takes too long.
    """
    checked, (day,) = _checked(parameters, [as_of])
    deployment = connect(url)
    config = run_config(parameters, environment=environment, reuse=reuse)
    launched = deployment.launch(config, str(day))
    told = on_progress or _silent
    told(f"{day} launched as Dagster run {launched}")
    if not wait:
        return result_of(checked, day, dagster_run_id=launched, environment=environment)
    _until(lambda: deployment.run_ended(launched, told), what=f"run {launched}", seconds=timeout_seconds)
    outcome = deployment.outcome_of_run(launched)
    if outcome.reasons:
        raise RemoteError(f"The run {launched} failed on {deployment.url}: {outcome.reasons[0]}")
    return result_of(checked, day, dagster_run_id=launched, environment=environment, seen=outcome.seen)


def submit_backfill(
    url: str,
    *,
    parameters: Mapping[str, Any],
    days: Sequence[Day] = (),
    first: Day | None = None,
    last: Day | None = None,
    assets: Collection[str] | None = None,
    environment: str = "default",
    reuse: bool = True,
    wait: bool = True,
    timeout_seconds: float | None = None,
    on_progress: Progress | None = None,
) -> BackfillResult:
    """Backfill several as_ofs: the `days`, or all from `first` to `last`. Of the job, or of `assets` if given.

    A day that fails is listed in `failed` with its reason; it is no error. For the rest see `submit`.
    """
    wanted = list(days) if days else span(first, last)
    checked, found = _checked(parameters, wanted, also=_unknown_assets(assets))
    deployment = connect(url)
    config = run_config(parameters, environment=environment, reuse=reuse)
    backfill = deployment.launch_backfill(config, [str(day) for day in found], assets=assets)
    told = on_progress or _silent
    told(f"{len(found)} days launched as backfill {backfill}")
    if not wait:
        return BackfillResult(backfill_id=backfill, days=[], failed=[])
    _until(
        lambda: deployment.backfill_ended(backfill, told),
        what=f"backfill {backfill}",
        seconds=timeout_seconds,
    )
    outcome = deployment.outcome_of_backfill(backfill)
    failed = failed_days(found, seen=outcome.seen, reasons=outcome.reasons, assets=assets or tuple(CATALOG))
    bad = {item["as_of"] for item in failed}
    results = [
        result_of(
            checked,
            day,
            dagster_run_id=outcome.run_of(day),
            environment=_place(environment, day, outcome.seen),
            seen=outcome.seen,
        )
        for day in found
        if str(day) not in bad
    ]
    return BackfillResult(backfill_id=backfill, days=results, failed=failed)


def _place(environment: str, day: dt.date, seen: Seen) -> str:
    """Where the artifacts of a day went: `default` is what their metadata say it stands for."""
    told = [
        str(made["environment"]) for (_, of), made in seen.items() if of == str(day) and "environment" in made
    ]
    return told[0] if told and environment == "default" else environment


def span(first: Day | None, last: Day | None) -> list[dt.date]:
    """Every day from `first` to `last`, both included; RefusedError where that is no span."""
    start, end = _day(first), _day(last)
    if start is None or end is None or end < start or (end - start).days >= MAX_DAYS:
        raise RefusedError(["days: not a span. Allowed: a first and a last day, YYYY-MM-DD, in this order."])
    return [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]


def _unknown_assets(assets: Collection[str] | None) -> list[str]:
    """One line where something else than assets of the catalog is asked for, or nothing at all."""
    if assets is None or (assets and not isinstance(assets, str) and set(assets) <= set(CATALOG)):
        return []
    return [f"assets: not a list of known assets. Allowed: some of {', '.join(CATALOG)}."]


def _checked(
    parameters: Mapping[str, Any], given: Sequence[Day], *, also: Sequence[str] = ()
) -> tuple[TrainingParameters, list[dt.date]]:
    """The parameters and days, or RefusedError with every problem of both. The deployment knows its first day."""
    checked, problems = diagnose(parameters)
    problems += also
    now = dt.datetime.now(tz=dt.timezone.utc)
    found = {_day(day) for day in given}
    problems += dict.fromkeys(
        line for day in found if (line := days_.problem(day, now=now, first=None)) is not None
    )
    if checked is None or problems:
        raise RefusedError(problems)
    return checked, sorted(day for day in found if day is not None)


def _day(day: Day | None) -> dt.date | None:
    if isinstance(day, str):
        return None if looks_like_credential(day) else days_.parse(day)
    return day


def _until(ended: Callable[[], bool], *, what: str, seconds: float | None) -> None:
    """Ask again and again until it has ended."""
    end = None if seconds is None else time.monotonic() + seconds
    while not ended():
        if end is not None and time.monotonic() > end:
            raise RemoteError(
                f"The {what} has not ended after {seconds:g} s. It goes on; look it up by its id."
            )
        time.sleep(POLL_SECONDS)


def _silent(_: str) -> None:
    """Say nothing."""
