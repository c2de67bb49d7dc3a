"""By how much a candidate may be worse, KPI by KPI."""

import math
from collections.abc import Mapping

from ml_assets.core.metrics import Metrics
from ml_assets.errors import RefusedError

PATTERN = r"^([a-z0-9_.]+=[0-9.eE+-]+(,[a-z0-9_.]+=[0-9.eE+-]+)*)?$"


def default_text(metrics: Metrics) -> str:
    """`mape=0.01,bias=0.01`: the declared margins as they are given."""
    return ",".join(f"{metric}={margin:g}" for metric, margin in metrics.margins.items())


def allowed_text(metrics: Metrics) -> str:
    """What may be given as margins."""
    return (
        f"metric=margin, with commas between: {default_text(metrics)}. Metrics: {', '.join(metrics.ranked)}"
    )


def read_margins(text: str, *, metrics: Metrics) -> Mapping[str, float]:
    """The margins that `mape=0.01,bias=0.02` names; the declared ones where it names none.

    Raises:
        RefusedError: with a line for each part that cannot be used. No value is repeated.
    """
    if not text:
        return metrics.margins
    margins: dict[str, float] = {}
    problems = []
    for part in text.split(","):
        metric, _, value = part.partition("=")
        margin = _number(value)
        if metric in margins:
            problems.append(f"margins: {metric}: given twice. Allowed: one margin for each metric.")
        elif (declared := metrics.get(metric)) is None or declared.better == "none":
            problems.append(f"margins: an unknown metric. Allowed: {', '.join(metrics.ranked)}.")
        elif margin is None:
            problems.append(f"margins: {metric}: not a margin. Allowed: a number from 0 to 100.")
        else:
            margins[metric] = margin
    if problems:
        raise RefusedError(list(dict.fromkeys(problems)))
    return margins


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= 100 else None  # noqa: PLR2004
