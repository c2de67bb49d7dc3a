"""The scores of one day's rows."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from ml_assets.core.contract import LARGEST
from ml_assets.core.point_in_time import DAY
from ml_assets.core.product import Product
from ml_assets.core.scores import refuse_taken, score_columns
from ml_assets.errors import SourceError
from ml_assets.pipelines.tabular.scoring.contract import RowsToScore
from ml_assets.pipelines.tabular.scoring.said import PREDICTED, said_of
from ml_assets.pipelines.tabular.training import predict

MODEL = "model_run_id"
QUANTILES = {"score_p10": 0.1, "score_p50": 0.5, "score_p90": 0.9}
DIGITS = 10


class KnownRows(NamedTuple):
    """Rows that are known at the end of their own day, and how many were landed for these days beside them."""

    table: pl.DataFrame
    not_yet_known: int


def score(
    rows: KnownRows, *, model: Any, contract: RowsToScore, model_run_id: str, classes: Sequence[str] = ()
) -> Product[Any]:
    """Score rows with a fitted estimator.

    Args:
        rows: as `known_rows` gives them; at least one.
        model: the estimator of a model artifact.
        contract: the columns that the model takes.
        model_run_id: names the model, in every row.
        classes: the names of the classes, in the order of the model's scores; none where it gives one number a row.

    Returns:
        A product whose value is a DataFrame in the order of `rows`: ids, event time, `day`, `score` (Float64, the
        probability of outcome 1, or the predicted number) and `model_run_id`. Of several classes it has `score_<class>` for
        each in place of `score`, and then `predicted` (String), the likeliest.

    Raises:
        SourceError: the model predicts something that is no number.
    """
    import numpy as np

    found = np.asarray(predict(model, rows.table, contract))
    _check_scores(found, rows.table)
    told = said_of(found, classes)
    table = rows.table.select(*contract.ids, contract.event_time, DAY).with_columns(
        *score_columns(found, classes), *([told.answer] if classes else []), pl.lit(model_run_id).alias(MODEL)
    )
    facts = {
        "rows": table.height,
        "rows_not_yet_known": rows.not_yet_known,
        "model_run_id": model_run_id,
    }
    if classes:
        facts["predicted_rows"] = {name: int((told.answer == name).sum()) for name in classes}
    return Product(value=table, facts=facts, metrics=_metrics(told.number))


def known_rows(
    rows: pl.LazyFrame, *, contract: RowsToScore, first: dt.date, last: dt.date, origin: str
) -> KnownRows:
    """The rows of the days `first` to `last` whose event was before the end of their day, in an order their content decides.

    Args:
        rows: as `Source.scan` gives them for this contract.
        contract: the columns that the model takes.
        first: the first day.
        last: the last day.
        origin: where the rows are from, for error messages: `<uri>/<dataset>`.

    Raises:
        SourceError: no rows, an event without a time, a number that is none or beyond all measure, or a column whose
            name predictions use themselves.
    """
    refuse_taken(contract, MODEL, *([PREDICTED] if contract.task == "multiclass" else []), origin=origin)
    found = rows.filter(pl.col(DAY).is_between(first, last)).select(DAY, *contract.columns).collect()
    untimed = found.filter(pl.col(contract.event_time).is_null())
    if untimed.height:
        raise SourceError(
            f"{origin}: column `{contract.event_time}` is empty in {_rows(untimed)}. Give every row the time of its event."
        )
    end = pl.col(DAY).cast(pl.Datetime("us")) + pl.duration(days=1)
    known = found.filter(pl.col(contract.event_time) < end)
    if known.is_empty():
        days = str(first) if first == last else f"{first} to {last}"
        raise SourceError(
            f"{origin}, {days}: there are no rows to score. Land them, or choose a day that has rows."
        )
    _check_numbers(known, contract, origin)
    return KnownRows(known.sort(DAY, *contract.columns).rechunk(), found.height - known.height)


def _metrics(scores: pl.Series) -> dict[str, float]:
    quantiles = {name: scores.quantile(at, "linear") for name, at in QUANTILES.items()}
    found = {"mean_score": scores.mean(), **quantiles}
    return {name: round(float(value), DIGITS) for name, value in found.items()}  # type: ignore[arg-type]


def _check_scores(found: Any, rows: pl.DataFrame) -> None:
    """SourceError where a prediction is no number: a model can only be so far from what it knows."""
    import numpy as np

    wrong = ~np.isfinite(found.reshape(len(found), -1)).all(axis=1)
    if wrong.any():
        raise SourceError(
            f"The model predicts no number in {_rows(rows.filter(pl.Series(wrong)))}. Its features may be far from those "
            "that it learned from: look at them."
        )


def _check_numbers(rows: pl.DataFrame, contract: RowsToScore, origin: str) -> None:
    for name in contract.features:
        if rows[name].dtype.is_float():
            wrong = rows.filter(pl.col(name).is_infinite() | (pl.col(name).abs() > LARGEST))
            if wrong.height:
                raise SourceError(
                    f"{origin}: column `{name}` is beyond {LARGEST:g} in {_rows(wrong)}. "
                    "Write a number, or nothing where it is not known."
                )


def _rows(wrong: pl.DataFrame) -> str:
    count = "1 row" if wrong.height == 1 else f"{wrong.height} rows"
    return f"{count}, first on date={wrong[DAY].min()!s}"
