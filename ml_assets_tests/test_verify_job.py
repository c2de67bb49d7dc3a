"""The job `verify`: the checks of chosen days, told again of what is stored now, each with its day; nothing is made."""

import dagster as dg
import pytest

from ml_assets.definitions import defs
from ml_assets_tests.scenario import failure_of, materializations
from ml_assets_tests.small_pipeline import load

DAYS = ["2025-12-01", "2025-12-02", "2025-12-03"]
SPAN = {"dagster/asset_partition_range_start": DAYS[0], "dagster/asset_partition_range_end": DAYS[-1]}
CONFIG = {
    "resources": {"small_params": {"config": {"level": 0.25}}},
    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
}
CHECKS = {("history", "bytes_verify"), ("forecast", "bytes_verify"), ("forecast", "not_negative")}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A pipeline of which three days are stored."""
    module = load(tmp_path, monkeypatch)
    with dg.DagsterInstance.ephemeral() as instance:
        module.run = lambda job, tags=SPAN, config=CONFIG: module.defs.resolve_job_def(
            job
        ).execute_in_process(run_config=config, tags=tags, instance=instance, raise_on_error=False)
        module.instance = instance
        assert module.run("small").success
        yield module


def told(shop, result):
    """(asset, check, day) -> whether it passed, as the log has it: a failed run itself does not tell all of its events."""
    logs = shop.instance.all_logs(result.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    found = [entry.dagster_event.event_specific_data for entry in logs]
    return {(item.asset_key.path[-1], item.check_name, item.partition): item.passed for item in found}


def test_each_check_of_each_chosen_day_is_told_with_its_day_and_nothing_is_made(shop):
    result = shop.run("small_verify")

    assert result.success, failure_of(result)
    assert told(shop, result) == {(*check, day): True for check in CHECKS for day in DAYS}
    assert materializations(result) == {}


def test_one_day_can_be_chosen(shop):
    result = shop.run("small_verify", {"dagster/partition": DAYS[1]})

    assert {day for *_, day in told(shop, result)} == {DAYS[1]}


def test_a_damaged_day_fails_by_its_name_and_hides_no_other(shop, tmp_path):
    (file,) = tmp_path.glob(f"**/history/**/as_of={DAYS[1]}/**/data-*.json")
    file.write_bytes(b"{}")

    result = shop.run("small_verify")

    assert not result.success
    assert told(shop, result)["history", "bytes_verify", DAYS[1]] is False
    assert sum(told(shop, result).values()) == 8
    assert f"{DAYS[1]}: history: bytes_verify: " in failure_of(result)
    assert DAYS[0] not in failure_of(result).partition("Stack")[0].replace(str(tmp_path), "")


def test_a_day_that_is_not_stored_is_named_beside_those_that_are(shop):
    result = shop.run("small_verify", {**SPAN, "dagster/asset_partition_range_end": "2025-12-04"})

    assert len(told(shop, result)) == 9
    assert "2025-12-04: No history " in failure_of(result)


def test_a_backfill_that_states_no_parameters_is_refused(shop):
    result = shop.run(
        "small_verify", {**SPAN, "dagster/backfill": "abcdefgh"}, {"loggers": CONFIG["loggers"]}
    )

    assert "resources.small_params: not stated" in failure_of(result)
    assert told(shop, result) == {}


def test_every_check_of_the_project_has_days():
    graph = defs.resolve_asset_graph()

    assert {key.name for key in graph.asset_check_keys} > {
        "bytes_verify",
        "enough_rows",
        "beats_the_baseline",
    }
    assert all(graph.get(key).partitions_def is not None for key in graph.asset_check_keys)
