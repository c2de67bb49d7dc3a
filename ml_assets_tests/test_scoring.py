"""Predictions in whole runs: what they hold, which model makes them, when they are made again, and what is refused."""

import datetime as dt
import json
import shutil

import dagster as dg
import numpy as np
import pandas as pd
import polars as pl
import pytest

from ml_assets.adapter.refusal import LaunchRefusedError
from ml_assets.cli.main import main
from ml_assets.errors import SourceError
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.scoring.model import scoring_model
from ml_assets.pipelines.tabular.scoring.parameters import ScoringParameters
from ml_assets.pipelines.tabular.scoring.predictions import predict_day, predictions_key
from ml_assets.sources.sample import SampleSource
from ml_assets_tests.builders import land, order_day, order_days, write_landing
from ml_assets_tests.keys import key_of
from ml_assets_tests.scenario import failure_of, materializations
from ml_assets_tests.scored import AS_OF, PARAMETERS, Shop, launch, score

DAY = dt.date(2025, 8, 5)
FEATURES = ["country", "n_lines", "order_value", "days_since_prev"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A shop whose model serves from green."""
    shop = Shop(tmp_path_factory.mktemp("trained"))
    write_landing(shop.zone, rows_by_day=order_days(last=dt.date(2025, 8, 10)))
    shop.release(shop.train())
    return shop


@pytest.fixture
def shop(trained, tmp_path, monkeypatch):
    """A copy of it, which a test may spoil."""
    return trained.copied(tmp_path / "shop", monkeypatch)


def model_of(shop, environment="green"):
    return shop.store(environment).manifest(key_of("model", PARAMETERS, AS_OF))


def made(result, day=DAY):
    assert result.success, failure_of(result)
    return materializations(result)["predictions", str(day)]


def numbers(materialization):
    return {name: entry.value for name, entry in materialization.metadata.items()}


def test_each_score_is_what_the_loaded_model_says_of_that_row(shop):
    table = shop.predictions(made(score(DAY)))

    landed = order_day(DAY).sort("order_id")
    numbers = {
        name: [np.nan if value is None else float(value) for value in landed[name]] for name in FEATURES[1:]
    }
    cells = pd.DataFrame({"country": landed["country"].to_list(), **numbers})
    model = shop.store().load(key_of("model", PARAMETERS, AS_OF))
    assert table.columns == ["order_id", "order_ts", "day", "score", "model_run_id"]
    assert table["order_id"].to_list() == landed["order_id"].to_list()
    assert table["score"].to_list() == model.predict_proba(cells)[:, 1].tolist()
    assert table["score"].n_unique() > 3
    assert set(table["model_run_id"]) == {model_of(shop).run_id}
    assert set(table["day"]) == {DAY}


def test_neither_another_place_nor_another_order_of_rows_moves_a_byte(shop):
    first = numbers(made(score(DAY)))
    shutil.rmtree(shop.place / "green/predictions")
    rows = order_day(DAY)
    shutil.rmtree(shop.zone / f"orders/date={DAY}")
    land(shop.zone, DAY, rows[5:].reverse(), name="b.parquet")
    land(shop.zone, DAY, rows[:5].reverse(), name="c.csv")

    again = numbers(made(score(DAY)))

    assert again["sha256"] == first["sha256"]
    assert again["reused"] is False


def test_the_manifest_tells_the_model_the_rows_and_their_scores(shop):
    event = numbers(made(score(DAY)))
    model = model_of(shop)

    key = predictions_key(PARAMETERS, model, DAY)
    manifest = shop.store().verify(key)
    (source,) = manifest.sources
    assert event["run_id"] == key.run_id
    assert [(item.asset, item.run_id, item.sha256) for item in manifest.artifacts] == [
        ("model", model.run_id, model.sha256)
    ]
    assert [(day.date, day.rows) for day in source.days] == [(DAY, 8)]
    assert manifest.facts["rows"] == event["dagster/row_count"] == 8
    table = shop.store().load(key)
    assert manifest.metrics["mean_score"] == pytest.approx(table["score"].mean())
    assert manifest.metrics["score_p90"] == pytest.approx(np.quantile(table["score"], 0.9))


@pytest.mark.slow
def test_the_same_rows_model_and_code_are_reused_and_other_rows_are_not(shop):
    score(DAY)

    again = numbers(made(score(DAY)))
    land(shop.zone, DAY, order_day(DAY).with_columns(pl.col("order_value") + 1))
    late = numbers(made(score(DAY)))
    forced = numbers(made(score(DAY, reuse=False)))

    assert (again["reused"], again["why"]) == (True, "nothing changed")
    assert late["reused"] is False
    assert "input rows changed on 1 of 1 day" in late["why"]
    assert (forced["reused"], forced["why"]) == (False, "reuse is off")


def test_a_model_that_is_made_again_meanwhile_scores_nothing_in_the_name_of_the_one_before(shop):
    store = shop.store()
    workspace = Workspace(
        pipeline=tabular, store=store, environment="green", sources={"shop": str(shop.zone)}
    )
    model = scoring_model(PARAMETERS, ScoringParameters(), workspace=workspace, asset="predictions")
    expected = predict_day(PARAMETERS, DAY, model=model, workspace=workspace).commit().manifest.sha256
    shutil.rmtree(shop.place / "green/predictions")
    learned = AS_OF - dt.timedelta(days=81)
    land(shop.zone, learned, order_day(learned, rows=80))

    model = scoring_model(PARAMETERS, ScoringParameters(), workspace=workspace, asset="predictions")  # unread
    assert shop.train().sha256 != model.manifest.sha256
    again = predict_day(PARAMETERS, DAY, model=model, workspace=workspace).commit().manifest

    assert again.artifacts[0].sha256 == model.manifest.sha256
    assert again.sha256 == expected


def test_an_outcome_that_becomes_known_changes_nothing(shop):
    score(DAY)
    land(shop.zone, DAY, order_day(DAY).with_columns(1 - pl.col("returned_30d")))

    assert numbers(made(score(DAY)))["reused"] is True


def test_rows_without_any_outcome_column_are_scored(shop):
    expected = shop.predictions(made(score(DAY)))
    land(shop.zone, DAY, order_day(DAY).drop("returned_30d", "returned_30d_closes_at"))

    assert shop.predictions(made(score(DAY, reuse=False))).equals(expected)


def test_categories_that_nobody_saw_in_training_are_scored(shop):
    land(shop.zone, DAY, order_day(DAY).with_columns(country=pl.lit("Chile")))

    assert shop.predictions(made(score(DAY)))["score"].is_between(0, 1).all()


def test_a_column_keeps_the_kind_that_it_had_in_training(shop):
    """A day whose texts all look like numbers is still a day of texts; an empty one too."""
    (shop.zone / f"orders/date={DAY}/part.parquet").unlink()
    land(shop.zone, DAY, order_day(DAY).with_columns(country=pl.lit("12")), name="a.csv")

    scores = shop.predictions(made(score(DAY)))["score"]
    land(shop.zone, DAY, order_day(DAY).with_columns(country=pl.lit("Chile")), name="a.csv")

    assert scores.equals(shop.predictions(made(score(DAY)))["score"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.drop("n_lines"), "part.parquet: column `n_lines` is missing."),
        (lambda rows: rows.drop("order_id"), "part.parquet: column `order_id` is missing."),
        (lambda rows: rows.with_columns(n_lines=pl.lit("many")), "column `n_lines` holds other text"),
        (lambda rows: rows.with_columns(order_value=pl.lit(float("inf"))), "`order_value` is beyond 1e+50 in 8 rows"),
        (lambda rows: rows.with_columns(order_ts=pl.lit(None, pl.Datetime)), "column `order_ts` is empty in 8 rows"),
        (lambda rows: rows.clear(), f"orders, {DAY}: there are no rows to score."),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_scored_are_named_with_their_remedy(shop, change, words):
    land(shop.zone, DAY, change(order_day(DAY)))

    failed = score(DAY)

    assert not failed.success
    assert words in failure_of(failed)
    assert not (shop.place / "green/predictions").exists()


def test_a_row_whose_event_is_after_its_day_is_not_scored_and_is_counted(shop):
    late = order_day(DAY).with_columns(
        pl.when(pl.col("order_id").str.ends_with("003"))
        .then(pl.col("order_ts") + pl.duration(days=1))
        .otherwise(pl.col("order_ts"))
        .alias("order_ts")
    )
    land(shop.zone, DAY, late)

    event = made(score(DAY))

    assert shop.predictions(event).height == 7
    assert numbers(event)["rows_not_yet_known"] == 1


def test_one_bad_day_neither_stops_nor_hides_the_others(shop):
    days = [DAY, DAY + dt.timedelta(days=1), DAY + dt.timedelta(days=2)]
    shutil.rmtree(shop.zone / f"orders/date={days[1]}")
    instance = dg.DagsterInstance.ephemeral()

    failed = score(days, instance=instance)

    assert not failed.success
    assert f"{days[1]}: " in failure_of(failed)
    logged = [entry.dagster_event for entry in instance.all_logs(failed.run_id) if entry.is_dagster_event]
    told = {event.partition for event in logged if event.is_step_materialization}
    assert told == {str(days[0]), str(days[2])}
    assert {key.as_of for key in shop.store().keys("predictions")} == {days[0], days[2]}


def test_a_model_is_named_in_any_environment(shop):
    model = shop.train("dev", seed=1)

    table = shop.predictions(made(score(DAY, environment="dev", model=model.run_id)), "dev")

    assert set(table["model_run_id"]) == {model.run_id}


@pytest.mark.parametrize(
    ("environment", "own", "given", "words"),
    [
        ("dev", {}, {}, "live is what serves in blue or green; in dev nothing serves, so name a model"),
        ("blue", {}, {}, "model: green serves, not blue."),
        ("green", {}, {"dataset": "customers"}, "model: nothing serves for customers yet."),
        ("dev", {"model": "0" * 12}, {}, "No model of run 000000000000"),
    ],
)
def test_what_does_not_serve_here_is_refused_with_what_to_do(shop, environment, own, given, words):
    failed = score(DAY, environment=environment, given={"source": "shop", **given}, **own)

    assert not failed.success
    assert words in failure_of(failed)
    assert not (shop.place / environment / "predictions").exists()


def test_a_model_of_another_dataset_is_refused(shop):
    failed = score(DAY, given={"source": "shop", "dataset": "customers"}, model=model_of(shop).run_id)

    assert "model: it is one of orders, not of customers." in failure_of(failed)


def test_a_model_with_other_bytes_than_were_released_scores_nothing(shop):
    shop.release(model_of(shop), "blue", sha256="0" * 64)
    shutil.copytree(shop.place / "green", shop.place / "blue")

    failed = score(DAY, environment="blue")

    assert "is not the model that was released" in failure_of(failed)
    assert not (shop.place / "blue/predictions").exists()


def test_a_damaged_model_scores_nothing(shop):
    (file,) = (shop.place / "green/model").rglob("data-*.skops")
    file.write_bytes(file.read_bytes()[:-1] + b"x")

    failed = score(DAY)

    assert f"{file} is corrupt: its SHA-256 is not the one in the manifest" in failure_of(failed)
    assert not (shop.place / "green/predictions").exists()


def test_damaged_predictions_are_made_again_with_the_same_bytes(shop):
    first = numbers(made(score(DAY)))
    (file,) = (shop.place / "green/predictions").rglob("data-*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])

    again = numbers(made(score(DAY)))

    assert again["why"].startswith("the stored one was damaged: ")
    assert (again["sha256"], file.read_bytes()) == (first["sha256"], whole)


def test_a_model_beside_another_training_set_than_its_own_scores_nothing(shop):
    learned = AS_OF - dt.timedelta(days=81)
    land(shop.zone, learned, order_day(learned, rows=80))
    workspace = Workspace(
        pipeline=tabular,
        store=shop.store(),
        environment="green",
        sources={"shop": str(shop.zone)},
    )
    assert attempt(PARAMETERS, AS_OF, workspace=workspace, assets=("training_set",)).error is None

    failed = score(DAY)

    assert f"is not the training set that the model {model_of(shop).run_id} learned from" in failure_of(
        failed
    )
    assert not (shop.place / "green/predictions").exists()


def test_a_model_made_again_from_other_rows_writes_over_no_predictions(shop):
    """Its run_id is the same, its bytes are not."""
    first = model_of(shop)
    score(DAY)
    land(shop.zone, dt.date(2025, 5, 20), order_day(dt.date(2025, 5, 20)).with_columns(n_lines=pl.lit(1)))

    second = shop.train()
    made(score(DAY, model=second.run_id))

    assert first.run_id == second.run_id
    assert first.sha256 != second.sha256
    assert len(list(shop.store().keys("predictions"))) == 2


def test_a_wrong_model_is_refused_before_a_run_exists():
    instance = dg.DagsterInstance.ephemeral()

    with pytest.raises(LaunchRefusedError) as error:
        launch("score", "predictions", DAY, instance=instance, given={}, model="AKIAIOSFODNN7EXAMPLE")

    assert "AKIA" not in str(error.value)
    assert instance.get_runs_count() == 0


def test_rows_of_another_source_are_scored_beside_the_first(shop):
    shop_rows = shop.predictions(made(score(DAY)))

    sample_rows = shop.predictions(made(score(DAY, given={"source": "sample"})))

    assert sample_rows.height > shop_rows.height
    assert len(list(shop.store().keys("predictions"))) == 2


def test_without_a_named_source_the_rows_are_those_that_the_model_was_trained_on(shop):
    named = numbers(made(score(DAY)))

    unnamed = numbers(made(score(DAY, given={})))

    assert unnamed["run_id"] == named["run_id"]
    assert unnamed["reused"]
    manifest = shop.store().manifest(predictions_key(PARAMETERS, model_of(shop), DAY))
    assert manifest.parameters["source"] == manifest.sources[0].source == "shop"


def test_a_model_of_the_sample_is_not_scored_on_other_rows_unasked(shop):
    workspace = Workspace(
        pipeline=tabular,
        store=shop.store("dev"),
        environment="dev",
        sources={"sample": "sample:"},
    )
    parameters = PARAMETERS.model_copy(update={"source": "sample"})
    assert attempt(parameters, AS_OF, workspace=workspace).error is None
    model = shop.store("dev").manifest(key_of("model", parameters, AS_OF))

    done = made(score(DAY, environment="dev", given={}, model=model.run_id))

    assert numbers(done)["run_id"] == predictions_key(parameters, model, DAY).run_id


def test_a_source_that_is_not_in_the_settings_is_refused_by_name(shop, monkeypatch, capsys):
    monkeypatch.delenv("ML_ASSETS_SOURCES__SHOP")
    line = f"source: the model {model_of(shop).run_id} was trained on shop, which the settings do not name in green."

    failed = score(DAY, given={})
    codes = [main([job, "--environment", "green", "--as-of", str(DAY)]) for job in ("score", "monitor")]

    assert line in failure_of(failed)
    assert codes == [2, 2]
    assert capsys.readouterr().err.count(line) == 2
    assert not (shop.place / "green/predictions").exists()


def test_the_shell_tells_whose_rows_it_has_scored(shop, capsys):
    words = ["score", "--environment", "green", "--as-of", str(DAY)]

    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["source"] == "shop"
    assert main(words) == 0
    assert "orders of source shop in environment green: 1 scored" in capsys.readouterr().out
    assert main(["monitor", "--environment", "green", "--as-of", str(DAY)]) == 0
    assert "orders of source shop: model" in capsys.readouterr().out


def test_the_sample_says_which_column_it_lacks():
    contract = (
        SampleSource(samples=tabular.samples)
        .contract("orders")
        .model_copy(update={"features": ("country", "weather")})
    )

    with pytest.raises(SourceError, match="column `weather` is missing"):
        SampleSource(samples=tabular.samples).scan("orders", first=DAY, last=DAY, contract=contract)


def test_the_shell_scores_several_days_and_prints_json(shop, capsys):
    days = ["--from", "2025-08-05", "--to", "2025-08-06"]
    words = ["score", "--environment", "green", "--source", "shop", *days]

    assert main([*words, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert main(words) == 0
    printed = capsys.readouterr().out

    assert [day["as_of"] for day in result["days"]] == ["2025-08-05", "2025-08-06"]
    assert {day["model_run_id"] for day in result["days"]} == {model_of(shop).run_id}
    assert result["days"][0]["run_id"] == predictions_key(PARAMETERS, model_of(shop), DAY).run_id
    assert printed.count("reused") == 2
    assert "2 scored, 0 failed" in printed


def test_the_shell_tells_the_day_that_failed(shop, capsys):
    shutil.rmtree(shop.zone / "orders/date=2025-08-06")
    words = ["score", "--environment", "green", "--source", "shop"]

    code = main([*words, "--from", "2025-08-05", "--to", "2025-08-06"])

    told = capsys.readouterr()
    assert code == 1
    assert "1 scored, 1 failed" in told.out
    assert "2025-08-06: " in told.err
    assert "there are no rows to score" in told.err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--model", "newest"], "model: has characters that are not allowed. Allowed: live, or the 12 hex"),
        (["--dataset", "bogus", "--source", "sample"], "dataset: unknown."),
        (["--dataset", "bogus", "--environment", "green"], "model: nothing serves for bogus yet."),
        (["--environment", "gren"], "environment: unknown."),
        (["--as-of", "2999-01-01"], "as_of: not a complete day yet"),
        (["--as-of", "2025-08-05", "--last", "2"], "--as-of: not with --last"),
        (["--max-depth", "2"], "--max-depth: unknown flag."),
        ([], "live is what serves in blue or green"),
    ],
)
def test_the_shell_refuses_before_anything_is_started(words, line, tmp_path, capsys):
    assert main(["score", *words]) == 2
    assert line in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
