"""Scores of rows, what identifies them, and the commands that make them: pure functions on small values."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_assets.core.contract import DatasetContract
from ml_assets.errors import RefusedError, SourceError
from ml_assets.pipelines.tabular.monitoring.parameters import MonitoringParameters, monitoring_identity
from ml_assets.pipelines.tabular.parameters import DatasetParameters
from ml_assets.pipelines.tabular.scoring.contract import Outcomes, RowsToScore, outcomes, rows_to_score
from ml_assets.pipelines.tabular.scoring.parameters import (
    ScoringParameters,
    check_scoring,
    model_identity,
    score_commands,
    scoring_identity,
)
from ml_assets.pipelines.tabular.scoring.score import known_rows, score
from ml_assets_tests.test_gates import manifests

DAY = dt.date(2025, 7, 1)
RUN = "0123456789ab"
FIELDS = {
    "event_time": "ts",
    "label": "y",
    "label_closes_at": "closes",
    "ids": ("id",),
    "features": ("value", "kind"),
}
CONTRACT = RowsToScore(**FIELDS, types={"value": "number", "kind": "category"})


def day(n):
    return DAY + dt.timedelta(days=n)


def rows(*items):
    """Rows of (day, id, hours after its midnight, value)."""
    return pl.DataFrame(
        [
            {
                "day": day(n),
                "id": name,
                "ts": None
                if hours is None
                else dt.datetime.combine(day(n), dt.time()) + dt.timedelta(hours=hours),
                "value": value,
                "kind": "a",
                "y": 1,
            }
            for n, name, hours, value in items
        ],
        schema_overrides={"value": pl.Float64, "ts": pl.Datetime("us")},
    )


def known(frame, first=0, last=1, contract=CONTRACT):
    return known_rows(
        frame.lazy(), contract=contract, first=day(first), last=day(last), origin="shop:/orders"
    )


def refusal(frame, **more):
    with pytest.raises(SourceError) as caught:
        known(frame, **more)
    return str(caught.value)


def test_rows_whose_event_is_after_the_end_of_their_day_are_not_known_and_counted():
    frame = rows(
        (1, "c", 1, 1.0), (0, "b", 23.9, 2.0), (0, "a", 24, 3.0), (0, "z", 0, None), (2, "later", 1, 4.0)
    )
    found = known(frame)

    assert found.table["id"].to_list() == ["b", "z", "c"]
    assert found.table.columns == ["day", "id", "ts", "value", "kind"]
    assert found.not_yet_known == 1
    assert known(frame, 1, 2).table["id"].to_list() == ["c", "later"]


def test_the_order_of_rows_is_that_of_day_and_content():
    items = [(1, "b", 1, 1.0), (1, "a", 2, 1.0), (0, "b", 1, 2.0), (0, "b", 1, 1.0), (0, "a", 3, 9.0)]

    found = known(rows(*items)).table.select("day", "id", "value").rows()
    assert found == known(rows(*items[::-1])).table.select("day", "id", "value").rows()
    assert found == sorted((day(n), name, value) for n, name, _, value in items)


def test_rows_that_cannot_be_scored_are_refused_with_column_day_and_remedy():
    assert refusal(rows((1, "a", None, 1.0), (0, "b", None, 1.0))) == (
        f"shop:/orders: column `ts` is empty in 2 rows, first on date={day(0)}. Give every row the time of its event."
    )
    assert refusal(rows((0, "a", 1, float("inf")), (1, "b", 1, 1e300))) == (
        f"shop:/orders: column `value` is beyond 1e+30 in 2 rows, first on date={day(0)}. "
        "Write a number, or nothing where it is not known."
    ).replace("1e+30", f"{largest():g}")
    assert "in 1 row, first" in refusal(rows((1, "b", 1, -1e300)))
    assert refusal(rows((0, "a", 25, 1.0)), last=0) == (
        f"shop:/orders, {day(0)}: there are no rows to score. Land them, or choose a day that has rows."
    )
    assert f"shop:/orders, {day(3)} to {day(4)}: there are no rows" in refusal(
        rows((0, "a", 1, 1.0)), first=3, last=4
    )


def largest():
    from ml_assets.core.contract import LARGEST

    return LARGEST


def test_the_largest_number_is_still_one_and_whole_numbers_and_nothing_are():
    assert known(rows((0, "a", 1, largest()), (0, "b", 1, -largest()), (0, "c", 1, None))).table.height == 3
    assert known(rows((0, "a", 1, 1.0)).with_columns(pl.col("value").cast(pl.Int64))).table.height == 1


@pytest.mark.parametrize(
    "change", [{"ids": ("score",)}, {"ids": ("id", "model_run_id")}, {"event_time": "score"}]
)
def test_a_column_with_a_name_that_predictions_use_is_refused(change):
    contract = RowsToScore(**{**FIELDS, **change})
    name = next(name for name in (*contract.ids, contract.event_time) if name in ("score", "model_run_id"))

    assert refusal(rows((0, "a", 1, 1.0)), contract=contract) == (
        f"shop:/orders: `{name}` is a name that predictions use themselves. Rename that column in the files."
    )


class Halves:
    """An estimator whose probability of outcome 1 is half the value."""

    def predict_proba(self, features):
        one = np.asarray(features)[:, 0].astype(float) / 2
        return np.column_stack([1 - one, one])


def test_each_row_gets_the_score_of_the_model_and_the_name_of_it():
    own = RowsToScore(**{**FIELDS, "features": ("value",)})
    found = known(rows((1, "b", 1, 2.0), (0, "a", 1, 0.0), (0, "c", 30, 9.0), (1, "d", 2, 0.5)), contract=own)
    product = score(found, model=Halves(), contract=own, model_run_id=RUN)

    assert product.value.columns == ["id", "ts", "day", "score", "model_run_id"]
    assert product.value.schema["score"] == pl.Float64
    assert product.value.select("id", "score", "model_run_id").rows() == [
        ("a", 0.0, RUN),
        ("b", 1.0, RUN),
        ("d", 0.25, RUN),
    ]
    assert product.facts == {"rows": 3, "rows_not_yet_known": 1, "model_run_id": RUN}
    assert product.metrics == pytest.approx(
        {"mean_score": 0.4166666667, "score_p10": 0.05, "score_p50": 0.25, "score_p90": 0.85}, abs=1e-12
    )


def test_a_model_takes_the_columns_of_its_training_set_and_outcomes_the_others():
    contract = DatasetContract(**FIELDS)
    facts = {"contract": contract.model_dump(), "schema": {"value": "number", "kind": "category"}}

    assert rows_to_score(facts) == CONTRACT
    assert rows_to_score(facts).columns == ("id", "ts", "value", "kind")
    assert isinstance(outcomes(facts), Outcomes)
    assert outcomes(facts).columns == ("id", "ts", "y", "closes")
    assert outcomes(facts).types == {"value": "number", "kind": "category"}


@pytest.mark.parametrize(
    ("days", "more", "command"),
    [
        (
            (0,),
            {},
            "ml-assets score --dataset orders --source sample --as-of 2025-07-01 --model 0123456789ab",
        ),
        (
            (0, 1),
            {},
            "ml-assets score --dataset orders --source sample --from 2025-07-01 --to 2025-07-02 --model 0123456789ab",
        ),
        (
            (2,),
            {"environment": "green"},
            "ml-assets score --dataset orders --source sample --as-of 2025-07-03 --model 0123456789ab --environment green",
        ),
    ],
)
def test_the_command_that_scores_is_printed(days, more, command):
    assert score_commands(DatasetParameters(), map(day, days), model_run_id=RUN, **more) == [command]


def test_days_with_gaps_need_several_commands_and_a_source_is_named():
    own = DatasetParameters(source="shop", dataset="customers")

    assert score_commands(own, map(day, (0, 1, 4)), model_run_id=RUN) == [
        f"ml-assets score --dataset customers --source shop --from 2025-07-01 --to 2025-07-02 --model {RUN}",
        f"ml-assets score --dataset customers --source shop --as-of 2025-07-05 --model {RUN}",
    ]


def test_predictions_and_monitorings_are_identified_by_the_very_bytes_of_the_model():
    model = manifests()["model"]
    named = {
        "run_id": model.run_id,
        "model_version": model.parameters["model_version"],
        "sha256": model.sha256,
    }
    own = DatasetParameters(source="shop", dataset="customers")

    assert model_identity(model) == named
    assert scoring_identity(own, model) == {"dataset": "customers", "source": "shop", "model": named}
    assert monitoring_identity(own, MonitoringParameters(window_days=3, drift_days=4, min_rows=5), model) == {
        "dataset": "customers",
        "source": "shop",
        "model": named,
        "window_days": 3,
        "drift_days": 4,
        "min_rows": 5,
    }


def test_what_scoring_takes():
    assert check_scoring({}) == ScoringParameters(model="live")
    assert check_scoring({"model": RUN}).model == RUN
    with pytest.raises(RefusedError) as refused:
        check_scoring({"model": "blue", "day": 1})
    assert list(refused.value.problems) == [
        "day: unknown parameter. Known: model.",
        "model: has characters that are not allowed. Allowed: live, or the 12 hex digits of a model's run_id.",
    ]
