"""The rows of a source on which two models are compared: read as each was trained to read them, and scored by both."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml_assets.core.comparison.sample import A_DAY, Sample
from ml_assets.core.contract import Task
from ml_assets.core.statistics.intervals import count_clusters
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.scoring.contract import Outcomes, outcomes, rows_to_score
from ml_assets.pipelines.tabular.scoring.model import ScoringModel

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    from polars import DataFrame

    from ml_assets.core.comparison.pairing import PairedRows
    from ml_assets.sources.rows import Source

SAME = ("dataset", "source")
SAME_COLUMNS = ("event_time", "label", "label_closes_at", "task")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two models, the source of their rows, and the days that may count.

    Attributes:
        candidate: the model that may take the other's place.
        reference: the other one.
        source: where rows are read.
        first: the first day whose rows may count.
        through: the day by whose end outcomes have closed.
        window_days: days of rows at most, the latest ones.
    """

    candidate: ScoringModel
    reference: ScoringModel
    source: "Source"
    first: dt.date
    through: dt.date
    window_days: int

    @property
    def contract(self) -> Outcomes:
        """What became of a row; its ids are those that both models know, its entity is the candidate's."""
        facts = self.candidate.training_set.facts
        contract, known = outcomes(facts), outcomes(self.reference.training_set.facts).ids
        ids = tuple(name for name in contract.ids if name in known)
        entity = str(
            facts.get("entity", contract.entity)
        )  # a training set of an earlier version does not say
        entity = entity if entity in ids else ""
        return contract.model_copy(update={"ids": ids, "entity": entity})

    @property
    def classes(self) -> tuple[str, ...]:
        """Those that either model knows, by name; empty where outcomes are no classes."""
        return tuple(sorted({*self.candidate.classes, *self.reference.classes}))

    @property
    def dataset(self) -> str:
        """Whose rows."""
        return self.candidate.key.value("dataset")

    @property
    def origin(self) -> str:
        """Where the rows are, for error messages."""
        return f"{self.source.uri}/{self.dataset}"


@dataclass(frozen=True, kw_only=True)
class ReadRows:
    """What was read: the rows with both scores, or None where there is none, and how many days outcomes take to close."""

    sample: Sample
    rows: "PairedRows | None"
    closing_days: int


def refuse_other_rows(candidate: ScoringModel, reference: ScoringModel) -> None:
    """RefusedError where two models are not about the same rows and outcomes."""
    parameters = [
        (name, *(model.manifest.parameters[name] for model in (candidate, reference))) for name in SAME
    ]
    columns = [
        (name, *(getattr(model.contract, name) for model in (candidate, reference))) for name in SAME_COLUMNS
    ]
    problems = [
        f"{name}: {one} and {other}, so that they are about other rows. Compare models of which it is the same."
        for name, one, other in (*parameters, *columns)
        if one != other
    ]
    if problems:
        raise RefusedError(problems)


def first_unseen(model: ScoringModel) -> dt.date:
    """The first day from which on a model knows no row, and no outcome that closed: its holdout's first day.

    Where training was not purged, outcomes of training rows closed up to the end of its as_of.
    """
    if model.manifest.parameters.get("purged", False):
        return dt.date.fromisoformat(model.training_set.facts["holdout_from"])
    return model.manifest.as_of + A_DAY


def read_pair(pair: Pair) -> ReadRows:
    """The rows that have closed outcomes and that both models can be scored on, with both scores.

    Of days on which only some outcomes have closed none counts: those that close early may be others.

    Raises:
        SourceError: the source cannot be read, or a column is missing or of another kind.
        StoreError: a model or what it was trained on cannot be loaded as it was committed.
    """
    from ml_assets.pipelines.tabular.monitoring.outcomes import closing_days

    learned = pair.candidate.store.load(pair.candidate.training_set_key, pair.candidate.training_set)
    closing = closing_days(learned, pair.contract)
    sample = Sample(first=pair.first, through=pair.through, task=pair.contract.task)
    days = _days(pair, closing)
    if not days:
        return ReadRows(sample=sample, rows=None, closing_days=closing)
    closed, ambiguous = _closed(pair, days)
    sample = sample.model_copy(update={"ambiguous": ambiguous})
    if closed.is_empty():
        return ReadRows(sample=sample, rows=None, closing_days=closing)
    tables = _tables(pair, days)
    scores = [
        _scores(model, closed, table, pair=pair)
        for model, table in zip((pair.candidate, pair.reference), tables, strict=True)
    ]
    rows, sample = _both(closed, *scores, pair=pair, sample=sample)
    return ReadRows(sample=sample, rows=rows, closing_days=closing)


def _days(pair: Pair, closing: int) -> list[dt.date]:
    """The days that are compared: of those that the source has rows of, and on which all outcomes have closed, the latest."""
    if (pair.through - pair.first).days < closing:
        return []
    last = pair.through - dt.timedelta(days=closing)
    known = pair.source.days(pair.dataset, first=pair.first, last=last)
    return [day for day in known if day > known[-1] - dt.timedelta(days=pair.window_days)]


def _closed(pair: Pair, days: list[dt.date]) -> "tuple[DataFrame, int]":
    """The closed rows of these days, at least one, in an order that their content decides, and how many are left out as ambiguous."""
    import polars as pl

    from ml_assets.core.comparison.pairing import alone
    from ml_assets.pipelines.tabular.monitoring.outcomes import closed_outcomes

    contract, keys = pair.contract, _keys(pair)
    table = pair.source.scan(pair.dataset, first=days[0], last=days[-1], contract=contract).collect()
    closed = closed_outcomes(
        table.lazy(), contract=contract, days=days, as_of=pair.through, origin=pair.origin
    )
    twice = table.filter(~pl.Series(alone(table, keys))).select(keys).unique()
    single = closed.join(twice, on=keys, how="anti", nulls_equal=True, maintain_order="left")
    return single, closed.height - single.height


def _tables(pair: Pair, days: list[dt.date]) -> "list[DataFrame]":
    """The rows of these days as either model was trained to read them; read once where both read them alike."""
    contracts = [rows_to_score(model.training_set.facts) for model in (pair.candidate, pair.reference)]
    distinct = contracts[: 1 if contracts[0] == contracts[1] else 2]
    found = [
        pair.source.scan(pair.dataset, first=days[0], last=days[-1], contract=contract).collect()
        for contract in distinct
    ]
    return [found[0], found[-1]]


def _scores(model: ScoringModel, closed: "DataFrame", table: "DataFrame", *, pair: Pair) -> Any:
    """The model's score of each closed row, NaN of one that it cannot be scored on: shape (rows,) or (rows, classes)."""
    import numpy as np
    import polars as pl

    from ml_assets.core.comparison.pairing import alone, can_be_scored, same_rows
    from ml_assets.pipelines.tabular.training import predict

    contract, keys, classes = rows_to_score(model.training_set.facts), _keys(pair), pair.classes
    usable = can_be_scored(table.filter(pl.Series(alone(table, keys))), contract)
    places = same_rows(closed, usable, keys)
    scores = np.full((closed.height, len(classes)) if classes else closed.height, np.nan)
    if len(places.left):
        found = predict(model.estimator, usable[places.right], contract)
        scores[places.left] = _of_classes(found, model.classes, among=classes) if classes else found
    return scores


def _of_classes(scores: Any, classes: Sequence[str], *, among: Sequence[str]) -> Any:
    """Probabilities of these classes, shape (n, classes), as those of all classes: 0 of what the model does not know."""
    import numpy as np

    found = np.zeros((len(scores), len(among)))
    found[:, [among.index(name) for name in classes]] = scores
    return found


def _both(
    closed: "DataFrame", candidate: Any, reference: Any, *, pair: Pair, sample: Sample
) -> "tuple[PairedRows | None, Sample]":
    """The rows with both scores, and what there is to say of them."""
    import numpy as np
    import polars as pl

    from ml_assets.core.comparison.pairing import digest, paired_rows

    first, second = (~np.isnan(score.reshape(len(score), -1)).any(axis=1) for score in (candidate, reference))
    both = first & second
    left_out = {
        "only_candidate": int((first & ~second).sum()),
        "only_reference": int((second & ~first).sum()),
    }
    sample = sample.model_copy(update=left_out)
    if not both.any():
        return None, sample
    rows = paired_rows(
        closed.filter(pl.Series(both)),
        candidate[both],
        reference[both],
        contract=pair.contract,
        classes=pair.classes,
    )
    models = (pair.candidate.manifest.sha256, pair.reference.manifest.sha256)
    return rows, sample.model_copy(update={**_counts(rows), "sha256": digest(rows, *models)})


def _counts(rows: "PairedRows") -> dict[str, Any]:
    of = {level: count_clusters(rows.entity[rows.outcome == level]) for level in rows.levels}
    by_task: dict[Task, dict[str, int]] = {
        "binary": {"positive_entities": of.get(1, 0), "negative_entities": of.get(0, 0)},
        "multiclass": {"class_entities": min(of.values(), default=0)},
        "regression": {},
    }
    return {
        "first_day": dt.date.fromordinal(int(rows.day.min())),
        "last_day": dt.date.fromordinal(int(rows.day.max())),
        "rows": len(rows.day),
        "entities": count_clusters(rows.entity),
        **by_task[rows.task],
    }


def _keys(pair: Pair) -> list[str]:
    from ml_assets.core.point_in_time import DAY

    return [DAY, *pair.contract.ids, pair.contract.event_time]
