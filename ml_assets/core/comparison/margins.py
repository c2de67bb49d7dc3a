"""By how much a candidate may be worse, KPI by KPI."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from ml_assets.core.leaderboard.direction import LARGER, SMALLER
from ml_assets.errors import RefusedError

DEFAULT_MARGINS: Mapping[str, float] = MappingProxyType({"roc_auc": 0.01, "log_loss": 0.01, "brier": 0.005})
USUAL = ",".join(f"{metric}={margin:g}" for metric, margin in DEFAULT_MARGINS.items())
PATTERN = r"^([a-z0-9_]+=[0-9.eE+-]+(,[a-z0-9_]+=[0-9.eE+-]+)*)?$"
ALLOWED = f"metric=margin, with commas between: {USUAL}. Metrics: {', '.join(LARGER + SMALLER)}"


def read_margins(text: str) -> Mapping[str, float]:
    """The margins that `roc_auc=0.01,log_loss=0.02` names; the usual ones where it names none.

    Raises:
        RefusedError: with a line for each part that cannot be used. No value is repeated.
    """
    if not text:
        return DEFAULT_MARGINS
    found: dict[str, float] = {}
    problems = []
    for part in text.split(","):
        metric, _, value = part.partition("=")
        margin = _number(value)
        if metric in found:
            problems.append(f"margins: {metric}: given twice. Allowed: one margin for each metric.")
        elif metric not in LARGER + SMALLER:
            problems.append(f"margins: an unknown metric. Allowed: {', '.join(LARGER + SMALLER)}.")
        elif margin is None:
            problems.append(f"margins: {metric}: not a margin. Allowed: a number from 0 to 100.")
        else:
            found[metric] = margin
    if problems:
        raise RefusedError(list(dict.fromkeys(problems)))
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= 100 else None  # noqa: PLR2004
