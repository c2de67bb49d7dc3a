"""How a report's numbers are written, the same in every rendering."""

import datetime as dt
from collections.abc import Mapping

from ml_assets.core.command import spans
from ml_assets.core.metrics import Metrics
from ml_assets.core.report.pooled import Pool, Pooled
from ml_assets.core.report.summary import Outlier, Summary
from ml_assets.core.report.trend import DRIFT_FLAGGED, FEWEST_WINDOWS, Drift, Trend
from ml_assets.text import count, number

DRIFT_RULE = f"flagged from {100 * DRIFT_FLAGGED:.0f} % relative change on"
OUTLIER_RULE = "generalized ESD test: of reports in which nothing happened, about 5 % have one"


def stretches(days: tuple[dt.date, ...]) -> str:
    """`2025-12-01 to 2025-12-03, 2025-12-07`."""
    return ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in spans(days))


def pooled(pool: Pool | None) -> str:
    """`Over 3,889 rows of 3,095 entities, each once: mape 0.7550 (0.7210 to 0.7890), ...`, with a full stop."""
    if pool is None:
        return ""
    numbers = ", ".join(f"{name} {_pooled(item)}" for name, item in pool.metrics.items())
    if pool.rows is None:
        return f"Over all days: {numbers}; without intervals: {pool.why_not}."
    return f"Over {count(pool.rows, 'row', grouped=True)} of {count(pool.entities or 0, 'entity', 'entities', grouped=True)}, each once (95 % interval): {numbers}."


def _pooled(metric: Pooled) -> str:
    if metric.low is None or metric.high is None:
        return number(metric.value)
    return f"{number(metric.value)} ({number(metric.low)} to {number(metric.high)})"


def trend(line: Trend | None) -> str:
    """`falling, -0.0012 a day (-0.0020 to -0.0004)`; without interval where the days span too little."""
    if line is None:
        return "too few days"
    if line.low is None or line.high is None:
        return f"{_small(line.slope)} a day; needs {FEWEST_WINDOWS} windows of days"
    return f"{line.direction}, {_small(line.slope)} a day ({_small(line.low)} to {_small(line.high)})"


def _small(value: float) -> str:
    return f"{value:+.2g}" if abs(value) < 1000 else f"{value:+,.0f}"  # noqa: PLR2004


def drift(change: Drift) -> str:
    """`0.1500 to 0.1700, +0.0200 (+13.3 %), FLAGGED; the halves share about 96 % of their days`."""
    relative = "" if change.relative is None else f" ({100 * change.relative:+.1f} %)"
    sign = "+" if change.change >= 0 else "-"
    flag = ", FLAGGED" if change.flagged else ""
    return (
        f"{number(change.earlier)} to {number(change.later)}, {sign}{number(abs(change.change))}{relative}{flag}; "
        f"the halves share about {100 * change.shared:.0f} % of their days"
    )


def outliers(summaries: Mapping[str, Summary], *, metrics: Metrics) -> list[str]:
    """`mape 2025-12-03: 0.5120 (-8.1 standard deviations of the other days)`, one line each."""
    return [
        f"{name} {item.as_of}: {number(item.value)} ({_score(item)})"
        for name in metrics.without_ends(summaries)
        for item in summaries[name].outliers
    ]


def _score(outlier: Outlier) -> str:
    if outlier.score is None:
        return "the other days are equal"
    return f"{outlier.score:+.1f} standard deviations of the other days"
