"""Many days: in one process or several, whole or interrupted, each day stands for itself and the bytes are the same."""

import datetime as dt
import json
import os
import signal
import time
from dataclasses import replace

import polars as pl
import pytest

from ml_assets.cli.main import main
from ml_assets.errors import RefusedError, TrainingError
from ml_assets.pipeline.days import attempts, workers_for
from ml_assets.pipeline.run import make, resolve
from ml_assets.pipeline.trials import workers_for_trials
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular, training, training_set
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.builders import land, order_day, write_landing
from ml_assets_tests.keys import key_of

LAST = dt.date(2025, 8, 20)
DAYS = [LAST - dt.timedelta(days=n) for n in range(3, -1, -1)]
PARAMETERS = TrainingParameters(source="shop", lookback_days=101, holdout_days=10)


@pytest.fixture
def shop(tmp_path):
    return write_landing(tmp_path / "shop")


@pytest.fixture
def workspace(tmp_path, shop):
    return Workspace(
        pipeline=tabular,
        store=ArtifactStore(str(tmp_path / "store")),
        environment="dev",
        sources={"shop": str(shop)},
    )


def run(workspace, *, workers=1, days=DAYS, assets=None):
    found = attempts(PARAMETERS, days, workspace=workspace, workers=workers, assets=assets)
    return sorted(found, key=lambda attempt: attempt.as_of)


def digests(store):
    return {key.path: store.verify(key).sha256 for key in store.keys(None)}


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """What one process makes of the days."""
    place = tmp_path_factory.mktemp("calm")
    store = ArtifactStore(str(place / "store"))
    sources = {"shop": str(write_landing(place / "shop"))}
    done = run(Workspace(pipeline=tabular, store=store, environment="dev", sources=sources))
    assert [attempt.error for attempt in done] == [None] * len(DAYS)
    return digests(store)


@pytest.mark.parametrize("assets", [["modle"], ["model", "modle"], "model", "model_card", [], ""])
def test_assets_that_are_not_in_the_catalog_are_refused_before_anything_is_made(tmp_path, assets):
    sound = resolve(tabular, {"lookback_days": 120}, as_of="2025-08-20")

    with pytest.raises(RefusedError) as caught:
        make(sound, assets)

    assert list(caught.value.problems) == [
        "assets: not a list of known assets. Allowed: some of training_set, model, evaluation, model_card."
    ]
    assert list(tmp_path.iterdir()) == []


def test_plain_python_makes_the_run_that_it_resolved(capsys):
    sound = resolve(tabular, {"lookback_days": 120, "C": 2.0}, as_of="2025-08-20")

    made = make(sound)

    assert list(made) == list(tabular.assets)
    assert {made[asset].key.run_id for asset in ("model", "evaluation", "model_card")} == {sound.run_id}
    assert made["model"].manifest.given == ("C", "lookback_days")
    assert main(["show", sound.run_id, "--json"]) == 0
    assert {item["run_id"] for item in json.loads(capsys.readouterr().out)} == {sound.run_id}


def test_plain_python_is_refused_with_every_problem_and_no_value():
    with pytest.raises(RefusedError) as caught:
        resolve(tabular, {"lookback_days": 1}, as_of="password=hunter2")

    assert [line.split(":")[0] for line in caught.value.problems] == ["lookback_days", "as_of"]
    assert "hunter2" not in str(caught.value)


def test_a_manifest_tells_of_its_own_slice_what_was_given_and_what_it_was_made_of(workspace):
    given = replace(workspace, given=("holdout_days", "seed"), dagster_run_id="dagster")
    (attempt,) = run(given, days=[LAST], assets=("training_set", "model"))
    table, model, *_ = (made.manifest for made in attempt.made)

    assert (table.given, model.given) == (("holdout_days",), ("holdout_days", "seed"))
    assert [used.sha256 for used in model.artifacts] == [table.sha256]
    assert (len(table.sources), len(model.sources)) == (1, 0)
    assert table.created_at <= model.started_at <= model.created_at


@pytest.mark.slow
def test_several_processes_make_the_same_bytes_as_one(tmp_path, workspace, calm):
    elsewhere = replace(workspace, store=ArtifactStore("relative/to/here"))

    shared = run(elsewhere, workers=2)

    assert [attempt.error for attempt in shared] == [None] * len(DAYS)
    assert digests(elsewhere.store) == calm
    assert len(calm) == 4 * len(DAYS)
    assert (tmp_path / "relative/to/here").is_dir()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_neither_a_day_that_cannot_be_read_nor_one_with_an_error_of_someone_else_stops_or_hides_the_others(
    workspace, shop, tmp_path, workers
):
    broken = land(shop, LAST, b"PAR1 cut short")
    in_the_way = tmp_path / "store" / key_of("model", PARAMETERS, DAYS[1]).path
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("a file where a folder should be")

    done = run(workspace, workers=workers)

    assert [len(attempt.made) for attempt in done if attempt.error is None] == [4, 4]
    assert [attempt.error is None for attempt in done] == [True, False, True, False]
    assert str(in_the_way.parent) in str(done[1].error)
    assert str(broken) in str(done[3].error)
    assert done[3].made == ()
    in_the_way.unlink()
    land(shop, LAST, order_day(LAST))
    again = run(workspace)
    assert [[made.key.asset for made in attempt.made if not made.reused] for attempt in again] == [
        [],
        ["model", "evaluation", "model_card"],
        [],
        list(tabular.assets),
    ]


def test_a_defect_in_one_day_is_told_with_its_trace(workspace, monkeypatch):
    real, calls = training.fit, []

    def defective(table, **given):
        calls.append(table.height)
        return 1 / 0 if len(calls) == 2 else real(table, **given)

    monkeypatch.setattr(training, "fit", defective)

    done = run(workspace, assets=("training_set", "model"))

    assert [attempt.error is None for attempt in done] == [True, False, True, True]
    assert str(done[1].error).startswith(
        f"model of {DAYS[1]} failed: ZeroDivisionError: division by zero (ml_assets.pipelines.tabular.pipeline, line "
    )
    assert "defective" in done[1].trace
    calls[:] = calls[:1]
    (alone,) = run(workspace, days=[DAYS[1]])
    assert str(alone.error) == str(done[1].error)


def test_a_panic_of_polars_is_the_outcome_of_its_day_alone(workspace, monkeypatch):
    real = training_set.training_set

    def panicking(rows, *, as_of, **given):
        if as_of == DAYS[1]:
            raise pl.exceptions.PanicException("index out of bounds")
        return real(rows, as_of=as_of, **given)

    monkeypatch.setattr(training_set, "training_set", panicking)

    done = run(workspace, days=DAYS[:3], assets=("training_set",))

    assert [attempt.error is None for attempt in done] == [True, False, True]
    assert "PanicException: index out of bounds" in str(done[1].error)
    assert "panicking" in done[1].trace


def die_on(day):
    """A clock that ends its process without a word when the day's model is due."""
    state = {"calls": 0}

    def now():
        state["calls"] += 1
        if state["calls"] > 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return dt.datetime.now(tz=dt.timezone.utc)

    return now


@pytest.mark.slow
def test_days_that_each_end_their_process_are_errors_and_can_be_made_again(workspace):
    done = run(replace(workspace, now=die_on(DAYS[0])), workers=2, days=DAYS[:2])

    assert [attempt.as_of for attempt in done] == DAYS[:2]
    assert all(isinstance(attempt.error, TrainingError) for attempt in done)
    assert "Run it again where there is more memory." in str(done[0].error)
    assert all(attempt.error is None for attempt in run(workspace, days=DAYS[:2]))


def test_processes_are_started_only_for_days_that_must_be_made(workspace):
    assert workers_for(PARAMETERS, DAYS[:1], workspace=workspace) == 1
    assert workers_for(PARAMETERS, DAYS, workspace=replace(workspace, workers=3)) == 3
    assert workers_for(PARAMETERS, DAYS, workspace=replace(workspace, workers=100)) == 4
    run(workspace, days=DAYS[1:], assets=("training_set", "model"))
    assert workers_for(PARAMETERS, DAYS, workspace=replace(workspace, workers=3)) == 1
    assert workers_for(PARAMETERS, DAYS, workspace=replace(workspace, workers=3, reuse=False)) == 3


@pytest.mark.parametrize(("workers", "looks"), [(1, 0), (2, 2)])
def test_choosing_the_number_of_processes_reads_no_more_manifests_than_it_takes(
    workspace, monkeypatch, workers, looks
):
    chosen, real, looked = replace(workspace, workers=workers), ArtifactStore.find, []
    monkeypatch.setattr(ArtifactStore, "find", lambda store, key: looked.append(key) or real(store, key))

    assert workers_for(PARAMETERS, DAYS, workspace=chosen) == workers
    assert len(looked) == looks
    assert workers_for_trials(dict.fromkeys(DAYS, [PARAMETERS] * 10), chosen) == workers
    assert len(looked) == 2 * looks


WORDS = ("backfill", "--source", "shop", "--lookback-days", 101, "--holdout-days", 10)
SPAN = ("--from", DAYS[0], "--to", DAYS[-1])


@pytest.mark.usefixtures("ready_home")
def test_the_shell_tells_which_day_failed_and_one_reason_once_where_all_did(shop, monkeypatch, capsys):
    def shell(first):
        return main([*map(str, WORDS), "--from", str(first), "--to", str(LAST)]), capsys.readouterr()

    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(shop))
    (file,) = (shop / "orders").rglob(f"*{LAST}*/*.parquet")
    file.write_bytes(b"rotten")

    one, all_ = shell(DAYS[-2]), shell(LAST)

    assert (one[0], all_[0]) == (1, 1)
    told = " ".join(one[1].out.split())
    assert "1 of 2 days" in told
    assert f"Try again: ml-assets run --dataset orders --as-of {LAST} --source shop" in told
    assert "Failed: " in [line[:8] for line in all_[1].err.splitlines()]
    assert str(file) in all_[1].err


@pytest.mark.slow
@pytest.mark.usefixtures("ready_home")
def test_killed_at_four_moments_a_backfill_ends_with_the_same_bytes(tmp_path, shop, shell, start, calm):
    env = {"ML_ASSETS_SOURCES__SHOP": str(shop), "ML_ASSETS_WORKERS": "2"}
    store = ArtifactStore(str(tmp_path / "artifacts/dev"))
    seen: set[str] = set()

    for moment in range(4):
        process = start(*WORDS, *SPAN, env=env)
        time.sleep(0.8 + 1.2 * moment)
        # every other time the workers outlive the process that started them
        os.killpg(process.pid, signal.SIGKILL) if moment % 2 else os.kill(process.pid, signal.SIGKILL)
        process.wait()
        now = set(digests(store))  # whatever can be seen is whole
        assert seen <= now
        seen = now

    last = shell(*WORDS, *SPAN, env={**env, "ML_ASSETS_WORKERS": "1"})
    assert last.returncode == 0, last.stderr
    assert digests(store) == calm
