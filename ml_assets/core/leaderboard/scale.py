"""What the pictures show of each trial, where its values lie on an axis, and what stands beside them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ml_assets.core.figures import short
from ml_assets.core.leaderboard.document import Leaderboard, RankedTrial
from ml_assets.core.leaderboard.text import value as value_text
from ml_assets.core.leaderboard.trial import Value, is_number, levels, order
from ml_assets.text import count

SPAN = 20  # largest / smallest, beyond which the axis is logarithmic: 0.01, 0.03, 0.1, 0.3 is
MOST_PLACES = 10  # values of a number beside 0, text or nothing, up to which each has a place of its own
MOST_TICKS = 8
FEWEST_TICKS = 3
OUTSIDE = 0.05  # of the axis, by which a round number may lie beyond the values
LONGEST = 14
MOST_SHOWN = 8  # varied parameters in a picture


@dataclass(frozen=True, kw_only=True)
class Scale:
    """An axis.

    Attributes:
        kind: `category` gives each value a place of its own, in order; the others are lines of numbers.
        values: the different values, in order.
        zero: where 0 lies on a logarithmic axis: one decade below the smallest number.
    """

    kind: Literal["category", "linear", "log"]
    values: tuple[Value, ...]
    zero: float = 0.0

    def place(self, value: Value) -> float:
        """Where a value lies, in units of the axis."""
        if self.kind == "category":
            return float([order(known) for known in self.values].index(order(value)))
        number = float(value or 0.0)
        if self.kind == "linear":
            return number
        return math.log10(number) if number else self.zero

    @property
    def ends(self) -> tuple[float, float]:
        """The places of the first and the last value; never the same place twice."""
        low, high = self.place(self.values[0]), self.place(self.values[-1])
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def ticks(self, letters: float = 0.0, closest: float = 0.055) -> list[tuple[float, str]]:
        """Places and their texts, none too close to the next.

        Args:
            letters: how many letters fit along the axis, where the texts stand beside each other.
            closest: the share of the axis that is between two ticks at least.
        """
        if self.kind == "category":
            step = math.ceil(len(self.values) / (2 * MOST_TICKS))
            return [(self.place(value), short(value_text(value), LONGEST)) for value in self.values[::step]]
        held = self.values if len(self.values) <= MOST_TICKS else tuple(self._round_numbers())
        low, high = self.ends
        kept: list[tuple[float, str]] = []
        for place, text in ((self.place(value), tick(value)) for value in held):
            wide = (len(text) + len(kept[-1][1])) / 2 + 1 if kept and letters else 0.0
            gap = max(closest, wide / letters if letters else 0.0)
            if not kept or place - kept[-1][0] >= gap * (high - low):
                kept.append((place, text))
        return kept

    def _round_numbers(self) -> list[float]:
        """Numbers that people would choose, within the axis and a little beyond."""
        low, high = self.ends
        if self.kind == "linear":
            return _steps(low, high)
        zero = [0.0] if self.values[0] == 0 else []
        start = math.log10(float(self.values[1] or 0)) if zero else low
        outside = OUTSIDE * (high - start)
        decades = _decades(start - outside, high + outside, (1,))
        return zero + (
            decades if len(decades) >= FEWEST_TICKS else _decades(start - outside, high + outside, (1, 2, 5))
        )


def _decades(low: float, high: float, digits: Sequence[int]) -> list[float]:
    """`digits` times powers of ten between 10**low and 10**high."""
    found = (
        float(f"{digit}e{decade}")
        for decade in range(math.floor(low), math.ceil(high) + 1)
        for digit in digits
    )
    return [number for number in found if low <= math.log10(number) <= high]


def tick(value: Value) -> str:
    """A number of four digits: it marks a place, and need not be exact."""
    return f"{value:.4g}" if isinstance(value, float) else value_text(value)


def scale(values: Sequence[Value]) -> Scale:
    """The axis that suits the values, of which there is one at least."""
    found = tuple(levels(values))
    numbers = [float(value) for value in found if is_number(value)]
    if len(numbers) < len(found):
        return Scale(kind="category", values=found)
    above = [number for number in numbers if number > 0]
    wide = len(above) > 1 and numbers[0] >= 0 and max(above) / min(above) > SPAN
    if not wide:
        return Scale(kind="linear", values=found)
    if numbers[0] == 0 and len(found) <= MOST_PLACES:
        return Scale(kind="category", values=found)
    return Scale(kind="log", values=found, zero=math.log10(min(above)) - 1)


def _steps(low: float, high: float) -> list[float]:
    """Round numbers between the ends, about five of them."""
    rough = (high - low) / 5
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(place * step, 12) + 0.0 for place in range(first, last + 1)]


def heights(board: Leaderboard) -> list[float]:
    """The mean of each ranked trial over the days that all of them have; where there are none, over its own."""
    return [_height(trial, board) for trial in board.trials]


def _height(trial: RankedTrial, board: Leaderboard) -> float:
    if not board.shared_days or len(board.shared_days) == len(board.days):
        return trial.mean
    return sum(trial.by_day[day] for day in board.shared_days) / len(board.shared_days)


def what(board: Leaderboard) -> str:
    """What `heights` are: `mape, mean of 7 days`."""
    if len(board.days) == 1:
        return board.metric
    if not board.shared_days:
        return f"{board.metric}, mean of each trial's days"
    every = "" if len(board.shared_days) == len(board.days) else " that all trials have"
    return f"{board.metric}, mean of {count(len(board.shared_days), 'day')}{every}"


def first_by(board: Leaderboard) -> str:
    """`first`, and by what where the picture's numbers are of fewer days."""
    return "first" if len(board.shared_days) == len(board.days) else "first (by all its days)"


def shown(board: Leaderboard, most: int = MOST_SHOWN) -> Sequence[str]:
    """The varied parameters that have a place in a picture: where there are too many, the most important."""
    if len(board.varied) <= most or board.importance is None:
        return board.varied[:most]
    first = [share.name for share in board.importance.shares][:most]
    chosen = [*first, *(name for name in board.varied if name not in first)][:most]
    return [name for name in board.varied if name in chosen]


def title(board: Leaderboard, text: str, names: Sequence[str]) -> str:
    """The title, and how many parameters are not in the picture."""
    left = len(board.varied) - len(names)
    return text + (f" ({count(left, 'parameter')} not shown)" if left else "")
