"""The asset `backfill_report` in whole runs: one failing day, another window, and what is refused."""

import datetime as dt
import json
import shutil
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from ml_assets.adapter.refusal import LaunchRefusedError
from ml_assets.core.run_id import run_id
from ml_assets.definitions import defs
from ml_assets.errors import RefusedError
from ml_assets.pipeline.report import report as read_report
from ml_assets.pipeline.report import report_key
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.metrics import of_task
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.beside import ReportParameters
from ml_assets_tests.builders import land, order_days, write_landing
from ml_assets_tests.scenario import failure_of, materializations, train_days

DAYS = [dt.date(2025, 8, 1) + dt.timedelta(days=n) for n in range(5)]
BAD = DAYS[3]
GIVEN = {"source": "shop", "lookback_days": 91, "holdout_days": 10}
PARAMETERS = TrainingParameters(**GIVEN)
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


def report_config(given=GIVEN, **own):
    return {
        "resources": {"params": {"config": given}},
        "ops": {"backfill_report": {"config": own}},
        "loggers": QUIET,
    }


def make(day, *, instance, config, job="report", **more):
    return defs.resolve_job_def(job).execute_in_process(
        partition_key=str(day), run_config=config, instance=instance, raise_on_error=False, **more
    )


def mend(zone):
    (zone / f"orders/date={BAD}/part.parquet").write_bytes(b"")
    land(zone, BAD, order_days(BAD, BAD)[BAD])


@pytest.fixture(scope="module")
def past(tmp_path_factory, made_home):
    """Five days made in one run, the fourth of which cannot be read; then a second run that reuses the others."""
    place = tmp_path_factory.mktemp("past")
    zone = write_landing(place / "zone", rows_by_day=order_days(dt.date(2025, 5, 1), DAYS[-1]))
    home = shutil.copytree(made_home, place / "home")
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.local_temp(str(home)) as instance:
        patch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
        patch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", str(place / "artifacts"))
        yield zone, instance, place


@pytest.fixture
def shop(past, monkeypatch):
    """The settings under which `past` was made."""
    zone, instance, place = past
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", str(place / "artifacts"))
    return zone, instance, ArtifactStore(str(place / "artifacts"))


@pytest.fixture(scope="module")
def trained(past):
    """What the days left: 1 and 2 made and then reused, 3 made, 4 failed, 5 never tried."""
    zone, instance, _ = past
    first = train_days(str(DAYS[0]), str(DAYS[2]), instance=instance, **GIVEN)
    again = train_days(str(DAYS[0]), str(DAYS[1]), instance=instance, **GIVEN)
    land(zone, BAD, b"not parquet")
    bad = train_days(str(BAD), str(BAD), instance=instance, **GIVEN)
    assert (first.success, again.success, bad.success) == (True, True, False), failure_of(first)


@pytest.fixture
def stored(shop, trained):
    """The report over the five days: its event, its document, its manifest."""
    _, instance, store = shop
    result = make(DAYS[-1], instance=instance, config=report_config(window_days=5))
    assert result.success, failure_of(result)
    event = materializations(result)["backfill_report", str(DAYS[-1])]
    key = report_key(PARAMETERS, ReportParameters(window_days=5), DAYS[-1], pipeline=tabular)
    return event, store.load(key), store.manifest(key)


@pytest.mark.slow
def test_each_day_has_the_status_that_store_and_dagster_tell_together(stored):
    _, document, _ = stored

    told = {day["as_of"]: day["status"] for day in document["days"]}
    assert told == dict(zip(map(str, DAYS), ["reused", "reused", "made", "failed", "missing"], strict=True))
    assert document["counts"] == {"made": 1, "reused": 2, "failed": 1, "missing": 1}
    assert document["success_rate"] == pytest.approx(0.6)


def test_the_failed_day_has_its_reason_and_the_retry_is_of_what_is_not_done(stored):
    _, document, _ = stored

    (group,) = document["errors"]
    assert group["days"] == [str(BAD)]
    assert f"date={BAD}" in group["reason"]
    flags = "--source shop --lookback-days 91 --holdout-days 10"
    assert document["retry"] == [
        f"ml-assets backfill --dataset orders --from 2025-08-04 --to 2025-08-05 {flags}"
    ]


def test_the_numbers_are_those_of_the_evaluations(stored, shop):
    _, document, manifest = stored
    _, _, store = shop
    by_day = [
        store.manifest(key)
        for key in store.keys("evaluation")
        if key.run_id in {run_id(PARAMETERS, d) for d in DAYS}
    ]

    aucs = [item.metrics["roc_auc"] for item in sorted(by_day, key=lambda item: item.as_of)]
    assert len(aucs) == 3
    assert document["metrics"]["roc_auc"]["mean"] == pytest.approx(np.mean(aucs))
    assert document["metrics"]["roc_auc"]["trend"]["slope"] == pytest.approx(np.polyfit(range(3), aucs, 1)[0])
    assert set(document["metrics"]) == set(of_task("binary").names)
    assert {(a.asset, a.sha256) for a in manifest.artifacts} >= {
        ("evaluation", item.sha256) for item in by_day
    }


def test_metrics_over_all_days_have_an_interval_made_of_rows_each_once(stored):
    _, document, _ = stored

    pooled = document["pooled"]
    assert set(pooled["metrics"]) == {"roc_auc", "log_loss", "brier"}
    assert pooled["why_not"] == ""
    assert pooled["rows"] < sum(day["facts"].get("holdout_rows", 0) for day in document["days"])
    for name, found in pooled["metrics"].items():
        assert found["value"] == pytest.approx(document["metrics"][name]["mean"], abs=1e-8)
        assert found["low"] < found["value"] < found["high"]


def test_the_materialization_shows_numbers_markdown_and_pictures(stored):
    event, document, manifest = stored

    assert event.metadata["success_rate"].value == pytest.approx(0.6)
    assert event.metadata["roc_auc_mean"].value == document["metrics"]["roc_auc"]["mean"]
    assert event.metadata["days_failed"].value == 1
    assert event.metadata["summary"].value.startswith("# orders v1 source=shop")
    assert "3 of 5 days done" in event.metadata["summary"].value
    for picture in ("days", "coverage"):
        assert event.metadata[picture].value.startswith(f"![{picture}](data:image/png;base64,")
    assert event.metadata["run_id"].value == manifest.run_id
    assert [file.name for file in manifest.files] == [
        "backfill_report.json",
        "summary.md",
        "days.png",
        "coverage.png",
    ]


def test_the_window_is_part_of_the_identity_and_what_was_typed_is_told(stored):
    _, _, manifest = stored

    assert manifest.parameters["window_days"] == 5
    assert manifest.parameters["metric"] == "roc_auc"
    assert manifest.given == ("holdout_days", "lookback_days", "source", "window_days")


@pytest.mark.slow
def test_another_window_or_metric_is_another_artifact(stored, shop):
    _, instance, store = shop
    before = {key.run_id for key in store.keys("backfill_report")}

    for own in ({"window_days": 4}, {"window_days": 5, "metric": "log_loss"}):
        assert make(DAYS[-1], instance=instance, config=report_config(**own)).success

    assert len({key.run_id for key in store.keys("backfill_report")} - before) == 2


def test_a_report_of_the_same_days_has_the_same_bytes(stored, shop):
    _, _, manifest = stored
    _, instance, store = shop

    assert make(DAYS[-1], instance=instance, config=report_config(window_days=5)).success

    again = store.manifest(
        report_key(PARAMETERS, ReportParameters(window_days=5), DAYS[-1], pipeline=tabular)
    )
    assert again.files == manifest.files
    assert again.dagster_run_id != manifest.dagster_run_id


@pytest.mark.slow
def test_the_coverage_has_a_row_for_each_parameter_set(stored, shop):
    _, instance, store = shop
    other = {**GIVEN, "C": 0.5}
    assert train_days(str(DAYS[0]), str(DAYS[0]), instance=instance, **other).success
    assert make(DAYS[-1], instance=instance, config=report_config(window_days=5)).success

    document = store.load(report_key(PARAMETERS, ReportParameters(window_days=5), DAYS[-1], pipeline=tabular))

    rows = {row["label"].partition(" ")[2]: list(row["values"]) for row in document["coverage"]["sets"]}
    same = "source=shop lookback_days=91 holdout_days=10"
    assert rows == {_sorted(same): [str(d) for d in DAYS[:3]], _sorted(f"{same} C=0.5"): [str(DAYS[0])]}


def _sorted(label):
    return " ".join(sorted(label.split()))


def test_a_day_that_is_mended_is_done_in_the_next_report(stored, shop, trained):
    zone, instance, store = shop
    mend(zone)
    assert train_days(str(BAD), str(BAD), instance=instance, **GIVEN).success

    assert make(DAYS[-1], instance=instance, config=report_config(window_days=5)).success

    document = store.load(report_key(PARAMETERS, ReportParameters(window_days=5), DAYS[-1], pipeline=tabular))
    assert [day["status"] for day in document["days"]][3] == "made"
    assert document["errors"] == []


def test_a_window_does_not_reach_before_the_first_day(shop, trained, monkeypatch):
    _, instance, store = shop
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", str(DAYS[1]))

    assert make(DAYS[2], instance=instance, config=report_config()).success

    document = store.load(report_key(PARAMETERS, ReportParameters(), DAYS[2], pipeline=tabular))
    assert (document["first"], document["asked"]) == (str(DAYS[1]), 2)


def test_a_backfill_of_reports_makes_one_a_day_in_one_run(shop, trained):
    _, instance, store = shop
    span = {
        "dagster/asset_partition_range_start": str(DAYS[0]),
        "dagster/asset_partition_range_end": str(DAYS[1]),
    }
    result = defs.resolve_job_def("report").execute_in_process(
        tags=span, run_config=report_config(window_days=2), instance=instance, raise_on_error=False
    )

    assert result.success, failure_of(result)
    made = materializations(result)
    for day in DAYS[:2]:
        key = report_key(PARAMETERS, ReportParameters(window_days=2), day, pipeline=tabular)
        assert made["backfill_report", str(day)].metadata["run_id"].value == key.run_id
        assert store.load(key)["last"] == str(day)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"window_days": 367}, "window_days: too large. Allowed: a whole number from 1 to 366."),
        ({"metric": "AKIAIOSFODNN7EXAMPLE"}, "metric: looks like a credential."),
        ({"window_day": 3}, "window_day: unknown parameter. Did you mean window_days?"),
    ],
)
def test_a_bad_parameter_of_the_report_is_refused_before_a_run_exists(own, words):
    instance = dg.DagsterInstance.ephemeral()

    with pytest.raises(LaunchRefusedError) as error:
        make(DAYS[-1], instance=instance, config=report_config({}, **own))

    assert words in str(error.value)
    assert "AKIA" not in str(error.value)
    assert instance.get_runs_count() == 0


@pytest.mark.parametrize("typed", ["backfill_reprt", "backfill_report"])
def test_a_mistyped_op_of_an_asset_backfill_is_stopped_by_the_guard_and_a_right_one_passes(typed):
    """Dagster drops what it does not know in the runs of an asset backfill; the raw run config keeps it."""
    instance = dg.DagsterInstance.ephemeral()
    config = {"resources": {"params": {"config": {}}}, "ops": {typed: {"config": {"window_days": 2}}}}
    job = defs.resolve_implicit_global_asset_job_def()

    if typed == "backfill_report":
        done = make("2025-12-01", instance=instance, config=config, job=job.name, asset_selection=SELECTION)
        assert done.success, failure_of(done)
        return
    from ml_assets.adapter.guard import guard

    with pytest.raises(RefusedError, match=r"Did you mean ops.backfill_report\?"):
        guard(config, resources=job.resource_defs, ops=[node.name for node in job.nodes])


SELECTION = [dg.AssetKey("backfill_report")]


def test_the_launchpad_shows_the_reports_own_parameters_and_what_is_allowed():
    fields = defs.resolve_assets_def("backfill_report").node_def.config_schema.config_type.fields

    assert fields["window_days"].config_type.given_name == "(a whole number from 1 to 366)"
    assert (fields["window_days"].default_value, fields["metric"].default_value) == (14, "roc_auc")


def test_the_plain_function_takes_outcomes_and_loads_neither_dagster_nor_matplotlib(stored, shop):
    _, _, store = shop
    workspace = open_workspace(load_settings(), pipeline=tabular)
    assert workspace.store == store

    found = read_report(
        PARAMETERS,
        DAYS,
        workspace=workspace,
        outcomes={DAYS[0]: ("failed", "no rows"), DAYS[1]: ("reused", "")},
        pipeline=tabular,
    )

    assert [day.status for day in found.days][:3] == ["failed", "reused", "made"]
    assert found.errors[0].reason == "no rows"
    assert found.days[0].metrics == {}


def test_a_damaged_evaluation_makes_its_day_failed_with_the_reason(stored, shop):
    _, _, store = shop
    key = next(key for key in store.keys("evaluation") if key.run_id == run_id(PARAMETERS, DAYS[2]))
    path = Path(store.uri(key)) / "manifest.json"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"reuse', b'"x').replace(b'"roc_auc":0', b'"roc_auc":1'))

    found = read_report(
        PARAMETERS,
        DAYS,
        workspace=open_workspace(load_settings(), pipeline=tabular),
        pipeline=tabular,
    )
    path.write_bytes(whole)

    assert found.days[2].status == "failed"
    assert "is corrupt" in found.errors[0].reason


def test_where_the_environment_is_not_the_usual_one_the_retry_names_it(shop):
    found = read_report(
        PARAMETERS,
        DAYS,
        workspace=open_workspace(load_settings(), pipeline=tabular, environment="blue"),
        pipeline=tabular,
    )

    assert found.retry[0].endswith("--environment blue")
    assert found.counts["missing"] == 5


def test_the_command_prints_the_report_and_writes_nothing(stored, shop, capsys):
    from ml_assets.cli.main import main

    _, _, store = shop
    before = sorted(Path(store.root).rglob("*"))
    words = ["report", "--from", str(DAYS[0]), "--to", str(DAYS[-1])]
    flags = ["--source", "shop", "--lookback-days", "91", "--holdout-days", "10"]

    assert main([*words, *flags]) == 0
    text = capsys.readouterr().out
    assert main([*words, *flags, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)

    assert "days done" in text
    assert "roc_auc" in text
    assert "ml-assets run --dataset orders --as-of 2025-08-0" in text
    assert document["parameters"]["source"] == "shop"
    assert document["asked"] == 5
    assert sorted(Path(store.root).rglob("*")) == before


def test_the_command_refuses_what_a_backfill_refuses(capsys):
    from ml_assets.cli.main import main

    assert main(["report", "--last", "0", "--max-dept", "3", "--seed", "-1"]) == 2

    told = capsys.readouterr().err
    assert "--last: not a number of days" in told
    assert "--max-dept: unknown flag. Did you mean --max-depth?" in told
    assert "seed: too small" in told


def test_without_days_the_command_reports_the_last_fortnight(capsys):
    from ml_assets.cli.main import main

    assert main(["report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["asked"] == 14


def test_reading_a_report_loads_neither_dagster_nor_matplotlib_nor_scikit_learn():
    from ml_assets_tests.conftest import output_of

    program = (
        "import sys, ml_assets.cli.report;"
        "print(sorted({'dagster', 'sklearn', 'polars', 'matplotlib', 'scipy', 'numpy'} & set(sys.modules)))"
    )

    assert output_of(program) == "[]\n"
