"""How good scores were, of all days together and of each, beside what the evaluation promised."""

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any

import polars as pl
from pydantic import model_validator

from ml_assets.core.contract import DatasetContract
from ml_assets.core.entities import entities
from ml_assets.core.point_in_time import DAY
from ml_assets.core.report.record import Part
from ml_assets.core.scores import OUTCOME, SCORE
from ml_assets.pipelines.tabular.monitoring.decide import Evaluated, decide
from ml_assets.pipelines.tabular.monitoring.look import Look
from ml_assets.pipelines.tabular.monitoring.outcomes import Joined
from ml_assets.pipelines.tabular.monitoring.verdicts import Verdict, Verdicts, not_known

DIGITS = 10
OF_A_DAY = ("roc_auc", "roc_auc_low", "roc_auc_high", "log_loss", "brier", "base_rate")


class Measured(Part):
    """Metrics of some rows, or the reason why there are none."""

    rows: int
    metrics: dict[str, float]
    reason: str = ""


class MeasuredDay(Measured):
    """Those of one scored day."""

    day: dt.date


class Compared(Part):
    """One metric of the outcomes beside that of the evaluation."""

    evaluated: float
    now: float
    difference: float


class Outcomes(Part):
    """Scores against outcomes.

    Attributes:
        first: the first day of the window; None where no day after the model's own rows has closed outcomes yet.
        last: the last one: by the end of as_of, all windows of its outcomes have closed.
        closing_days: how many days that takes.
        days_scored: days of the window that have predictions.
        waiting: scored rows without a closed outcome.
        unscored: outcomes without a score, on scored days.
        ambiguous: scored rows that ids and event time do not tell apart.
        overall: of all rows together.
        calibration: mean score and observed rate of groups of them by score, where there are metrics.
        compared: against the evaluation, by metric.
        look: which look at the model this is; None where outcomes of no day have closed, and in monitorings of earlier
            versions.
        verdicts: on ranking, calibration and log loss.
        verdict: the worst of them.
        days: of each scored day.
    """

    first: dt.date | None
    last: dt.date | None
    closing_days: int
    days_scored: int
    waiting: int
    unscored: int
    ambiguous: int
    overall: Measured
    calibration: dict[str, list[float]]
    compared: dict[str, Compared]
    look: Look | None
    verdicts: Verdicts
    verdict: Verdict
    days: tuple[MeasuredDay, ...]

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_version(cls, data: Any) -> Any:
        """Monitorings used to have a verdict on ROC AUC only, whose interval stood among the metrics."""
        if not isinstance(data, Mapping) or "verdicts" in data:
            return data
        numbers = ("evaluated", "now", "difference")
        compared = {name: {n: item[n] for n in numbers} for name, item in data["compared"].items()}
        auc = {"current" if n == "now" else n: v for n, v in data["compared"].get("roc_auc", {}).items()}
        ranking = {"verdict": data["verdict"], "reason": data["overall"].get("reason", ""), **auc}
        verdicts = not_known(EARLIER).model_dump() | {"ranking": ranking}
        return {**data, "compared": compared, "look": None, "verdicts": verdicts}


EARLIER = "this monitoring was made by an earlier version; make it again"


def measure(table: pl.DataFrame, *, contract: DatasetContract, base_rate: float, min_rows: int) -> Measured:
    """Metrics of rows with `score` and `outcome`; none, with the reason, of too few rows or of one class.

    Args:
        table: one row a score that has met its outcome.
        contract: names the entity, by which intervals are.
        base_rate: share of positives in the training rows, which the baseline always predicts.
        min_rows: fewer say too little.
    """
    from ml_assets.pipelines.tabular.evaluation import metrics

    y = table[OUTCOME].to_numpy()
    reason = ""
    if table.height < min_rows:
        reason = f"{table.height} rows with outcomes; from {min_rows} on there are metrics"
    elif not 0 < y.sum() < len(y):
        reason = f"all {table.height} outcomes are {int(y[0])}"
    if reason:
        return Measured(rows=table.height, metrics={}, reason=reason)
    values = metrics(y, table[SCORE].to_numpy(), base_rate=base_rate, entity=entities(table, contract))
    return Measured(rows=table.height, metrics={name: round(value, DIGITS) for name, value in values.items()})


def outcomes_of(
    joined: Joined,
    *,
    days: tuple[dt.date, ...],
    scored: tuple[dt.date, ...],
    closing: int,
    evaluated: Evaluated,
    contract: DatasetContract,
    look: Look | None,
    base_rate: float,
    min_rows: int,
) -> Outcomes:
    """All that outcomes say.

    Args:
        joined: rows with score and outcome.
        days: the window, in order; none where nothing has closed yet.
        scored: those of them that have predictions.
        closing: how many days after its own a day's windows have closed.
        evaluated: what is stored of the model's evaluation.
        contract: names the entity.
        look: which look at the model this is; None where nothing has closed yet.
        base_rate: share of positives in the rows that the model learned from: what the baseline always predicts.
        min_rows: rows from which on there are metrics.
    """
    measured = functools.partial(measure, contract=contract, base_rate=base_rate, min_rows=min_rows)
    overall = measured(joined.table)
    verdicts = not_known(overall.reason)
    if overall.metrics and look is not None:
        verdicts = decide(joined.table, evaluated, contract=contract, look=look)
    return Outcomes(
        first=days[0] if days else None,
        last=days[-1] if days else None,
        closing_days=closing,
        days_scored=len(scored),
        waiting=joined.waiting,
        unscored=joined.unscored,
        ambiguous=joined.ambiguous,
        overall=overall,
        calibration=_calibration(joined.table) if overall.metrics else {},
        compared=compare(evaluated.metrics, overall.metrics),
        look=look,
        verdicts=verdicts,
        verdict=verdicts.overall(),
        days=tuple(_day(day, measured(joined.table.filter(pl.col(DAY) == day))) for day in scored),
    )


def compare(evaluated: Mapping[str, float], current: Mapping[str, float]) -> dict[str, Compared]:
    """Each metric that both have, but for the ends of intervals."""
    return {
        name: Compared(
            evaluated=evaluated[name],
            now=current[name],
            difference=round(current[name] - evaluated[name], DIGITS) + 0.0,
        )
        for name in current
        if name in evaluated and not name.endswith(("_low", "_high"))
    }


def _day(day: dt.date, measured: Measured) -> MeasuredDay:
    kept = {name: measured.metrics[name] for name in OF_A_DAY if measured.metrics}
    return MeasuredDay(day=day, rows=measured.rows, metrics=kept, reason=measured.reason)


def _calibration(table: pl.DataFrame) -> dict[str, list[float]]:
    from ml_assets.pipelines.tabular.evaluation import curves

    return curves(table[OUTCOME].to_numpy(), table[SCORE].to_numpy())["calibration"]
