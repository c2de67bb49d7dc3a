"""Before much is made, somebody at a terminal is asked; nobody else ever is."""

import subprocess
import sys

import pytest

from ml_assets.cli.confirm import MOST_RUNS, is_long
from ml_assets.pipeline.plan import Plan, PlannedDay
from ml_assets_tests.conftest import bare
from ml_assets_tests.terminal import at_a_terminal, plain

ASK = "Go on? [y/N] "
DAY = "2025-12-{:02}"
LONG = ("backfill", "--pipeline", "demand", "--weeks", "8", "--from", "2025-11-01", "--to", "2025-11-21")
SHORT = ("backfill", "--pipeline", "demand", "--weeks", "8", "--from", "2025-12-01", "--to", "2025-12-02")
SWEEP = ("sweep", "--pipeline", "demand", "--as-of", "2025-12-01", "--grid", "weeks=8..28")


def planned(new, reused=0, seconds=None):
    days = [PlannedDay(as_of=None, run_id="", state="new") for _ in range(new)]
    days += [PlannedDay(as_of=None, run_id="", state="reused") for _ in range(reused)]
    return Plan(days=tuple(days), seconds_a_day=seconds, past_days=1)


def made(place):
    return sorted((place / "artifacts").rglob("manifest.json")) if (place / "artifacts").exists() else []


@pytest.mark.parametrize("answer", ["n\n", "\n", "yes?\n", "\x04"], ids=["n", "nothing", "neither", "end"])
def test_a_long_backfill_is_not_started_unless_somebody_says_yes(answer, tmp_path):
    code, told = at_a_terminal(LONG, tmp_path, typed=answer, after=ASK)

    assert code == 2
    assert "21 runs in dev: 21 to compute, for how long no past run tells; 0 stored already." in plain(told)
    assert plain(told).rstrip().endswith("Nothing was started.")
    assert list(tmp_path.iterdir()) == []


def test_a_long_sweep_is_asked_for_too(tmp_path):
    code, told = at_a_terminal(SWEEP, tmp_path, typed="no\n", after=ASK)

    assert (code, made(tmp_path)) == (2, [])
    assert "21 runs in dev: 21 to compute" in plain(told)


@pytest.mark.slow
def test_yes_starts_it_and_what_is_stored_is_counted_and_not_asked_for_again(tmp_path):
    place = {"DAGSTER_HOME": str(tmp_path / "home")}

    code, told = at_a_terminal(LONG, tmp_path, typed="y\n", after=ASK, **place)
    again = at_a_terminal(LONG, tmp_path, **place)

    assert code == 0, told
    assert "21 days done, 0 failed" in plain(told)
    assert "/21" in told  # the bar counts days
    assert again[0] == 0
    assert ASK not in again[1]


@pytest.mark.slow
def test_little_is_not_asked_for(tmp_path):
    code, told = at_a_terminal(SHORT, tmp_path, DAGSTER_HOME=str(tmp_path / "home"))

    assert (code, ASK in told) == (0, False)
    assert "2 days done" in plain(told)


QUIET = {
    "yes": ([*LONG, "--yes"], {}),
    "json": ([*LONG, "--json"], {}),
    "ci": ([*LONG], {"CI": "true"}),
}


@pytest.mark.parametrize(("words", "more"), QUIET.values(), ids=QUIET)
def test_who_said_yes_already_or_is_a_program_is_not_asked(words, more, tmp_path):
    over = {"ML_ASSETS_ENVIRONMENTS__DEV__BUDGET__RUNS": "1"}  # which ends it before it begins

    code, told = at_a_terminal(words, tmp_path, **more, **over)

    assert (code, ASK in told) == (2, False)
    assert "budget" in told


def test_a_pipe_is_never_asked(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "ml_assets.cli.main", *LONG],
        env=bare(ML_ASSETS_ENVIRONMENTS__DEV__BUDGET__RUNS="1"),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "budget" in done.stderr


def test_long_is_more_than_twenty_runs_or_more_than_two_minutes():
    assert [is_long(planned(MOST_RUNS + more, reused=90)) for more in (0, 1)] == [False, True]
    assert [is_long(planned(2, seconds=seconds)) for seconds in (60.0, 61.0)] == [False, True]
    assert not is_long(planned(0, reused=900, seconds=900.0))
