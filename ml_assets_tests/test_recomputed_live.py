"""A comparison, a promotion's decision and a monitoring can be made again from stored files and landed rows alone."""

import ast
import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ml_assets.core.product import Product
from ml_assets.core.sweep.sweep_parameters import sweep_identity
from ml_assets.pipeline.leaderboard import DOCUMENT, leaderboard_key
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests import (
    recomputed,
    recomputed_comparison,
    recomputed_drift,
    recomputed_monitoring,
    recomputed_pulls,
    recomputed_read,
)
from ml_assets_tests.beside import SweepParameters
from ml_assets_tests.builders import land
from ml_assets_tests.keys import key_of
from ml_assets_tests.renewed import AS_OF, FIRST, LAST, PARAMETERS, THROUGH, TOML, World, days, rows_of
from ml_assets_tests.scenario import failure_of
from ml_assets_tests.scored import launch
from ml_assets_tests.store_value import store_value

OTHER = PARAMETERS.model_copy(update={"model_version": "v2", "max_iter": 12})
CONTRACT = TOML.replace('"noise"', '"noise", "country", "lines"')
FEWER = CONTRACT.replace(', "noise"', "")
TOO_LARGE = dt.date(2025, 9, 1)
UNSCORED, MONITORED = AS_OF + dt.timedelta(days=5), AS_OF + dt.timedelta(days=21)
SPOILED = AS_OF + dt.timedelta(days=8)
SCORED = [day for day in days(AS_OF + dt.timedelta(days=1), MONITORED) if day != UNSCORED]
MARGINS = "roc_auc=0.01,log_loss=0.01,brier=0.005,average_precision=0.02,lift_at_10pct=0.5,skill=0,calibration_error=0.01"
EARLY = "2025-07-20"


def full_rows(day):
    """The rows of a day with a category, which has rare levels, a new one later and gaps, and a number of few values."""
    random, table = np.random.default_rng(1000 + day.toordinal()), rows_of(day)
    names = ["ES", "FR", "IT", "rare", None] + (["new"] if day > AS_OF else [])
    share = np.array([8, 6, 4, 0.1, 1] + ([3] if day > AS_OF else []))
    drawn = random.choice(len(names), table.height, p=share / share.sum())
    size = table["size"] + (0.4 if day > AS_OF else 0)
    return table.with_columns(
        size.alias("size"),
        pl.Series("country", [names[place] for place in drawn], dtype=pl.String),
        pl.Series("lines", random.integers(1, 6, table.height), dtype=pl.Int64),
    )


def rank(world):
    """A leaderboard that ranks the second model, as far as a comparison reads it."""
    trial = {"parameters": world.store().manifest(key_of("model", OTHER, AS_OF)).parameters}
    store_value(
        Product(
            value=pl.DataFrame({"rank": [1]}),
            attachments={DOCUMENT: json.dumps({"trials": [trial]}).encode()},
            facts={"rows_until": "2025-07-03"},
        ),
        key=leaderboard_key(OTHER, SweepParameters(), AS_OF, pipeline=tabular),
        parameters=sweep_identity(OTHER, SweepParameters()),
        format_name="parquet",
        workspace=world.workspace,
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One model serves in blue and has scored the days after its own; another one, which takes fewer features, waits."""
    found = World(tmp_path_factory.mktemp("world"))
    (found.zone / "orders").mkdir(parents=True)
    (found.zone / "orders" / "dataset.toml").write_text(CONTRACT)
    for day in days(FIRST, LAST):
        land(found.zone, day, full_rows(day))
    table = full_rows(SPOILED)
    land(found.zone, SPOILED, pl.concat([table, table[:1]]))  # a row that is there twice
    with pytest.MonkeyPatch.context() as patch:
        found.settings(patch)
        found.serve(found.train())
        (found.zone / "orders" / "dataset.toml").write_text(FEWER)
        found.train(OTHER)
        rank(found)
        for first, last in (
            (SCORED[0], UNSCORED - dt.timedelta(days=1)),
            (UNSCORED + dt.timedelta(days=1), MONITORED),
        ):
            done = launch("score", "predictions", [first, last], environment="blue")
            assert done.success, failure_of(done)
        large = pl.when(pl.int_range(pl.len()) == 3).then(1e60).otherwise("noise").alias("noise")
        land(found.zone, TOO_LARGE, full_rows(TOO_LARGE).with_columns(large))
        late = table[-1:].with_columns(order_id=pl.lit("late"))
        unknown = table[1:2].with_columns(returned_30d=pl.lit(None, dtype=pl.Int8))
        land(found.zone, SPOILED, pl.concat([table[:1], table[:1], unknown, table[2:], late]))
    return found


@pytest.fixture
def world(served, monkeypatch):
    served.settings(monkeypatch)
    return served


def same(stored, again):
    """Both have the same leaves; numbers to the eighth digit, those of curves and histograms as they are rounded."""
    first, second = recomputed.numbers(stored), recomputed.numbers(again)
    assert first.keys() == second.keys()
    for path, value in first.items():
        loosest = 1e-6 if path.startswith(("outcomes.calibration.", "drift.histogram.")) else 1e-8
        expected = pytest.approx(second[path], abs=loosest) if isinstance(value, float) else second[path]
        assert value == expected, path


def by_name(comparison):
    """It with its KPIs by name: a manifest does not keep the order in which margins were given."""
    return {**comparison, "kpis": sorted(comparison["kpis"], key=lambda of: of["metric"])}


def roots(world):
    return [world.place / name for name in ("staging", "blue", "green")]


def compared(world, through, **own):
    """The folder of a comparison that the job makes."""
    before = set(recomputed.folders(world.place / "staging", "kpi_comparison"))
    done = launch("compare", "kpi_comparison", dt.date.fromisoformat(through), environment="staging", **own)
    assert done.success, failure_of(done)
    (folder,) = set(recomputed.folders(world.place / "staging", "kpi_comparison")) - before
    return folder


def run_id(world, model_version):
    (found,) = [
        recomputed.manifest_of(of)["run_id"]
        for of in recomputed.folders(world.place / "staging", "model")
        if recomputed.manifest_of(of)["parameters"]["model_version"] == model_version
    ]
    return found


def test_every_number_of_a_comparison_is_made_again_from_its_pairs(world):
    folder = compared(world, str(THROUGH), candidate=run_id(world, "v2"), margins=MARGINS)
    stored, manifest = recomputed.document(folder, "kpi_comparison.json"), recomputed.manifest_of(folder)

    found = recomputed_comparison.comparison(folder, roots(world))

    assert len(stored["kpis"]) == 7
    assert (len(stored["chosen_on"]), stored["sample"]["first"]) == (1, "2025-07-04")
    assert (stored["sample"]["ambiguous"], stored["sample"]["only_candidate"]) == (2, 1)
    assert (stored.pop("candidate"), stored.pop("reference")) == (
        f"{run_id(world, 'v2')} (v2, as_of {AS_OF})",
        f"live: {run_id(world, 'v1')} (v1, as_of {AS_OF})",
    )
    same(by_name(stored), by_name(found))
    assert manifest["metrics"] == {f"{of['metric']}_degradation": of["degradation"] for of in stored["kpis"]}
    assert {name: manifest["facts"][name] for name in ("rows", "entities", "verdict")} == {
        "rows": found["sample"]["rows"],
        "entities": found["sample"]["entities"],
        "verdict": found["verdict"],
    }


def test_scores_of_pairs_are_those_that_the_stored_models_give_the_landed_rows(world):
    (folder, *_) = recomputed.folders(world.place / "staging", "kpi_comparison") or [
        compared(world, str(THROUGH), candidate=run_id(world, "v2"))
    ]
    manifest, stored = recomputed.manifest_of(folder), recomputed_read.by_digest(roots(world))
    pairs = recomputed.table(folder, "pairs.parquet")
    rows = recomputed_read.source_rows(manifest["sources"][0]["uri"], sorted(set(pairs["day"])))
    keys = ["day", "order_id", "customer_id", "order_ts"]
    rows = pairs[keys].merge(rows.drop_duplicates(keys), on=keys, how="left", validate="one_to_one")

    for role in ("candidate", "reference"):
        model = stored[manifest["parameters"][role]["sha256"]]
        learned = recomputed_read.made_of(model, "training_set", stored)
        again = recomputed_read.scores_again(model, learned, rows)
        assert pairs[f"{role}_score"].to_numpy() == pytest.approx(again, abs=1e-9)


def test_a_comparison_of_too_few_rows_says_when_there_will_be_enough(world):
    folder = compared(world, EARLY, candidate=run_id(world, "v2"))
    stored = recomputed.document(folder, "kpi_comparison.json")

    found = recomputed_comparison.comparison(folder, roots(world))

    assert stored["verdict"] == "too few rows"
    same({name: stored[name] for name in found}, found)


def test_the_comparison_of_a_decision_is_made_again_from_one_with_the_same_terms_at_the_error_of_its_try(
    world,
):
    candidate = run_id(world, "v2")
    world.promote(candidate, through=THROUGH - dt.timedelta(days=7), to="green")
    decision = world.promote(candidate, to="green").decision.record()
    margins = ",".join(f"{name}={value}" for name, value in decision["margins"].items())
    folder = compared(
        world,
        decision["through"],
        candidate=decision["run_id"],
        window_days=decision["window_days"],
        margins=margins,
    )
    asked = recomputed.manifest_of(folder)["parameters"]

    error = recomputed_comparison.error_of_try(decision["try_number"])
    found = recomputed_comparison.comparison(folder, roots(world), error)

    assert decision["try_number"] == 2
    assert asked["reference"]["sha256"] == decision["reference_sha256"]
    assert asked["candidate"]["sha256"] == decision["artifacts"]["model"]
    same(by_name(decision["comparison"]), by_name({name: found[name] for name in decision["comparison"]}))


def test_every_number_of_a_monitoring_is_made_again_from_its_scores_the_evaluation_and_landed_rows(world):
    done = launch(
        "monitor", "monitoring", MONITORED, environment="blue", window_days=14, drift_days=7, min_rows=20
    )
    assert done.success, failure_of(done)
    (folder,) = recomputed.folders(world.place / "blue", "monitoring")
    stored, manifest = recomputed.document(folder, "monitoring.json"), recomputed.manifest_of(folder)

    found = recomputed_monitoring.monitoring(folder, roots(world))

    outcomes = stored["outcomes"]
    assert (outcomes["waiting"], outcomes["unscored"], outcomes["ambiguous"]) == (1, 1, 2)
    assert stored["missing"] == [str(UNSCORED)]
    assert outcomes["verdicts"]["calibration"]["slope"] is not None
    assert {of["label"] for item in stored["drift"]["inputs"] for of in item["bins"]} >= {"(missing)", "new"}
    assert len(stored.pop("notes")) == 4
    assert len(stored.pop("commands")) == 1
    same(stored, found)
    test, drift = found["outcomes"]["verdicts"]["calibration"], found["drift"]
    again = found["outcomes"]["overall"]["metrics"] | {
        "calibration_z": test["z"],
        "calibration_slope": test["slope"],
        "score_psi": drift["scores"]["psi"],
        "largest_input_psi": max(of["psi"] for of in drift["inputs"]),
    }
    assert manifest["metrics"] == pytest.approx({name: again[name] for name in manifest["metrics"]}, abs=1e-8)
    assert manifest["facts"]["look"] == found["outcomes"]["look"]["number"]


@pytest.mark.parametrize(
    "module",
    [recomputed_comparison, recomputed_pulls, recomputed_monitoring, recomputed_drift, recomputed_read],
    ids=lambda of: of.__name__,
)
def test_what_makes_the_numbers_again_imports_nothing_of_the_project(module):
    tree = ast.parse(Path(module.__file__).read_text())
    modules = [of.module for of in ast.walk(tree) if isinstance(of, ast.ImportFrom)]
    names = [name.name for of in ast.walk(tree) if isinstance(of, ast.Import) for name in of.names]

    assert not [name for name in (*modules, *names) if name.partition(".")[0] == "ml_assets"]
