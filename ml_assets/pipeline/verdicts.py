"""What must hold of every artifact: looked at as it lies in the store, not as it was in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml_assets.core.catalog import CATALOG
from ml_assets.core.contract import DatasetContract
from ml_assets.errors import StoreError
from ml_assets.pipeline.draft import Made
from ml_assets.storage.artifact_store import ArtifactStore

_IMPOSSIBLE = {
    "repeated_rows": "with ids, event time and end of the outcome's window of another row",
    "rows_after_their_day": "with an event on a later day than that under which they were landed",
    "rows_before_their_day": "with an event more than a day before the day under which they were landed",
    "rows_closed_before_their_event": "with an outcome's window that ends before the event",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a check holds for one artifact, and the numbers that say so."""

    passed: bool
    metadata: Mapping[str, Any] = field(default_factory=dict)


def verdicts(made: Made, store: ArtifactStore) -> dict[str, Verdict]:
    """What each check of one artifact says, by the name of the check."""
    return {
        name: function(made, store) for (asset, name), function in CHECKS.items() if asset == made.key.asset
    }


def bytes_verify(made: Made, store: ArtifactStore) -> Verdict:
    """Every stored file has the size and SHA-256 that the manifest states."""
    try:
        manifest = store.verify(made.key)
    except StoreError as error:
        return Verdict(passed=False, metadata={"reason": str(error)})
    return Verdict(passed=True, metadata={"files": len(manifest.files)})


def nothing_after_as_of(made: Made, store: ArtifactStore) -> Verdict:
    """Every row in the training set is of a day up to as_of, and known with its outcome at the end of that."""
    import polars as pl

    from ml_assets.core.training_set import DAY, known_at_end_of

    table, as_of = store.load(made.key), made.key.as_of
    contract = DatasetContract.model_validate(made.manifest.facts["contract"])
    late = table.filter((pl.col(DAY) > as_of) | ~known_at_end_of(as_of, contract))
    return Verdict(passed=late.is_empty(), metadata={"late_rows": late.height, "rows": table.height})


def enough_rows(made: Made, store: ArtifactStore) -> Verdict:  # noqa: ARG001
    """Train and holdout, each by itself, have enough rows, enough of either class, and enough entities."""
    from ml_assets.core.enough_rows import shortages

    return _verdict([str(shortage) for shortage in shortages(made.manifest.facts)])


def rows_can_be_right(made: Made, store: ArtifactStore) -> Verdict:  # noqa: ARG001
    """No row is there twice, no event is days away from its row's day, and no outcome closes before its event."""
    from ml_assets.core.impossible_rows import unlikely

    facts = made.manifest.facts
    found = [f"{count} {_IMPOSSIBLE[name]}" for name, count in unlikely(facts).items()]
    return _verdict([f"of {facts['rows']} rows: " + "; ".join(found)] if found else [])


def _verdict(reasons: Sequence[str]) -> Verdict:
    """It holds where nothing speaks against it; else the metadata `reason` is one sentence for each thing that does."""
    if not reasons:
        return Verdict(passed=True)
    sentences = (f"{reason[0].upper()}{reason[1:]}." for reason in reasons)
    return Verdict(passed=False, metadata={"reason": " ".join(sentences)})


def beats_the_baseline(made: Made, store: ArtifactStore) -> Verdict:  # noqa: ARG001
    """On the holdout, the model is better than always saying the base rate of the training rows."""
    metrics = made.manifest.metrics
    return Verdict(
        passed=metrics["log_loss"] < metrics["baseline_log_loss"] and metrics["roc_auc"] > 0.5,  # noqa: PLR2004
        metadata={name: metrics[name] for name in ("roc_auc", "log_loss", "baseline_log_loss")},
    )


CHECKS: Mapping[tuple[str, str], Callable[[Made, ArtifactStore], Verdict]] = {
    **{(asset, "bytes_verify"): bytes_verify for asset in CATALOG},
    ("training_set", "nothing_after_as_of"): nothing_after_as_of,
    ("training_set", "enough_rows"): enough_rows,
    ("training_set", "rows_can_be_right"): rows_can_be_right,
    ("evaluation", "beats_the_baseline"): beats_the_baseline,
}
