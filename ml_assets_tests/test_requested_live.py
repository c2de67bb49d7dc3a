"""What `live` meant when something was requested is what all of its runs go by, whatever serves meanwhile."""

import datetime as dt
import json

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from ml_assets.adapter import in_process
from ml_assets.cli import dagster_runs
from ml_assets.cli.main import main
from ml_assets.core.release import RELEASE_TAG, Release, promoted, switched
from ml_assets.definitions import defs
from ml_assets.storage.release_log import ReleaseLog
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.released import ORDERS
from ml_assets_tests.scenario import failure_of, materializations
from ml_assets_tests.scored import GIVEN, QUIET, Shop

DAYS = [dt.date(2025, 8, day) for day in range(2, 8)]
kind = pytest.mark.kind("releases")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A shop whose model serves from green; blue has another one that may come to serve."""
    shop = Shop(tmp_path_factory.mktemp("trained"))
    write_landing(shop.zone, rows_by_day=order_days(last=dt.date(2025, 8, 10)))
    shop.release(shop.train())
    shop.train("blue", C=0.5)
    return shop


@pytest.fixture
def shop(trained, tmp_path, monkeypatch):
    return trained.copied(tmp_path / "shop", monkeypatch)


def model_in(shop, environment):
    (key,) = shop.store(environment).keys("model")
    return shop.store(environment).manifest(key)


def log_of(shop):
    return ReleaseLog(str(shop.place / "releases"), ORDERS)


def release_at(shop, moment):
    """Promote and switch to the model of blue, at a moment."""
    model = model_in(shop, "blue")
    release = Release(
        slot="blue",
        line={"dataset": "orders"},
        values={"model_version": model.parameters["model_version"]},
        as_of=model.as_of,
        run_id=model.run_id,
        sha256=model.sha256,
        manifests={},
    )
    steps = (
        ("promoted", lambda state: (release, promoted(state, release))),
        ("switched", lambda state: (release, switched(state, "blue"))),
    )
    for action, step in steps:
        log_of(shop).append(action, step, by="ada", at=lambda: moment)


def run(tags=None, *, environment="green", instance=None):
    return defs.resolve_job_def("score").execute_in_process(
        run_config={
            "resources": {"params": {"config": GIVEN}, "options": {"config": {"environment": environment}}},
            "loggers": QUIET,
        },
        partition_key=str(DAYS[0]),
        tags=tags,
        instance=instance or dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def scored_by(result):
    assert result.success, failure_of(result)
    return materializations(result)["predictions", str(DAYS[0])].metadata["model_run_id"].value


LATER = dt.datetime.now(tz=dt.timezone.utc) + dt.timedelta(days=1)
EARLIER = dt.datetime.now(tz=dt.timezone.utc) - dt.timedelta(days=1)


@kind
def test_a_switch_in_the_middle_of_a_command_stops_none_of_its_days(shop, monkeypatch, capsys):
    first, execute = [], in_process.run_here

    def and_switch(*arguments, **more):
        done = execute(*arguments, **more)
        if not first:
            release_at(shop, EARLIER)
        first.append(done)
        return done

    monkeypatch.setattr(dagster_runs, "DAYS_PER_RUN", 2)
    monkeypatch.setattr(in_process, "run_here", and_switch)

    words = ["score", "--environment", "green", "--from", str(DAYS[0]), "--to", str(DAYS[-1]), "--json"]
    assert main(words) == 0

    told = json.loads(capsys.readouterr().out)
    assert len(first) == len(DAYS) / 2
    assert log_of(shop).state().live.slot == "blue"
    assert [day["as_of"] for day in told["days"]] == list(map(str, DAYS))
    assert {day["model_run_id"] for day in told["days"]} == {model_in(shop, "green").run_id}


def backfill(instance, moment):
    known = PartitionBackfill(
        backfill_id="b",
        status=BulkActionStatus.REQUESTED,
        from_failure=False,
        tags={},
        backfill_timestamp=moment.timestamp(),
    )
    instance.add_backfill(known)
    return {"dagster/backfill": "b"}


@kind
def test_each_run_of_a_backfill_goes_by_what_served_when_it_was_asked_for(shop):
    instance = dg.DagsterInstance.ephemeral()
    tags = backfill(instance, EARLIER - dt.timedelta(hours=1))

    release_at(shop, EARLIER)

    assert scored_by(run(tags, instance=instance)) == model_in(shop, "green").run_id
    assert "model: blue serves, not green" in failure_of(run())


@kind
def test_a_backfill_that_is_asked_for_after_a_switch_goes_by_the_new_model(shop):
    instance = dg.DagsterInstance.ephemeral()
    release_at(shop, EARLIER - dt.timedelta(hours=1))

    tags = backfill(instance, EARLIER)

    assert scored_by(run(tags, environment="blue", instance=instance)) == model_in(shop, "blue").run_id


@kind
def test_a_run_that_waited_while_somebody_switched_goes_by_what_served_before(shop):
    release_at(shop, LATER)

    assert scored_by(run()) == model_in(shop, "green").run_id


@kind
def test_a_slot_that_came_to_serve_by_a_clock_that_is_ahead_can_be_scored_in(shop):
    release_at(shop, LATER)

    assert scored_by(run(environment="blue")) == model_in(shop, "blue").run_id


@kind
def test_runs_that_are_launched_for_one_request_name_the_entry_that_they_go_by(shop):
    release_at(shop, EARLIER)

    assert scored_by(run({RELEASE_TAG: "2"})) == model_in(shop, "green").run_id


@kind
@pytest.mark.parametrize("entry", ["0", "-1", "two", "", "1e3", "9" * 5000])
def test_a_tag_that_names_no_entry_is_refused(shop, entry):
    assert f"{RELEASE_TAG}: not the number of an entry" in failure_of(run({RELEASE_TAG: entry}))


@kind
def test_a_run_that_dagster_starts_again_goes_by_when_the_first_was_asked_for(shop):
    instance = dg.DagsterInstance.ephemeral()
    root = run(instance=instance)
    release_at(shop, dt.datetime.now(tz=dt.timezone.utc))
    tags = {"dagster/root_run_id": root.run_id, "dagster/retry_number": "1"}

    assert scored_by(run(tags, instance=instance)) == model_in(shop, "green").run_id
    assert "model: blue serves, not green" in failure_of(run(instance=instance))
    assert "model: blue serves, not green" in failure_of(run({**tags, "dagster/root_run_id": "gone"}))
