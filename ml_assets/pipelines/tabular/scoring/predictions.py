"""Predictions of one day: made by a model of the store, or found there where nothing has changed."""

import datetime as dt
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml_assets.core.artifact import ArtifactKey, key_of_identity
from ml_assets.core.command import spans
from ml_assets.core.contract import DatasetContract
from ml_assets.core.manifest import InputSource, Manifest
from ml_assets.core.progress import tell_step
from ml_assets.errors import CorruptArtifactError
from ml_assets.pipeline.differences import MadeOf
from ml_assets.pipeline.draft import Draft, Made
from ml_assets.pipeline.reuse import reasons
from ml_assets.pipeline.versions import packages_of, version_of
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular.parameters import DatasetParameters
from ml_assets.pipelines.tabular.pipeline import tabular
from ml_assets.pipelines.tabular.scoring.contract import rows_to_score
from ml_assets.pipelines.tabular.scoring.model import ScoringModel
from ml_assets.pipelines.tabular.scoring.parameters import ASSET, CODE, PACKAGES, scoring_identity

if TYPE_CHECKING:  # reading rows needs polars, which only a run that reads rows should load
    from polars import DataFrame, LazyFrame

    from ml_assets.pipelines.tabular.scoring.score import KnownRows
    from ml_assets.sources.rows import Source

LOGGER = logging.getLogger("ml_assets")


def predictions_key(parameters: DatasetParameters, model: Manifest, day: dt.date) -> ArtifactKey:
    """The key of the predictions of a day: dataset, source and the bytes of the model decide it."""
    return key_of_identity(
        ASSET,
        scoring_identity(parameters, model),
        day,
        names=tabular.path,
        path={"model_version": model.parameters["model_version"]},
    )


def predict_day(
    parameters: DatasetParameters, day: dt.date, *, model: ScoringModel, workspace: Workspace
) -> Draft | Made:
    """The predictions of a day, to be committed, or those that are stored where nothing has changed.

    Raises:
        SourceError: the day has no rows, or rows that the model cannot take; file, column and remedy are named.
        StoreError: the model cannot be read as it was committed, or the store cannot be written.
    """
    from ml_assets.pipelines.tabular.scoring.score import score

    started, key = workspace.now(), predictions_key(parameters, model.manifest, day)
    rows = read_rows(parameters, [day], model=model, workspace=workspace)
    source = input_source(parameters, rows.table, workspace)
    stored, why = _reasons(key, model, source, workspace)
    if stored is not None and not why:
        LOGGER.info("%s %s reused: nothing changed", day, ASSET)
        tell_step("day")
        return Made(key=key, manifest=stored, reused=True, reason="nothing changed")
    contract = rows_to_score(model.training_set.facts)
    product = score(
        rows,
        model=model.estimator,
        contract=contract,
        model_run_id=model.key.run_id,
        classes=model.classes,
    )
    LOGGER.info("%s %s made: %d rows", day, ASSET, product.facts["rows"])
    tell_step("day")
    return Draft(
        product=product,
        key=key,
        identity=scoring_identity(parameters, model.manifest),
        format="parquet",
        inputs=(model.manifest,),
        sources=(source,),
        workspace=workspace,
        code_version=version_of(CODE),
        packages=packages_of(PACKAGES),
        started_at=started,
        reason="; ".join(why),
    )


def read_rows(
    parameters: DatasetParameters, days: Sequence[dt.date], *, model: ScoringModel, workspace: Workspace
) -> "KnownRows":
    """The rows of these days, in order, with the columns and types that the model was trained with.

    SourceError where they cannot be used, or there are none; of a day between them nothing is read.
    """
    from ml_assets.pipelines.tabular.scoring.score import known_rows

    source, contract = workspace.source(parameters.source), rows_to_score(model.training_set.facts)
    return known_rows(
        scan_days(source, parameters.dataset, days, contract=contract),
        contract=contract,
        first=days[0],
        last=days[-1],
        origin=f"{source.uri}/{parameters.dataset}",
    )


def scan_days(
    source: "Source", dataset: str, days: Sequence[dt.date], *, contract: DatasetContract
) -> "LazyFrame":
    """Rows of these days, at least one, and of none between them: a bad file stops only what needs it.

    SourceError as `Source.scan`, for a contract that states the type of each feature.
    """
    import polars as pl

    scanned = [source.scan(dataset, first=first, last=last, contract=contract) for first, last in spans(days)]
    return pl.concat(scanned)


def input_source(parameters: DatasetParameters, table: "DataFrame", workspace: Workspace) -> InputSource:
    """The rows that were read, with a fingerprint a day: for the lineage."""
    from ml_assets.core.fingerprints import source_days

    uri = f"{workspace.source(parameters.source).uri}/{parameters.dataset}"
    return InputSource(source=parameters.source, dataset=parameters.dataset, uri=uri, days=source_days(table))


def _reasons(
    key: ArtifactKey, model: ScoringModel, source: InputSource, workspace: Workspace
) -> tuple[Manifest | None, list[str]]:
    """The predictions that are stored, every byte of them checked, and why they cannot be used as they are."""
    try:
        if workspace.store.find(key) is None:
            return None, ["new"]
        stored = workspace.store.verify(key)
    except CorruptArtifactError as error:
        return None, [f"the stored one was damaged: {error}"]
    if not workspace.reuse:
        return None, ["reuse is off"]
    now = MadeOf(
        code_version=version_of(CODE),
        packages=packages_of(PACKAGES),
        artifacts=(model.manifest.as_input,),
        sources=(source,),
    )
    return stored, reasons(stored, now)
