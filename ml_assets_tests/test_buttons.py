"""Dagster's own buttons, asked for as its pages ask: each works, or answers in our words first."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from ml_assets.adapter.days import END, MISSING, PARTITION, START
from ml_assets.definitions import defs
from ml_assets.errors import split_launchpad
from ml_assets.pipeline.verdicts import check_descriptions
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.in_process import launch, location

kind = pytest.mark.kind("Dagster's buttons")
pytestmark = kind
REFUSED = "Refused: "
DAY = {PARTITION: "2025-12-01"}
TWO_DAYS = {START: "2025-12-01", END: "2025-12-02"}
GIVEN = {"resources": {"params": {"config": {"lookback_days": 120}}}}
OTHERS = ("backfill_report", "leaderboard", "predictions", "monitoring", "kpi_comparison")
LIVE = ("predictions", "monitoring", "kpi_comparison")
EXECUTE = {"job": "__ASSET_JOB", "config": {}, "tags": {}}  # what the button of a check's page sends


@pytest.fixture
def place(home):
    """A code location of this process."""
    with location(home) as context:
        yield context


@pytest.fixture(scope="module")
def past(made_home, tmp_path_factory):
    """A folder with the artifacts of one trained day, and the home that recorded it."""
    folder = tmp_path_factory.mktemp("past")
    shutil.copytree(made_home, folder / "home")
    with pytest.MonkeyPatch.context() as patch, location(folder / "home") as context:
        patch.chdir(folder)
        assert launch(context, job="train", tags=DAY, config=GIVEN).succeeded
    return folder


@pytest.fixture
def trained(past, tmp_path):
    """A code location in which one day is trained."""
    shutil.copytree(past, tmp_path, dirs_exist_ok=True)
    with location(tmp_path / "home") as context:
        yield context


def digests():
    return {path: path.stat().st_mtime_ns for path in Path("artifacts").rglob("manifest.json")}


@pytest.mark.parametrize("job", ["__ASSET_JOB", "train"])
def test_execute_on_the_checks_page_looks_at_what_was_materialized_last_and_makes_nothing(trained, job):
    before = digests()

    answer = launch(trained, **{**EXECUTE, "job": job}, checks=list(check_descriptions(tabular)))

    assert answer.succeeded, answer.said
    assert set(answer.checks) == set(check_descriptions(tabular))
    assert all(answer.checks[asset, "bytes_verify"].passed for asset in tabular.assets)
    assert {item.metadata["as_of"].value for item in answer.checks.values()} == {"2025-12-01"}
    assert not answer.materialized
    assert digests() == before


@pytest.mark.parametrize("asset", ["training_set", "model"])
def test_execute_looks_at_the_bytes_that_are_there_now(trained, asset):
    (file,) = Path(f"artifacts/dev/{asset}").rglob("data-*")
    file.write_bytes(b"other")

    answer = launch(trained, **EXECUTE, checks=[(asset, "bytes_verify")])

    assert answer.succeeded, answer.said
    assert not answer.checks[asset, "bytes_verify"].passed


@pytest.mark.parametrize(
    ("tags", "events"), [(DAY, 1), (TWO_DAYS, 2)], ids=["a day", "two days, each by itself"]
)
def test_checks_alone_with_days_and_parameters_are_those_of_their_artifacts(place, tags, events):
    assert launch(place, job="train", tags=tags, config=GIVEN).succeeded

    answer = launch(place, tags=tags, config=GIVEN, checks=[("model", "bytes_verify")])

    assert answer.succeeded, answer.said
    assert answer.checks["model", "bytes_verify"].passed
    assert answer.evaluations == events
    assert not answer.materialized


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({**EXECUTE}, "training_set: no materialization tells which artifact it is of."),
        ({"tags": DAY, "config": GIVEN}, "No training_set for dataset=orders as_of=2025-12-01"),
        ({"tags": {}, "config": GIVEN}, MISSING),
        ({"tags": {PARTITION: "2030-01-01"}, "config": GIVEN}, "as_of: not a complete day yet"),
    ],
    ids=["nothing materialized", "a day that is not stored", "parameters without a day", "a future day"],
)
def test_checks_of_what_is_not_there_are_answered_in_our_words(place, asked, words):
    answer = launch(place, **asked, checks=[("training_set", "enough_rows")])

    assert not answer.succeeded
    first, *_, last = f"\n{split_launchpad(answer.said.strip())[0]}".splitlines()
    assert words in first + last
    assert "Dagster" not in answer.said
    assert not answer.checks


@pytest.mark.parametrize("checks", [[], [("model", "bytes_verify")], [("training_set", "enough_rows")]])
def test_what_is_not_selected_is_not_checked(place, checks):
    answer = launch(place, tags=DAY, config=GIVEN, assets=["training_set", "model"], checks=checks)

    assert answer.succeeded, answer.said
    assert set(answer.checks) == set(checks)
    assert {asset for asset, _ in answer.materialized} == {"training_set", "model"}


def test_a_check_beside_the_materialization_of_another_asset_is_evaluated(trained):
    answer = launch(
        trained, tags=DAY, config=GIVEN, assets=["model"], checks=[("training_set", "enough_rows")]
    )

    assert answer.succeeded, answer.said
    assert set(answer.checks) == {("training_set", "enough_rows")}
    assert answer.materialized == {("model", "2025-12-01")}


def test_materialize_all_is_of_what_is_made_for_a_day_and_promotes_nothing():
    graph = defs.resolve_asset_graph()

    ours = {key.to_user_string() for key in graph.materializable_asset_keys if len(key.path) == 1}
    assert ours == {*tabular.assets, *OTHERS}
    assert graph.has(dg.AssetKey("promotion"))


def test_a_promotion_of_nothing_says_first_that_it_needs_values(place):
    answer = launch(place, job="promote", config={})

    assert answer.runs == 0
    assert answer.said == (
        f"{REFUSED}2 problems. Nothing was started.\n"
        "promotion: has no values of its own. Give them under ops.promotion.config.\n"
        "model: missing. Allowed: the 12 hex digits of a model's run_id.\n"
    )


@pytest.mark.parametrize("asset", [*tabular.assets, *OTHERS])
def test_materialize_without_a_day_says_first_what_is_missing(place, asset):
    answer = launch(place, config={}, assets=[asset])

    assert answer.said.startswith(f"{REFUSED}1 problem. Nothing was started.\n{MISSING}")
    assert not Path("artifacts").exists()


def test_without_a_day_the_same_is_said_where_what_it_is_made_of_was_materialized(trained):
    for assets in (*([asset] for asset in (*tabular.assets, *OTHERS)), ["model_card", *OTHERS]):
        answer = launch(trained, config={}, assets=assets)

        assert answer.said.startswith(f"{REFUSED}1 problem. Nothing was started.\n{MISSING}"), assets
        assert not answer.steps


@pytest.mark.parametrize("asset", LIVE)
def test_materialize_of_what_needs_a_model_in_use_says_first_that_there_is_none(place, asset):
    answer = launch(place, tags=DAY, config={}, assets=[asset])

    assert answer.said.startswith(f"{REFUSED}1 problem. Nothing was started.\n")
    assert "live" in answer.said


@pytest.mark.parametrize("asset", ["model", "evaluation", "model_card"])
def test_materialize_of_one_asset_whose_input_is_not_stored_names_the_command_first(place, asset):
    answer = launch(place, tags=DAY, config={}, assets=[asset])

    assert answer.said.startswith("dagster._core.definitions.events.Failure: No ")
    assert "Train it: ml-assets run" in answer.said


def test_materialize_selected_makes_what_is_selected(trained):
    answer = launch(trained, tags=DAY, config=GIVEN, assets=["model_card", "backfill_report"])

    assert answer.succeeded, answer.said
    assert answer.materialized == {("model_card", "2025-12-01"), ("backfill_report", "2025-12-01")}


@pytest.mark.parametrize("job", ["train", "report", "sweep", "score", "monitor", "compare"])
def test_the_run_of_a_backfill_without_config_says_first_that_it_is_not_stated(place, job):
    answer = launch(place, job=job, tags={**DAY, "dagster/backfill": "abc"}, config={})

    assert not answer.succeeded
    assert answer.said.startswith(REFUSED)
    assert "resources.params: not stated" in answer.said
    assert not Path("artifacts").exists()
