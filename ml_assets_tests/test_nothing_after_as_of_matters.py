"""The law: no byte of an artifact changes when rows or labels later than as_of change. Over whole runs."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_assets.core.parameters import identity
from ml_assets.core.product import Product
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.day import Made
from ml_assets.pipeline.late import Change, LateRows
from ml_assets.pipeline.verdicts import judge_again
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.monitoring.outcomes import closed_outcomes
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters
from ml_assets.pipelines.tabular.training_set import training_set
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.builders import LAST, land, order_day, order_days, write_landing
from ml_assets_tests.keys import key_of
from ml_assets_tests.store_value import store_value

AS_OF = LAST - dt.timedelta(days=10)
END = dt.datetime.combine(AS_OF + dt.timedelta(days=1), dt.time())
PARAMETERS = TrainingParameters(source="shop", lookback_days=101, holdout_days=10)


def workspace_of(root, place):
    return Workspace(
        pipeline=tabular,
        store=ArtifactStore(str(place)),
        environment="dev",
        sources={"shop": str(root)},
    )


def digests(root, place):
    """The SHA-256 of every file of a whole run, and the fingerprints that decide reuse."""
    workspace = workspace_of(root, place)
    outcome = attempt(PARAMETERS, AS_OF, workspace=workspace)
    assert outcome.error is None, outcome.error
    files = {
        (made.key.asset, file.name): file.sha256 for made in outcome.made for file in made.manifest.files
    }
    return files, outcome.made[0].manifest.sources[0].days


@st.composite
def futures(draw):
    """A change of what is later than as_of: its rows, its outcomes, or days that are missing."""
    return {
        "flip": draw(st.booleans()),
        "scale": draw(st.floats(0.1, 1000)),
        "forget_labels": draw(st.booleans()),
        "drop_days": draw(st.sets(st.integers(1, 10), max_size=10)),
    }


def change(day, rows, future):
    """The rows of one day under another future."""
    later = pl.col("returned_30d_closes_at") > END
    outcome = (
        None
        if future["forget_labels"]
        else (1 - pl.col("returned_30d") if future["flip"] else pl.col("returned_30d"))
    )
    rows = rows.with_columns(
        pl.when(later).then(outcome).otherwise(pl.col("returned_30d")).cast(pl.Int8).alias("returned_30d")
    )
    if day > AS_OF:
        rows = rows.with_columns(pl.col("order_value") * future["scale"])
    return rows


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(futures())
def test_no_byte_of_any_artifact_depends_on_what_comes_after_as_of(tmp_path_factory, future):
    place, days = tmp_path_factory.mktemp("law"), order_days()
    missing = {AS_OF + dt.timedelta(days=offset) for offset in future["drop_days"]}
    changed = {day: change(day, rows, future) for day, rows in days.items() if day not in missing}

    before = digests(write_landing(place / "one", rows_by_day=days), place / "store_one")
    after = digests(write_landing(place / "two", rows_by_day=changed), place / "store_two")

    assert before == after


def test_a_row_before_as_of_does_matter(tmp_path):
    days = order_days()
    first = min(day for day in days if day > AS_OF - dt.timedelta(days=101))
    changed = {**days, first: days[first].with_columns(pl.col("order_value") + 1)}

    before = digests(write_landing(tmp_path / "one", rows_by_day=days), tmp_path / "store_one")
    after = digests(write_landing(tmp_path / "two", rows_by_day=changed), tmp_path / "store_two")

    assert before[0] != after[0]
    assert [one.date for one, two in zip(before[1], after[1], strict=True) if one != two] == [first]


def test_rows_whose_outcome_is_not_known_by_then_change_no_byte(tmp_path):
    days = order_days()
    gone = AS_OF - dt.timedelta(days=1)
    changed = {day: rows for day, rows in days.items() if day != gone} | {AS_OF: order_day(AS_OF, rows=24)}

    before = digests(write_landing(tmp_path / "one", rows_by_day=days), tmp_path / "store_one")
    after = digests(write_landing(tmp_path / "two", rows_by_day=changed), tmp_path / "store_two")

    assert before == after


def test_a_card_follows_rows_that_move_to_another_day_though_the_evaluation_stays_as_it_was(tmp_path):
    days = order_days(AS_OF - dt.timedelta(days=91))
    first = min(days)
    moved = {(first - dt.timedelta(days=1) if day == first else day): rows for day, rows in days.items()}

    before = digests(write_landing(tmp_path / "one", rows_by_day=days), tmp_path / "store")[0]
    after = digests(write_landing(tmp_path / "two", rows_by_day=moved), tmp_path / "store")[0]

    assert before["evaluation", "evaluation.json"] == after["evaluation", "evaluation.json"]
    assert before["model_card", "model_card.md"] != after["model_card", "model_card.md"]
    assert after == digests(tmp_path / "two", tmp_path / "store_of_its_own")[0]


A_MOMENT = dt.timedelta(microseconds=1)
AT_THE_EDGE = {
    "an event just before the end": ({"order_ts": END - A_MOMENT}, True),
    "an event at the end": ({"order_ts": END}, False),
    "a window that closes at the end": ({"returned_30d_closes_at": END}, True),
    "a window that closes just after": ({"returned_30d_closes_at": END + A_MOMENT}, False),
    "a window that closes nobody knows when": ({"returned_30d_closes_at": None}, False),
    "no outcome": ({"returned_30d": None}, False),
}


@pytest.mark.parametrize(("values", "known"), AT_THE_EDGE.values(), ids=AT_THE_EDGE)
def test_what_is_known_at_the_end_of_as_of_is_one_rule_for_all_who_ask(tmp_path, values, known):
    day, days = AS_OF - dt.timedelta(days=40), order_days()
    root = write_landing(tmp_path / "shop", rows_by_day=days)
    workspace = workspace_of(root, tmp_path / "store")
    (made,) = attempt(PARAMETERS, AS_OF, workspace=workspace, assets=["training_set"]).made
    edge = days[day][:1].with_columns(
        pl.lit(value, dtype=days[day].schema[name]).alias(name) for name, value in values.items()
    )
    land(root, day, pl.concat([days[day], edge.with_columns(order_id=pl.lit("edge"))]))
    source = workspace.source("shop")
    contract, rows = source.contract("orders"), source.scan("orders", first=min(days), last=AS_OF)

    trained = training_set(rows, contract=contract, parameters=PARAMETERS, as_of=AS_OF, origin="shop").value
    closed = closed_outcomes(rows, contract=contract, days=[day], as_of=AS_OF, origin="shop")
    late = LateRows(workspace=workspace, source="shop", dataset="orders").change([made.manifest], [day])

    assert ("edge" in trained["order_id"]) is ("edge" in closed["order_id"]) is known
    assert late == (Change(days=(day,), rows=1) if known else Change())


@pytest.mark.parametrize(("values", "known"), AT_THE_EDGE.values(), ids=AT_THE_EDGE)
def test_the_check_of_a_training_set_goes_by_that_rule(tmp_path, values, known):
    workspace = workspace_of(tmp_path, tmp_path / "store")
    day, key = AS_OF - dt.timedelta(days=40), key_of("training_set", PARAMETERS, AS_OF)
    rows = order_day(day).with_columns(day=pl.lit(day))
    rows = rows.with_columns(
        pl.lit(value, dtype=rows.schema[name]).alias(name) for name, value in values.items()
    )
    write_landing(tmp_path, rows_by_day={})
    contract = workspace.source("shop").contract("orders").model_dump(mode="json")
    manifest = store_value(
        Product(value=rows, facts={"contract": contract}),
        key=key,
        parameters=identity(PARAMETERS, of=DatasetParameters),
        format_name="parquet",
        workspace=workspace,
    )

    made = Made(key=key, manifest=manifest, reused=False, reason="new")
    found = judge_again(made, "nothing_after_as_of", workspace=workspace)

    assert (found.passed, found.metadata["late_rows"]) == (known, 0 if known else 8)
