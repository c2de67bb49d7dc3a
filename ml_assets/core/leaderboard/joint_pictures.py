"""The pictures of several varied parameters at once: two and the metric as colour, or each an upright axis."""

import math
from collections.abc import Sequence
from typing import Any

from ml_assets.core.figures import (
    DARK,
    GREY,
    MANY_COLOURS,
    ORANGE,
    ends,
    figure_of,
    finish,
    png,
    shades,
    short,
)
from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.leaderboard.scale import Scale, first_by, heights, scale, shown, title, what
from ml_assets.core.leaderboard.text import value as value_text
from ml_assets.core.leaderboard.trial import Value, levels, places

MOST_CELLS = 12  # a side; beyond, or where most of them would be empty, trials are points
FILLED = 0.4
LETTERS = 90  # that fit below the picture
MOST_PARAMETERS = 7
CROWDED = 6


def heat_map_png(board: Leaderboard) -> bytes:
    """Cells where the values are few, else one point a trial; dark is better, the first trial has a mark."""
    columns, rows = ([trial.values[name] for trial in board.trials] for name in board.varied)
    across, down = levels(columns), levels(rows)
    cells = max(len(across), len(down)) <= MOST_CELLS and len(board.trials) >= FILLED * len(across) * len(
        down
    )
    height = max(2.6, 1.3 + 0.42 * len(down)) if cells else 4.4
    figure = figure_of(8, height)
    names = [value_text(value) for value in down] if cells else [text for _, text in scale(rows).ticks()]
    left = 0.095 + 0.0085 * min(24, max(map(len, names)))
    axes = figure.add_axes((left, 0.62 / height, 0.86 - left, 1 - 1.05 / height))
    draw = _cells if cells else _points
    image = draw(axes, columns, rows, heights(board), better_is_dark=board.larger_is_better)
    bar = figure.colorbar(image, cax=figure.add_axes((0.885, 0.62 / height, 0.018, 1 - 1.05 / height)))
    bar.ax.tick_params(labelsize=8, colors=DARK)
    across_name, down_name = (name.replace("$", r"\$") for name in board.varied)
    finish(
        axes, x=across_name, y=down_name, title=f"{what(board)}; darker is better, frame = {first_by(board)}"
    )
    return png(figure, colours=MANY_COLOURS)


def _cells(
    axes: Any, columns: Sequence[Value], rows: Sequence[Value], z: Sequence[float], *, better_is_dark: bool
) -> Any:
    across, down = levels(columns), levels(rows)
    x, y = (places(own, of) for of, own in ((across, columns), (down, rows)))
    held: dict[tuple[int, int], list[float]] = {}
    for column, row, value in zip(x, y, z, strict=True):
        held.setdefault((row, column), []).append(value)
    table = [
        [_mean(held.get((row, column), [])) for column in range(len(across))] for row in range(len(down))
    ]
    low, high = ends([value for row in table for value in row if not math.isnan(value)])
    colour = shades(better_is_dark=better_is_dark)
    image = axes.pcolormesh(table, cmap=colour, edgecolors="white", linewidth=1.2, vmin=low, vmax=high)
    _numbers(axes, table, (low, high), better_is_dark=better_is_dark)
    axes.add_patch(_frame(x[0], y[0]))
    axes.set_xticks(
        [place + 0.5 for place in range(len(across))], [short(value_text(value)) for value in across]
    )
    axes.set_yticks([place + 0.5 for place in range(len(down))], [short(value_text(value)) for value in down])
    if sum(len(value_text(value)) for value in across) > 60:  # noqa: PLR2004 - letters that fit
        axes.tick_params(axis="x", rotation=30)
    return image


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _frame(column: int, row: int) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(
        (column + 0.03, row + 0.04), 0.94, 0.92, fill=False, edgecolor=ORANGE, linewidth=2, zorder=5
    )


def _numbers(
    axes: Any, table: Sequence[Sequence[float]], ends: tuple[float, float], *, better_is_dark: bool
) -> None:
    for row, values in enumerate(table):
        for column, value in enumerate(values):
            if not math.isnan(value):
                depth = (value - ends[0]) / (ends[1] - ends[0])
                dark = depth if better_is_dark else 1 - depth
                colour = "white" if dark > 0.35 else DARK  # noqa: PLR2004 - where dark text stops being readable
                axes.text(
                    column + 0.5,
                    row + 0.5,
                    f"{value:.4f}"[: 7 if value < 0 else 6],
                    color=colour,
                    ha="center",
                    va="center",
                    fontsize=7.5,
                )


def _points(
    axes: Any, columns: Sequence[Value], rows: Sequence[Value], z: Sequence[float], *, better_is_dark: bool
) -> Any:
    across, down = scale(columns), scale(rows)
    x, y = ([of.place(value) for value in own] for of, own in ((across, columns), (down, rows)))
    low, high = ends(z)
    order_ = sorted(range(len(z)), key=lambda place: z[place] if better_is_dark else -z[place])
    image = axes.scatter(
        [x[place] for place in order_],
        [y[place] for place in order_],
        c=[z[place] for place in order_],
        s=34,
        cmap=shades(better_is_dark=better_is_dark),
        vmin=low,
        vmax=high,
        edgecolor=GREY,
        linewidth=0.4,
    )
    axes.scatter(x[:1], y[:1], s=110, marker="s", facecolor="none", edgecolor=ORANGE, linewidth=2)
    _ends(axes.set_xlim, axes.set_xticks, across, LETTERS)
    _ends(axes.set_ylim, axes.set_yticks, down)
    return image


def _ends(set_ends: Any, set_ticks: Any, axis: Scale, letters: float = 0.0) -> None:
    low, high = axis.ends
    margin = 0.5 if axis.kind == "category" else 0.05 * (high - low)
    set_ends(low - margin, high + margin)
    ticks = axis.ticks(letters)
    set_ticks([place for place, _ in ticks], [text for _, text in ticks])


def parallel_png(board: Leaderboard) -> bytes:
    """1000 x 440 pixels; dark lines are better trials, the orange one is the first."""
    from matplotlib.collections import LineCollection

    names = shown(board, MOST_PARAMETERS)
    z = heights(board)
    columns: list[Sequence[Value]] = [[trial.values[name] for trial in board.trials] for name in names]
    axes_ = [scale(column) for column in [*columns, z]]
    lines = [_line(axes_, [*values, height]) for *values, height in zip(*columns, z, strict=True)]
    worst_first = list(range(len(z)))[:0:-1]
    figure = figure_of(10, 4.4)
    axes = figure.add_axes((0.03, 0.11, 0.9, 0.78))
    low, high = ends(z)
    many = LineCollection(
        [lines[place] for place in worst_first],
        array=[z[place] for place in worst_first],
        cmap=shades(better_is_dark=board.larger_is_better, pale="#b5cee6"),
        alpha=max(0.35, min(0.95, 40 / len(z))),
        linewidth=1.1,
        zorder=2,
    )
    many.set_clim(low, high)
    axes.add_collection(many)
    axes.plot(*zip(*lines[0], strict=True), color=ORANGE, linewidth=2.4, zorder=4)
    for place, axis in enumerate(axes_):
        _upright(axes, place, axis)
    axes.set(xlim=(-0.35, len(names) + 0.1), ylim=(-0.07, 1.07), yticks=[])
    axes.set_xticks(range(len(axes_)), [name.replace("$", r"\$") for name in [*names, board.metric]])
    text = f"{what(board)}; darker is better, orange = {first_by(board)}"
    finish(axes, x="", y="", title=title(board, text, names))
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="x", length=0, labelsize=9 if len(names) < CROWDED else 7.5)
    return png(figure, colours=MANY_COLOURS)


def _line(axes_: Sequence[Scale], values: Sequence[Value]) -> list[tuple[float, float]]:
    return [
        (float(place), _height(axis, axis.place(value)))
        for place, (axis, value) in enumerate(zip(axes_, values, strict=True))
    ]


def _height(axis: Scale, place: float) -> float:
    low, high = axis.ends
    return (place - low) / (high - low)


def _upright(axes: Any, place: int, axis: Scale) -> None:
    axes.axvline(place, color=GREY, linewidth=1, zorder=3)
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8}
    for at, text in axis.ticks(closest=0.05):
        height = _height(axis, at)
        axes.plot([place - 0.012, place + 0.012], [height, height], color=DARK, linewidth=1, zorder=5)
        style = {"ha": "right", "va": "center", "fontsize": 8, "color": DARK, "zorder": 6, "bbox": box}
        axes.text(place - 0.03, height, text, **style)
