"""Metrics are those that independent computations give, and the card tells them."""

import datetime as dt
import struct

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from ml_assets.core.run_id import run_id
from ml_assets.core.scores import SCORES
from ml_assets.errors import TrainingError
from ml_assets.pipelines.tabular.evaluated import yes_no
from ml_assets.pipelines.tabular.evaluated.yes_no import curves, curves_png
from ml_assets.pipelines.tabular.evaluation import evaluate, feature_importance_png
from ml_assets.pipelines.tabular.features import _of_each_class, importance
from ml_assets.pipelines.tabular.model_card import model_card
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.training import fit, predict
from ml_assets_tests.tables import CONTRACT, training_table

PARAMETERS = TrainingParameters(calibrate=True)
OF_OTHER_TASKS = (
    "accuracy", "balanced_accuracy", "mae", "rmse", "r2", "baseline_mae", "baseline_rmse", "train_r2",
)  # fmt: skip
DAY = dt.date(2025, 3, 1)
FACTS = {
    "rows": 600, "train_rows": 500, "holdout_rows": 100, "base_rate": 0.5, "train_base_rate": 0.5, "rows_in_window": 650,
    "rows_not_yet_known": 50, "first_day": "2025-01-01", "last_day": "2025-03-01", "holdout_from": "2025-02-20",
    "days_with_rows": 60, "days_without_rows": 2, "contract": CONTRACT.model_dump(mode="json"),
}  # fmt: skip


def metrics(y, score, *, base_rate, entity=None):
    """Of rows that are independent of each other, where nothing else is said."""
    own = np.arange(len(y)) if entity is None else np.array(entity)
    return yes_no.metrics(np.array(y), np.array(score), base_rate=base_rate, entity=own)


@pytest.fixture(scope="module")
def evaluated():
    table = training_table()
    model = fit(table, contract=CONTRACT, parameters=PARAMETERS).value
    return table, model, evaluate(model, table, contract=CONTRACT, parameters=PARAMETERS)


def test_metrics_are_those_of_scikit_learn_on_the_holdout_alone(evaluated):
    table, model, product = evaluated
    holdout = table.filter(fold="holdout")
    y, score = holdout["y"].to_numpy(), predict(model, holdout, CONTRACT)

    assert product.metrics["roc_auc"] == pytest.approx(roc_auc_score(y, score), abs=1e-9)
    assert product.metrics["average_precision"] == pytest.approx(average_precision_score(y, score), abs=1e-9)
    assert product.metrics["brier"] == pytest.approx(brier_score_loss(y, score), abs=1e-9)
    assert product.metrics["log_loss"] == pytest.approx(log_loss(y, score), abs=1e-9)
    assert product.metrics["base_rate"] == pytest.approx(y.mean())


def test_the_baseline_always_says_the_base_rate_of_the_training_rows(evaluated):
    table, _, product = evaluated
    rate = table.filter(fold="train")["y"].mean()
    y = table.filter(fold="holdout")["y"].to_numpy()

    assert product.metrics["baseline_brier"] == pytest.approx(((y - rate) ** 2).mean(), abs=1e-9)
    assert product.metrics["skill"] == pytest.approx(
        1 - product.metrics["brier"] / product.metrics["baseline_brier"]
    )


def test_a_perfect_score_is_told_as_such():
    y = np.array([0] * 90 + [1] * 10)

    found = metrics(y, y * 0.98 + 0.01, base_rate=0.1)

    assert found["roc_auc"] == 1
    assert found["lift_at_10pct"] == pytest.approx(10)
    assert found["calibration_error"] == pytest.approx(0.01, abs=1e-6)


WITH_INTERVAL = ("roc_auc", "log_loss", "brier")


def customers(count=400, *, rows=3, seed=5):
    """Outcomes, scores and customers of `count` customers, each with as many rows that are alike."""
    random = np.random.default_rng(seed)
    own = random.normal(size=count)
    y = random.random(count) < 1 / (1 + np.exp(2 - own))
    return (np.repeat(of, rows) for of in (y.astype(int), 1 / (1 + np.exp(1.8 - own)), np.arange(count)))


@pytest.mark.parametrize("name", WITH_INTERVAL)
def test_an_interval_holds_its_metric_and_is_no_narrower_for_rows_that_say_the_same_again(name):
    y, score, entity = customers()
    once, thrice, fooled = (
        metrics(y[::3], score[::3], base_rate=0.2),
        metrics(y, score, base_rate=0.2, entity=entity),
        metrics(y, score, base_rate=0.2),
    )
    low, high = f"{name}_low", f"{name}_high"

    assert once[low] < once[name] < once[high]
    assert [thrice[of] for of in (low, name, high)] == pytest.approx([once[of] for of in (low, name, high)])
    assert fooled[high] - fooled[low] == pytest.approx((once[high] - once[low]) / 3**0.5, rel=0.02)


def test_the_intervals_cover_the_truth_about_as_often_as_they_say():
    y, score, _ = customers(100_000, rows=1, seed=0)
    truth = metrics(y, score, base_rate=0.2)
    hits = dict.fromkeys(WITH_INTERVAL, 0)
    for seed in range(1, 301):
        y, score, entity = customers(200, rows=2, seed=seed)
        found = metrics(y, score, base_rate=0.2, entity=entity)
        for name in hits:
            hits[name] += found[f"{name}_low"] <= truth[name] <= found[f"{name}_high"]

    assert all(275 <= count <= 296 for count in hits.values()), (
        hits
    )  # of 285 expected, 275 to 294 in 99 of 100


def test_a_perfectly_calibrated_model_shows_the_error_that_is_expected_of_it():
    random = np.random.default_rng(4)
    score = random.beta(2, 6, 400)
    found = [metrics(random.random(400) < score, score, base_rate=0.25) for _ in range(150)]

    shown = np.array([of["calibration_error"] for of in found])
    assert {of["calibration_error_expected"] for of in found} == {found[0]["calibration_error_expected"]}
    assert shown.mean() == pytest.approx(
        found[0]["calibration_error_expected"], abs=3 * shown.std() / 150**0.5
    )


def test_the_entities_of_the_holdout_are_those_of_the_whole_training_set(evaluated):
    table, model, product = evaluated
    pairs = table.with_columns(pl.Series("id", [str(n // 2) for n in range(table.height)]))
    holdout = pairs.filter(fold="holdout")
    score = predict(model, holdout, CONTRACT)

    found = evaluate(model, pairs, contract=CONTRACT, parameters=PARAMETERS)

    expected = metrics(
        holdout["y"].to_numpy(),
        score,
        base_rate=table.filter(fold="train")["y"].mean(),
        entity=holdout["id"].cast(pl.Int64).to_numpy(),
    )
    assert {name: found.metrics[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    assert found.value["entity"] == {"name": "id", "holdout": 50}
    assert product.value["entity"] == {"name": "id", "holdout": 100}
    assert found.metrics["brier"] == product.metrics["brier"]
    assert found.metrics["brier_low"] != product.metrics["brier_low"]


def test_rows_of_one_entity_say_nothing_of_others_and_every_number_is_finite():
    y, score, _ = customers(50)

    found = metrics(y, score, base_rate=0.2, entity=np.zeros(len(y), dtype=int))

    assert np.isfinite(list(found.values())).all()
    assert not {"log_loss_low", "log_loss_high", "brier_low", "brier_high"} & {*found}
    assert (found["roc_auc_low"], found["roc_auc_high"]) < (0.5, 0.999)


def test_no_interval_reaches_where_its_metric_cannot():
    good = metrics([0, 0, 1, 1], [0.0, 0.1, 0.2, 1.0], base_rate=0.5)
    bad = metrics([0, 0, 1, 1], [1.0, 0.9, 0.6, 0.0], base_rate=0.5)

    assert (good["brier_low"], good["log_loss_low"]) == (0.0, 0.0)
    assert bad["brier_high"] == 1.0
    assert 0 <= bad["roc_auc_low"] <= bad["roc_auc"] <= bad["roc_auc_high"] <= 1


@pytest.mark.parametrize("positives", [1, 2, 9])
def test_with_few_positives_every_number_is_finite_and_the_intervals_own_that_they_know_little(positives):
    score = np.linspace(0.01, 0.3, 200)
    y = np.zeros(200, dtype=int)
    y[-positives:] = 1

    found = metrics(y, score, base_rate=0.05)

    assert np.isfinite(list(found.values())).all()
    assert found["roc_auc"] == found["roc_auc_high"] == 1
    assert found["roc_auc_low"] < (0.5, 0.7, 0.95)[(1, 2, 9).index(positives)]


@pytest.mark.parametrize(
    ("y", "score", "lift"),
    [
        ([1, 0, 0, 0, 1], [5, 4, 3, 2, 1], 2.5),  # one place
        ([0, 1, 1, *[0] * 17], range(20, 0, -1), 5.0),  # two places, one of them right
        ([1, 0, 1, 1, *[0] * 26], [9, 9, 9, 8, *[1] * 26], 2 / 3 / 0.1),  # three places, two of them right
        ([1, 0, 0, 1, *[0] * 16], [9, 8, 8, 8, *[1] * 16], (1 + 1 / 3) / 2 / 0.1),  # three tie for the second
    ],
)
def test_lift_is_how_much_denser_the_positives_are_in_the_top_tenth(y, score, lift):
    found = metrics(np.array(y), np.array(score) / 40, base_rate=0.5)

    assert found["lift_at_10pct"] == pytest.approx(lift)


def test_the_feature_with_the_signal_is_the_most_important(evaluated):
    _, _, product = evaluated
    importance = product.value["feature_importance"]

    assert importance[0]["feature"] == "value"
    assert next(i["mean"] for i in importance if i["feature"] == "empty") == 0


def test_evaluating_twice_gives_equal_documents_and_pictures(evaluated):
    table, model, product = evaluated

    again = evaluate(model, table, contract=CONTRACT, parameters=PARAMETERS)

    assert again.value == product.value
    one, other = dict(product.attachments), dict(again.attachments)
    assert one.pop(SCORES).equals(other.pop(SCORES))
    assert one == other


def test_pictures_are_png_of_a_readable_size(evaluated):
    _, _, product = evaluated

    pictures = {name: data for name, data in product.attachments.items() if name.endswith(".png")}
    assert len(pictures) == 2
    for name, data in pictures.items():
        width, height = struct.unpack(">II", data[16:24])
        assert data[:8] == b"\x89PNG\r\n\x1a\n", name
        assert width >= 600
        assert height >= 150
        assert len(data) < 40_000


def test_the_card_states_data_metrics_parameters_and_the_command(evaluated):
    _, _, product = evaluated

    card = model_card(
        product.value, parameters=PARAMETERS, as_of=DAY, facts=FACTS, run_id=run_id(PARAMETERS, DAY)
    ).value

    assert f"run `{run_id(PARAMETERS, DAY)}`" in card
    assert "Only what was known at the end of 2025-03-01 (UTC) was used" in card
    low, value, high = (product.metrics[name] for name in ("roc_auc_low", "roc_auc", "roc_auc_high"))
    assert f"| ROC AUC | {value:.4f} | {low:.4f} to {high:.4f} | 0.5000 |" in card
    assert "ml-assets run --dataset orders --as-of 2025-03-01 --calibrate" in card


def test_a_model_worse_than_the_baseline_is_called_so(evaluated):
    _, _, product = evaluated
    worse = {**product.value, "metrics": {**product.metrics, "log_loss": 9.0}}

    card = model_card(worse, parameters=PARAMETERS, as_of=DAY, facts=FACTS, run_id="0" * 12).value

    assert "**It does not beat** always answering with the base rate" in card


def test_lift_and_calibration_are_those_of_pandas(evaluated):
    table, model, product = evaluated
    holdout = table.filter(fold="holdout")
    rows = pd.DataFrame({"y": holdout["y"].to_list(), "score": predict(model, holdout, CONTRACT)})
    tenth = rows.groupby(pd.qcut(rows["score"], 10), observed=True)
    error = ((tenth["y"].mean() - tenth["score"].mean()).abs() * tenth.size()).sum() / len(rows)

    assert product.metrics["lift_at_10pct"] == pytest.approx(
        rows.nlargest(10, "score")["y"].mean() / rows["y"].mean()
    )
    assert product.metrics["calibration_error"] == pytest.approx(error, abs=1e-9)


def test_the_calibration_curve_is_that_of_scikit_learn():
    random = np.random.default_rng(3)
    score = random.random(500).round(2)  # many rows share a score
    y = (random.random(500) < score).astype(int)

    found = curves(y, score)["calibration"]

    observed, predicted = calibration_curve(y, score, n_bins=10, strategy="quantile")
    assert found["observed"] == pytest.approx(observed, abs=1e-6)
    assert found["predicted"] == pytest.approx(predicted, abs=1e-6)
    assert sum(found["rows"]) == 500


def test_a_constant_score_is_no_better_than_the_baseline_whatever_the_order_of_rows():
    y = np.array([1] * 20 + [0] * 80)

    found = metrics(y, np.full(100, 0.2), base_rate=0.2)

    assert found["roc_auc"] == 0.5
    assert found["lift_at_10pct"] == pytest.approx(1)
    assert found["calibration_error"] == pytest.approx(0)
    assert found["skill"] == pytest.approx(0)


def test_curves_are_short_and_keep_both_ends():
    random = np.random.default_rng(3)
    found = curves((random.random(5000) < 0.2).astype(int), random.random(5000))

    assert all(len(points) <= 50 for curve in found.values() for points in curve.values())
    assert (found["roc"]["true_positive_rate"][0], found["roc"]["true_positive_rate"][-1]) == (0, 1)
    assert found["precision_recall"]["recall"][0] == 1


def test_the_train_fold_decides_the_baseline_and_its_own_auc_only(evaluated):
    table, model, product = evaluated
    train = table.filter(fold="train")
    changed = table.with_columns(
        pl.when(fold="train").then(1 - pl.col("y")).otherwise("y").cast(pl.Int8).alias("y")
    )

    other = evaluate(model, changed, contract=CONTRACT, parameters=PARAMETERS)

    assert product.metrics["train_roc_auc"] == pytest.approx(
        roc_auc_score(train["y"].to_numpy(), predict(model, train, CONTRACT)), abs=1e-9
    )
    differ = {name for name, value in product.metrics.items() if other.metrics[name] != value}
    assert differ == {"train_roc_auc", "baseline_log_loss", "baseline_brier", "skill"}


def test_importance_follows_the_seed_and_is_the_fall_of_the_auc(evaluated):
    table, model, _ = evaluated
    holdout = table.filter(fold="holdout")

    one, again, other = (importance(model, holdout, contract=CONTRACT, seed=seed) for seed in (0, 0, 1))

    assert one == again
    assert one != other
    assert [item["mean"] for item in one] == sorted((item["mean"] for item in one), reverse=True)
    assert 0.05 < one[0]["mean"] < 0.5


def test_importance_does_not_depend_on_how_much_is_predicted_in_one_go(evaluated, monkeypatch):
    table, model, product = evaluated
    holdout = table.filter(fold="holdout")

    for cells in (1, 2 * 5 * holdout.height * 4):
        monkeypatch.setattr("ml_assets.pipelines.tabular.features.SHUFFLED_CELLS", cells)
        assert importance(model, holdout, contract=CONTRACT, seed=0) == product.value["feature_importance"]


def test_the_product_has_its_numbers_and_its_pictures(evaluated):
    table, model, _ = evaluated
    product = evaluate(model, table, contract=CONTRACT, parameters=PARAMETERS)
    rows = {"train": table.filter(fold="train").height, "holdout": table.filter(fold="holdout").height}

    assert product.value["rows"] == rows
    assert product.facts == {
        "train_rows": rows["train"],
        "holdout_rows": rows["holdout"],
        "entity": "id",
        "holdout_entities": rows["holdout"],
        "suspects": [],
        "not_measured": dict.fromkeys(OF_OTHER_TASKS, "the label is 0 or 1"),
    }
    assert product.metrics == product.value["metrics"]
    assert {name: data for name, data in product.attachments.items() if name != SCORES} == {
        "curves.png": curves_png(product.value),
        "feature_importance.png": feature_importance_png(product.value),
    }


def test_one_row_of_a_class_is_enough_to_measure(evaluated):
    table, model, _ = evaluated
    first = table.filter(fold="holdout")["id"][0]
    for outcome in (0, 1):
        alone = (
            pl.when(fold="holdout").then((pl.col("id") == first) == bool(outcome)).otherwise(pl.col("y") == 1)
        )
        found = evaluate(
            model,
            table.with_columns(alone.cast(pl.Int8).alias("y")),
            contract=CONTRACT,
            parameters=PARAMETERS,
        )
        rows = found.value["rows"]["holdout"]
        assert np.isfinite(list(found.metrics.values())).all()
        assert found.metrics["base_rate"] == pytest.approx((1 if outcome else rows - 1) / rows)


def test_a_rare_class_is_kept_whole_when_importance_takes_a_part_of_the_rows(evaluated):
    _, model, _ = evaluated
    holdout = training_table(3000).with_columns(pl.Series("y", [0] * 2990 + [1] * 10, dtype=pl.Int8))

    found = importance(model, holdout, contract=CONTRACT, seed=0)

    assert {item["feature"] for item in found} == {"country", "value", "flag", "empty"}
    places = _of_each_class(holdout["y"].to_numpy())
    assert len(places) == 510
    assert places[-10:] == list(range(2990, 3000))
    assert (places[0], places[499]) == (0, 2989)


def test_a_holdout_of_one_class_is_refused_with_a_remedy(evaluated):
    table, model, _ = evaluated
    for outcome in (0, 1):
        same = table.with_columns(
            pl.when(fold="holdout").then(outcome).otherwise("y").cast(pl.Int8).alias("y")
        )
        with pytest.raises(
            TrainingError, match=r"holdout rows have one class only. Choose a larger holdout_days"
        ):
            evaluate(model, same, contract=CONTRACT, parameters=PARAMETERS)


def test_long_and_odd_feature_names_are_drawn(evaluated):
    _, _, product = evaluated
    names = ["a" * 200, "$x$ and $", "ü_ß"] + [f"f{place}" for place in range(60)]
    items = [{"feature": name, "mean": 0.01, "std": 0.001} for name in names]

    data = feature_importance_png({**product.value, "feature_importance": items})

    width, height = struct.unpack(">II", data[16:24])
    assert (width, height < 700) == (700, True)


def test_a_feature_that_is_the_outcome_is_among_the_facts_and_comes_first():
    table = training_table().with_columns(pl.col("y").cast(pl.Float64).alias("refund"))
    contract = CONTRACT.model_copy(update={"features": (*CONTRACT.features, "refund")})
    model = fit(table, contract=contract, parameters=PARAMETERS).value

    found = evaluate(model, table, contract=contract, parameters=PARAMETERS)

    assert found.facts["suspects"] == ["refund"]
    assert found.value["single_features"][0] == {
        "feature": "refund",
        "known_rows": 100,
        "roc_auc": 1.0,
        "missing_roc_auc": None,
    }
