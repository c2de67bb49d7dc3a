"""Models of a price, of classes and of 0 or 1 in use: scored, watched, compared and ranked, in whole runs."""

import datetime as dt
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as sk

from ml_assets.cli.main import main
from ml_assets.core.report.markdown import markdown
from ml_assets.core.report.pictures import days_png
from ml_assets.pipeline.leaderboard import leaderboard_draft, leaderboard_key, load_leaderboard
from ml_assets.pipeline.report import report
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.metrics import of_task
from ml_assets_tests import tasks_in_use as use
from ml_assets_tests.beside import check_sweep
from ml_assets_tests.builders import land
from ml_assets_tests.keys import key_of
from ml_assets_tests.scenario import failure_of, materializations
from ml_assets_tests.scored import launch, score
from ml_assets_tests.three_tasks import CLASSES, LABELS, TASKS, rows

SCORED = [use.AS_OF + dt.timedelta(days=n) for n in range(1, 31)]
ASKED = {
    "trials": {"ranks_as_evaluated", "scores_are_calibrated", "log_loss_as_evaluated"},
    "tickets": {"scores_are_calibrated", "log_loss_as_evaluated", "accuracy_as_evaluated"},
    "houses": {"errors_as_evaluated", "predictions_are_unbiased"},
}
EXPECTED = {
    "trials": lambda y, p: {"roc_auc": sk.roc_auc_score(y, p), "log_loss": sk.log_loss(y, p)},
    "tickets": lambda y, p: {
        "log_loss": sk.log_loss(y, p, labels=list(CLASSES)),
        "accuracy": sk.accuracy_score(y, np.array(CLASSES)[p.argmax(axis=1)]),
        "balanced_accuracy": sk.balanced_accuracy_score(y, np.array(CLASSES)[p.argmax(axis=1)]),
        "roc_auc": sk.roc_auc_score(y, p, multi_class="ovr", labels=list(CLASSES)),
    },
    "houses": lambda y, p: {
        "mae": sk.mean_absolute_error(y, p),
        "rmse": sk.root_mean_squared_error(y, p),
        "r2": sk.r2_score(y, p),
    },
}
COLUMNS = {
    "trials": ["score"],
    "tickets": [*(f"score_{name}" for name in CLASSES), "predicted"],
    "houses": ["score"],
}
PICTURES = {
    "trials": {"calibration.png"},
    "tickets": {"classes.png"},
    "houses": {"predicted.png"},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """All three in staging, each beside a worse one; the good ones serve from green and have scored the days after theirs."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("trained")
        use.Place(folder).settings(patch)
        place = use.trained(folder)
        for dataset in TASKS:
            place.serve(use.good(dataset))
            done = score(SCORED, given={"dataset": dataset, "source": "zone"})
            assert done.success, failure_of(done)
    return place


@pytest.fixture
def place(trained, tmp_path, monkeypatch):
    """A copy of it, which a test may spoil; one process does all."""
    return use.copied(trained, tmp_path / "place", monkeypatch)


def outcomes(dataset):
    """What became of each row, by its id."""
    return rows(dataset).select("id", outcome=LABELS[dataset])


def numbers(table, dataset):
    """Outcomes and scores as scikit-learn takes them."""
    names = [name for name in COLUMNS[dataset] if name != "predicted"]
    scores = table.select(names).to_numpy()
    return table["outcome"].to_numpy(), scores if len(names) > 1 else scores[:, 0]


def swept(place, dataset, grid, **own):
    """A sweep that has tried all of its trials, in this process."""
    sweep = Sweep(
        parameters=use.good(dataset),
        own=check_sweep({"grid": grid, **own}),
        days=(use.AS_OF,),
        pipeline=tabular,
        workspace=place.workspace(),
    )
    assert all(tried.attempt.error is None for tried in sweep.run())
    return sweep


def files(done):
    """The files of what a run made, by name, and its manifest."""
    (made,) = materializations(done).values()
    folder = Path(made.metadata["path"].value)
    manifest = json.loads((folder / "manifest.json").read_text())
    return {file["name"]: folder / file["file"] for file in manifest["files"]}, manifest


def predictions(place, dataset):
    """All that are stored, as they lie in the folders."""
    paths = place.folder.glob(f"green/predictions/**/dataset={dataset}/**/data-*.parquet")
    return pl.concat([pl.read_parquet(path) for path in paths])


@pytest.mark.slow
@pytest.mark.parametrize("dataset", TASKS)
def test_the_numbers_of_an_evaluation_are_those_of_scikit_learn_on_rows_made_apart(place, dataset):
    held = place.attached("evaluation", use.good(dataset), "scores.parquet")
    found = place.manifest("evaluation", use.good(dataset)).metrics
    joined = held.drop("outcome").join(outcomes(dataset), on="id", how="left", maintain_order="left")

    for name, value in EXPECTED[dataset](*numbers(joined, dataset)).items():
        assert found[name] == pytest.approx(value, abs=1e-9, rel=1e-9), name


@pytest.mark.parametrize("dataset", TASKS)
def test_predictions_have_what_the_task_has_and_what_the_model_says(place, dataset):
    stored = predictions(place, dataset)

    assert stored.columns == ["id", "owner", "seen", "day", *COLUMNS[dataset], "model_run_id"]
    assert stored.height == 10 * len(SCORED)
    scores = numbers(stored.with_columns(outcome=0), dataset)[1]
    if dataset == "tickets":
        assert np.allclose(scores.sum(axis=1), 1)
        assert stored["predicted"].to_list() == np.array(CLASSES)[scores.argmax(axis=1)].tolist()
    else:
        assert not stored["score"].null_count()


@pytest.mark.parametrize("dataset", TASKS)
def test_a_monitoring_says_what_scikit_learn_says_and_asks_what_fits_the_task(place, dataset):
    done = launch("monitor", "monitoring", SCORED[-1], given={"dataset": dataset, "source": "zone"})

    assert done.success, failure_of(done)
    kept, manifest = files(done)
    document = json.loads(kept["monitoring.json"].read_text())
    closed = predictions(place, dataset).filter(pl.col("day") <= SCORED[-1] - dt.timedelta(days=3))
    joined = closed.join(outcomes(dataset), on="id")
    found = document["outcomes"]["overall"]
    assert found["rows"] == joined.height
    for name, value in EXPECTED[dataset](*numbers(joined, dataset)).items():
        assert found["metrics"][name] == pytest.approx(value, abs=1e-9, rel=1e-9), name
        before = place.manifest("evaluation", use.good(dataset)).metrics[name]
        assert document["outcomes"]["compared"][name]["difference"] == pytest.approx(value - before, rel=1e-6)
    checks = {check.check_name: check for check in done.get_asset_check_evaluations()}
    asked = {name for name, check in checks.items() if "not asked" not in str(check.metadata)}
    assert asked == ASKED[dataset] | {"scores_have_not_drifted", "inputs_have_not_drifted"}
    assert all(checks[name].passed for name in ASKED[dataset])
    assert PICTURES[dataset] <= kept.keys()
    assert manifest["facts"]["verdict"] == "no clear difference"


@pytest.mark.parametrize(
    ("dataset", "spoil", "worse"),
    [
        ("houses", pl.col("price") * 1.5, ("errors_as_evaluated", "predictions_are_unbiased")),
        ("tickets", pl.lit("billing"), ("log_loss_as_evaluated", "scores_are_calibrated")),
    ],
)
def test_outcomes_that_are_no_more_what_they_were_are_told_as_worse(place, dataset, spoil, worse):
    for day in SCORED:
        spoiled = rows(dataset).filter(pl.col("day") == day).drop("day")
        label = pl.when(pl.int_range(pl.len()) % 10 < 9).then(spoil).otherwise(pl.col(LABELS[dataset]))
        land(place.zone, day, spoiled.with_columns(label.alias(LABELS[dataset])), dataset=dataset)

    done = launch("monitor", "monitoring", SCORED[-1], given={"dataset": dataset, "source": "zone"})

    assert done.success, failure_of(done)
    failed = {check.check_name for check in done.get_asset_check_evaluations() if not check.passed}
    assert set(worse) <= failed
    kept, _ = files(done)
    assert "The model is NOT as good as it should be" in kept["summary.md"].read_text()


@pytest.mark.parametrize(
    ("dataset", "kpis"), [("houses", ["mae", "rmse"]), ("tickets", ["roc_auc", "log_loss", "accuracy"])]
)
def test_a_worse_renewal_is_refused_with_the_numbers_of_both_on_the_same_rows(place, dataset, kpis):
    outcome = place.promote(use.bad(dataset))

    assert outcome.decision.verdict == "refused"
    comparison = outcome.decision.comparison
    assert [kpi.metric for kpi in comparison.kpis] == kpis == list(outcome.decision.margins)
    assert comparison.verdict == "worse"
    (told,) = [line for line in outcome.decision.objections if line.startswith("not worse")]
    for kpi in comparison.kpis:
        assert f"{kpi.metric}: " in told
    assert comparison.sample.task == TASKS[dataset]
    assert comparison.sample.rows == 880


def test_the_numbers_of_a_comparison_are_those_of_scikit_learn_on_its_rows(place):
    runs = [key_of("model", of("tickets"), use.AS_OF).run_id for of in (use.bad, use.good)]
    done = launch(
        "compare",
        "kpi_comparison",
        use.THROUGH,
        environment="staging",
        given={"dataset": "tickets", "source": "zone"},
        candidate=runs[0],
        reference=runs[1],
    )

    assert done.success, failure_of(done)
    kept, _ = files(done)
    document = json.loads(kept["kpi_comparison.json"].read_text())
    pairs = pl.read_parquet(kept["pairs.parquet"])
    truth = pairs.drop("outcome").join(outcomes("tickets"), on="id", maintain_order="left")
    for side in ("candidate", "reference"):
        scores = truth.select(pl.col(f"{side}_score_{name}") for name in CLASSES).to_numpy()
        expected = EXPECTED["tickets"](truth["outcome"].to_numpy(), scores)
        for kpi in document["kpis"]:
            assert kpi[side] == pytest.approx(expected[kpi["metric"]], abs=1e-9)
    assert {"degradation.png", "by_block.png"} <= kept.keys()


def test_a_margin_that_the_task_has_not_is_refused_and_a_wide_one_lets_a_worse_price_through(place):
    with pytest.raises(
        ValueError, match=r"margins: roc_auc: the evaluation has no such metric\. Allowed: mae, rmse\."
    ):
        place.promote(use.bad("houses"), margins="roc_auc=0.5", reason="just because")

    passed = place.promote(use.bad("houses"), margins="mae=5,rmse=5", reason="the old one is to go")

    assert passed.decision.comparison.passed
    assert [kpi.verdict for kpi in passed.decision.comparison.kpis] == ["worse within margin"] * 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset", "named", "ranked_by"),
    [("houses", {}, "mae"), ("tickets", {}, "roc_auc"), ("tickets", {"metric": "accuracy"}, "accuracy")],
)
def test_a_sweep_ranks_by_what_its_trials_have_and_says_so(place, dataset, named, ranked_by):
    sweep = swept(place, dataset, {"C": "0.001,0.01,1"}, **named)
    leaderboard_draft(sweep, sweep.leaderboard()).commit()
    key = leaderboard_key(sweep.parameters, sweep.own, use.AS_OF, pipeline=tabular)
    stored = load_leaderboard(key, place.store())

    assert stored.metric == ranked_by
    assert [trial.rank for trial in stored.trials] == [1, 2, 3]
    values = [trial.mean for trial in stored.trials]
    assert values == sorted(values, reverse=stored.larger_is_better)
    assert stored.larger_is_better is (ranked_by != "mae")
    assert any("No trial has roc_auc" in note for note in stored.notes) is (ranked_by == "mae")
    assert ("asked_metric" in stored.document()) is (ranked_by == "mae")
    assert stored.rows.rows == 140
    assert not stored.failed


def test_a_metric_that_was_named_and_is_not_measured_leaves_trials_without_a_rank(place):
    board = swept(place, "houses", {"C": "0.01,1"}, metric="brier").leaderboard()

    assert not board.trials
    assert {error.reason for trial in board.failed for error in trial.errors} == {"Not measured: brier."}


def test_a_report_shows_what_its_days_have(place):
    found = report(use.good("houses"), [use.AS_OF], pipeline=tabular, workspace=place.workspace())

    assert found.metric == "mae"
    pooled = found.pooled.metrics
    assert pooled["mae"].value == pytest.approx(
        place.manifest("evaluation", use.good("houses")).metrics["mae"]
    )
    assert pooled.keys() == {"mae", "rmse", "r2"}
    assert pooled["mae"].low < pooled["mae"].value < pooled["mae"].high


def test_a_page_of_a_report_has_a_base_rate_where_an_outcome_is_a_yes_or_no(place):
    for dataset in TASKS:
        found = report(use.good(dataset), [use.AS_OF], pipeline=tabular, workspace=place.workspace())
        page = markdown(found, pipeline=tabular)

        assert f"| {found.metric} | rows |" in page
        assert ("| base rate |" in page) is (dataset == "trials")
        assert days_png(found, pipeline=tabular).startswith(b"\x89PNG")


def test_an_outcome_that_is_no_number_stops_a_monitoring_with_its_column_and_day(place):
    spoiled = rows("houses").filter(pl.col("day") == SCORED[0]).drop("day").with_columns(price=pl.lit(1e60))
    land(place.zone, SCORED[0], spoiled, dataset="houses")

    done = launch("monitor", "monitoring", SCORED[-1], given={"dataset": "houses", "source": "zone"})

    assert not done.success
    assert f"column `price` holds a number that is none, or beyond 1e+50 on date={SCORED[0]}" in failure_of(
        done
    )


@pytest.mark.parametrize("source", [[], ["--source", "zone"]])
def test_the_shell_scores_and_watches_a_price_by_the_source_of_its_model_or_a_named_one(
    place, source, capsys
):
    about = ["--dataset", "houses", *source, "--environment", "green"]

    assert main(["score", *about, "--as-of", str(SCORED[0])]) == 0
    assert "houses of source zone in environment green: 1 scored, 0 failed" in capsys.readouterr().out
    assert main(["monitor", *about, "--as-of", str(SCORED[-1])]) == 0
    told = capsys.readouterr().out
    assert "houses of source zone: model" in told
    assert "Mean absolute error: no clear difference" in told
    assert "Bias: no clear difference: predictions are too" in told


def test_the_shell_compares_prices_and_refuses_a_margin_that_they_have_not(place, capsys):
    candidate = key_of("model", use.bad("houses"), use.AS_OF).run_id
    words = ["compare", "live", candidate, "--dataset", "houses", "--environment", "staging"]
    words += ["--as-of", str(use.THROUGH)]

    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [kpi["metric"] for kpi in found["kpis"]] == ["mae", "rmse"]
    assert found["verdict"] == "worse"
    assert main([*words, "--margin", "roc_auc=0.1"]) == 2
    assert "margins: an unknown metric. Allowed: r2, mae, rmse." in capsys.readouterr().err


def test_the_shell_says_by_what_a_sweep_of_prices_ranks(place, capsys):
    words = ["--set", "lookback_days=46", "--set", "holdout_days=14", "--environment", "staging"]
    words += ["--dataset", "houses", "--source", "zone", "--as-of", str(use.AS_OF)]

    assert main(["sweep", *words, "--grid", "C=0.01,1"]) == 0
    told = capsys.readouterr().out
    assert "Leaderboard by mae" in told
    assert "No trial has roc_auc, by which sweeps rank where nobody chooses: they are ranked by mae" in told


def of_two_classes(place, **changes):
    """A model of tickets that knows two of the three classes."""
    for day in (use.AS_OF - dt.timedelta(days=n) for n in range(46)):
        landed = rows("tickets").filter(pl.col("day") == day).drop("day")
        fewer = landed.with_columns(team=pl.col("team").replace("other", "billing"))
        land(place.zone, day, fewer, dataset="tickets")
    return place.train(use.good("tickets", **changes))


def test_models_of_other_classes_are_compared_over_the_classes_of_both(place):
    fewer = use.good("tickets", seed=7)
    of_two_classes(place, seed=7)

    outcome = place.promote(fewer)

    comparison = outcome.decision.comparison
    assert comparison.sample.rows == 880
    assert comparison.verdict == "worse"
    found = {kpi.metric: kpi for kpi in comparison.kpis}
    assert found["log_loss"].candidate > found["log_loss"].reference + 1
    assert outcome.decision.verdict == "refused"


@pytest.mark.parametrize("dataset", TASKS)
def test_without_an_evaluation_a_candidate_is_compared_by_what_its_task_has(place, dataset):
    parameters = use.good(dataset, seed=7)
    place.train(parameters)
    shutil.rmtree(place.folder / "staging" / str(key_of("evaluation", parameters, use.AS_OF).path))

    decision = place.promote(parameters).decision

    assert decision.verdict == "refused"
    assert {kpi.metric for kpi in decision.comparison.kpis} == {*of_task(TASKS[dataset]).margins}
    assert decision.comparison.passed


def test_models_of_other_tasks_are_not_compared(place):
    path = place.zone / "trials" / "dataset.toml"
    path.write_text(path.read_text() + 'task = "multiclass"\n')
    other = use.good("trials", seed=7)
    place.train(other)

    outcome = place.promote(other)

    assert outcome.decision.verdict == "refused"
    assert any(
        "task: multiclass and binary, so that they are about other rows" in line
        for line in outcome.decision.objections
    ), outcome.decision.objections


def test_outcomes_of_a_class_that_no_model_knows_count_as_wrong(place):
    for day in SCORED:
        landed = rows("tickets").filter(pl.col("day") == day).drop("day")
        other = landed.with_columns(
            team=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("legal")).otherwise("team")
        )
        land(place.zone, day, other, dataset="tickets")

    done = launch("monitor", "monitoring", SCORED[-1], given={"dataset": "tickets", "source": "zone"})

    assert done.success, failure_of(done)
    document = json.loads(files(done)[0]["monitoring.json"].read_text())
    assert document["outcomes"]["verdicts"]["log_loss"]["verdict"] == "worse"
    assert "roc_auc" in document["outcomes"]["overall"]["metrics"]
    failed = {check.check_name for check in done.get_asset_check_evaluations() if not check.passed}
    assert "log_loss_as_evaluated" in failed
