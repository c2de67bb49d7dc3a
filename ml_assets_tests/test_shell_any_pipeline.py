"""Every command of the shell serves a pipeline of somebody else, who changed nothing of this project."""

import importlib
import json
import sys

import pytest

from ml_assets.cli.commands import commands_of
from ml_assets.cli.main import main
from ml_assets.cli.parser import read
from ml_assets.cli.table import TABLE
from ml_assets.core.pipeline import Declared
from ml_assets.errors import DefinitionError
from ml_assets.pipelines.demand import Forecast, demand
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.conftest import REPO, output_of

NAME = "shop.demand:demand"
P = ("--pipeline", NAME)
DAY = "2025-12-01"
FIRST, BAD, LAST = "2025-11-18", "2025-11-24", DAY
FAILS = """    if str(as_of) == "2025-11-24":
        raise ValueError("the till was broken")
    first = as_of"""
SOUTH = ("--shop", "south")
ETS = (*SOUTH, "--method", "ets")


@pytest.fixture(autouse=True)
def package(tmp_path, monkeypatch):
    """The package `shop` in the working directory: the forecast of this project under a name of its own, with a bad day."""
    source = (REPO / "ml_assets/pipelines/demand.py").read_text()
    source = source.replace('"demand",\n', '"stock",\n', 1).replace("    first = as_of", FAILS, 1)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/demand.py").write_text(source)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


@pytest.fixture
def call(capsys):
    """Run a command about the pipeline in this process, and read what it prints as JSON."""

    def run(*words, code=0):
        capsys.readouterr()
        assert main([*words, *P, "--json"]) == code, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return run


def test_a_pipeline_outside_of_this_project_goes_through_every_command(call, tmp_path, capsys):
    planned = call("run", *SOUTH, "--as-of", DAY, "--plan")
    assert planned["counts"] == {"new": 1, "stale": 0, "reused": 0, "invalid": 0}

    made = call("run", *SOUTH, "--as-of", DAY)
    run_id, mape = made["run_id"], made["metrics"]["mape"]
    assert run_id == planned["days"][0]["run_id"]
    assert sorted(made["artifacts"]) == ["accuracy", "forecast", "history"]
    assert not any(one["reused"] for one in made["artifacts"].values())

    (row,) = call("list", "--where", "shop=south")
    assert (row["asset"], row["run_id"], row["metrics"]["mape"]) == ("accuracy", run_id, mape)
    assert call("list", "--where", "shop=north") == []
    assert [item["asset"] for item in call("show", run_id)] == ["forecast", "accuracy"]
    assert [item["asset"] for item in call("why", run_id)] == ["history", "forecast", "accuracy"]
    assert all(item["same"] for item in call("reproduce", run_id))
    assert call("verify")["findings"] == []
    assert call("report", *SOUTH, "--from", DAY, "--to", DAY)["done"] == 1

    assert main(["contract", "--describe", *P]) == 0
    (tmp_path / "before.json").write_text(capsys.readouterr().out)
    assert call("contract", "--against", "before.json") == []


@pytest.mark.slow
def test_releases_of_a_pipeline_are_those_of_what_its_runs_are_about(call, capsys):
    first, second = (call("run", *SOUTH, "--as-of", day)["run_id"] for day in (DAY, "2025-11-30"))

    assert call("promote", first, "--from", "dev", "--to", "green", "--plan")["verdict"] == "promoted"
    assert call("promote", first, *SOUTH, "--from", "dev", "--to", "blue")["entry"]["action"] == "promoted"
    assert call("switch", *SOUTH)["state"]["live"]["run_id"] == first
    assert call("live", *SOUTH)["state"]["live"]["slot"] == "blue"
    assert call("live")["state"] is None, "the north has releases of its own"
    assert main(["promote", second, "--shop", "north", *P, "--from", "dev"]) == 2
    assert "is not of stock north" in capsys.readouterr().err

    forced = ("--force", "--reason", "to try it")
    assert call("promote", second, *SOUTH, "--from", "dev", *forced)["entry"]["release"]["slot"] == "green"
    assert main(["live", *SOUTH, *P]) == 0
    assert f"ml-assets switch --to green --pipeline {NAME} --shop south" in capsys.readouterr().out
    assert call("switch", *SOUTH, "--if-candidate", second)["state"]["live"]["run_id"] == second
    assert call("rollback", *SOUTH, "--reason", "worse")["state"]["live"]["run_id"] == first


@pytest.mark.slow
def test_a_backfill_keeps_the_good_days_and_names_a_command_that_makes_the_bad_one(call, capsys):
    span = ("backfill", "--from", FIRST, "--to", LAST)

    first = call(*span, code=1)
    assert (len(first["days"]), [item["as_of"] for item in first["failed"]]) == (13, [BAD])
    assert (
        "the till was broken" in first["failed"][0]["reason"] or "ValueError" in first["failed"][0]["reason"]
    )

    assert main([*span, *P]) == 1
    printed = capsys.readouterr().out
    assert "13 reused, 1 failed" in printed or "1 failed, 13 reused" in printed
    assert f"  ml-assets run --shop north --as-of {BAD} --pipeline {NAME}\n" in printed
    good = call("backfill", "--from", "2025-11-25", "--to", LAST)
    assert all(one["reused"] for day in good["days"] for one in day["artifacts"].values())


@pytest.mark.slow
def test_combinations_that_differ_in_what_is_not_used_are_one_trial(call):
    grid = ("--grid", "season=7,14", "--grid", "method=naive,ets", "--as-of", DAY)

    swept = call("sweep", *grid)
    assert len(swept["leaderboard"]["trials"]) == 3
    shown = call("leaderboard")
    rows = [
        {name: row[name] for name in told}  # but for the links of each
        for row, told in zip(shown["trials"], swept["leaderboard"]["trials"], strict=True)
    ]
    assert {**shown, "trials": rows} == swept["leaderboard"]
    assert call("leaderboard", swept["run_id"]) == shown
    (row,) = call("list", "--asset", "leaderboard")
    assert row["run_id"] == swept["run_id"]
    assert call("sweep", *grid, "--plan")["counts"]["reused"] == 3


def test_a_preset_of_the_pipeline_gives_its_parameters_and_flags_win_over_it(call, tmp_path):
    (tmp_path / "presets/stock").mkdir(parents=True)
    (tmp_path / "presets/stock/south.toml").write_text(
        'description = "The south"\n[parameters]\nshop = "south"\nmethod = "ets"\nseason = 14\n'
    )

    given = call("run", "--preset", "south", "--as-of", DAY, "--plan")
    assert given["days"] == call("run", *ETS, "--season", "14", "--as-of", DAY, "--plan")["days"]
    won = call("run", "--preset", "south", "--season", "7", "--as-of", DAY, "--plan")
    assert won["days"] == call("run", *ETS, "--as-of", DAY, "--plan")["days"] != given["days"]


@pytest.mark.slow
def test_the_promises_that_it_keeps_are_told_one_by_one(call):
    told = call("conform", *SOUTH, "--as-of", DAY, "--quick")

    assert len(told["promises"]) > 15
    assert not [promise["name"] for promise in told["promises"] if promise["kept"] is False]
    assert sum(promise["kept"] is True for promise in told["promises"]) > 10


@pytest.mark.slow
def test_the_working_directory_is_where_modules_are_found_in_processes_of_workers_too(shell):
    done = shell(
        "backfill", *P, "--from", "2025-11-29", "--to", DAY, "--json", env={"ML_ASSETS_WORKERS": "2"}
    )

    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["days"]) == 3


def test_a_bad_value_is_refused_before_a_run_exists(capsys, tmp_path):
    assert main(["run", *P, "--weeks", "3", "--shop", "west", "--as-of", DAY]) == 2

    assert capsys.readouterr().err.splitlines() == [
        "Refused: 2 problems. Nothing was started.",
        "shop: unknown. Allowed: north, south.",
        "weeks: too small. Allowed: a whole number from 8 to 520.",
    ]
    assert not (tmp_path / "artifacts").exists()
    assert not (tmp_path / "dagster_home").exists()


def help_of(capsys, *words):
    """What is printed as help, in one line."""
    with pytest.raises(SystemExit):
        main([*words, *P, "--help"])
    return " ".join(capsys.readouterr().out.split())


def test_help_is_what_the_pipeline_says_of_itself(capsys):
    text = help_of(capsys, "run")

    assert "stock: What decides a forecast." in text
    assert "accuracy A backtest on the last four weeks, and its picture." in text
    assert "--weeks VALUE Weeks of history [a whole number from 8 to 520; default 52]" in text
    assert "--max-depth" not in text
    assert "--shop VALUE Which shop" in help_of(capsys, "switch")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("\nimport nothing_like_that\n", "line 2: ModuleNotFoundError: No module named 'nothing_like_that'"),
        ("x = 1\ny = (\n", "line 2: SyntaxError: '(' was never closed"),
        ("\n\n1 / 0\n", "line 3: ZeroDivisionError"),
        ("import sys\nsys.exit(0)\n", "line 2: SystemExit"),
        (
            "from ml_assets import Pipeline\nx = Pipeline('Demand', int)\n",
            "line 2: DefinitionError: Pipeline Demand: its name",
        ),
    ],
)
def test_a_file_that_cannot_be_loaded_is_named_with_the_line(content, says, capsys, tmp_path):
    (tmp_path / "shop/demand.py").write_text(content)

    for words in (["run"], ["list"], ["run", "--help"]):
        assert main([*words, *P]) == 2
        error = capsys.readouterr().err
        assert f"pipeline: cannot be loaded. Mend {tmp_path}/shop/demand.py, {says}" in error
        assert "Traceback" not in error


@pytest.mark.parametrize(
    "name", ["shop.nothing:demand", "shop.demand:nothing", "nothing:x", "shop.demand:DAYS"]
)
def test_a_pipeline_that_is_not_there_is_refused(name, capsys):
    assert main(["list", "--pipeline", name]) == 2
    assert "pipeline: there is none. Allowed: MODULE:NAME of a pipeline." in capsys.readouterr().err


def test_an_unknown_name_is_told_with_those_that_are_known(capsys):
    assert main(["list", "--pipeline", "demnad"]) == 2
    assert "or MODULE:NAME. Did you mean demand?" in capsys.readouterr().err


def test_the_settings_name_what_is_meant_without_a_name(capsys, tmp_path):
    (tmp_path / "ml_assets.toml").write_text(f'pipelines = ["{NAME}"]\n')

    assert main(["report", *SOUTH, "--last", "1"]) == 0
    assert "ml-assets run --shop south --as-of " in (printed := capsys.readouterr().out)
    assert "--pipeline" not in printed
    assert main(["live", "--pipeline", "tabular"]) == 0
    assert "--from staging --to blue --pipeline tabular" in capsys.readouterr().out
    assert main(["live"]) == 0
    assert "Nothing was promoted for stock north yet" in capsys.readouterr().out


def test_a_run_id_is_found_in_any_pipeline_that_is_known(capsys):
    assert main(["run", "--pipeline", "demand", "--as-of", DAY, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)

    for what in (made["run_id"], made["artifacts"]["accuracy"]["uri"]):
        assert main(["show", what]) == 0
        assert f"ml-assets run --shop north --as-of {DAY} --pipeline demand" in capsys.readouterr().out
        assert main(["why", what]) == 0
        assert main(["reproduce", what]) == 0
    assert main(["show", made["run_id"], "--pipeline", "tabular"]) == 1, "it is not looked for elsewhere"


def test_a_broken_pipeline_of_the_settings_stops_no_command_about_none(capsys, tmp_path):
    (tmp_path / "ml_assets.toml").write_text('pipelines = ["shop.broken:x"]\n')
    (tmp_path / "shop/broken.py").write_text("1 / 0\n")

    with pytest.raises(SystemExit):
        main(["--help"])
    assert main(["env", "list"]) == 0
    assert main(["list"]) == 2
    assert "shop/broken.py, line 1: ZeroDivisionError" in capsys.readouterr().err


def test_a_pipeline_has_the_commands_that_it_names_and_no_other(capsys):
    assert [command.name for command in commands_of(read(["list"])[1].pipeline)] == [
        "score",
        "monitor",
        "compare",
    ]
    assert commands_of(demand) == ()
    with pytest.raises(SystemExit):
        main(["--pipeline", "demand", "--help"])
    assert "monitor" not in capsys.readouterr().out
    assert main(["score", "--pipeline", "demand"]) == 2


def test_a_table_of_commands_that_is_none_is_refused():
    with pytest.raises(DefinitionError, match=r'Write commands="shop.commands:NAME"'):
        Declared("odd", Forecast, commands="no place")
    for place in ("shop_nowhere.commands:TABLE", "ml_assets.cli.table:NOTHING"):
        with pytest.raises(DefinitionError, match="Name a table, MODULE:NAME"):
            commands_of(Declared("odd", Forecast, commands=place))
    with pytest.raises(DefinitionError, match="is no tuple of commands"):
        commands_of(Declared("odd", Forecast, commands="ml_assets.cli.table:GROUPS"))


def test_every_handler_of_the_shell_is_there():
    commands = [*TABLE, *commands_of(tabular)]

    assert len({command.name for command in commands}) == len(commands) > 15
    for command in commands:
        module, _, name = command.handler.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("words", [["--help"], ["list", "--help"], ["run", "--pipeline", "demand", "--help"]])
def test_help_loads_nothing_heavy(words):
    program = (
        f"import sys; from ml_assets.cli.main import main; sys.argv[1:] = {words}\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print(sorted({'dagster', 'sklearn', 'polars', 'numpy', 'obstore', 'rich'} & set(sys.modules)))"
    )

    assert output_of(program).splitlines()[-1] == "[]"
