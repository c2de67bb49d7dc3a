"""Which days are covered for which parameter sets: what a bar of days alone cannot tell."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from ml_assets.core.pipeline import Declared
from ml_assets.core.report.record import Part
from ml_assets.core.slices import label

MOST_ROWS = 30


class CoveredSet(Part):
    """One parameter set: its values, a short name for people, and its metric by day (only days that are stored)."""

    label: str
    parameters: dict[str, Any]
    values: dict[dt.date, float]


class Coverage(Part):
    """The parameter sets of one dataset that have evaluations in an environment; the report's own is the first.

    Attributes:
        metric: what `values` hold.
        days: every day of the window.
        sets: the others by the number of days that they cover, the most first; at most 30.
        left_out: how many more there are.
    """

    metric: str
    days: tuple[dt.date, ...]
    sets: tuple[CoveredSet, ...]
    left_out: int


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One stored evaluation: its identity, its day and its metric."""

    parameters: Mapping[str, Any]
    as_of: dt.date
    value: float


def coverage(
    own: Mapping[str, Any],
    days: Sequence[dt.date],
    cells: Iterable[Cell],
    *,
    metric: str,
    pipeline: Declared,
) -> Coverage:
    """Sort stored evaluations into rows; the order in which they come does not matter.

    Args:
        own: the identity of the report's parameter set, which has a row even where nothing is stored.
        days: the window.
        cells: the evaluations of the window.
        metric: what their values are.
        pipeline: whose parameters they are.
    """
    sets: dict[str, dict[dt.date, float]] = {_name(own): {}}
    for cell in cells:
        sets.setdefault(_name(cell.parameters), {})[cell.as_of] = cell.value
    others = sorted((name for name in sets if name != _name(own)), key=lambda n: (-len(sets[n]), n))
    names = [_name(own), *others]
    return Coverage(
        metric=metric,
        days=tuple(sorted(days)),
        sets=tuple(_covered(name, sets[name], pipeline) for name in names[:MOST_ROWS]),
        left_out=max(0, len(names) - MOST_ROWS),
    )


def _name(parameters: Mapping[str, Any]) -> str:
    """Canonical JSON: as read back from a manifest, 1.0 is 1."""
    return rfc8785.dumps(dict(parameters)).decode()


def _covered(name: str, values: Mapping[dt.date, float], pipeline: Declared) -> CoveredSet:
    parameters = json.loads(name)
    return CoveredSet(
        label=label(parameters, pipeline=pipeline), parameters=parameters, values=dict(sorted(values.items()))
    )
