"""Picture: every varied parameter an upright axis, the metric the last one, each trial a line through them."""

from collections.abc import Sequence
from typing import Any

from ml_assets.core.figures import DARK, GREY, MANY_COLOURS, ORANGE, figure_of, finish, png
from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.leaderboard.points import first_by, heights, shown, title, what
from ml_assets.core.leaderboard.scale import Scale, scale
from ml_assets.core.leaderboard.values import Value
from ml_assets.core.shades import ends, shades

MOST_PARAMETERS = 7
CROWDED = 6


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
