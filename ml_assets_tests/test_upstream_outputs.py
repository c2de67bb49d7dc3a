"""How Dagster itself treats outputs, checks and metadata of several days, where the adapter leans on it."""

import dagster as dg
import pytest

DAILY = dg.DailyPartitionsDefinition("2025-01-01")
DAYS = ["2025-01-01", "2025-01-02"]
SPAN = {
    "dagster/asset_partition_range_start": DAYS[0],
    "dagster/asset_partition_range_end": DAYS[-1],
}
KEY = dg.AssetKey(["shop", "history"])
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
]


class Seeing(dg.IOManager):
    """Keeps what it is given, and does with it what a test asks for."""

    def __init__(self, then=lambda context: ()):
        self.seen, self.then = [], then

    def handle_output(self, context, obj):
        self.seen.append((context.asset_key, obj))
        yield from self.then(context)

    def load_input(self, context):
        raise AssertionError(context)


def run(asset, manager=None, *, days=DAYS, **more):
    defs = dg.Definitions(
        assets=[asset],
        jobs=[dg.define_asset_job("job")],
        resources={"io_manager": dg.IOManagerDefinition.hardcoded_io_manager(manager or Seeing())},
    )
    several = len(days) > 1
    with dg.DagsterInstance.ephemeral() as instance:
        return defs.resolve_job_def("job").execute_in_process(
            run_config=QUIET,
            partition_key=None if several else days[0],
            tags=SPAN if several else None,
            instance=instance,
            raise_on_error=False,
            **more,
        )


def out(name="history", *, key=KEY):
    return {name: dg.AssetOut.from_spec(dg.AssetSpec(key), dagster_type=dg.Any, is_required=False)}


def materialized(result):
    return {event.partition: event.materialization for event in result.get_asset_materialization_events()}


def test_values_of_outs_go_through_the_io_manager_and_of_specs_they_are_refused():
    @dg.multi_asset(outs=out(), partitions_def=DAILY, can_subset=True)
    def by_outs():
        yield dg.Output("value", "history")

    @dg.multi_asset(specs=[dg.AssetSpec("history")], partitions_def=DAILY)
    def by_specs():
        yield dg.Output("value", "history")

    manager = Seeing()
    assert run(by_outs, manager, days=DAYS[:1]).success
    assert manager.seen == [(KEY, "value")]
    assert not run(by_specs, days=DAYS[:1]).success


def test_metadata_of_a_day_and_the_data_version_may_be_told_by_the_io_manager():
    @dg.multi_asset(outs=out(), partitions_def=DAILY, can_subset=True)
    def assets():
        yield dg.Output("value", "history")

    def tell(context):
        for day in context.asset_partition_keys:
            context.step_context.add_asset_metadata({"day": day}, asset_key=KEY, partition_key=day)
        context.step_context.set_data_version(KEY, dg.DataVersion("known only now"))
        return ()

    made = materialized(run(assets, Seeing(tell)))

    assert {day: event.metadata["day"].value for day, event in made.items()} == dict(
        zip(DAYS, DAYS, strict=True)
    )
    assert {event.tags["dagster/data_version"] for event in made.values()} == {"known only now"}


def test_events_of_a_failing_io_manager_stay_where_they_are_yielded():
    @dg.asset(key=KEY, partitions_def=DAILY)
    def asset():
        return "value"

    def fail(context):
        context.log_event(dg.AssetMaterialization(KEY, partition=DAYS[0]))
        yield from context.consume_events()
        raise dg.Failure("the second day is bad")

    result = run(asset, Seeing(fail))

    assert not result.success
    assert list(materialized(result)) == DAYS[:1]


def checked(body):
    spec = dg.AssetCheckSpec("sound", asset=KEY, partitions_def=DAILY)
    return dg.multi_asset(outs=out(), check_specs=[spec], partitions_def=DAILY, can_subset=True)(body)


def test_a_check_with_partitions_has_the_day_of_a_run_of_one_day_by_itself():
    def body():
        yield dg.Output("value", "history")
        yield dg.AssetCheckResult(asset_key=KEY, check_name="sound", passed=True)

    (found,) = run(checked(body), days=DAYS[:1]).get_asset_check_evaluations()

    assert found.partition == DAYS[0]


def test_in_a_batch_events_of_checks_have_their_days_and_no_result_is_needed():
    def body(context: dg.AssetExecutionContext):
        for day in DAYS:
            event = dg.AssetCheckEvaluation(
                asset_key=KEY, check_name="sound", passed=day == DAYS[0], metadata={}, partition=day
            )
            context.op_execution_context.log_event(event)
        yield dg.Output("value", "history")

    result = run(checked(body))

    assert result.success
    found = {item.partition: item.passed for item in result.get_asset_check_evaluations()}
    assert found == {DAYS[0]: True, DAYS[1]: False}


def test_a_check_that_is_asked_for_and_tells_nothing_of_a_day_hides_what_was_told_before():
    told = [True]

    def body(context: dg.AssetExecutionContext):
        for day in DAYS if told.pop() else ():
            event = dg.AssetCheckEvaluation(
                asset_key=KEY, check_name="sound", passed=True, metadata={}, partition=day
            )
            context.op_execution_context.log_event(event)
        yield dg.Output("value", "history")
        told.append(False)

    defs = dg.Definitions(
        assets=[checked(body)],
        jobs=[dg.define_asset_job("job")],
        resources={"io_manager": dg.IOManagerDefinition.hardcoded_io_manager(Seeing())},
    )
    key = dg.AssetCheckKey(KEY, "sound")
    statuses = []
    with dg.DagsterInstance.local_temp() as instance:
        for _ in range(2):
            assert (
                defs.resolve_job_def("job")
                .execute_in_process(run_config=QUIET, tags=SPAN, instance=instance)
                .success
            )
            known = instance.event_log_storage.get_asset_check_partition_info([key])
            statuses.append({item.latest_execution_status.value for item in known})

    assert statuses == [{"SUCCEEDED"}, {"PLANNED"}]


def test_a_typed_asset_cannot_skip_its_work_and_one_without_a_type_can():
    @dg.asset(partitions_def=DAILY)
    def typed() -> dict:
        return dg.MaterializeResult()

    @dg.asset(partitions_def=DAILY)
    def untyped():
        return dg.MaterializeResult()

    assert not run(typed, days=DAYS[:1]).success
    assert run(untyped, days=DAYS[:1]).success


def test_definitions_with_other_resources_under_one_key_cannot_be_merged_and_with_the_same_can():
    one, other = dg.ResourceDefinition.hardcoded_resource(1), dg.ResourceDefinition.hardcoded_resource(2)

    assert dg.Definitions.merge(dg.Definitions(resources={"x": one}), dg.Definitions(resources={"x": one}))
    with pytest.raises(dg.DagsterInvariantViolationError, match="different resources with same key 'x'"):
        dg.Definitions.merge(dg.Definitions(resources={"x": one}), dg.Definitions(resources={"x": other}))


def test_a_launch_of_one_of_the_outs_leaves_the_others_out_and_an_asset_of_others_is_a_parent():
    selected = []

    @dg.multi_asset(
        outs={**out(), **out("forecast", key=dg.AssetKey(["shop", "forecast"]))},
        deps=["outside"],
        internal_asset_deps={"history": {dg.AssetKey("outside")}, "forecast": {KEY}},
        partitions_def=DAILY,
        can_subset=True,
    )
    def assets(context: dg.AssetExecutionContext):
        selected.extend(context.op_execution_context.selected_output_names)
        for name in context.op_execution_context.selected_output_names:
            yield dg.Output("value", name)

    result = run(assets, days=DAYS[:1], asset_selection=[dg.AssetKey(["shop", "forecast"])])
    graph = dg.Definitions(assets=[assets]).resolve_asset_graph()

    assert result.success
    assert selected == ["forecast"]
    assert graph.get(KEY).parent_keys == {dg.AssetKey("outside")}
    assert not graph.get(dg.AssetKey("outside")).is_materializable
