"""Scores held against outcomes, once the windows of these have closed: never before, whatever is known by then.

Positives become known before negatives. So a row counts from the day on which its window has closed, and not from the
day on which its outcome is known.
"""

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from ml_assets.core.contract import LARGEST, DatasetContract, Task
from ml_assets.core.point_in_time import DAY, known_at_end_of
from ml_assets.core.scores import OUTCOME, OUTCOME_TYPES, SCORE, is_score
from ml_assets.errors import SourceError

A_DAY = dt.timedelta(days=1)


class Joined(NamedTuple):
    """Rows with score and outcome.

    Attributes:
        table: `day`, the ids, the event time, the scores and `outcome`, as an evaluation keeps them.
        ambiguous: scored rows that share ids and event time with another and so have no outcome of their own.
        waiting: scored rows that have no closed outcome.
        unscored: closed outcomes without a score, on days that are scored.
    """

    table: pl.DataFrame
    ambiguous: int
    waiting: int
    unscored: int


NOTHING = Joined(
    table=pl.DataFrame(schema={DAY: pl.Date, SCORE: pl.Float64, OUTCOME: pl.Int8}),
    ambiguous=0,
    waiting=0,
    unscored=0,
)


def closing_days(training_rows: pl.DataFrame, contract: DatasetContract) -> int:
    """How many days after its own a day's windows have all closed, as the rows of a training set tell."""
    after = training_rows[contract.label_closes_at] - training_rows[DAY].cast(pl.Datetime("us")) - A_DAY
    longest = after.max()
    assert isinstance(longest, dt.timedelta)
    return max(0, math.ceil(longest / A_DAY))


def closed_outcomes(
    rows: pl.LazyFrame, *, contract: DatasetContract, days: Sequence[dt.date], as_of: dt.date, origin: str
) -> pl.DataFrame:
    """The rows of these days whose outcome is known and whose window was over by the end of as_of.

    Args:
        rows: as `Source.scan` gives them; more days than needed do no harm.
        contract: what the columns are for.
        days: the days to look at.
        as_of: the day up to whose end (UTC) things are known.
        origin: where the rows are from, for error messages: `<uri>/<dataset>`.

    Raises:
        SourceError: an outcome that is none, such as one that is not 0 or 1.
    """
    found = (
        rows.filter(pl.col(DAY).is_in(list(days)), known_at_end_of(as_of, contract))
        .select(DAY, *contract.columns)
        .sort(DAY, *contract.columns)
        .collect()
    )
    is_sound, what, remedy = _SOUND[contract.task]
    wrong = found.filter(~is_sound(pl.col(contract.label)))
    if wrong.height:
        raise SourceError(
            f"{origin}: column `{contract.label}` holds {what} on date={wrong[DAY].min()!s}. "
            f"Write {remedy}, and nothing where the outcome is not known."
        )
    return found


def _is_number(value: pl.Expr) -> pl.Expr:
    return value.is_finite() & (value.abs() <= LARGEST)


_SOUND: Mapping[Task, tuple[Callable[[pl.Expr], pl.Expr], str, str]] = {
    "binary": (lambda value: value.is_in([0, 1]), "something else than 0 and 1", "0 or 1"),
    "multiclass": (lambda value: value.str.len_bytes() > 0, "a class without a name", "its name"),
    "regression": (_is_number, f"a number that is none, or beyond {LARGEST:g}", "a number"),
}


def join(predictions: pl.DataFrame, outcomes: pl.DataFrame, contract: DatasetContract) -> Joined:
    """Each score with its outcome, by day, ids and event time.

    Rows that these do not tell apart are left out and counted: nobody can say which outcome is whose. The others are in
    the order of day, ids and event time.
    """
    keys = [DAY, *dict.fromkeys((*contract.ids, contract.event_time))]
    alone = pl.len().over(keys) == 1
    scored, known = predictions.filter(alone), outcomes.filter(alone)
    twice = pl.concat([frame.filter(~alone).select(keys) for frame in (predictions, outcomes)]).unique()
    ambiguous = predictions.join(twice, on=keys, how="semi", nulls_equal=True).height
    label = known.select(*keys, pl.col(contract.label).cast(OUTCOME_TYPES[contract.task]).alias(OUTCOME))
    scores = [name for name in predictions.columns if is_score(name) and name not in keys]
    table = scored.join(label, on=keys, how="inner", nulls_equal=True).select(*keys, *scores, OUTCOME)
    unscored = known.join(predictions, on=keys, how="anti", nulls_equal=True)
    return Joined(
        table=table.sort(keys),
        ambiguous=ambiguous,
        waiting=predictions.height - table.height - ambiguous,
        unscored=unscored.height,
    )
