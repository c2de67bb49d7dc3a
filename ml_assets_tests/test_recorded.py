"""Recorded answers: kept whatever becomes of code and packages, asked anew by name, taken as they are to reproduce."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ml_assets.cli.main import main
from ml_assets.errors import RefusedError
from ml_assets.pipeline.plan import plan_day
from ml_assets.pipeline.reproduce import reproduce
from ml_assets.pipeline.why import why
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.settings import load_settings
from ml_assets_tests.shared_pipelines import load

DAY = dt.date(2025, 12, 1)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ML_ASSETS_RESOURCES__ORACLE__TOKEN", "words")
    return load(tmp_path, monkeypatch)


def make(shop, **given):
    shop.CALLS.clear()
    return shop.advice.make(shop.advice.resolve({}, as_of=DAY), **given)


def workspace(shop):
    return open_workspace(load_settings(), pipeline=shop.advice)


def edited(tmp_path):
    (tmp_path / "prompts" / "short.md").write_text("Tell.\n")


def test_code_that_changed_asks_nobody_anew_and_says_so(shop, tmp_path, monkeypatch):
    make(shop)
    edited(tmp_path)
    monkeypatch.delenv("ML_ASSETS_RESOURCES__ORACLE__TOKEN")  # nobody is asked, so no settings are needed

    made = make(shop)

    assert shop.CALLS == []
    assert made["answers"].reason == "recorded, kept though code changed: prompts/short.md"
    assert made["score"].reason == "nothing changed"


def test_inputs_that_changed_ask_anew(shop, tmp_path, monkeypatch):
    make(shop)
    text = (tmp_path / "shop_advice.py").read_text().replace("day.toordinal() % 7", "day.toordinal() % 5 + 9")
    late = load(tmp_path, monkeypatch, source=text)

    made = make(late)

    assert late.CALLS == ["history", "answers", "score"]
    assert made["answers"].reason == "input history changed"


def test_reuse_off_keeps_it_and_makes_all_else_again(shop):
    run = make(shop)["score"]
    off = replace(workspace(shop), reuse=False)

    assert [off.reuses(shop.advice.assets[name]) for name in ("answers", "score")] == [True, False]
    assert run.key.asset == "score"


def test_named_it_is_asked_anew_and_the_old_one_is_kept(shop, tmp_path):
    before = make(shop)["answers"]
    edited(tmp_path)

    made = make(shop, again=["answers"])

    assert made["answers"].value == ["Tell. 1 0", "Tell. 1 1"]
    assert (made["answers"].reason, made["score"].reason) == (
        "named to be made again",
        "input answers changed",
    )
    store = workspace(shop).store
    kept = [manifest.sha256 for manifest in store.history(before.key)]
    assert kept == [before.sha256, made["answers"].sha256]
    assert store.read_file(before.key, before.manifest.main) == b'["Say. 1 0","Say. 1 1"]'


def test_a_name_that_is_no_asset_is_refused(shop):
    with pytest.raises(
        RefusedError, match=r"again: not all are known assets\. Allowed: some of answers, score\."
    ):
        make(shop, again=["history"])


def test_a_plan_says_what_is_kept(shop, tmp_path):
    make(shop)
    edited(tmp_path)

    planned = plan_day(shop.Asked(), DAY, workspace=workspace(shop))

    assert planned.state == "reused"
    assert planned.why == ("answers: recorded, kept though code changed: prompts/short.md",)


def test_a_plan_asks_no_service(shop):
    planned = plan_day(shop.Asked(), DAY, workspace=workspace(shop))

    assert (planned.state, shop.CALLS, shop.EVENTS) == ("new", [], [])


def test_to_reproduce_takes_its_bytes_and_says_so(shop, tmp_path):
    made = make(shop)
    edited(tmp_path)
    shop.CALLS.clear()

    found = reproduce([item.key for item in made.values()], workspace=workspace(shop))

    assert [(item.key.asset, item.same, item.reason) for item in found] == [
        ("answers", True, "recorded, not made again"),
        ("score", True, ""),
    ]
    assert shop.CALLS == ["score"]


def test_to_reproduce_takes_the_very_answers_that_were_used(shop, tmp_path):
    made = make(shop)
    edited(tmp_path)
    run = shop.advice.resolve({}, as_of=DAY)
    shop.advice.make(run, ["answers"], again=["answers"])

    found = reproduce([made["score"].key], workspace=workspace(shop))

    assert [(item.key.asset, item.same) for item in found if item.key.asset == "score"] == [("score", True)]


def test_why_says_that_it_was_asked_by_name_and_which_file_changed(shop, tmp_path):
    make(shop)
    edited(tmp_path)
    made = make(shop, again=["answers"])

    told = why(workspace(shop).store, made["answers"].key, pipeline=shop.advice)

    assert told.reason == "asked anew by name, for it is recorded: the earlier one is in its history"
    assert told.notes == (
        "recorded: code and packages do not make it again, only inputs, or whoever asks for it by name",
    )
    assert [(item.what, item.name) for item in told.differences] == [
        ("code", "code"),
        ("code", "prompts/short.md"),
    ]


@pytest.fixture
def command(shop, capsys):
    """Run a command about the pipeline in this process, and give the SHA-256 of what it made, by asset."""

    def call(*words):
        capsys.readouterr()
        shop.CALLS.clear()
        assert main([*words, "--pipeline", "shop_advice:advice", "--as-of", str(DAY), "--json"]) == 0
        made = json.loads(capsys.readouterr().out)["artifacts"]
        return {asset: artifact["sha256"] for asset, artifact in made.items()}

    return call


@pytest.mark.slow
def test_the_shell_asks_anew_what_it_is_told_by_name_only(shop, command, tmp_path):
    shop.stock.make(shop.stock.resolve({}, as_of=DAY))
    first = command("run")
    assert shop.CALLS == ["answers", "score"]
    edited(tmp_path)

    assert command("run", "--no-reuse") == first
    assert shop.CALLS == ["score"]

    anew = command("run", "--no-reuse", "--asset", "answers")
    assert shop.CALLS == ["answers", "score"]
    assert anew["answers"] != first["answers"]
    key = shop.advice.key("answers", shop.Asked(), DAY)
    kept = [manifest.sha256 for manifest in workspace(shop).store.history(key)]
    assert kept == [first["answers"], anew["answers"]]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--no-reuse", "--asset", "answers,talk"),
            "--asset: not all are known assets. Allowed: some of answers, score.",
        ),
        (
            ("--no-reuse", "--asset", "answers,"),
            "--asset: not all are known assets. Allowed: some of answers, score.",
        ),
        (("--asset", "answers"), "--asset: only with --no-reuse. It names what is made again."),
    ],
)
@pytest.mark.parametrize(
    "of", [("run",), ("backfill", "--last", "2"), ("run", "--on", "http://127.0.0.1:9"), ("run", "--plan")]
)
def test_the_shell_refuses_to_make_again_what_is_none_of_it(shop, words, says, of, capsys):
    assert main([*of, *words, "--pipeline", "shop_advice:advice"]) == 2

    assert says in capsys.readouterr().err
    assert shop.CALLS == []
    assert not Path("artifacts").exists()
