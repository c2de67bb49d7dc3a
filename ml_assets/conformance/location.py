"""The pipeline as a code location that answers GraphQL, in this process."""

import importlib
import itertools
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ml_assets.conformance.case import Case
from ml_assets.conformance.report import NotAskedError, expect

QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on RunConfigValidationInvalid { errors { message } } ... on PythonError { message }
  ... on PipelineNotFoundError { message } ... on InvalidSubsetError { message } } }"""
QUEUED_HERE = {
    "run_launcher": {"module": "dagster._core.test_utils", "class": "MockedRunLauncher"},
    "run_coordinator": {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"},
}
"""A run is recorded and not started: what is tried is whether one comes to exist."""
_NUMBERS = itertools.count()

Launch = Callable[..., str]
"""Launches with values, expects so many runs, and gives what was said."""


@contextmanager
def location(case: Case) -> Iterator[Launch]:
    """What launches the job of the pipeline over GraphQL, as pages and scripts do."""
    from ml_assets.adapter.view import View

    view, module = View(pipeline=case.pipeline), _module(case)
    with ExitStack() as stack:
        context = stack.enter_context(_workspace(case.folder, module))
        (entry,) = context.get_code_location_entries().values()
        expect(
            not entry.load_error,
            f"its definitions cannot be loaded: {getattr(entry.load_error, 'message', '')}",
        )
        (place,) = context.code_locations
        selector = {
            "repositoryLocationName": place.name,
            "repositoryName": "__repository__",
            "pipelineName": view.job_name,
        }

        def launch(values: Mapping[str, Any], *, expected_runs: int) -> str:
            params = {
                "selector": selector,
                "mode": "default",
                "runConfigData": {"resources": {view.params: {"config": dict(values)}}, "loggers": QUIET},
                "executionMetadata": {"tags": [{"key": "dagster/partition", "value": str(case.day)}]},
            }
            before = context.instance.get_runs_count()
            said = _asked(context, params)
            runs = context.instance.get_runs_count() - before
            expect(runs == expected_runs, f"{runs} runs exist, expected was {expected_runs}: {said[:300]}")
            return said

        yield launch


def _asked(context: Any, params: Mapping[str, Any]) -> str:
    from dagster_graphql.test.utils import execute_dagster_graphql

    answer = execute_dagster_graphql(context, LAUNCH, variables={"params": params}).data["launchRun"]
    errors = "\n".join(error["message"] for error in answer.get("errors", ()))
    return str(answer.get("message") or errors or answer["__typename"])


def _module(case: Case) -> str:
    """The name of a module that holds the definitions of the pipeline and nothing else."""
    if not case.pipeline.reference:
        raise NotAskedError("it is found nowhere by name, so that no code location can load it")
    module, _, name = case.pipeline.reference.partition(":")
    stem = f"conformance_location_{next(_NUMBERS)}"
    text = f"from {module} import {name} as pipeline\n\ndefs = pipeline.definitions()\n"
    (case.folder / f"{stem}.py").write_text(text, "utf-8")
    return stem


@contextmanager
def _workspace(folder: Path, module: str) -> Iterator[Any]:
    """Dagster fact: there is no public way to ask its GraphQL without a server; its own tests ask it like this."""
    try:
        import dagster as dg
        from dagster._core.test_utils import in_process_test_workspace
        from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
        from dagster_graphql.test import utils  # noqa: F401
    except ImportError as error:
        raise NotAskedError(f"Dagster's GraphQL cannot be asked here: {error}") from None
    home = folder / f"home-{module}"
    home.mkdir()
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    importlib.import_module(module)  # Dagster looks for modules in fewer places
    try:
        with (
            warnings.catch_warnings(),
            dg.DagsterInstance.local_temp(str(home), overrides=QUEUED_HERE) as instance,
        ):
            warnings.simplefilter("ignore")  # Dagster's, of what it itself calls
            with in_process_test_workspace(instance, LoadableTargetOrigin(module_name=module)) as context:
                yield context
    finally:
        sys.path.remove(str(folder))
