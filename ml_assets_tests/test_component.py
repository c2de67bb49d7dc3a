"""The Component: YAML shows a pipeline to Dagster, with views and presets; what is wrong is refused when it is loaded."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

from ml_assets import ParameterizedPipeline
from ml_assets.errors import DefinitionError
from ml_assets_tests.conftest import REPO
from ml_assets_tests.scenario import failure_of, materializations
from ml_assets_tests.small_pipeline import load

DAY = "2025-12-01"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
pytestmark = [  # of Dagster's own, of what it calls itself
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore:.parse_obj_as. is deprecated"),
]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The module of a small pipeline, as its file has it."""
    return load(tmp_path, monkeypatch)


def defs_of(**attributes):
    with dg.components.testing.create_defs_folder_sandbox() as sandbox:
        path = sandbox.scaffold_component(component_cls=ParameterizedPipeline, defs_path="shown")
        (path / "defs.yaml").write_text(
            yaml.safe_dump({"type": "ml_assets.ParameterizedPipeline", "attributes": attributes})
        )
        with sandbox.load_component_and_build_defs(defs_path="shown") as (_, defs):
            return defs


def test_yaml_shows_a_pipeline_with_its_views_and_a_schedule_for_a_preset(shop):
    defs = defs_of(
        pipeline="small_shop:small",
        views={"north": {"shop": "north"}},
        presets={"cautious": {"shop": "south", "level": 0.25}},
        daily=["cautious"],
    )

    keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    names = ("history", "forecast", "backfill_report", "leaderboard", "promotion")
    assert keys == {f"{prefix}small/{name}" for prefix in ("", "north/") for name in names}
    repository = defs.get_repository_def()
    schedule = repository.get_schedule_def("small_cautious")
    assert {each.default_status for each in repository.schedule_defs} == {dg.DefaultScheduleStatus.STOPPED}
    (request,) = schedule.evaluate_tick(dg.build_schedule_context(repository_def=repository)).run_requests
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("small").execute_in_process(
            run_config={**request.run_config, **QUIET}, partition_key=DAY, instance=instance
        )
    assert result.success, failure_of(result)
    assert ("small/forecast", DAY) in materializations(result)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"presets": {"bold": {"level": 3.0}}}, "presets: bold: level: too large"),
        (
            {"presets": {"bold": {"levle": 0.3}}},
            "presets: bold: levle: unknown parameter. Did you mean level?",
        ),
        (
            {"presets": {"bold": {}}, "daily": ["blod"]},
            "daily: blod: there is no such preset. Did you mean bold?",
        ),
        (
            {"presets": {"catch_up": {}}, "daily": ["catch_up"]},
            "daily: catch_up: a schedule has this name already. Rename the preset.",
        ),
        (
            {"views": {"north": {"shop": "nowhere"}}},
            "north_small: pinned: shop: unknown. Allowed: north, south.",
        ),
        ({"pipeline": "small_shop:other"}, "pipeline: there is none. Allowed: MODULE:NAME of a pipeline."),
    ],
)
def test_what_is_wrong_is_refused_when_the_code_is_loaded(shop, attributes, words):
    with pytest.raises(Exception) as error:  # Dagster adds the place in the YAML
        defs_of(**{"pipeline": "small_shop:small", **attributes})

    causes = [error.value]
    while causes[-1].__cause__ or causes[-1].__context__:
        causes.append(causes[-1].__cause__ or causes[-1].__context__)
    ours = [cause for cause in causes if isinstance(cause, DefinitionError)]
    assert ours, causes
    assert words in str(ours[0])


@pytest.mark.slow
def test_what_is_scaffolded_loads_and_its_test_passes(tmp_path):
    dg_command = Path(sys.executable).parent / "dg"
    if not dg_command.exists():
        pytest.skip("dagster-dg-cli is not here")
    shutil.copytree(REPO / "ml_assets", tmp_path / "ml_assets", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPO / "pyproject.toml", tmp_path)
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"}

    def run(*words):
        done = subprocess.run(words, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(str(dg_command), "scaffold", "defs", "ml_assets.ParameterizedPipeline", "sales")
    files = {path.name for path in (tmp_path / "ml_assets/defs/sales").iterdir()}
    assert {"defs.yaml", "pipeline.py", "test_sales.py"} <= files
    run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "ml_assets/defs/sales/test_sales.py")
    program = (
        "from ml_assets.definitions import defs;"
        "job = defs.resolve_job_def('sales');"
        f"print(job.execute_in_process(partition_key={DAY!r}).success)"
    )
    assert "True" in run(sys.executable, "-c", program)
