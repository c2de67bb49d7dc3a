"""The files of `deploy/`, loaded by the classes that a deployment loads them with."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.run_coordinator import RunCoordinator
from dagster._core.storage.compute_log_manager import ComputeLogManager
from dagster._core.workspace.config_schema import process_workspace_config
from dagster._serdes import ConfigurableClassData

from ml_assets.resources.run_queue import EnvironmentRunCoordinator
from ml_assets_tests.conftest import REPO

DEPLOY = REPO / "deploy"
INSTANCES = ("postgres", "ecs")
VARIABLES = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "DAGSTER_LOGS_BUCKET": "logs",
    "DAGSTER_LOGS_PREFIX": "production",
    "ML_ASSETS_ENVIRONMENT": "blue",
}


def loaded(name):
    return yaml.safe_load((DEPLOY / name / "dagster.yaml").read_text())


def values():
    return yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text())


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def named(node):
    """Every environment variable that a file reads by reference."""
    if isinstance(node, dict):
        return {node["env"]} if set(node) == {"env"} else set().union(*map(named, node.values()))
    return set().union(*map(named, node)) if isinstance(node, list) else set()


@pytest.fixture
def instance(tmp_path, monkeypatch):
    """The instance that a file describes; Dagster has checked its keys, and nothing is connected yet."""
    for variable, value in VARIABLES.items():
        monkeypatch.setenv(variable, value)

    def load(name):
        home = tmp_path / name
        home.mkdir()
        shutil.copyfile(DEPLOY / name / "dagster.yaml", home / "dagster.yaml")
        return InstanceRef.from_dir(str(home))

    return load


@pytest.mark.parametrize("name", INSTANCES)
def test_each_instance_file_is_loaded_by_dagster_with_its_queue_and_its_compute_logs(instance, name):
    ref = instance(name)

    queue = ref.run_coordinator_data.rehydrate(as_type=RunCoordinator)
    logs = ref.compute_logs_data.rehydrate(as_type=ComputeLogManager)

    assert isinstance(queue, EnvironmentRunCoordinator)
    assert queue.default_environment == "blue"
    assert type(logs).__name__ == "S3ComputeLogManager"
    assert ref.storage_data.class_name == "DagsterPostgresStorage"


def test_the_instance_file_of_ecs_differs_from_that_of_postgresql_in_launcher_and_limits_alone():
    one, other = loaded("postgres"), loaded("ecs")

    differing = {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}

    assert differing == {"run_launcher", "concurrency"}


def test_a_task_of_ecs_gets_every_variable_that_its_instance_file_reads():
    (container,) = json.loads((DEPLOY / "ecs" / "task-definition.json").read_text())["containerDefinitions"]

    given = {entry["name"] for kind in ("environment", "secrets") for entry in container[kind]}

    assert named(loaded("ecs")) <= given


def test_the_page_explains_every_variable_that_a_file_of_deploy_reads():
    page = (REPO / "docs" / "production.md").read_text()
    read = set().union(*(named(loaded(name)) for name in INSTANCES)) | named(workspace())

    assert {name for name in read if f"`{name}`" not in page} == set()


def workspace():
    return yaml.safe_load((DEPLOY / "workspace.yaml").read_text())


def test_the_workspace_names_the_code_server_by_two_variables(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_CODE_HOST", "code.internal")
    monkeypatch.setenv("ML_ASSETS_CODE_PORT", "4000")

    config = process_workspace_config(workspace())

    assert config.success, config.errors
    assert config.value["load_from"][0]["grpc_server"]["host"] == "code.internal"


def test_the_values_of_the_chart_describe_the_same_queue(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENT", "blue")
    wanted = values()["dagsterDaemon"]["runCoordinator"]["config"]["customRunCoordinator"]
    data = ConfigurableClassData(wanted["module"], wanted["class"], yaml.safe_dump(wanted["config"]))

    queue = data.rehydrate(as_type=RunCoordinator).get_run_queue_config()

    runs = loaded("ecs")["concurrency"]["runs"]
    assert queue.max_concurrent_runs == runs["max_concurrent_runs"]
    assert queue.tag_concurrency_limits == runs["tag_concurrency_limits"]


@pytest.mark.slow
def test_the_values_of_the_chart_hold_what_the_launcher_and_the_compute_logs_take():
    from dagster_aws.s3 import S3ComputeLogManager
    from dagster_k8s import K8sRunLauncher
    from dagster_k8s.job import UserDefinedDagsterK8sConfig

    launcher = values()["runLauncher"]["config"]["k8sRunLauncher"]
    logs = values()["computeLogManager"]["config"]["s3ComputeLogManager"]
    job = {snake(key): value for key, value in launcher["runK8sConfig"].items()}

    assert {snake(key) for key in launcher} <= set(K8sRunLauncher.config_type())
    assert {snake(key) for key in logs} <= set(S3ComputeLogManager.config_type())
    assert UserDefinedDagsterK8sConfig.from_dict(job).to_dict().items() >= job.items()


def test_all_processes_of_the_chart_are_of_one_image():
    chart = values()
    (code,) = chart["dagster-user-deployments"]["deployments"]

    assert chart["dagsterWebserver"]["image"] == chart["dagsterDaemon"]["image"] == code["image"]
    assert chart["dagsterWebserver"]["env"] == chart["dagsterDaemon"]["env"] == code["env"]


def test_the_container_file_copies_what_is_here_and_installs_extras_that_exist():
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY") and "--from" not in line]
    (extras,) = re.findall(r"'\.\[([a-z,]+)\]'", "\n".join(lines))
    project = (REPO / "pyproject.toml").read_text()

    copied = [[path for path in paths if not path.startswith("--")] for paths in copied]
    assert [path for paths in copied for path in paths if not Path(REPO, path).exists()] == []
    assert all(f"\n{extra} = [" in project for extra in extras.split(","))


@pytest.mark.slow
def test_what_the_chart_starts_as_the_webserver_is_ours_in_the_image(tmp_path):
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    (copied,) = [
        line.split()[-1] for line in lines if "deploy/dagster-webserver" in line and line.startswith("COPY")
    ]
    (path,) = [line for line in lines if line.startswith("ENV PATH=")]
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(REPO),
    }

    done = subprocess.run(
        [DEPLOY / "dagster-webserver", "--help"], env=environ, capture_output=True, text=True, check=True
    )

    assert path.split("=")[1].split(":")[0] == str(Path(copied).parent)
    assert "Usage: python -m ml_assets.webserver" in done.stdout
    assert "--path-prefix" in done.stdout


def test_no_file_of_deploy_holds_a_password():
    texts = [path.read_text() for path in DEPLOY.rglob("*") if path.is_file()]

    assert not [text for text in texts if re.search(r"(?i)password\"?\s*[:=]\s*[^\s{]", text)]
