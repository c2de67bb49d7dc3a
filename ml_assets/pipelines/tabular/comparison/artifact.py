"""A comparison as an artifact: where it is kept, and what is in it."""

import datetime as dt
from typing import Any

from ml_assets import __version__
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.comparison.margins import read_margins
from ml_assets.core.metrics import Metrics
from ml_assets.core.product import Product
from ml_assets.pipeline.draft import Draft
from ml_assets.pipeline.released import NamedModel
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular.comparison.parameters import ASSET, ComparisonParameters
from ml_assets.pipelines.tabular.comparison.scored import Compared
from ml_assets.pipelines.tabular.metrics import of_task
from ml_assets.pipelines.tabular.pipeline import tabular
from ml_assets.pipelines.tabular.scoring.parameters import model_identity


def comparison_identity(
    candidate: NamedModel, reference: NamedModel, own: ComparisonParameters, *, metrics: Metrics
) -> dict[str, Any]:
    """The values that are hashed and stored: the very models, not what they were called at that moment."""
    return {
        "dataset": candidate.manifest.parameters["dataset"],
        "candidate": model_identity(candidate.manifest),
        "reference": model_identity(reference.manifest),
        "window_days": own.window_days,
        "margins": dict(read_margins(own.margins, metrics=metrics)),
    }


def comparison_key(
    candidate: NamedModel,
    reference: NamedModel,
    own: ComparisonParameters,
    as_of: dt.date,
    *,
    metrics: Metrics,
) -> ArtifactKey:
    """The key of a comparison."""
    values = comparison_identity(candidate, reference, own, metrics=metrics)
    return tabular.key_of_identity(ASSET, values, as_of)


def comparison_draft(
    compared: Compared, own: ComparisonParameters, as_of: dt.date, *, workspace: Workspace
) -> Draft:
    """A comparison, to be committed; it is made anew each time, for the rows of the source decide it."""
    scored, metrics = compared.scored, of_task(compared.scored.contract.task)
    return Draft(
        product=product(compared),
        key=comparison_key(scored.candidate, scored.reference, own, as_of, metrics=metrics),
        identity=comparison_identity(scored.candidate, scored.reference, own, metrics=metrics),
        format="json",
        inputs=tuple(scored.read),
        sources=tuple(scored.sources()),
        workspace=workspace,
        code_version=f"ml_assets {__version__}",
        started_at=workspace.now(),
        reason="a comparison is always made anew",
    )


def product(compared: Compared) -> Product[Any]:
    """Its files, and the numbers that Dagster plots over time."""
    from ml_assets.core.comparison.pairing import PAIRS, pair_table
    from ml_assets.core.comparison.pictures import by_block_png, degradation_png

    scored, comparison = compared.scored, compared.comparison
    pictures, pairs = {}, {}
    if scored.rows is not None:
        pairs = {PAIRS: pair_table(scored.rows, scored.contract)}
    if comparison.kpis:
        pictures = {"degradation.png": degradation_png(comparison), "by_block.png": by_block_png(comparison)}
    return Product(
        value={
            "candidate": scored.candidate.told,
            "reference": scored.reference.told,
            "damaged_leaderboards": list(scored.chosen.damaged),
            "entity": scored.entity,
            **comparison.model_dump(mode="json"),
        },
        facts={
            "verdict": comparison.verdict,
            "candidate_run_id": scored.candidate.manifest.run_id,
            "reference_run_id": scored.reference.manifest.run_id,
            "rows": scored.sample.rows,
            "days": scored.sample.days,
            "entities": scored.sample.entities,
        },
        metrics={f"{kpi.metric}_degradation": kpi.degradation for kpi in comparison.kpis},
        attachments={"summary.md": markdown(compared).encode(), **pairs, **pictures},
    )


def markdown(compared: Compared) -> str:
    """The whole of it as text; equal ones give equal text."""
    from ml_assets.core.comparison.text import HEAD, notes, rows, scope, verdict
    from ml_assets.core.markup import bullets, plain, table

    scored, comparison = compared.scored, compared.comparison
    left_out = [*notes(comparison), *map(plain, scored.chosen.damaged)]
    parts = [
        "# Candidate against reference",
        verdict(comparison),
        bullets([f"Candidate: {scored.candidate.told}", f"Reference: {scored.reference.told}"]),
        table(HEAD, rows(comparison)) if comparison.kpis else "",
        scope(comparison),
        bullets(left_out),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
