"""What a terminal of 80 columns shows: nothing is cut, and only what people copy is longer than a line."""

import re

import pytest

from ml_assets.terminal.wrapping import wrapped
from ml_assets_tests.terminal import COMMANDS, at_a_terminal, plain

pytestmark = pytest.mark.slow

DAYS = ("--from", "2025-12-01", "--to", "2025-12-02")
OF = ("--pipeline", "demand")
SAID = {
    "alone": (),
    "help": ("--help",),
    "run": ("run", "--as-of", "2025-12-01"),
    "backfill": ("backfill", *OF, *DAYS),
    "sweep": ("sweep", *OF, "--grid", "weeks=8..11", "--as-of", "2025-12-02"),
    "plan": ("backfill", *OF, *DAYS, "--plan", "--weeks", "20"),
    "refused": ("run", "--dataset", "bogus", "--model-version", "v2", "--max-depth", "99"),
    "report": ("report", *OF, *DAYS),
    "list": ("list",),
    "leaderboard": ("leaderboard", *OF),
    "env list": ("env", "list"),
    "env diff": ("env", "diff", "dev", "blue"),
    "verify": ("verify",),
    "contract": ("contract",),
    "live": ("live",),
}
RUNS = {
    "show": ("show",),
    "why": ("why",),
    "reproduce": ("reproduce",),
    "promotion plan": ("promote", "--plan"),
    "promote": ("promote", "--to", "blue"),
    "switched": ("switch", "--to", "blue"),
    "score": ("score", "--as-of", "2025-12-03", "--environment", "blue"),
    "monitor": ("monitor", "--as-of", "2025-12-03", "--environment", "blue"),
    "serves": ("live",),
}
WITHOUT_RUN_ID = ("switch", "score", "monitor", "live")
PIECE = re.compile(r"\S{60,}|(?<![\w/])ml-assets [a-z].*")  # a path, or a command to its end


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What each of these commands shows in a folder where they follow one another, and its exit code."""
    place = tmp_path_factory.mktemp("x")
    more = {"DAGSTER_HOME": str(place / "home"), "DAGSTER_DISABLE_TELEMETRY": "1"}
    found = {name: at_a_terminal(words, place, **more) for name, words in SAID.items()}
    run_id = re.search(r"run_id (\w{12})", plain(found["run"][1]))[1]
    for name, (command, *words) in RUNS.items():
        of_run = () if command in WITHOUT_RUN_ID else (run_id,)
        found[name] = at_a_terminal((command, *of_run, *words), place, **more)
    return found


def test_the_commands_that_are_looked_at_do_what_they_should(shown):
    codes = {name: code for name, (code, _) in shown.items() if code}

    assert codes == {"refused": 2}, {name: shown[name][1] for name in codes}


@pytest.mark.parametrize("name", [*SAID, *RUNS])
def test_only_a_path_or_a_command_is_longer_than_a_line(name, shown):
    for line in plain(shown[name][1]).split("\n"):
        assert len(line) <= 80 or PIECE.search(line), line


@pytest.mark.parametrize("name", [*SAID, *RUNS])
def test_nothing_is_cut(name, shown):
    assert "…" not in plain(shown[name][1]).replace("…\n", "")


def test_only_colours_that_a_theme_makes_readable_are_used(shown):
    for name, (_, told) in shown.items():
        codes = {code for found in re.findall(r"\x1b\[([\d;]*)m", told) for code in found.split(";")}
        assert codes <= {"", *map(str, [0, 1, 2, 3, *range(30, 38), *range(90, 98)])}, name


def test_no_colour_is_shown_to_who_wants_none(tmp_path):
    code, told = at_a_terminal(("verify",), tmp_path, NO_COLOR="1")

    codes = {code for found in re.findall(r"\x1b\[([\d;]*)m", told) for code in found.split(";")}
    assert code == 0
    assert codes <= {"", "0", "1", "2", "3"}


def test_a_bar_shows_how_much_is_done_and_the_time_that_is_left(shown):
    for name, total in {"run": 4, "backfill": 2, "sweep": 4, "report": 2, "reproduce": 4}.items():
        bars = COMMANDS.sub("", shown[name][1])
        assert re.search(rf"\d/{total} +[-\d:]+ left", bars), name


def test_a_pipe_gets_no_bar(tmp_path):
    import subprocess
    import sys

    from ml_assets_tests.conftest import REPO

    words = [sys.executable, "-m", "ml_assets.cli.main", "verify"]
    done = subprocess.run(words, env={"PYTHONPATH": str(REPO)}, cwd=tmp_path, capture_output=True, check=True)

    assert done.stderr == b""
    assert b"\x1b" not in done.stdout


WRAPPED = {
    "one two three four": "one two\nthree\nfour",
    "  one two": "  one\n  two",
    "a/very/long/path one": "a/very/long/path\none",
    "do it: ml-assets run --as-of 1": "do it:\nml-assets run --as-of 1",
    "`ml-assets list` tells": "`ml-assets list`\ntells",
    "ml-assets run --seed 1": "ml-assets run --seed 1",
    "  ml-assets run --seed 1": "  ml-assets run --seed 1",
    "one\ntwo": "one\ntwo",
}


@pytest.mark.kind("output", inputs=len(WRAPPED))
@pytest.mark.parametrize(("text", "lines"), WRAPPED.items())
def test_lines_end_between_words_and_never_in_a_path_or_a_command(text, lines):
    assert wrapped(text, 8) == lines
    assert wrapped(text, None) == text
