"""How Dagster reads config, launches, asks again and serves pages, where this project's shape depends on it.

What is pinned by tests of the project's own surfaces is not pinned here again:

| fact | what holds | pinned in |
|---|---|---|
| 3 | a partitioned job can be launched without a partition | test_dagster_runs, "a launch without a partition" |
| 2, 7, 11, 13, 20, 24, 26, 31 | assets and checks | test_upstream_characterization |
| 17, 18, 22, 23, 25 | the days of a batch | test_upstream_days |
| 5 | the config of a backfill is one for all of its days | test_browser, "a backfill of three days runs" |
| 6 | what instances cost in seconds | benchmarks: times are measured, not tested; that each step has a process is here |
| 15 | a backfill is launched over GraphQL, and a refused one has its reasons in the answer | test_client, test_surfaces |
| 21 | what Dagster drops of a config, the guard refuses | test_guard, test_surfaces |
| 27 | the address of a launchpad that is filled in | test_browser, "the address of a launchpad" |
"""

import datetime as dt
import logging
import subprocess
import sys
import warnings
from importlib import metadata
from pathlib import Path
from typing import Literal

import dagster as dg
import pytest
from dagster._core.run_coordinator.queued_run_coordinator import QueuedRunCoordinator
from dagster._core.test_utils import freeze_time
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import PythonFileTarget
from dagster._daemon.controller import DEFAULT_DAEMON_INTERVAL_SECONDS
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._utils.error import serializable_error_info_from_exc_info
from dagster_shared.utils.warnings import BetaWarning
from dagster_webserver.webserver import DagsterWebserver
from pydantic import Field
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ml_assets.adapter.refusal import LaunchRefusedError
from ml_assets_tests.conftest import REPO, output_of

DAILY = dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-02-01")


class Numbers(dg.ConfigurableResource):
    """What is read by a job's config in these tests."""

    kind: Literal["a", "b"] = "a"
    number: int = Field(1, ge=1, le=9)


@dg.asset(partitions_def=DAILY)
def first(params: Numbers):
    return params.number


DEFS = dg.Definitions(
    assets=[first], jobs=[dg.define_asset_job("daily", [first])], resources={"params": Numbers()}
)
JOB = DEFS.resolve_job_def("daily")


def config(**values):
    return {"resources": {"params": {"config": values}}}


# Facts 1 and 10


def test_annotations_that_are_texts_break_assets_with_config(tmp_path):
    (tmp_path / "late.py").write_text(
        "from __future__ import annotations\nimport dagster as dg\n\ndef build():\n"
        "    class Own(dg.Config):\n        number: int = 1\n\n"
        "    @dg.asset\n    def first(config: Own):\n        return 1\n\nbuild()\n"
    )

    done = subprocess.run(
        [sys.executable, "late.py"], check=False, cwd=tmp_path, capture_output=True, text=True
    )

    assert done.returncode == 1
    assert "Own" in done.stderr


@pytest.mark.parametrize(
    "kind", [dt.date, Path, tuple[int, ...], set[int], Literal[1, 2], Literal["a"] | None]
)
def test_some_types_of_python_are_none_of_a_config(kind):
    class Own(dg.Config):
        value: kind

    with pytest.raises(Exception, match=r"Unable to resolve|config type|Literal|dagster|is not a str"):

        @dg.asset
        def asset(config: Own):
            return 1


# Facts 4 and 14


def is_valid(run_config):
    return dg.validate_run_config(JOB, run_config)


@pytest.mark.parametrize("values", [{"kind": "c"}, {"number": "one"}, {"nubmer": 1}])
def test_the_check_of_a_config_sees_enums_types_and_unknown_keys(values):
    with pytest.raises(dg.DagsterInvalidConfigError):
        is_valid(config(**values))


def test_the_check_of_a_config_does_not_see_ranges_and_the_launch_does():
    assert is_valid(config(number=10))

    with pytest.raises(dg.DagsterError) as refused:
        JOB.execute_in_process(run_config=config(number=10), partition_key="2025-01-01")
    assert "less than or equal to 9" in str(refused.value.__cause__)


def test_an_error_of_another_process_is_told_as_that_process_is_said_to_have_told_it():
    try:
        raise LaunchRefusedError(["seed: too small."])
    except dg.DagsterError:
        told = serializable_error_info_from_exc_info(sys.exc_info())

    assert told.message == "Refused: 1 problem. Nothing was started.\nseed: too small.\n"
    assert (told.stack, told.cause, told.context) == ([], None, None)
    assert told.cls_name == "LaunchRefusedError"


def test_the_default_of_an_optional_field_is_nothing_that_an_editor_could_show():
    class Own(dg.Config):
        shown: int = 1
        hidden: int | None = None

    fields = Own.to_fields_dict()

    assert [fields[name].default_value for name in ("shown", "hidden")] == [1, None]
    assert fields["hidden"].config_type.kind.value == "NONEABLE"


def test_values_of_the_environment_stand_resolved_in_the_config_of_an_op(monkeypatch):
    monkeypatch.setenv("SECRET_OF_A_TEST", "7")

    class Own(dg.Config):
        number: str

    @dg.asset
    def asset(context, config: Own):
        return context.op_execution_context.op_config

    result = dg.materialize(
        [asset], run_config=dg.RunConfig({"asset": Own(number=dg.EnvVar("SECRET_OF_A_TEST"))})
    )

    assert result.output_for_node("asset") == {"number": "7"}


# Facts 12 and 16


def test_the_key_of_a_sensors_run_knows_nothing_of_config_or_partition():
    @dg.sensor(job=JOB)
    def landing():
        for day in ("2025-01-01", "2025-01-02"):
            yield dg.RunRequest(run_key="same", run_config=config(), partition_key=day)

    context = dg.build_sensor_context(definitions=DEFS)

    assert [request.run_key for request in landing.evaluate_tick(context).run_requests] == ["same", "same"]


ALWAYS = """
import dagster as dg

@dg.op
def nothing(): ...

@dg.job
def act(): nothing()

@dg.sensor(job=act, default_status=dg.DefaultSensorStatus.RUNNING)
def always(context):
    yield dg.RunRequest(run_key="same")

defs = dg.Definitions(jobs=[act], sensors=[always])
"""


@pytest.mark.slow
def test_a_run_key_that_was_used_once_starts_no_run_a_year_later(tmp_path):
    (tmp_path / "always.py").write_text(ALWAYS)
    target = PythonFileTarget(
        str(tmp_path / "always.py"), attribute=None, working_directory=str(tmp_path), location_name="here"
    )
    now = dt.datetime.now(tz=dt.timezone.utc)

    with dg.instance_for_test() as instance, WorkspaceProcessContext(instance, target) as context:
        for moment in (now, now + dt.timedelta(days=366)):
            with freeze_time(moment):
                [*execute_sensor_iteration(context, logging.getLogger("ticks"), None, None)]
        (state,) = instance.all_instigator_state()
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id)

        assert [tick.status.value for tick in ticks] == ["SKIPPED", "SUCCESS"]
        assert len(instance.get_runs()) == 1


# Facts 6 and 19


@pytest.mark.slow
def test_each_step_of_the_executor_of_processes_has_a_process_of_its_own(tmp_path):
    (tmp_path / "steps.py").write_text(STEPS)

    told = subprocess.run(
        [sys.executable, "-W", "ignore", "steps.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout

    assert len(set(told.split())) == 3


STEPS = """
import os, dagster as dg

@dg.op(out=dg.Out(int))
def one(): return os.getpid()

@dg.op(out=dg.Out(int))
def two(before: int): return os.getpid()

@dg.job(executor_def=dg.multiprocess_executor)
def act(): two(one())

if __name__ == "__main__":
    with dg.instance_for_test() as instance, dg.execute_job(dg.reconstructable(act), instance) as result:
        print(os.getpid(), result.output_for_node("one"), result.output_for_node("two"))
"""


def test_the_daemon_looks_at_backfills_each_30_s_and_at_the_queue_each_5_s_for_10_runs_at_once():
    coordinator = QueuedRunCoordinator()

    assert DEFAULT_DAEMON_INTERVAL_SECONDS == 30
    assert coordinator.dequeue_interval_seconds == 5
    with dg.instance_for_test() as instance:
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 10


def test_a_backfill_policy_is_beta():
    with pytest.warns(BetaWarning, match="backfill_policy"):

        @dg.asset(partitions_def=DAILY, backfill_policy=dg.BackfillPolicy.single_run())
        def asset():
            return 1


def test_partitions_of_a_job_of_assets_are_superseded():
    with pytest.warns(DeprecationWarning, match="partitions_def"):
        dg.define_asset_job("daily", [first], partitions_def=DAILY)


# Facts 8, 9, 29 and 30


def test_options_of_universal_paths_cannot_be_asked_for_by_their_io_manager(tmp_path):
    class Kept(dg.UPathIOManager):
        extension = ".txt"

        def dump_to_path(self, context, obj, path):
            """Write nothing."""

        def load_from_path(self, context, path):
            """Read nothing."""

    from upath import UPath

    manager = Kept(base_path=UPath(tmp_path))

    assert int(metadata.version("universal-pathlib").split(".")[1]) >= 3
    with pytest.raises(AttributeError):
        manager.storage_options  # noqa: B018


def test_the_name_of_the_code_location_is_one_in_both_files():
    workspace = (REPO / "workspace.yaml").read_text()
    project = (REPO / "pyproject.toml").read_text()

    assert "location_name: ml_assets" in workspace
    assert 'code_location_name = "ml_assets"' in project


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")
@pytest.mark.filterwarnings("ignore::dagster_shared.utils.warnings.BetaWarning")
def test_a_component_is_a_resolvable_model_that_builds_definitions():
    from dagster.components.testing import create_defs_folder_sandbox

    with create_defs_folder_sandbox() as sandbox:
        path = sandbox.scaffold_component(
            component_cls=Named,
            defs_yaml_contents={"type": f"{__name__}.Named", "attributes": {"name": "told"}},
        )
        with sandbox.load_component_and_build_defs(defs_path=path) as (component, defs):
            assert isinstance(component, Named)
            assert {spec.key for spec in defs.resolve_all_asset_specs()} == {dg.AssetKey("told")}


class Named(dg.Component, dg.Model, dg.Resolvable):
    """Builds an asset of the name that it is given."""

    name: str

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """One asset."""
        return dg.Definitions(assets=[dg.AssetSpec(self.name)])


def test_scikit_learn_loads_pandas_where_it_is_installed():
    program = "import sys, sklearn.linear_model; print('pandas' in sys.modules)"

    assert output_of(program).strip() == "True"


# Fact 28


def test_a_route_of_ones_own_is_served_beside_dagsters_pages():
    class WithPage(DagsterWebserver):
        def build_routes(self):
            return [
                Route("/own", lambda _: PlainTextResponse("a page of one's own")),
                *super().build_routes(),
            ]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the client of tests, which asks for another package
        from starlette.testclient import TestClient

        with dg.instance_for_test() as instance:
            from dagster._core.workspace.load_target import EmptyWorkspaceTarget

            with WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as context:
                client = TestClient(WithPage(context).create_asgi_app())

                assert client.get("/own").text == "a page of one's own"
                assert "dagster_version" in client.get("/server_info").json()
