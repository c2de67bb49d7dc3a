"""The pictures of a leaderboard, as PNG bytes that are equal for equal leaderboards: by parameter, and by day."""

import math
from collections.abc import Sequence
from typing import Any

from ml_assets.core.figures import (
    BLUE,
    DARK,
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
from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.leaderboard.importance import MOST_LEVELS, group
from ml_assets.core.leaderboard.joint_pictures import heat_map_png, parallel_png
from ml_assets.core.leaderboard.scale import Scale, first_by, heights, scale, shown, title, what
from ml_assets.core.leaderboard.text import label, nested_value
from ml_assets.core.leaderboard.trial import Value, is_number, levels, places

PAIR = 2
COLUMNS = 4
WIDTHS = {1: 6.0, 2: 8.0}  # inches of the picture by columns, else 10
INCHES = 1.75  # height of a panel without what stands below it
BELOW, TURNED_BELOW = 0.5, 0.95
LETTERS = 12  # an inch
FIRST = 5
COLOURS = (ORANGE, BLUE, "#3f8f5b", "#7d5ba6", RED)
LONGEST = 130


def pictures(board: Leaderboard) -> dict[str, bytes]:
    """The pictures that make sense, by file name; none where nothing is ranked.

    `by_parameter.png` always; `heat_map.png` for two varied parameters and `parallel.png` for more; `by_day.png`
    for several days.
    """
    if not board.trials:
        return {}
    drawn = {"by_parameter.png": by_parameter_png(board)} if board.varied else {}
    if len(board.varied) == PAIR:
        drawn["heat_map.png"] = heat_map_png(board)
    elif len(board.varied) > PAIR:
        drawn["parallel.png"] = parallel_png(board)
    if len(board.days) > 1:
        drawn["by_day.png"] = by_day_png(board)
    return drawn


def by_parameter_png(board: Leaderboard) -> bytes:
    """One panel a parameter, at most eight, four in a row; the line is the mean of the trials with that value."""
    names = shown(board)
    columns = {name: [trial.values[name] for trial in board.trials] for name in names}
    across, down = min(len(names), COLUMNS), -(-len(names) // COLUMNS)
    width = WIDTHS.get(across, 10.0)
    letters = LETTERS * (width - 0.9) / across
    turned = any(_turned(scale(values), letters) for values in columns.values())
    below = TURNED_BELOW if turned else BELOW
    height = 0.35 + down * (INCHES + below)
    figure = figure_of(width, height)
    grid = figure.subplots(down, across, sharey=True, squeeze=False)
    figure.subplots_adjust(
        left=0.75 / width,
        right=1 - 0.15 / width,
        bottom=below / height,
        top=1 - 0.35 / height,
        wspace=0.08,
        hspace=(below + 0.05) / INCHES,
    )
    panels = list(grid.flat)
    for place, (axes, name) in enumerate(zip(panels, names, strict=False)):
        _panel(axes, name, columns[name], heights(board), letters=letters)
        axes.set_ylabel(board.metric if place % COLUMNS == 0 else "", fontsize=9, color=DARK)
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    text = f"{what(board)}; diamond = {first_by(board)}"
    figure.suptitle(title(board, text, names), fontsize=10, color=DARK, y=1 - 0.08 / height, va="top")
    return png(figure, colours=MANY_COLOURS)


def _panel(axes: Any, name: str, values: Sequence[Value], y: Sequence[float], *, letters: float) -> None:
    axis = scale(values)
    x = [axis.place(value) for value in values]
    alpha = max(0.45, min(0.9, 30 / len(x)))
    axes.scatter(x, y, s=16, color=GREY, alpha=alpha, linewidth=0, zorder=2)
    middle = _means(values, x, y)
    style = "-" if all(map(is_number, axis.values)) else "none"
    axes.plot(*middle, color=BLUE, marker="o", markersize=5, linewidth=1.4, linestyle=style, zorder=3)
    axes.scatter(x[:1], y[:1], s=60, marker="D", facecolor="none", edgecolor=ORANGE, linewidth=1.6, zorder=4)
    axes.grid(axis="y", color="#e6e9ed", linewidth=0.6)
    _ticks(axes, axis, letters)
    finish(axes, x=name.replace("$", r"\$"), y="")


def _means(
    values: Sequence[Value], x: Sequence[float], y: Sequence[float]
) -> tuple[list[float], list[float]]:
    """The mean place and height of each group: of the trials with one value, or with neighbouring ones."""
    known = levels(values)
    codes = group(values) if len(known) > MOST_LEVELS else None
    codes = codes or places(values, known)
    found = []
    for code in sorted(set(codes)):
        held = [place for place, own in enumerate(codes) if own == code]
        found.append(
            (sum(x[place] for place in held) / len(held), sum(y[place] for place in held) / len(held))
        )
    return [place for place, _ in sorted(found)], [height for _, height in sorted(found)]


def _turned(axis: Scale, letters: float) -> bool:
    """Whether the names of categories do not fit side by side."""
    texts = [text for _, text in axis.ticks()]
    return axis.kind == "category" and sum(len(text) + 1 for text in texts) > letters


def _ticks(axes: Any, axis: Scale, letters: float) -> None:
    low, high = axis.ends
    margin = 0.5 if axis.kind == "category" else 0.07 * (high - low)
    axes.set_xlim(low - margin, high + margin)
    ticks = axis.ticks(letters)
    axes.set_xticks([place for place, _ in ticks], [text for _, text in ticks])
    if _turned(axis, letters):
        axes.tick_params(axis="x", rotation=40)


def by_day_png(board: Leaderboard) -> bytes:
    """One line a trial over the days that it has, its name below: 1000 pixels wide."""
    trials = board.trials[:FIRST]
    lines = len(trials) + (board.nested is not None)
    height = 3.2 + 0.18 * lines
    figure = figure_of(10, height)
    below = (0.5 + 0.18 * lines) / height
    axes = figure.add_axes((0.075, below, 0.905, 1 - 0.35 / height - below))
    if board.nested:
        chosen = f"chosen on earlier rows, measured on later ones: {nested_value(board.nested)}"
        axes.axhline(board.nested.value, color=GREY, linestyle="--", linewidth=1.2, label=chosen)
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
            label=short(label(trial), LONGEST),
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
