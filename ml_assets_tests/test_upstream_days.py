"""How Dagster keeps the days of a run over several of them, where this project's shape depends on it."""

import dagster as dg
import pytest

from ml_assets_tests.upstream import DAILY, DAYS, GOOD, PREVIEWS, Kept, materialized, run

pytestmark = PREVIEWS


@pytest.fixture
def instance():
    with dg.instance_for_test() as instance:
        yield instance


# Fact 22


def test_a_failing_step_skips_the_later_steps_of_every_day_of_the_run():
    @dg.asset(partitions_def=DAILY)
    def first():
        raise dg.Failure("one day of three is bad")

    @dg.asset(partitions_def=DAILY)
    def second(first):
        return 1

    result = run(first, second)

    assert not result.success
    assert [event.step_key for event in result.all_events if event.event_type_value == "STEP_START"] == [
        "first"
    ]


def test_a_step_that_yields_nothing_skips_the_later_steps_of_every_day_too():
    @dg.asset(partitions_def=DAILY, output_required=False)
    def first():
        yield from ()

    @dg.asset(partitions_def=DAILY)
    def second(first):
        return 1

    result = run(first, second)

    assert [event.step_key for event in result.all_events if event.event_type_value == "STEP_SKIPPED"] == [
        "second"
    ]


@pytest.mark.parametrize("events", [[], GOOD], ids=["nothing", "the good days"])
def test_a_step_that_succeeds_marks_every_day_of_the_run_whatever_the_io_manager_yields(events, instance):
    class Yielding(Kept):
        def handle_output(self, context, obj):
            yield from (dg.AssetMaterialization("first", partition=day) for day in events)

    @dg.asset(partitions_def=DAILY)
    def first():
        return "the second day was bad, and there is no way to say so"

    run(first, kept=Yielding(), instance=instance)

    assert materialized(instance, "first") == set(DAYS)


def test_a_materialization_cannot_be_taken_back(instance):
    @dg.asset(partitions_def=DAILY)
    def first():
        return 1

    run(first, instance=instance)

    with pytest.raises(NotImplementedError):
        instance.wipe_asset_partitions(dg.AssetKey("first"), [DAYS[0]])


# Facts 17 and 23


def test_events_of_the_good_days_before_a_failure_leave_only_the_bad_day_missing(instance):
    @dg.asset(partitions_def=DAILY)
    def first(context):
        for day in GOOD:
            context.log_event(dg.AssetMaterialization("first", partition=day, metadata={"rows": 1}))
        raise dg.Failure("2025-01-02 is bad")

    result = run(first, instance=instance)

    assert not result.success
    assert materialized(instance, "first") == set(GOOD)


@pytest.mark.parametrize(("tell", "told"), [("log", set(GOOD)), ("yield", set())])
def test_an_io_manager_that_fails_has_told_of_the_good_days_that_it_logged_not_of_those_it_yielded(
    tell, told, instance
):
    class Failing(Kept):
        def handle_output(self, context, obj):
            for day in GOOD:
                event = dg.AssetMaterialization("first", partition=day)
                if tell == "yield":
                    yield event
                else:
                    context.log_event(event)
            raise dg.Failure("2025-01-02 is bad")

    @dg.asset(partitions_def=DAILY)
    def first():
        return {}

    result = run(first, instance=instance, kept=Failing())

    assert not result.success
    assert materialized(instance, "first") == told


# Facts 18 and 25


def test_the_data_version_of_an_output_is_one_for_all_days_of_the_run():
    @dg.asset(partitions_def=DAILY)
    def first():
        return dg.Output(1, data_version=dg.DataVersion("a"))

    events = run(first).get_asset_materialization_events()

    assert [
        event.step_materialization_data.materialization.tags["dagster/data_version"] for event in events
    ] == ["a"] * 3


def test_an_io_manager_gives_each_day_its_own_metadata_and_the_data_version():
    class Telling(Kept):
        def handle_output(self, context, obj):
            for number, day in enumerate(DAYS):
                context.step_context.add_asset_metadata(
                    {"number": number}, asset_key=context.asset_key, partition_key=day
                )
            context.step_context.set_data_version(context.asset_key, dg.DataVersion("b"))

    @dg.asset(partitions_def=DAILY)
    def first():
        return 1

    found = [
        event.step_materialization_data.materialization
        for event in run(first, kept=Telling()).get_asset_materialization_events()
    ]

    assert {item.partition: item.metadata["number"].value for item in found} == dict(
        zip(DAYS, range(3), strict=True)
    )
    assert {item.tags["dagster/data_version"] for item in found} == {"b"}
