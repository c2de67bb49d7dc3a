"""The walk of a newcomer, in one go: a run, the form, its page, a changed run, a backfill, a leaderboard, a promotion."""

import os
import shutil
import subprocess
import sys

import pytest

from ml_assets_tests.browser import browsing, change_last, wait_for
from ml_assets_tests.conftest import REPO
from ml_assets_tests.live import backfills, deployment, runs
from ml_assets_tests.served import UI
from ml_assets_tests.surfaces import ENDED

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DAY = "2025-12-01"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The folder in which the newcomer works."""
    return tmp_path_factory.mktemp("newcomer")


@pytest.fixture(scope="module")
def live(place):
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed")
    with deployment(place, command=UI, ML_ASSETS_ENVIRONMENTS__DEV__ROOT="artifacts/dev") as running:
        yield running


def shell(live, place, *words):
    """What a command prints, with the settings of the deployment."""
    done = subprocess.run(
        [sys.executable, "-m", "ml_assets.cli.main", *words],
        cwd=place,
        env={**os.environ, **live.environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def all_ended(live):
    """Whether something was launched and all of it has succeeded."""
    found = {run["status"] for run in runs(live)}
    return found if found and found <= ENDED else None


def launched_from_the_form(page, live, button):
    """Press a button of the form, and wait until the link to what it launched is there."""
    before = page.locator(".launches li").count()
    page.get_by_role("button", name=button, exact=True).click()
    wait_for(lambda: page.locator(".launches li").count() > before)


def open_form(page, live, fragment):
    page.goto("about:blank")
    page.goto(f"{live.url}/ml-assets/form/tabular#{fragment}")
    page.locator("#plan h3").wait_for()


def test_from_the_first_command_to_a_model_that_serves(live, place):
    first = shell(live, place, "run", "--as-of", DAY)
    assert "roc_auc" in first
    with browsing() as page:
        # The form: one value is changed, told to be wrong, mended, and launched.
        page.goto(f"{live.url}/ml-assets/")
        page.locator("section", has_text="tabular").get_by_role("link", name="Launch").first.click()
        page.locator("#plan h3").wait_for()
        open_form(page, live, f"as_of={DAY}&model_version=v2")
        page.locator("#input-max_depth").fill("99")
        page.get_by_text("max_depth: too large. Allowed: a whole number from 1 to 16.").first.wait_for()
        page.locator("#input-max_depth").fill("3")
        page.locator("#plan h3").wait_for()
        launched_from_the_form(page, live, "Launch run")
        assert wait_for(lambda: all_ended(live), seconds=300) == {"SUCCESS"}
        count = len(runs(live))

        # Its page in Dagster, and the same again with one value changed: three clicks and one digit.
        page.goto(f"{live.url}/assets/evaluation?view=partitions&partition={DAY}")
        page.get_by_role("link", name="the launchpad, filled in").click()
        page.get_by_text(f"partition: {DAY}").wait_for()
        change_last(page, "max_depth: 3", "5")
        page.get_by_role("button", name="Launch Run").click()
        wait_for(lambda: len(runs(live)) > count and all_ended(live), seconds=300)
        assert "max_depth: 5" in runs(live)[0]["runConfigYaml"]

        # A backfill and a sweep, from the form.
        open_form(page, live, f"from=2025-11-29&to={DAY}")
        launched_from_the_form(page, live, "Launch backfill")
        wait_for(lambda: backfilled(live), seconds=300)
        open_form(page, live, f"as_of={DAY}&model_version=v2")
        page.get_by_text("Sweep: many values, ranked").click()
        page.locator("#sweep-axes").fill("max_depth=3,5")
        wait_for(lambda: "2 reused" in page.locator("#plan").inner_text())
        launched_from_the_form(page, live, "Launch sweep")
        wait_for(lambda: all_ended(live), seconds=300)
        page.goto(f"{live.url}/ml-assets/runs/tabular?where=model_version%3Dv2")
        page.get_by_text("2 runs").first.wait_for()

    best = shell(live, place, "leaderboard")
    assert "max_depth" in best
    model = next(run for run in runs(live) if "max_depth: 5" in run["runConfigYaml"])
    tags = {tag["key"]: tag["value"] for tag in model["tags"]}
    shell(live, place, "promote", tags["ml_assets/run_id"], "--from", "dev")
    shell(live, place, "switch")
    assert tags["ml_assets/run_id"] in shell(live, place, "live")


def backfilled(live):
    """Whether every backfill has ended well."""
    found = backfills(live)
    return found and all(item["status"] == "COMPLETED_SUCCESS" for item in found)


def test_the_readme_begins_with_what_the_walk_does():
    first_screen = "\n".join((REPO / "README.md").read_text().splitlines()[:45])

    for words in ("make run", "make dev", "/ml-assets/", "docs/images/form.gif"):
        assert words in first_screen
