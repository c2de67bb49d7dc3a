"""The days that a run of Dagster is made for: those that cannot be learned are refused before any work.

A launch over GraphQL takes any text as a partition, and any two as the ends of a range; only the run sees them.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping

import dagster as dg

from ml_assets.adapter.refusal import at_launch
from ml_assets.core.as_of import is_day, parse, problems
from ml_assets.errors import RefusedError
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import load_settings

PARTITION = "dagster/partition"
START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
MISSING = "as_of: missing. Launch with a partition: it is the day the run is made for."
HALF = f"as_of: half a range. Allowed: {START} and {END}, or {PARTITION} alone."
BACKWARDS = "as_of: a range whose last day is before its first. Allowed: the earlier day first."


def days_of(
    tags: Mapping[str, str], *, now: dt.datetime, first: dt.date | None, every: str = ""
) -> list[dt.date]:
    """The day of a run, or each day of its range, as its tags tell.

    Raises RefusedError where there is none, or one that cannot be learned at `now`; `first` is the first that can
    be, or None where that is not known.
    """
    ends = [parse(text) for text in _ends(tags)]
    if wrong := problems(ends, now=now, first=first, every=every):
        raise RefusedError(wrong)
    start, end = (day for day in ends if day)
    if start > end:
        raise RefusedError([BACKWARDS])
    days = (start + dt.timedelta(days=n) for n in range((end - start).days + 1))
    return [day for day in days if is_day(day, every=every)]


def refuse_days(
    run: dg.DagsterRun | None, *, steps: Collection[str], launch: Callable[[], str] = str
) -> None:
    """Refuse a run of days that cannot be learned, before its first step; one of other partitions has no such days.

    Args:
        run: the run, or None outside of one.
        steps: those that make what is made for a day: without one Dagster refuses them in words of its own, once what
            they are made of was materialized.
        launch: gives the address of a launchpad from which the run is corrected.
    """
    with at_launch(launch):
        if run and (
            _makes(run, steps) or any(map(parse, map(run.tags.get, (PARTITION, START, END), ("", "", ""))))
        ):
            days_of(run.tags, now=utc_now(), first=_first(run))


def _makes(run: dg.DagsterRun, steps: Collection[str]) -> bool:
    """Whether any of the steps is to make something; checks alone look at what is stored, of the latest day if of none."""
    only_looks = run.asset_check_selection and not run.asset_selection
    return not only_looks and not set(steps).isdisjoint(run.step_keys_to_execute or ())


def _ends(tags: Mapping[str, str]) -> tuple[str, str]:
    named = [tags.get(name) for name in (PARTITION, START, END)]
    match named:
        case [None, None, None]:
            raise RefusedError([MISSING])
        case [str(day), None, None]:
            return day, day
        case [None, str(start), str(end)]:
            return start, end
    raise RefusedError([HALF])


def _first(run: dg.DagsterRun) -> dt.date | None:
    """The first day that the settings or the run's own partitions have; None where the run does not tell these."""
    start = getattr(getattr(run.partitions_subset, "partitions_def", None), "start", None)
    return min(load_settings().first_as_of, start.date()) if isinstance(start, dt.datetime) else None
