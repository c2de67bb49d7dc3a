"""The document of a comparison: a candidate and a reference, KPI by KPI, on the same rows."""

import datetime as dt
from typing import Literal

from ml_assets.core.comparison.sample import Board, Part, Sample, Shortage

ERROR = 0.05  # of an end of an interval, where tries are not counted

Verdict = Literal["better", "not worse", "may be worse", "worse", "too few rows"]
KpiVerdict = Literal["better", "not worse", "worse within margin", "may be worse", "worse"]
PASSED: tuple[KpiVerdict, ...] = ("better", "not worse", "worse within margin")
WORSE: tuple[KpiVerdict, ...] = ("worse within margin", "worse")


class Kpi(Part):
    """One metric of both models.

    Attributes:
        metric: its name.
        margin: by how much the candidate may be worse, in units of the metric.
        candidate: its value on the rows.
        reference: the reference's.
        degradation: by how much the candidate is worse; below 0 it is better, whichever way the metric goes.
        low: lower end of the degradation.
        high: upper end; at most the margin for a candidate that is not worse.
        verdict: `better` where the interval lies below 0; `worse within margin` where it lies between 0 and the margin;
            `worse` where it lies above 0 and reaches beyond the margin; `may be worse` where it holds both 0 and the margin.
    """

    metric: str
    margin: float
    candidate: float
    reference: float
    degradation: float
    low: float
    high: float
    verdict: KpiVerdict

    @property
    def passed(self) -> bool:
        """Whether the candidate is within its margin."""
        return self.verdict in PASSED


class Block(Part):
    """Successive event days, and each metric that both models have on their rows: of rows with one outcome, most have none."""

    first: dt.date
    last: dt.date
    rows: int
    candidate: dict[str, float]
    reference: dict[str, float]


class Comparison(Part):
    """What became of all KPIs.

    Attributes:
        sample: the rows.
        chosen_on: the leaderboards that rank the candidate's parameter set; only rows after theirs count.
        shortage: what is missing where the verdict is `too few rows`.
        kpis: one for each margin; none where rows are too few.
        verdict: `worse` where a KPI is, else `may be worse` where one may be, else `better` where one is better beyond
            chance and none is worse beyond chance, else `not worse`.
        error: the chance, at most, with which the truth is beyond an end of an interval.
        blocks: the rows by time, the oldest first.
    """

    schema_version: Literal[2] = 2
    sample: Sample
    chosen_on: tuple[Board, ...] = ()
    shortage: Shortage | None = None
    kpis: tuple[Kpi, ...] = ()
    verdict: Verdict
    error: float
    blocks: tuple[Block, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the candidate may take the reference's place."""
        return self.verdict in ("better", "not worse")
