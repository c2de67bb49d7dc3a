"""A plan: its words agree with what then happens, and it starts and writes nothing."""

import datetime as dt
import json
import re
import sys
from dataclasses import replace

import polars as pl
import pytest

from ml_assets.cli.main import main
from ml_assets.core.manifest import InputSource
from ml_assets.errors import RefusedError
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.budget import refuse_over_budget
from ml_assets.pipeline.differences import contract_differences
from ml_assets.pipeline.late import Change, LateRows
from ml_assets.pipeline.plan import plan, plan_day
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import Budget
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.builders import ORDERS_TOML, land, order_day, other_code, write_landing
from ml_assets_tests.keys import key_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LAST = dt.date(2025, 8, 20)
DAYS = [LAST - dt.timedelta(days=n) for n in range(3, -1, -1)]
PARAMETERS = TrainingParameters(source="shop", lookback_days=101, holdout_days=10)


@pytest.fixture
def shop(tmp_path):
    return write_landing(tmp_path / "shop")


@pytest.fixture
def workspace(tmp_path, shop):
    return Workspace(
        pipeline=tabular,
        store=ArtifactStore(str(tmp_path / "store")),
        environment="dev",
        sources={"shop": str(shop)},
    )


def states(workspace, parameters=PARAMETERS):
    return [day.state for day in plan(parameters, DAYS, workspace=workspace).days]


def happens(workspace, parameters=PARAMETERS):
    """What a run does, in the words of a plan."""
    return [word(attempt(parameters, day, workspace=workspace)) for day in DAYS]


def word(done):
    if done.error:
        return "invalid"
    made = [item for item in done.made if not item.reused]
    if not made:
        return "reused"
    return "new" if any(item.key.asset == "model" and item.reason == "new" for item in made) else "stale"


@pytest.mark.slow
def test_before_in_the_middle_and_after(workspace, tmp_path):
    assert states(workspace) == ["new"] * 4
    assert not (tmp_path / "store").exists()

    attempt(PARAMETERS, DAYS[1], workspace=workspace)
    planned = states(workspace)
    assert planned == ["new", "reused", "new", "new"]
    assert happens(workspace) == planned

    assert states(workspace) == ["reused"] * 4
    assert happens(workspace) == ["reused"] * 4


@pytest.mark.slow
def test_other_parameters_are_new_and_share_what_they_do_not_change(workspace):
    happens(workspace)
    other = PARAMETERS.model_copy(update={"C": 0.5})

    assert states(workspace, other) == ["new"] * 4
    assert happens(workspace, other) == ["new"] * 4
    assert states(workspace) == ["reused"] * 4


def test_a_changed_landing_file_makes_stale_just_the_days_whose_window_holds_it(workspace, shop):
    happens(workspace)
    changed = DAYS[0] - dt.timedelta(days=100)  # the first day of the first window, and of no other
    assert order_day(changed, rows=13).height == 13
    land(shop, changed, order_day(changed, rows=13))

    planned = plan(PARAMETERS, DAYS, workspace=workspace)

    assert [day.state for day in planned.days] == ["stale", "reused", "reused", "reused"]
    assert f"input rows changed on 1 of 71 days ({changed}; +5 rows)" in " ".join(planned.days[0].why)
    assert happens(workspace) == ["stale", "reused", "reused", "reused"]


def test_rows_that_no_window_can_know_change_nothing(workspace, shop):
    happens(workspace)
    land(shop, DAYS[1], order_day(DAYS[1], rows=20))  # their outcome is open for 30 days

    assert states(workspace) == ["reused"] * 4
    assert happens(workspace) == ["reused"] * 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("was", "now", "fields"),
    [
        (
            '["order_id"]',
            '["order_id", "country"]',
            "ids, features",
        ),  # a leak, which must not be learned from
        ('"n_lines", "order_value"', '"order_value", "n_lines"', "features"),
    ],
)
def test_a_role_that_dataset_toml_changes_is_stale_and_the_model_follows(workspace, shop, was, now, fields):
    happens(workspace)
    toml = ORDERS_TOML.replace(was, now)
    if "ids" in fields:
        toml = toml.replace('features = ["country", ', "features = [")
    (shop / "orders" / "dataset.toml").write_text(toml)

    planned = plan_day(PARAMETERS, LAST, workspace=workspace)
    done = attempt(PARAMETERS, LAST, workspace=workspace)

    assert planned.state == "stale"
    assert planned.why[0] == f"training_set: dataset.toml changed: {fields}"
    assert done.made[0].reason == f"dataset.toml changed: {fields}"
    assert [item.reused for item in done.made] == [False] * 4
    assert done.made[0].manifest.facts["contract"]["features"] == tomllib.loads(toml)["features"]


def test_a_day_whose_values_look_like_another_kind_has_not_changed(workspace, shop):
    odd = LAST - dt.timedelta(days=40)
    for when in (odd, odd + dt.timedelta(days=1)):
        land(shop, when, order_day(when).with_columns(country=pl.lit("7")), name="part.csv")
        (shop / "orders" / f"date={when}" / "part.parquet").unlink(missing_ok=True)
    (made, *_) = attempt(PARAMETERS, LAST, workspace=workspace, assets=["training_set"]).made
    late = LateRows(workspace=workspace, source="shop", dataset="orders")

    assert made.manifest.facts["schema"]["country"] == "category"
    assert late.change([made.manifest], [odd, odd + dt.timedelta(days=1)]) == Change()
    land(shop, odd, order_day(odd).with_columns(country=pl.lit("8")), name="part.csv")
    again = LateRows(workspace=workspace, source="shop", dataset="orders")
    assert again.change([made.manifest], [odd, odd + dt.timedelta(days=1)]).days == (odd,)


def test_what_is_stored_of_a_contract_and_cannot_be_understood_is_another_contract():
    now = {"event_time": "ts", "label": "y", "label_closes_at": "closes", "features": ["a"]}

    def names(was, now):
        told = [
            InputSource(source="shop", dataset="orders", uri="", days=(), contract=contract)
            for contract in (was, now)
        ]
        return [item.name for item in contract_differences(told[:1], told[1:])]

    assert names(now, {**now, "ids": [], "types": {}}) == []
    assert names(None, now) == []
    assert names({**now, "ids": ["b"]}, now) == ["ids"]
    for odd in ({}, {**now, "label": 1}, {**now, "more": 1}):
        assert {*names(odd, now)} >= {"event_time", "features"}


@pytest.mark.slow
@pytest.mark.parametrize("asset", ["training_set", "model", "evaluation", "model_card"])
def test_changed_code_is_stale_and_says_so(workspace, monkeypatch, asset):
    happens(workspace)
    other_code(monkeypatch, asset)

    planned = plan_day(PARAMETERS, LAST, workspace=workspace)

    assert planned.state == "stale"
    assert planned.why[0] == f"{asset}: code changed"
    assert happens(workspace) == ["stale"] * 4


@pytest.mark.slow
def test_a_damaged_artifact_is_stale(workspace):
    happens(workspace)
    key = key_of("model", PARAMETERS, LAST)
    folder = workspace.store.uri(key)
    file = workspace.store.manifest(key).main.file
    with open(f"{folder}/{file}", "r+b") as out:  # noqa: PTH123
        out.write(b"rotten")

    planned = plan_day(PARAMETERS, LAST, workspace=workspace)

    assert planned.state == "stale"
    assert "damaged" in planned.why[0]
    assert word(attempt(PARAMETERS, LAST, workspace=workspace)) == "stale"


def test_what_would_fail_is_invalid_with_its_reason(workspace, shop):
    broken = land(shop, LAST, b"PAR1 cut short")

    planned = plan(PARAMETERS, DAYS, workspace=workspace)

    assert [day.state for day in planned.days] == ["new", "new", "new", "invalid"]
    assert str(broken) in planned.days[-1].why[0]
    assert happens(workspace) == ["new", "new", "new", "invalid"]


@pytest.mark.slow
def test_without_reuse_everything_is_made_again(workspace):
    happens(workspace)

    assert states(replace(workspace, reuse=False)) == ["stale"] * 4


def test_the_time_is_estimated_from_days_that_were_made(workspace):
    assert plan(PARAMETERS, DAYS, workspace=workspace).hours is None

    attempt(PARAMETERS, DAYS[0], workspace=workspace)
    alone = plan(PARAMETERS, DAYS, workspace=workspace)
    shared = plan(PARAMETERS, DAYS, workspace=workspace, workers=3)

    assert (alone.past_days, alone.to_make, shared.workers) == (1, 3, 3)
    assert alone.hours == pytest.approx(3 * alone.seconds_a_day / 3600)
    assert shared.hours == pytest.approx(alone.hours / 3)


def test_a_budget_refuses_what_exceeds_it_and_nothing_else(workspace):
    two = replace(workspace, budget=Budget(runs=2))
    hours = replace(workspace, budget=Budget(hours=1e-9))

    with pytest.raises(RefusedError, match=r"4 runs are to be computed. Allowed in dev: 2 at once"):
        refuse_over_budget(PARAMETERS, DAYS, workspace=two, workers=1)
    refuse_over_budget(PARAMETERS, DAYS, workspace=hours, workers=1)  # no past run tells how long it takes
    attempt(PARAMETERS, DAYS[0], workspace=workspace)
    attempt(PARAMETERS, DAYS[1], workspace=workspace)
    refuse_over_budget(PARAMETERS, DAYS, workspace=two, workers=1)
    with pytest.raises(RefusedError, match="hours of computing"):
        refuse_over_budget(PARAMETERS, DAYS, workspace=hours, workers=1)


SPAN = ("--from", DAYS[0], "--to", DAYS[-1])
WORDS = ("backfill", *SPAN, "--source", "shop", "--lookback-days", 101, "--holdout-days", 10)


@pytest.mark.slow
def test_the_shell_plans_and_then_does_it(tmp_path, shop, monkeypatch, capsys):
    def shell(*words):
        return main([*map(str, WORDS), *words]), capsys.readouterr()

    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(shop))
    planned = json.loads(shell("--plan", "--json")[1].out)
    assert not (tmp_path / "artifacts").exists()
    assert not (tmp_path / "dagster_home").exists()
    with monkeypatch.context() as patch:
        patch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__BUDGET__RUNS", "3")
        code, refused = shell()
    assert (code, refused.out) == (2, "")
    assert "4 runs are to be computed. Allowed in dev: 3 at once" in refused.err
    assert not (tmp_path / "dagster_home").exists()
    done = json.loads(shell("--json")[1].out)
    _, after = shell("--plan")
    _, other = shell("--plan", "--C", "2.0")

    assert planned["counts"] == {"new": 4, "stale": 0, "reused": 0, "invalid": 0}
    assert [day["run_id"] for day in done["days"]] == [day["run_id"] for day in planned["days"]]
    assert (
        "0 new, 0 stale, 4 reused, 0 invalid in dev; nothing to compute. Nothing was launched." in after.out
    )
    taken = r"4 to compute, about \d+ (seconds?|minutes) in (1 process|\d+ processes) \(as 4 past ones took\)"
    assert re.search(f"4 new, 0 stale, 0 reused, 0 invalid in dev; {taken}", " ".join(other.out.split()))
