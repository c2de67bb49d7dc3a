"""The leaderboard as a table: one row a trial, the failed ones last, for Parquet."""

from typing import TYPE_CHECKING, Any

from pydantic.fields import FieldInfo

from ml_assets.core.leaderboard.document import FailedTrial, Leaderboard, RankedTrial
from ml_assets.core.leaderboard.text import value
from ml_assets.core.leaderboard.trial import Value, is_number
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared

if TYPE_CHECKING:
    import polars as pl

BEFORE = {"rank": int, "run_id": str, "as_of": "date", "status": str}
AFTER = {
    "metric": str,
    "mean": float,
    "std": float,
    "low": float,
    "high": float,
    "days": int,
    "complete": bool,
    "best_days": int,
    "paired_days": int,
    "difference": float,
    "difference_low": float,
    "difference_high": float,
    "p_value": float,
    "distinguishable": bool,
    "reason": str,
}
"""Columns before and after those of the varied parameters; then `mean_<metric>` for each metric."""


def table(board: Leaderboard, *, pipeline: Declared) -> "pl.DataFrame":
    """A DataFrame of as many rows as there are trials; columns and their types depend on `varied` and the pipeline.

    There is a column for each declared metric and each end of an interval; those of a metric that no trial has are null.
    A varied parameter that the pipeline does not know has the type that its values have.
    """
    import polars as pl

    fields = pipeline.parameters.model_fields
    rows = [_done(trial, board) for trial in board.trials] + [_undone(trial, board) for trial in board.failed]
    types = {
        **BEFORE,
        **{name: _type(fields.get(name), [row[name] for row in rows]) for name in board.varied},
        **AFTER,
        **{f"mean_{name}": float for name in Metrics.of(pipeline).names},
    }
    known: dict[Any, Any] = {
        int: pl.Int64,
        float: pl.Float64,
        bool: pl.Boolean,
        str: pl.String,
        "date": pl.Date,
    }
    columns = {name: [_cell(row.get(name), of) for row in rows] for name, of in types.items()}
    return pl.DataFrame(columns, schema={name: known[of] for name, of in types.items()})


def _done(trial: RankedTrial, board: Leaderboard) -> dict[str, Any]:
    own = trial.model_dump(include={*BEFORE, *AFTER})
    means = {f"mean_{name}": number for name, number in trial.metrics.items()}
    return {**trial.values, **own, "metric": board.metric, "status": "done", **means}


def _undone(trial: FailedTrial, board: Leaderboard) -> dict[str, Any]:
    return {
        **trial.values,
        "run_id": trial.run_id,
        "as_of": trial.as_of,
        "status": "failed",
        "metric": board.metric,
        "days": trial.days,
        "reason": "; ".join(error.reason for error in trial.errors),
    }


def _type(field: FieldInfo | None, values: list[Value]) -> Any:
    """That of the parameter; of an unknown one, the narrowest that holds its values."""
    if field is not None:
        return field.annotation if field.annotation in (bool, int, float) else str
    held = [value for value in values if value is not None]
    if held and all(isinstance(value, bool) for value in held):
        return bool
    if held and all(map(is_number, held)):
        return int if all(isinstance(value, int) for value in held) else float
    return str


def _cell(content: Any, kind: Any) -> Any:
    if content is None or kind == "date":
        return content
    return value(content) if kind is str else kind(content)
