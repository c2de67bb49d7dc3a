"""A real browser for tests: chromium, which sees a deployment on 127.0.0.1 and nothing else."""

import os
import shutil
import time
from contextlib import contextmanager
from io import BytesIO

import pytest

from ml_assets_tests.conftest import REPO

FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # not by a route: one only works inside of a call
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZE = {"width": 1400, "height": 900}
PATIENCE = 120  # seconds: two cores that do other things as well are slow to draw a page
COLOURS = 256


@contextmanager
def browsing():
    """A page of chromium; skips the test where there is no browser."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not (chromium := shutil.which("chromium")):
        pytest.skip("chromium is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        context = browser.new_context(viewport=SIZE)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        yield page
        browser.close()


def wait_for(found, *, seconds=PATIENCE):
    """What `found()` returns as soon as it is true; AssertionError when that takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.5)
    raise AssertionError(f"nothing was found in {seconds} s")


def write(page, text):
    """Replace the text of the config editor, as pasting does."""
    page.locator(".CodeMirror-lines").last.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def change_last(page, line, text):
    """Write a text in place of the last character of a line of the config editor, as a person does."""
    page.locator(".CodeMirror-line", has_text=line).click()
    page.keyboard.press("End")
    page.keyboard.press("Backspace")
    page.keyboard.type(text)


def keep(page, name):
    """Save what the page shows under docs/images.

    Only where ML_ASSETS_SCREENSHOTS=1 asks for it.
    """
    if not SCREENSHOTS:
        return
    from PIL import Image

    page.mouse.move(5, 5)  # no tooltip
    page.wait_for_timeout(2500)  # until nothing moves any more
    folder = REPO / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS).save(folder / f"{name}.png", optimize=True)


SCREENSHOTS = os.environ.get("ML_ASSETS_SCREENSHOTS") == "1"


def serious(page):
    """What axe-core finds that keeps people from using the page as it is shown: rule, and where."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    return [
        (rule["id"], node["target"])
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
