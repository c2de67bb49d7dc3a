"""`ml-assets` alone shows what one needs first; the commands that are printed can be pasted where they are printed."""

import datetime as dt
import os
import shlex
import subprocess
import sys

import pytest

from ml_assets import Field, Parameters
from ml_assets.cli.main import main
from ml_assets.cli.parser import build_parser
from ml_assets.cli.start import start_commands
from ml_assets.core.command import as_called
from ml_assets.core.pipeline import Declared
from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular.pipeline import tabular
from ml_assets_tests.conftest import REPO, output_of
from ml_assets_tests.followed import follow, page

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.timezone.utc)


class Numbers(Parameters):
    """One number."""

    level: float = Field(0.5, ge=0, le=1, description="How much")


odd = Declared("odd", Numbers)


def test_the_program_alone_shows_five_commands_and_how_to_see_all(capsys):
    assert main([]) == 0

    told = capsys.readouterr()
    lines = [line for line in told.out.splitlines() if "  ml-assets " in line]
    assert [line.split("ml-assets ")[1].split()[0] for line in lines] == [
        *("run", "backfill", "sweep", "report", "promote")
    ]
    assert "ml-assets --help" in told.out
    assert told.err == ""
    assert max(map(len, told.out.splitlines())) <= 80


@pytest.mark.parametrize("pipeline", [tabular, demand, odd], ids=lambda pipeline: pipeline.name)
def test_each_of_the_five_commands_is_one_for_any_pipeline(pipeline):
    examples = start_commands(pipeline, now=NOW)

    assert len(examples) == 5
    for line in examples.values():
        args, unknown = build_parser(pipeline).parse_known_args(shlex.split(line)[1:])
        assert (unknown, line.startswith(f"ml-assets {args._command.name} ")) == ([], True)


def test_the_program_alone_loads_nothing_heavy_and_needs_no_sound_settings(tmp_path, monkeypatch):
    (tmp_path / "ml_assets.toml").write_text('pipelines = ["nowhere"]\n')
    program = (
        f"import os, sys; os.chdir({str(tmp_path)!r}); from ml_assets.cli.main import main; code = main([])\n"
        "print(code, sorted({'dagster', 'sklearn', 'polars', 'numpy', 'rich', 'argcomplete'} & set(sys.modules)))"
    )

    assert output_of(program).splitlines()[-1] == "0 []"


@pytest.mark.slow
def test_what_makes_a_day_is_loaded_before_dagster_and_only_where_the_day_is_to_be_made(tmp_path):
    program = (
        f"import os, sys; os.chdir({str(tmp_path)!r}); from ml_assets.cli.main import main\n"
        "main(['run', '--as-of', '2025-12-01']); found = [*sys.modules]\n"
        "print([name for name in found if name in ('sklearn', 'skops.io', 'dagster')])"
    )
    own = {"DAGSTER_HOME": f"{tmp_path}/home", "ML_ASSETS_ENVIRONMENTS__DEV__ROOT": f"{tmp_path}/artifacts"}

    loaded = [output_of(program, **own).splitlines()[-1] for _ in range(2)]

    assert loaded == ["['sklearn', 'skops.io', 'dagster']", "['dagster']"]


CALLED = {
    "All about it: ml-assets show 1a2b": "All about it: ./ml-assets show 1a2b",
    "`ml-assets env list` shows them": "`./ml-assets env list` shows them",
    "See `ml-assets --help`.": "See `./ml-assets --help`.",
    "pip install 'ml-assets[dask]'": "pip install 'ml-assets[dask]'",
    "/srv/ml-assets runs here": "/srv/ml-assets runs here",
    "ml-assets 0.1.0": "ml-assets 0.1.0",
    "the-ml-assets run": "the-ml-assets run",
}


@pytest.mark.kind("output", inputs=len(CALLED))
@pytest.mark.parametrize(("text", "shown"), CALLED.items())
def test_only_a_command_in_a_text_is_named_as_the_program_was_called(text, shown):
    assert as_called(text, "./ml-assets") == shown
    assert as_called(text, "ml-assets") == text


@pytest.fixture
def program(tmp_path):
    """A folder with an environment in it that is not active, whose program is `my env/bin/ml-assets`."""
    place = tmp_path / "my env" / "bin" / "ml-assets"
    place.parent.mkdir(parents=True)
    place.write_text(
        f"#!{sys.executable}\nimport sys\nfrom ml_assets.cli.main import main\nsys.exit(main())\n"
    )
    place.chmod(0o755)
    return place


def said(words, place, **more):
    done = subprocess.run(
        words,
        env={**os.environ, "PYTHONPATH": str(REPO), **more},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_printed_command_runs_as_it_is_where_the_program_is_not_on_the_path(program, tmp_path):
    called = "my env/bin/ml-assets"

    printed = said([called, "--pipeline"], tmp_path)
    alone = said([called], tmp_path)

    assert printed.rstrip().endswith("See `'my env/bin/ml-assets' --help`.")
    (line,) = (line for line in alone.splitlines() if " report " in line)
    pasted = line[line.index("'my env") :]
    assert "0 of 14 days done" in said(["bash", "-c", pasted], tmp_path)


def test_a_program_on_the_path_is_named_by_its_name(program, tmp_path):
    path = f"{program.parent}:{os.environ['PATH']}"

    assert "  ml-assets report" in said(["ml-assets"], tmp_path, PATH=path)
    assert "  ml-assets report" in said([str(program)], tmp_path, PATH=path)


@pytest.mark.slow
def test_make_run_says_what_it_runs_and_ends_in_a_command_that_can_be_pasted(program, tmp_path):
    environment = tmp_path / "env"
    (tmp_path / "my env").rename(environment)
    (environment / ".installed").touch()
    words = [
        "make",
        "--no-print-directory",
        "-f",
        REPO / "Makefile",
        "run",
        f"VENV={environment}",
        "PYTHON=false",
    ]
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / "ml_assets/cli").mkdir(parents=True)
    (tmp_path / "ml_assets/cli/dagster.yaml").write_text("")

    told = said(words, tmp_path, DAGSTER_HOME=str(tmp_path / "home"))

    assert f"Running {environment}/bin/ml-assets run\n" in told
    assert f"All about this run: {environment}/bin/ml-assets show " in told
    pasted = told[told.rindex(f"{environment}/bin") :].strip()
    assert "lineage" in said(["bash", "-c", pasted], tmp_path)


def test_what_programs_read_keeps_the_name_of_the_program(program, tmp_path):
    called = "my env/bin/ml-assets"

    document = said([called, "report", "--last", "1", "--json"], tmp_path)
    script = said([called, "completion", "bash"], tmp_path)

    assert '"ml-assets run ' in document
    assert "my env" not in document + script


def test_the_page_about_the_shell_shows_what_it_shows(tmp_path):
    assert follow(page("shell.md"), tmp_path) == []
