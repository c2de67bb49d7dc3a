"""A comparison as an artifact: where it is kept, and what is in it."""

import datetime as dt
from typing import Any

from ml_assets import __version__
from ml_assets.core.artifact import ArtifactKey, key_of_identity
from ml_assets.core.comparison.margins import read_margins
from ml_assets.core.comparison.parameters import ASSET, ComparisonParameters
from ml_assets.core.model_identity import model_identity
from ml_assets.core.product import Product
from ml_assets.pipeline.comparison import Compared
from ml_assets.pipeline.day import Made
from ml_assets.pipeline.released import NamedModel
from ml_assets.pipeline.store_value import store_value
from ml_assets.pipeline.workspace import Workspace


def comparison_identity(
    candidate: NamedModel, reference: NamedModel, own: ComparisonParameters
) -> dict[str, Any]:
    """The values that are hashed and stored: the very models, not what they were called at that moment."""
    return {
        "dataset": candidate.parameters.dataset,
        "candidate": model_identity(candidate.manifest),
        "reference": model_identity(reference.manifest),
        "window_days": own.window_days,
        "margins": dict(read_margins(own.margins)),
    }


def comparison_key(
    candidate: NamedModel, reference: NamedModel, own: ComparisonParameters, as_of: dt.date
) -> ArtifactKey:
    """The key of a comparison."""
    return key_of_identity(
        ASSET, comparison_identity(candidate, reference, own), as_of, dataset=candidate.parameters.dataset
    )


def store_comparison(
    found: Compared, own: ComparisonParameters, as_of: dt.date, *, workspace: Workspace
) -> Made:
    """Commit a comparison; it is made anew each time, for what is stored of either model decides it."""
    manifest = store_value(
        product(found),
        key=(key := comparison_key(found.candidate, found.reference, own, as_of)),
        parameters=comparison_identity(found.candidate, found.reference, own),
        format_name="json",
        inputs=(found.candidate.manifest, found.reference.manifest, *found.read),
        workspace=workspace,
        code_version=f"ml_assets {__version__}",
    )
    return Made(key=key, manifest=manifest, reused=False, reason="a comparison is always made anew")


def product(found: Compared) -> Product:
    """Its files, and the numbers that Dagster plots over time."""
    from ml_assets.core.comparison.pictures import by_day_png, harm_png

    comparison = found.comparison
    pictures = {}
    if any(kpi.low is not None for kpi in comparison.kpis):
        pictures = {"harm.png": harm_png(comparison), "by_day.png": by_day_png(*found.series, comparison)}
    return Product(
        value={
            "candidate": found.candidate.told,
            "reference": found.reference.told,
            **comparison.model_dump(mode="json"),
            "other_rows": list(map(str, found.other_rows)),
            "commands": list(found.commands),
        },
        facts={
            "verdict": comparison.verdict,
            "candidate_run_id": found.candidate.manifest.run_id,
            "reference_run_id": found.reference.manifest.run_id,
            "days": len(comparison.days),
        },
        metrics={f"{kpi.metric}_harm": kpi.harm for kpi in comparison.kpis},
        attachments={"summary.md": markdown(found).encode(), **pictures},
    )


def markdown(found: Compared) -> str:
    """The whole of it as text; equal ones give equal text."""
    from ml_assets.core.comparison.words import HEAD, other_rows, rows, scope, verdict
    from ml_assets.core.markup import bullets, table

    comparison = found.comparison
    parts = [
        "# Candidate against reference",
        verdict(comparison),
        bullets([f"Candidate: {found.candidate.told}", f"Reference: {found.reference.told}"]),
        table(HEAD, rows(comparison)) if comparison.kpis else "",
        f"{scope(comparison)}.",
        other_rows(found.other_rows) if found.other_rows else "",
        "## Not evaluated\n\n```\n" + "\n".join(found.commands) + "\n```" if found.commands else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
