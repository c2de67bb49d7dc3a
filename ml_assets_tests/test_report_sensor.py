"""The sensor `report_after_backfill`: each ended backfill of training days is reported on, once."""

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemotePartitionSetOrigin,
    RemoteRepositoryOrigin,
)

from ml_assets.definitions import defs
from ml_assets.pipeline.workspace import utc_now
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.scenario import failure_of, materializations, train
from ml_assets_tests.shown import report_after_backfill
from ml_assets_tests.ticks import days, tick

pytestmark = pytest.mark.filterwarnings("ignore:Function `AssetSelection.sources`")  # Dagster's own call

DAYS = ["2025-12-01", "2025-12-02", "2025-12-03"]
GIVEN = {"lookback_days": 120}
DONE = BulkActionStatus.COMPLETED_SUCCESS


def config(given=GIVEN, **options):
    more = {"options": {"config": options}} if options else {}
    return {"resources": {"params": {"config": given}, **more}}


def asset_backfill(
    instance, name, *, days=DAYS, assets=tuple(tabular.assets), run_config=None, status=DONE, age=60
):
    """A backfill as the assets' page asks for it."""
    made = PartitionBackfill.from_asset_partitions(
        backfill_id=name,
        asset_graph=defs.resolve_asset_graph(),
        partition_names=list(days),
        asset_selection=[dg.AssetKey(asset) for asset in assets],
        backfill_timestamp=utc_now().timestamp() - age,
        tags={},
        dynamic_partitions_store=instance,
        all_partitions=False,
        title=None,
        description=None,
        run_config=config() if run_config is None else run_config,
    )
    instance.add_backfill(made._replace(status=status))


def job_backfill(instance, name, *, job="train", days=DAYS, run_config=None, status=DONE):
    """A backfill as the job's page asks for it."""
    repository = RemoteRepositoryOrigin(
        code_location_origin=RegisteredCodeLocationOrigin(location_name="ml_assets"),
        repository_name="__repository__",
    )
    origin = RemotePartitionSetOrigin(repository_origin=repository, partition_set_name=f"{job}_partition_set")
    instance.add_backfill(
        PartitionBackfill(
            backfill_id=name,
            status=status,
            from_failure=False,
            tags={},
            backfill_timestamp=utc_now().timestamp() - 60,
            partition_set_origin=origin,
            partition_names=list(days),
            run_config=config() if run_config is None else run_config,
        )
    )


def requests(instance, cursor=None):
    return tick(report_after_backfill, instance=instance, cursor=cursor).run_requests


@pytest.mark.parametrize("ask", [asset_backfill, job_backfill])
def test_an_ended_backfill_gets_the_report_of_its_days_and_parameters(ask, instance):
    ask(instance, "abc", run_config=config(environment="blue"))

    (request,) = requests(instance)

    assert request.partition_key == DAYS[-1]
    assert request.run_config == {
        "resources": {
            "params": {"config": GIVEN},
            "options": {"config": {"environment": "blue"}},
        },
        "ops": {"backfill_report": {"config": {"window_days": 3}}},
    }
    assert request.run_key.startswith("backfill:abc:2025-12-03:")
    assert request.tags["ml_assets/backfill"] == "abc"


def test_a_backfill_of_another_pipeline_gets_the_report_of_that_one_and_no_other(instance):
    of_demand = defs.get_repository_def().get_sensor_def("demand_report_after_backfill")
    given = {"resources": {"demand_params": {"config": {"weeks": 9}}}}
    job_backfill(instance, "by_job", job="demand", run_config=given)
    refused = {"resources": {"demand_params": {"config": {"shop": "west"}}}}
    job_backfill(instance, "bad", job="demand", run_config=refused)

    (request,) = tick(of_demand, instance=instance).run_requests

    assert of_demand.job_name == "demand_report"
    assert request.run_config == {**given, "ops": {"demand__backfill_report": {"config": {"window_days": 3}}}}
    assert request.tags["ml_assets/shop"] == "north"
    assert not requests(instance)


@pytest.mark.parametrize("ask", [asset_backfill, job_backfill])
@pytest.mark.parametrize("status", list(BulkActionStatus))
def test_a_backfill_is_reported_on_once_it_has_ended_however_it_did(ask, status, instance):
    ask(instance, "abc", status=status)

    running = {BulkActionStatus.REQUESTED, BulkActionStatus.CANCELING, BulkActionStatus.FAILING}
    assert bool(requests(instance)) is (status not in running)


def test_a_backfill_that_ends_later_is_reported_on_then_and_only_once(instance):
    asset_backfill(instance, "first", age=100)
    asset_backfill(instance, "later", status=BulkActionStatus.REQUESTED, age=90)
    one = tick(report_after_backfill, instance=instance)
    instance.update_backfill(instance.get_backfill("later").with_status(DONE))

    two = tick(report_after_backfill, instance=instance, cursor=one.cursor)
    three = tick(report_after_backfill, instance=instance, cursor=two.cursor)

    asked = [[r.tags["ml_assets/backfill"] for r in data.run_requests] for data in (one, two, three)]
    assert asked == [["first"], ["later"], []]


def test_without_its_cursor_the_sensor_asks_for_no_second_run(instance):
    asset_backfill(instance, "abc")
    (request,) = requests(instance)
    launch(request, instance)

    assert not requests(instance)


@pytest.mark.parametrize(
    "run_config",
    [
        {},
        config({"seed": -1}),
        config({"source": "nowhere"}),
        config(environment="nowhere"),
        config({"seed": "AKIAIOSFODNN7EXAMPLE"}),
    ],
)
def test_a_backfill_that_was_refused_gets_no_report_and_is_not_looked_at_again(run_config, instance):
    asset_backfill(instance, "abc", run_config=run_config, status=BulkActionStatus.FAILED)

    data = tick(report_after_backfill, instance=instance)

    assert not data.run_requests
    assert "abc" in data.cursor
    assert "AKIA" not in data.cursor


def test_a_backfill_of_something_else_gets_no_report(instance):
    asset_backfill(instance, "reports", assets=["backfill_report"])
    job_backfill(instance, "report_job", job="report")

    assert not requests(instance)


def test_a_backfill_whose_training_assets_have_no_partitions_gets_no_report_and_the_others_do(instance):
    """As Dagster keeps one that was asked for in a way that named no day of theirs."""
    asset_backfill(instance, "odd", assets=["promotion", "model"])
    odd = instance.get_backfill("odd")
    target = odd.asset_backfill_data.target_subset
    without = target.filter_asset_keys({dg.AssetKey("promotion")})
    data = odd.asset_backfill_data._replace(target_subset=without)
    instance.update_backfill(odd._replace(asset_backfill_data=data))
    asset_backfill(instance, "good")

    assert [request.tags["ml_assets/backfill"] for request in requests(instance)] == ["good"]


def test_what_ended_long_before_the_sensor_was_turned_on_is_left_alone(instance):
    asset_backfill(instance, "old", age=3 * 24 * 3600)

    assert not requests(instance)


def test_one_tick_asks_for_a_bounded_number_of_reports_the_oldest_first(instance, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_REQUESTS_PER_TICK", "2")
    for n in range(3):
        asset_backfill(instance, f"b{n}", age=100 - n)

    one = tick(report_after_backfill, instance=instance)
    two = tick(report_after_backfill, instance=instance, cursor=one.cursor)

    asked = [[r.tags["ml_assets/backfill"] for r in data.run_requests] for data in (one, two)]
    assert asked == [["b0", "b1"], ["b2"]]


def test_scattered_days_are_reported_on_from_the_first_to_the_last_and_at_most_366(instance):
    asset_backfill(instance, "scattered", days=["2025-06-01", "2025-06-10"], age=90)
    asset_backfill(instance, "long", days=["2025-01-01", "2026-01-15"], age=80)

    spans = [r.run_config["ops"]["backfill_report"]["config"]["window_days"] for r in requests(instance)]

    assert spans == [10, 366]


def launch(request, instance):
    """Carry out the requested run."""
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return defs.resolve_job_def("report").execute_in_process(
        run_config={**request.run_config, **quiet},
        partition_key=request.partition_key,
        tags={**request.tags, "dagster/run_key": request.run_key},
        instance=instance,
        raise_on_error=False,
    )


def test_the_requested_run_tells_how_the_backfill_went(instance):
    for day in DAYS[:2]:
        assert train(day, instance=instance, run_config=config(), selection=None).success
    asset_backfill(instance, "abc", status=BulkActionStatus.COMPLETED_FAILED)
    (request,) = requests(instance)

    result = launch(request, instance)

    assert result.success, failure_of(result)
    metadata = materializations(result)["backfill_report", DAYS[-1]].metadata
    assert (metadata["days_made"].value, metadata["days_missing"].value) == (2, 1)
    assert metadata["run_id"].value == request.tags["ml_assets/run_id"]
    assert instance.get_run_by_id(result.run_id).tags["ml_assets/run_id"] == request.tags["ml_assets/run_id"]


@pytest.mark.kind("settings changed while running")
@pytest.mark.parametrize(
    ("first", "odd"),
    [
        ("2025-12-02", {"day": "2025-12-01", "why": "before the first day"}),
        ("2024-12-25", {"day": "2024-12-28", "why": "Reload the code location"}),
        ("2025-01-01", {"day": "2030-01-01", "why": "not a complete day"}),
    ],
)
def test_a_backfill_whose_last_day_is_no_partition_gets_no_report_and_the_others_do(
    monkeypatch, instance, capfd, first, odd
):
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", first)
    job_backfill(instance, "odd", days=[odd["day"]])
    job_backfill(instance, "good")

    assert days(requests(instance)) == [DAYS[-1]]
    assert odd["why"] in "".join(capfd.readouterr())


@pytest.mark.kind("settings changed while running")
@pytest.mark.parametrize(
    "memory",
    [
        '{"since": NaN}',
        '{"since": Infinity}',
        '{"since": "x"}',
        '{"since": null}',
        '{"done": 3}',
        '{"done": [["abc"]]}',
        '{"done": {"abc": 1}}',
        "3",
    ],
)
def test_an_odd_memory_is_forgotten_and_hides_no_backfill(instance, memory):
    job_backfill(instance, "abc")

    assert days(requests(instance, f'{{"version": 1, "memory": {memory}}}')) == [DAYS[-1]]
