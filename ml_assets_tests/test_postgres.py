"""The instance file for PostgreSQL and S3 logs, as it is in the repository: a backfill through real processes."""

from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from ml_assets.client import submit_backfill
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.postgres import postgres
from ml_assets_tests.production import BUCKET, aws_server, production

pytestmark = pytest.mark.slow

DAYS = ["2025-11-01", "2025-11-02", "2025-11-03"]
PARAMETERS = {"dataset": "customers", "lookback_days": 245}
TAGS = "select key, value from run_tags"


@pytest.fixture(scope="module")
def database():
    with postgres() as server:
        yield server


@pytest.fixture(scope="module")
def logs():
    """A client of the bucket of the compute logs."""
    with aws_server() as variables, pytest.MonkeyPatch.context() as environ:
        for name, value in variables.items():
            environ.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture(scope="module")
def backfill(database, logs, tmp_path_factory):
    """What a backfill gave. The daemon starts after it was asked for, and finds it at once."""
    place = tmp_path_factory.mktemp("production")
    with production(place, database.environ) as deployment, ThreadPoolExecutor(1) as pool:
        url = deployment.live.url
        asked = pool.submit(submit_backfill, url, parameters=PARAMETERS, days=DAYS, timeout_seconds=400)
        with deployment.daemon():
            yield asked.result()


def test_a_backfill_through_webserver_daemon_and_code_server_makes_every_day(backfill):
    assert backfill["failed"] == []
    assert [day["as_of"] for day in backfill["days"]] == DAYS
    assert all(set(day["artifacts"]) == set(tabular.assets) for day in backfill["days"])


def test_its_events_and_its_run_are_in_the_database(backfill, database):
    ((runs,),) = database.ask("select count(*) from runs where status = 'SUCCESS'")
    ((made,),) = database.ask(
        "select count(*) from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION'"
    )

    assert runs == 1
    assert made == len(tabular.assets) * len(DAYS)


def test_its_run_was_tagged_with_its_environment_before_it_waited_in_the_queue(backfill, database):
    tags = dict(database.ask(TAGS))
    ((queued,),) = database.ask(
        "select count(*) from event_logs where dagster_event_type = 'PIPELINE_ENQUEUED'"
    )

    assert queued == 1
    assert tags["ml_assets/environment"] == "dev"
    assert tags["dagster/code_location"] == "ml_assets"


def test_its_compute_logs_are_in_the_bucket(backfill, logs):
    run = backfill["days"][0]["dagster_run_id"]

    found = [item["Key"] for item in logs.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    assert found
    assert all(key.startswith(f"logs/storage/{run}/compute_logs/") for key in found)
