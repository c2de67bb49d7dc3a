"""Scores against outcomes, on rows small enough to count by hand."""

import datetime as dt

import polars as pl
import pytest

from ml_assets.core.contract import DatasetContract
from ml_assets.errors import RefusedError, SourceError
from ml_assets.pipelines.tabular.evaluated.yes_no import curves, metrics
from ml_assets.pipelines.tabular.monitoring.change import Evaluated
from ml_assets.pipelines.tabular.monitoring.drift import drift, shift
from ml_assets.pipelines.tabular.monitoring.look import Look
from ml_assets.pipelines.tabular.monitoring.measure import Outcomes, compare, measure, outcomes_of
from ml_assets.pipelines.tabular.monitoring.outcomes import (
    NOTHING,
    Joined,
    closed_outcomes,
    closing_days,
    join,
)
from ml_assets.pipelines.tabular.monitoring.parameters import MonitoringParameters, check_monitoring
from ml_assets.pipelines.tabular.monitoring.verdicts import MetricChange
from ml_assets.pipelines.tabular.scoring.said import Said

DAY = dt.date(2025, 7, 1)
CONTRACT = DatasetContract(
    event_time="ts", label="y", label_closes_at="closes", ids=("id",), features=("value",)
)

LOOK = Look(number=3, error=0.0005)


def day(n):
    return DAY + dt.timedelta(days=n)


def at(n, hour=12, **more):
    return dt.datetime.combine(day(n), dt.time(hour)) + dt.timedelta(**more)


def rows(*items):
    """Rows of (day, id, outcome, days until its window closes); the event is at noon."""
    return pl.DataFrame(
        [
            {
                "day": day(n),
                "id": name,
                "ts": at(n),
                "y": y,
                "closes": None if wait is None else at(n, days=wait),
                "value": 1.0,
            }
            for n, name, y, wait in items
        ],
        schema_overrides={"y": pl.Int8, "closes": pl.Datetime("us")},
    )


def closed(frame, as_of, days=(0, 1, 2)):
    found = closed_outcomes(
        frame.lazy(), contract=CONTRACT, days=[day(n) for n in days], as_of=day(as_of), origin="shop:/orders"
    )
    return found["id"].to_list()


def test_a_row_counts_from_the_end_of_the_day_on_which_its_window_closes():
    frame = rows((0, "a", 1, 3), (0, "b", 0, 4), (1, "c", None, 1), (1, "d", 1, None), (2, "e", 0, 1))

    assert [closed(frame, n) for n in (2, 3, 4)] == [[], ["a", "e"], ["a", "b", "e"]]
    assert closed(frame, 9, days=(2,)) == ["e"]


def test_a_window_that_closes_at_midnight_is_over_at_the_end_of_the_day_and_an_event_then_is_of_the_next():
    frame = rows((0, "a", 1, 0)).with_columns(closes=pl.lit(at(2, 0)))
    late = rows((0, "a", 1, 0)).with_columns(ts=pl.lit(at(2, 0)), closes=pl.lit(at(2, 0)))

    assert closed(frame, 1) == ["a"]
    assert closed(frame, 0) == []
    assert closed(late, 1) == []
    assert closed(late, 2) == ["a"]


def test_rows_come_in_the_order_of_their_content_with_the_columns_of_the_contract():
    frame = rows((1, "b", 1, 0), (0, "z", 0, 0), (1, "a", 0, 0)).with_columns(extra=pl.lit(1))
    found = closed_outcomes(frame.lazy(), contract=CONTRACT, days=[day(0), day(1)], as_of=day(5), origin="x")

    assert found["id"].to_list() == ["z", "a", "b"]
    assert found.columns == ["day", "id", "ts", "y", "closes", "value"]


def test_an_outcome_that_is_neither_is_named_with_column_and_day():
    frame = rows((2, "a", 3, 0), (1, "b", 2, 0), (0, "c", 1, 0))

    with pytest.raises(SourceError) as caught:
        closed(frame, 9)
    assert str(caught.value) == (
        f"shop:/orders: column `y` holds something else than 0 and 1 on date={day(1)}. "
        "Write 0 or 1, and nothing where the outcome is not known."
    )


@pytest.mark.parametrize(("waits", "days"), [((0,), 0), ((1, 3), 3), ((30,), 30)])
def test_windows_close_as_many_days_later_as_the_longest_takes(waits, days):
    frame = rows(*((0, str(n), 0, wait) for n, wait in enumerate(waits)))

    assert closing_days(frame, CONTRACT) == days
    midnight = frame.with_columns(closes=pl.col("closes") + pl.duration(hours=12))
    assert closing_days(midnight, CONTRACT) == days
    later = frame.with_columns(closes=pl.col("closes") + pl.duration(hours=13))
    assert closing_days(later, CONTRACT) == days + 1


def scores(*items):
    """Predictions of (day, id, score)."""
    return pl.DataFrame(
        [{"day": day(n), "id": name, "ts": at(n), "score": score} for n, name, score in items],
        schema={"day": pl.Date, "id": pl.String, "ts": pl.Datetime("us"), "score": pl.Float64},
    )


def test_each_score_meets_its_own_outcome_and_all_others_are_counted():
    predictions = scores(
        (1, "b", 0.9), (0, "a", 0.2), (0, "twice", 0.3), (0, "twice", 0.4), (1, "waits", 0.5), (0, None, 0.6)
    )
    outcomes = rows(
        (0, "a", 0, 0),
        (1, "b", 1, 0),
        (0, "twice", 1, 0),
        (0, "alone", 1, 0),
        (0, None, 1, 0),
        (1, "a", 1, 0),
    )

    found = join(predictions, outcomes, CONTRACT)

    assert found.table.select("day", "id", "score", "outcome").rows() == [
        (day(0), None, 0.6, 1),
        (day(0), "a", 0.2, 0),
        (day(1), "b", 0.9, 1),
    ]
    assert found.table.columns == ["day", "id", "ts", "score", "outcome"]
    assert (found.ambiguous, found.waiting, found.unscored) == (2, 1, 2)


def test_outcomes_that_are_there_twice_leave_their_score_out():
    outcomes = rows((0, "a", 0, 0), (0, "a", 1, 0), (0, "b", 1, 0))

    found = join(scores((0, "a", 0.1), (0, "b", 0.2)), outcomes, CONTRACT)

    assert found.table.select("id", "score", "outcome").rows() == [("b", 0.2, 1)]
    assert found[1:] == (1, 0, 0)


def test_rows_without_an_id_may_be_there_twice_as_well():
    predictions = scores((0, None, 0.1), (0, None, 0.2), (0, "a", 0.3))

    found = join(predictions, rows((0, "a", 1, 0)), CONTRACT)

    assert (found.table.height, found[1:]) == (1, (2, 0, 0))


def test_the_order_of_joined_rows_is_that_of_day_ids_and_event_time():
    items = [(n % 3, f"{n}", (7 * n % 5) / 10, 5 * n % 2) for n in range(40)]
    predictions = scores(*((n, name, score) for n, name, score, _ in items[::-1]))
    outcomes = rows(*((n, name, y, 0) for n, name, _, y in items))

    joined = join(predictions, outcomes, CONTRACT).table

    assert joined.select("day", "id", "score", "outcome").rows() == sorted(
        (day(n), name, score, y) for n, name, score, y in items
    )


def test_the_event_time_may_be_an_id():
    contract = CONTRACT.model_copy(update={"ids": ("ts", "id")})

    joined = join(scores((0, "a", 0.1)), rows((0, "a", 1, 0)), contract).table

    assert joined.columns == ["day", "ts", "id", "score", "outcome"]


def test_nothing_has_columns_of_something():
    something = join(scores((0, "a", 0.1)), rows((0, "a", 1, 0)), CONTRACT).table
    assert NOTHING.table.schema == something.select("day", "score", "outcome").schema
    assert NOTHING[1:] == (0, 0, 0)


def table(*pairs, n=0):
    return pl.DataFrame(
        {
            "day": [day(n)] * len(pairs),
            "id": [f"{n}-{place}" for place in range(len(pairs))],
            "score": [s for s, _ in pairs],
            "outcome": [y for _, y in pairs],
        },
        schema={**NOTHING.table.schema, "id": pl.String},
    )


MIXED = ((0.1, 0), (0.2, 0), (0.3, 1), (0.7, 0), (0.8, 1), (0.9, 1))


def test_metrics_are_those_of_the_evaluation_rounded():
    y, score = ([pair[place] for pair in MIXED] for place in (1, 0))
    found = measure(table(*MIXED), contract=CONTRACT, facts={"train_base_rate": 0.25}, min_rows=6)
    import numpy as np

    expected = metrics(np.array(y), np.array(score), base_rate=0.25, entity=np.arange(len(y)))
    assert found.metrics == {name: round(value, 10) for name, value in expected.items()}
    assert (found.rows, found.reason) == (6, "")


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        (MIXED[:5], "5 rows with outcomes; from 6 on there are metrics"),
        ([(0.1, 0)] * 7, "all 7 outcomes are 0"),
        ([(0.1, 1)] * 6, "all 6 outcomes are 1"),
    ],
)
def test_of_few_rows_or_one_class_there_are_no_metrics_and_the_reason_is_told(pairs, reason):
    found = measure(table(*pairs), contract=CONTRACT, facts={"train_base_rate": 0.5}, min_rows=6)

    assert (found.rows, found.metrics, found.reason) == (len(pairs), {}, reason)


def test_one_outcome_is_a_class_by_itself_and_one_of_the_other_kind_is_enough():
    assert (
        measure(table((0.1, 0)), contract=CONTRACT, facts={"train_base_rate": 0.5}, min_rows=1).reason
        == "all 1 outcomes are 0"
    )
    assert (
        measure(
            table((0.1, 0), (0.3, 0), (0.7, 1)), contract=CONTRACT, facts={"train_base_rate": 0.5}, min_rows=3
        ).metrics["roc_auc"]
        == 1.0
    )


def outcomes(joined, *, metrics, days=(0,), scored=(0,), min_rows=6, look=LOOK):
    return outcomes_of(
        joined,
        days=tuple(map(day, days)),
        scored=tuple(map(day, scored)),
        closing=5,
        evaluated=Evaluated(metrics, None),
        contract=CONTRACT,
        look=look,
        facts={"train_base_rate": 0.25},
        min_rows=min_rows,
    )


def test_all_that_outcomes_say_of_two_days():
    both = pl.concat([table(*MIXED), table(*MIXED[::-1], n=1)])
    evaluated = {"roc_auc": 0.8, "roc_auc_low": 0.7, "roc_auc_high": 0.95, "brier": 0.1, "only_then": 1.0}

    found = outcomes(
        Joined(both, ambiguous=1, waiting=2, unscored=3),
        metrics=evaluated,
        days=(0, 1, 2),
        scored=(0, 1),
        min_rows=7,
    )

    assert (found.first, found.last, found.closing_days, found.days_scored) == (day(0), day(2), 5, 2)
    assert (found.ambiguous, found.waiting, found.unscored) == (1, 2, 3)
    assert found.overall == measure(both, contract=CONTRACT, facts={"train_base_rate": 0.25}, min_rows=7)
    assert found.calibration == curves(both["outcome"].to_numpy(), both["score"].to_numpy())["calibration"]
    assert set(found.compared) == {"roc_auc", "brier"}
    assert (found.look, found.verdict) == (LOOK, "not known yet")
    assert set(found.verdicts.reasons().values()) == {"6 positives; verdicts need 10"}
    assert [(item.day, item.rows, item.metrics) for item in found.days] == [(day(0), 6, {}), (day(1), 6, {})]
    assert found.days[0].reason == "6 rows with outcomes; from 7 on there are metrics"


def test_a_day_tells_the_metrics_that_are_drawn():
    one = outcomes(Joined(table(*MIXED), 0, 0, 0), metrics={})
    (told,) = one.days

    assert list(told.metrics) == ["roc_auc", "roc_auc_low", "roc_auc_high", "log_loss", "brier", "base_rate"]
    assert all(told.metrics[name] == one.overall.metrics[name] for name in told.metrics)
    assert (one.compared, one.verdict) == ({}, "not known yet")


def test_where_nothing_has_closed_nothing_is_known():
    found = outcomes(NOTHING, metrics={}, days=(), scored=(), min_rows=2, look=None)

    assert (found.first, found.last, found.days, found.calibration) == (None, None, (), {})
    assert found.overall.reason == "0 rows with outcomes; from 2 on there are metrics"
    assert (found.look, found.verdict) == (None, "not known yet")
    assert set(found.verdicts.reasons().values()) == {found.overall.reason}


def test_metrics_that_both_have_are_compared_but_for_the_ends_of_intervals():
    then = {"roc_auc": 0.80, "roc_auc_low": 0.76, "roc_auc_high": 0.83, "brier": 0.2}
    now = {"roc_auc": 0.70, "roc_auc_low": 0.66, "roc_auc_high": 0.73, "brier": 0.15, "log_loss": 0.5}

    compared = compare(then, now)

    assert list(compared) == ["roc_auc", "brier"]
    assert compared["roc_auc"].model_dump() == {"evaluated": 0.80, "now": 0.70, "difference": -0.1}
    assert compared["brier"].difference == -0.05


def test_a_monitoring_of_an_earlier_version_has_the_verdict_that_it_had():
    earlier = {"evaluated": 0.95, "now": 0.68, "difference": -0.27, "low": -0.35, "high": -0.2}
    document = outcomes(Joined(table(*MIXED), 0, 0, 0), metrics={}).model_dump(mode="json")
    del document["verdicts"], document["look"]
    document |= {"verdict": "worse", "compared": {"roc_auc": earlier, "brier": {**earlier, "low": None}}}

    found = Outcomes.model_validate(document)

    assert (found.verdict, found.look) == ("worse", None)
    assert found.verdicts.ranking == MetricChange(
        verdict="worse", current=0.68, evaluated=0.95, difference=-0.27, low=-0.35, high=-0.2
    )
    assert "earlier version" in found.verdicts.calibration.reason
    assert found.compared["brier"].now == 0.68


def test_inputs_are_held_against_training_and_scores_against_the_holdout():
    train = pl.DataFrame({"same": range(100), "moved": range(100), "also": range(100)})
    now = pl.DataFrame({"same": range(0, 100, 2), "moved": range(100, 150), "also": range(100, 150)})
    then_scores, now_scores = pl.Series([0.1, 0.2, 0.3, 0.4]), pl.Series([0.2, 0.8])

    found = drift(
        train=train,
        holdout_scores=Said(then_scores, then_scores),
        rows=now,
        scores=Said(now_scores, now_scores),
        features=["same", "moved", "also"],
        days=[day(0), day(1)],
    )

    assert (found.days, found.rows, found.training_rows, found.holdout_rows) == ((day(0), day(1)), 2, 100, 4)
    assert [item.name for item in found.inputs] == ["also", "moved", "same"]
    assert found.inputs[1] == shift("moved", train["moved"], now["moved"])
    assert found.scores == shift("score", then_scores, now_scores)
    assert len(found.histogram.edges) == 21
    assert found.histogram.edges[:2] == (0.0, 0.04)
    assert found.histogram.edges[-1] == 0.8
    told = {"then": found.histogram.then, "now": found.histogram.now}
    assert {
        name: [(n, share) for n, share in enumerate(shares) if share] for name, shares in told.items()
    } == {
        "then": [(2, 0.25), (5, 0.25), (7, 0.25), (10, 0.25)],
        "now": [(5, 0.5), (19, 0.5)],
    }


def test_what_a_monitoring_takes():
    assert check_monitoring({}) == MonitoringParameters(
        model="live", window_days=28, drift_days=7, min_rows=30
    )
    with pytest.raises(RefusedError) as refusal:
        check_monitoring({"window_days": 0, "drift_days": 93, "min_rows": 1, "model": "v1", "rows": 3})
    assert list(refusal.value.problems) == [
        "rows: unknown parameter. Did you mean min_rows?",
        "model: has characters that are not allowed. Allowed: live, or the 12 hex digits of a model's run_id.",
        "window_days: too small. Allowed: a whole number from 1 to 366.",
        "drift_days: too large. Allowed: a whole number from 1 to 92.",
        "min_rows: too small. Allowed: a whole number from 2 to 100000.",
    ]
