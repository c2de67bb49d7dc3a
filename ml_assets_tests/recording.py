"""Records the README's picture: a value is changed in the form, the run is launched, and its page tells what came of it.

python -m ml_assets_tests.recording      # writes docs/images/form.gif; needs chromium
"""

import contextlib
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from ml_assets_tests.browser import browsing, wait_for
from ml_assets_tests.conftest import REPO
from ml_assets_tests.live import deployment, runs
from ml_assets_tests.served import UI
from ml_assets_tests.surfaces import ENDED

SIZE = {"width": 1100, "height": 700}
WIDTH = 880  # pixels of the recording
GLANCE, READ = 900, 2600  # milliseconds for which a frame stands
DAY = "2025-12-01"


class Film:
    """Frames of a page, and how long each stands."""

    def __init__(self, page):
        self.page, self.frames, self.times = page, [], []

    def take(self, milliseconds=GLANCE):
        shot = Image.open(BytesIO(self.page.screenshot())).convert("RGB")
        height = round(shot.height * WIDTH / shot.width)
        self.frames.append(shot.resize((WIDTH, height), Image.Resampling.LANCZOS))
        self.times.append(milliseconds)

    def save(self, path):
        first, *rest = (frame.quantize(96, dither=Image.Dither.NONE) for frame in self.frames)
        first.save(path, save_all=True, append_images=rest, duration=self.times, loop=0, optimize=True)


def record(page, live):
    """The frames: the form, a value that is refused, one that is not, the launch, the evaluation's page."""
    page.set_viewport_size(SIZE)
    film = Film(page)
    page.goto(f"{live.url}/ml-assets/form/tabular#as_of={DAY}")
    page.locator("#plan h3").wait_for()
    film.take(READ)
    page.get_by_label("v2", exact=True).check()
    page.locator("#input-max_depth").scroll_into_view_if_needed()
    film.take()
    page.locator("#input-max_depth").fill("99")
    page.locator("#problems li").wait_for()
    film.take(READ)
    page.locator("#input-max_depth").fill("3")
    page.locator("#plan h3").wait_for()
    film.take(READ)
    page.get_by_role("button", name="Launch run", exact=True).click()
    page.locator(".launches li a").wait_for()
    film.take()
    wait_for(lambda: {run["status"] for run in runs(live)} <= ENDED, seconds=300)
    page.goto(f"{live.url}/assets/evaluation?view=partitions&partition={DAY}")
    page.get_by_text("made_by_dagster_run").wait_for()
    page.wait_for_timeout(3000)  # until nothing moves any more
    film.take(READ)
    page.goto(f"{live.url}/ml-assets/runs/tabular")
    page.get_by_role("table").first.wait_for()
    page.wait_for_timeout(500)
    film.take(READ)
    return film


def main():
    """Make the recording anew."""
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        live = stack.enter_context(
            deployment(place, command=UI, ML_ASSETS_ENVIRONMENTS__DEV__ROOT="artifacts/dev")
        )
        film = record(stack.enter_context(browsing()), live)
    film.save(REPO / "docs" / "images" / "form.gif")


if __name__ == "__main__":
    main()
