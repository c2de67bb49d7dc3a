"""The gate `not worse`: a candidate against the model that serves, on rows that neither knows."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import rfc8785

from ml_assets.core.command import command
from ml_assets.core.comparison.document import Comparison
from ml_assets.core.comparison.text import kpi_line, notes, scope, verdict
from ml_assets.core.metrics import Metrics
from ml_assets.core.promotion.gates import Gate
from ml_assets.core.release import Release
from ml_assets.core.run_id import normalise
from ml_assets.core.statistics.tries import error_of_try
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, RefusedError, SourceError
from ml_assets.pipeline.comparison import Compared, Scored, compare_scored, score_both
from ml_assets.pipeline.released import NamedModel, model_of, try_log
from ml_assets.settings import Settings

PAIR_DIGITS = 32


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On which terms a candidate is compared with what serves.

    Attributes:
        through: the day by whose end (UTC) outcomes have closed.
        window_days: days of rows at most, the latest ones.
        metrics: what is declared of them.
        margins: by how much it may be worse, metric by metric.
        by: who asks.
    """

    through: dt.date
    window_days: int
    metrics: Metrics
    margins: Mapping[str, float]
    by: str


@dataclass(frozen=True, kw_only=True)
class LiveComparison:
    """What came of comparing a candidate with what serves.

    Attributes:
        gate: the answer.
        reference: the model that serves, or nothing.
        reference_sha256: its bytes, or nothing.
        comparison: with it, or None where there was none to make.
        try_number: which try of this parameter set against these bytes it is, from 1; None where no KPI was looked at.
    """

    gate: Gate
    reference: str = ""
    reference_sha256: str = ""
    comparison: Comparison | None = None
    try_number: int | None = None


def compare_with_live(
    live: Release | None, candidate: NamedModel, *, terms: Terms, settings: Settings
) -> LiveComparison:
    """Compare a candidate with what serves; a look at the KPIs is counted as a try.

    What cannot be compared fails the gate, which may be overruled: what serves may be lost, and is to be replaced then.
    StoreError where a store cannot be reached.
    """
    if live is None:
        return LiveComparison(gate=_gate("nothing serves that it could be worse than", passed=True))
    if live.sha256 == candidate.manifest.sha256:
        return _not_compared(live, "these are the bytes that serve", passed=True)
    try:
        reference = model_of(live, live.slot, settings)
    except (ArtifactNotFoundError, CorruptArtifactError):
        back = command("rollback", dataset=candidate.dataset)
        message = (
            f"what serves is gone from its slot, or damaged there. Go back to what served before: {back}"
        )
        return _not_compared(live, message)
    try:
        scored = score_both(
            candidate, reference, through=terms.through, window_days=terms.window_days, settings=settings
        )
    except RefusedError as error:
        return _not_compared(live, "; ".join(error.problems))
    except (SourceError, ArtifactNotFoundError, CorruptArtifactError) as error:
        return _not_compared(live, f"cannot be compared. {error}")
    return _judged(scored, terms=terms, settings=settings)


def _not_compared(live: Release, message: str, *, passed: bool = False) -> LiveComparison:
    return LiveComparison(
        gate=_gate(message, passed=passed),
        reference=f"{live.slot}: {live.told()}",
        reference_sha256=live.sha256,
    )


def _judged(scored: Scored, *, terms: Terms, settings: Settings) -> LiveComparison:
    """The verdict, once the look at these rows is written down as a try: rows that are too few are not looked at."""
    number = None
    if scored.shortage is None:
        number = try_log(settings, scored.candidate.dataset).number(
            pair_of(scored), scored.sample.sha256, _record(scored, terms)
        )
    compared = compare_scored(
        scored, metrics=terms.metrics, margins=terms.margins, error=error_of_try(number or 1)
    )
    return LiveComparison(
        gate=_gate(_message(compared, number), passed=compared.comparison.passed),
        reference=scored.reference.told,
        reference_sha256=scored.reference.manifest.sha256,
        comparison=compared.comparison,
        try_number=number,
    )


def pair_of(scored: Scored) -> str:
    """Names the question that tries ask again: this parameter set, of whatever day, against the bytes that serve."""
    asked = {
        "candidate": dict(scored.candidate.manifest.parameters),
        "reference": scored.reference.manifest.sha256,
    }
    return hashlib.sha256(rfc8785.dumps(normalise(asked))).hexdigest()[:PAIR_DIGITS]


def _record(scored: Scored, terms: Terms) -> dict[str, str]:
    """What is kept of a try, for people."""
    return {
        "candidate": scored.candidate.manifest.sha256,
        "reference": scored.reference.manifest.sha256,
        "through": terms.through.isoformat(),
        "by": terms.by,
    }


def _message(compared: Compared, number: int | None) -> str:
    """The verdict, a line for each KPI, on which rows and which do not count, and which try it is."""
    comparison = compared.comparison
    lines = [verdict(comparison), *map(kpi_line, comparison.kpis), scope(comparison), *notes(comparison)]
    lines += [
        f"A leaderboard that cannot be read does not count. {text}" for text in compared.scored.chosen.damaged
    ]
    if number is not None:
        lines.append(f"Try {number} of this parameter set against what serves.")
    return "\n".join(lines)


def _gate(message: str, *, passed: bool) -> Gate:
    return Gate(name="not worse", passed=passed, told=message)
