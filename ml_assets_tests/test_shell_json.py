"""With `--json`, standard output of every command is one JSON document, whatever comes of it."""

import json

import pytest

from ml_assets.cli.commands import commands_of
from ml_assets.cli.main import main
from ml_assets.cli.table import TABLE
from ml_assets.pipelines.tabular.pipeline import tabular

COMMANDS = {command.name: command for command in (*TABLE, *commands_of(tabular))}
SCRIPTS = {"completion", "form", "runs", "ui"}  # what they give is a script, a page or a server
POSITIONALS = {"show": ["0" * 12], "why": ["0" * 12], "reproduce": ["0" * 12], "promote": ["0" * 12]}
POSITIONALS |= {"env diff": ["dev", "staging"], "compare": ["live", "idle"]}
DAY = ("--as-of", "2025-12-01")


def said(capsys, *words):
    code = main([*words, "--json"])
    told = capsys.readouterr()
    return code, json.loads(told.out), told.err


def test_every_command_that_prints_a_result_prints_it_as_json():
    for name, command in COMMANDS.items():
        flags = {item.word for item in command.options_for(tabular)}
        assert ("--json" in flags) is (name not in SCRIPTS), name


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in SCRIPTS])
def test_a_refusal_of_any_command_is_a_document_too(name, capsys):
    code, document, told = said(capsys, *name.split(), *POSITIONALS.get(name, []), "--nonsense", "1")

    assert code == 2
    assert document["refused"] is True
    assert any(line.startswith("--nonsense: unknown flag.") for line in document["problems"])
    assert "Nothing was started." in told


def test_a_line_that_cannot_be_read_is_a_document_too(capsys):
    for words in (["nonsense"], ["run", "--pipeline", "nowhere"], ["run", "--seed"], ["env"]):
        code, document, _ = said(capsys, *words)
        assert (code, document["refused"], len(document["problems"])) == (2, True, 1)


def test_a_failure_is_a_document_too(capsys):
    code, document, told = said(capsys, "show", "0" * 12)

    assert code == 1
    assert document == {"refused": False, "problems": [told.removeprefix("Failed: ").rstrip()]}


def test_the_problems_of_a_refusal_are_the_lines_that_people_read(capsys):
    _, document, told = said(capsys, "run", "--dataset", "bogus", "--as-of", "2999-01-01")

    assert document["problems"] == told.splitlines()[1:]
    assert len(document["problems"]) == 2


@pytest.mark.slow
def test_what_is_known_of_a_run_is_one_document_each(capsys):
    code, made, _ = said(capsys, "run", *DAY)
    assert code == 0
    documents = {
        name: said(capsys, *name.split(), *more)
        for name, more in {
            "backfill": ("--from", "2025-12-01", "--to", "2025-12-01"),
            **dict.fromkeys(("show", "why", "reproduce"), (made["run_id"],)),
            **dict.fromkeys(("list", "report", "verify", "live", "env list", "contract"), ()),
            "env diff": ("dev", "staging"),
            "promote": (made["run_id"], "--plan"),
        }.items()
    }

    assert {name: code for name, (code, _, _) in documents.items() if code} == {}
    assert documents["promote"][1]["verdict"] == "promoted"


def test_a_plan_over_its_budget_is_one_document_and_a_refusal(monkeypatch, capsys):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__BUDGET__RUNS", "1")

    code, document, told = said(capsys, "backfill", "--from", "2025-12-01", "--to", "2025-12-02", "--plan")

    assert (code, document["counts"]["new"]) == (2, 2)
    assert "budget" in told
