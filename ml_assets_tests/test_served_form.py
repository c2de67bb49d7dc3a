"""The form that the webserver serves, used as a person does: told what is wrong, shown what there is, and launched from."""

import shutil

import pytest

from ml_assets.core.problems import diagnose
from ml_assets.pipeline.run import make, resolve
from ml_assets.pipelines.demand import demand
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.browser import SIZE, browsing, serious, wait_for
from ml_assets_tests.live import backfills, runs
from ml_assets_tests.served import another_webserver, pipelines, serving
from ml_assets_tests.surfaces import ENDED

pytestmark = pytest.mark.browser
MADE = """query($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset {
  assetMaterializations(limit: 50) { partition runId } } } }"""
BAD = {
    "tabular": ("holdout_days", "4000"),
    "demand": ("weeks", "7"),
    "small": ("level", "1.5"),
}
REFUSED = "Failed to load resource: the server responded with a status of"  # of what is refused
NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def known(shop):
    """The pipelines that are served, by name."""
    with pipelines(shop) as found:
        yield found


@pytest.fixture(scope="module")
def live(shop, known):
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed")
    with serving(shop) as running:
        yield running


@pytest.fixture(scope="module")
def page(live):
    with browsing() as opened:
        errors = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        yield opened
        assert [text for text in errors if not text.startswith(REFUSED)] == []


def open_form(page, live, name):
    """The form of a pipeline, once the server has told of it what it knows."""
    page.goto("about:blank")  # a form keeps what was typed in its address
    page.goto(f"{live.url}/ml-assets/form/{name}")
    planned(page)


def planned(page):
    page.locator("#plan h3").wait_for()
    return page.locator("#plan").inner_text()


def fill_in(page, name, text):
    page.locator(f"#input-{name}").fill(text)


def problems(page):
    return page.locator("#problems li").all_inner_texts()


def ended(live, ids):
    """The status of these runs once all have ended."""
    found = {run["runId"]: run["status"] for run in runs(live) if run["runId"] in ids}
    return found if len(found) == len(ids) and set(found.values()) <= ENDED else None


def launched(page, text):
    """The link to what was launched by a button, once it is there."""
    count = page.locator(".launches li").count()
    page.get_by_role("button", name=text, exact=True).click()
    wait_for(lambda: page.locator(".launches li").count() > count)
    return page.locator(".launches li a").first.get_attribute("href")


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_told_before_a_launch_in_the_words_of_every_surface(page, live, known, name):
    field, text = BAD[name]
    open_form(page, live, name)

    fill_in(page, field, text)
    page.locator("#problems li").wait_for()

    value = float(text) if "." in text else int(text)
    _, lines = diagnose({field: value}, known[name].parameters)
    assert problems(page) == lines
    assert page.get_by_role("button", name="Launch run", exact=True).is_disabled()
    assert runs(live) == []
    fill_in(page, field, "")
    page.get_by_role("button", name="Reset", exact=False).first.click()
    planned(page)
    assert problems(page) == []


def test_what_only_the_server_knows_is_told_while_one_types(page, live):
    open_form(page, live, "tabular")

    fill_in(page, "source", "nowhere")
    page.locator("#problems li").wait_for()

    assert problems(page)[0].startswith("source: unknown. Known: sample, shop.")
    assert page.get_by_role("button", name="Launch run", exact=True).is_disabled()


def test_a_run_is_launched_from_the_form_and_then_reused(page, live):
    open_form(page, live, "tabular")
    fill_in(page, "as_of", "2025-12-01")
    fill_in(page, "lookback_days", "120")
    assert "Plan: 1 new in dev" in planned(page)
    run_id = page.locator("#run-id").inner_text()

    link = launched(page, "Launch run")
    status = wait_for(lambda: ended(live, [link.rsplit("/", 1)[1]]), seconds=300)

    assert [*status.values()] == ["SUCCESS"]
    assert list((live.artifacts / "model").rglob(f"run={run_id}/manifest.json"))
    open_form(page, live, "tabular")
    fill_in(page, "as_of", "2025-12-01")
    fill_in(page, "lookback_days", "120")
    wait_for(lambda: "Plan: 1 reused in dev" in page.locator("#plan").inner_text())
    assert "nothing to compute" in page.locator("#plan").inner_text()


def test_fourteen_days_are_backfilled_from_the_form(page, live):
    open_form(page, live, "demand")
    page.get_by_label("Several days").check()
    fill_in(page, "from", "2025-11-01")
    fill_in(page, "to", "2025-11-14")
    assert "Plan: 14 new in dev" in planned(page)

    link = launched(page, "Launch backfill")
    backfill = link.rsplit("/", 1)[1]
    states = wait_for(
        lambda: [
            each["status"] for each in backfills(live) if each["id"] == backfill and each["status"] in ENDED
        ],
        seconds=400,
    )

    made = live.ask(MADE, key={"path": ["demand", "accuracy"]})["assetOrError"]["assetMaterializations"]
    assert link == f"/runs/b/{backfill}"
    assert states == ["COMPLETED_SUCCESS"]
    assert sorted(event["partition"] for event in made) == [f"2025-11-{n:02}" for n in range(1, 15)]


def test_a_sweep_is_launched_from_the_form(page, live):
    open_form(page, live, "small")
    fill_in(page, "as_of", "2025-12-01")
    page.get_by_text("Sweep: many values, ranked").click()
    page.locator("#sweep-axes").fill("level=0.25,2")
    page.locator("#problems li").wait_for()
    told = problems(page)
    page.locator("#sweep-axes").fill("level=0.25,0.75\ndays=7,14")
    assert "Plan: 4 new in dev" in planned(page)

    link = launched(page, "Launch sweep")
    status = wait_for(lambda: ended(live, [link.rsplit("/", 1)[1]]), seconds=300)

    made = live.ask(MADE, key={"path": ["small", "leaderboard"]})["assetOrError"]["assetMaterializations"]
    assert told[0].startswith("level: ")
    assert [*status.values()] == ["SUCCESS"]
    assert [event["partition"] for event in made] == ["2025-12-01"]


def test_a_refusal_that_comes_only_at_the_launch_is_told_in_our_words(page, live):
    open_form(page, live, "small")
    count = len(runs(live))
    with page.expect_request("**/graphql"):
        page.route("**/prepare", with_bad_value)
        page.get_by_role("button", name="Launch run", exact=True).click()
    page.locator("#problems li").wait_for()
    page.unroute("**/prepare")

    assert problems(page) == ["days: too large. Allowed: a whole number from 1 to 60."]
    assert "Nothing was started." in page.locator("#actions [role=status]").inner_text()
    assert len(runs(live)) == count


def with_bad_value(route):
    """As if the code server had other rules than this one by now."""
    answer = route.fetch()
    told = answer.json()
    told["request"]["variables"]["params"]["runConfigData"]["resources"]["small_params"]["config"] = {
        "days": 99
    }
    route.fulfill(response=answer, json=told)


def test_an_answer_that_comes_late_is_not_shown(page, live):
    open_form(page, live, "small")
    with page.expect_request("**/plan"):
        fill_in(page, "level", "0.4")
    fill_in(page, "level", "3")
    page.locator("#problems li").wait_for()

    page.wait_for_timeout(8000)  # longer than a plan takes

    assert page.locator("#plan").inner_text() == ""


def test_a_server_that_only_shows_says_why_nothing_can_be_launched(page, live, shop):
    words = ("--read-only", "--path-prefix", "/team")
    with another_webserver(live, shop / "workspace.yaml", *words) as read_only:
        open_form(page, read_only, "small")
        page.get_by_text("Sweep: many values, ranked").click()

        buttons = [page.get_by_role("button", name=f"Launch {kind}", exact=True) for kind in ("run", "sweep")]
        why = page.locator("#why-not").inner_text()
        assert all(button.is_disabled() for button in buttons)
        assert all(button.get_attribute("aria-describedby") == "why-not" for button in buttons)
        assert "started with --read-only" in why
        assert "/team/locations/" in page.get_by_text("Open in Dagster's launchpad").get_attribute("href")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [SIZE, NARROW], ids=["wide", "narrow"])
def test_nothing_keeps_people_from_using_the_pages(page, live, size, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    found = []
    try:
        page.goto(f"{live.url}/ml-assets/")
        found += serious(page)
        open_form(page, live, "small")
        page.get_by_text("Sweep: many values, ranked").click()
        page.locator("#sweep-axes").fill("level=0.25,0.75")
        planned(page)
        found += serious(page)
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    finally:
        page.set_viewport_size(SIZE)
        page.emulate_media(color_scheme="light")

    assert found == []
    assert not wide


def test_the_form_is_used_by_keyboard_alone(page, live):
    open_form(page, live, "small")
    field = page.locator("#input-level")
    field.focus()
    field.press("Control+A")
    page.keyboard.type("0.35")
    planned(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Launch run":
            break

    count = len(runs(live))
    page.keyboard.press("Enter")

    wait_for(lambda: len(runs(live)) == count + 1)


def test_the_runs_are_served_and_lead_to_the_form_filled_in(page, live):
    store = ArtifactStore(str(live.artifacts))
    asked = [resolve(demand, {"weeks": weeks}, as_of="2025-01-15") for weeks in (21, 22)]
    for run in asked:
        make(run, store=store)
    first, second = (run.run_id for run in asked)

    page.goto(f"{live.url}/ml-assets/runs/demand?where=as_of=2025-01-15")
    for run_id in (first, second):
        page.locator(f"#tick-{run_id}").check()
    page.locator("#compare").click()
    page.locator("#compare-heading").wait_for()

    assert page.locator("#parameters .differs").all_inner_texts() == ["weeks\t21\t22"]
    assert serious(page) == []
    page.get_by_role("link", name=f"Form run {second}").click()
    page.locator("#run-id").wait_for()
    wait_for(lambda: page.locator("#input-weeks").input_value() == "22")
