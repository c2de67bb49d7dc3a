"""A comparison in plain English."""

import datetime as dt
from collections.abc import Sequence

from ml_assets.core.comparison.compare import MIN_DAYS, Comparison

HEAD = ("KPI", "candidate", "reference", "worse by", "from", "to", "allowed", "")
_TOLD = {
    "better": "The candidate is better: every KPI is within its margin, and one is better beyond chance.",
    "not worse": "The candidate is not worse: every KPI is within its margin.",
    "may be worse": "The candidate may be worse: the days do not show that every KPI is within its margin.",
    "worse": "The candidate is worse: a KPI is beyond chance, and not within its margin.",
    "too few days": f"Too few days to tell: both models need evaluations of the same {MIN_DAYS} days at least.",
}


def verdict(of: Comparison) -> str:
    """What the comparison says, in one sentence."""
    return _TOLD[of.verdict]


def scope(of: Comparison) -> str:
    """Over which days, and how sure."""
    if not of.days:
        return "No day on which both were evaluated"
    many = f"{len(of.days)} day{'s' if len(of.days) > 1 else ''}, {of.days[0]} to {of.days[-1]}"
    return (
        f"{many}; two of them share {of.shared_holdout:.0%} of their holdout days in the mean. "
        f"Each end of an interval holds at {of.confidence:.0%}"
    )


def other_rows(days: Sequence[dt.date]) -> str:
    """Why days of which both have an evaluation do not count; at least one day."""
    many = (
        f"On {days[0]} the two were"
        if len(days) == 1
        else f"On {len(days)} days, {days[0]} to {days[-1]}, the two were"
    )
    return (
        f"{many} measured on other rows, so {'this day does' if len(days) == 1 else 'these days do'} not count. "
        "Rows came late or were corrected between the two evaluations: make both again."
    )


def rows(of: Comparison) -> list[Sequence[str]]:
    """A line of the table for each KPI."""
    return [
        (
            kpi.metric,
            f"{kpi.candidate:.4f}",
            f"{kpi.reference:.4f}",
            f"{kpi.harm:+.4f}",
            "" if kpi.low is None else f"{kpi.low:+.4f}",
            "" if kpi.high is None else f"{kpi.high:+.4f}",
            f"{kpi.margin:g}",
            "passed" if kpi.passed else "failed",
        )
        for kpi in of.kpis
    ]
