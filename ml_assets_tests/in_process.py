"""Dagster's GraphQL answered in this process: what a page or a script is told, and what becomes of its run."""

import contextlib
import warnings
from dataclasses import dataclass

import dagster as dg
from dagster._core.execution.api import execute_run
from dagster._core.test_utils import in_process_test_workspace
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.backfill import execute_backfill_iteration
from dagster._daemon.daemon import get_default_daemon_logger
from dagster._utils.hosted_user_process import recon_job_from_origin
from dagster_graphql.test.utils import execute_dagster_graphql

QUEUED_HERE = {
    "run_launcher": {"module": "dagster._core.test_utils", "class": "MockedRunLauncher"},
    "run_coordinator": {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"},
}
LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on RunConfigValidationInvalid { errors { message } } ... on PythonError { message }
  ... on InvalidSubsetError { message } } }"""
BACKFILL = """mutation($backfillParams: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $backfillParams) {
  __typename ... on PythonError { message } } }"""
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a launch.

    Attributes:
        said: what is read first: the answer, or the error of the run.
        runs: how many runs there are by it.
        succeeded: whether its run did.
        steps: how many steps were started.
        evaluations: how many results of checks there are.
        checks: the last of them by (asset, name).
        materialized: the (asset, partition) that were recorded.
    """

    said: str
    runs: int
    succeeded: bool = False
    steps: int = 0
    evaluations: int = 0
    checks: dict | None = None
    materialized: frozenset = frozenset()


@contextlib.contextmanager
def location(home, module="ml_assets.definitions"):
    """A code location to ask; its runs are kept under `home`."""
    with contextlib.ExitStack() as stack, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dagster's, of what it itself calls
        instance = stack.enter_context(dg.DagsterInstance.local_temp(str(home), overrides=QUEUED_HERE))
        target = LoadableTargetOrigin(module_name=module)
        yield stack.enter_context(in_process_test_workspace(instance, target))


def launch(context, *, job="__ASSET_JOB", tags=None, config=None, assets=(), paths=(), checks=None):
    """Launch as the pages do, and carry out the run; `assets` by name or key and `checks` by (asset, name)."""
    (place,) = context.code_locations
    selector = {
        "repositoryLocationName": place.name,
        "repositoryName": "__repository__",
        "pipelineName": job,
        "assetSelection": [*({"path": [asset]} for asset in assets), *({"path": path} for path in paths)],
    }
    if checks is not None:
        selector["assetCheckSelection"] = [{"assetKey": {"path": [of]}, "name": name} for of, name in checks]
    params = {
        "selector": selector,
        "mode": "default",
        "runConfigData": {**(config or {}), "loggers": QUIET},
        "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in (tags or {}).items()]},
    }
    before = context.instance.get_runs_count()
    data = execute_dagster_graphql(context, LAUNCH, variables={"params": params}).data["launchRun"]
    runs = context.instance.get_runs_count() - before
    if data["__typename"] != "LaunchRunSuccess":
        return Answer(said=data.get("message") or str(data["errors"]), runs=runs)
    (run,) = context.instance.get_runs(limit=1)
    execute_run(recon_job_from_origin(run.job_code_origin), run, context.instance)
    return _outcome(context.instance, context.instance.get_run_by_id(run.run_id))


def backfill(context, job, days, config):
    """Launch a backfill of a job as its page does, and let the daemon look at it once; what is said of it."""
    (place,) = context.code_locations
    repository = {"repositoryLocationName": place.name, "repositoryName": "__repository__"}
    params = {
        "selector": {"repositorySelector": repository, "partitionSetName": f"{job}_partition_set"},
        "partitionNames": days,
        "runConfigData": {**config, "loggers": QUIET},
    }
    answer = execute_dagster_graphql(context, BACKFILL, variables={"backfillParams": params})
    data = answer.data["launchPartitionBackfill"]
    if data["__typename"] != "LaunchBackfillSuccess":
        return data["message"]
    found = [
        str(item)
        for item in execute_backfill_iteration(context.process_context, get_default_daemon_logger("backfill"))
        if item
    ]
    (made,) = context.instance.get_backfills()
    return "\n".join([*found, str(made.error), str(made.status)])


def _outcome(instance, run):
    events = [entry.dagster_event for entry in instance.all_logs(run.run_id) if entry.is_dagster_event]
    failures = [event for event in events if event.is_failure]
    made = [
        event.step_materialization_data.materialization for event in events if event.is_step_materialization
    ]
    found = [
        event.event_specific_data for event in events if event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    return Answer(
        said=failures[0].event_specific_data.error.message if failures else "",
        runs=1,
        succeeded=run.status == dg.DagsterRunStatus.SUCCESS,
        steps=sum(event.is_step_start for event in events),
        evaluations=len(found),
        checks={(item.asset_key.to_user_string(), item.check_name): item for item in found},
        materialized=frozenset((item.asset_key.to_user_string(), item.partition) for item in made),
    )
