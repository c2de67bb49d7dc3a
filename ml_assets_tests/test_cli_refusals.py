"""The shell refuses with exit code 2, in words, before anything is loaded or created."""

import json
import os
from pathlib import Path

import pytest

from ml_assets.cli.flags import read_as
from ml_assets.cli.main import main
from ml_assets.core.sweep.axis import read_axis
from ml_assets.core.text_files import parse_file
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.conftest import output_of

REFUSED = [
    (["--dataset", "bogus"], "dataset: unknown. Allowed: orders, customers."),
    (["--model-version", "v2", "--max-depth", "99"], "max_depth: too large."),
    (["--max-depth", "3"], "max_depth: not used by model_version v1."),
    (["--as-of", "2025-13-01"], "as_of: not a real day."),
    (["--as-of", "2999-01-01"], "as_of: not a complete day yet (UTC)."),
    (["--as-of", "2024-12-31"], "as_of: before the first day."),
    (["--model-version", ""], "model_version: unknown. Allowed: v1, v2, v3."),
    (["--model-version", "v2", "--learning-rate", "nan"], "learning_rate: not a finite number."),
    (["--max-depht", "3"], "--max-depht: unknown flag. Did you mean --max-depth?"),
    (["--dataset", "AKIAIOSFODNN7EXAMPLE"], "dataset: looks like a credential."),
    (["--source", "nowhere"], "source: unknown. Known: sample."),
    (["--seed", "1.5"], "seed: not a whole number."),
    (["--seed"], "expected one argument"),
    (["orders"], "an argument is not understood."),
    (["--params", "absent.toml"], "absent.toml: cannot be read"),
    (["--params", "https://AKIA:hunter2@host/x.toml"], "(a file's name): cannot be read"),
    (["--on", "u:AKIA@host"], "on: looks like a credential."),
]


@pytest.mark.parametrize(("words", "line"), REFUSED, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_a_wrong_request_is_refused_and_creates_nothing(words, line, tmp_path, capsys):
    code = main(["run", *words])

    told = capsys.readouterr()
    assert code == 2
    assert line in told.err
    assert told.out == ""
    assert "AKIA" not in told.err
    assert list(tmp_path.iterdir()) == []


def test_three_wrong_values_give_three_lines(capsys):
    code = main(
        ["run", "--dataset", "bogus", "--model-version", "v2", "--max-depth", "99", "--as-of", "2999-01-01"]
    )

    lines = capsys.readouterr().err.splitlines()
    assert code == 2
    assert [line.split(":")[0] for line in lines] == ["Refused", "max_depth", "dataset", "as_of"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.toml", 'dataset = "customers"\nmodel_version = "v2"\nmax_depth = 99\n'),
        ("p.yaml", "dataset: customers\nmodel_version: v2\nmax_depth: 99\n"),
        ("p.json", '{"dataset": "customers", "model_version": "v2", "max_depth": 99}'),
    ],
)
def test_a_parameter_file_is_held_to_the_same_rules(name, text, tmp_path, capsys):
    (tmp_path / name).write_text(text)

    code = main(["run", "--params", name])

    assert code == 2
    assert "max_depth: too large. Allowed: a whole number from 1 to 16." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("p.toml", "dataset = ", "not valid TOML"),
        ("p.yaml", "a: [", "not valid YAML"),
        ("p.json", "[1]", "must hold one flat mapping"),
        ("p.ini", "", "Allowed: .toml, .yaml, .json."),
        ("p.yaml", "lookback_days: 1:40\n", "lookback_days: not a whole number."),
        ("p.yaml", "learning_rate: '1e-4'\nmodel_version: v2\n", "It is text: write it without quotes"),
        (
            "p.yaml",
            "calibrate: on\n",
            "calibrate: not true or false. Allowed: true or false. Text such as yes",
        ),
        ("p.json", '{"seed": 1, "seed": 2}', "p.json: line 1: seed is there twice."),
    ],
)
def test_a_parameter_file_that_cannot_be_used_is_named(name, text, words, tmp_path, capsys):
    (tmp_path / name).write_text(text)

    assert main(["run", "--params", name]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.kind("parameter files")
@pytest.mark.timeout(20)
def test_a_pipe_as_a_parameter_file_is_not_waited_for(tmp_path, capsys):
    os.mkfifo(tmp_path / "p.toml")

    assert main(["run", "--params", "p.toml"]) == 2
    assert "p.toml: not a file." in capsys.readouterr().err


@pytest.mark.kind("parameter files")
@pytest.mark.parametrize("word", ["0123", "123", "+123", "1_23", "0x7b", "0o173"])
def test_a_number_means_the_same_in_a_flag_a_grid_and_a_file(word):
    field = TrainingParameters.model_fields["seed"]

    assert read_as(field, word) == parse_file(f"a: {word}".encode(), name="x.yaml")["a"] == 123
    assert read_axis("seed", f"{word},7", cls=TrainingParameters) == read_axis(
        "seed", "123,7", cls=TrainingParameters
    )


def test_a_flag_wins_over_the_file_before_rules_across_fields_are_checked(tmp_path, capsys):
    (tmp_path / "p.toml").write_text('model_version = "v2"\nmax_depth = 3\nas_of = 2999-01-01\n')

    code = main(["run", "--params", "p.toml", "--max-depth", "4"])

    lines = capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(lines) == 2
    assert lines[1].startswith("as_of: not a complete day yet")


def test_a_refusal_loads_neither_dagster_nor_scikit_learn_nor_polars():
    program = (
        "import sys; from ml_assets.cli.main import main; code = main(['run', '--max-depth', '99']);"
        "heavy = {'dagster', 'sklearn', 'polars', 'numpy', 'obstore', 'pydantic_settings', 'rich'} & set(sys.modules);"
        "print(code, sorted(heavy))"
    )

    assert output_of(program) == "2 []\n"


def test_help_lists_every_parameter_with_its_limits(capsys):
    with pytest.raises(SystemExit) as done:
        main(["run", "--help"])

    text = " ".join(capsys.readouterr().out.split())
    assert done.value.code == 0
    assert "--max-depth VALUE v2: depth of a tree at most [a whole number from 1 to 16; default 4]" in text


@pytest.mark.parametrize("where", ["max_depht=3", "nonsense", "max_depth>deep"])
def test_a_filter_that_cannot_be_read_is_refused(where, capsys):
    assert main(["list", "--where", where]) == 2

    assert "where: " in capsys.readouterr().err


def test_list_of_an_empty_store_is_empty_and_creates_nothing(tmp_path, capsys):
    assert main(["list", "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["list"], ["show", "0" * 12], ["why", "0" * 12], ["report"], ["verify"]])
def test_an_environment_that_is_none_is_refused_by_every_command(words, capsys):
    assert main([*words, "--environment", "prod"]) == 2
    assert "environment: unknown. Allowed: default, dev, staging, blue, green." in capsys.readouterr().err


def test_an_unknown_flag_names_the_help_of_its_own_command(capsys):
    assert main(["list", "--zzz"]) == 2
    assert "See `ml-assets list --help`." in capsys.readouterr().err


def test_an_unknown_flag_is_told_once(capsys):
    assert main(["run", "--sed", "1", "--sed=2"]) == 2

    assert capsys.readouterr().err.count("--sed: unknown flag. Did you mean --seed?") == 1


@pytest.mark.kind("inputs larger than they look")
@pytest.mark.parametrize("word", ["--x{}", "--seed={}", "-{}", "x{}"])
def test_a_command_line_that_would_hold_a_core_for_long_is_refused_before_it_is_read(word, capsys):
    code = main(["run", *map(word.format, range(20_000))])

    assert code == 2
    assert "the command line: more than 1000 words. Write a --params file." in capsys.readouterr().err


@pytest.mark.kind("stores that answer badly")
@pytest.mark.parametrize("command", ["list", "verify"])
@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, lambda place: place.symlink_to("nowhere")])
def test_a_root_that_is_no_folder_is_not_told_as_an_empty_one(make, command, tmp_path, monkeypatch, capsys):
    make(tmp_path / "store")
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", "store")

    assert main([command]) == 1

    assert f"{tmp_path / 'store'}: a file stands where a folder is needed." in capsys.readouterr().err


def test_a_grid_that_is_none_is_refused(tmp_path, capsys):
    (tmp_path / "x.yaml").write_text("sweep: {grid: 5}")

    assert main(["sweep", "--params", str(tmp_path / "x.yaml")]) == 2
    assert "defect" not in capsys.readouterr().err


def test_a_home_that_cannot_be_made_is_named_and_is_no_defect(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "file" / "home"))

    assert main(["run", "--as-of", "2025-12-01", "--lookback-days", "60"]) == 1
    told = capsys.readouterr().err
    assert "defect" not in told
    assert str(tmp_path / "file") in told


@pytest.mark.kind("parameter files")
@pytest.mark.parametrize("value", ["1e-3", "0.001", "'0.001'", "1.0e-3"])
def test_an_axis_of_one_number_is_the_same_however_a_file_writes_it(value, capsys):
    Path("x.yaml").write_text(f"model_version: v2\nsweep: {{grid: {{learning_rate: {value}}}}}\n")

    words = ["sweep", "--plan", "--json", "--as-of", "2025-12-01"]
    assert main([*words, "--params", "x.yaml"]) == 0
    planned = capsys.readouterr().out
    assert main([*words, "--model-version", "v2", "--grid", "learning_rate=0.001"]) == 0

    assert planned == capsys.readouterr().out
