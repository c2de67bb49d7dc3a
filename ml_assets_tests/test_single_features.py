"""What a feature tells alone: pairs of a yes and a no that it puts in order, counted here one by one."""

import datetime as dt
import itertools

import numpy as np
import polars as pl
import pytest

from ml_assets.core.contract import DatasetContract
from ml_assets.pipelines.tabular.features import single_features, suspects, telling

CONTRACT = DatasetContract(
    event_time="ts", label="y", label_closes_at="closes", ids=("id",), features=("number", "kind")
)


def table(y, number=None, kind=None):
    rows = len(y)
    return pl.DataFrame(
        {
            "id": range(rows),
            "ts": [dt.datetime.combine(dt.date(2025, 1, 1), dt.time())] * rows,
            "y": pl.Series(y, dtype=pl.Int8),
            "number": pl.Series(number or [0.0] * rows, dtype=pl.Float64),
            "kind": pl.Series(kind or ["a"] * rows, dtype=pl.String),
        }
    )


def found(holdout, train=None):
    train = holdout if train is None else train
    return {item["feature"]: item for item in single_features(train, holdout, contract=CONTRACT)}


def in_order(y, values):
    """The share of pairs of a positive and a negative in which the positive is above, ties half."""
    pairs = itertools.product(
        [v for v, of in zip(values, y, strict=True) if of],
        [v for v, of in zip(values, y, strict=True) if not of],
    )
    return np.mean([(a > b) + (a == b) / 2 for a, b in pairs])


def test_a_number_ranks_by_its_value_whichever_way_and_only_where_it_is_known():
    random = np.random.default_rng(1)
    y = (random.random(60) < 0.4).astype(int).tolist()
    values = [None if n % 7 == 0 else float(-2 * of + random.normal()) for n, of in enumerate(y)]
    known = [(of, value) for of, value in zip(y, values, strict=True) if value is not None]

    item = found(table(y, values))["number"]

    below = in_order([of for of, _ in known], [value for _, value in known])
    assert below < 0.5
    assert item["known_rows"] == len(known)
    assert item["roc_auc"] == pytest.approx(1 - below, abs=1e-6)
    missing = in_order(y, [value is None for value in values])
    assert item["missing_roc_auc"] == pytest.approx(max(missing, 1 - missing), abs=1e-6)


def test_a_category_ranks_by_the_rate_that_it_had_in_the_training_rows():
    train = table([1, 1, 0, 0, 0, 1], kind=["a", "a", "a", "b", "b", None])  # rates 2/3 and 0; 1/2 of all
    y = [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
    kinds = ["a", "b", "a", "b", "new", "a", "b", "new", "a", "b", None]
    rate = {"a": 2 / 3, "b": 0, "new": 1 / 2}

    item = found(table(y, kind=kinds), train)["kind"]

    assert item["known_rows"] == 10
    assert item["roc_auc"] == pytest.approx(in_order(y[:10], [rate[kind] for kind in kinds[:10]]), abs=1e-6)


def test_a_category_that_misleads_is_below_chance_for_its_rates_are_learned():
    train = table([1, 0], kind=["a", "b"])

    assert found(table([0, 1] * 5, kind=["a", "b"] * 5), train)["kind"]["roc_auc"] == 0


def test_a_category_that_no_training_row_has_tells_nothing():
    train = table([1, 0], kind=[None, None])

    assert found(table([0, 1] * 5, kind=["a", "b"] * 5), train)["kind"]["roc_auc"] == 0.5


def test_the_outcome_under_another_name_is_suspected_by_its_value_and_by_being_missing():
    y = [0, 0, 1] * 20
    by_value = found(table(y, number=[1000.0 - of for of in y]))
    by_missing = found(table(y, number=[None if of else 5.0 for of in y]))
    by_kind = found(table(y, kind=["refund" if of else "none" for of in y]))

    assert suspects(by_value.values()) == suspects(by_missing.values()) == ["number"]
    assert suspects(by_kind.values()) == ["kind"]
    assert by_missing["number"]["roc_auc"] is None  # of the rows with a value none is positive
    assert telling(by_missing["number"]) == 1


@pytest.mark.parametrize(("wrong", "suspected"), [(1, ["number"]), (2, [])])
def test_a_feature_is_suspected_from_99_in_100_pairs_on(wrong, suspected):
    y = [1] * 10 + [0] * 10
    number = [1.0] * 10 + [0.0] * 10
    number[10 - wrong : 10] = [0.0] * wrong  # ties with all ten negatives: each costs a twentieth
    number = [value + 10 if place < 10 - wrong else value for place, value in enumerate(number)]
    if wrong == 1:
        number[9] = 0.5
        number[10] = 0.6  # one pair of a hundred the wrong way
    item = found(table(y, number))

    assert suspects(item.values()) == suspected


def test_few_rows_of_a_class_say_nothing():
    y = [1] * 4 + [0] * 96
    item = found(table(y, number=[float(of) for of in y]))["number"]

    assert (item["roc_auc"], item["missing_roc_auc"], telling(item)) == (None, None, 0.5)
    assert found(table([1, *y], number=[float(of) for of in [1, *y]]))["number"]["roc_auc"] == 1


def test_the_most_telling_comes_first_and_the_order_of_rows_does_not_matter():
    random = np.random.default_rng(2)
    y = (random.random(80) < 0.5).astype(int).tolist()
    kinds = [("a", "b", None)[(of + n) % 3] if n % 4 else "ab"[of] for n, of in enumerate(y)]
    rows = table(y, random.normal(size=80).tolist(), kinds)

    first = single_features(rows, rows, contract=CONTRACT)

    assert [item["feature"] for item in first] == ["kind", "number"]
    assert single_features(rows, rows[::-1], contract=CONTRACT) == first


def test_numbers_that_are_none_are_missing():
    rows = table([0, 1] * 10, [float("nan"), 1.0] * 10)

    item = found(rows)["number"]

    assert (item["known_rows"], item["roc_auc"], item["missing_roc_auc"]) == (10, None, 1.0)
