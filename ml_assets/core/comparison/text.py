"""A comparison in plain English."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from ml_assets.core.comparison.document import Comparison, Kpi, KpiVerdict, Verdict
from ml_assets.core.comparison.sample import Sample
from ml_assets.core.statistics.paired import BLOCK_DAYS, FEWEST_BLOCKS, FEWEST_DAYS, FEWEST_ENTITIES
from ml_assets.text import count, number, signed

HEAD = ("KPI", "candidate", "reference", "worse by", "from", "to", "allowed", "verdict")
_SENTENCES: Mapping[Verdict, str] = {
    "better": "The candidate is better: a KPI is better beyond chance, none is worse beyond chance, and every one is within its margin.",
    "not worse": "The candidate is not worse: every KPI is within its margin.",
    "may be worse": "The candidate may be worse: the {of} do not show that every KPI is within its margin.",
    "worse": "The candidate is worse: a KPI is worse beyond chance, and not shown to be within its margin.",
    "too few rows": "Too few {of} to tell.",
}
_KPI: Mapping[KpiVerdict, str] = {
    "better": "better",
    "not worse": "not worse",
    "worse within margin": "worse beyond chance, within its margin",
    "may be worse": "may be worse than allowed",
    "worse": "worse beyond chance, not within its margin",
}


class HasKpis(Protocol):
    """A comparison of any kind."""

    @property
    def kpis(self) -> tuple[Kpi, ...]:
        """Its metrics."""


def verdict(comparison: Comparison) -> str:
    """What the comparison says, in one sentence; where rows are too few, from when on there should be enough."""
    shortage = comparison.shortage
    if shortage is None:
        return sentence(comparison.verdict)
    if shortage.enough_from is None:
        return "Too few rows to tell, and more days alone do not help."
    return f"Too few rows to tell: there will be enough at the end of {shortage.enough_from}, if rows go on as they have."


def sentence(verdict: Verdict, *, of: str = "rows") -> str:
    """What a verdict on rows, or on days, means."""
    return _SENTENCES[verdict].format(of=of)


def kpi_line(kpi: Kpi) -> str:
    """One line for people: both values, the difference, and what follows from it."""
    span = f"worse by {signed(kpi.degradation)} ({signed(kpi.low)} to {signed(kpi.high)})"
    values = f"{number(kpi.candidate)} against {number(kpi.reference)}"
    return f"{kpi.metric}: {values}, {span}, allowed {kpi.margin:g}: {_KPI[kpi.verdict]}"


def scope(comparison: Comparison) -> str:
    """On which rows, and how sure."""
    sample = comparison.sample
    if not sample.rows:
        return f"No row since {sample.first} whose outcome had closed by the end of {sample.through}."
    text = f"{_rows(sample)}, their outcomes closed by the end of {sample.through}."
    if not comparison.kpis:
        return text
    return f"{text} The truth is beyond an end of an interval with a chance of at most {100 * comparison.error:.2g}%."


def notes(comparison: Comparison) -> list[str]:
    """How many rows are missing, and which do not count, and why; nothing where there are enough and all count."""
    return list(_notes(comparison))


def rows(comparison: HasKpis) -> list[Sequence[str]]:
    """A line of the table for each KPI."""
    return [
        (
            kpi.metric,
            number(kpi.candidate),
            number(kpi.reference),
            signed(kpi.degradation),
            signed(kpi.low),
            signed(kpi.high),
            f"{kpi.margin:g}",
            _KPI[kpi.verdict],
        )
        for kpi in comparison.kpis
    ]


def _notes(comparison: Comparison) -> Iterator[str]:
    sample = comparison.sample
    if comparison.shortage is not None:
        yield _missing(sample)
    for board in comparison.chosen_on:
        yield (
            f"The leaderboard {board.run_id} of {board.as_of} ranks this parameter set by rows up to {board.rows_until}: "
            "only later rows count."
        )
    if sample.ambiguous:
        yield f"{count(sample.ambiguous, 'row')} left out: day, ids and event time do not tell them apart."
    for many, model in ((sample.only_candidate, "reference"), (sample.only_reference, "candidate")):
        if many:
            yield f"{count(many, 'row')} left out: the {model} cannot be scored on them."


def _missing(sample: Sample) -> str:
    has, needs = {
        "binary": (
            f"{count(sample.positive_entities, 'entity', 'entities')} of outcome 1 and {sample.negative_entities} of outcome 0",
            " of either outcome",
        ),
        "multiclass": (
            f"{count(sample.class_entities or 0, 'entity', 'entities')} of the rarest class",
            " of each class",
        ),
        "regression": (count(sample.entities, "entity", "entities"), ""),
    }[sample.task]
    return (
        f"So far: {count(sample.rows, 'row')} of {count(sample.days, 'day')}, {has}. Needed: {FEWEST_DAYS} days with rows in "
        f"{FEWEST_BLOCKS} of its blocks of {BLOCK_DAYS}, {FEWEST_ENTITIES} entities{needs}."
    )


def _rows(sample: Sample) -> str:
    return f"{count(sample.rows, 'row')} of {count(sample.entities, 'entity', 'entities')}, {sample.first_day} to {sample.last_day}"
