"""Picture: two varied parameters and the metric as colour."""

import math
from collections.abc import Sequence
from typing import Any

from ml_assets.core.figures import DARK, GREY, MANY_COLOURS, ORANGE, figure_of, finish, png, short
from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.leaderboard.points import first_by, heights, what
from ml_assets.core.leaderboard.scale import Scale, scale
from ml_assets.core.leaderboard.values import Value, levels, places
from ml_assets.core.leaderboard.words import value as said
from ml_assets.core.shades import ends, shades

MOST_CELLS = 12  # a side; beyond, or where most of them would be empty, trials are points
FILLED = 0.4
LETTERS = 90  # that fit below the picture


def heat_map_png(board: Leaderboard) -> bytes:
    """Cells where the values are few, else one point a trial; dark is better, the first trial has a mark."""
    columns, rows = ([trial.values[name] for trial in board.trials] for name in board.varied)
    across, down = levels(columns), levels(rows)
    cells = max(len(across), len(down)) <= MOST_CELLS and len(board.trials) >= FILLED * len(across) * len(
        down
    )
    height = max(2.6, 1.3 + 0.42 * len(down)) if cells else 4.4
    figure = figure_of(8, height)
    names = [said(value) for value in down] if cells else [text for _, text in scale(rows).ticks()]
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
    axes.set_xticks([place + 0.5 for place in range(len(across))], [short(said(value)) for value in across])
    axes.set_yticks([place + 0.5 for place in range(len(down))], [short(said(value)) for value in down])
    if sum(len(said(value)) for value in across) > 60:  # noqa: PLR2004 - letters that fit
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
