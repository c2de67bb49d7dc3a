"""The space of a sweep: all its axes, in the order of their names, and how many combinations they have."""

import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.core.marks import conditions
from ml_assets.core.nearest import first_of
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import suggest
from ml_assets.core.secrets import credentials, looks_like_credential
from ml_assets.core.sweep.axis import Axis, Choices, Range, Value, read_axis

FIXED = ("source",)
"""Parameters that name where rows are: trials of other rows cannot be compared."""

LONGEST_AXIS = 100_000  # characters: ten for each value of the largest grid

Space = tuple[Axis, ...]
Combination = dict[str, Value]


def read_space(
    grid: Mapping[str, Any], *, cls: type[Parameters], fixed: Collection[str] = FIXED
) -> tuple[Space, list[str]]:
    """The axes of `grid` (name of a field of `cls` -> text), sorted by name, and all that is wrong with any of them.

    No text that was given is repeated, and no name that looks like a credential. What is `fixed` cannot vary.
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
        axis, wrong = _read(str(name), text, cls, fixed)
        problems += wrong
        axes += [axis] if axis else []
    return tuple(sorted(axes, key=lambda axis: axis.name)), [*problems, *more]


def axes_in(texts: Sequence[str], *, of: str) -> tuple[dict[str, str], list[str]]:
    """The axes of texts `NAME=VALUES` by name, and what is wrong with them; `of` is what the problems name."""
    found: dict[str, str] = {}
    problems = []
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if looks_like_credential(name):
            problems.append(f"{of}: looks like a credential. Give secrets by reference only.")
        elif not equals:
            problems.append(f"{of}: not an axis. Allowed: NAME=VALUES, such as learning_rate=0.05,0.1,0.2.")
        elif name in found:
            problems.append(f"{of}: {name} is there twice. Allowed: each parameter once.")
        else:
            found[name] = values
    return found, problems


def _hides_credential(text: Any) -> bool:
    if not isinstance(text, str) or len(text) > LONGEST_AXIS:
        return False
    parts = text.replace("..", ",").split(",")
    return any(looks_like_credential(part.strip(' []"')) for part in parts)


def _read(
    name: str, text: Any, cls: type[Parameters], fixed: Collection[str]
) -> tuple[Axis | None, list[str]]:
    if name not in cls.model_fields:
        return None, [f"{visible(name)}: unknown parameter. {suggest(name, cls.model_fields)}"]
    if name in fixed:
        return None, [
            f"{name}: cannot vary: other rows cannot be compared. Allowed: one for the whole sweep."
        ]
    if not isinstance(text, str):
        return None, [f'{name}: not text. Allowed: the values in quotes, such as "1,2,3" or "1..3".']
    if len(text) > LONGEST_AXIS:
        return None, [f"{name}: longer than {LONGEST_AXIS} characters. Allowed: fewer values, or LOW..HIGH."]
    return read_axis(name, text, cls=cls)


def size(space: Space) -> int | None:
    """The number of combinations, or None where a range of numbers that are not whole has no end of them."""
    counts = [len(found) if (found := listed(axis)) is not None else None for axis in space]
    return None if None in counts else math.prod(count for count in counts if count is not None)


def listed(axis: Axis) -> Sequence[Value] | None:
    """The values of an axis in ascending order, or None where they cannot be listed."""
    if isinstance(axis, Choices):
        return axis.values
    return range(int(axis.low), int(axis.high) + 1) if axis.whole else None


def corners(space: Space, *, cls: type[Parameters]) -> Iterator[Combination]:
    """The combinations of lowest and highest values, and of those that decide whether another parameter is used.

    Of what has no order, every value is a corner. A rule that asks for a default or compares two numbers holds
    for all combinations if it holds for these; any other rule is found out where it is broken.
    """
    ends = [_ends(axis, _deciding(axis, cls)) for axis in space]
    for values in itertools.product(*ends):
        yield {axis.name: value for axis, value in zip(space, values, strict=True)}


def _deciding(axis: Axis, cls: type[Parameters]) -> set[Any]:
    """The values of an axis that the conditions of other fields name."""
    return {value for field in cls.model_fields.values() for value in conditions(field).get(axis.name, ())}


def _ends(axis: Axis, deciding: set[Any]) -> tuple[Value, ...]:
    if isinstance(axis, Range):
        inside = sorted(value for value in deciding if axis.low < value < axis.high)
        return axis.low, *inside, axis.high
    if not isinstance(axis.values[0], int | float):
        return axis.values
    inside = [value for value in axis.values[1:-1] if value in deciding]
    return tuple(dict.fromkeys((axis.values[0], *inside, axis.values[-1])))
