"""How Dagster itself behaves, where this project's shape depends on it. A change here asks for a new decision."""

import dagster as dg

DAILY = dg.DailyPartitionsDefinition("2025-01-01")
SPAN = {
    "dagster/asset_partition_range_start": "2025-01-01",
    "dagster/asset_partition_range_end": "2025-01-03",
}


def run(*assets):
    @dg.io_manager
    def nowhere(_):
        class Nowhere(dg.IOManager):
            def handle_output(self, context, obj):
                pass

            def load_input(self, context):
                return None

        return Nowhere()

    defs = dg.Definitions(
        assets=assets, jobs=[dg.define_asset_job("all_of_it")], resources={"io_manager": nowhere}
    )
    return defs.resolve_job_def("all_of_it").execute_in_process(tags=SPAN, raise_on_error=False)


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


def test_a_step_that_succeeds_marks_every_day_of_the_run_as_materialized():
    @dg.asset(partitions_def=DAILY)
    def first():
        return "the second day was bad, and there is no way to say so"

    result = run(first)

    days = [event.partition for event in result.get_asset_materialization_events()]
    assert days == ["2025-01-01", "2025-01-02", "2025-01-03"]
