"""The page of runs in chromium, as a file and from a server: sort, filter, tick, compare, by keyboard too."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

from ml_assets.pages.runs import StoredRuns, runs_page
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.browser import browsing, serious
from ml_assets_tests.noted import document, stored
from ml_assets_tests.test_runs_page import file_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOSTILE = """</script><img src=x onerror="document.title='hit'">'\u202e\u2066"""
SETS = ({"rate": 1}, {"rate": 3, "steps": [1, 2]}, {"rate": 2, "note": HOSTILE, "weights": {"<b>": 1}})


@pytest.fixture(scope="module")
def page():
    """One browser for all tests."""
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def runs(page, tmp_path_factory):
    """Three parameter sets on two days; without a browser nothing is made."""
    return stored(ArtifactStore(str(tmp_path_factory.mktemp("runs"))), *SETS, days=2)


@pytest.fixture(params=["file", "server"])
def address(request, runs, tmp_path):
    """Where the page is: a file, or a server that answers each address."""
    if request.param == "file":
        place = tmp_path / "runs.html"
        place.write_text(runs_page(file_of(runs)), encoding="utf-8")
        yield f"file://{place}"
        return

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = runs_page(document(runs, **dict(parse_qsl(urlsplit(self.path).query)))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/runs"
        server.shutdown()
        thread.join()


def column(page, name):
    heads = [
        text.split("\n")[0].strip(" ▲▼") for text in page.locator("table.runs thead th").all_inner_texts()
    ]
    return [
        row.locator("th, td").nth(heads.index(name)).inner_text().split("\n")[0].split("best")[0].strip()
        for row in page.locator("table.runs tbody tr").all()
    ]


def test_runs_are_sorted_and_filtered_and_a_wrong_filter_is_refused(page, address):
    page.goto(address)
    page.locator("#sort-rate").click()
    page.locator("th[aria-sort=descending] #sort-rate").wait_for()
    assert column(page, "rate") == ["3", "3", "2", "2", "1", "1"]

    page.locator("#where").fill("rate<3 as_of=2025-12-02")
    page.keyboard.press("Enter")
    page.get_by_text("2 runs, by rate, largest first").first.wait_for()
    assert column(page, "rate") == ["2", "1"]

    page.locator("#where").fill("zzzz=1 loud>true")
    page.keyboard.press("Enter")
    page.get_by_text("where: loud has no order. Allowed: = and !=.").wait_for()
    names = "note, count, rate, loud, pitch, steps, weights"
    assert page.locator("#where-problems p").first.inner_text() == f"where: zzzz is unknown. Known: {names}."
    assert page.locator("table.runs").count() == 0


def test_two_ticked_runs_are_compared_by_keyboard_alone(page, address):
    page.goto(
        f"{address}{'#' if address.startswith('file') else '?'}where=steps!%3D%5B9%5D+as_of%3D2025-12-02"
    )
    for rate in ("3", "1"):
        row = column(page, "rate").index(rate)
        page.locator("table.runs tbody input").nth(row).focus()
        page.keyboard.press("Space")
    page.locator("#compare").focus()
    page.keyboard.press("Enter")
    page.locator("#compare-heading").wait_for()

    differ = page.locator("#parameters .differs").all_inner_texts()
    assert [text.split("\t") for text in differ] == [["rate", "3", "1"], ["steps", "[1,2]", "[]"]]
    assert "\N{MINUS SIGN}0.2, worse than A" in page.locator("#metrics").inner_text()
    assert "0.22 to 0.42" in page.locator("#metrics").inner_text()
    assert page.locator("#days svg[role=img]").first.get_attribute("aria-label") == (
        "gain by day: A on 2 days, B on 2 days"
    )
    page.locator("#days details summary").first.focus()
    page.keyboard.press("Enter")
    page.locator("#days table").first.locator("tbody tr").first.wait_for()
    assert page.locator("#days table").first.locator("tbody tr").count() == 2
    assert "Inputs, rows, code and packages are the same." in page.locator("#lineage").inner_text()
    link = page.locator("#them a").first.get_attribute("href")
    assert "/jobs/noted/playground/setup?" in link
    assert "rate:+3.0" in link

    page.locator("#back").focus()
    page.keyboard.press("Enter")
    page.locator("table.runs").wait_for()
    assert page.locator("table.runs input:checked").count() == 2


def test_values_are_text_and_nothing_else(page, address):
    seen = []
    page.on("pageerror", lambda error: seen.append(error))  # noqa: PLW0108  # Playwright marks what it is given
    page.goto(address)

    assert HOSTILE in page.locator("table.runs tbody").evaluate("each => each.textContent")
    assert page.title() == "Runs of noted"
    assert page.locator("main img, main b").count() == 0
    assert seen == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_axe_finds_nothing_serious(page, runs, tmp_path, width, scheme):
    document = file_of(runs)
    (tmp_path / "runs.html").write_text(runs_page(document), encoding="utf-8")
    ids = ",".join(row["run_id"] for row in document["rows"][:3])
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)

    for fragment in ("", "where=zzz", f"tick={ids}", f"compare={ids}"):
        page.goto("about:blank")
        page.goto(f"file://{tmp_path}/runs.html#{fragment}")
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_empty_store_has_a_page(page, tmp_path, runs):
    empty = StoredRuns(ArtifactStore(str(tmp_path / "none")), pipeline=runs.pipeline)
    (tmp_path / "runs.html").write_text(runs_page(file_of(empty)), encoding="utf-8")

    page.goto(f"file://{tmp_path}/runs.html")

    assert page.locator("#summary").inner_text() == "0 runs, the newest first."
