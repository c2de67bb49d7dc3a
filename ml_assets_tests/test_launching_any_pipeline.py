"""What launches runs by itself serves any pipeline: request files, presets, schedules, landed rows, notices, tracking."""

import datetime as dt
import json
import shutil

import dagster as dg
import polars as pl
import pytest

from ml_assets.cli.home import ensure_home
from ml_assets.errors import RefusedError
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.demand import demand
from ml_assets.presets import load_preset, load_presets
from ml_assets.settings import load_settings
from ml_assets_tests import tracking_store
from ml_assets_tests.builders import land, write_landing
from ml_assets_tests.counted import SOURCE
from ml_assets_tests.scenario import failure_of, materializations
from ml_assets_tests.shown import failure_notice
from ml_assets_tests.small_pipeline import load
from ml_assets_tests.ticks import days, keys, let_end, write
from ml_assets_tests.tracking_store import copy_of, runs
from ml_assets_tests.webhook import webhook

DAY, MORNING = dt.date(2025, 12, 1), "2025-12-02T03:00:00+00:00"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
SHORT = "weeks = 8"
SALES_TOML = 'event_time = "at"\n'


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """The module of a pipeline that counts rows."""
    return load(tmp_path, monkeypatch, name="counted_rows", source=SOURCE)


@pytest.fixture
def location(counted):
    """A code location with two pipelines, neither of which is the project's main one."""
    return dg.Definitions.merge(demand.definitions(), counted.defs)


@pytest.fixture
def instance(made_home):
    shutil.copytree(made_home, ensure_home(), dirs_exist_ok=True)
    with dg.DagsterInstance.local_temp(str(ensure_home())) as made:
        yield made
    let_end()


def tick(location, name, instance, *, cursor=None):
    """One evaluation of a sensor, as the daemon makes it."""
    context = dg.build_sensor_context(
        instance=instance, cursor=cursor, repository_def=location.get_repository_def()
    )
    return location.get_repository_def().get_sensor_def(name).evaluate_tick(context)


def at(location, name, moment, instance):
    """One evaluation of a schedule, as the daemon makes it."""
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=dt.datetime.fromisoformat(moment),
        repository_def=location.get_repository_def(),
    )
    return location.get_repository_def().get_schedule_def(name).evaluate_tick(context)


def carry_out(location, job, request, instance):
    """One requested run."""
    return location.resolve_job_def(job).execute_in_process(
        run_config={**request.run_config, **QUIET},
        partition_key=request.partition_key,
        tags={**request.tags, "dagster/run_key": request.run_key},
        instance=instance,
        raise_on_error=False,
    )


def preset(folder, name, parameters, *, daily=False, landing=False):
    subscribe = f"[subscribe]\ndaily = {str(daily).lower()}\nlanding = {str(landing).lower()}\n"
    text = f'description = "For a test."\n{subscribe}[parameters]\n{parameters}\n'
    return write(folder / f"{name}.toml", text)


def sold(day, *, rows=4):
    """Rows that two shops sold on a day."""
    at_noon = dt.datetime.combine(day, dt.time(12))
    names = ["north", "south"] * (rows // 2)
    return pl.DataFrame({"at": [at_noon] * rows, "shop": names, "pieces": [3] * rows})


def sold_days(first, last):
    return {day: sold(day) for day in (first + dt.timedelta(days=n) for n in range((last - first).days + 1))}


@pytest.fixture
def zone(tmp_path, monkeypatch):
    """A landing zone with the sales of some weeks up to the day."""
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(tmp_path / "shop"))
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", "2025-11-28")
    rows = sold_days(DAY - dt.timedelta(days=57), DAY)
    return write_landing(tmp_path / "shop", "sales", rows, toml=SALES_TOML)


def test_each_pipeline_of_a_code_location_has_schedules_and_sensors_of_its_own(location):
    repository = location.get_repository_def()

    schedules = {each.name for each in repository.schedule_defs}
    sensors = {each.name for each in repository.sensor_defs}
    assert {"demand_daily", "demand_catch_up", "counted_daily", "counted_catch_up"} <= schedules
    assert {"demand_request_files", "counted_request_files", "demand_landed_days"} <= sensors
    assert {"demand_failure_notice", "counted_failure_notice"} <= sensors


def test_a_pipeline_that_reads_no_rows_has_no_sensor_of_landed_days(tmp_path, monkeypatch):
    small = load(tmp_path, monkeypatch)

    names = {each.name for each in small.defs.get_repository_def().sensor_defs}
    assert "small_request_files" in names
    assert "small_landed_days" not in names


def test_a_request_file_becomes_one_run_of_the_pipeline_in_whose_folder_it_lies(location, instance, tmp_path):
    write(tmp_path / "requests/demand/a.toml", f'{SHORT}\nmethod = "naive"\nas_of = {DAY}\n')

    data = tick(location, "demand_request_files", instance)
    others = tick(location, "counted_request_files", instance)
    (request,) = data.run_requests
    result = carry_out(location, "demand", request, instance)

    assert others.run_requests == []
    assert result.success
    assert request.run_config == {"resources": {"demand_params": {"config": {"weeks": 8, "method": "naive"}}}}
    assert request.tags["ml_assets/shop"] == "north"
    assert list(
        (tmp_path / "artifacts/dev/demand").rglob(f"as_of={DAY}/run={request.tags['ml_assets/run_id']}")
    )
    assert tick(location, "demand_request_files", instance, cursor=data.cursor).run_requests == []


def test_a_bad_request_file_gets_a_note_in_our_words_and_no_run(location, instance, tmp_path):
    path = write(tmp_path / "requests/demand/a.toml", f'{SHORT}\nseason = 1\nsho = "x"\nas_of = {DAY}\n')

    data = tick(location, "demand_request_files", instance)

    assert data.run_requests == []
    note = path.with_name("a.toml.rejected").read_text()
    assert "season: too small. Allowed: a whole number from 2 to 366." in note
    assert "sho: unknown parameter. Did you mean shop?" in note
    assert instance.get_runs_count() == 0


@pytest.mark.usefixtures("zone")
def test_a_parameter_named_like_a_word_of_a_request_file_is_given_in_a_table(location, instance, tmp_path):
    text = json.dumps({"as_of": str(DAY), "days": 3, "parameters": {"preset": 2}})
    write(tmp_path / "requests/counted/a.json", text)

    (request,) = tick(location, "counted_request_files", instance).run_requests

    assert request.run_config == {"resources": {"counted_params": {"config": {"preset": 2, "days": 3}}}}


def test_presets_of_a_pipeline_lie_in_a_folder_of_its_name_and_serve_its_request_files(
    location, instance, tmp_path
):
    preset(tmp_path / "presets/demand", "south", f'shop = "south"\n{SHORT}')
    write(tmp_path / "requests/demand/a.toml", f'preset = "south"\nas_of = {DAY}\n')

    (request,) = tick(location, "demand_request_files", instance).run_requests

    assert request.tags["ml_assets/preset"] == "south"
    assert request.run_config == {"resources": {"demand_params": {"config": {"shop": "south", "weeks": 8}}}}
    assert [*load_presets("presets/demand", cls=demand.parameters)] == ["south"]
    assert load_presets("presets", cls=demand.parameters) == {}


def test_a_bad_preset_of_any_pipeline_is_refused_when_it_is_loaded(tmp_path):
    preset(tmp_path / "presets/demand", "bad", "season = 1")

    with pytest.raises(RefusedError, match=r"season: too small\. Allowed: a whole number from 2 to 366\."):
        load_preset("bad", "presets/demand", cls=demand.parameters)


def test_each_morning_a_daily_preset_runs_and_what_is_missing_is_caught_up(
    location, instance, monkeypatch, tmp_path
):
    monkeypatch.setenv("ML_ASSETS_CATCH_UP_DAYS", "2")
    preset(tmp_path / "presets/demand", "mine", SHORT, daily=True)

    (request,) = at(location, "demand_daily", MORNING, instance).run_requests
    before = at(location, "demand_catch_up", MORNING, instance).run_requests
    result = carry_out(location, "demand", request, instance)
    after = at(location, "demand_catch_up", MORNING, instance).run_requests

    assert result.success
    assert request.run_key == f"daily:{DAY}:{request.tags['ml_assets/run_id']}"
    assert (days(before), days(after)) == (["2025-11-30", "2025-12-01"], ["2025-11-30"])
    assert at(location, "counted_daily", MORNING, instance).run_requests == []


@pytest.mark.slow
def test_landed_days_become_runs_of_what_declares_a_window_and_late_rows_make_it_again(
    zone, location, instance, tmp_path
):
    preset(tmp_path / "presets/demand", "landed", f'source = "shop"\n{SHORT}', landing=True)

    first = tick(location, "demand_landed_days", instance)
    result = carry_out(location, "demand", first.run_requests[-1], instance)
    settled = tick(location, "demand_landed_days", instance, cursor=None)
    land(zone, DAY - dt.timedelta(days=20), sold(DAY - dt.timedelta(days=20), rows=6), dataset="sales")
    late = tick(location, "demand_landed_days", instance, cursor=None)

    assert result.success
    assert days(first.run_requests) == [str(DAY - dt.timedelta(days=n)) for n in range(3, -1, -1)]
    assert str(DAY) not in days(settled.run_requests)
    changed = {request.partition_key: request.tags for request in late.run_requests}
    assert changed[str(DAY)]["ml_assets/changed_rows"] == "+2"
    assert changed[str(DAY)]["ml_assets/source"] == "shop"


def test_without_a_window_the_landing_sensor_follows_what_was_read_before(zone, location, instance, tmp_path):
    preset(tmp_path / "presets/counted", "landed", "days = 5", landing=True)
    asked = {"resources": {"counted_params": {"config": {"days": 5}}}}

    unknown = tick(location, "counted_landed_days", instance)
    made = location.resolve_job_def("counted").execute_in_process(
        run_config={**asked, **QUIET}, partition_key=str(DAY), instance=instance
    )
    known = tick(location, "counted_landed_days", instance)
    for late in (DAY - dt.timedelta(days=4), DAY - dt.timedelta(days=5)):
        land(zone, late, sold(late, rows=6), dataset="sales")
    (again,) = [
        request
        for request in tick(location, "counted_landed_days", instance).run_requests
        if request.partition_key == str(DAY)
    ]
    remade = carry_out(location, "counted", again, instance)

    assert unknown.run_requests == []
    assert made.success
    assert str(DAY) not in days(known.run_requests)
    assert again.tags["ml_assets/changed_days"] == "1"
    assert remade.success
    assert again.run_key not in keys(tick(location, "counted_landed_days", instance).run_requests)


def test_a_failed_run_of_any_pipeline_is_told_once_in_the_words_of_its_pipeline(
    zone, location, instance, monkeypatch
):
    asked = {"resources": {"counted_params": {"config": {"preset": 9}}}}
    result = location.resolve_job_def("counted").execute_in_process(
        run_config={**asked, **QUIET}, partition_key=str(DAY), instance=instance, raise_on_error=False
    )
    context = dg.build_run_status_sensor_context(
        sensor_name="failure_notice",
        dagster_instance=instance,
        dagster_run=instance.get_run_by_id(result.run_id),
        dagster_event=result.get_run_failure_event(),
    )
    known = location.get_repository_def()
    sensors = [known.get_sensor_def(f"{name}_failure_notice") for name in ("demand", "counted")]

    with webhook() as told:
        monkeypatch.setenv("ML_ASSETS_WEBHOOK_URL", told.url)
        for sensor in (*sensors, failure_notice):
            sensor(context.for_run_failure())

    (text,) = told.texts
    assert text.startswith(f":x: counted 7 failed for {DAY}, run_id ")
    assert "*Parameters:* preset=9 (the others at their defaults)" in text
    assert "*Why:* nobody counts so far" in text
    assert f"`ml-assets run --as-of {DAY} --set preset=9 --pipeline counted_rows:counted`" in text


def test_what_may_not_be_given_is_refused_at_launch_of_any_pipeline(location, instance, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__OVERRIDES", '["source"]')

    with pytest.raises(RefusedError, match="days: may not be given in the environment dev"):
        location.resolve_job_def("counted").execute_in_process(
            run_config={"resources": {"counted_params": {"config": {"days": 3}}}},
            partition_key=str(DAY),
            instance=instance,
        )
    assert instance.get_runs_count() == 0


@pytest.mark.usefixtures("zone")
def test_a_launch_over_the_budget_of_its_environment_is_refused_for_any_pipeline(
    location, instance, monkeypatch
):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__BUDGET__RUNS", "1")
    span = {
        "dagster/asset_partition_range_start": "2025-11-30",
        "dagster/asset_partition_range_end": str(DAY),
    }

    result = location.resolve_job_def("counted").execute_in_process(
        run_config={"resources": {"counted_params": {"config": {}}}, **QUIET},
        tags=span,
        instance=instance,
        raise_on_error=False,
    )

    assert not result.success
    assert "budget: 2 runs are to be computed. Allowed in dev: 1 at once" in failure_of(result)
    assert materializations(result) == {}


@pytest.mark.slow
def test_a_run_of_any_pipeline_is_shown_in_mlflow_with_its_parameters_metrics_and_lineage(
    location, instance, monkeypatch, tmp_path
):
    tracking = copy_of(tracking_store.make(tmp_path), tmp_path)
    monkeypatch.setenv("ML_ASSETS_TRACKING__URI", tracking.uri)
    config = {"resources": {"demand_params": {"config": {"weeks": 8}}}, **QUIET}

    for _ in range(2):
        assert (
            location.resolve_job_def("demand")
            .execute_in_process(run_config=config, partition_key=str(DAY), instance=instance)
            .success
        )

    (run,) = runs(tracking)
    workspace = open_workspace(load_settings(), pipeline=demand)
    parameters = demand.parameters(weeks=8)
    stored = workspace.store.manifest(demand.key("accuracy", parameters, DAY))
    assert run.data.tags["ml_assets.pipeline"] == "demand"
    assert run.data.tags["ml_assets.run_id"] == demand.run_id(parameters, DAY)
    assert run.data.metrics == stored.metrics
    assert (run.data.params["weeks"], run.data.params["shop"]) == ("8", "north")
    assert {"ml_assets.history.sha256", "ml_assets.forecast.sha256", "ml_assets.accuracy.uri"} <= {
        *run.data.tags
    }
    assert run.data.tags["ml_assets.history.run_id"] != run.data.tags["ml_assets.run_id"]
