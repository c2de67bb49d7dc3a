"""What serves, for any pipeline: promoted on evidence, switched, taken back, and compared by the days that both have."""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from ml_assets.core.comparison.by_days import compare_pairs, lacking, pairs_by_day
from ml_assets.core.comparison.by_losses import pairs_by_row
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Metric
from ml_assets.core.promotion.parameters import check_promotion
from ml_assets.core.release_line import ReleaseLine
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, DefinitionError, RefusedError
from ml_assets.pipeline.promotion import Promotion, promote
from ml_assets.pipeline.released import named_model, release_log
from ml_assets.pipeline.releases import roll_back, switch, verify_release
from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings
from ml_assets_tests.released import Place, tree
from ml_assets_tests.small_pipeline import load

DAY = dt.date(2025, 12, 1)
NOW = dt.datetime(2025, 12, 3, tzinfo=dt.timezone.utc)
SOUTH = {"shop": "south", "weeks": 12}
SHOP = '''
import datetime as dt
from typing import Any

import polars as pl

from ml_assets import Field, Metric, Parameters, Pipeline, Product


class Level(Parameters):
    """What decides a level."""

    level: float = Field(0.5, ge=0, le=1, description="How much of the last day")


{name} = Pipeline("{name}", Level{declared})


@{name}.asset
def guess(params: Level, as_of: dt.date) -> Product[dict[str, Any]]:
    """The next day; how far off it is goes up and down by day, for all levels alike."""
    apart = (as_of.toordinal() * 7919 % 97) / 970 + 0.05 * params.level
    return Product({{"level": params.level}}, metrics={{"mae": apart}})
'''


ROWED = (
    SHOP.replace(
        'metrics={{"mae": apart}})',
        'metrics={{"mae": apart}}, attachments={{"losses.parquet": rows(params.level, as_of)}})',
    )
    + '''

def rows(level: float, as_of: dt.date) -> pl.DataFrame:
    """What each of 120 rows adds."""
    told = [
        (as_of - dt.timedelta(days=n), n, who, 0.1 * level + (n * 7919 % 97) / 970)
        for n in range(60)
        for who in range(2)
    ]
    return pl.DataFrame(told, ["day", "n", "entity", "mae"], orient="row")
'''
)


def written(tmp_path, monkeypatch, name, *, source=SHOP, **declared):
    """A pipeline of one asset in a file of its own."""
    words = "".join(f", {key}={value!r}" for key, value in declared.items())
    if "metrics" not in declared:
        words += ', metrics=[Metric("mae", better="smaller", margin=0.01)]'
    folder = tmp_path / f"file_of_{name}"
    folder.mkdir()
    return getattr(
        load(folder, monkeypatch, name=f"{name}_file", source=source.format(name=name, declared=words)), name
    )


@pytest.fixture
def place(tmp_path, monkeypatch):
    place = Place(str(tmp_path))
    place.settings(monkeypatch)
    return place


def made(pipeline, values, day=DAY):
    """The run_id of what is promoted, made in staging."""
    run = pipeline.resolve(values, as_of=day, environment="staging")
    return pipeline.make(run)[pipeline.promotes].manifest.run_id


def asked(pipeline, run_id, **own):
    checked = check_promotion({"model": run_id, **own}, metrics=Metrics.of(pipeline))
    return promote(
        Promotion(
            own=checked,
            pipeline=pipeline,
            source="staging",
            by="ada",
            settings=load_settings(),
            now=lambda: NOW,
        )
    )


def gates(outcome):
    return {gate.name: (gate.passed, gate.told) for gate in outcome.decision.gates}


def test_a_forecast_is_promoted_switched_to_and_taken_back(place, tmp_path):
    line = ReleaseLine.of(demand, {"shop": "south"})
    naive, ets = (made(demand, {**SOUTH, "method": method}) for method in ("naive", "ets"))

    first = asked(demand, naive)
    assert gates(first) == {
        "evaluated": (True, "not asked: the accuracy is not made of the forecast"),
        "bytes": (True, "every SHA-256 is that of its manifest"),
        "parameters": (True, "all have the forecast's parameters"),
        "inputs": (True, "each was made of the others as they are stored"),
        "code": (True, "made by the code that is here"),
        "packages": (True, "made by the packages that are here"),
        "baseline": (True, "not asked: no metric of demand is declared with a baseline"),
        "leak": (True, "not asked: the accuracy looked at no feature alone"),
        "not worse": (True, "nothing serves that it could be worse than"),
    }
    assert first.decision.summary() == f"promoted: {naive} (naive, as_of 2025-12-01) from staging to green"
    staged, kept = (tree(tmp_path / name / "demand") for name in ("staging", "green"))
    assert {path: staged[path] for path in kept if "method=naive" in path} == {
        path: digest for path, digest in kept.items() if "method=naive" in path
    }
    assert {path.split("/")[0] for path in kept} == {"history", "forecast", "accuracy"}
    assert switch(line, to=None, by="ada", settings=load_settings()).state.live.run_id == naive

    second = asked(demand, ets, force=True, reason="a try")
    passed, told = gates(second)["not worse"]
    assert not passed
    assert told.startswith(
        "Too few days to tell.\n1 day, 2025-12-01 to 2025-12-01, that both have up to 2025-12-02."
    )
    assert (second.decision.verdict, second.decision.to) == ("forced", "blue")
    assert switch(line, to=None, by="ada", settings=load_settings()).release.run_id == ets
    assert roll_back(line, by="ada", settings=load_settings()).state.live.run_id == naive
    assert (tmp_path / "releases/demand/shop=south/log/000005.json").is_file()
    names = {
        name: named_model(name, line, settings=load_settings(), environment="staging")
        for name in ("live", "idle", "blue", ets)
    }
    assert [names[name].manifest.run_id for name in names] == [naive, ets, ets, ets]
    assert names["idle"].told == f"idle: {ets} (ets, as_of 2025-12-01)"


def test_each_line_has_a_log_of_its_own_and_that_of_tabular_is_where_it_was(place):
    north, south = (ReleaseLine.of(demand, {"shop": shop}) for shop in ("north", "south"))

    assert [line.folder for line in (north, south)] == ["demand/shop=north", "demand/shop=south"]
    assert [line.name for line in (north, south)] == ["demand north", "demand south"]
    assert [line.words for line in (north, south)] == [
        ["--pipeline", "demand"],
        ["--pipeline", "demand", "--shop", "south"],
    ]
    customers = ReleaseLine.of(tabular, {"dataset": "customers"})
    assert (customers.folder, customers.name) == ("dataset=customers", "customers")
    assert customers.words == ["--dataset", "customers"]


def test_one_line_knows_nothing_of_another(place):
    run_id = made(demand, {**SOUTH, "method": "naive"})
    asked(demand, run_id)
    north = ReleaseLine.of(demand, {"shop": "north"})

    assert release_log(load_settings(), north).last() is None
    with pytest.raises(RefusedError) as refusal:
        named_model(run_id, north, settings=load_settings(), environment="staging")
    assert refusal.value.problems == (f"{run_id}: a forecast of another shop, demand south.",)
    with pytest.raises(RefusedError, match="nothing was promoted to green"):
        switch(north, to=None, by="ada", settings=load_settings())


def test_a_forecast_that_is_not_as_it_was_made_is_refused_and_none_goes_live_damaged(place, tmp_path):
    line = ReleaseLine.of(demand, {"shop": "south"})
    run_id = made(demand, {**SOUTH, "method": "naive"})
    asked(demand, run_id)
    (rotten,) = (tmp_path / "green/demand/forecast").rglob("data-*")
    rotten.write_bytes(b"{}")
    with pytest.raises(CorruptArtifactError, match="is corrupt, or gone"):
        switch(line, to=None, by="ada", settings=load_settings())

    (rotten,) = (tmp_path / "staging/demand/accuracy").rglob("data-*.json")
    rotten.write_bytes(b"{}")
    before = tree(tmp_path / "green")
    refused = asked(demand, run_id)

    assert refused.entry is None
    assert not gates(refused)["bytes"][0]
    assert tree(tmp_path / "green") == before
    assert json.loads(refused.log.decision(refused.digest))["verdict"] == "refused"


def test_what_is_not_there_is_named_as_the_pipeline_calls_it(place):
    with pytest.raises(ArtifactNotFoundError, match="No forecast of run 000000000000") as missing:
        asked(demand, "000000000000")
    assert "`ml-assets list --pipeline demand --asset forecast` shows what is there." in str(missing.value)


def test_a_pipeline_that_promotes_nothing_says_so(place, tmp_path, monkeypatch):
    quiet = written(tmp_path, monkeypatch, "quiet")

    for attempt in (lambda: asked(quiet, "0" * 12), lambda: ReleaseLine.of(quiet, {})):
        with pytest.raises(RefusedError, match="promote: quiet promotes nothing"):
            attempt()


def test_without_subjects_there_is_one_line_and_its_own_metrics_are_an_evaluation(
    place, tmp_path, monkeypatch
):
    plain = written(tmp_path, monkeypatch, "plain", promotes="guess")
    line = ReleaseLine.of(plain, {})
    outcome = asked(plain, made(plain, {}))

    assert (line.folder, line.name, line.values) == ("plain", "plain", ())
    assert gates(outcome)["evaluated"] == (True, "the guess is of these bytes")
    live = switch(line, to=None, by="ada", settings=load_settings()).state.live
    assert live.told() == f"{live.run_id} (as_of 2025-12-01) in green"
    verify_release(live, load_settings(), pipeline=plain)


def test_without_metrics_nothing_is_asked_of_them(place, tmp_path, monkeypatch):
    bare = written(tmp_path, monkeypatch, "bare", promotes="guess", metrics=())
    asked(bare, made(bare, {}))
    switch(ReleaseLine.of(bare, {}), to=None, by="ada", settings=load_settings())
    second = asked(bare, made(bare, {"level": 0.9}))

    said = {name: told for name, (_, told) in gates(second).items() if told.startswith("not asked")}
    assert said == {
        "evaluated": "not asked: no metric is measured in its run",
        "baseline": "not asked: no metric of bare is declared with a baseline",
        "leak": "not asked: no metric is measured in its run",
        "not worse": "not asked: no metric of bare is declared with a margin",
    }
    assert second.decision.verdict == "promoted"


@pytest.mark.slow
def test_candidates_are_compared_with_what_serves_by_the_days_that_both_have(place, tmp_path, monkeypatch):
    shop = written(tmp_path, monkeypatch, "shop", promotes="guess")
    levels = (0.5, 0.1, 0.55, 0.9)
    days = [DAY - dt.timedelta(days=back) for back in range(59, -1, -1)]
    served, *candidates = [[made(shop, {"level": level}, day) for day in days][-1] for level in levels]
    asked(shop, served)
    switch(ReleaseLine.of(shop, {}), to=None, by="ada", settings=load_settings())

    outcomes = [asked(shop, run_id) for run_id in candidates]

    told = [gates(outcome)["not worse"][1].split("\n") for outcome in outcomes]
    assert [outcome.decision.verdict for outcome in outcomes] == ["promoted", "promoted", "refused"]
    assert [lines[0].split(":")[0] for lines in told] == [
        "The candidate is better",
        "The candidate is not worse",
        "The candidate is worse",
    ]
    assert all(lines[1].startswith("mae: 0.") for lines in told)
    assert told[0][2].startswith("60 days, 2025-10-03 to 2025-12-01, that both have up to 2025-12-02.")
    assert {lines[3] for lines in told} == {"Try 1 of this parameter set against what serves."}
    assert asked(shop, candidates[0]).decision.try_number == 1
    made(shop, {"level": 0.1}, DAY + dt.timedelta(days=1))
    assert asked(shop, candidates[0]).decision.try_number == 1
    made(shop, {"level": 0.5}, DAY + dt.timedelta(days=1))
    assert asked(shop, candidates[0]).decision.try_number == 2
    assert Path(outcomes[0].log.uri()).parent.joinpath("tries").is_dir()


def test_days_whose_windows_overlap_count_once_and_too_few_are_told():
    days = [DAY - dt.timedelta(days=back) for back in range(80)]
    values = {day: {"mape": 0.1} for day in days}

    assert lacking(pairs_by_day(values, values, windows={"mape": 1})) == {}
    (lack,) = lacking(pairs_by_day(values, values, windows={"mape": 28}))["mape"]
    assert (lack.what, lack.has, lack.needs) == ("blocks", 3, 4)
    none = lacking(pairs_by_day({}, values, windows={"mape": 1}))
    assert [lack.what for lack in none["mape"]] == ["days", "blocks"]


ACC = Metrics((Metric("acc", better="larger", margin=0.02),))


def test_the_interval_of_a_difference_by_days_holds_what_is_there():
    days = [DAY - dt.timedelta(days=back) for back in range(60)]
    own = {day: {"acc": 0.8 + 0.0001 * (day.toordinal() * 7919 % 97)} for day in days}
    other = {day: {"acc": 0.81} for day in days}
    known = {"metrics": ACC, "margins": ACC.margins, "error": 0.05}

    (kpi,) = compare_pairs(pairs_by_day(own, other, windows={"acc": 1}), **known)

    assert kpi.low < kpi.degradation < kpi.high < 0.02
    assert kpi.verdict == "worse within margin"
    (back,) = compare_pairs(pairs_by_day(other, own, windows={"acc": 1}), **known)
    assert (back.degradation, back.low, back.high) == pytest.approx((-kpi.degradation, -kpi.high, -kpi.low))


def losses(shift, *, days=60, twice=False):
    """What 120 rows add to a metric: two a day, of one entity each."""
    rows = [
        (DAY - dt.timedelta(days=n), f"r{n}-{who}", who, shift + (n * 7919 % 97) / 970)
        for n in range(days)
        for who in ("ada", "bob")
    ]
    return pl.DataFrame(rows + rows[:1] * twice, ["day", "id", "entity", "mae"], orient="row")


def test_rows_are_paired_by_day_and_ids_each_once_and_what_they_do_not_tell_apart_is_left_out():
    own = {DAY: losses(0.1).sample(fraction=1, shuffle=True, seed=1), DAY - dt.timedelta(days=1): losses(9.0)}
    other = {DAY: losses(0.3, twice=True), DAY - dt.timedelta(days=1): losses(9.0, days=20)}

    pair = pairs_by_row(own, other, metrics=("mae",))["mae"]

    assert (len(pair.own), len(set(pair.entity)), len(set(pair.day))) == (120, 2, 60)
    apart = sorted({round(float(gap), 6) for gap in pair.other - pair.own})
    assert apart == [0.0, 0.2]
    assert pairs_by_row({}, other, metrics=("mae",)) == {}


def test_where_losses_are_attached_one_day_of_both_is_enough(place, tmp_path, monkeypatch):
    shop = written(tmp_path, monkeypatch, "rowed", source=ROWED, promotes="guess")
    levels = (0.5, 0.1, 0.9)
    served, better, worse = (made(shop, {"level": level}) for level in levels)
    asked(shop, served)
    switch(ReleaseLine.of(shop, {}), to=None, by="ada", settings=load_settings())

    outcomes = [asked(shop, run_id) for run_id in (better, worse)]

    assert [outcome.decision.verdict for outcome in outcomes] == ["promoted", "refused"]
    told = gates(outcomes[0])["not worse"][1].split("\n")
    assert told[0].startswith("The candidate is better")
    assert told[2].startswith("120 rows of 1 day, 2025-12-01 to 2025-12-01")


def test_a_pipeline_names_its_own_comparison_as_module_and_name(tmp_path, monkeypatch):
    with pytest.raises(DefinitionError, match="not_worse: not MODULE:NAME"):
        written(tmp_path, monkeypatch, "odd", promotes="guess", not_worse="compare")
