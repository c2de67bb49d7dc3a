"""Two hundred request files of every kind of badness in one folder: the five good ones run, and each bad one is told."""

import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from ml_assets.adapter.launching.request_sensor import FILE_TAG
from ml_assets_tests.bad_requests import CONTENTS, lay_bad_requests
from ml_assets_tests.odd_files import ODD
from ml_assets_tests.shown import request_files
from ml_assets_tests.ticks import preset, tick, write

BAD, GOOD, SEEDS = 200, 5, (20261129, 7, 424242)


@pytest.mark.kind("parameter files", inputs=len(CONTENTS))
@pytest.mark.parametrize("seed", SEEDS)
def test_the_good_files_run_and_each_bad_one_has_its_note(seed):
    preset("base", "seed = 1")
    folder = Path("requests")
    for number in range(GOOD):
        write(
            folder / f"good{number}.toml", f"seed = {number}\nas_of = 2025-12-01\n", age=1_000 * number + 100
        )
    lay_bad_requests(folder, seed=seed, count=BAD, moment=time.time())
    cursor, asked, slowest = None, [], 0.0

    for _ in range(3):
        started = time.monotonic()
        data = tick(request_files, cursor=cursor)
        slowest, cursor = max(slowest, time.monotonic() - started), data.cursor
        asked += [request.tags[FILE_TAG] for request in data.run_requests]

    assert sorted(asked) == [f"good{number}.toml" for number in range(GOOD)]
    assert len(list(folder.glob("*.rejected"))) == BAD
    assert slowest < 10
    assert all("\x1b" not in note.read_text() for note in folder.glob("*.rejected"))


@pytest.mark.kind("names in a folder", inputs=len(ODD))
def test_ticks_over_bad_files_take_no_more_memory_and_no_more_threads():
    folder = Path("requests")
    folder.mkdir()
    lay_bad_requests(folder, seed=SEEDS[0], count=BAD, moment=time.time())
    cursor, sizes, threads = None, [], []

    tracemalloc.start()
    try:
        for _ in range(8):
            cursor = tick(request_files, cursor=cursor).cursor
            sizes.append(tracemalloc.get_traced_memory()[0])
            threads.append(threading.active_count())
    finally:
        tracemalloc.stop()

    assert sizes[-1] - sizes[3] < 500_000
    assert threads[-1] <= threads[0]
