"""Runs of the forecast of demand: what is shared is made once, and made again only where something has changed."""

import datetime as dt

import polars as pl
import pytest

from ml_assets import make
from ml_assets.errors import RefusedError
from ml_assets.pipelines.demand import demand, sales
from ml_assets_tests.builders import land, write_landing
from ml_assets_tests.conftest import output_of

AS_OF = dt.date(2025, 12, 1)
FIRST = AS_OF - dt.timedelta(weeks=8)
BYTES = """
from ml_assets.pipelines.demand import demand
run = demand.resolve({"method": "both", "weeks": 9}, as_of="2025-12-01")
print(*(file.sha256 for made in demand.make(run, store=None).values() for file in made.manifest.files))
"""


@pytest.fixture
def zone(tmp_path, monkeypatch):
    days = sales(FIRST, AS_OF).with_columns(sold_at=pl.col("day").cast(pl.Datetime("us"))).partition_by("day")
    root = write_landing(
        tmp_path / "web",
        "sales",
        rows_by_day={table["day"].item(0): table.drop("day") for table in days},
        toml='event_time = "sold_at"\n',
    )
    monkeypatch.setenv("ML_ASSETS_SOURCES__WEB", str(root))
    return root


def _make(**values):
    return make(demand.resolve({"weeks": 8, **values}, as_of=AS_OF))


def _reused(made):
    return [asset for asset, result in made.items() if result.reused]


def test_two_methods_share_a_history_and_the_same_again_makes_nothing():
    naive, ets, again = _make(), _make(method="ets"), _make(method="ets")

    assert (_reused(naive), _reused(ets), _reused(again)) == (
        [],
        ["history"],
        ["history", "forecast", "accuracy"],
    )
    assert str(ets["forecast"].key.path).startswith(
        "demand/forecast/method=ets/shop=north/as_of=2025-12-01/run="
    )
    assert str(ets["history"].key.path).startswith("demand/history/shop=north/as_of=2025-12-01/run=")


def test_what_is_read_back_is_what_was_made():
    made = _make()

    assert made["history"].value["pieces"].sum() > 0
    assert made["accuracy"].metrics == {name: made["accuracy"].value[name] for name in ("mape", "mape.week1")}
    assert made["history"].manifest.checks["enough_rows"].message == "57 days, at least 56"


def test_landed_rows_make_what_sample_rows_make(zone):
    landed, made = _make(source="web"), _make()

    assert [result.sha256 for result in landed.values()] == [result.sha256 for result in made.values()]
    assert landed["history"].manifest.sources[0].uri == f"{zone}/sales"


def test_rows_that_come_late_are_told_and_only_what_they_change_is_made_again(zone):
    def late(day, shop):
        table = sales(day, day).filter(shop=shop).head(1).drop("day")
        land(
            zone,
            day,
            table.with_columns(sold_at=pl.lit(day).cast(pl.Datetime("us"))),
            dataset="sales",
            name="late.csv",
        )

    _make(source="web")
    late(FIRST - dt.timedelta(days=1), "north")
    late(AS_OF + dt.timedelta(days=1), "north")
    outside = _make(source="web")
    late(AS_OF, "south")
    elsewhere = _make(source="web")
    late(AS_OF, "south")
    late(AS_OF - dt.timedelta(days=1), "north")
    inside = _make(source="web")

    assert _reused(outside) == ["history", "forecast", "accuracy"]
    assert _reused(elsewhere) == ["forecast", "accuracy"]
    assert elsewhere["history"].reason == "input rows changed on 1 of 57 days (2025-12-01; +1 row)"
    assert _reused(inside) == []


def test_four_weeks_without_sales_are_no_failure_and_the_artifact_says_why_nothing_was_measured(
    tmp_path, monkeypatch
):
    nothing = pl.when(pl.col("day") > AS_OF - dt.timedelta(weeks=4)).then(0).otherwise("pieces")
    table = sales(FIRST, AS_OF).with_columns(pieces=nothing, sold_at=pl.col("day").cast(pl.Datetime("us")))
    days = {day["day"].item(0): day.drop("day") for day in table.partition_by("day")}
    root = write_landing(tmp_path / "web", "sales", rows_by_day=days, toml='event_time = "sold_at"\n')
    monkeypatch.setenv("ML_ASSETS_SOURCES__WEB", str(root))

    made = _make(source="web")["accuracy"]

    assert made.metrics == {}
    assert made.manifest.facts == {"not_measured": {"mape": "nothing was sold in these weeks"}}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"shop": "west"}, "shop: "),
        ({"season": 14}, "season: "),
        ({"method": "ets", "season": 15}, "season: must fit twice into the weeks before the backtest."),
    ],
)
def test_bad_values_are_refused_before_anything_is_made(values, says):
    with pytest.raises(RefusedError, match=says):
        _make(**values)


@pytest.mark.slow
def test_another_process_with_another_number_of_threads_makes_the_same_bytes():
    answers = {
        output_of(BYTES, OMP_NUM_THREADS=threads, POLARS_MAX_THREADS=threads) for threads in ("1", "2")
    }

    assert len(answers) == 1
