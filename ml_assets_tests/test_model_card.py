"""The card says what a person needs, the same everywhere, and nothing of the machine it was made on."""

import datetime as dt

import pytest

from ml_assets.pipelines.tabular.evaluation import evaluate
from ml_assets.pipelines.tabular.model_card import model_card
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.training import fit
from ml_assets_tests.tables import CONTRACT, training_table

DAY = dt.date(2025, 3, 1)
RUN = "0123456789ab"
PARAMETERS = TrainingParameters(model_version="v2", max_iter=20, dataset="customers")
FACTS = {
    "rows": 600, "train_rows": 500, "holdout_rows": 100, "base_rate": 0.5, "train_base_rate": 0.5, "rows_in_window": 1650,
    "rows_not_yet_known": 1050, "first_day": "2025-01-01", "last_day": "2025-03-01", "holdout_from": "2025-02-20",
    "days_with_rows": 60, "days_without_rows": 2, "contract": CONTRACT.model_dump(mode="json"),
}  # fmt: skip


def card_of(document, parameters=PARAMETERS, facts=FACTS):
    return model_card(document, parameters=parameters, as_of=DAY, facts=facts, run_id=RUN).value


@pytest.fixture(scope="module")
def document():
    table = training_table()
    model = fit(table, contract=CONTRACT, parameters=PARAMETERS).value
    return evaluate(model, table, contract=CONTRACT, parameters=PARAMETERS).value


def test_every_section_is_there_in_the_order_a_reader_asks(document):
    heads = [line for line in card_of(document).splitlines() if line.startswith("#")]

    assert heads == [
        "# customers v2, 2025-03-01",
        "## Data",
        "## Performance on 100 held-out rows",
        "## Can the probability be taken at its word?",
        "## What it relies on",
        "## Intended use and limits",
        "## How it was made",
    ]


def test_each_used_parameter_is_listed_and_no_other(document):
    card = card_of(document)

    assert "| `max_iter` | 20 | 100 |" in card
    assert "| `learning_rate` | 0.05 | 0.05 |" in card
    assert "| `C` |" not in card
    assert "n_estimators" not in card


def test_rows_and_days_are_those_of_the_training_set(document):
    card = card_of(document)

    assert "600 rows of source `sample`, 2025-01-01 to 2025-03-01, of which 50.0% are a yes" in card
    assert "rows of the 365 days up to it whose outcome's window was over.\n" in card


def test_rows_that_are_purged_are_told_with_the_reason(document):
    left_out = (
        " 70 before them were left out of training: their outcome was not known yet when the holdout began."
    )

    assert left_out in card_of(document, facts={**FACTS, "purged_rows": 70})
    assert "left out of training" not in card_of(document)


@pytest.mark.parametrize(
    "fact", ["rows_in_window", "rows_not_yet_known", "days_with_rows", "days_without_rows"]
)
def test_what_the_rows_of_the_training_set_do_not_decide_is_not_told(document, fact):
    others = {**FACTS, fact: 987654}

    assert card_of(document, facts=others) == card_of(document)


def test_the_command_makes_the_same_run_again(document):
    assert (
        "\nml-assets run --dataset customers --as-of 2025-03-01 --model-version v2 --max-iter 20\n"
        in card_of(document)
    )


def test_calibration_is_told_group_by_group(document):
    card, points = card_of(document), document["curves"]["calibration"]

    for rows, predicted, observed in zip(
        points["rows"], points["predicted"], points["observed"], strict=True
    ):
        assert f"| {rows:.0f} | {predicted:.1%} | {observed:.1%} |" in card


def test_a_feature_name_cannot_break_a_table(document):
    relied = {"feature": "a|b", "mean": 0.1, "std": 0.0}
    alone = {"feature": "a|b", "known_rows": 9, "roc_auc": None, "missing_roc_auc": 0.75}
    odd = {**document, "feature_importance": [relied], "single_features": [alone]}

    assert "| `a\\|b` | 0.1000 | 0.0000 | 0.7500 |" in card_of(odd)


def test_many_features_are_cut_and_counted(document):
    items = [{"feature": f"f{place}", "mean": 0.1, "std": 0.0} for place in range(25)]
    alone = [{"feature": item["feature"], "roc_auc": 0.6, "missing_roc_auc": None} for item in items]
    card = card_of({**document, "feature_importance": items, "single_features": alone})

    assert "`f19`" in card
    assert "`f20`" not in card
    assert "5 more features matter less" in card


def test_equal_runs_get_equal_cards_and_other_parameters_another(document):
    assert card_of(document) == card_of(document)
    assert card_of(document) != card_of(document, PARAMETERS.model_copy(update={"seed": 1}))


def with_metrics(document, **values):
    return {**document, "metrics": {**document["metrics"], **values}}


@pytest.mark.parametrize(("train", "warned"), [(0.92, True), (0.701, True), (0.7, False), (0.5, False)])
def test_a_training_auc_far_above_the_interval_of_the_holdout_is_warned_of(document, train, warned):
    found = with_metrics(document, train_roc_auc=train, roc_auc=0.55, roc_auc_low=0.5, roc_auc_high=0.6)
    card = card_of(found)

    assert (f"On the training rows the ROC AUC is {train:.4f}." in card) is not warned
    assert (
        f"**On the training rows the ROC AUC is {train:.4f}, which is above the interval on held-out rows by more than 0.1.**"
        in card
    ) is warned


def test_intervals_stand_beside_their_metrics_and_what_a_perfect_model_would_show_beside_the_error(document):
    found = with_metrics(
        document, log_loss=0.5, log_loss_low=0.45678, log_loss_high=0.54321, calibration_error_expected=0.0123
    )
    card = card_of(found)

    assert "| log loss | 0.5000 | 0.4568 to 0.5432 | " in card
    assert "a perfectly calibrated model would show 0.0123 by chance" in card
    single = {
        name: value
        for name, value in found["metrics"].items()
        if not name.startswith(("log_loss_", "brier_"))
    }
    assert "| log loss | 0.5000 |  | " in card_of({**found, "metrics": single})


def test_it_says_whose_rows_are_independent_of_each_other(document):
    many = card_of({**document, "entity": {"name": "customer", "holdout": 40}})

    assert (
        "The held-out rows are of 40 entities (`customer`). The intervals take these to be independent"
        in many
    )
    assert "no two are known to be of one entity" in card_of(document)


def test_a_feature_that_is_suspected_to_be_the_outcome_is_named_in_bold(document):
    alone = [
        {**item, "roc_auc": 0.99 if item["feature"] == "flag" else 0.98999}
        for item in document["single_features"]
    ]
    card = card_of({**document, "single_features": alone})

    assert "**Suspected to be the outcome itself: `flag`.**" in card
    assert "Suspected" not in card_of(document)
    assert "No feature alone reaches 0.99" in card_of(document)


def test_it_says_so_where_nothing_tells_when_rows_arrived(document):
    told = "- A row counts as known from its event on: `dataset.toml` names no `known_at`"
    arrival = {**FACTS, "contract": {**FACTS["contract"], "known_at": "arrived"}}

    assert told in card_of(document)
    assert told not in card_of(document, facts=arrival)
