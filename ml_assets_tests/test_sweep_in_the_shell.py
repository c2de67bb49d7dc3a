"""`ml-assets sweep`: what it prints and stores, what it refuses, what its plan says, and what a kill leaves."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ml_assets.cli.main import main
from ml_assets.core.leaderboard.markdown import markdown
from ml_assets.core.run_id import run_id
from ml_assets.pipeline.leaderboard import load_leaderboard, load_summary
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.conftest import REPO, output_of

DAYS = [dt.date(2025, 8, 5), dt.date(2025, 8, 6)]
SPAN = ("--from", str(DAYS[0]), "--to", str(DAYS[1]))
SHARED = ("--source", "shop", "--lookback-days", "91", "--holdout-days", "10")
WORDS = ("sweep", "--grid", "C=0.1,0.5,1,2,5,10", *SPAN, *SHARED)
TRIALS = 6
GIVEN = {"source": "shop", "lookback_days": 91, "holdout_days": 10}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write_landing(
        tmp_path_factory.mktemp("shop"), rows_by_day=order_days(DAYS[0] - dt.timedelta(91), DAYS[1])
    )


@pytest.fixture
def settings(shop, monkeypatch):
    """The landing zone by its name; trials one after the other, in this process."""
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(shop))


@pytest.fixture(scope="module")
def calm(tmp_path_factory, shop):
    """A sweep that nothing disturbed, in a process of its own: its result, and its store."""
    place = tmp_path_factory.mktemp("calm")
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ML_ASSETS_")},
        "PYTHONPATH": str(REPO),
        "DAGSTER_HOME": str(place / "home"),
        "ML_ASSETS_SOURCES__SHOP": str(shop),
        "ML_ASSETS_ENVIRONMENTS__DEV__ROOT": str(place / "artifacts"),
        "ML_ASSETS_WORKERS": "2",
    }
    command = [sys.executable, "-m", "ml_assets.cli.main", *WORDS, "--json"]
    done = subprocess.run(command, env=env, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), ArtifactStore(str(place / "artifacts"))


@pytest.mark.slow
def test_the_result_is_the_leaderboard_and_where_it_is(calm):
    result, store = calm

    (key,) = store.keys("leaderboard")
    artifact = result["artifacts"]["leaderboard"]
    assert (result["run_id"], result["as_of"]) == (key.run_id, str(DAYS[1]))
    assert (artifact["uri"], artifact["sha256"]) == (store.uri(key), store.verify(key).sha256)
    assert result["leaderboard"] == load_leaderboard(key, store).document()
    assert [trial["rank"] for trial in result["leaderboard"]["trials"]] == [1, 2, 3, 4, 5, 6]
    assert {trial["run_id"] for trial in result["leaderboard"]["trials"]} == {
        run_id(TrainingParameters(**GIVEN, C=c), DAYS[1]) for c in (0.1, 0.5, 1, 2, 5, 10)
    }
    assert (
        result["summary"]
        == load_summary(key, store)
        == markdown(load_leaderboard(key, store), metrics=METRICS)
    )
    assert result["parameters"]["sweep"]["window_days"] == 2


def test_the_same_sweep_again_makes_nothing_and_prints_the_ranking(calm, settings, monkeypatch, capsys):
    result, store = calm
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", store.root)
    before = stamps(store)

    assert main([*WORDS]) == 0

    told = capsys.readouterr().out
    assert f"leaderboard of run_id {result['run_id']}: " in told
    assert all(trial["run_id"] in told for trial in result["leaderboard"]["trials"])
    assert {path for path, made in stamps(store).items() if before[path] != made} == {
        key.path for key in store.keys("leaderboard")
    }


def stamps(store):
    """When each artifact was made."""
    return {key.path: store.manifest(key).created_at for key in store.keys(None)}


SECRET = "AKIAIOSFODNN7EXAMPLE"
AXIS = ("--grid", "C=1,2")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "grid: no axis."),
        (["--grid", "max_dept=2,3"], "max_dept: unknown parameter. Did you mean max_depth?"),
        (
            ["--grid", "max_depth=2,3"],
            "used by model_version v1. Allowed: leave it out, or use v2. Impossible:",
        ),
        (["--grid", "C"], "--grid: not an axis."),
        ([*AXIS, *AXIS], "--grid: C is there twice."),
        (["--grid", "C=0.1..10"], "C: a range of numbers has no end of values in a grid."),
        (["--grid", f"C={SECRET}"], "C: looks like a credential."),
        (["--grid", f"{SECRET}=1,2"], "--grid: looks like a credential."),
        ([*AXIS, "--as-runs"], "--as-runs: only with --on."),
        ([*AXIS, "--last", "3", "--as-of", "2025-08-06"], "--as-of: not with --last, --from or --to"),
        (
            [*AXIS, "--engine", "ray://there:1"],
            "Allowed: nothing, for the processes of this machine, or dask://",
        ),
        ([*AXIS, "--engine", f"dask://me:{SECRET}@there:1"], "engine: "),
        ([*AXIS, "--plan", "--on", "http://127.0.0.1:1"], "--plan: not with --on."),
        ([*AXIS, "--search", "tpe", "--trials", "0"], "trials: too small."),
        ([*AXIS, "--source", "nowhere"], "source: unknown."),
    ],
)
def test_a_wrong_sweep_is_refused_and_creates_nothing(words, line, tmp_path, capsys):
    code = main(["sweep", *words])

    told = capsys.readouterr()
    assert (code, told.out) == (2, "")
    assert line in told.err
    assert SECRET not in told.err
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_wrong_is_told_at_once(tmp_path, shell):
    axes = ("--grid", "bogus=1", "--grid", "C=a,2", "--grid", "seed")
    wrong = ("--search", "best", "--dataset", "nothing", "--as-of", "2999-01-01", "--max-dept", "3")

    done = shell("sweep", *axes, *wrong)

    assert (done.returncode, done.stdout) == (2, "")
    head, *lines = done.stderr.splitlines()
    assert head == "Refused: 7 problems. Nothing was started."
    assert {line.split(":")[0] for line in lines} == {
        "bogus",
        "C",
        "--grid",
        "search",
        "dataset",
        "as_of",
        "--max-dept",
    }
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_loads_neither_dagster_nor_scikit_learn():
    program = (
        "import sys; from ml_assets.cli.main import main\n"
        "for words in (['--grid', 'max_depth=2,3'], ['--grid', 'bogus=1'], ['--grid', 'C=1,2', '--as-runs']):\n"
        "    print(main(['sweep', *words]), sorted({'dagster', 'sklearn', 'numpy', 'polars'} & set(sys.modules)))"
    )

    assert output_of(program) == "2 []\n" * 3


def planned(*words, capsys):
    assert main([*words, "--plan", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_file_states_a_sweep_and_flags_win(tmp_path, settings, capsys):
    Path("sweep.toml").write_text(
        'source = "shop"\nlookback_days = 91\nholdout_days = 10\nmodel_version = "v2"\nmax_iter = 10\n'
        '[sweep]\nsearch = "random"\ntrials = 3\n[sweep.grid]\nmax_depth = "1..9"\n'
    )
    words = ("sweep", "--params", "sweep.toml", "--as-of", str(DAYS[1]))

    by_file = planned(*words, capsys=capsys)["days"]
    by_flags = planned(*words, "--max-iter", "20", "--search", "grid", "--grid", "max_depth=4", capsys=capsys)

    assert len(by_file) == 3
    depths = {int(day["trial"].removeprefix("max_depth=")): day["run_id"] for day in by_file}
    v2 = TrainingParameters(**GIVEN, model_version="v2", max_iter=10)
    assert depths == {d: run_id(v2.model_copy(update={"max_depth": d}), DAYS[1]) for d in depths}
    (only,) = by_flags["days"]
    assert only["run_id"] == run_id(v2.model_copy(update={"max_depth": 4, "max_iter": 20}), DAYS[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("own", "known", "later"),
    [
        (("--search", "tpe", "--trials", "3"), 0, 3 * 2),
        (("--search", "halving", "--trials", "3", "--reduction", "2"), 3, 2),
    ],
)
@pytest.mark.usefixtures("settings")
def test_what_depends_on_results_is_counted_and_that_many_trials_follow(own, known, later, tmp_path, capsys):
    words = ("sweep", "--grid", "C=0.1..10 log", *own, *SPAN, *SHARED)

    before = planned(*words, capsys=capsys)
    assert (before["counts"]["new"], before["later"]) == (known, later)
    assert main([*words, "--plan"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert (
        f"{known} new, 0 stale, 0 reused, 0 invalid, at most {later} more that depend on results in dev"
        in told
    )
    assert list(tmp_path.iterdir()) == []
    assert main([*words, "--json"]) == 0
    capsys.readouterr()
    after = planned(*words, capsys=capsys)

    assert len(list(ArtifactStore("artifacts/dev").keys("evaluation"))) == known + later
    assert (after["counts"]["reused"], after["counts"]["new"], after["later"]) == (known, 0, later)


@pytest.mark.slow
@pytest.mark.usefixtures("settings")
def test_a_sweep_that_is_killed_goes_on_with_what_is_missing_and_has_the_same_bytes(
    calm, tmp_path, shell, start, capsys
):
    store = ArtifactStore(str(tmp_path / "artifacts/dev"))
    seen: dict[str, dt.datetime] = {}

    for moment in (1, 7, 20):  # artifacts that are there when the sweep is killed
        process = start(*WORDS)
        while len(list(store.keys(None))) < moment:
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert seen.items() <= stamps(store).items()
        seen = stamps(store)
    assert list(store.keys("leaderboard")) == []
    plan = planned(*WORDS, capsys=capsys)["counts"]
    last = shell(*WORDS, "--json")

    assert last.returncode == 0, last.stderr
    assert seen.items() <= stamps(store).items()
    assert plan == happened(store, by=json.loads(last.stdout)["dagster_run_id"])
    assert files(store) == files(calm[1])


def happened(store, *, by):
    """What a Dagster run did, in the words of a plan."""
    model, card = (
        {m.run_id: m.dagster_run_id == by for m in map(store.manifest, store.keys(a))} for a in OWN
    )
    assert len(card) == TRIALS * len(DAYS)
    return {
        "new": sum(model.values()),
        "stale": sum(card[run] and not model[run] for run in card),
        "reused": sum(not made for made in card.values()),
        "invalid": 0,
    }


OWN = ("model", "model_card")


def files(store):
    """Every file of every artifact, by its digest."""
    return {key.path: store.verify(key).files for key in store.keys(None)}
