"""A monitoring as an artifact: where it is kept, and what is in it."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from ml_assets.core.artifact import ArtifactKey, key_of_identity
from ml_assets.core.manifest import Manifest
from ml_assets.core.product import Product
from ml_assets.pipelines.tabular.monitoring.parameters import ASSET, MonitoringParameters, monitoring_identity
from ml_assets.pipelines.tabular.parameters import DatasetParameters
from ml_assets.pipelines.tabular.pipeline import tabular

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    import polars as pl

    from ml_assets.pipelines.tabular.monitoring.document import Monitoring

SUMMARY = "summary.md"


def monitoring_key(
    parameters: DatasetParameters, own: MonitoringParameters, model: Manifest, as_of: dt.date
) -> ArtifactKey:
    """The key of a monitoring: that of the predictions it looks at and its own parameters decide it."""
    return key_of_identity(
        ASSET,
        monitoring_identity(parameters, own, model),
        as_of,
        names=tabular.path,
        path={"model_version": model.parameters["model_version"]},
    )


def product(found: "Monitoring", rows: "pl.DataFrame | None") -> Product[Any]:
    """Its files, and the numbers that Dagster plots over time.

    Args:
        found: what is known.
        rows: `day`, the ids, the event time, `score` and `outcome` of the rows whose outcomes have closed, as an
            evaluation keeps them; None where no such day is scored.
    """
    from ml_assets.core.scores import SCORES
    from ml_assets.pipelines.tabular.monitoring.markdown import markdown
    from ml_assets.pipelines.tabular.monitoring.pictures import pictures

    outcomes, drift = found.outcomes, found.drift
    kept = {} if rows is None else {SCORES: rows}
    return Product(
        value=found.document(),
        facts={
            "model_run_id": found.model.run_id,
            "verdict": outcomes.verdict,
            **{f"{name}_verdict": verdict for name, verdict in outcomes.verdicts.by_name().items()},
            "look": outcomes.look.number if outcomes.look else 0,
            "rows_with_outcomes": outcomes.overall.rows,
            "days_with_outcomes": outcomes.days_scored,
            "days_looked_at_for_drift": len(drift.days) if drift else 0,
            "days_not_scored": len(found.missing),
            "score_drift": drift.scores.band if drift else "not known",
        },
        metrics=found.numbers(),
        attachments={SUMMARY: markdown(found).encode(), **kept, **pictures(found)},
    )
