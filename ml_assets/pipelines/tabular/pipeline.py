"""The pipeline `tabular`: four assets of one day, and what must hold of them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, TypedDict

from ml_assets import Estimator, Frame, Pipeline, Product, Rows, Verdict
from ml_assets.core.contract import DatasetContract
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters

tabular = Pipeline(
    "tabular",
    TrainingParameters,
    path=("model_version", "dataset"),
    folder="",
    promotes="model",
    metrics=METRICS.declared,
    commands="ml_assets.pipelines.tabular.commands:TABLE",
    not_worse="ml_assets.pipelines.tabular.comparison.not_worse:compare_rows",
)


class _Asked(TypedDict):
    """What rows are asked for."""

    source: str
    first: dt.date
    last: dt.date
    closed: bool
    coded: bool
    max_rows: int


@tabular.asset(window=lambda params: {params.dataset: params.lookback_days - 1})
def training_set(params: DatasetParameters, rows: Rows, as_of: dt.date) -> Product[Frame]:
    """Rows whose outcome was known at the end of as_of, each marked train, purged or holdout."""
    from ml_assets.pipelines.tabular.training_set import training_set as known_rows

    first = as_of - dt.timedelta(days=params.lookback_days - 1)
    contract = rows.contract(params.dataset, source=params.source)
    asked = _Asked(
        source=params.source, first=first, last=as_of, closed=True, coded=True, max_rows=params.max_rows
    )
    product = known_rows(
        rows.scan(params.dataset, **asked),
        days=rows.daily(params.dataset, **asked),
        contract=contract,
        parameters=params,
        as_of=as_of,
        origin=rows.origin(params.dataset, source=params.source),
    )
    return Product(product.value, facts={**product.facts, "contract": contract.model_dump(mode="json")})


@tabular.asset
def model(params: TrainingParameters, training_set: Product[Frame]) -> Product[Estimator]:
    """The fitted estimator."""
    from ml_assets.pipelines.tabular.training import fit

    return fit(training_set.value, contract=_contract(training_set), parameters=params)


@tabular.asset
def evaluation(
    params: TrainingParameters, model: Estimator, training_set: Product[Frame]
) -> Product[dict[str, Any]]:
    """Metrics with intervals, curves, feature importance and the scores of the holdout."""
    from ml_assets.pipelines.tabular.evaluation import evaluate

    return evaluate(model, training_set.value, contract=_contract(training_set), parameters=params)


@tabular.asset
def model_card(
    params: TrainingParameters,
    evaluation: dict[str, Any],
    training_set: Product[Frame],
    as_of: dt.date,
) -> Product[str]:
    """What a person should know before using the model."""
    from ml_assets.core.run_id import run_id
    from ml_assets.pipelines.tabular.model_card import model_card as card

    named = run_id(params, as_of)
    return card(evaluation, parameters=params, as_of=as_of, facts=training_set.facts, run_id=named)


@tabular.check
def nothing_after_as_of(training_set: Product[Frame], as_of: dt.date) -> Verdict:
    """Every row in the training set is of a day up to as_of, and known with its outcome at the end of that."""
    import polars as pl

    from ml_assets.core.point_in_time import DAY, known_at_end_of

    table = training_set.value
    late = table.filter((pl.col(DAY) > as_of) | ~known_at_end_of(as_of, _contract(training_set)))
    return Verdict(late.is_empty(), metadata={"late_rows": late.height, "rows": table.height})


@tabular.check
def enough_rows(training_set: Product[Frame]) -> Verdict:
    """Train and holdout, each by itself, have enough rows, enough of each class, and enough entities."""
    from ml_assets.pipelines.tabular.sound_rows import shortages

    return _nothing_against_it([str(shortage) for shortage in shortages(training_set.facts)])


@tabular.check
def rows_can_be_right(training_set: Product[Frame]) -> Verdict:
    """No row is there twice, no event is days away from its row's day, and no outcome closes before its event."""
    from ml_assets.pipelines.tabular.sound_rows import IMPOSSIBLE, unlikely

    facts = training_set.facts
    counts = [f"{count} {IMPOSSIBLE[name]}" for name, count in unlikely(facts).items()]
    return _nothing_against_it([f"of {facts['rows']} rows: " + "; ".join(counts)] if counts else [])


@tabular.check
def beats_the_baseline(evaluation: Product[dict[str, Any]]) -> Verdict:
    """On the holdout, the model is better than always saying the base rates, or the mean, of the training rows."""
    metrics = evaluation.metrics
    loss = "rmse" if "rmse" in metrics else "log_loss"
    shown = [name for name in ("roc_auc", loss, f"baseline_{loss}") if name in metrics]
    return Verdict(
        metrics[loss] < metrics[f"baseline_{loss}"] and metrics.get("roc_auc", 1) > 0.5,  # noqa: PLR2004
        metadata={name: metrics[name] for name in shown},
    )


def _contract(training_set: Product[Any]) -> DatasetContract:
    return DatasetContract.model_validate(training_set.facts["contract"])


def _nothing_against_it(reasons: Sequence[str]) -> Verdict:
    """It holds where nothing speaks against it; else one sentence for each thing that does."""
    return Verdict(not reasons, " ".join(f"{reason[0].upper()}{reason[1:]}." for reason in reasons))
