"""The client against a deployment that serves a pipeline of somebody else, in a code location of its own."""

import json
import os

import pytest

from ml_assets.client import submit, submit_backfill, submit_sweep
from ml_assets.errors import RefusedError, RemoteError
from ml_assets_tests.conftest import REPO
from ml_assets_tests.live import deployment
from ml_assets_tests.small_pipeline import load

DAY = "2025-12-01"
COUNT = "{ runsOrError { ... on Runs { results { runId } } } }"
WORKSPACE = """\
load_from:
  - python_module: {module_name: small_shop, location_name: small}
"""
START = """mutation($sensor: SensorSelector!) { startSensor(sensorSelector: $sensor) { __typename } }"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The folder of a pipeline that this project does not know."""
    place = tmp_path_factory.mktemp("shop")
    (place / "workspace.yaml").write_text(WORKSPACE)
    return place


@pytest.fixture(scope="module")
def small(shop):
    with pytest.MonkeyPatch.context() as patch:
        yield load(shop, patch).small


@pytest.fixture(scope="module")
def live(shop, small):
    path = os.pathsep.join([str(REPO), str(shop)])
    with deployment(shop / "live", workspace=shop / "workspace.yaml", PYTHONPATH=path) as running:
        yield running


def runs(live):
    return live.ask(COUNT)["runsOrError"]["results"]


def test_a_run_of_any_pipeline_comes_back_with_its_run_id_artifacts_and_metrics(live, small):
    told = []

    result = submit(live.url, pipeline=small, parameters={"level": 0.25}, as_of=DAY, on_progress=told.append)

    assert result["run_id"] == small.run_id(small.parameters(level=0.25), _day())
    assert [*result["artifacts"]] == ["history", "forecast"]
    assert f"{live.artifacts}/small/forecast/shop=north/as_of={DAY}" in result["artifacts"]["forecast"]["uri"]
    assert result["metrics"] == {"mae": 0.25}
    assert any("success" in line for line in told)


def test_a_backfill_of_any_pipeline_keeps_its_good_days_and_tells_why_the_others_failed(live, small):
    result = submit_backfill(
        live.url,
        pipeline=small,
        parameters={"shop": "south", "bad_day": 3},
        first="2025-12-01",
        last="2025-12-04",
    )

    assert [day["as_of"] for day in result["days"]] == ["2025-12-01", "2025-12-02", "2025-12-04"]
    assert result["failed"] == [{"as_of": "2025-12-03", "reason": "the shop was closed"}]
    assert {name for day in result["days"] for name in day["artifacts"]} == {"history", "forecast"}


def test_a_backfill_of_some_assets_of_any_pipeline_makes_those_alone(live, small):
    result = submit_backfill(
        live.url, pipeline=small, parameters={"days": 9}, days=["2025-11-20"], assets=["history"]
    )

    assert [[*day["artifacts"]] for day in result["days"]] == [["history"]]


def test_a_bad_value_of_any_pipeline_is_refused_before_anything_is_launched(live, small):
    before = len(runs(live))

    with pytest.raises(RefusedError, match="level: too large"):
        submit(live.url, pipeline=small, parameters={"level": 2.0}, as_of=DAY)

    assert len(runs(live)) == before


def test_a_deployment_that_does_not_serve_a_pipeline_is_told_by_the_job_it_lacks(live):
    from ml_assets.pipelines.demand import demand

    with pytest.raises(RemoteError, match="serves the job demand 0 times"):
        submit(live.url, pipeline=demand, parameters={}, as_of=DAY)


def test_a_sweep_of_any_pipeline_is_ranked_in_one_run_and_from_runs_of_its_trials(live, small):
    own = {"grid": {"level": "0.5,0.75"}}
    _turn_on(live, "small_leaderboard_after_sweep")

    single = submit_sweep(live.url, pipeline=small, parameters={}, sweep=own, as_of=DAY)
    apart = submit_sweep(live.url, pipeline=small, parameters={"days": 8}, sweep=own, as_of=DAY, as_runs=True)

    for result in (single, apart):
        uri = result["artifacts"]["leaderboard"]["uri"]
        rows = json.loads(next(_files(uri, "json")).read_text())["trials"]
        assert f"{live.artifacts}/small/leaderboard" in uri
        assert len(rows) == 2


def _files(uri, ending):
    from pathlib import Path

    return Path(uri).glob(f"data-*.{ending}")


def _turn_on(live, sensor):
    place = {"repositoryLocationName": "small", "repositoryName": "__repository__", "sensorName": sensor}
    assert live.ask(START, sensor=place)["startSensor"]["__typename"] == "Sensor"


def _day():
    import datetime as dt

    return dt.date.fromisoformat(DAY)
