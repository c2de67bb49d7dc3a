"""Two models compared by their bytes on the same rows of their source; nothing is trained."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml_assets.core.comparison.document import Comparison
from ml_assets.core.comparison.sample import Sample, Shortage, shortage
from ml_assets.core.contract import DatasetContract
from ml_assets.core.manifest import InputSource, Manifest
from ml_assets.core.metrics import Metrics
from ml_assets.pipeline.chosen_on import ChosenOn, chosen_on
from ml_assets.pipeline.released import NamedModel, store_of
from ml_assets.pipeline.workspace import open_source_of
from ml_assets.pipelines.tabular.comparison.paired_rows import (
    Pair,
    ReadRows,
    first_unseen,
    read_pair,
    refuse_other_rows,
)
from ml_assets.pipelines.tabular.metrics import of_task
from ml_assets.pipelines.tabular.pipeline import tabular
from ml_assets.pipelines.tabular.scoring.model import with_training_set
from ml_assets.settings import Settings

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    from ml_assets.core.comparison.pairing import PairedRows


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Rows that two models were scored on: nothing is known yet of who is better.

    Attributes:
        candidate: the model that may take the other's place.
        reference: the other one.
        sample: the rows in numbers.
        rows: the rows, or None where there is none.
        contract: what the columns of the rows are; its ids are those that both models know.
        shortage: what is missing for a verdict, or None.
        chosen: the leaderboards that rank the candidate's parameter set.
        facts: of what the reference was trained on, for metrics that take one of them.
        read: the manifests of what was read.
        source: logical name and URI of the rows.
    """

    candidate: NamedModel
    reference: NamedModel
    sample: Sample
    rows: "PairedRows | None"
    contract: DatasetContract
    shortage: Shortage | None
    chosen: ChosenOn
    facts: Mapping[str, Any]
    read: tuple[Manifest, ...]
    source: tuple[str, str]

    @property
    def entity(self) -> str:
        """The id that names the entity of a row; nothing where there is no id, or no row."""
        from ml_assets.core.entities import entity_name

        return "" if self.rows is None else entity_name(self.rows.table, self.contract)

    def sources(self) -> list[InputSource]:
        """The rows with a fingerprint a day, for the lineage."""
        if self.rows is None:
            return []
        from ml_assets.core.fingerprints import source_days

        (name, uri), dataset = self.source, self.candidate.manifest.parameters["dataset"]
        return [
            InputSource(
                source=name,
                dataset=dataset,
                uri=f"{uri}/{dataset}",
                days=source_days(self.rows.table),
            )
        ]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A comparison, and what it was made of."""

    scored: Scored
    comparison: Comparison


def score_both(
    candidate: NamedModel,
    reference: NamedModel,
    *,
    through: dt.date,
    window_days: int,
    settings: Settings,
) -> Scored:
    """Read the rows on which two models can be compared, and score both of them.

    Args:
        candidate: the model that may take the other's place.
        reference: the other one.
        through: the day by whose end (UTC) outcomes have closed.
        window_days: days of rows at most, the latest ones.
        settings: where the rows and the candidate's leaderboards are.

    Raises:
        RefusedError: the two are about other rows, so that they say nothing of each other.
        SourceError: the rows cannot be read, or cannot be used.
        StoreError: a model cannot be read as it was committed, or a store cannot be read.
    """
    model, other = (with_training_set(it.key, it.manifest, it.store) for it in (candidate, reference))
    refuse_other_rows(model, other)
    chosen = chosen_on(
        candidate.manifest.parameters, store_of(settings, candidate.evaluated_in), pipeline=tabular
    )
    name, environment = model.manifest.parameters["source"], candidate.evaluated_in
    pair = Pair(
        candidate=model,
        reference=other,
        source=open_source_of(settings, name, environment=environment, pipeline=tabular),
        first=max(first_unseen(model), first_unseen(other), chosen.first_unseen),
        through=through,
        window_days=window_days,
    )
    found = read_pair(pair)
    models = [part for it in (model, other) for part in (it.manifest, it.training_set)]
    return Scored(
        candidate=candidate,
        reference=reference,
        sample=found.sample,
        rows=found.rows,
        contract=pair.contract,
        shortage=_shortage(found, pair),
        chosen=chosen,
        facts=other.training_set.facts,
        read=(*models, *chosen.manifests),
        source=(pair.source.name, pair.source.uri),
    )


def metrics_of(candidate: NamedModel) -> Metrics:
    """The metrics by which a model is compared: those of the task that it was trained for.

    Raises:
        ArtifactNotFoundError: what it was trained on is not there.
        CorruptArtifactError: that is of another model.
    """
    model = with_training_set(candidate.key, candidate.manifest, candidate.store)
    return of_task(model.contract.task)


def compare_scored(
    scored: Scored, *, metrics: Metrics, margins: Mapping[str, float], error: float
) -> Compared:
    """Who is better, and by how much at most; where rows are too few no KPI is looked at.

    Args:
        scored: the rows with both scores.
        metrics: what is declared of them.
        margins: by how much the candidate may be worse, for each metric that is compared.
        error: chance, at most, with which the truth is beyond an end of an interval.

    Raises:
        RefusedError: a metric says nothing about how good a model is, or is not known row by row.
    """
    from ml_assets.core.comparison.compare import blocks, compare, overall

    known = {"sample": scored.sample, "chosen_on": scored.chosen.boards, "error": error}
    if scored.rows is None or scored.shortage is not None:
        return Compared(
            scored=scored,
            comparison=Comparison(**known, shortage=scored.shortage, verdict="too few rows"),
        )
    kpis = compare(scored.rows, metrics=metrics, margins=margins, error=error, facts=scored.facts)
    of_rows = {name: metrics.of_rows(name) for name in margins}
    by_time = blocks(scored.rows, metrics=of_rows, facts=scored.facts)
    return Compared(
        scored=scored,
        comparison=Comparison(**known, kpis=kpis, verdict=overall(kpis), blocks=by_time),
    )


def _shortage(found: ReadRows, pair: Pair) -> Shortage | None:
    import numpy as np

    from ml_assets.core.statistics.paired import missing

    rows, none = found.rows, np.empty(0, dtype=int)
    outcome, entity, day = (none, none, none) if rows is None else (rows.outcome, rows.entity, rows.day)
    levels = (0, 1) if rows is None else rows.levels
    lacks = missing(outcome, entity=entity, day=day, task=pair.contract.task, levels=levels)
    return shortage(found.sample, lacks, window_days=pair.window_days, closing_days=found.closing_days)
