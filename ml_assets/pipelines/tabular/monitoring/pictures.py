"""Pictures of a monitoring, as PNG bytes that are equal for equal ones."""

from collections.abc import Sequence
from typing import Any

from ml_assets.core.figures import (
    BLUE,
    DARK,
    GREY,
    ORANGE,
    RED,
    day_ticks,
    figure_of,
    finish,
    png,
    short,
)
from ml_assets.pipelines.tabular.monitoring.document import Monitoring
from ml_assets.pipelines.tabular.monitoring.drift import Drift, Shift
from ml_assets.pipelines.tabular.monitoring.measure import Compared, MeasuredDay, Outcomes
from ml_assets.pipelines.tabular.monitoring.psi import LARGE, SMALL, Band
from ml_assets.pipelines.tabular.monitoring.verdicts import ClassCalibration, ClassVerdicts, NumberVerdicts
from ml_assets.text import count

COLOURS: dict[Band, str] = {"within chance": GREY, "small": BLUE, "moderate": ORANGE, "large": RED}
MOST_FEATURES = 20
TITLES = {
    "roc_auc": "ROC AUC",
    "log_loss": "log loss",
    "mae": "mean absolute error",
}  # of the metric that is drawn


def pictures(of: Monitoring) -> dict[str, bytes]:
    """The pictures for which there is something to draw, by file name."""
    found = {}
    measured = [day for day in of.outcomes.days if day.metrics]
    name = next((name for name in TITLES if name in of.outcomes.compared and _has(measured, name)), None)
    if name:
        found[f"{name}.png"] = metric_png(measured, of.outcomes.compared[name], name=name)
    if of.outcomes.calibration and isinstance(of.outcomes.verdicts, NumberVerdicts):
        found["predicted.png"] = predicted_png(of.outcomes)
    elif of.outcomes.calibration:
        found["calibration.png"] = calibration_png(of.outcomes)
    if isinstance(of.outcomes.verdicts, ClassVerdicts) and of.outcomes.verdicts.calibration.classes:
        found["classes.png"] = classes_png(of.outcomes.verdicts.calibration)
    if of.drift is not None:
        found["scores.png"] = scores_png(of.drift)
        found["psi.png"] = psi_png(of.drift)
    return found


def _has(days: Sequence[MeasuredDay], name: str) -> bool:
    return any(name in day.metrics for day in days)


def metric_png(days: Sequence[MeasuredDay], overall: Compared, *, name: str) -> bytes:
    """A metric of each day with its 95 % interval, over that of the evaluation: 1000 x 330 pixels."""
    figure = figure_of(10, 3.3)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.14, top=0.9)
    axes.axhline(overall.evaluated, color=DARK, linestyle="--", linewidth=1, label="evaluation")
    axes.axhline(overall.now, color=BLUE, linewidth=1, label="all days together")
    ends = (name, f"{name}_low", f"{name}_high")
    days = [day for day in days if all(end in day.metrics for end in ends)]
    at = [day.day.toordinal() for day in days]
    value, low, high = ([day.metrics[end] for day in days] for end in ends)
    spread = [
        [v - a for v, a in zip(value, low, strict=True)],
        [b - v for v, b in zip(value, high, strict=True)],
    ]
    axes.errorbar(
        at,
        value,
        yerr=spread,
        fmt="o",
        markersize=4,
        color=BLUE,
        ecolor=GREY,
        elinewidth=1,
        label="day, 95 %",
    )
    day_ticks(axes, [day.day for day in days])
    if name == "roc_auc":
        axes.set_ylim(top=1.12)  # room for the legend above the intervals
    axes.legend(loc="upper right", frameon=False, fontsize=8, ncols=3)
    finish(axes, x="", y=TITLES[name], title=f"{TITLES[name]} by day, where outcomes have closed")
    return png(figure)


def calibration_png(outcomes: Outcomes) -> bytes:
    """The share of positives of each group by score over its mean score, with its 95 % interval: 500 x 400 pixels."""
    from scipy.stats import binomtest  # type: ignore[import-untyped,unused-ignore]

    figure = figure_of(5, 4)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.13, right=0.97, bottom=0.13, top=0.92)
    score, share, rows = (outcomes.calibration[name] for name in ("predicted", "observed", "rows"))
    tests = [binomtest(round(s * n), int(n)) for s, n in zip(share, rows, strict=True)]
    low, high = zip(*(test.proportion_ci(method="wilson") for test in tests), strict=True)
    largest = 1.05 * max(*score, *high)
    axes.plot([0, largest], [0, largest], color=DARK, linestyle="--", linewidth=1, label="calibrated")
    axes.vlines(score, low, high, color=GREY, linewidth=1)
    axes.plot(score, share, "o", color=BLUE, markersize=4, label="group by score, 95 %")
    axes.set_ylim(top=1.15 * largest)  # room for the legend
    axes.legend(loc="upper left", frameon=False, fontsize=8, ncols=2)
    finish(axes, x="mean score", y="share of positives", title="Calibration, where outcomes have closed")
    return png(figure)


def predicted_png(outcomes: Outcomes) -> bytes:
    """The mean outcome of each group by prediction over its mean prediction: 500 x 400 pixels."""
    figure = figure_of(5, 4)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.17, right=0.97, bottom=0.13, top=0.92)
    predicted, observed = (outcomes.calibration[name] for name in ("predicted", "observed"))
    ends = [min(*predicted, *observed), max(*predicted, *observed)]
    axes.plot(ends, ends, color=DARK, linestyle="--", linewidth=1, label="unbiased")
    axes.plot(predicted, observed, "o", color=BLUE, markersize=4, label="group by prediction")
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    title = "Predictions, where outcomes have closed"
    finish(axes, x="mean prediction", y="mean outcome", title=title)
    return png(figure)


def classes_png(calibration: ClassCalibration) -> bytes:
    """The mean probability and the share of each class that was tested, 700 pixels wide."""
    tests = list(calibration.classes.items())[:MOST_FEATURES][::-1]
    height = 1.0 + 0.36 * len(tests)
    figure = figure_of(7, height)
    names = [short(name) for name, _ in tests]
    left = 0.04 + 0.0105 * max(map(len, names))
    axes = figure.add_axes((left, 0.5 / height, 0.97 - left, 1 - 0.85 / height))
    rows = range(len(tests))
    colours = [RED if test.verdict == "worse" else GREY for _, test in tests]
    axes.barh(rows, [test.observed or 0.0 for _, test in tests], height=0.6, color=colours, label="share")
    expected = [test.expected or 0.0 for _, test in tests]
    axes.scatter(expected, rows, marker="|", s=160, color=DARK, zorder=3, label="mean probability")
    axes.set_yticks(rows, names)
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    title = "Classes, where outcomes have closed; red: not calibrated"
    finish(axes, x="share of rows", y="", title=title)
    return png(figure)


def scores_png(drift: Drift) -> bytes:
    """The scores of the latest days over those of the holdout: 700 x 330 pixels."""
    figure = figure_of(7, 3.3)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.1, right=0.97, bottom=0.15, top=0.9)
    held = drift.histogram
    axes.stairs(
        held.then,
        held.edges,
        fill=True,
        color=GREY,
        alpha=0.6,
        label=f"holdout, {count(drift.holdout_rows, 'row')}",
    )
    axes.stairs(held.now, held.edges, color=BLUE, linewidth=1.5, label=f"now, {count(drift.rows, 'row')}")
    axes.legend(loc="upper right", frameon=False, fontsize=8)
    title = f"Scores: PSI {drift.scores.psi:.3f}, {drift.scores.band}"
    finish(axes, x="score", y="share of rows", title=title)
    return png(figure)


def psi_png(drift: Drift) -> bytes:
    """PSI of the scores and of at most 20 inputs, each with its limit of chance, 700 pixels wide."""
    shifts = (drift.scores, *drift.inputs[:MOST_FEATURES])[::-1]
    height = 1.0 + 0.28 * len(shifts)
    figure = figure_of(7, height)
    names = [short(item.name) for item in shifts]
    left = 0.04 + 0.0105 * max(map(len, names))
    axes = figure.add_axes((left, 0.5 / height, 0.97 - left, 1 - 0.85 / height))
    _bars(axes, shifts)
    axes.set_yticks(range(len(shifts)), names)
    for at in (SMALL, LARGE):
        axes.axvline(at, color=GREY, linestyle="--", linewidth=1)
    axes.set_xlim(0, 1.08 * max(LARGE, *(max(item.psi, item.limit) for item in shifts)))
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    finish(
        axes, x=f"PSI; dashed: {SMALL:g} and {LARGE:g}, rules of thumb", y="", title="Drift against training"
    )
    return png(figure)


def _bars(axes: Any, shifts: Sequence[Shift]) -> None:
    rows = range(len(shifts))
    axes.barh(rows, [item.psi for item in shifts], height=0.65, color=[COLOURS[item.band] for item in shifts])
    axes.scatter(
        [item.limit for item in shifts], rows, marker="|", s=90, color=DARK, zorder=3, label="limit of chance"
    )
