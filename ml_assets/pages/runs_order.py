"""The order of runs: by what their paths tell where that is enough, else by what was read of each."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from ml_assets.core.field_types import field_type
from ml_assets.core.leaderboard.trial import order as order_of
from ml_assets.core.pipeline import Declared
from ml_assets.core.where import Filter
from ml_assets.pages.runs_query import Order, RunsQuery
from ml_assets.pages.stored_runs import Place, Run, Shown
from ml_assets.storage.artifact_store import DayFolder

Item = TypeVar("Item")
_OF_KEYS = ("as_of", "run_id")


def told_by_paths(name: str, pipeline: Declared) -> bool:
    """Whether the path of a run tells a name, so that no manifest has to be read for it."""
    return name in (*_OF_KEYS, "asset", *pipeline.path)


def needs_all(query: RunsQuery, pipeline: Declared) -> bool:
    """Whether runs are found or ordered by more than their paths tell."""
    names = [query.sort, *(condition.name for condition in query.where.conditions)]
    return not all(told_by_paths(name, pipeline) for name in names)


def places_in_order(folders: Iterable[DayFolder], query: RunsQuery, pipeline: Declared) -> Iterator[Place]:
    """The runs by a name that their paths tell; of equal ones the newest first.

    Those of one folder are alike but for their run_id, so that a hundred thousand runs are a thousand things to sort.
    """
    newest = sorted(folders, key=lambda day: day.as_of, reverse=True)
    if query.sort == "run_id":
        places = [(day, run_id) for day in newest for run_id in day.run_ids]
        return iter(sorted(places, key=itemgetter(1), reverse=query.order == "desc"))
    ordered = _in_order(newest, lambda day: _of_path(day, query.sort, pipeline), query.order)
    return ((day, run_id) for day in ordered for run_id in day.run_ids)


def runs_in_order(shown: Iterable[Shown], query: RunsQuery, pipeline: Declared) -> list[Shown]:
    """Runs that were read, by any name; of equal ones the newest first."""
    newest = sorted(shown, key=lambda item: item[0][0].as_of, reverse=True)
    return _in_order(newest, lambda item: value_of(*item, query.sort), query.order)


def holds(place: Place, run: Run, where: Filter) -> bool:
    """Whether a filter holds for a run."""
    if not where.conditions:
        return True
    day, run_id = place
    whole = Filter(where.conditions)  # what an identity leaves out is among the parameters of a Run
    return whole.holds(day.asset, day.as_of, run_id, run.parameters)


def value_of(place: Place, run: Run, name: str) -> Any:
    """What a run has under a name: of its key, a parameter, or a metric; None where it has nothing."""
    day, run_id = place
    if name in _OF_KEYS:
        return day.as_of.isoformat() if name == "as_of" else run_id
    return run.parameters[name] if name in run.parameters else run.metric(name)


def _of_path(day: DayFolder, name: str, pipeline: Declared) -> Any:
    if name == "as_of":
        return day.as_of.isoformat()
    text = day.asset if name == "asset" else dict(day.values).get(name)
    kind = None if name == "asset" else field_type(pipeline.parameters.model_fields[name])
    if text is None or kind is None or kind.container or kind.scalar is str:
        return text
    try:
        return json.loads(text)
    except ValueError:  # a folder that somebody else named
        return text


def _in_order(items: Sequence[Item], value: Callable[[Item], Any], order: Order) -> list[Item]:
    """Sorted by a value, those without one last; equal ones stay in their order."""
    values = [(_plain(value(item)), item) for item in items]
    known = [pair for pair in values if pair[0] is not None]
    known.sort(key=lambda pair: order_of(pair[0]), reverse=order == "desc")
    return [item for _, item in known] + [item for found, item in values if found is None]


def _plain(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value
