"""The launcher of ECS, as the instance file describes it, against an ECS over HTTP."""

import json

import boto3
import dagster as dg
import pytest
import yaml
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher import LaunchRunContext
from dagster._core.test_utils import instance_for_test

from ml_assets_tests.conftest import REPO
from ml_assets_tests.production import aws_server

pytestmark = pytest.mark.slow

ECS = REPO / "deploy" / "ecs"
LONGEST_OVERRIDES = 8192  # characters that ECS takes
TAGS = {"dagster/partition": "2025-11-03", "ml_assets/environment": "blue"}


@pytest.fixture(scope="module")
def aws():
    with aws_server() as variables, pytest.MonkeyPatch.context() as environ:
        for name, value in {**variables, "ML_ASSETS_RUN_TASK_DEFINITION": "ml-assets-run"}.items():
            environ.setenv(name, value)
        client = boto3.client("ecs")
        client.create_cluster(clusterName="production")
        client.register_task_definition(**json.loads((ECS / "task-definition.json").read_text()))
        yield client


@pytest.fixture(scope="module")
def launcher(aws):
    """What the file says; only the cluster and the network, which a daemon on ECS has itself, are given by hand."""
    network = boto3.client("ec2")
    subnet = network.describe_subnets()["Subnets"][0]["SubnetId"]
    group = network.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    place = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
    found = yaml.safe_load((ECS / "dagster.yaml").read_text())["run_launcher"]
    given = {"cluster": "production", "launchType": "FARGATE", "networkConfiguration": place}
    changed = {"use_current_ecs_task_config": False, "run_task_kwargs": given}
    return {**found, "config": {**found["config"], **changed}}


@pytest.fixture(scope="module")
def task(aws, launcher):
    """The task of one launched run, with the run."""
    with instance_for_test(overrides={"run_launcher": launcher}) as instance:
        job = ReconstructableRepository.for_module("ml_assets.definitions", "defs").get_reconstructable_job(
            "train"
        )
        run = instance.create_run_for_job(
            job.get_definition(), job_code_origin=job.get_python_origin(), tags=TAGS
        )
        instance.run_launcher.launch_run(LaunchRunContext(dagster_run=run, workspace=None))
        tasks = aws.list_tasks(cluster="production")["taskArns"]
        (found,) = aws.describe_tasks(cluster="production", tasks=tasks, include=["TAGS"])["tasks"]
        return instance.get_run_by_id(run.run_id), found


def test_a_run_becomes_a_task_of_the_registered_definition_that_executes_it(task):
    run, found = task
    (container,) = found["overrides"]["containerOverrides"]

    assert found["taskDefinitionArn"].endswith("ml-assets-run:1")
    assert container["name"] == "run"
    assert container["command"][:3] == ["dagster", "api", "execute_run"]
    assert run.run_id in container["command"][3]


def test_the_run_and_its_task_name_each_other_and_the_environment(task):
    run, found = task
    tags = {tag["key"]: tag["value"] for tag in found["tags"]}

    assert run.tags["ecs/task_arn"] == found["taskArn"]
    assert tags["dagster/run_id"] == run.run_id
    assert tags["ml_assets/environment"] == "blue"


def test_a_command_with_the_whole_instance_file_fits_into_the_overrides_of_a_task(task, tmp_path):
    _, found = task
    (container,) = found["overrides"]["containerOverrides"]
    (tmp_path / "dagster.yaml").write_text((ECS / "dagster.yaml").read_text())

    instance = json.dumps(dg.serialize_value(InstanceRef.from_dir(str(tmp_path))))

    assert len(" ".join(container["command"])) + len(instance) < LONGEST_OVERRIDES
