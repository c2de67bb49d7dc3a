"""The forecast of demand, function by function: each is a plain function that a test can call."""

import datetime as dt
import sys

import polars as pl
import pytest
from pydantic import ValidationError

from ml_assets import Rows
from ml_assets.pipelines.demand import (
    DAYS,
    Forecast,
    Series,
    accuracy,
    demand,
    enough_rows,
    forecast,
    history,
    sales,
)
from ml_assets_tests.conftest import output_of

AS_OF = dt.date(2025, 12, 1)
FIRST = AS_OF - dt.timedelta(weeks=52)
HEAVY = ("dagster", "matplotlib", "polars", "sklearn", "statsmodels")


def _rows(table=None, *, as_of=AS_OF):
    return Rows.of(sales=sales(FIRST, AS_OF) if table is None else table, as_of=as_of)


def _series(pieces):
    days = pl.date_range(AS_OF - dt.timedelta(days=len(pieces) - 1), AS_OF, eager=True)
    return pl.DataFrame({"day": days, "pieces": pieces})


WEEKS = _series([10, 20, 30, 40, 50, 60, 70] * 12)


def test_a_day_of_the_sample_is_the_same_whenever_it_is_asked_for():
    long, short = sales(FIRST, AS_OF), sales(AS_OF, AS_OF)

    assert long.filter(pl.col("day") == AS_OF).equals(short)
    assert short["pieces"].to_list() == [44, 53, 36, 31, 25, 20]


def test_the_history_has_what_one_shop_sold_each_day():
    table = history(Series(shop="south"), _rows(), AS_OF)

    assert dict(table.schema) == {"day": pl.Date(), "pieces": pl.Int64()}
    assert (table["day"].item(0), table["day"].item(-1), table.height) == (FIRST, AS_OF, 365)
    assert table["pieces"].item(-1) == 31 + 25 + 20


def test_the_history_is_the_same_in_whatever_order_rows_come():
    shuffled = sales(FIRST, AS_OF).sample(fraction=1, shuffle=True, seed=1)

    assert history(Series(), _rows(shuffled), AS_OF).equals(history(Series(), _rows(), AS_OF))


def test_a_day_without_rows_is_one_without_sales():
    gone = AS_OF - dt.timedelta(days=3)
    table = history(Series(), _rows(sales(FIRST, AS_OF).filter(pl.col("day") != gone)), AS_OF)

    assert table.filter(pl.col("day") == gone)["pieces"].to_list() == [0]
    assert table.height == 365


def test_what_is_sold_later_changes_no_history():
    later = AS_OF - dt.timedelta(days=100)
    rows = _rows(sales(FIRST, later), as_of=later), _rows(as_of=later)

    assert history(Series(weeks=8), rows[0], later).equals(history(Series(weeks=8), rows[1], later))


def test_the_history_asks_for_as_many_weeks_as_it_is_told():
    rows = _rows()
    history(Series(weeks=8), rows, AS_OF)

    assert [(asked.first, asked.last) for asked in rows.asked] == [(AS_OF - dt.timedelta(weeks=8), AS_OF)]


def test_a_shop_without_sales_is_refused():
    with pytest.raises(ValueError, match="north: nothing was sold from 2024-12-02 to 2025-12-01"):
        history(Series(), _rows(sales(FIRST, AS_OF).filter(shop="south")), AS_OF)


def test_a_naive_forecast_is_the_last_week_again():
    document = forecast(Forecast(), WEEKS)

    assert [day["pieces"] for day in document["days"]] == [10, 20, 30, 40, 50, 60, 70] * 4
    assert document["days"][0]["day"] == "2025-12-02"
    assert len(document["days"]) == DAYS


def test_smoothing_goes_on_with_the_season():
    drawn = [day["pieces"] for day in forecast(Forecast(method="ets"), WEEKS)["days"]]

    assert drawn == pytest.approx([10, 20, 30, 40, 50, 60, 70] * 4, abs=1)


def test_smoothing_takes_sales_that_never_change_and_never_draws_less_than_nothing():
    for pieces in ([5] * 84, [0] * 84, [9, 0] * 42):
        assert min(day["pieces"] for day in forecast(Forecast(method="ets"), _series(pieces))["days"]) >= 0


def test_without_its_package_smoothing_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.holtwinters", None)

    with pytest.raises(ValueError, match=r"not installed.*pip install 'ml-assets\[forecast\]'"):
        forecast(Forecast(method="ets"), WEEKS)
    assert forecast(Forecast(), WEEKS)["days"]


def test_both_is_the_mean_of_both():
    table = history(Series(), _rows(), AS_OF)
    naive, ets, both = (
        [day["pieces"] for day in forecast(Forecast(method=method), table)["days"]]
        for method in ("naive", "ets", "both")
    )

    assert both == pytest.approx([(a + b) / 2 for a, b in zip(naive, ets, strict=True)], abs=0.11)


def test_the_backtest_measures_the_last_four_weeks_and_the_first_of_them():
    sold = _series([10] * 56 + [20] * 7 + [8] * 21)
    product = accuracy(Forecast(), sold)

    assert product.metrics == {"mape": round((7 * 0.5 + 21 * 0.25) / 28, 4), "mape.week1": 0.5}
    assert product.value["drawn"] == [10] * 28
    assert product.value["first"] == "2025-11-04"


def test_days_on_which_nothing_was_sold_are_not_measured():
    product = accuracy(Forecast(), _series([10] * 56 + [0] * 7 + [20] * 21))

    assert product.metrics == {"mape": 0.5}
    assert product.value["mape.week1"] is None


def test_the_picture_shows_what_was_sold_and_what_was_drawn():
    figure = accuracy(Forecast(), WEEKS).attachments["errors.png"]

    assert [line.get_label() for line in figure.axes[0].lines] == ["sold", "drawn four weeks before"]


def test_smoothing_is_better_on_the_sample_than_last_week_again():
    table = history(Series(), _rows(), AS_OF)
    naive, ets = (accuracy(Forecast(method=method), table).metrics["mape"] for method in ("naive", "ets"))

    assert ets < naive < 0.15


def test_too_few_days_are_refused():
    with pytest.raises(ValueError, match="north: 13 days of sales are too few"):
        forecast(Forecast(), _series([1] * 13))


def test_enough_rows_are_eight_weeks():
    assert enough_rows(_series([1] * 56)).passed
    assert not enough_rows(_series([1] * 55)).passed
    assert enough_rows(_series([1] * 55)).message == "55 days, at least 56"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"weeks": 8, "method": "ets", "season": 15}, "season: must fit twice .*Allowed: 2 to 14"),
        ({"season": 8}, "season"),
        ({"shop": "west"}, "shop"),
    ],
)
def test_parameters_that_cannot_be_are_refused(values, says):
    with pytest.raises(ValidationError, match=says):
        Forecast(**values)


def test_a_season_that_is_not_used_changes_no_run():
    plain = demand.identity(Forecast(), "forecast")

    assert "season" not in plain
    assert "season" in demand.identity(Forecast(method="ets"), "forecast")
    assert demand.identity(Forecast(method="ets"), "history") == demand.identity(Forecast(), "history")


def test_its_file_loads_nothing_heavy():
    code = f"import sys, ml_assets.pipelines.demand; print([n for n in {HEAVY} if n in sys.modules])"
    answer = output_of(code)

    assert answer == "[]\n"
