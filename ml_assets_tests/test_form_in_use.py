"""The form as people use it: with keys and with a mouse, at two widths, in the light and in the dark, fed with hostile texts."""

import datetime as dt

import pytest

from ml_assets.pages.form import form_document, form_page
from ml_assets.pages.html import STATIC, content_policy, render
from ml_assets.pipelines.demand import Forecast, demand
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings
from ml_assets_tests.browser import browsing, serious, wait_for
from ml_assets_tests.conftest import REPO
from ml_assets_tests.form_pipelines import HOSTILE, mixed, odd
from ml_assets_tests.test_form import NOW, problems_of, quiet, show

DAY = dt.date(2025, 12, 1)
WIDTHS = (390, 1400)
TALK = """() => { window.told = [];
  document.addEventListener('ml-assets:change', event => window.told.push(event.detail)) }"""
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page():
    """A page of a browser whose clock stands still."""
    with browsing() as opened:
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.clock.set_fixed_time(NOW)
        yield opened


@pytest.fixture
def presets(tmp_path):
    (tmp_path / "presets").symlink_to(REPO / "presets")


def run_id_of(page):
    return page.inner_text("#run-id")


def is_folded(page, name):
    return page.evaluate("id => Boolean(document.getElementById(id).closest('details'))", f"field-{name}")


def test_the_run_id_the_command_and_the_link_follow_what_is_typed(page, tmp_path):
    with quiet(page):
        show(page, tmp_path, demand, as_of=DAY)
        before = run_id_of(page)
        page.get_by_label("weeks", exact=True).fill("26")

        assert before == demand.run_id(Forecast(), DAY)
        assert run_id_of(page) == demand.run_id(Forecast(weeks=26), DAY)
        assert "--weeks 26" in page.get_by_role("group", name="Shell command").inner_text()
        assert "weeks%3A" in page.get_by_role("link", name="Open in Dagster").get_attribute("href").replace(
            "weeks:", "weeks%3A"
        )


def test_what_the_chosen_value_does_not_use_is_folded_away_and_not_sent(page, tmp_path):
    with quiet(page):
        show(page, tmp_path, tabular, fragment="model_version=v2&max_depth=6")
        page.get_by_role("radio", name="v1").check(force=True)

        assert is_folded(page, "max_depth")
        assert not is_folded(page, "C")
        assert (
            page.get_by_text("9 parameters are not used now; 1 of them has a value that is not sent").count()
            == 1
        )
        assert problems_of(page) == []
        assert "max_depth" not in page.get_by_role("link", name="Open in Dagster").get_attribute("href")
        line = "max_depth: not used by model_version v1. Allowed: leave it out, or use v2."
        assert page.text_content("#problem-max_depth") == line

        page.get_by_role("radio", name="v2").check(force=True)
        assert not is_folded(page, "max_depth")
        assert page.input_value("#input-max_depth") == "6"


def test_what_differs_from_the_default_is_marked_and_goes_back_with_a_button(page, tmp_path):
    with quiet(page):
        show(page, tmp_path, demand, as_of=DAY)
        page.get_by_label("weeks", exact=True).fill("26")
        marked = page.locator(".is-changed .name").all_inner_texts()
        page.locator("#field-weeks").get_by_role("button", name="Reset weeks to 52").click()

        assert marked == ["weeks"]
        assert page.locator(".is-changed").count() == 0
        assert page.input_value("#input-weeks") == "52"
        assert page.evaluate("document.activeElement.id") == "input-weeks"
        assert run_id_of(page) == demand.run_id(Forecast(), DAY)


def test_a_problem_is_told_at_its_field_and_leads_there(page, tmp_path):
    with quiet(page):
        show(page, tmp_path, demand, fragment="method=ets")
        page.get_by_label("season", exact=True).fill("9999")
        line = "season: too large. Allowed: a whole number from 2 to 366."

        assert problems_of(page) == [line]
        assert page.inner_text("#problem-season") == line
        assert page.get_attribute("#input-season", "aria-invalid") == "true"
        assert "problem-season" in page.get_attribute("#input-season", "aria-describedby")
        assert page.locator("#actions a[aria-disabled=true]:not([href])").count() == 1
        page.locator("#problems button").click()
        assert page.evaluate("document.activeElement.id") == "input-season"
        wait_for(lambda: page.text_content("#status") == "1 problem")


def test_a_preset_fills_the_form_in(page, tmp_path, presets):
    with quiet(page):
        show(page, tmp_path, tabular, as_of=DAY)
        page.get_by_label("Start from a preset").select_option("customers_v2")

        drawn = tabular.parameters(dataset="customers", model_version="v2", max_depth=5)
        assert run_id_of(page) == tabular.run_id(drawn, DAY)
        assert "Gradient boosting" in page.inner_text("#about-preset")
        page.get_by_label("max_depth", exact=True).fill("6")
        assert page.input_value("#input-preset") == ""


def test_an_address_fills_the_form_in_and_follows_it(page, tmp_path):
    with quiet(page):
        show(page, tmp_path, demand, fragment="weeks=26&as_of=2025-12-01&sho=south")

        assert page.input_value("#input-weeks") == "26"
        assert page.inner_text("#notes") == "sho: unknown parameter. Did you mean shop?"
        page.get_by_label("weeks", exact=True).fill("27")
        wait_for(lambda: page.evaluate("location.hash") == "#weeks=27&as_of=2025-12-01")
        page.evaluate("location.hash = '#weeks=28'")
        wait_for(lambda: page.input_value("#input-weeks") == "28")
        page.evaluate("location.hash = '#main'")
        assert page.input_value("#input-weeks") == "28"


def test_others_are_told_of_each_change_and_may_add_problems(page, tmp_path):
    with quiet(page):
        show(page, tmp_path, mixed, as_of=DAY)
        page.evaluate(TALK)
        page.get_by_label("weights", exact=True).fill('{"b": 3, "a": 1}')
        page.get_by_label("hidden", exact=True).fill("0")
        good, bad = page.evaluate("window.told")

        parameters = mixed.parameters(weights={"b": 3, "a": 1})
        assert good == {
            "parameters": {"mode": "plain", "order": 2, "weights": {"a": 1, "b": 3}},
            "as_of": "2025-12-01",
            "environment": "dev",
            "run_id": mixed.run_id(parameters, DAY),
            "problems": [],
        }
        assert (bad["run_id"], [each["field"] for each in bad["problems"]]) == (None, ["hidden"])

        page.get_by_label("hidden", exact=True).fill("8")
        page.evaluate("MlAssets.form.setProblems([{field: 'level', message: 'level: of the server.'}])")
        assert problems_of(page) == ["level: of the server."]
        assert page.inner_text("#problem-level") == "level: of the server."
        page.get_by_label("hidden", exact=True).fill("9")
        assert problems_of(page) == []


def test_the_command_is_copied(page, tmp_path):
    with quiet(page):
        show(page, tmp_path, demand, as_of=DAY)
        page.get_by_role("button", name="Copy: Shell command").click()
        page.get_by_text("Copied", exact=True).wait_for()

        command = "ml-assets run --shop north --as-of 2025-12-01 --pipeline demand"
        assert page.evaluate("navigator.clipboard.readText()") == command


def test_all_of_the_form_can_be_reached_and_changed_with_keys(page, tmp_path):
    with quiet(page):
        show(page, tmp_path, demand, as_of=DAY)
        reached = []
        for _ in range(60):
            page.keyboard.press("Tab")
            name = page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()")
            if name == "method" and name not in reached:
                page.keyboard.press("ArrowRight")
            if name == "weeks":
                page.keyboard.press("Control+A")
                page.keyboard.type("30")
            reached.append(name)

        assert reached[0] == "Skip to the content"
        wanted = ["shop", "weeks", "method", "season", "Open in Dagster's launchpad", "Copy"]
        assert [name for name in dict.fromkeys(reached) if name in wanted] == wanted
        assert run_id_of(page) == demand.run_id(Forecast(weeks=30, method="ets"), DAY)


def hostile_preset(folder):
    (folder / "presets" / "odd").mkdir(parents=True)
    text = 'description = "</script><script>window.hacked = 7</script>"\n[parameters]\ntext = "</script>"\n'
    (folder / "presets" / "odd" / "a<b>'.toml").write_text(text)


def test_hostile_texts_reach_the_page_as_text(page, tmp_path):
    hostile_preset(tmp_path)
    with quiet(page):
        show(
            page,
            tmp_path,
            odd,
            fragment="text=</script><script>window.hacked=8</script>&</script>=1&%3Cb%3E=2&as_of=<b>",
        )
        for text in ("</script><script>window.hacked = 3</script>", "\u202eevil", "a\u2028b"):
            page.get_by_label("choice", exact=True).select_option(text)
        page.wait_for_timeout(700)

        assert page.evaluate("window.hacked") is None
        assert page.inner_text("#about-choice").count("<img src=x") == 1
        assert page.inner_text("#notes").startswith("</script>: unknown parameter.")
        assert page.locator("script").count() == page.evaluate("MlAssets.scripts = document.scripts.length")
        assert page.locator("main script, main img, main svg, main b").count() == 0


def test_a_hostile_document_ends_no_element_of_the_page():
    text = form_page(form_document(odd, load_settings()))

    assert HOSTILE not in text
    assert "\u2028" not in text
    assert "\u202e" not in text
    assert text.count("</script>") == text.count("<script")


def test_nothing_but_the_scripts_of_the_page_runs_in_it(page, tmp_path):
    text = form_page(form_document(demand, load_settings()))
    path = tmp_path / "injected.html"
    injected = "<script>window.hacked = 1</script><style>body { display: none }</style><img src=x onerror='window.hacked = 2'>"
    path.write_text(text.replace("</main>", f"{injected}</main>"), encoding="utf-8")
    blocked = []
    page.once("console", lambda message: blocked.append(message.text))
    page.goto(f"file://{path}")

    asked = page.evaluate("fetch('data:,x').then(() => 'answered', () => 'refused')")
    assert page.evaluate("window.hacked") is None
    assert page.is_visible("#run-id")
    assert "Content Security Policy" in blocked[0]
    assert asked == "refused"


def test_a_page_may_ask_its_own_server_only_where_it_has_one():
    policy = content_policy(["a"], ["b"], connect=True)

    assert "connect-src 'self'" in policy
    assert "connect-src 'none'" in content_policy(["a"], ["b"])
    assert "connect-src &#39;self&#39;" in form_page(
        form_document(demand, load_settings(), server={"api": "/api"})
    )
    assert "unsafe" not in policy


def test_the_scripts_read_no_value_as_html():
    words = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")
    texts = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}

    assert [(name, word) for name, text in texts.items() for word in words if word in text] == []


def test_a_document_that_json_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        render("page.html", {"value": float("nan")}, title="none")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(page, tmp_path, presets, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    fragments = {
        tabular: "model_version=v2&max_depth=99&C=3&seed=7",
        mixed: "mode=yes&flag=maybe",
        odd: "choice=none",
    }

    for pipeline, fragment in fragments.items():
        show(page, tmp_path, pipeline, fragment=fragment)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_shell_writes_the_form(page, shell, tmp_path):
    written = shell(
        "form", "--out", "demand.html", "--pipeline", "demand", "--weeks", "26", "--as-of", "2025-12-01"
    )
    refused = shell(
        "form", "--weeks", "6000", "--pipeline", "demand", "--as-of", "2024-12-01", "--out", "none.html"
    )
    page.goto(f"file://{tmp_path}/demand.html")

    assert (written.returncode, written.stdout) == (
        0,
        "Wrote demand.html. Open it in a browser; it needs no server.\n",
    )
    assert run_id_of(page) == demand.run_id(Forecast(weeks=26), DAY)
    assert refused.returncode == 2
    assert "weeks: too large. Allowed: a whole number from 8 to 520." in refused.stderr
    assert not (tmp_path / "none.html").exists()
