"""What is declared of a metric holds wherever metrics are listed, ranked or compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Metric
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.terminal.results import metrics_table
from ml_assets_tests.row_metrics import BINARY

METRICS_OF_A_RUN = {
    "skill": 0.1,
    "roc_auc": 0.75256,
    "roc_auc_low": 0.71504,
    "roc_auc_high": 0.79018,
    "log_loss": 0.5,
    "score_low": 0.2,
}


def test_an_end_is_one_only_where_its_metric_is_there():
    assert METRICS.without_ends(METRICS_OF_A_RUN) == ["skill", "roc_auc", "log_loss", "score_low"]
    assert METRICS.is_end("roc_auc_high", METRICS_OF_A_RUN)
    assert not METRICS.is_end("roc_auc_high", {"log_loss"})
    assert not METRICS.is_end("roc_auc", {"roc"})


def test_of_the_metrics_of_an_evaluation_the_ends_are_those_of_three_of_them():
    metrics = BINARY.without_ends(BINARY.names)

    assert [name for name in BINARY.names if name not in metrics] == [
        f"{name}_{end}" for name in ("roc_auc", "log_loss", "brier") for end in ("low", "high")
    ]


@pytest.mark.parametrize(
    ("name", "ends", "text"),
    [("roc_auc", (0.71504, 0.79018), "0.7150 to 0.7902"), ("log_loss", None, ""), ("score", None, "")],
)
def test_an_interval_has_both_ends_or_is_none(name, ends, text):
    assert METRICS.interval(name, METRICS_OF_A_RUN) == ends
    assert METRICS.interval_text(name, METRICS_OF_A_RUN) == text


def cells(table):
    return [list(column.cells) for column in table.columns]


def test_a_table_of_metrics_has_intervals_beside_them_and_the_order_of_an_evaluation():
    assert cells(metrics_table(METRICS_OF_A_RUN, pipeline=tabular)) == [
        ["roc_auc", "log_loss", "skill", "score_low"],
        ["0.7526", "0.5000", "0.1000", "0.2000"],
        ["0.7150 to 0.7902", "", "", ""],
    ]


def test_a_table_of_metrics_without_intervals_has_no_column_for_them():
    assert cells(metrics_table({"mean_score": 0.25, "rows": 3}, pipeline=tabular)) == [
        ["mean_score", "rows"],
        ["0.2500", "3"],
    ]


GROUPED = Metrics(
    (Metric("mae", better="smaller", margin=0.1, interval=("mae_low", "mae_high")), Metric("rows"))
)


def test_a_group_has_the_way_the_margin_and_the_interval_of_the_metric_before_its_dot():
    values = {"mae.week1": 0.2, "mae_low.week1": 0.1, "mae_high.week1": 0.3}

    assert not GROUPED.larger_is_better("mae.week1")
    assert GROUPED.margin("mae.week1") == 0.1
    assert GROUPED.interval_text("mae.week1", values) == "0.1000 to 0.3000"
    assert GROUPED.without_ends(values) == ["mae.week1"]


@given(
    st.permutations(["mae", "mae_low", "mae_high", "mae.week1", "mae_low.week1", "rows", "a.b", "z"]),
)
def test_names_have_one_order_and_what_is_not_declared_comes_last(names):
    assert GROUPED.in_order(names) == [
        *("mae", "mae.week1", "mae_low", "mae_low.week1", "mae_high", "rows"),
        *("a.b", "z"),
    ]


@pytest.mark.parametrize("name", ["rows", "speed", "speed.week1"])
def test_what_only_describes_or_is_not_declared_ranks_nothing(name):
    with pytest.raises(RefusedError, match=r"metric: cannot rank trials\. Allowed: mae\."):
        GROUPED.larger_is_better(name)
