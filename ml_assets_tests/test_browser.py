"""Dagster's pages, as a person uses them: what is typed is what runs, and what went wrong is on the page."""

import shutil
from urllib.parse import urlencode

import pytest

from ml_assets.client import submit_backfill
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.browser import browsing, change_last, keep, wait_for, write
from ml_assets_tests.live import backfills, deployment, runs
from ml_assets_tests.surfaces import DAYS, launch

pytestmark = pytest.mark.browser

JOB = "/locations/__repository__@ml_assets/jobs/train"


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A running deployment, where there is a browser to look at it with."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed")
    with deployment(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture(scope="module")
def page(live):
    """One page for all tests: the first one loads Dagster's scripts, which takes long."""
    with browsing() as opened:
        yield opened


def tags(run):
    """The tags of a run."""
    return {tag["key"]: tag["value"] for tag in run["tags"]}


def block(**parameters):
    """The run config that gives parameters, as one would write it."""
    lines = [f"      {name}: {value}" for name, value in parameters.items()]
    return "\n".join(["resources:", "  params:", "    config:", *lines, ""])


def open_launchpad(page, live):
    """The launchpad of the job."""
    page.goto(f"{live.url}{JOB}/playground")
    page.get_by_role("button", name="Launch Run").wait_for()


def choose_day(page, day):
    """Choose the partition in the launchpad, where its list is there by now."""
    field = page.get_by_placeholder("Partition")
    field.fill(day)
    page.wait_for_timeout(1000)
    if page.get_by_role("menuitem", name=day).count():
        field.press("Enter")
    page.wait_for_timeout(2000)


def fill_launchpad(page, live, *, config, day):
    """Give the launchpad config and a day, once more where a page that was still loading forgot them."""
    open_launchpad(page, live)

    def ready():
        written = page.locator(".CodeMirror-line").all_inner_texts()[:-1] == config.splitlines()
        chosen = page.get_by_text(f"partition: {day}").count() > 0
        if not written:
            write(page, config)
        elif not chosen:
            choose_day(page, day)
        return written and chosen

    wait_for(ready)


def finished(live, *, before=()):
    """The runs that were not there before, once all of them have ended."""
    known = {run["runId"] for run in before}

    def ended():
        new = [run for run in runs(live) if run["runId"] not in known]
        return new if new and all(run["status"] in {"SUCCESS", "FAILURE"} for run in new) else None

    return wait_for(ended, seconds=300)


def test_the_launchpad_shows_every_parameter_with_its_default_and_what_is_allowed(page, live):
    open_launchpad(page, live)
    line = page.locator(".CodeMirror-line", has_text="dataset")

    line.click()
    page.get_by_text("Which rows, by the source").wait_for()

    editor = page.locator(".CodeMirror-code").inner_text()
    schema = page.locator("body").inner_text()
    names = [name for name in TrainingParameters.model_fields if f"{name}:" in editor]
    assert "params:" in editor
    assert names == sorted(names, key=lambda name: editor.index(f" {name}:"))
    assert "max_depth" not in names
    assert line.inner_text().strip() == "dataset: orders"
    assert "dataset?: (small letters, digits and _, starting with a letter, at most 40)" in schema
    assert "max_depth?: (a whole number from 1 to 16)" in schema
    assert "model_version?: (v1, v2, v3)" in schema
    keep(page, "launchpad")


def test_a_value_out_of_range_is_refused_on_the_page_and_no_run_is_created(page, live):
    before = runs(live)
    fill_launchpad(
        page, live, config=block(model_version="v2", max_depth=99, lookback_days=1), day="2025-12-01"
    )

    page.get_by_role("button", name="Launch Run").click()
    reason = page.get_by_text("max_depth: too large. Allowed: a whole number from 1 to 16.").first
    reason.wait_for()

    text = page.inner_text("body")
    assert "Refused: 2 problems. Nothing was started." in text
    assert "lookback_days: too small. Allowed: a whole number from 2 to 3650." in text
    assert not [word for word in ("LaunchRefusedError", "Stack", ".py") if word in text]
    keep(page, "refused")
    assert runs(live) == before
    page.goto(f"{live.url}/runs")
    page.get_by_text("No runs to display").or_(page.get_by_text("Launch a run")).first.wait_for()


def test_what_is_typed_in_the_launchpad_is_what_runs(page, live):
    before = runs(live)
    config = block(dataset="customers", model_version="v2", max_depth=3, max_iter=40)
    fill_launchpad(page, live, config=config, day="2025-12-01")

    page.get_by_role("button", name="Launch Run").click()
    (run,) = finished(live, before=before)

    assert run["status"] == "SUCCESS"
    assert "max_depth: 3" in run["runConfigYaml"]
    assert tags(run)["ml_assets/dataset"] == "customers"
    assert tags(run)["dagster/partition"] == "2025-12-01"


def test_the_address_of_a_launchpad_can_fill_it_in(page, live):
    config = block(dataset="customers", max_depth=5, model_version="v2")
    tag = {"tags[0][key]": "dagster/partition", "tags[0][value]": "2025-12-03"}

    page.goto(f"{live.url}{JOB}/playground/setup?{urlencode({'config': config, **tag})}")
    page.get_by_text("partition: 2025-12-03").wait_for()

    assert (
        page.locator(".CodeMirror-line").all_inner_texts()[: len(config.splitlines())] == config.splitlines()
    )


def test_the_runs_page_says_what_each_run_is_a_run_of(page, live):
    (run, *_) = runs(live)

    page.goto(f"{live.url}/runs")
    page.get_by_text(f"ml_assets/run_id: {tags(run)['ml_assets/run_id']}").first.wait_for()

    text = page.inner_text("body")
    assert "ml_assets/dataset: customers" in text
    assert "ml_assets/model_version: v2" in text
    assert "partition: 2025-12-01" in text
    keep(page, "runs")


def test_the_page_of_an_asset_shows_how_good_it_is_and_what_made_it(page, live):
    (run, *_) = runs(live)

    page.goto(f"{live.url}/assets/evaluation?view=partitions&partition=2025-12-01")
    page.get_by_text("made_by_dagster_run").wait_for()

    text = page.inner_text("body")
    assert tags(run)["ml_assets/run_id"] in text
    assert "roc_auc" in text
    assert "max_depth\t3\tgiven" in text
    assert "as_of\t2025-12-01\tpartition" in text
    page.get_by_text("Metadata", exact=True).last.scroll_into_view_if_needed()
    keep(page, "evaluation")


def test_the_plots_of_an_evaluation_are_pictures_on_its_page(page, live):
    page.goto(f"{live.url}/assets/evaluation?view=partitions&partition=2025-12-01")
    page.get_by_text("[Show Markdown]").first.click()

    picture = page.locator("img[src^='data:image/png']").first
    picture.wait_for()

    assert picture.evaluate("image => image.naturalWidth") >= 900
    keep(page, "plots")


SWEEP = {
    "resources": {"params": {"config": {"dataset": "customers", "model_version": "v2", "max_iter": 30}}},
    "ops": {
        "leaderboard": {
            "config": {"grid": {"learning_rate": "0.05,0.1,0.2", "max_depth": "2,4"}, "window_days": 3}
        }
    },
}


def test_the_launchpad_of_a_sweep_shows_its_own_parameters_and_what_is_allowed(page, live):
    page.goto(f"{live.url}{JOB.replace('train', 'sweep')}/playground")
    page.get_by_role("button", name="Launch Run").wait_for()
    line = page.locator(".CodeMirror-line", has_text="metric")

    line.click()
    page.get_by_text("What ranks the trials.").wait_for()

    schema = page.locator("body").inner_text()
    assert line.inner_text().strip() == "metric: roc_auc"
    assert "search?: (grid, random, tpe, halving)" in schema
    assert "window_days?: (a whole number from 1 to 366)" in schema
    keep(page, "sweep_launchpad")


def test_the_page_of_a_leaderboard_shows_the_ranking_and_its_pictures(page, live):
    before = runs(live)
    launch(live, SWEEP, job="sweep")
    (run,) = finished(live, before=before)

    page.goto(f"{live.url}/assets/leaderboard?view=partitions&partition={DAYS[0]}")
    page.get_by_text("made_by_dagster_run").wait_for()
    text = page.inner_text("body")
    keep(page, "leaderboard")
    page.locator("tr", has_text="by_parameter").get_by_text("[Show Markdown]").last.click()
    picture = page.locator("img[src^='data:image/png']").first
    picture.wait_for()
    keep(page, "leaderboard_plot")

    assert run["status"] == "SUCCESS"
    assert tags(run)["ml_assets/run_id"] in text
    assert "mean roc_auc\trun_id\tlearning_rate\tmax_depth" in text
    assert "grid.learning_rate\t0.05,0.1,0.2\tgiven" in text
    assert picture.evaluate("image => image.naturalWidth") >= 600


def open_backfill(page, live):
    """The dialog of a backfill of three days, with its section for config open."""
    page.goto(f"{live.url}{JOB}/partitions")
    page.get_by_role("button", name="Materialize").first.click()
    page.get_by_text("Show all partitions").click()
    field = page.get_by_role("dialog").locator("input[type=text]").first
    field.fill("[2025-12-01...2025-12-03]")
    field.press("Enter")
    page.get_by_text("3 partitions").first.wait_for()
    page.get_by_role("dialog").get_by_text("Config", exact=True).click()


def give_config(page, text):
    """Write the config of a backfill into its dialog."""
    page.get_by_role("button", name="Add config").click()
    write(page, text)
    page.get_by_text("Remove extra config").wait_for()


def test_a_backfill_of_three_days_runs_with_the_config_of_its_dialog(page, live):
    before = runs(live)
    open_backfill(page, live)
    keep(page, "backfill")
    give_config(page, block(lookback_days=120))
    keep(page, "backfill_config")
    page.get_by_role("button", name="Save config").click()

    page.get_by_role("button", name="Launch backfill").click()
    made = finished(live, before=before)

    assert {run["status"] for run in made} == {"SUCCESS"}
    assert all("lookback_days: 120" in run["runConfigYaml"] for run in made)
    assert len(list(live.artifacts.glob("model_card/*/dataset=orders/*/run=*/manifest.json"))) == 3


def test_a_backfill_with_a_bad_value_fails_with_the_reasons_on_its_page_and_without_a_run(page, live):
    before, known = runs(live), {one["id"] for one in backfills(live)}
    open_backfill(page, live)
    give_config(page, block(model_version="v2", max_depth=99, lookback_days=1))
    page.get_by_role("button", name="Save config").click()

    page.get_by_role("button", name="Launch backfill").click()
    (made,) = wait_for(
        lambda: [b for b in backfills(live) if b["id"] not in known and b["status"] == "FAILED"]
    )
    page.goto(f"{live.url}/runs/b/{made['id']}")
    page.get_by_text("Failed", exact=True).first.click()
    page.get_by_text("max_depth: too large. Allowed: a whole number from 1 to 16.").first.wait_for()

    text = page.inner_text("body")
    assert "Refused: 2 problems. Nothing was started." in text
    assert "lookback_days: too small. Allowed: a whole number from 2 to 3650." in text
    assert not [word for word in ("LaunchRefusedError", "Stack", ".py") if word in text]
    keep(page, "refused_backfill")
    assert runs(live) == before


def test_the_row_of_a_backfill_says_what_it_is_about(page, live):
    made = submit_backfill(
        live.url, parameters={"lookback_days": 150}, first=DAYS[0], last=DAYS[1], timeout_seconds=300
    )

    page.goto(f"{live.url}/runs")
    page.get_by_text(made["backfill_id"]).first.wait_for()
    page.get_by_text("ml_assets/dataset: orders").first.wait_for()
    row = page.inner_text("body").partition(made["backfill_id"])[2].partition("partitions")[0]

    assert "ml_assets/dataset: orders" in row
    assert "ml_assets/model_version: v1" in row


def test_a_sensor_that_is_turned_on_launches_a_run_for_a_file(page, live):
    before = runs(live)
    folder = live.home.parent / "requests"
    folder.mkdir()
    (folder / "one.toml").write_text("lookback_days = 120\nas_of = 2025-11-01\n")
    page.goto(f"{live.url}/locations/ml_assets/sensors/request_files")

    page.get_by_role("switch").or_(page.locator("label:has(input[type=checkbox])")).first.click()
    (run,) = finished(live, before=before)
    page.reload()
    page.get_by_text("1 run").or_(page.get_by_text("Requested (1)")).first.wait_for()

    assert run["status"] == "SUCCESS"
    assert tags(run)["dagster/sensor_name"] == "request_files"
    assert "lookback_days: 120" in run["runConfigYaml"]
    keep(page, "sensor")


FILLED_IN = "the launchpad, filled in"
CLICKS = "addEventListener('pointerdown', () => sessionStorage.clicks = 1 + Number(sessionStorage.clicks || 0), true)"


def lines(page):
    """What is filled into the launchpad, once it is there."""
    page.get_by_role("button", name="Launch Run").wait_for()
    page.locator(".CodeMirror-line").first.wait_for()
    return [line for line in page.locator(".CodeMirror-line").all_inner_texts() if line.strip("\u200b ")]


def open_partition(page, live, asset, day):
    """The page of one day of an asset."""
    page.goto(f"{live.url}/assets/{asset}?view=partitions&partition={day}")
    page.get_by_text("made_by_dagster_run").wait_for()


def test_from_a_materialization_to_a_changed_run_it_is_three_clicks_and_one_number(page, live):
    known = runs(live)
    given = {"model_version": "v2", "max_iter": 30, "max_depth": 3}
    launch(live, {"resources": {"params": {"config": given}}}, job="train")
    (made,) = finished(live, before=known)
    before = runs(live)
    page.add_init_script(CLICKS)
    open_partition(page, live, "evaluation", DAYS[0])

    page.get_by_role("link", name=FILLED_IN).click()
    shown = lines(page)
    page.get_by_text(f"partition: {DAYS[0]}").wait_for()
    change_last(page, "max_depth", "4")
    page.get_by_role("button", name="Launch Run").click()
    clicks = page.evaluate("Number(sessionStorage.clicks)")
    (run,) = finished(live, before=before)

    assert made["status"] == run["status"] == "SUCCESS"
    assert clicks == 3
    assert "max_depth: 3" in [line.strip() for line in shown]
    assert not [line for line in shown if line.strip().startswith(("C:", "n_estimators:"))]
    assert "max_depth: 4" in run["runConfigYaml"]
    assert "max_iter: 30" in run["runConfigYaml"]
    assert tags(run)["dagster/partition"] == DAYS[0]


def test_the_rows_of_a_leaderboard_open_the_launchpads_of_a_run_and_of_a_promotion(page, live):
    open_partition(page, live, "leaderboard", DAYS[0])
    best = page.locator("tr", has_text="ranking").locator("table tbody tr").first.inner_text().split("\t")
    page.locator("tr", has_text="launch a trial").get_by_text("[Show Markdown]").last.click()

    page.get_by_role("link", name="run on other days").first.click()
    run = [line.strip() for line in lines(page)]
    run_at = page.url
    page.go_back()
    page.locator("tr", has_text="launch a trial").get_by_text("[Show Markdown]").last.click()
    page.get_by_role("link", name="promote", exact=True).first.click()
    promotion = [line.strip() for line in lines(page)]

    assert "/jobs/train/playground" in run_at
    assert {
        "dataset: customers",
        "max_iter: 30",
        f"learning_rate: {best[3]}",
        f"max_depth: {best[4]}",
    } <= set(run)
    assert page.get_by_text("partition: ").count() == 0
    assert "/jobs/promote/playground" in page.url
    assert [line.replace('"', "") for line in promotion] == [
        "ops:",
        "promotion:",
        "config:",
        f"model: {best[2]}",
    ]


def test_a_report_and_another_pipeline_open_the_launchpads_of_their_own_jobs(page, live):
    before = runs(live)
    own = {"ops": {"backfill_report": {"config": {"window_days": 3}}}}
    launch(live, {"resources": {"params": {"config": {"lookback_days": 120}}}, **own}, job="report")
    launch(live, {"resources": {"demand_params": {"config": {"weeks": 9, "shop": "south"}}}}, job="demand")
    wait_for(lambda: len(runs(live)) == len(before) + 2)
    assert {run["status"] for run in finished(live, before=before)} == {"SUCCESS"}

    open_partition(page, live, "backfill_report", DAYS[0])
    page.get_by_role("link", name=FILLED_IN).click()
    report = [line.strip() for line in lines(page)]
    report_at = page.url
    page.goto(f"{live.url}/assets/demand/forecast?view=partitions&partition={DAYS[0]}")
    page.get_by_role("link", name=FILLED_IN).click()
    demand = lines(page)

    assert "/jobs/report/playground" in report_at
    assert {"lookback_days: 120", "backfill_report:", "window_days: 3"} <= set(report)
    assert "/jobs/demand/playground" in page.url
    assert demand == [
        "resources:",
        "  demand_params:",
        "    config:",
        "      source: sample",
        "      shop: south",
        "      weeks: 9",
        "      method: naive",
    ]
