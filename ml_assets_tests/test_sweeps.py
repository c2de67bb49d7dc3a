"""Sweeps as whole runs: a trial is a run, a failure has its reason, and equal sweeps have equal leaderboards."""

import contextlib
import datetime as dt
import shutil
from collections import Counter
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from ml_assets.adapter.refusal import LaunchRefusedError
from ml_assets.core.leaderboard import text as words
from ml_assets.core.result import run_config
from ml_assets.core.run_id import run_id
from ml_assets.core.slices import trial_assets
from ml_assets.definitions import defs
from ml_assets.errors import CorruptArtifactError, TrainingError
from ml_assets.pipeline import trials
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.failed_trials import remembered
from ml_assets.pipeline.leaderboard import leaderboard_draft, leaderboard_key, load_leaderboard, load_summary
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular, training
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.beside import check_sweep
from ml_assets_tests.builders import land, order_day, order_days, write_landing
from ml_assets_tests.scenario import failure_of, materializations, train, train_days

DAY = dt.date(2025, 8, 6)
DAYS = [DAY - dt.timedelta(days=n) for n in range(5, -1, -1)]
GIVEN = {"source": "shop", "lookback_days": 91, "holdout_days": 10}
PARAMETERS = TrainingParameters(**GIVEN)
TWO = {"grid": {"C": "0.1,1"}, "window_days": 2}
SHORT = {"source": "shop", "lookback_days": 71, "holdout_days": 10}  # a single day to train on
TOO_FEW = "returned_30d: the training rows have 3 of one class, and calibrate needs 5."
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


def launch(own, *, given=GIVEN, instance=None, day=DAY, tags=None, **options):
    """The job `sweep` in this process."""
    return defs.resolve_job_def("sweep").execute_in_process(
        run_config=run_config(given, own={"leaderboard": own}, **options) | {"loggers": QUIET},
        partition_key=None if tags else str(day),
        tags=tags,
        instance=instance or dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def events(result):
    """Every materialization of a run; a trial's have the same asset and day as those of the other trials."""
    return [e.step_materialization_data.materialization for e in result.get_asset_materialization_events()]


def use(patch, zone, store):
    """Settings: where rows are and where artifacts go; one process, so that order and counts are certain."""
    patch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
    patch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", store.root)


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    return write_landing(
        tmp_path_factory.mktemp("zone"), rows_by_day=order_days(DAYS[0] - dt.timedelta(91), DAY)
    )


@pytest.fixture
def store(tmp_path, zone, monkeypatch):
    """An empty store, and the settings that name it."""
    found = ArtifactStore(str(tmp_path / "artifacts"))
    use(monkeypatch, zone, found)
    return found


@pytest.fixture(scope="module")
def first(tmp_path_factory, zone):
    """Two trials on two days."""
    found = ArtifactStore(str(tmp_path_factory.mktemp("swept")))
    with pytest.MonkeyPatch.context() as patch:
        use(patch, zone, found)
        result = launch(TWO)
    assert result.success, failure_of(result)
    return found, events(result)


@pytest.fixture
def swept(first, zone, monkeypatch):
    """The store that two trials on two days have left, and their events."""
    use(monkeypatch, zone, first[0])
    return first


@pytest.fixture
def board(swept):
    return load_leaderboard(leaderboard_key(PARAMETERS, check_sweep(TWO), DAY, pipeline=tabular), swept[0])


@pytest.mark.slow
def test_a_trial_is_a_run_which_train_reuses(swept):
    _, made = swept

    again = train_days(str(DAYS[-2]), str(DAY), **GIVEN, C=0.1)

    assert again.success, failure_of(again)
    told = {event.metadata["sha256"].value for event in made}
    assert len(materializations(again)) == 2 * len(tabular.assets)
    for event in materializations(again).values():
        assert event.metadata["reused"].value
        assert event.metadata["sha256"].value in told


@pytest.mark.slow
def test_a_run_is_a_trial_which_a_sweep_reuses(store):
    alone = train(str(DAY), **GIVEN, C=5.0)
    before = {event.metadata["sha256"].value for event in materializations(alone).values()}

    result = launch({"grid": {"C": "5,7"}})

    reused = [event for event in events(result) if event.metadata["reused"].value]
    assert sorted(event.asset_key.to_user_string() for event in reused) == sorted(tabular.assets)
    assert {event.metadata["sha256"].value for event in reused} == before


def test_a_training_set_is_made_once_a_day_and_each_trial_has_the_other_three(swept):
    store, made = swept

    assert Counter(event.asset_key.to_user_string() for event in made) == {
        "training_set": 2,
        "model": 4,
        "evaluation": 4,
        "model_card": 4,
        "leaderboard": 1,
    }
    assert [len(store.history(key)) for key in store.keys("training_set")] == [1, 1]


def test_each_artifact_of_a_trial_is_a_materialization_that_tells_its_run(swept):
    _, made = swept

    names = {run_id(PARAMETERS.model_copy(update={"C": c}), day) for c in (0.1, 1.0) for day in DAYS[-2:]}
    assert {e.metadata["run_id"].value for e in made if e.asset_key.to_user_string() == "model"} == names
    for event in made:
        run = event.metadata["run_id"].value
        assert event.metadata["path"].value.endswith(f"/as_of={event.partition}/run={run}")
        assert event.tags["dagster/data_version"].startswith(f"{run}-")
        assert not event.metadata["reused"].value


def test_the_leaderboard_has_each_trial_on_each_day(board):
    assert board.days == tuple(DAYS[-2:])
    assert sorted(trial.values["C"] for trial in board.trials) == [0.1, 1.0]
    assert all(list(trial.by_day) == DAYS[-2:] for trial in board.trials)
    assert all(trial.complete for trial in board.trials)


def test_the_numbers_of_the_leaderboard_are_those_of_the_evaluations(swept, board):
    store, _ = swept
    key = leaderboard_key(PARAMETERS, check_sweep(TWO), DAY, pipeline=tabular)

    values = {e.run_id: e.metrics["roc_auc"] for e in map(store.manifest, store.keys("evaluation"))}
    for trial in board.trials:
        told = trial.by_day[DAY]
        assert told == pytest.approx(values[run_id(TrainingParameters(**GIVEN, **trial.values), DAY)])
    assert {(a.asset, a.run_id) for a in store.manifest(key).artifacts} == {("evaluation", r) for r in values}


def test_the_page_of_the_leaderboard_shows_ranking_text_pictures_and_parameters(swept, board):
    told = swept[1][-1].metadata

    ranking = [record.data for record in told["ranking"].records]
    assert [row["run_id"] for row in ranking] == [trial.run_id for trial in board.trials]
    assert [row["rank"].split()[0] for row in ranking] == ["1", "2"]
    assert told["summary"].value.startswith("# ")
    pictures = [name for name, entry in told.items() if "data:image/png;base64," in str(entry.value)]
    assert pictures
    rows = {r.data["parameter"]: (r.data["value"], r.data["origin"]) for r in told["parameters"].records}
    assert rows["grid.C"] == ("0.1,1.0", "given")
    assert rows["window_days"] == ("2", "given")
    assert rows["lookback_days"] == ("91", "given")
    assert "C" not in rows
    assert told["best_run_id"].value == board.trials[0].run_id


def test_without_an_axis_the_leaderboard_is_of_the_one_trial(swept):
    result = launch({})

    (only,) = load_leaderboard(
        leaderboard_key(PARAMETERS, check_sweep({}), DAY, pipeline=tabular), swept[0]
    ).trials
    assert result.success, failure_of(result)
    assert (only.run_id, only.values) == (run_id(PARAMETERS, DAY), {})
    assert all(e.metadata["reused"].value for e in events(result)[:-1])


def test_model_versions_are_ranked_together(swept):
    own = {"grid": {"model_version": "v1,v2"}}

    result = launch(own)

    assert result.success, failure_of(result)
    key = leaderboard_key(PARAMETERS, check_sweep(own), DAY, pipeline=tabular)
    assert key.value("model_version") == ""
    found = load_leaderboard(key, swept[0]).trials
    assert {trial.values["model_version"] for trial in found} == {"v1", "v2"}
    assert {"C" in trial.parameters for trial in found} == {True, False}


def test_a_backfill_of_sweeps_makes_one_leaderboard_a_day(swept):
    span = {
        "dagster/asset_partition_range_start": str(DAYS[-2]),
        "dagster/asset_partition_range_end": str(DAY),
    }

    result = launch({"grid": {"C": "0.1,1"}}, tags=span)

    boards = {e.partition: e for e in events(result) if e.asset_key.to_user_string() == "leaderboard"}
    assert list(boards) == [str(day) for day in DAYS[-2:]]
    for day, event in boards.items():
        assert f"as_of={day}/" in event.metadata["path"].value
        assert event.metadata["ranked_trials"].value == 2


@pytest.mark.slow
def test_one_trial_in_ten_that_fails_is_listed_with_its_reason_and_the_others_are_ranked(store):
    own = {"grid": {"lookback_days": "71..80"}}
    given = {**SHORT, "calibrate": True}

    result = launch(own, given=given)

    assert result.success, failure_of(result)
    found = load_leaderboard(
        leaderboard_key(TrainingParameters(**given), check_sweep(own), DAY, pipeline=tabular),
        store,
    )
    assert [trial.rank for trial in found.trials] == list(range(1, 10))
    (failed,) = found.failed
    assert failed.values == {"lookback_days": 71}
    assert failed.errors[0].reason.startswith(TOO_FEW)
    assert Counter(e.asset_key.to_user_string() for e in events(result))["model"] == 9


def test_too_many_failures_end_the_sweep_early_and_what_was_made_stays(store):
    own = {"grid": {"C": "1,2", "calibrate": "false,true"}, "max_failure_rate": 0.1}
    instance = dg.DagsterInstance.ephemeral()

    result = launch(own, given=SHORT, instance=instance)

    reason = failure_of(result)
    assert not result.success
    assert "Stopped early: 1 of 4 trials failed, more than max_failure_rate 0.1 allows." in reason
    assert f"1 of them: {TOO_FEW}" in reason
    assert list(store.keys("leaderboard")) == []
    (made,) = store.keys("model")
    assert made.run_id == run_id(TrainingParameters(**SHORT), DAY)
    logged = [entry.dagster_event for entry in instance.all_logs(result.run_id) if entry.is_dagster_event]
    told = [event.asset_key.to_user_string() for event in logged if event.is_step_materialization]
    assert sorted(told) == sorted(tabular.assets)


@pytest.fixture
def sweep(store, zone):
    """Carry out a sweep without Dagster; it is given back, its leaderboard committed."""

    def call(own, *, given=GIVEN, at=store, days=1, zone=zone, retry_failed=False):
        found = Sweep(
            parameters=TrainingParameters(**given),
            own=check_sweep({"window_days": days, **own}),
            days=tuple(DAYS[-days:]),
            workspace=workspace_of(at, zone),
            retry_failed=retry_failed,
            pipeline=tabular,
        )
        for _ in found.run():
            pass
        leaderboard_draft(found, found.leaderboard()).commit()
        return found

    return call


def test_a_search_of_a_small_space_ends_early_by_the_share_of_what_it_can_try(sweep):
    own = {"grid": {"calibrate": "true", "C": "1,2,3,4"}, "search": "tpe", "max_failure_rate": 0.5}

    with pytest.raises(TrainingError, match=r"Stopped early: 3 of 4 trials failed"):
        sweep(own, given=SHORT)


@pytest.fixture
def own_zone(zone, tmp_path):
    """Rows that a test may change."""
    return shutil.copytree(zone, tmp_path / "zone")


def test_a_failure_of_the_rows_is_not_held_against_a_trial(sweep, store, own_zone):
    own, days = {"grid": {"C": "1,2"}}, order_days(DAYS[0] - dt.timedelta(91), DAY)
    sweep(own, zone=own_zone)
    for day, rows in days.items():
        land(own_zone, day, rows.with_columns(returned_30d=pl.lit(0, dtype=pl.Int8)))
    broken = attempt(PARAMETERS, DAY, workspace=workspace_of(store, own_zone))
    for day, rows in days.items():
        land(own_zone, day, rows)

    assert "is 0 in all" in str(broken.error)
    assert [record.status for record in sweep(own, zone=own_zone).records.values()] == ["done", "done"]
    assert list(store.keys("failed_trial")) == []


def test_a_trial_learns_from_the_rows_that_it_names_though_others_come_meanwhile(store, own_zone):
    def day():
        return Day(parameters=PARAMETERS, as_of=DAY, workspace=workspace_of(store, own_zone))

    (first,) = day().run(["training_set"])
    later = day()
    named = later.manifest("training_set")
    known = DAY - dt.timedelta(days=40)
    land(own_zone, known, order_day(known, rows=13))
    (second,) = day().run(["training_set"])

    assert second.manifest.sha256 != first.manifest.sha256 == named.sha256
    assert later.product("training_set").value.height == named.facts["rows"] != second.manifest.facts["rows"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("own", "days"),
    [
        ({"grid": {"C": "0.1,1,10"}}, 1),
        ({"grid": {"C": "0.01..10 log"}, "search": "tpe", "trials": 5}, 1),
        ({"grid": {"C": "0.01..10 log"}, "search": "halving", "trials": 3}, 3),
    ],
)
def test_all_trials_of_a_day_are_measured_on_the_rows_that_the_sweep_began_with(store, own_zone, own, days):
    place = workspace_of(store, own_zone)
    found = Sweep(
        parameters=PARAMETERS,
        own=check_sweep({"window_days": days, **own}),
        days=tuple(DAYS[-days:]),
        workspace=place,
        pipeline=tabular,
    )
    known = DAY - dt.timedelta(days=35)
    began: dict[dt.date, str] = {}
    for tried in found.run():
        assets = {made.key.asset: made.manifest for made in tried.attempt.made}
        if "training_set" in assets:
            assert began.setdefault(tried.attempt.as_of, assets["training_set"].sha256)
        elif len(found.records) == 0:  # late rows come, and another run makes the artifacts of these again
            land(
                own_zone,
                known,
                order_day(known, rows=90).with_columns(returned_30d=1 - pl.col("returned_30d")),
            )
            for day in DAYS[-days:]:
                (again, *_) = attempt(tried.parameters, day, workspace=place).made
                assert again.manifest.sha256 != began.get(day)

    board = found.leaderboard()
    lineage = leaderboard_draft(found, board).commit().manifest.artifacts

    stored = {m.sha256: m for key in store.keys("evaluation") for m in store.history(key)}
    measured = [stored[artifact.sha256] for artifact in lineage]
    assert len(measured) == sum(trial.days for trial in board.trials)
    assert {(m.as_of, a.sha256) for m in measured for a in m.artifacts if a.asset == "training_set"} == set(
        began.items()
    )
    by_run = {m.run_id: m.metrics["roc_auc"] for m in measured}
    for trial in board.trials:
        assert trial.by_day[trial.as_of] == pytest.approx(by_run[trial.run_id])


def test_runs_that_learned_from_other_rows_are_made_again_where_they_are_ranked(store, own_zone):
    place, known = workspace_of(store, own_zone), DAY - dt.timedelta(days=35)
    attempt(PARAMETERS.model_copy(update={"C": 0.1}), DAY, workspace=place)
    land(own_zone, known, order_day(known, rows=90))
    attempt(PARAMETERS, DAY, workspace=place)

    found = Sweep(
        parameters=PARAMETERS,
        own=check_sweep({"grid": {"C": "0.1,1"}}),
        days=(DAY,),
        workspace=place,
        pipeline=tabular,
    )
    made = {tried.parameters.C: tried.attempt.made for tried in found.run()}

    assert [item.reused for item in made[0.1]] == [False, False, False]
    assert [item.reused for item in made[1.0]] == [True, True, True]


def workspace_of(store, zone):
    return Workspace(
        pipeline=tabular,
        store=store,
        environment="dev",
        sources={"shop": str(zone)},
        workers=1,
    )


def test_what_is_under_way_ends_where_too_many_have_failed(sweep, monkeypatch):
    real, ended = trials.side_by_side, []

    def watched(*args, **more):
        try:
            yield from real(*args, **more)
        finally:
            ended.append(True)

    monkeypatch.setattr(trials, "side_by_side", watched)
    with pytest.raises(TrainingError) as error:
        sweep({"grid": {"calibrate": "true", "C": "1,2,3"}, "max_failure_rate": 0.0}, given=SHORT)

    assert "Stopped early" in str(error.value)
    assert ended == [True]


@pytest.fixture
def fitted(monkeypatch):
    """The lookback_days of every model that was tried."""
    found, real = [], training.fit

    def counted(table, *, parameters, **given):
        found.append(parameters.lookback_days)
        return real(table, parameters=parameters, **given)

    monkeypatch.setattr(training, "fit", counted)
    return found


def test_a_failure_is_tried_again_only_on_demand_or_where_rows_have_changed(sweep, fitted, tmp_path):
    rows = order_days(DAY - dt.timedelta(72), DAY - dt.timedelta(30))
    zone = write_landing(tmp_path / "few", rows_by_day=rows)
    asked = {"own": {"grid": {"lookback_days": "71,72"}}, "given": {**SHORT, "calibrate": True}, "zone": zone}

    def tried(**more):
        fitted.clear()
        return [*fitted, len(sweep(**asked, **more).leaderboard().failed), *fitted]

    assert tried() == [1, 71, 72]
    assert tried() == [1]
    assert tried(retry_failed=True) == [1, 71]
    changed = DAY - dt.timedelta(70)
    land(zone, changed, order_day(changed, rows=30))
    assert tried() == [0, 71, 72]
    assert tried() == [0]


@pytest.fixture
def no_fit(monkeypatch):
    """Within it, no model can be fitted, for a reason that would be remembered."""

    def fail(_table, **_given):
        raise TrainingError("The solver did not converge.")

    @contextlib.contextmanager
    def call():
        with monkeypatch.context() as patch:
            patch.setattr(training, "fit", fail)
            yield

    return call


def test_a_failure_that_was_overcome_is_not_held_against_a_trial(sweep, own_zone, no_fit):
    own = {"grid": {"C": "1,2"}, "max_failure_rate": 1.0}

    def tried(**more):
        found = sweep(own, zone=own_zone, **more)
        return [record.status for record in found.records.values()]

    with no_fit():
        assert tried() == ["failed", "failed"]
    assert tried() == ["failed", "failed"]
    assert tried(retry_failed=True) == ["done", "done"]
    with no_fit():
        assert tried() == ["done", "done"]  # what is stored is used
    changed = DAY - dt.timedelta(70)
    land(own_zone, changed, order_day(changed, rows=30))
    with no_fit():
        assert tried() == ["failed", "failed"]
    assert tried() == ["failed", "failed"]  # what is stored is of other rows


def test_a_failure_is_remembered_of_the_rows_that_the_trial_had(store, own_zone, no_fit):
    place, known = workspace_of(store, own_zone), DAY - dt.timedelta(days=40)

    def made():
        return attempt(PARAMETERS, DAY, workspace=place, assets=("training_set",)).made[0].manifest

    first = made()
    land(own_zone, known, order_day(known, rows=13))
    second = made()
    with no_fit():
        attempt(
            PARAMETERS, DAY, workspace=place, assets=trial_assets(tabular), pinned={"training_set": first}
        )

    days = [
        Day(parameters=PARAMETERS, as_of=DAY, workspace=place, pinned={"training_set": rows})
        for rows in (first, second)
    ]
    reasons = [remembered(day) for day in days]
    assert reasons == ["The solver did not converge.", None]


def test_a_training_set_that_cannot_be_made_fails_its_own_trials_alone(sweep, tmp_path):
    rows = order_days(DAY - dt.timedelta(75), DAY - dt.timedelta(30))
    zone = write_landing(tmp_path / "broken", rows_by_day=rows)
    broken = land(zone, DAY - dt.timedelta(75), b"PAR1 cut short")

    found = sweep({"grid": {"lookback_days": "75,76"}}, given=SHORT, zone=zone).leaderboard()

    assert [trial.values["lookback_days"] for trial in found.trials] == [75]
    assert str(broken) in found.failed[0].errors[0].reason


@pytest.mark.slow
@pytest.mark.parametrize("search", ["random", "tpe"])
def test_a_search_that_draws_gives_the_same_leaderboard_in_another_root(sweep, tmp_path, search):
    own = {"search": search, "trials": 5, "grid": {"C": "0.01..10 log"}}  # five: tpe asks for four at once
    roots = [ArtifactStore(str(tmp_path / name)) for name in ("one", "two")]

    boards = [sweep(own, at=root).leaderboard() for root in roots]

    key = leaderboard_key(PARAMETERS, check_sweep(own), DAY, pipeline=tabular)
    assert len(boards[0].trials) == 5
    assert roots[0].verify(key).files == roots[1].verify(key).files


@pytest.mark.slow
def test_halving_tries_the_finalists_on_all_days_and_marks_the_others(sweep, store):
    own = {"search": "halving", "trials": 4, "reduction": 3, "grid": {"C": "0.01..10 log"}, "window_days": 6}

    found = sweep(own, days=6).leaderboard()

    assert [trial.days for trial in found.trials] == [6, 6, 2, 2]
    assert [words.FEWER in words.marks(trial) for trial in found.trials] == [False, False, True, True]
    assert "have fewer than all 6 days" in load_summary(
        leaderboard_key(PARAMETERS, check_sweep(own), DAY, pipeline=tabular), store
    )
    assert len(list(store.keys("evaluation"))) == 4 * 2 + 2 * 4


def test_impossible_combinations_fail_the_run_before_anything_is_made(store):
    result = launch({"grid": {"max_depth": "2,3"}})

    assert not result.success
    told = failure_of(result)
    assert "max_depth: not used by model_version v1." in told
    assert "Impossible: max_depth=2; max_depth=3." in told
    assert list(store.keys()) == []


def test_a_sweep_beyond_the_budget_of_its_environment_makes_nothing(store, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__BUDGET__RUNS", "2")

    result = launch({"grid": {"C": "0.1,1,10"}})

    assert not result.success
    assert "3 runs are to be computed. Allowed in dev: 2 at once" in failure_of(result)
    assert list(store.keys()) == []


def test_what_is_stored_does_not_count_against_the_budget(swept, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__BUDGET__RUNS", "1")

    assert launch(TWO).success


@pytest.mark.parametrize(
    ("own", "line"),
    [
        ({"grid": {"max_dept": "2,3"}}, "max_dept: unknown parameter. Did you mean max_depth?"),
        ({"grid": {"C": "0.1,bogus"}}, "C: not a number."),
        ({"grid": {"C": "AKIAIOSFODNN7EXAMPLE"}}, "C: looks like a credential."),
        ({"grid": {"dataset": "orders,customers"}}, "dataset: cannot vary"),
        ({"search": "random"}, "grid: no axis."),
        ({"grdi": {"C": "1,2"}}, "grdi: unknown parameter. Did you mean grid?"),
        ({"max_failure_rate": 2.0}, "max_failure_rate: too large."),
    ],
)
def test_a_bad_sweep_is_refused_before_a_run_exists(own, line):
    instance = dg.DagsterInstance.ephemeral()

    with pytest.raises(LaunchRefusedError) as error:
        launch(own, given={}, instance=instance)

    assert line in str(error.value)
    assert "AKIA" not in str(error.value)
    assert instance.get_runs_count() == 0


def test_the_leaderboard_compares_trials_by_the_rows_of_their_holdouts(sweep, store):
    found = sweep({"grid": {"C": "0.001,1"}}, days=3)
    board = found.leaderboard()
    key = leaderboard_key(found.parameters, found.own, DAY, pipeline=tabular)

    facts = [store.manifest(of).facts for of in store.keys("training_set")]
    manifest = store.manifest(key)
    assert manifest.facts["rows_until"] == max(of["last_day"] for of in facts) == str(board.rows.last)
    assert str(board.rows.first) == min(of["holdout_from"] for of in facts)
    assert board.rows.holdouts == len({of["holdout_from"] for of in facts})
    assert "days of rows that it takes" in board.rows.missing[0]
    second = board.trials[1]
    assert second.difference == pytest.approx(second.mean - board.trials[0].mean)
    assert (second.difference_low, second.distinguishable) == (None, None)
    assert board.nested.run_id in {trial.run_id for trial in board.trials}
    assert manifest.metrics["nested_roc_auc"] == board.nested.value
    assert load_leaderboard(key, store) == board


def test_trials_on_other_rows_are_ranked_and_not_compared(sweep):
    board = sweep({"grid": {"holdout_days": "10,12"}}).leaderboard()

    assert [trial.distinguishable for trial in board.trials] == [None, None]
    assert board.nested is None
    assert any("holdout_days varies" in note for note in board.notes)


def test_a_damaged_file_of_scores_stops_the_leaderboard_by_its_name(sweep, store):
    found = sweep({"grid": {"C": "0.1,1"}})
    key = next(iter(store.keys("evaluation")))
    file = next(file for file in store.manifest(key).files if file.name == "scores.parquet")
    path = Path(store.root) / key.path / file.file
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(CorruptArtifactError, match="scores"):
        found.leaderboard()
