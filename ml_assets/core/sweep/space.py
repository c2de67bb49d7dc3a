"""The space of a sweep: all its axes, in the order of their names, and how many combinations they have."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.core.nearest import first_of
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.problems import suggest
from ml_assets.core.secrets import credentials, looks_like_credential
from ml_assets.core.sweep.axis import Axis, Choices, Range, Value, read_axis

FIXED = ("dataset", "source")
"""Parameters that name where rows are: trials of other rows cannot be compared."""

LONGEST_AXIS = 100_000  # characters: ten for each value of the largest grid

Space = tuple[Axis, ...]
Combination = dict[str, Value]


def read_space(grid: Mapping[str, Any]) -> tuple[Space, list[str]]:
    """The axes of `grid` (parameter name -> text), sorted by name, and all that is wrong with any of them.

    No text that was given is repeated, and no name that looks like a credential.
    """
    names, more = first_of(list(grid))
    shown = {name: grid[name] for name in names}
    secret = [*credentials(shown), *(n for n, text in shown.items() if _hides_credential(text))]
    problems = [
        f"{name}: looks like a credential. Give secrets by reference only, never as a parameter."
        for name in dict.fromkeys(secret)
    ]
    axes = []
    for name, text in shown.items():
        if name in secret or looks_like_credential(str(name)):
            continue
        axis, wrong = _read(str(name), text)
        problems += wrong
        axes += [axis] if axis else []
    return tuple(sorted(axes, key=lambda axis: axis.name)), [*problems, *more]


def _hides_credential(text: Any) -> bool:
    if not isinstance(text, str) or len(text) > LONGEST_AXIS:
        return False
    parts = text.replace("..", ",").split(",")
    return any(looks_like_credential(part.strip()) for part in parts)


def _read(name: str, text: Any) -> tuple[Axis | None, list[str]]:
    if name not in TrainingParameters.model_fields:
        return None, [f"{visible(name)}: unknown parameter. {suggest(name)}"]
    if name in FIXED:
        return None, [
            f"{name}: cannot vary: other rows cannot be compared. Allowed: one for the whole sweep."
        ]
    if not isinstance(text, str):
        return None, [f'{name}: not text. Allowed: the values in quotes, such as "1,2,3" or "1..3".']
    if len(text) > LONGEST_AXIS:
        return None, [f"{name}: longer than {LONGEST_AXIS} characters. Allowed: fewer values, or LOW..HIGH."]
    return read_axis(name, text)


def size(space: Space) -> int | None:
    """The number of combinations, or None where a range of numbers that are not whole has no end of them."""
    counts = [len(found) if (found := listed(axis)) is not None else None for axis in space]
    return None if None in counts else math.prod(count for count in counts if count is not None)


def listed(axis: Axis) -> Sequence[Value] | None:
    """The values of an axis in ascending order, or None where they cannot be listed."""
    if isinstance(axis, Choices):
        return axis.values
    return range(int(axis.low), int(axis.high) + 1) if axis.whole else None


def corners(space: Space) -> Iterator[Combination]:
    """The combinations of lowest and highest values; every one of what has no order.

    The rules of the parameters either ask for a default or compare two numbers, so that a space whose
    corners are all possible has no impossible combination.
    """
    ends = [_ends(axis) for axis in space]
    for values in itertools.product(*ends):
        yield {axis.name: value for axis, value in zip(space, values, strict=True)}


def _ends(axis: Axis) -> tuple[Value, ...]:
    if isinstance(axis, Range):
        return axis.low, axis.high
    if isinstance(axis.values[0], str):
        return axis.values
    return tuple(dict.fromkeys((axis.values[0], axis.values[-1])))
