"""The run queue: a run has its environment as a tag before it waits."""

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.test_utils import instance_for_test

from ml_assets.adapter.guard import option
from ml_assets.definitions import defs
from ml_assets.resources.run_queue import ENVIRONMENT_TAG

QUEUE = {
    "module": "ml_assets.resources.run_queue",
    "class": "EnvironmentRunCoordinator",
    "config": {"default_environment": "staging", "max_concurrent_runs": 3},
}
OPTIONS = {"resources": {"options": {"config": {"environment": "green"}}}}


@pytest.fixture(scope="module")
def instance():
    with instance_for_test(overrides={"run_coordinator": QUEUE}) as made:
        yield made


SERVED = RemoteRepositoryOrigin(
    GrpcServerCodeLocationOrigin(host="127.0.0.1", port=1, location_name="ml_assets"), "__repository__"
)


def queued(instance, run_config, **tags):
    """A run of the job `train`, as a webserver or a daemon hands it to the queue."""
    run = instance.create_run_for_job(
        defs.resolve_job_def("train"),
        run_config=run_config,
        tags={"dagster/partition": "2025-11-03", **tags},
        status=dg.DagsterRunStatus.NOT_STARTED,
        remote_job_origin=RemoteJobOrigin(SERVED, "train"),
    )
    return instance.run_coordinator.submit_run(dg.SubmitRunContext(dagster_run=run, workspace=None))


@pytest.mark.parametrize(
    ("run_config", "environment"),
    [
        ({}, "staging"),
        ({"resources": {"options": {"config": {"environment": "default"}}}}, "staging"),
        ({"resources": {"options": {"config": {"reuse": False}}}}, "staging"),
        (OPTIONS, "green"),
    ],
)
def test_a_run_is_tagged_with_the_environment_that_it_is_for(instance, run_config, environment):
    run = queued(instance, run_config)

    assert run.tags[ENVIRONMENT_TAG] == environment
    assert run.status is dg.DagsterRunStatus.QUEUED


def test_a_run_that_is_launched_again_gets_the_environment_of_its_own_options(instance):
    again = queued(instance, OPTIONS, **{ENVIRONMENT_TAG: "dev"})

    assert again.tags[ENVIRONMENT_TAG] == "green"


@pytest.mark.parametrize(
    "damaged", [{"resources": None}, {"resources": {"options": "text"}}, {"resources": []}]
)
def test_of_a_damaged_run_config_no_option_is_known(damaged):
    assert option(damaged, "environment") is None


def test_what_dagsters_own_queue_takes_is_taken(instance):
    assert instance.run_coordinator.get_run_queue_config().max_concurrent_runs == 3
