"""Any pipeline in Dagster: one step, the IO manager as the one writer, each day with its own metadata and checks."""

import json

import dagster as dg
import pytest

from ml_assets.adapter.io_manager import ArtifactIOManager
from ml_assets.adapter.refusal import LaunchRefusedError
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.in_process import backfill, location
from ml_assets_tests.in_process import launch as asked
from ml_assets_tests.scenario import failure_of, materializations
from ml_assets_tests.small_pipeline import SOURCE, load

DAY = "2025-12-01"
INSTANCES = []
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The module of a small pipeline, as its file has it."""
    return load(tmp_path, monkeypatch)


@pytest.fixture(autouse=True)
def instance():
    """The instance of a test, in memory."""
    with dg.DagsterInstance.ephemeral() as made:
        INSTANCES.append(made)
        yield made
        INSTANCES.pop()


@pytest.fixture
def handled(monkeypatch):
    """What the IO manager was given: (asset, number of days)."""
    calls, handle = [], ArtifactIOManager.handle_output

    def counted(self, context, obj):
        calls.append((context.asset_key.to_user_string(), len(context.asset_partition_keys)))
        yield from handle(self, context, obj)

    monkeypatch.setattr(ArtifactIOManager, "handle_output", counted)
    return calls


def launch(defs, first=DAY, last=None, *, job="small", given=None, ops=None, key="small_params"):
    """Run a job over one day or a range, with parameters as they are typed."""
    span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    config = {"resources": {key: {"config": given or {}}}, **({"ops": ops} if ops else {}), **QUIET}
    return defs.resolve_job_def(job).execute_in_process(
        run_config=config,
        partition_key=None if last else first,
        tags=span if last else None,
        instance=INSTANCES[-1],
        raise_on_error=False,
    )


def checks_of(result):
    """(asset, check, day) -> whether it holds."""
    return {
        (event.asset_key.to_user_string(), event.check_name, event.partition): event.passed
        for event in result.get_asset_check_evaluations()
    }


def stored():
    store = ArtifactStore("artifacts/dev")
    return sorted(key.path.partition("/run=")[0] for key in store.keys(None))


def test_a_run_of_one_day_is_written_by_the_io_manager_asset_by_asset(shop, handled):
    result = launch(shop.defs, given={"shop": "south"})

    assert result.success, failure_of(result)
    assert handled == [("small/history", 1), ("small/forecast", 1)]
    made = materializations(result)
    assert sorted(made) == [("small/forecast", DAY), ("small/history", DAY)]
    told = made["small/forecast", DAY].metadata
    assert f"small/forecast/shop=south/as_of={DAY}/run={told['run_id'].value}" in told["path"].value
    assert (told["reused"].value, told["mae"].value) == (False, 0.0)
    tags = made["small/forecast", DAY].tags
    assert tags["dagster/data_version"] == f"{told['run_id'].value}-{told['sha256'].value[:16]}"
    assert checks_of(result) == {
        ("small/history", "bytes_verify", DAY): True,
        ("small/forecast", "bytes_verify", DAY): True,
        ("small/forecast", "not_negative", DAY): True,
    }


def test_a_batch_tells_of_each_day_and_has_no_check_without_one(shop, handled):
    result = launch(shop.defs, DAY, "2025-12-03")

    assert result.success, failure_of(result)
    assert handled == [("small/history", 3), ("small/forecast", 3)]
    days = [DAY, "2025-12-02", "2025-12-03"]
    made = materializations(result)
    for day in days:
        assert f"as_of={day}/run={made['small/forecast', day].metadata['run_id'].value}" in (
            made["small/forecast", day].metadata["path"].value
        )
    assert sorted({day for _, _, day in checks_of(result)}) == days
    assert len(checks_of(result)) == 9


@pytest.mark.slow
def test_a_bad_day_of_a_batch_hurts_no_other_and_the_next_run_computes_only_that(shop, handled, instance):
    failed = launch(shop.defs, DAY, "2025-12-05", given={"bad_day": 3})

    assert not failed.success
    (step,) = [event.step_failure_data for event in failed.all_events if event.is_step_failure]
    assert step.user_failure_data.metadata["failed_days"].value == {"2025-12-03": "the shop was closed"}
    assert "1 of 5 days failed" in step.user_failure_data.description
    good = instance.get_materialized_partitions(dg.AssetKey(["small", "forecast"]))
    assert sorted(good) == [DAY, "2025-12-02", "2025-12-04", "2025-12-05"]
    assert len(instance.get_materialized_partitions(dg.AssetKey(["small", "history"]))) == 5
    assert handled == []

    again = launch(shop.defs, "2025-12-04", "2025-12-05", given={"bad_day": 3})

    assert again.success, failure_of(again)
    assert {event.metadata["reused"].value for event in materializations(again).values()} == {True}


def test_a_day_that_fails_alone_says_why_and_keeps_what_came_before(shop):
    result = launch(shop.defs, given={"bad_day": 1})

    assert not result.success
    assert failure_of(result).startswith("the shop was closed\n")
    assert list(materializations(result)) == [("small/history", DAY)]


def test_an_equal_run_computes_nothing_and_shared_slices_are_reused(shop):
    launch(shop.defs)
    shop.CALLS.clear()

    again, other = launch(shop.defs), launch(shop.defs, given={"level": 0.25})

    assert again.success
    assert other.success
    assert shop.CALLS == [("forecast", DAY)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"level": 2.0}, "level: too large"),
        ({"shop": "AKIA-by-mistake"}, "shop: unknown. Allowed: north, south."),
        ({"levle": 0.1}, "levle: unknown parameter. Did you mean level?"),
    ],
)
def test_a_bad_value_is_refused_before_a_run_exists(shop, given, words, instance):
    with pytest.raises(LaunchRefusedError) as error:
        launch(shop.defs, given=given)

    assert words in str(error.value)
    assert "AKIA" not in str(error.value)
    assert instance.get_runs_count() == 0


def alert(defs, first=DAY, last=None, *, threshold=None, given=None):
    job = dg.define_asset_job("alerts", dg.AssetSelection.assets(["small", "alert"]))
    config = {} if threshold is None else {"alert": {"config": {"threshold": threshold}}}
    config = {f"small__{name}": values for name, values in config.items()}
    merged = dg.Definitions.merge(defs, dg.Definitions(jobs=[job]))
    return launch(merged, first, last, job="alerts", ops=config, given=given)


def test_an_asset_beside_the_pipeline_has_a_path_for_each_config_and_reuses_what_is_equal(shop, handled):
    launch(shop.defs)
    shop.CALLS.clear()
    runs = [alert(shop.defs, threshold=value) for value in (0.5, 0.9, 0.5)]
    runs.append(alert(shop.defs, threshold=0.5, given={"level": 0.9}))

    assert all(run.success for run in runs), [failure_of(run) for run in runs]
    told = [materializations(run)["small/alert", DAY].metadata for run in runs]
    assert [item["reused"].value for item in told] == [False, False, True, True]
    assert len({item["path"].value for item in told}) == 2
    assert shop.CALLS == [("alert", DAY)] * 2
    assert handled.count(("small/alert", 1)) == 4
    store = ArtifactStore("artifacts/dev")
    manifests = [store.manifest(key) for key in store.keys(None) if key.asset == "alert"]
    assert sorted(item.parameters["config"]["threshold"] for item in manifests) == [0.5, 0.9]
    assert {item.artifacts[0].asset for item in manifests} == {"history"}
    assert all(item.code_version for item in manifests)


def test_what_is_downstream_gets_values_of_the_pipeline_and_of_what_is_beside_it(shop):
    @dg.asset(
        key=["small", "page"],
        ins={"forecast": dg.AssetIn(["small", "forecast"]), "alert": dg.AssetIn(["small", "alert"])},
        partitions_def=shop.alert.partitions_def,
        io_manager_key="small_io_manager",
        metadata={"format": "md"},
    )
    def page(forecast, alert):
        return f"{forecast['next']}, above: {alert['above']}"

    launch(shop.defs, given={"level": 0.25})
    alert(shop.defs, threshold=100.0)
    job = dg.define_asset_job("pages", dg.AssetSelection.assets(["small", "page"]))
    merged = dg.Definitions.merge(shop.defs, dg.Definitions(assets=[page], jobs=[job]))
    result = launch(merged, job="pages", given={"level": 0.25})

    assert not result.success
    assert "No alert of 2025-12-01 for these parameters" in failure_of(result)

    alert(shop.defs)
    result = launch(merged, job="pages", given={"level": 0.25})

    assert result.success, failure_of(result)
    store = ArtifactStore("artifacts/dev")
    (key,) = [key for key in store.keys(None) if key.asset == "page"]
    assert store.load(key).endswith("above: True\n")
    assert {item.asset for item in store.manifest(key).artifacts} == {"forecast", "alert"}


def test_an_asset_beside_the_pipeline_keeps_the_good_days_of_a_batch(shop, instance):
    first, last = "2025-12-12", "2025-12-14"
    launch(shop.defs, first, last)
    result = alert(shop.defs, first, last)

    assert "2025-12-13: no alert on the 13th" in failure_of(result)
    assert instance.get_materialized_partitions(dg.AssetKey(["small", "alert"])) == {first, last}


def test_two_views_and_the_pipeline_itself_share_a_code_location_with_the_projects_own(shop):
    from ml_assets.definitions import defs as project

    north, south = (shop.small.definitions(prefix=name, pinned={"shop": name}) for name in ("north", "south"))
    together = dg.Definitions.merge(project, shop.defs, north, south)
    result = launch(together, job="south_small", key="south_small_params")

    assert result.success, failure_of(result)
    assert sorted(asset for asset, _ in materializations(result)) == [
        "south/small/forecast",
        "south/small/history",
    ]
    assert stored() == [f"small/{asset}/shop=south/as_of={DAY}" for asset in ("forecast", "history")]
    assert together.resolve_implicit_global_asset_job_def()
    with pytest.raises(LaunchRefusedError, match=r'shop: is "south" in south_small\. Leave it out\.'):
        launch(together, job="south_small", key="south_small_params", given={"shop": "north"})


def test_parameters_of_another_pipeline_are_refused_rather_than_dropped(shop):
    from ml_assets.definitions import defs as project

    together = dg.Definitions.merge(project, shop.defs)
    result = launch(together, given={"seed": 3}, key="params")

    assert not result.success
    assert "resources.params: no step of this run takes these" in failure_of(result)
    assert json.dumps(stored()) == "[]"


@pytest.fixture
def place(shop, home):
    """The small pipeline as a code location of its own."""
    with location(home, module="small_shop") as context:
        yield context


GIVEN = {"resources": {"small_params": {"config": {"level": 0.25}}}}
BAD = {"resources": {"small_params": {"config": {"level": 2.0}}}}


def test_over_graphql_a_bad_value_is_refused_and_a_sound_one_runs(place):
    refused = asked(place, job="small", tags={"dagster/partition": DAY}, config=BAD)
    sound = asked(place, job="small", tags={"dagster/partition": DAY}, config=GIVEN)

    assert "level: too large. Allowed: a number from 0" in refused.said
    assert refused.runs == 0
    assert sound.succeeded, sound.said
    assert sound.materialized == {("small/history", DAY), ("small/forecast", DAY)}


def test_a_backfill_with_a_bad_value_starts_no_run(place):
    answer = backfill(place, "small", [DAY, "2025-12-02"], BAD)

    assert "level: too large. Allowed: a number from 0" in answer
    assert place.instance.get_runs_count() == 0


def test_a_list_of_choices_and_a_table_are_parameters_as_any_others(tmp_path, monkeypatch):
    fields = """
    days_off: list[Literal["sat", "sun"]] = Field(["sun"], description="Without sales")
    weights: dict[str, Annotated[float, Field(ge=0, le=9)]] = Field({"a": 1}, description="Weights")


small ="""
    source = SOURCE.replace("\n\nsmall =", fields, 1).replace("import Any,", "import Annotated, Any,")
    listed = load(tmp_path, monkeypatch, name="listed_shop", source=source)
    usual, same = launch(listed.defs), launch(listed.defs, given={"weights": {"a": 1.0}})
    both = launch(listed.defs, given={"days_off": ["sun", "sat"]})

    assert usual.success, failure_of(usual)
    assert both.success, failure_of(both)
    assert [event.metadata["reused"].value for event in materializations(same).values()] == [True, True]
    with pytest.raises(LaunchRefusedError, match=r"days_off\[0\]: unknown. Allowed: sat, sun."):
        launch(listed.defs, given={"days_off": ["mon"]})


@pytest.mark.slow
def test_the_tags_of_a_run_of_several_days_name_them_and_of_one_its_partition_does(shop, home):
    with dg.DagsterInstance.local_temp(str(home)) as kept:
        INSTANCES.append(kept)
        runs = [launch(shop.defs, last=last) for last in ("2025-12-03", None)]
        several, one = (kept.get_run_by_id(run.run_id).tags for run in runs)
        INSTANCES.pop()

    assert several["ml_assets/days"] == "2025-12-01 to 2025-12-03 (3 days)"
    assert several["ml_assets/shop"] == one["ml_assets/shop"] == "north"
    assert "ml_assets/days" not in one
