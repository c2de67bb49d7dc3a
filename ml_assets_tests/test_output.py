"""What a command prints: on any terminal, in any folder, into anything that takes it or does not."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys

import pytest

from ml_assets.core.foreign_text import visible
from ml_assets_tests.conftest import REPO

RUN = ("run", "--as-of", "2025-12-01")
ASCII = {
    "io": {"PYTHONIOENCODING": "ascii"},
    "strict": {"PYTHONIOENCODING": "ascii:strict"},
    "posix": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
FULL = "Failed: the output could not be written: No space left on device.\n"


def words_of(*words):
    return [sys.executable, "-m", "ml_assets.cli.main", *words]


def environ(**more):
    return {**os.environ, "PYTHONPATH": str(REPO), **more}


def by_shell(line, place, **more):
    """A line of `sh`, in which `$M` is `ml-assets`; its exit code, and what came on both ways."""
    done = subprocess.run(
        ["sh", "-c", line],
        env=environ(M=" ".join(words_of()), **more),
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def on_a_terminal(words, place, **more):
    """What a terminal of 80 columns gets of a command."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        words_of(*words), env=environ(TERM="xterm", COLUMNS="80", **more), cwd=place, stdout=its, stderr=its
    ) as process:
        os.close(its)
        told = b""
        with contextlib.suppress(OSError):  # that is how Linux tells the end
            while True:
                told += os.read(ours, 65536)
    os.close(ours)
    return process.returncode, told


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder whose name is not ASCII, in which a run was made."""
    place = tmp_path_factory.mktemp("x") / "días ü"
    place.mkdir()
    home = {"DAGSTER_HOME": str(place / "home"), "DAGSTER_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(words_of(*RUN, "--json"), env=environ(**home), cwd=place, check=False)
    assert done.returncode == 0
    return place


@pytest.mark.slow
@pytest.mark.kind("output", inputs=len(ASCII))
@pytest.mark.parametrize("more", ASCII.values(), ids=ASCII)
def test_a_run_in_a_folder_that_an_ascii_terminal_cannot_name_succeeds(more, trained):
    code, told = on_a_terminal(RUN, trained, DAGSTER_HOME=str(trained / "home"), **more)

    assert code == 0, told
    assert told.isascii()
    assert b"/d\\x" in told or b"/d\\udc" in told
    assert b"u280b" not in told  # of a spinner whose frames are no ASCII


@pytest.mark.slow
@pytest.mark.kind("output", inputs=len(ASCII) * 3)
@pytest.mark.parametrize("more", ASCII.values(), ids=ASCII)
def test_an_ascii_terminal_gets_what_is_stored_in_any_folder(more, trained):
    run_id = json.loads(subprocess.check_output(words_of("list", "--json"), env=environ(), cwd=trained))
    for words in (["list"], ["show", run_id[0]["run_id"]], ["verify"]):
        done = subprocess.run(
            words_of(*words), env=environ(**more), cwd=trained, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.isascii()


@pytest.mark.slow
@pytest.mark.kind("output")
def test_a_progress_bar_on_an_ascii_terminal_is_ascii(tmp_path):
    words = ("sweep", "--grid", "C=1,2", "--as-of", "2025-12-01")

    code, told = on_a_terminal(words, tmp_path, **ASCII["posix"])

    assert code == 0, told
    assert told.isascii()


UNREAD = ("$M --help", "$M list", "$M list --json", "$M nonsense 2>&1", "$M env list")


@pytest.mark.kind("output", inputs=len(UNREAD))
@pytest.mark.parametrize("line", UNREAD)
def test_a_command_whose_output_nobody_reads_ends_quietly(line, trained):
    code, _, told = by_shell(f"({line}; echo $? >&3) 3>&1 >/dev/null | true", trained)
    assert (code, told) == (0, "")

    _, code, told = by_shell(
        f"{{ ({line}; echo $? >&3) | sleep 0; }} 3>&1 | cat", trained, PYTHONUNBUFFERED=""
    )

    assert told == ""
    assert int(code) in (0, 2, 141)


@pytest.mark.kind("output")
def test_a_pipe_without_a_reader_ends_a_command_as_any_other(trained):
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        words_of("list"), env=environ(), cwd=trained, stdout=writer, stderr=subprocess.PIPE, check=False
    )

    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


CLOSED = {
    "$M list >/dev/full": (1, "", FULL),
    "$M list --json >/dev/full": (1, "", FULL),
    "$M --version >/dev/full": (1, "", FULL),
    "$M list >&-": (0, "", ""),
    "$M list >&- 2>&-": (0, "", ""),
    "$M nonsense 2>&-": (2, "", ""),
    "$M nonsense 2>/dev/full": (2, "", ""),
    "$M nonsense <&- >&- 2>&-": (2, "", ""),
}


@pytest.mark.kind("output", inputs=len(CLOSED))
@pytest.mark.parametrize(("line", "told"), CLOSED.items())
def test_output_that_cannot_be_written_is_told_where_somebody_can_read_it(line, told, trained):
    assert by_shell(line, trained) == told


@pytest.mark.slow
@pytest.mark.kind("output")
def test_a_run_whose_progress_nobody_reads_succeeds(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        words_of(*RUN), env=environ(), cwd=tmp_path, stderr=writer, stdout=subprocess.PIPE, check=False
    )

    os.close(writer)
    assert done.returncode == 0
    assert b"run_id" in done.stdout


STYLE = re.compile(r"\r?\x1b\[(?:[\d;]*m|\?25[lh]|2K|1A)")  # those of the bar and of the table itself
NAMES = (
    "\x1b[2J",
    "\x1b]0;title\x07",
    "a\rb",
    "\u202etxt",
    "[red]x",
    "[bold]",
    os.fsdecode(b"\xff"),
)


@pytest.mark.kind("output", inputs=len(NAMES) * 2)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_the_store_gives_a_terminal_no_command(name, tmp_path):
    folder = tmp_path / "artifacts" / "dev" / "evaluation"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"")

    code, told = on_a_terminal(["verify"], tmp_path, NO_COLOR="1")
    piped = subprocess.run(
        words_of("verify"), env=environ(), cwd=tmp_path, capture_output=True, check=False
    ).stdout

    assert code == 0
    for text in (STYLE.sub("", told.decode().replace("\r\n", "\n")), piped.decode()):
        assert text.replace("\n", "").isprintable()
        assert visible(name) in text
