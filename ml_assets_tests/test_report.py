"""The report as a pure function: what it computes, and what must not change it."""

import datetime as dt
import itertools
import json
import random

import numpy as np
import pytest
import scipy.stats
from hypothesis import example, given
from hypothesis import strategies as st

from ml_assets.core.command import retry_commands, spans
from ml_assets.core.parameters import identity
from ml_assets.core.report import text as words
from ml_assets.core.report.coverage import Cell, coverage
from ml_assets.core.report.document import build_report
from ml_assets.core.report.markdown import markdown
from ml_assets.core.report.parameters import report_identity
from ml_assets.core.report.pictures import coverage_png, days_png
from ml_assets.core.report.pooled import Pool, Pooled
from ml_assets.core.report.record import DayRecord
from ml_assets.core.report.summary import _furthest, outliers, summarise
from ml_assets.core.report.trend import Drift, Trend, _design, drift, trend
from ml_assets.core.run_id import hash_identity
from ml_assets.core.slices import label
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.beside import ReportParameters, check_report

FIRST = dt.date(2025, 12, 1)
PARAMETERS = TrainingParameters(lookback_days=120)
numbers = st.integers(-1000, 1000).map(lambda n: n / 10)


def day(n):
    return FIRST + dt.timedelta(days=n)


def by_day(values):
    return {day(n): value for n, value in enumerate(values)}


def made(n, auc=0.7, *, rows=1000, rate=0.15, status="made"):
    return DayRecord(
        as_of=day(n),
        status=status,
        run_id=f"{n:012d}",
        metrics={"roc_auc": auc, "base_rate": rate},
        facts={"rows": rows, "base_rate": rate, "holdout_rows": rows / 5},
        seconds=1.5,
    )


def undone(n, status="failed", reason="orders: no rows."):
    return DayRecord(as_of=day(n), status=status, run_id=f"{n:012d}", reason=reason)


def report(records, **more):
    return build_report(records, parameters=PARAMETERS, environment="dev", **more, pipeline=tabular)


@st.composite
def windows(draw):
    """Records of at most 20 days, of every status."""
    kinds = draw(st.lists(st.sampled_from(["made", "reused", "failed", "missing"]), min_size=1, max_size=20))
    auc = st.floats(0, 1)
    return [
        made(n, draw(auc), rows=draw(st.integers(0, 9999)), rate=draw(auc), status=kind)
        if kind in ("made", "reused")
        else undone(n, kind, draw(st.sampled_from(["", "a", "b"])) if kind == "failed" else "")
        for n, kind in enumerate(kinds)
    ]


@given(windows(), st.randoms(use_true_random=False))
def test_the_order_in_which_days_come_changes_nothing(records, shuffler):
    shuffled = list(records)
    shuffler.shuffle(shuffled)

    assert report(shuffled) == report(records)
    assert markdown(report(shuffled), pipeline=tabular) == markdown(report(records), pipeline=tabular)


@given(windows())
def test_every_day_has_one_status_and_every_undone_day_is_in_a_retry(records):
    found = report(records)

    assert sum(found.counts.values()) == found.asked == len(records)
    assert found.done == found.counts["made"] + found.counts["reused"]
    assert found.success_rate == pytest.approx(found.done / found.asked)
    retried = set()
    for command in found.retry:
        words = command.split()
        flags = ("--from", "--to") if words[1] == "backfill" else ("--as-of", "--as-of")
        a, b = (dt.date.fromisoformat(words[words.index(flag) + 1]) for flag in flags)
        retried |= {a + dt.timedelta(days=n) for n in range((b - a).days + 1)}
    assert retried == {record.as_of for record in records if not record.done}


@given(windows())
def test_a_report_is_json_and_comes_back_equal(records):
    found = report(records)

    assert type(found).model_validate_json(json.dumps(found.document(), allow_nan=False)) == found


@example(7.12578771339998, 4.7528137893538585, 4)  # whose rounding is large beside so few days
@given(st.floats(-10, 10), st.floats(-5, 5), st.integers(3, 40))
def test_the_trend_of_a_straight_line_is_its_slope(start, slope, count):
    trend = summarise(by_day([start + slope * n for n in range(count)]), window_days=0).trend

    assert trend.slope == pytest.approx(slope, abs=1e-8)
    assert trend.low == pytest.approx(slope, abs=1e-8)
    assert trend.high == pytest.approx(slope, abs=1e-8)


@given(st.lists(numbers, min_size=3, max_size=30).filter(lambda values: len(set(values)) > 1))
def test_mean_spread_and_slope_are_those_of_numpy_and_scipy(values):
    found = summarise(by_day(values), window_days=1)

    assert found.mean == pytest.approx(np.mean(values), abs=1e-8)
    assert found.std == pytest.approx(np.std(values, ddof=1), abs=1e-6)
    assert (found.min, found.max) == pytest.approx((min(values), max(values)), abs=1e-9)
    assert found.trend.slope == pytest.approx(
        scipy.stats.linregress(range(len(values)), values).slope, abs=1e-6
    )


@pytest.mark.parametrize("window", [1, 5, 10])
def test_the_variance_of_a_slope_before_its_correction_is_the_hac_one_of_statsmodels(window):
    import statsmodels.api

    values = np.random.default_rng(3).normal(size=60)
    days = np.arange(60.0)
    fit = statsmodels.api.OLS(values, statsmodels.api.add_constant(days)).fit(
        cov_type="HAC", cov_kwds={"maxlags": window, "use_correction": False}
    )
    found = summarise(by_day(values), window_days=window).trend

    design = _design(tuple(day(n).toordinal() for n in range(60)), window)
    half = scipy.stats.t.ppf(0.975, design.freedom) * fit.bse[1] * design.factor**0.5
    assert found.high - found.slope == pytest.approx(half, rel=1e-6)


def test_days_that_are_left_out_count_in_the_trend():
    trend = summarise({day(0): 0.0, day(1): 1.0, day(9): 9.0}, window_days=1).trend

    assert trend.slope == pytest.approx(1)


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        ([1, 2, 3, 4.1, 5, 6.1], "rising"),
        ([6, 5, 4.1, 3, 2, 1.1], "falling"),
        ([1, 2, 1, 2, 1, 2], "no clear trend"),
        ([0.3] * 6, "no clear trend"),
    ],
)
def test_a_trend_has_a_direction_only_where_its_interval_leaves_out_zero(values, direction):
    trend = summarise(by_day(values), window_days=1).trend

    assert trend.direction == direction
    assert (trend.low <= 0 <= trend.high) is (direction == "no clear trend")


def test_below_three_windows_of_days_a_trend_has_no_direction():
    line = {day(n): float(n) for n in range(85)}

    assert summarise(line, window_days=28).trend.direction == "rising"
    del line[day(84)]
    short = summarise(line, window_days=28).trend
    assert (short.slope, short.low, short.high, short.direction) == (1, None, None, "window too short")


@pytest.mark.parametrize("holdout", [28, 56])
@pytest.mark.parametrize("holdouts", [3, 6])
@pytest.mark.parametrize("step", [1, 7])
def test_a_metric_that_nothing_moves_has_a_trend_in_at_most_one_report_of_fourteen(holdout, holdouts, step):
    days = [day(n) for n in range(0, holdouts * holdout + 1, step)]
    values = rolling(2000, len(days), window=holdout, step=step)

    told = [trend(days, of, window_days=holdout).direction for of in values]

    assert np.mean([direction != "no clear trend" for direction in told]) <= 0.07


def rolling(many, count, *, window, step=1):
    """Series without a trend or outlier: means over windows of independent normal days, of shape (many, count)."""
    effects = np.random.default_rng(window + count).normal(size=(many, (count - 1) * step + window))
    sums = np.cumsum(np.c_[np.zeros(many), effects], axis=1)
    first = np.arange(count) * step
    return (sums[:, first + window] - sums[:, first]) / window


def test_one_day_has_neither_spread_nor_trend():
    found = summarise(by_day([0.7]), window_days=28)

    assert (found.std, found.trend, found.outliers) == (None, None, ())


@given(st.lists(st.floats(0.6, 0.7), min_size=5, max_size=30), st.integers(0, 29))
def test_a_day_far_from_all_others_is_an_outlier(values, where):
    where %= len(values)
    values[where] = 50.0

    assert day(where) in [item.as_of for item in summarise(by_day(values), window_days=28).outliers]


def test_equal_days_have_no_outlier_and_one_that_differs_among_equal_ones_is_one():
    (outlier,) = summarise(by_day([0.7] * 13 + [0.5]), window_days=28).outliers

    assert (outlier.as_of, outlier.value, outlier.score) == (day(13), 0.5, None)
    assert summarise(by_day([0.7] * 14), window_days=28).outliers == ()


def test_one_outlier_does_not_hide_another():
    values = [0.70, 0.71, 0.69, 0.70, 0.72, 0.71, 0.70, 0.69, 0.2, 0.1]

    assert [item.as_of for item in summarise(by_day(values), window_days=28).outliers] == [day(8), day(9)]


def test_the_score_of_an_outlier_is_its_distance_from_the_other_days_in_their_standard_deviations():
    values = [1.0, 2.0, 3.0, 4.0, 100.0]

    (outlier,) = summarise(by_day(values), window_days=28).outliers

    assert outlier.score == pytest.approx((100 - 2.5) / np.std([1, 2, 3, 4], ddof=1), abs=0.01)


def test_rosners_own_example_has_three_outliers():
    """54 values of NIST/SEMATECH's handbook, 1.3.5.17.3, which finds three at 5 %."""
    text = (
        "-0.25 0.68 0.94 1.15 1.20 1.26 1.26 1.34 1.38 1.43 1.49 1.49 1.55 1.56 1.58 1.65 1.69 1.70 1.76 1.77 1.81 "
        "1.91 1.94 1.96 1.99 2.06 2.09 2.10 2.14 2.15 2.23 2.24 2.26 2.35 2.37 2.40 2.47 2.54 2.62 2.64 2.90 2.92 "
        "2.92 2.93 3.21 3.26 3.30 3.59 3.68 4.30 4.64 5.34 5.42 6.01"
    )
    values = np.array([float(number) for number in text.split()])

    assert sorted(values[_furthest(values, error=0.05)]) == [5.34, 5.42, 6.01]


@pytest.mark.parametrize("count", [5, 10, 14, 31, 120, 366])
@pytest.mark.parametrize("window", [1, 28, 56])
def test_of_reports_in_which_nothing_happened_at_most_one_in_fourteen_has_an_outlier(count, window):
    values = rolling(3000 if count < 50 else 600, count, window=window)
    days = [day(n) for n in range(count)]

    assert np.mean([bool(outliers(days, of)) for of in values]) <= 0.07


def test_the_chance_of_an_outlier_is_that_of_all_numbers_of_a_report_together():
    days = [day(n) for n in range(14)]
    values = rolling(4000, 14, window=1).reshape(400, 10, 14)

    hit = [any(outliers(days, of, series=10) for of in numbers) for numbers in values]

    assert 0.01 <= np.mean(hit) <= 0.07


def test_drift_compares_the_later_half_with_the_earlier_and_leaves_out_the_middle():
    found = drift(by_day([100, 100, 999, 120, 140]), window_days=30)

    assert (found.earlier, found.later, found.change) == (100, 130, 30)
    assert found.relative == pytest.approx(0.3)
    assert found.flagged
    assert found.days_apart == 3
    assert found.shared == pytest.approx(0.9)


@pytest.mark.parametrize(("later", "flagged"), [(109, False), (110, True), (90, True), (91, False)])
def test_drift_is_flagged_from_ten_percent_on(later, flagged):
    assert drift(by_day([100, 100, later, later]), window_days=10).flagged is flagged


def test_from_next_to_nothing_there_is_no_relative_change():
    found = drift(by_day([2e-313, 0.0, 0.0, 1.0]), window_days=10)

    assert (found.earlier, found.later, found.relative, found.flagged) == (0.0, 0.5, None, True)


def test_windows_further_apart_than_they_are_long_share_nothing():
    assert drift(by_day([1.0] * 40), window_days=5).shared == 0
    assert drift(by_day([1.0, 1.0, 1.0]), window_days=5) is None


@given(st.sets(st.integers(0, 60)))
def test_spans_cover_just_the_days_and_never_touch(places):
    found = list(spans(day(n) for n in places))

    covered = [a + dt.timedelta(days=n) for a, b in found for n in range((b - a).days + 1)]
    assert covered == sorted(day(n) for n in places)
    assert all((b[0] - a[1]).days > 1 for a, b in itertools.pairwise(found))


def test_what_a_report_says_of_few_days_that_can_be_counted_by_hand():
    seconds = (0.12345, 1.0, None)
    done = [made(n).model_copy(update={"seconds": took}) for n, took in enumerate(seconds)]
    found = report([*done, undone(3, reason=""), undone(4), undone(5)])

    assert found.success_rate == 0.5
    assert found.seconds == 1.123
    assert [(item.reason, item.days) for item in found.errors] == [
        ("orders: no rows.", (day(4), day(5))),
        ("the reason is not known", (day(3),)),
    ]
    assert all(word not in found.retry[0] for word in ("--environment", "dev"))
    assert report([undone(3)], named_environment=True).retry[0].endswith(" --environment dev")


def test_the_base_rate_of_a_training_set_is_not_that_of_its_holdout():
    days = [
        made(n, rate=0.3).model_copy(update={"facts": {"base_rate": 0.1 if n < 7 else 0.2, "rows": 9}})
        for n in range(14)
    ]
    found = report(days).drift

    assert (found["base_rate"].earlier, found["base_rate"].later) == (0.1, 0.2)
    assert found["holdout_base_rate"].change == 0


def test_a_retry_names_every_parameter_and_the_environment_where_it_must():
    parameters = TrainingParameters(dataset="customers", model_version="v2", max_depth=6, calibrate=True)

    commands = retry_commands(parameters, [day(0), day(1), day(4)], pipeline=tabular, environment="blue")

    flags = "--model-version v2 --max-depth 6 --calibrate --environment blue"
    assert commands == [
        f"ml-assets backfill --dataset customers --from 2025-12-01 --to 2025-12-02 {flags}",
        f"ml-assets run --dataset customers --as-of 2025-12-05 {flags}",
    ]


@pytest.mark.parametrize("days", [[0], [0, 1]])
def test_the_retry_commands_are_understood_by_the_command_line(days):
    from ml_assets.cli.parser import build_parser

    parameters = TrainingParameters(model_version="v2", max_depth=6)
    (command,) = retry_commands(parameters, map(day, days), environment="blue")
    args, unknown = build_parser().parse_known_args(command.split()[1:])

    assert unknown == []
    assert (args.environment, args.max_depth, args.model_version) == ("blue", "6", "v2")


def test_errors_with_the_same_text_are_one_group_the_most_frequent_first():
    found = report([undone(0, reason="a"), undone(1, reason="b"), made(2), undone(3, reason="b")])

    assert [(group.reason, group.days) for group in found.errors] == [
        ("b", (day(1), day(3))),
        ("a", (day(0),)),
    ]


def test_a_report_without_any_metric_says_so():
    found = report([undone(0), undone(1, "missing", "")])

    assert found.metrics == {}
    assert "0 of 2 days done (0.0%)" in markdown(found, pipeline=tabular)
    assert "there are no metrics" in markdown(found, pipeline=tabular)
    assert days_png(found, pipeline=tabular).startswith(b"\x89PNG")


def test_without_scores_the_metrics_over_all_days_have_no_interval_and_it_is_said_why():
    days = [made(n, 0.7 + n / 100) for n in range(3)]

    found = report(days)
    told = report(
        days, pooled=Pool(metrics={"roc_auc": Pooled(value=0.71, low=0.68, high=0.74)}, rows=900, entities=80)
    )

    assert found.pooled.metrics["roc_auc"] == Pooled(value=0.71)
    assert "Over all days: roc_auc 0.7100; without intervals: the rows were not looked at." in markdown(
        found, pipeline=tabular
    )
    assert (
        "Over 900 rows of 80 entities, each once (95 % interval): roc_auc 0.7100 (0.6800 to 0.7400)."
        in markdown(told, pipeline=tabular)
    )
    assert report([undone(0)]).pooled is None


def test_markdown_tells_counts_metrics_drift_errors_and_retry():
    aucs = random.Random(1)
    records = [made(n, aucs.uniform(0.69, 0.71), rows=1000 + 100 * n) for n in range(10)]
    text = markdown(
        report([*records, made(10, 0.3), undone(11, reason="a|b <script>\n# c")]), pipeline=tabular
    )

    assert "11 of 12 days done (91.7%) in environment `dev`: 11 made, 0 reused, 1 failed, 0 missing." in text
    assert "| **roc_auc** |" in text
    assert "- roc_auc 2025-12-11: 0.3000 (-" in text
    assert "FLAGGED; the halves share about 95 % of their days" in text
    assert r"- 1 day (2025-12-12): a\|b \<script\> # c" in text
    assert "ml-assets run --dataset orders --as-of 2025-12-12 --lookback-days 120" in text
    assert "| 2025-12-12 | **failed** | - | - | - | `000000000011` |" in text


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 62])
def test_equal_reports_give_equal_pictures_of_the_size_that_is_promised(count):
    from io import BytesIO

    from PIL import Image

    found = report([made(n, 0.7 + 0.001 * n) for n in range(count)])

    assert days_png(found, pipeline=tabular) == days_png(found, pipeline=tabular)
    assert Image.open(BytesIO(days_png(found, pipeline=tabular))).size == (1000, 560)


def cells():
    own, other = ({"dataset": "orders", "model_version": v, "C": c} for v, c in (("v1", 1), ("v2", 1)))
    return own, [
        Cell(parameters=own, as_of=day(1), value=0.7),
        Cell(parameters=other, as_of=day(0), value=0.6),
        Cell(parameters=other, as_of=day(2), value=0.5),
    ]


def test_coverage_has_a_row_a_parameter_set_its_own_first_and_ignores_order():
    own, found = cells()
    days = [day(n) for n in range(3)]
    covered = coverage(
        {**own, "C": 1.0}, days, found, metric="roc_auc", pipeline=tabular
    )  # a manifest gives 1.0 back as 1

    assert covered == coverage(own, days[::-1], found[::-1], metric="roc_auc", pipeline=tabular)
    assert [(item.label, item.values) for item in covered.sets] == [
        ("v1", {day(1): 0.7}),
        ("v2", {day(0): 0.6, day(2): 0.5}),
    ]
    assert coverage_png(covered) == coverage_png(covered)


def test_other_sets_come_by_the_days_that_they_cover_and_then_by_name():
    many = [
        Cell(parameters={"seed": seed}, as_of=day(n), value=0.5)
        for seed, days in ((1, 1), (2, 3), (3, 2), (4, 3))
        for n in range(days)
    ]
    covered = coverage({"seed": 3}, [day(0)], many, metric="roc_auc", pipeline=tabular)

    assert [item.parameters["seed"] for item in covered.sets] == [3, 2, 4, 1]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"dataset": "customers", "model_version": "v2", "max_depth": 6, "seed": 0}, "v2 max_depth=6"),
        ({"dataset": "orders", "model_version": "v1"}, "v1"),
        ({"seed": 1, "window": 7}, "seed=1 window=7"),
        ({}, ""),
    ],
)
def test_a_set_is_called_by_its_version_and_by_what_is_not_at_its_default(parameters, told):
    assert label(parameters, pipeline=tabular) == told


def test_small_words_of_a_report():
    assert [words.number(value) for value in (None, 99.99, 100, -100.4, 12345)] == [
        "-",
        "99.9900",
        "100",
        "-100",
        "12,345",
    ]
    steep = Trend(slope=-1234.5, low=-999.94, high=1000.0, direction="falling")
    drifted = Drift(
        earlier=0.5, later=0.25, change=-0.25, relative=None, flagged=True, days_apart=3, shared=0.5
    )

    assert words.trend(None) == "too few days"
    assert words.trend(steep) == "falling, -1,234 a day (-1e+03 to +1,000)"
    short = Trend(slope=0.5, low=None, high=None, direction="window too short")
    assert words.trend(short) == "+0.5 a day; needs 3 windows of days"
    assert words.drift(drifted) == (
        "0.5000 to 0.2500, -0.2500, FLAGGED; the halves share about 50 % of their days"
    )
    still = drifted.model_copy(update={"change": 0.0, "relative": 0.0, "flagged": False})
    assert ", +0.0000 (+0.0 %); the" in words.drift(still)


def test_coverage_is_bounded_and_tells_what_it_leaves_out():
    many = [Cell(parameters={"seed": n}, as_of=day(0), value=0.5) for n in range(40)]
    covered = coverage({"seed": -1}, [day(0)], many, metric="roc_auc", pipeline=tabular)

    assert (len(covered.sets), covered.left_out) == (30, 11)
    assert coverage_png(covered).startswith(b"\x89PNG")


def test_coverage_of_nothing_is_a_picture_all_the_same():
    assert coverage_png(coverage({"seed": 1}, [day(0)], [], metric="roc_auc", pipeline=tabular)).startswith(
        b"\x89PNG"
    )


def test_what_is_sound_is_taken_and_identified_by_its_names():
    own = check_report({"window_days": 7, "metric": "brier"})

    assert own == ReportParameters(window_days=7, metric="brier")
    assert report_identity(PARAMETERS, own, pipeline=tabular) == {
        **identity(PARAMETERS, of=TrainingParameters),
        "window_days": 7,
        "metric": "brier",
    }


@given(
    st.integers(1, 366), st.integers(1, 366), st.sampled_from(METRICS.names), st.sampled_from(METRICS.names)
)
def test_two_reports_share_an_identity_only_if_window_and_metric_are_equal(a, b, one, other):
    ids = [
        hash_identity(
            report_identity(PARAMETERS, ReportParameters(window_days=n, metric=metric), pipeline=tabular),
            FIRST,
        )
        for n, metric in ((a, one), (b, other))
    ]

    assert (ids[0] == ids[1]) is ((a, one) == (b, other))


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"window_days": 0}, "window_days: too small. Allowed: a whole number from 1 to 366."),
        ({"window_days": 367}, "window_days: too large. Allowed: a whole number from 1 to 366."),
        ({"window_days": "x"}, "window_days: not a whole number. Allowed: a whole number from 1 to 366."),
        (
            {"window_days": "12"},
            "window_days: not a whole number. Allowed: a whole number from 1 to 366. It is text: write it without quotes.",
        ),
        ({"metric": "auc"}, f"metric: unknown. Allowed: {', '.join(METRICS.names)}."),
        ({"window_day": 3}, "window_day: unknown parameter. Did you mean window_days?"),
        (
            {"metric": "AKIAIOSFODNN7EXAMPLE"},
            "metric: looks like a credential. Give secrets by reference only, never as a parameter.",
        ),
    ],
)
def test_a_bad_parameter_of_the_report_is_refused_in_the_usual_words(values, line):
    with pytest.raises(RefusedError) as refusal:
        check_report(values)

    assert refusal.value.problems == (line,)


def test_all_problems_of_a_report_are_told_at_once():
    with pytest.raises(RefusedError) as refusal:
        check_report({"window_days": 0, "metric": "auc", "windows": 1})

    assert len(refusal.value.problems) == 3
