"""Pictures of a report, as PNG bytes that are equal for equal reports."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from ml_assets.core.figures import (
    BLUE,
    DARK,
    GREY,
    ORANGE,
    RED,
    TICKS,
    day_ticks,
    ends,
    figure_of,
    finish,
    png,
    shades,
    short,
)
from ml_assets.core.pipeline import Declared
from ml_assets.core.report.coverage import Coverage
from ml_assets.core.report.document import Report, has_base_rate, has_rows, series
from ml_assets.core.report.record import Status
from ml_assets.core.slices import subject
from ml_assets.text import count

MARKS: tuple[tuple[Status, str], ...] = (("failed", RED), ("missing", GREY))
MOST_NUMBERS = 16  # days, up to which the cells of the coverage hold their number
LABEL = 46  # letters of the name of a parameter set


def days_png(report: Report, *, pipeline: Declared) -> bytes:
    """The metric by day over rows and base rate by day, where days count them: 1000 x 560 pixels, else 1000 x 360."""
    counted = has_rows(report)
    figure = figure_of(10, 5.6 if counted else 3.6)
    above, *below = (
        figure.subplots(2, 1, height_ratios=(1.5, 1), sharex=True) if counted else [figure.subplots()]
    )
    figure.subplots_adjust(
        left=0.08, right=0.92, bottom=0.08 if counted else 0.1, top=0.94 if counted else 0.91, hspace=0.24
    )
    _metric(above, report, subject(report.parameters, pipeline=pipeline))
    for axes in below:
        _rows(axes, report)
        above.tick_params(labelbottom=False)
    days = [day.as_of for day in report.days]
    day_ticks(below[0] if below else above, days)
    above.set_xlim(days[0].toordinal() - 0.6, days[-1].toordinal() + 0.6)
    return png(figure)


def _metric(axes: Any, report: Report, about: str) -> None:
    points, summary = series(report.days, report.metric), report.metrics.get(report.metric)
    _undone(axes, report)
    if summary is not None:
        spread = summary.std or 0.0
        axes.axhspan(summary.mean - spread, summary.mean + spread, color=BLUE, alpha=0.12, linewidth=0)
        axes.axhline(
            summary.mean, color=BLUE, linestyle="--", linewidth=1, label=f"mean {summary.mean:.4f}, +/- std"
        )
        _line(axes, points, colour=BLUE, label=report.metric)
        far = [item for item in summary.outliers if item.as_of in points]
        if far:
            x, y = [item.as_of.toordinal() for item in far], [item.value for item in far]
            axes.scatter(x, y, s=70, marker="D", color=ORANGE, label="outlier", zorder=4)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="best", frameon=False, fontsize=8, ncols=3)
    title = (
        f"{about}{': ' if about else ''}{report.metric}, {report.done} of {count(report.asked, 'day')} done"
    )
    finish(axes, x="", y=report.metric, title=title)


def _rows(axes: Any, report: Report) -> None:
    rows, rated = series(report.days, "rows", source="facts"), has_base_rate(report)
    axes.bar([day.toordinal() for day in rows], list(rows.values()), width=0.7, color=GREY, alpha=0.6)
    title = "rows of the training set, and their base rate" if rated else "rows of the training set"
    finish(axes, x="", y="rows (bars)" if rated else "rows", title=title)
    if rated:
        _base_rate(axes.twinx(), series(report.days, "base_rate", source="facts"))


def _base_rate(axes: Any, rate: dict[dt.date, float]) -> None:
    _line(axes, rate, colour=BLUE, label="base rate")
    finish(axes, x="", y="base rate (line)")
    axes.spines["right"].set_visible(True)
    if rate:  # a flat line in the middle is honest where nothing moves
        low, high = min(rate.values()), max(rate.values())
        margin = max(0.25 * (high - low), 0.02 * high, 0.001)
        axes.set_ylim(low - margin, high + margin)


def _line(axes: Any, points: dict[dt.date, float], *, colour: str, label: str) -> None:
    """A gap where a day is not there."""
    if not points:
        return
    first, last = min(points).toordinal(), max(points).toordinal()
    x = range(first, last + 1)
    y = [points.get(dt.date.fromordinal(place), math.nan) for place in x]
    axes.plot(x, y, color=colour, marker="o", markersize=3.5, linewidth=1.3, label=label, zorder=3)


def _undone(axes: Any, report: Report) -> None:
    for status, colour in MARKS:
        days = [day.as_of.toordinal() for day in report.days if day.status == status]
        for place, day in enumerate(days):
            name = f"{status} ({len(days)})" if place == 0 else None
            axes.axvspan(day - 0.5, day + 0.5, color=colour, alpha=0.25, linewidth=0, label=name)


def coverage_png(coverage: Coverage) -> bytes:
    """One row a parameter set, one column a day, the metric as the colour, white where nothing is stored."""
    height = 1.15 + 0.3 * len(coverage.sets)
    figure = figure_of(10, height)
    names = [short(item.label, LABEL) for item in coverage.sets]
    left = 0.03 + 0.0072 * max(map(len, names))
    axes = figure.add_axes((left, 0.45 / height, 0.9 - left, 1 - 0.85 / height))
    table = [[item.values.get(day, math.nan) for day in coverage.days] for item in coverage.sets]
    stored = [value for row in table for value in row if not math.isnan(value)]
    low, high = ends(stored or (0.0, 1.0))
    image = axes.pcolormesh(table, cmap=shades(), edgecolors="#e6e9ed", linewidth=0.6, vmin=low, vmax=high)
    if len(coverage.days) <= MOST_NUMBERS:
        _numbers(axes, table, dark_from=low + 0.35 * (high - low))
    step = max(1, math.ceil(len(coverage.days) / TICKS))
    places = range(0, len(coverage.days), step)
    axes.set_xticks([place + 0.5 for place in places], [str(coverage.days[place]) for place in places])
    axes.set_yticks([place + 0.5 for place in range(len(names))], names)
    axes.invert_yaxis()
    bar = figure.colorbar(image, cax=figure.add_axes((0.915, 0.45 / height, 0.012, 1 - 0.85 / height)))
    bar.ax.tick_params(labelsize=8, colors=DARK)
    more = f" (and {count(coverage.left_out, 'set')} more)" if coverage.left_out else ""
    finish(
        axes, x="", y="", title=f"{coverage.metric} by parameter set and day; empty = nothing stored{more}"
    )
    return png(figure)


def _numbers(axes: Any, table: Sequence[Sequence[float]], *, dark_from: float) -> None:
    style = {"ha": "center", "va": "center", "fontsize": 7}
    for row, values in enumerate(table):
        for place, value in enumerate(values):
            if not math.isnan(value):
                colour = "white" if value > dark_from else DARK
                axes.text(place + 0.5, row + 0.5, f"{value:.3f}", color=colour, **style)
