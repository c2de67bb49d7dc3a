"""A leaderboard as an artifact: where it is kept, and what is in it."""

import datetime as dt
from typing import Any

from ml_assets import __version__
from ml_assets.core.artifact import ArtifactKey, key_of_identity
from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.product import Product
from ml_assets.core.slices import subjects
from ml_assets.core.sweep.result import ASSET
from ml_assets.core.sweep.sweep_parameters import SweepParameters, sweep_identity
from ml_assets.pipeline.draft import Draft
from ml_assets.pipeline.sweep import Sweep
from ml_assets.storage.artifact_store import ArtifactStore

DOCUMENT, SUMMARY = "leaderboard.json", "summary.md"


def leaderboard_key(
    parameters: Parameters, own: SweepParameters, as_of: dt.date, *, pipeline: Declared
) -> ArtifactKey:
    """The key of a leaderboard: what its trials share and the sweep's own decide it."""
    values = sweep_identity(parameters, own)
    about = {name: getattr(parameters, name) for name in subjects(pipeline)}
    return key_of_identity(ASSET, values, as_of, path=about, names=pipeline.path, folder=pipeline.folder)


def leaderboard_draft(sweep: Sweep, board: Leaderboard) -> Draft:
    """A leaderboard with its pictures, to be committed; its lineage is the evaluation of every trial and day that it ranks."""
    pipeline = sweep.pipeline
    evaluations = sorted(sweep.evaluations.values(), key=lambda manifest: (manifest.as_of, manifest.run_id))
    return Draft(
        product=_product(board, rows_until=sweep.rows_until, pipeline=pipeline),
        key=leaderboard_key(sweep.parameters, sweep.own, sweep.days[-1], pipeline=pipeline),
        identity=sweep_identity(sweep.parameters, sweep.own),
        format="parquet",
        inputs=tuple(evaluations),
        workspace=sweep.workspace,
        code_version=f"ml_assets {__version__}",
        started_at=sweep.workspace.now(),
        reason="a leaderboard is always made anew",
    )


def load_leaderboard(key: ArtifactKey, store: ArtifactStore) -> Leaderboard:
    """A stored leaderboard as it was; ArtifactNotFoundError, or CorruptArtifactError where its bytes are others."""
    return Leaderboard.model_validate_json(_attached(key, DOCUMENT, store))


def load_summary(key: ArtifactKey, store: ArtifactStore) -> str:
    """The Markdown page of a stored leaderboard; raises as `load_leaderboard` does."""
    return _attached(key, SUMMARY, store).decode()


def _attached(key: ArtifactKey, name: str, store: ArtifactStore) -> bytes:
    return store.read_file(key, next(file for file in store.manifest(key).files if file.name == name))


def _product(board: Leaderboard, *, rows_until: str, pipeline: Declared) -> Product[Any]:
    """The table; beside it the document, a page to read, and the pictures.

    `rows_until` is the last event day that any trial was measured on; "" where that is not known.
    """
    import rfc8785

    from ml_assets.core.leaderboard.markdown import markdown
    from ml_assets.core.leaderboard.pictures import pictures
    from ml_assets.core.leaderboard.table import table

    best = board.trials[0] if board.trials else None
    return Product(
        value=table(board, pipeline=pipeline),
        facts={
            "trials": len(board.trials) + len(board.failed),
            "ranked_trials": len(board.trials),
            "failed_trials": len(board.failed),
            "days": len(board.days),
            **({"best_run_id": best.run_id} if best else {}),
            **({"rows_until": rows_until} if rows_until else {}),
        },
        metrics={
            **({f"best_{board.metric}": best.mean} if best else {}),
            **({f"nested_{board.metric}": board.nested.value} if board.nested else {}),
        },
        attachments={
            SUMMARY: markdown(board, metrics=Metrics.of(pipeline)).encode(),
            DOCUMENT: rfc8785.dumps(board.document()),
            **pictures(board),
        },
    )
