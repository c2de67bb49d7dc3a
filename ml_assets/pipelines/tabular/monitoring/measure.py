"""How good scores were, of all days together and of each, beside what the evaluation promised."""

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any

import polars as pl
from pydantic import model_validator

from ml_assets.core.contract import DatasetContract, Task
from ml_assets.core.entities import entities
from ml_assets.core.point_in_time import DAY
from ml_assets.core.report.record import Part
from ml_assets.core.scores import OUTCOME, Scored
from ml_assets.core.scores import scored as scores_and_outcomes
from ml_assets.pipelines.tabular.metrics import of_task
from ml_assets.pipelines.tabular.monitoring.by_task import decide
from ml_assets.pipelines.tabular.monitoring.change import Evaluated
from ml_assets.pipelines.tabular.monitoring.look import Look
from ml_assets.pipelines.tabular.monitoring.outcomes import Joined
from ml_assets.pipelines.tabular.monitoring.verdicts import (
    OF_TASK,
    ClassVerdicts,
    NumberVerdicts,
    Verdict,
    Verdicts,
)
from ml_assets.text import count

DIGITS = 10
OF_A_DAY: Mapping[Task, tuple[str, ...]] = {
    "binary": ("roc_auc", "roc_auc_low", "roc_auc_high", "log_loss", "brier", "base_rate"),
    "multiclass": ("log_loss", "log_loss_low", "log_loss_high", "accuracy"),
    "regression": ("mae", "mae_low", "mae_high", "rmse"),
}


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
        calibration: mean score and mean outcome of groups of them by score, where there are metrics and a row has one score.
        compared: against the evaluation, by metric.
        look: which look at the model this is; None where outcomes of no day have closed, and in monitorings of earlier
            versions.
        verdicts: those of the task: what an outcome is decides what is asked.
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
    verdicts: Verdicts | ClassVerdicts | NumberVerdicts
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
        verdicts = Verdicts.not_known(EARLIER).model_dump() | {"ranking": ranking}
        return {**data, "compared": compared, "look": None, "verdicts": verdicts}


EARLIER = "this monitoring was made by an earlier version; make it again"


def measure(
    table: pl.DataFrame, *, contract: DatasetContract, facts: Mapping[str, Any], min_rows: int
) -> Measured:
    """Metrics of rows with scores and `outcome`; none, with the reason, of too few rows or of one outcome.

    Args:
        table: one row a score that has met its outcome.
        contract: names the entity, by which intervals are.
        facts: of the rows that the model learned from: what the baseline always predicts is among them.
        min_rows: fewer say too little.
    """
    if table.height < min_rows:
        reason = f"{count(table.height, 'row')} with outcomes; from {min_rows} on there are metrics"
        return Measured(rows=table.height, metrics={}, reason=reason)
    if table[OUTCOME].n_unique() == 1:
        reason = f"all {table.height} outcomes are {table[OUTCOME][0]}"
        return Measured(rows=table.height, metrics={}, reason=reason)
    values = _metrics(scores_and_outcomes(table), entities(table, contract), facts)
    return Measured(rows=table.height, metrics={name: round(value, DIGITS) for name, value in values.items()})


def _metrics(rows: Scored, entity: Any, facts: Mapping[str, Any]) -> dict[str, float]:
    if rows.task == "binary":
        from ml_assets.pipelines.tabular.evaluated.yes_no import metrics

        return metrics(rows.outcome, rows.score, base_rate=facts["train_base_rate"], entity=entity)
    return of_task(rows.task).measured(rows.outcome, rows.score, entity, facts=facts)


def outcomes_of(
    joined: Joined,
    *,
    days: tuple[dt.date, ...],
    scored: tuple[dt.date, ...],
    closing: int,
    evaluated: Evaluated,
    contract: DatasetContract,
    look: Look | None,
    facts: Mapping[str, Any],
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
        facts: of the rows that the model learned from.
        min_rows: rows from which on there are metrics.
    """
    measured = functools.partial(measure, contract=contract, facts=facts, min_rows=min_rows)
    overall = measured(joined.table)
    verdicts = OF_TASK[contract.task].not_known(overall.reason)
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
        days=tuple(
            _day(day, measured(joined.table.filter(pl.col(DAY) == day)), task=contract.task) for day in scored
        ),
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


def _day(day: dt.date, measured: Measured, *, task: Task) -> MeasuredDay:
    kept = {name: measured.metrics[name] for name in OF_A_DAY[task] if name in measured.metrics}
    return MeasuredDay(day=day, rows=measured.rows, metrics=kept, reason=measured.reason)


def _calibration(table: pl.DataFrame) -> dict[str, list[float]]:
    """Of several classes none: their verdict has one for each."""
    from ml_assets.pipelines.tabular.evaluated.yes_no import calibration_curve

    rows = scores_and_outcomes(table)
    return {} if rows.classes else calibration_curve(rows.outcome, rows.score)
