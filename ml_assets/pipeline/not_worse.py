"""The gate `not worse`: a candidate against what serves, as its pipeline compares them, or else by their days."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import rfc8785

from ml_assets.core.command import command
from ml_assets.core.comparison.by_days import DayComparison
from ml_assets.core.comparison.document import Comparison
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.promotion.gates import Gate
from ml_assets.core.references import object_at
from ml_assets.core.release import Release
from ml_assets.core.run_id import normalise
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, RefusedError, SourceError
from ml_assets.pipeline.chosen_on import ChosenOn
from ml_assets.pipeline.released import NamedModel, model_of, try_log
from ml_assets.settings import Settings

NAME = "not worse"
BY_DAYS = "ml_assets.pipeline.not_worse_by_days:compare_by_days"
PAIR_DIGITS = 32


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On which terms a candidate is compared with what serves.

    Attributes:
        through: the day by whose end (UTC) outcomes have closed.
        window_days: days at most, the latest ones.
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
        reference: what serves, or nothing.
        reference_sha256: its bytes, or nothing.
        comparison: with it, or None where there was none to make.
        try_number: which try of this parameter set against these bytes it is, from 1; None where no metric was looked at.
    """

    gate: Gate
    reference: str = ""
    reference_sha256: str = ""
    comparison: Comparison | DayComparison | None = None
    try_number: int | None = None


class NotWorse(Protocol):
    """How a pipeline compares a candidate with what serves: `Pipeline(..., not_worse="shop.compare:not_worse")`."""

    def __call__(
        self, candidate: NamedModel, reference: NamedModel, /, *, terms: Terms, settings: Settings
    ) -> LiveComparison:
        """The gate, and what it was judged on.

        Raises:
            RefusedError, SourceError, ArtifactNotFoundError, CorruptArtifactError: the two cannot be compared.
            StoreError: a store cannot be reached.
        """


def answer(message: str, *, passed: bool) -> Gate:
    """The gate with what it found."""
    return Gate(name=NAME, passed=passed, told=message)


def count_try(
    candidate: NamedModel, reference: NamedModel, sample: str, *, terms: Terms, settings: Settings
) -> int:
    """Which try it is of this parameter set, of whatever day, against the bytes that serve; it is written down.

    Args:
        candidate: what may take the other's place.
        reference: what serves.
        sample: tells what is looked at: the same looked at again is the same try.
        terms: who asks, and through which day.
        settings: where the log is.

    Raises:
        StoreError: the log cannot be read or written.
    """
    asked = {"candidate": dict(candidate.manifest.parameters), "reference": reference.manifest.sha256}
    record = {
        "candidate": candidate.manifest.sha256,
        "reference": reference.manifest.sha256,
        "through": terms.through.isoformat(),
        "by": terms.by,
    }
    return try_log(settings, candidate.line).number(digest(normalise(asked))[:PAIR_DIGITS], sample, record)


def tried(number: int | None, chosen: ChosenOn) -> list[str]:
    """Which leaderboards could not be read, and which try it is; none where nothing was looked at."""
    told = [f"A leaderboard that cannot be read does not count. {text}" for text in chosen.damaged]
    return [*told, *([] if number is None else [f"Try {number} of this parameter set against what serves."])]


def digest(document: Any) -> str:
    """SHA-256 over the canonical JSON of a document."""
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def compare_with_live(
    live: Release | None, candidate: NamedModel, *, terms: Terms, settings: Settings
) -> LiveComparison:
    """Compare a candidate with what serves; a look at the metrics is counted as a try.

    What cannot be compared fails the gate, which may be overruled: what serves may be lost, and is to be replaced then.
    StoreError where a store cannot be reached.
    """
    if live is None:
        return LiveComparison(gate=answer("nothing serves that it could be worse than", passed=True))
    if live.sha256 == candidate.manifest.sha256:
        return _not_compared(live, "these are the bytes that serve", passed=True)
    try:
        reference = model_of(live, live.slot, line=candidate.line, settings=settings)
    except (ArtifactNotFoundError, CorruptArtifactError):
        back = command("rollback", *candidate.line.words)
        return _not_compared(
            live,
            f"what serves is gone from its slot, or damaged there. Go back to what served before: {back}",
        )
    try:
        return _way_of(candidate.pipeline)(candidate, reference, terms=terms, settings=settings)
    except RefusedError as error:
        return _not_compared(live, "; ".join(error.problems))
    except (SourceError, ArtifactNotFoundError, CorruptArtifactError) as error:
        return _not_compared(live, f"cannot be compared. {error}")


def _way_of(pipeline: Declared) -> NotWorse:
    """That which the pipeline names, else by days; loaded only once something is compared."""
    found: NotWorse = object_at(pipeline.not_worse or BY_DAYS)
    return found


def _not_compared(live: Release, message: str, *, passed: bool = False) -> LiveComparison:
    return LiveComparison(
        gate=answer(message, passed=passed),
        reference=f"{live.slot}: {live.told()}",
        reference_sha256=live.sha256,
    )
