"""Two models compared by their bytes on the same rows of their source; nothing is trained."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
        base_rate: share of positives among the reference's training rows.
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
    base_rate: float
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
    store = store_of(settings, candidate.evaluated_in)
    chosen = chosen_on(candidate.manifest.parameters, store, pipeline=tabular)
    pair = Pair(
        candidate=model,
        reference=other,
        source=open_source_of(
            settings,
            model.manifest.parameters["source"],
            environment=candidate.evaluated_in,
            pipeline=tabular,
        ),
        first=max(first_unseen(model), first_unseen(other), chosen.first_unseen),
        through=through,
        window_days=window_days,
    )
    found = read_pair(pair)
    return Scored(
        candidate=candidate,
        reference=reference,
        sample=found.sample,
        rows=found.rows,
        contract=pair.contract,
        shortage=_shortage(found, window_days),
        chosen=chosen,
        base_rate=other.training_set.facts["train_base_rate"],
        read=(
            *(part for it in (model, other) for part in (it.manifest, it.training_set)),
            *chosen.manifests,
        ),
        source=(pair.source.name, pair.source.uri),
    )


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
        RefusedError: a metric says nothing about how good a model is.
    """
    from ml_assets.core.comparison.compare import blocks, compare, overall

    known = {"sample": scored.sample, "chosen_on": scored.chosen.boards, "error": error}
    if scored.rows is None or scored.shortage is not None:
        return Compared(
            scored=scored,
            comparison=Comparison(**known, shortage=scored.shortage, verdict="too few rows"),
        )
    kpis = compare(scored.rows, metrics=metrics, margins=margins, error=error, base_rate=scored.base_rate)
    by_time = blocks(scored.rows, metrics=list(margins), base_rate=scored.base_rate)
    return Compared(
        scored=scored,
        comparison=Comparison(**known, kpis=kpis, verdict=overall(kpis), blocks=by_time),
    )


def _shortage(found: ReadRows, window_days: int) -> Shortage | None:
    import numpy as np

    from ml_assets.core.statistics.paired import missing

    none = np.empty(0, dtype=int)
    lacks = (
        missing(none, entity=none, day=none)
        if found.rows is None
        else missing(found.rows.outcome, entity=found.rows.entity, day=found.rows.day)
    )
    return shortage(found.sample, lacks, window_days=window_days, closing_days=found.closing_days)
