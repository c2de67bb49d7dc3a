"""How the verdicts are reached: scores and outcomes of the latest days against those of the evaluation."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.entities import entities, entity_name
from ml_assets.core.point_in_time import DAY
from ml_assets.core.scores import OUTCOME, SCORE
from ml_assets.pipelines.tabular.monitoring.look import Look
from ml_assets.pipelines.tabular.monitoring.verdicts import (
    CalibrationTest,
    LogLoss,
    MetricChange,
    Verdict,
    Verdicts,
    not_known,
)

DIGITS = 10
FEWEST_ENTITIES = 10  # with rows of either outcome
ALONE = 0.05  # the error of a verdict that is made once
Z95 = 1.959963984540054
OF_THE_TEST = (
    "expected",
    "observed",
    "z",
    "z_limit",
    "slope",
    "slope_low",
    "slope_high",
    "intercept",
    "intercept_low",
    "intercept_high",
)
NO_SCORES = "the evaluation kept no scores of its rows; evaluate the model again"


class Evaluated(NamedTuple):
    """What is stored of a model's evaluation.

    Attributes:
        metrics: its metrics.
        rows: `day`, the ids, the event time, `score` and `outcome` of its holdout; None where it kept none.
    """

    metrics: Mapping[str, float]
    rows: pl.DataFrame | None


class Rows(NamedTuple):
    """n rows with scores and outcomes.

    Attributes:
        y: outcomes, 0 or 1, shape (n,).
        score: probabilities of outcome 1, shape (n,).
        entity: whole numbers, equal for rows of one entity, shape (n,).
    """

    y: Any
    score: Any
    entity: Any


class Estimate(NamedTuple):
    """A number with its interval."""

    value: float
    low: float
    high: float


def decide(table: pl.DataFrame, evaluated: Evaluated, *, contract: DatasetContract, look: Look) -> Verdicts:
    """All three verdicts.

    Args:
        table: rows with the ids, `day`, `score` and `outcome`.
        evaluated: what they are compared with.
        contract: names the entity.
        look: how wrong a verdict may be.
    """
    tables = [table] if evaluated.rows is None else [table, evaluated.rows]
    ids = pl.concat([part.select(DAY, *contract.ids) for part in tables], how="vertical_relaxed")
    codes, noun = entities(ids, contract), entity_name(ids, contract)  # an entity may have rows in both
    current, *rest = (
        Rows(part[OUTCOME].to_numpy(), part[SCORE].to_numpy(), own)
        for part, own in zip(tables, (codes[: table.height], codes[table.height :]), strict=False)
    )
    reference = rest[0] if rest else None
    return verdicts_of(current, reference, metrics=evaluated.metrics, noun=noun, look=look)


def verdicts_of(
    current: Rows, reference: Rows | None, *, metrics: Mapping[str, float], noun: str, look: Look
) -> Verdicts:
    """All three verdicts.

    Args:
        current: the rows of the latest days.
        reference: those of the evaluation; entities have the same numbers. None where it kept none.
        metrics: of the evaluation.
        noun: what an entity is called: the column that names it.
        look: how wrong a verdict may be.
    """
    if reason := too_few(current, noun):
        return not_known(reason)
    if reference is not None and (few := too_few(reference, noun)):
        reason = f"of the evaluation: {few}"
        return Verdicts(
            ranking=MetricChange(reason=reason),
            calibration=calibration_test(current, None, look=look),
            log_loss=LogLoss(reason=reason),
        )
    return Verdicts(
        ranking=ranking(current, reference, metrics, look=look),
        calibration=calibration_test(current, reference, look=look),
        log_loss=log_loss(current, reference, look=look),
    )


def too_few(rows: Rows, noun: str) -> str:
    """`3 positives; verdicts need 10`, or `positives of 3 customer_id; ...`; "" where there are enough of either."""
    import numpy as np

    for outcome, name in ((1, "positives"), (0, "negatives")):
        entity = rows.entity[rows.y == outcome]
        many = len(np.unique(entity))
        if many < FEWEST_ENTITIES:
            what = f"{many} {name if many != 1 else name[:-1]}"
            if many < len(entity):
                what = f"{name} of {many} {noun}"
            return f"{what}; verdicts need {FEWEST_ENTITIES}"
    return ""


def ranking(
    current: Rows, reference: Rows | None, metrics: Mapping[str, float], *, look: Look
) -> MetricChange:
    """ROC AUC against the evaluation's: of its rows, else of what it states."""
    if reference is not None:
        before = _auc(reference, error=look.error)
    elif {"roc_auc", "roc_auc_low", "roc_auc_high"} <= metrics.keys():
        before = _stated(metrics, error=look.error)
    else:
        return MetricChange(reason=NO_SCORES)
    return _change(_auc(current, error=look.error), before, larger_is_better=True)


def calibration_test(current: Rows, reference: Rows | None, *, look: Look) -> CalibrationTest:
    """Whether scores are the probabilities that they are taken for, and whether those of the evaluation were."""
    from ml_assets.core.statistics.calibration import calibration

    test = calibration(*current, error=look.error)
    numbers = {name: getattr(test, name) for name in OF_THE_TEST}
    return CalibrationTest(
        verdict="no clear difference" if test.calibrated else "worse",
        without_slope=test.without_slope,
        evaluated=None if reference is None else calibration(*reference, error=ALONE).calibrated,
        **{name: round(value, DIGITS) + 0.0 for name, value in numbers.items() if value is not None},
    )


def log_loss(current: Rows, reference: Rows | None, *, look: Look) -> LogLoss:
    """Log loss against the evaluation's, beside that of always predicting the base rate."""
    if reference is None:
        return LogLoss(reason=NO_SCORES)
    losses, shares = ([of(rows, error=look.error) for rows in (current, reference)] for of in (_loss, _share))
    low, high = difference(*shares)
    return LogLoss(
        **_change(*losses, larger_is_better=False).model_dump(),
        base_rate=round(shares[0].value, DIGITS),
        base_rate_evaluated=round(shares[1].value, DIGITS),
        base_rate_moved=not low <= 0 <= high,
        constant=_entropy(shares[0].value),
        constant_evaluated=_entropy(shares[1].value),
    )


def difference(current: Estimate, before: Estimate) -> tuple[float, float]:
    """The interval of current - before, of other rows: square-and-add (Newcombe 1998; Zou and Donner 2008).

    Rows of one entity in both make the true one narrower.
    """
    value = current.value - before.value
    below = math.hypot(current.value - current.low, before.high - before.value)
    above = math.hypot(current.high - current.value, before.value - before.low)
    return value - below, value + above


def _change(current: Estimate, before: Estimate, *, larger_is_better: bool) -> MetricChange:
    low, high = difference(current, before)
    verdict: Verdict = "no clear difference"
    if high < 0 or low > 0:
        verdict = "better" if (low > 0) == larger_is_better else "worse"
    numbers = {
        "current": current.value,
        "evaluated": before.value,
        "difference": current.value - before.value,
        "low": low,
        "high": high,
    }
    return MetricChange(
        verdict=verdict, **{name: round(value, DIGITS) + 0.0 for name, value in numbers.items()}
    )


def _auc(rows: Rows, *, error: float) -> Estimate:
    from ml_assets.core.statistics.intervals import auc_interval
    from ml_assets.core.statistics.row_values import row_values

    value = row_values("roc_auc", rows.y, rows.score, base_rate=0.5).value
    return Estimate(value, *auc_interval(rows.y, rows.score, rows.entity, error=error))


def _stated(metrics: Mapping[str, float], *, error: float) -> Estimate:
    """The 95 % interval that an evaluation states, at another error; where it was cut off at 1, its lower half counts."""
    from scipy.stats import norm  # type: ignore[import-untyped,unused-ignore]

    auc = metrics["roc_auc"]
    margin = (
        max(auc - metrics["roc_auc_low"], metrics["roc_auc_high"] - auc) * float(norm.isf(error / 2)) / Z95
    )
    return Estimate(auc, auc - margin, auc + margin)


def _loss(rows: Rows, *, error: float) -> Estimate:
    from ml_assets.core.statistics.intervals import mean_interval
    from ml_assets.core.statistics.row_values import row_values

    found = row_values("log_loss", rows.y, rows.score, base_rate=0.5)
    return Estimate(found.value, *mean_interval(found.value, found.contributions, rows.entity, error=error))


def _share(rows: Rows, *, error: float) -> Estimate:
    from ml_assets.core.statistics.intervals import mean_interval

    share = float(rows.y.mean())
    return Estimate(share, *mean_interval(share, (rows.y - share) / len(rows.y), rows.entity, error=error))


def _entropy(share: float) -> float:
    """The log loss of always predicting `share` where it is the base rate."""
    return round(-share * math.log(share) - (1 - share) * math.log(1 - share), DIGITS)
