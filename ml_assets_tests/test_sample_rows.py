"""A pipeline brings sample rows of its own: functions of a first and a last day, and what their columns are for."""

import datetime as dt

import polars as pl
import pytest
from pydantic import Field

from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.rows import Rows
from ml_assets.errors import DefinitionError, SourceError
from ml_assets.sources.rows import open_source

FIRST, LAST = dt.date(2025, 7, 1), dt.date(2025, 7, 3)


class People(Parameters):
    """What decides nothing here."""

    days: int = Field(7, ge=1, le=70, description="Days")


def visits(first: dt.date, last: dt.date) -> pl.DataFrame:
    """One row a day, and one more before."""
    days = pl.date_range(first - dt.timedelta(days=1), last, eager=True)
    return pl.DataFrame(
        {"day": days, "at": days.cast(pl.Datetime("us")), "people": days.dt.day().cast(pl.Int64)}
    )


def odd(first: dt.date, last: dt.date) -> pl.DataFrame:
    """Days as text."""
    return pl.DataFrame({"day": [str(first), str(last)]})


def _rows(pipeline, **more):
    return Rows(
        sources=lambda name: open_source(name, "sample:", samples=pipeline.samples, **more), as_of=LAST
    )


def _pipeline():
    return Declared("footfall", People)


def _scan(pipeline, dataset="visits"):
    return _rows(pipeline).scan(dataset, source="sample", first=FIRST, last=LAST).collect()


def test_sample_rows_need_no_word_about_their_columns():
    pipeline = _pipeline()

    assert pipeline.sample(visits) is visits
    assert _scan(pipeline).select("day", "people").rows() == [(dt.date(2025, 7, n), n) for n in (1, 2, 3)]
    assert _rows(pipeline).contract("visits", source="sample").event_time == "day"


def test_roles_are_said_in_the_words_of_dataset_toml():
    pipeline = _pipeline()
    pipeline.sample(event_time="at", features=("people",))(visits)

    assert _scan(pipeline).columns == ["day", "at", "people"]


def test_the_newest_sample_rows_are_those_of_as_of():
    pipeline = _pipeline()
    pipeline.sample(visits)

    assert _rows(pipeline).latest("visits", source="sample").collect()["day"].to_list() == [LAST]


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        ({"label": "people"}, "visits: label_closes_at: missing"),
        ({"colour": "red"}, "visits: colour is no role of a column"),
        ({"timezone": "Mars"}, "visits: timezone: must be the name of a time zone"),
    ],
)
def test_roles_that_cannot_be_are_refused_when_they_are_declared(roles, says):
    with pytest.raises(DefinitionError, match=says):
        _pipeline().sample(**roles)(visits)


def test_a_pipeline_serves_its_own_samples_and_no_others():
    pipeline = _pipeline()
    pipeline.sample(visits)
    pipeline.sample(odd)

    with pytest.raises(SourceError, match=r"sample: has no dataset `orders`. There are: visits, odd."):
        _scan(pipeline, "orders")
    with pytest.raises(SourceError, match=r"sample: has no dataset `orders`. There are: none."):
        _scan(_pipeline(), "orders")


def test_sample_rows_that_are_not_as_declared_are_refused():
    pipeline = _pipeline()
    pipeline.sample(event_time="time")(visits)
    pipeline.sample(odd)

    with pytest.raises(SourceError, match="sample:visits: column `time` is missing"):
        _scan(pipeline)
    with pytest.raises(SourceError, match=r"sample:odd: column `day` holds String. It must hold the day"):
        _scan(pipeline, "odd")
