"""What must hold of every artifact: looked at as it lies in the store, not as it was in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ml_assets.core.catalog import CATALOG
from ml_assets.core.contract import DatasetContract
from ml_assets.errors import StoreError
from ml_assets.pipeline.day import Made
from ml_assets.storage.artifact_store import ArtifactStore

MIN_ROWS = 100
MIN_ROWS_OF_A_CLASS = 10


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
    """Train and holdout together have enough rows, and enough of either class."""
    facts = made.manifest.facts
    positive = round(facts["rows"] * facts["base_rate"])
    smaller = min(positive, facts["rows"] - positive)
    return Verdict(
        passed=facts["rows"] >= MIN_ROWS and smaller >= MIN_ROWS_OF_A_CLASS,
        metadata={"rows": facts["rows"], "rows_of_the_smaller_class": smaller, "rows_needed": MIN_ROWS},
    )


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
    ("evaluation", "beats_the_baseline"): beats_the_baseline,
}
