"""Dagster's GraphQL answered in this process: what a page or a script would be told, without a deployment."""

import contextlib

import dagster as dg
from dagster._core.test_utils import in_process_test_workspace
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster_graphql.test.utils import execute_dagster_graphql

OVERRIDES = {
    "run_launcher": {
        "module": "dagster._core.launcher.sync_in_memory_run_launcher",
        "class": "SyncInMemoryRunLauncher",
    },
    "run_coordinator": {
        "module": "dagster._core.run_coordinator",
        "class": "DefaultRunCoordinator",
    },
}
LOCATION = "<<in_process>>"

LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on RunConfigValidationInvalid { errors { message } }
  ... on PythonError { className message stack errorChain { error { className message } } } } }"""


@contextlib.contextmanager
def dagster(home, module="ml_assets.definitions"):
    """Something to ask: its instance keeps runs under `home` and carries each out at once."""
    with (
        dg.DagsterInstance.local_temp(str(home), overrides=OVERRIDES) as instance,
        in_process_test_workspace(instance, LoadableTargetOrigin(module_name=module)) as context,
    ):
        yield context


def ask(context, query, **variables):
    result = execute_dagster_graphql(context, query, variables=variables)
    return result.data
