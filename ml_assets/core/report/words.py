"""How a report's numbers are said, the same in every rendering."""

import datetime as dt
from collections.abc import Mapping

from ml_assets.core.command import spans
from ml_assets.core.metric_interval import without_ends
from ml_assets.core.report.drift import FLAGGED, Drift
from ml_assets.core.report.summary import OUTLIER, Summary, Trend

DRIFT_RULE = f"flagged from {100 * FLAGGED:.0f} % relative change on"
OUTLIER_RULE = f"modified z-score beyond {OUTLIER}"


def number(value: float | None) -> str:
    """Four digits behind the point, none for large numbers, `-` for none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4f}"  # noqa: PLR2004


def count(many: int, word: str) -> str:
    """`1 day`, `2 days`."""
    return f"{many} {word}" if many == 1 else f"{many} {word}s"


def stretches(days: tuple[dt.date, ...]) -> str:
    """`2025-12-01 to 2025-12-03, 2025-12-07`."""
    return ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in spans(days))


def trend(of: Trend | None) -> str:
    """`falling, -0.0012 a day (-0.0020 to -0.0004)`."""
    if of is None:
        return "too few days"
    line = f"{_small(of.slope)} a day ({_small(of.low)} to {_small(of.high)})"
    return f"{of.direction}, {line}"


def _small(value: float) -> str:
    return f"{value:+.2g}" if abs(value) < 1000 else f"{value:+,.0f}"  # noqa: PLR2004


def drift(of: Drift) -> str:
    """`0.1500 to 0.1700, +0.0200 (+13.3 %), FLAGGED; the halves share about 96 % of their days`."""
    relative = "" if of.relative is None else f" ({100 * of.relative:+.1f} %)"
    sign = "+" if of.change >= 0 else "-"
    flag = ", FLAGGED" if of.flagged else ""
    return (
        f"{number(of.earlier)} to {number(of.later)}, {sign}{number(abs(of.change))}{relative}{flag}; "
        f"the halves share about {100 * of.shared:.0f} % of their days"
    )


def outliers(of: Mapping[str, Summary]) -> list[str]:
    """`roc_auc 2025-12-03: 0.5120 (z -8.1)`, one line each."""
    return [
        f"{name} {item.as_of}: {number(item.value)} (z {item.score:+.1f})"
        for name in without_ends(of)
        for item in of[name].outliers
    ]
