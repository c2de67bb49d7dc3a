"""Every recipe fits, predicts, and gives the same bytes wherever it is fitted."""

import hashlib
import os
import subprocess
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline

from ml_assets.errors import TrainingError
from ml_assets.pipelines.tabular import training
from ml_assets.pipelines.tabular.columns import as_learned, features
from ml_assets.pipelines.tabular.estimators import calibrated, folds, is_boosting
from ml_assets.pipelines.tabular.parameters import RECIPES, TrainingParameters
from ml_assets.pipelines.tabular.preparation import prepared
from ml_assets.pipelines.tabular.training import fit, predict, predict_rows
from ml_assets.storage import canonical_skops
from ml_assets_tests.conftest import REPO
from ml_assets_tests.tables import CONTRACT, training_table

VARIANTS = [
    {"model_version": version, "calibrate": calibrate} for version in RECIPES for calibrate in (False, True)
]


def build(parameters, *, numbers, categories):
    return calibrated(
        RECIPES[parameters.model_version].build["binary"](parameters, numbers, categories), parameters
    )


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_every_recipe_finds_the_signal_and_takes_missing_and_unseen_values(variant):
    table = training_table()

    model = fit(table, contract=CONTRACT, parameters=TrainingParameters(**variant)).value

    score = predict(model, table, CONTRACT)
    assert score.shape == (600,)
    assert ((score >= 0) & (score <= 1)).all()
    assert score[table["y"].to_numpy() == 1].mean() > score[table["y"].to_numpy() == 0].mean() + 0.05


@pytest.mark.parametrize("version", RECIPES)
def test_rows_are_predicted_in_parts_as_in_one(version, monkeypatch):
    table = training_table()
    model = fit(table, contract=CONTRACT, parameters=TrainingParameters(model_version=version)).value
    whole = predict(model, table, CONTRACT)
    monkeypatch.setattr(training, "ROWS_AT_ONCE", 70)

    assert predict(model, table, CONTRACT) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("calibrate", [False, True])
def test_many_rows_are_fitted_by_several_threads_to_the_same_bytes(calibrate, monkeypatch):
    table, parameters = training_table(), TrainingParameters(model_version="v2", calibrate=calibrate)

    def fitted(threads):
        monkeypatch.setenv("OMP_NUM_THREADS", str(threads))
        model = fit(table, contract=CONTRACT, parameters=parameters).value
        return model, canonical_skops.dumps(model), predict(model, table, CONTRACT).tobytes()

    _, *of_few_rows = fitted(3)
    monkeypatch.setattr(training, "ROWS_AT_ONCE", 100)
    models, *of_many_rows = zip(*map(fitted, (1, 2, 3)), strict=True)

    assert [set(same) for same in of_many_rows] == [{same} for same in of_few_rows]
    pipelines = [model.calibrated_classifiers_[0].estimator if calibrate else model for model in models]
    assert [pipeline[-1]._bin_mapper.n_threads for pipeline in pipelines] == [1, 2, 3]


@pytest.mark.parametrize("version", [name for name in RECIPES if name != "v2"])
def test_what_is_not_boosting_has_one_thread_whatever_the_rows(version, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setattr(training, "ROWS_AT_ONCE", 100)
    seen = []
    monkeypatch.setattr(
        training,
        "_libraries",
        lambda: SimpleNamespace(limit=lambda limits: seen.append(limits) or nullcontext()),
    )

    model = fit(
        training_table(), contract=CONTRACT, parameters=TrainingParameters(model_version=version)
    ).value
    predict(model, training_table(), CONTRACT)

    assert {(limits["blas"], limits["openmp"]) for limits in seen} == {(1, 1)}


def test_boosting_behind_what_may_add_up_across_threads_has_one():
    boosting = HistGradientBoostingClassifier()

    assert is_boosting(Pipeline([("model", boosting)]))
    assert not is_boosting(Pipeline([("places", KMeans()), ("model", boosting)]))
    assert not is_boosting(
        Pipeline([("columns", ColumnTransformer([("places", KMeans(), [0])])), ("model", boosting)])
    )
    assert not is_boosting(KMeans())


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_a_stored_model_predicts_exactly_as_before(variant):
    table = training_table()
    model = fit(table, contract=CONTRACT, parameters=TrainingParameters(**variant)).value

    again = canonical_skops.loads(canonical_skops.dumps(model))

    assert np.array_equal(predict(model, table, CONTRACT), predict(again, table, CONTRACT))


def test_bytes_do_not_depend_on_cores_or_hash_seed():
    program = (
        "import hashlib; from ml_assets.pipelines.tabular.training import fit; from ml_assets.pipelines.tabular.parameters import TrainingParameters as P;"
        "from ml_assets.pipeline.calling import limited_threads;"
        "from ml_assets.storage.canonical_skops import dumps; from ml_assets_tests.tables import *;"
        "limit = limited_threads(1, packages=['scikit-learn', 'scipy']); limit.__enter__();"
        "print([hashlib.sha256(dumps(fit(training_table(), contract=CONTRACT, parameters=P(model_version=v, calibrate=c)).value))"
        ".hexdigest() for v in ('v1', 'v2') for c in (False, True)])"
    )

    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env={
                **os.environ,
                "PYTHONPATH": str(REPO),
                "OMP_NUM_THREADS": threads,
                "PYTHONHASHSEED": threads,
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        for threads in ("1", "2")
    ]
    seen = [process.communicate(timeout=400)[0] for process in processes]

    assert all(process.returncode == 0 for process in processes)
    assert seen[0] == seen[1]


@pytest.mark.slow
def test_v1_has_other_bytes_on_another_kernel_of_openblas_and_the_record_names_it():
    program = (
        "import hashlib; from ml_assets.pipelines.tabular.training import fit; from ml_assets.pipelines.tabular.parameters import TrainingParameters;"
        "from ml_assets.pipeline.versions import hardware_of; from ml_assets.storage.canonical_skops import dumps;"
        "from ml_assets_tests.tables import *;"
        "model = fit(training_table(), contract=CONTRACT, parameters=TrainingParameters()).value;"
        "print(hashlib.sha256(dumps(model)).hexdigest(), hardware_of(['scipy'])['blas'])"
    )

    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(REPO), "OPENBLAS_CORETYPE": kernel},
            stdout=subprocess.PIPE,
            text=True,
        )
        for kernel in ("Haswell", "Nehalem")
    ]
    (haswell, named), (nehalem, other) = (
        process.communicate(timeout=400)[0].strip().split(" ", 1) for process in processes
    )

    if named == other:
        pytest.skip(f"only one kernel runs here: {named}")
    assert (named, other) == ("openblas Haswell", "openblas Nehalem")
    assert haswell != nehalem


def test_the_holdout_is_never_trained_on():
    table = training_table()
    other = table.with_columns(
        pl.when(pl.col("fold") == "holdout").then(1 - pl.col("y")).otherwise(pl.col("y")).alias("y")
    )

    one, two = (fit(t, contract=CONTRACT, parameters=TrainingParameters()).value for t in (table, other))

    assert (
        hashlib.sha256(canonical_skops.dumps(one)).digest()
        == hashlib.sha256(canonical_skops.dumps(two)).digest()
    )


@pytest.mark.parametrize(
    "change", [{"learning_rate": 0.2}, {"max_depth": 2}, {"max_iter": 20}, {"min_samples_leaf": 60}]
)
def test_a_hyperparameter_reaches_the_model(change):
    table = training_table()
    before, after = TrainingParameters(model_version="v2"), TrainingParameters(model_version="v2", **change)

    one, two = (
        predict(fit(table, contract=CONTRACT, parameters=p).value, table, CONTRACT) for p in (before, after)
    )

    assert not np.array_equal(one, two)


def test_training_rows_of_one_class_are_refused_with_a_remedy():
    table = training_table().with_columns(pl.lit(0, dtype=pl.Int8).alias("y"))

    with pytest.raises(TrainingError, match=r"one class only. Choose a longer lookback_days"):
        fit(table, contract=CONTRACT, parameters=TrainingParameters())


def test_features_are_floats_and_texts_and_say_what_is_missing():
    cells = features(training_table(), CONTRACT)

    assert cells.shape == (600, 4)
    assert cells.dtypes[1:] == [pl.Float64] * 3
    assert cells[3, 0] == "(missing)"
    assert np.isnan(cells[5, 1])
    assert cells.to_series(3).is_nan().all()


@pytest.mark.slow
@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
@pytest.mark.parametrize("calibrate", [False, True])
def test_a_model_that_learned_columns_by_their_places_says_the_same_as_one_that_learned_names(
    version, calibrate
):
    table = training_table()
    parameters = TrainingParameters(model_version=version, calibrate=calibrate)
    named = fit(table, contract=CONTRACT, parameters=parameters).value
    train = table.filter(fold="train")
    rows = np.array(features(train, CONTRACT).rows(), dtype=object)

    placed = clone(named).fit(rows, train["y"].to_numpy())

    assert predict(placed, table, CONTRACT) == pytest.approx(predict(named, table, CONTRACT), abs=1e-9)


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
@pytest.mark.parametrize("calibrate", [False, True])
def test_what_is_prepared_once_and_shuffled_says_the_same_as_what_is_shuffled_and_prepared(
    version, calibrate
):
    table = training_table()
    model = fit(
        table, contract=CONTRACT, parameters=TrainingParameters(model_version=version, calibrate=calibrate)
    ).value
    parts, rows = prepared(model), features(table, CONTRACT)
    cells = parts.transform(as_learned(rows, model))
    cells = cells.toarray() if hasattr(cells, "toarray") else cells
    order = np.random.default_rng(0).permutation(table.height)

    for place, name in enumerate(CONTRACT.features):
        columns = parts.columns.get(place, [])
        shuffled = cells.copy()
        shuffled[:, columns] = cells[np.ix_(order, columns)]

        one = predict_rows(parts.model, shuffled, task="binary")
        other = predict_rows(model, as_learned(rows.with_columns(rows[name][order]), model), task="binary")
        assert one == pytest.approx(other, abs=1e-12)


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
@pytest.mark.parametrize("kept", [("country",), ("value", "flag")])
def test_what_has_no_numbers_or_no_categories_is_taken_apart_too(version, kept):
    contract = CONTRACT.model_copy(update={"features": kept})
    parameters = TrainingParameters(model_version=version)

    model = fit(training_table(), contract=contract, parameters=parameters).value

    assert list(prepared(model).columns) == list(range(len(kept)))


def test_a_preparation_that_mixes_features_is_not_taken_apart():
    table = training_table()
    mixed = make_pipeline(
        ColumnTransformer([("numbers", make_pipeline(SimpleImputer(), PCA(2)), [1, 2])]), LogisticRegression()
    ).fit(features(table, CONTRACT), table["y"].to_numpy())

    assert prepared(mixed) is None
    assert prepared(LogisticRegression()) is None


def test_another_seed_divides_the_folds_of_calibration_in_another_way():
    table = training_table()

    one, two = (
        fit(table, contract=CONTRACT, parameters=TrainingParameters(calibrate=True, seed=seed)).value
        for seed in (0, 1)
    )

    assert not np.array_equal(predict(one, table, CONTRACT), predict(two, table, CONTRACT))


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize(
    "holds", [[None] * 600, [1.0] + [None] * 599, [None] * 599 + [1.0]], ids=["none", "one", "later"]
)
def test_a_number_that_is_hardly_ever_known_does_no_harm(variant, holds):
    table = training_table().with_columns(pl.Series("empty", holds, dtype=pl.Float64))

    product = fit(table, contract=CONTRACT, parameters=TrainingParameters(**variant))

    assert np.isfinite(predict(product.value, table, CONTRACT)).all()
    assert set(product.facts["numbers"]) | set(product.facts["empty"]) == {"value", "flag", "empty"}


TRAINED = np.linspace(-3, 3, 600)  # in another order than rows below
FEW = np.where(np.arange(600) % 50 == 0, 1.0, 0.0)
COLUMNS = {
    "years": (2023 + np.floor((TRAINED + 3) / 1.51), 1, 2023),
    "epoch seconds": (1.7e9 + 3e7 * TRAINED, 3e7, 1.7e9),
    "account numbers": (1e12 + np.round(1e4 * TRAINED), 1e4, 1e12),
    "tiny": (1e-9 * TRAINED, 1e-9, 0),
    "huge": (1e49 * TRAINED, 1e49, 0),
    "two huge values": (np.where(TRAINED > 1, 1e49, -1e49), 1e49, 0),
    "two years": (np.where(TRAINED > 1, 2026.0, 2025.0), 1, 2025),
    "heavy tails": (7e5 + np.exp(3 * TRAINED), 1, 7e5),
    "heavy tails to the left": (-7e5 - np.exp(3 * TRAINED), 1, -7e5),
}


def with_value(column):
    """The table with outcomes that follow TRAINED, and `value` instead of TRAINED; rows in another order."""
    order = np.random.default_rng(3).permutation(600)
    outcome = np.random.default_rng(4).random(600) < 1 / (1 + np.exp(-TRAINED))
    return training_table().with_columns(
        pl.Series("value", column[order]).fill_nan(None), pl.Series("y", outcome[order], dtype=pl.Int8)
    )


def scores_of(table):
    return predict(fit(table, contract=CONTRACT, parameters=TrainingParameters()).value, table, CONTRACT)


@pytest.mark.parametrize(("column", "unit", "origin"), COLUMNS.values(), ids=COLUMNS)
def test_origin_and_unit_of_a_column_do_not_change_what_is_learnt(column, unit, origin):
    as_it_is, by_hand = with_value(column), with_value((column - origin) / unit)

    one, two = scores_of(as_it_is), scores_of(by_hand)

    outcome = by_hand["y"].to_numpy()
    assert roc_auc_score(outcome, one) == pytest.approx(roc_auc_score(outcome, two), abs=2e-4)
    assert np.abs(one - two).max() < 1e-3
    assert roc_auc_score(outcome, one) > 0.65


@pytest.mark.parametrize("value", [0.0, 0.1, 2025.0, 1e12, -1e49])
def test_a_constant_column_changes_no_score(value):
    one, two = (scores_of(with_value(np.full(600, held))) for held in (value, np.nan))

    assert np.allclose(one, two, rtol=0, atol=1e-9)


@pytest.mark.parametrize("outlier", [1e49, -1e49, -999_999_999.0])
def test_one_outlier_does_not_hide_the_others(outlier):
    column = TRAINED.copy()
    column[300] = outlier

    score = scores_of(with_value(column))

    assert roc_auc_score(with_value(column)["y"], score) > 0.75


@pytest.mark.parametrize("column", [TRAINED, TRAINED * 1e-30, TRAINED * 1e49, FEW, 1 - FEW, FEW * 1e-9])
def test_a_value_beyond_those_of_training_is_scored_like_the_outermost_of_them(column):
    table = with_value(column)
    train = table.filter(pl.col("fold") == "train")["value"]
    model = fit(table, contract=CONTRACT, parameters=TrainingParameters()).value

    for unseen, outermost in ((1e50, train.max()), (-1e50, train.min()), (-5.0, max(-5.0, train.min()))):
        one, two = (
            predict(model, table.with_columns(value=pl.lit(v)), CONTRACT) for v in (unseen, outermost)
        )
        assert np.array_equal(one, two)


@pytest.mark.parametrize("version", RECIPES)
def test_features_may_be_all_numbers_or_all_categories(version):
    numbers = training_table().with_columns(pl.lit(1.0).alias("country"))
    texts = training_table().with_columns(
        pl.lit(None, dtype=pl.Float64).alias(name) for name in ("value", "flag")
    )

    for table in (numbers, texts):
        model = fit(table, contract=CONTRACT, parameters=TrainingParameters(model_version=version)).value

        assert np.isfinite(predict(model, table, CONTRACT)).all()


def test_features_without_any_value_are_refused():
    names = ("country", "value", "flag", "empty")
    table = training_table().with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in names)

    with pytest.raises(TrainingError, match="No feature has a value"):
        fit(table, contract=CONTRACT, parameters=TrainingParameters())


def test_a_number_beyond_all_measure_is_refused_by_name():
    table = training_table().with_columns(pl.lit(-1e300).alias("flag"))

    with pytest.raises(TrainingError, match="flag: has a value beyond 1e"):
        fit(table, contract=CONTRACT, parameters=TrainingParameters())


def with_few(rare, many):
    """The table with that many training rows of the rare outcome; holdout rows have the rare one."""
    outcomes = [rare] * many + [1 - rare] * (593 - many) + [rare] * 7
    return training_table().with_columns(pl.Series("y", outcomes, dtype=pl.Int8))


@pytest.mark.parametrize("rare", [0, 1])
def test_calibration_with_too_few_rows_of_a_class_is_refused_with_a_remedy(rare):
    with pytest.raises(TrainingError, match="3 of one class, and calibrate needs 5"):
        fit(with_few(rare, 3), contract=CONTRACT, parameters=TrainingParameters(calibrate=True))


def test_calibration_takes_one_row_of_a_class_for_each_fold():
    fit(with_few(1, 5), contract=CONTRACT, parameters=TrainingParameters(calibrate=True))


def test_a_solver_that_does_not_converge_is_an_error_of_ours(monkeypatch):
    from sklearn.linear_model import LogisticRegression

    original = LogisticRegression.fit
    monkeypatch.setattr(
        LogisticRegression, "fit", lambda self, x, y: original(self.set_params(max_iter=1), x, y)
    )

    with pytest.raises(TrainingError, match=r"did not converge. Choose a smaller C"):
        fit(training_table(), contract=CONTRACT, parameters=TrainingParameters())


@pytest.mark.parametrize("strength", [1e-6, 1e6])
def test_extreme_regularisation_converges(strength):
    product = fit(training_table(), contract=CONTRACT, parameters=TrainingParameters(C=strength))

    assert 0 < product.facts["iterations"] < 1000


def test_facts_tell_what_was_learnt_from():
    product = fit(
        training_table(), contract=CONTRACT, parameters=TrainingParameters(model_version="v2", max_iter=7)
    )

    assert product.facts == {
        "train_rows": 500, "features": 4, "numbers": ["value", "flag"], "categories": ["country"], "empty": ["empty"],
        "iterations": 7,
    }  # fmt: skip


def test_importing_the_pipeline_loads_neither_scikit_learn_nor_matplotlib():
    names = ("estimators", "training", "evaluation", "features", "model_card")
    program = f"import sys; {'; '.join(f'import ml_assets.pipelines.tabular.{name}' for name in names)}; print({{'sklearn', 'matplotlib'}} & set(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(REPO)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "set()\n"


def test_the_linear_model_is_built_of_the_parameters():
    estimator = build(TrainingParameters(C=0.5, seed=7), numbers=[0, 2], categories=[1])
    numbers, categories = estimator["prepare"].transformers

    assert (numbers[0], numbers[2]) == ("numbers", [0, 2])
    assert (categories[0], categories[2]) == ("categories", [1])
    assert list(numbers[1].named_steps) == ["impute", "centre", "tails", "unit", "clip", "shape"]
    assert set_of(estimator) >= {
        ("prepare__numbers__impute__strategy", "median"),
        ("prepare__numbers__impute__keep_empty_features", True),
        ("prepare__numbers__clip__clip", True),
        ("prepare__categories__handle_unknown", "infrequent_if_exist"),
        ("prepare__categories__min_frequency", 20),
        ("model__C", 0.5),
        ("model__max_iter", 5000),
        ("model__random_state", 7),
    }


def test_the_boosting_is_built_of_the_parameters():
    own = {
        "learning_rate": 0.2,
        "max_iter": 70,
        "max_depth": 3,
        "max_leaf_nodes": 9,
        "min_samples_leaf": 11,
        "l2_regularization": 0.5,
    }
    estimator = build(
        TrainingParameters(model_version="v2", seed=7, **own), numbers=[0, 3], categories=[1, 2]
    )
    categories, numbers = estimator["prepare"].transformers

    assert (categories[0], categories[2]) == ("categories", [1, 2])
    assert (numbers[0], numbers[1].func, numbers[2]) == ("numbers", np.positive, [0, 3])
    assert estimator["model"].categorical_features == [0, 1]
    assert set_of(estimator) >= {
        ("prepare__categories__handle_unknown", "use_encoded_value"),
        ("prepare__categories__min_frequency", 20),
        ("prepare__categories__max_categories", 200),
        ("model__early_stopping", False),
        ("model__random_state", 7),
        *((f"model__{name}", value) for name, value in own.items()),
    }


def test_calibration_is_sigmoid_and_fits_one_model():
    found = build(TrainingParameters(seed=7, calibrate=True), numbers=[0], categories=[])

    assert (found.method, found.ensemble, found.cv.random_state) == ("sigmoid", False, 7)


def test_calibration_divides_rows_by_the_seed():
    found = folds(TrainingParameters(seed=7, calibrate=True))

    assert (found.n_splits, found.shuffle, found.random_state) == (5, True, 7)


def set_of(estimator):
    """What it is built of: names and plain values."""
    plain = (str, int, float, bool)
    return {(name, value) for name, value in estimator.get_params().items() if isinstance(value, plain)}


@pytest.mark.parametrize("version", RECIPES)
def test_numbers_that_32_bits_do_not_hold_are_learned_from(version):
    table = training_table().with_columns(value=pl.col("value") * 1e46)

    model = fit(table, contract=CONTRACT, parameters=TrainingParameters(model_version=version)).value

    score = predict(model, table, CONTRACT)
    assert score[table["y"].to_numpy() == 1].mean() > score[table["y"].to_numpy() == 0].mean() + 0.05
