"""How Dagster itself behaves, where this project's shape depends on it. A change here asks for a new decision.

How it keeps the days of a batch stands in test_upstream_days.py; how it reads config, launches and serves pages, and
which facts are pinned where, in test_upstream_launching.py.
"""

import dagster as dg
import pytest
from dagster._core.errors import DagsterTypeCheckDidNotPass

from ml_assets_tests.upstream import DAILY, DAYS, GOOD, ONE_DAY, PREVIEWS, Kept, outs, run

pytestmark = PREVIEWS


@pytest.fixture
def instance():
    with dg.instance_for_test() as instance:
        yield instance


# Fact 7


def test_outputs_declared_by_specs_take_no_value():
    @dg.multi_asset(specs=[dg.AssetSpec("first")], partitions_def=DAILY)
    def step():
        yield dg.Output(1, "first")

    result = run(step)

    assert not result.success
    assert DagsterTypeCheckDidNotPass.__name__ in str(result.all_events)


def test_outs_made_of_specs_take_values_and_keep_what_the_specs_say():
    @dg.multi_asset(
        outs=outs("first", "second", code_version="1", kinds={"python"}, description="One."),
        internal_asset_deps={"first": set(), "second": {dg.AssetKey("first")}},
        partitions_def=DAILY,
    )
    def step():
        yield dg.Output({"a": 1}, "first")
        yield dg.Output([2], "second")

    kept = Kept()
    result = run(step, kept=kept)

    assert result.success
    assert kept.given == [("first", {"a": 1}), ("second", [2])]
    spec = step.get_asset_spec(dg.AssetKey("second"))
    assert (spec.code_version, spec.kinds, spec.description) == ("1", {"python"}, "One.")
    assert [dep.asset_key for dep in spec.deps] == [dg.AssetKey("first")]


def test_an_output_is_committed_before_the_step_goes_on():
    kept, seen = Kept(), []

    @dg.multi_asset(outs=outs("first", "second"), partitions_def=DAILY)
    def step():
        yield dg.Output(1, "first")
        seen.extend(kept.given)
        yield dg.Output(2, "second")

    run(step, kept=kept)

    assert seen == [("first", 1)]


# Fact 26


def test_a_typed_asset_cannot_return_a_result_without_a_value():
    @dg.asset
    def typed() -> int:
        return dg.MaterializeResult()

    @dg.asset
    def untyped():
        return dg.MaterializeResult()

    @dg.asset
    def of_a_result() -> dg.MaterializeResult:
        return dg.MaterializeResult()

    assert [run(asset, tags={}).success for asset in (typed, untyped, of_a_result)] == [False, True, True]


def test_inputs_are_loaded_before_the_body_whatever_it_does_with_them():
    kept = Kept()

    @dg.asset(ins={"other": dg.AssetIn(key="other")})
    def first(other):
        return dg.MaterializeResult(metadata={"loaded": len(kept.loaded)})

    result = run(first, dg.AssetSpec("other"), tags={}, kept=kept)

    (event,) = result.get_asset_materialization_events()
    assert event.step_materialization_data.materialization.metadata["loaded"].value == 1


# Facts 24 and 2


def checked(body, **options):
    return dg.multi_asset(
        outs=outs("first"),
        check_specs=[dg.AssetCheckSpec("holds", asset="first", partitions_def=DAILY)],
        partitions_def=DAILY,
        can_subset=True,
        **options,
    )(body)


def evaluations(result):
    return [(event.partition, event.passed) for event in result.get_asset_check_evaluations()]


def test_the_check_of_one_day_gets_the_partition_by_itself():
    def step(context):
        yield dg.Output(1, "first")
        yield dg.AssetCheckResult(passed=True, check_name="holds", asset_key="first")

    assert evaluations(run(checked(step), tags=ONE_DAY)) == [(DAYS[0], True)]


def test_each_day_of_a_batch_has_its_own_evaluation_where_the_step_logs_them_and_yields_no_result():
    def step(context):
        yield dg.Output(1, "first")
        for day in DAYS:
            context.op_execution_context.log_event(
                dg.AssetCheckEvaluation(
                    asset_key=dg.AssetKey("first"), check_name="holds", passed=day in GOOD, partition=day
                )
            )

    result = run(checked(step))

    assert result.success
    assert evaluations(result) == [(day, day in GOOD) for day in DAYS]


def test_a_check_that_takes_the_asset_loads_all_of_its_days_unless_it_has_days_itself():
    asked = []

    class Asking(Kept):
        def load_input(self, context):
            asked.append(len(context.asset_partition_keys))

    @dg.asset(partitions_def=DAILY)
    def first():
        return 1

    @dg.asset_check(asset=first)
    def without(first):
        return dg.AssetCheckResult(passed=True)

    @dg.asset_check(asset=first, partitions_def=DAILY)
    def with_days(first):
        return dg.AssetCheckResult(passed=True)

    run(first, checks=[without], tags=ONE_DAY, kept=Asking())
    run(first, checks=[with_days], tags=ONE_DAY, kept=Asking())

    assert asked == [31, 1]


# Facts 31, 11 and 20


def test_of_a_step_with_outs_one_asset_may_be_launched_and_an_asset_of_others_is_its_parent():
    selected = []
    names = {"history": ["demand", "history"], "forecast": ["demand", "forecast"]}

    @dg.multi_asset(
        outs={
            name: dg.AssetOut.from_spec(dg.AssetSpec(key), dagster_type=dg.Any, is_required=False)
            for name, key in names.items()
        },
        deps=["raw"],
        internal_asset_deps={
            "history": {dg.AssetKey("raw")},
            "forecast": {dg.AssetKey(names["history"])},
        },
        partitions_def=DAILY,
        can_subset=True,
    )
    def step(context):
        selected.extend(context.op_execution_context.selected_output_names)
        yield dg.Output(1, "forecast")

    result = run(step, dg.AssetSpec("raw"), tags=ONE_DAY, selection=["demand/forecast"])

    assert result.success
    assert selected == ["forecast"]
    assert {dep.asset_key for dep in step.get_asset_spec(dg.AssetKey(names["history"])).deps} == {
        dg.AssetKey("raw")
    }
    graph = dg.Definitions(assets=[step, dg.AssetSpec("raw")]).resolve_asset_graph()
    assert graph.get(dg.AssetKey(names["history"])).parent_keys == {dg.AssetKey("raw")}
    assert not graph.get(dg.AssetKey("raw")).is_materializable


def test_a_stock_io_manager_refuses_the_output_of_several_days(tmp_path):
    @dg.asset(partitions_def=DAILY)
    def first():
        return 1

    result = run(first, kept=dg.FilesystemIOManager(base_dir=str(tmp_path)))

    assert not result.success
    assert not list(tmp_path.rglob("2025*"))


def test_two_definitions_with_other_resources_under_one_key_cannot_be_merged():
    one, other = (dg.Definitions(resources={"params": value}) for value in (1, 2))

    with pytest.raises(dg.DagsterInvariantViolationError, match="params"):
        dg.Definitions.merge(one, other)


def test_the_data_version_of_an_asset_knows_nothing_of_its_config(instance):
    class Number(dg.Config):
        number: int = 1

    @dg.asset(code_version="1")
    def first(config: Number):
        return config.number

    def version(number):
        config = dg.RunConfig({"first": Number(number=number)})
        with_config = dg.materialize(
            [first], run_config=config, resources={"io_manager": Kept()}, instance=instance
        )
        (event,) = with_config.get_asset_materialization_events()
        return event.step_materialization_data.materialization.tags["dagster/data_version"]

    assert version(1) == version(2)
