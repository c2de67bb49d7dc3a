"""What a label is, its data set says: 0 or 1, the name of a class, or a number."""

import datetime as dt

import polars as pl
import pytest

from ml_assets.core.contract import DatasetContract
from ml_assets.errors import SourceError, TrainingError
from ml_assets.pipelines.tabular.columns import labels
from ml_assets.pipelines.tabular.parameters import RECIPES, TrainingParameters
from ml_assets.pipelines.tabular.training import fit, predict
from ml_assets.sources.rows import open_source
from ml_assets_tests.builders import order_day, write_landing
from ml_assets_tests.tables import CONTRACT, training_table
from ml_assets_tests.three_tasks import CLASSES, FIRST, rows, toml

DAY = dt.date(2025, 7, 1)
ORDERS = """\
event_time = "order_ts"
label = "returned_30d"
label_closes_at = "returned_30d_closes_at"
ids = ["order_id"]
features = ["country", "n_lines"]
task = "{}"
"""


def scanned(root, values, *, task, format="parquet"):  # noqa: A002
    table = order_day(DAY).with_columns(pl.Series("returned_30d", values))
    zone = write_landing(root, rows_by_day={DAY: table}, format=format, toml=ORDERS.format(task))
    return open_source("shop", str(zone)).scan("orders", first=DAY, last=DAY).collect()["returned_30d"]


@pytest.mark.parametrize("format", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["a", " b", "c", None, "", "a", "NA", "1.5"], ["a", "b", "c", None, None, "a", "NA", "1.5"]),
        ([3, 1, 2, None, 3, 10, -1, 0], ["3", "1", "2", None, "3", "10", "-1", "0"]),
        ([3.0, 1.0, 2.0, None, 3.0, 10.0, 0.0, 0.0], ["3", "1", "2", None, "3", "10", "0", "0"]),
        ([True, False, True, None, True, True, False, True], ["true", "false", "true", None, "true", "true", "false", "true"]),
    ],
)  # fmt: skip
def test_a_class_is_a_name_however_a_file_writes_it(tmp_path, given, read, format):  # noqa: A002
    found = scanned(tmp_path / "zone", given, task="multiclass", format=format)

    assert found.dtype == pl.String
    assert found.to_list() == read


def test_a_class_that_is_a_broken_number_is_refused_with_its_row(tmp_path):
    with pytest.raises(
        SourceError, match=r"`returned_30d` holds something else, first in row 3. It must hold the names"
    ):
        scanned(tmp_path / "zone", [1.0, 2.0, 2.5, 1.0, 1.0, 1.0, 1.0, 1.0], task="multiclass")


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_number_to_predict_stays_the_number_that_it_is(tmp_path, format):  # noqa: A002
    given = [0.0, 1.0, 2.5, None, -7.25, 1e9, 3.0, 0.1]

    found = scanned(tmp_path / "zone", given, task="regression", format=format)

    assert found.dtype == pl.Float64
    assert found.to_list() == given


def test_text_where_a_number_is_to_be_predicted_is_refused_with_its_line(tmp_path):
    given = ["1", "2", "dear", "4", "5", "6", "7", "8"]

    with pytest.raises(
        SourceError, match=r"`returned_30d` holds other text, first in line 4. It must hold numbers"
    ):
        scanned(tmp_path / "zone", given, task="regression", format="csv")


def test_a_task_that_is_not_known_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(SourceError, match=r"task.*binary.*multiclass.*regression"):
        scanned(tmp_path / "zone", [1] * 8, task="ranking")


def test_what_was_stored_of_a_binary_contract_names_no_task():
    assert "task" not in CONTRACT.model_dump(mode="json")
    assert CONTRACT.model_copy(update={"task": "regression"}).model_dump(mode="json")["task"] == "regression"


def table_of(dataset):
    first = FIRST + dt.timedelta(days=90)
    fold = pl.when(pl.col("day") > first).then(pl.lit("holdout")).otherwise(pl.lit("train"))
    return rows(dataset, a_day=5).with_columns(fold.alias("fold")), _contract(dataset)


def _contract(dataset):
    import tomli

    return DatasetContract.model_validate(
        {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in tomli.loads(toml(dataset)).items()
        }
    )


@pytest.mark.parametrize("version", RECIPES)
def test_a_model_of_classes_gives_the_probability_of_each(version):
    table, contract = table_of("tickets")

    model = fit(table, contract=contract, parameters=TrainingParameters(model_version=version)).value

    found = predict(model, table, contract)
    assert found.shape == (table.height, 3)
    assert tuple(model.classes_) == CLASSES
    assert found.sum(axis=1) == pytest.approx(1)
    right = (model.classes_[found.argmax(axis=1)] == labels(table, contract)).mean()
    assert right > 0.6


@pytest.mark.parametrize("version", RECIPES)
def test_a_model_of_numbers_gives_numbers(version):
    table, contract = table_of("houses")

    model = fit(table, contract=contract, parameters=TrainingParameters(model_version=version)).value

    found, price = predict(model, table, contract), labels(table, contract)
    assert found.shape == (table.height,)
    assert abs(found - price).mean() < 0.75 * abs(price - price.mean()).mean()


def test_a_model_of_classes_can_be_calibrated_and_one_of_numbers_cannot():
    calibrated = TrainingParameters(calibrate=True)
    tickets, houses = table_of("tickets"), table_of("houses")

    model = fit(tickets[0], contract=tickets[1], parameters=calibrated).value

    assert predict(model, *tickets).shape == (tickets[0].height, 3)
    with pytest.raises(
        TrainingError, match=r"calibrate: `price` is a number and no probability. Leave calibrate out."
    ):
        fit(houses[0], contract=houses[1], parameters=calibrated)


def test_two_classes_by_name_are_enough():
    named = training_table().with_columns(y=pl.col("y").replace_strict({0: "no", 1: "yes"}))
    contract = CONTRACT.model_copy(update={"task": "multiclass"})

    model = fit(named, contract=contract, parameters=TrainingParameters()).value

    assert predict(model, named, contract).shape == (named.height, 2)
