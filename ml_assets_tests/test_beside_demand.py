"""Report, leaderboard, promotion and reproduction of a pipeline that is not the main one: whole runs, and launches."""

import datetime as dt

import dagster as dg
import pytest

from ml_assets.adapter.days import PARTITION
from ml_assets.adapter.io_manager import ArtifactIOManager
from ml_assets.core.metrics import Metrics
from ml_assets.core.report.parameters import report_parameters
from ml_assets.definitions import defs
from ml_assets.pipeline.leaderboard import load_leaderboard
from ml_assets.pipeline.report import report_key
from ml_assets.pipelines.demand import demand
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.in_process import launch, location
from ml_assets_tests.scenario import failure_of, materializations

LAST = dt.date(2025, 12, 1)
DAY, BEFORE = str(LAST), str(LAST - dt.timedelta(days=1))
SPAN = {"dagster/asset_partition_range_start": BEFORE, "dagster/asset_partition_range_end": DAY}
GIVEN = {"weeks": 9}
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
REFUSED = "Refused: "


@pytest.fixture
def handled(monkeypatch):
    """What the IO managers were given: (asset, day), once for each call."""
    calls, handle = [], ArtifactIOManager.handle_output

    def counted(self, context, obj):
        calls.extend((context.asset_key.to_user_string(), day) for day in context.asset_partition_keys)
        yield from handle(self, context, obj)

    monkeypatch.setattr(ArtifactIOManager, "handle_output", counted)
    return calls


def run(job, instance, *, own=None, given=GIVEN, day=DAY, tags=None):
    """One run of a job of the project; `own` is the config of its step. One that takes no parameters is given None."""
    step, values = own or (None, {})
    return defs.resolve_job_def(job).execute_in_process(
        run_config={
            "resources": {} if given is None else {"demand_params": {"config": given}},
            "ops": {step: {"config": values}} if step else {},
            "loggers": QUIET,
        },
        partition_key=None if tags or day is None else day,
        tags=tags,
        instance=instance,
        raise_on_error=False,
    )


def store():
    return ArtifactStore("artifacts/dev")


def test_a_report_tells_the_days_that_were_made_and_is_kept_in_the_folder_of_its_pipeline(instance, handled):
    assert run("demand", instance, tags=SPAN).success

    done = run("demand_report", instance, own=("demand__backfill_report", {"window_days": 3}))

    assert done.success, failure_of(done)
    assert handled.count(("demand/backfill_report", DAY)) == 1
    told = materializations(done)["demand/backfill_report", DAY].metadata
    assert (told["days_made"].value, told["days_missing"].value) == (2, 1)
    assert told["mape_mean"].value > 0
    assert "rows" not in told["summary"].value.partition("## Days")[2]
    own = report_parameters(Metrics.of(demand))(window_days=3)
    key = report_key(demand.parameters(**GIVEN), own, LAST, pipeline=demand)
    assert key.path.startswith("demand/backfill_report/method=naive/shop=north/as_of=2025-12-01/run=")
    assert store().load(key)["metric"] == "mape"


def test_a_sweep_over_method_and_season_has_three_trials_and_a_leaderboard(instance, handled):
    grid = {"method": "naive,ets", "season": "7,14"}

    done = run("demand_sweep", instance, own=("demand__leaderboard", {"grid": grid}))

    assert done.success, failure_of(done)
    assert handled == [("demand/leaderboard", DAY)]
    made = materializations(done)
    told = made["demand/leaderboard", DAY].metadata
    assert (told["trials"].value, told["failed_trials"].value) == (3, 0)
    assert {asset for asset, _ in made} == {
        "demand/history",
        "demand/forecast",
        "demand/accuracy",
        "demand/leaderboard",
    }
    (key,) = store().keys("leaderboard", folder="demand")
    board = load_leaderboard(key, store())
    assert {trial.values["method"] for trial in board.trials} == {"naive", "ets"}
    assert key.path.startswith("demand/leaderboard/shop=north/as_of=2025-12-01/run=")


def test_a_promotion_copies_the_forecast_and_is_told_on_the_page_of_an_asset_that_nobody_materializes(
    instance, tmp_path, monkeypatch
):
    for slot in ("blue", "green"):
        monkeypatch.setenv(f"ML_ASSETS_ENVIRONMENTS__{slot.upper()}__ROOT", str(tmp_path / slot))
    assert run("demand", instance).success
    model = demand.run_id(demand.parameters(**GIVEN), LAST)
    config = {"model": model, "to": "blue"}

    done = run("demand_promote", instance, own=("demand__promotion", config), given=None, day=None)

    assert done.success, failure_of(done)
    latest = instance.get_latest_materialization_event(dg.AssetKey(["demand", "promotion"]))
    assert latest.asset_materialization.metadata["run_id"].value == model
    assert [
        key.run_id for key in ArtifactStore(str(tmp_path / "blue")).keys("forecast", folder="demand")
    ] == [model]
    assert not defs.resolve_asset_graph().get(dg.AssetKey(["demand", "promotion"])).is_materializable


def test_a_stored_run_is_made_again_and_a_changed_byte_fails_the_job(instance, tmp_path):
    assert run("demand_reproduce", instance, given=None, day=None).success  # nothing is stored yet
    assert run("demand", instance).success

    again = run("demand_reproduce", instance, given=None, day=None)

    assert again.success, failure_of(again)
    (stored,) = (tmp_path / "artifacts/dev/demand/forecast").rglob("data-*")
    stored.write_bytes(b"{}")
    assert not run("demand_reproduce", instance, given=None, day=None).success


@pytest.fixture
def place(home):
    """A code location of this process."""
    with location(home) as context:
        yield context


@pytest.mark.parametrize(
    ("job", "step", "values", "words"),
    [
        ("demand_report", "backfill_report", {"metric": "roc_auc"}, "metric: unknown. Allowed: mape."),
        ("demand_report", "backfill_report", {"window_days": 0}, "window_days: too small."),
        ("demand_sweep", "leaderboard", {"metric": "roc_auc"}, "metric: unknown. Allowed: mape."),
        ("demand_sweep", "leaderboard", {"grid": {"season": "1,7"}}, "season: "),
        ("demand_sweep", "leaderboard", {"grid": {"shop": "north,south"}}, "shop: cannot vary: other rows"),
        ("demand_promote", "promotion", {"model": "0123456789ab", "margins": "roc_auc=1"}, "margins: "),
        ("demand_promote", "promotion", {}, "demand__promotion: has no values of its own."),
    ],
)
def test_a_bad_value_is_refused_before_a_run_exists(place, job, step, values, words):
    config = {"ops": {f"demand__{step}": {"config": values}}}

    answer = launch(place, job=job, tags={} if job == "demand_promote" else {PARTITION: DAY}, config=config)

    assert answer.runs == 0
    assert answer.said.startswith(REFUSED), answer.said
    assert f"\n{words}" in answer.said


def test_a_bad_parameter_is_refused_in_every_job_of_the_pipeline(place):
    config = {"resources": {"demand_params": {"config": {"shop": "west"}}}}

    for job in ("demand", "demand_report", "demand_sweep"):
        answer = launch(place, job=job, tags={PARTITION: DAY}, config=config)

        assert answer.runs == 0
        assert "\nshop: unknown. Allowed: north, south." in answer.said
