"""Picture: the metric of the first trials by day."""

import math
from typing import Any

from ml_assets.core.figures import (
    BLUE,
    GREY,
    MANY_COLOURS,
    ORANGE,
    RED,
    day_ticks,
    figure_of,
    finish,
    png,
    short,
)
from ml_assets.core.leaderboard import words
from ml_assets.core.leaderboard.document import Leaderboard

FIRST = 5
COLOURS = (ORANGE, BLUE, "#3f8f5b", "#7d5ba6", RED)
LONGEST = 130


def by_day_png(board: Leaderboard) -> bytes:
    """One line a trial over the days that it has, its name below: 1000 pixels wide."""
    trials = board.trials[:FIRST]
    lines = len(trials) + (board.nested is not None)
    height = 3.2 + 0.18 * lines
    figure = figure_of(10, height)
    below = (0.5 + 0.18 * lines) / height
    axes = figure.add_axes((0.075, below, 0.905, 1 - 0.35 / height - below))
    if board.nested:
        label = f"chosen on earlier rows, measured on later ones: {words.nested_value(board.nested)}"
        axes.axhline(board.nested.value, color=GREY, linestyle="--", linewidth=1.2, label=label)
    for trial, colour in reversed(list(zip(trials, COLOURS, strict=False))):
        y = [trial.by_day.get(day, math.nan) for day in board.days]
        x = [day.toordinal() for day in board.days]
        thick = 2.2 if trial.rank == 1 else 1.3
        axes.plot(
            x,
            y,
            color=colour,
            marker="o",
            markersize=3.5,
            linewidth=thick,
            label=short(words.label(trial), LONGEST),
        )
    day_ticks(axes, board.days)
    first, last = board.days[0].toordinal(), board.days[-1].toordinal()
    axes.set_xlim(first - 0.03 * (last - first), last + 0.03 * (last - first))
    axes.grid(axis="y", color="#e6e9ed", linewidth=0.6)
    _legend(axes, height * (1 - below) - 0.35)
    ranked = len(board.trials)
    title = f"{board.metric} by day, " + (
        f"the first {FIRST} of {ranked} trials" if ranked > FIRST else "all trials"
    )
    finish(axes, x="", y=board.metric, title=title)
    return png(figure, colours=MANY_COLOURS)


def _legend(axes: Any, inches: float) -> None:
    handles, labels = axes.get_legend_handles_labels()
    place = {"loc": "upper left", "bbox_to_anchor": (0, -0.3 / inches), "borderaxespad": 0}
    axes.legend(handles[::-1], labels[::-1], frameon=False, fontsize=8, labelspacing=0.25, **place)
