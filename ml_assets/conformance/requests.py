"""The folder of request files, and the sensor that looks at it."""

import itertools
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg

from ml_assets.conformance.case import Case
from ml_assets.conformance.in_dagster import deployed
from ml_assets.conformance.report import NotAskedError, expect
from ml_assets.text import count

SENSOR = "request_files"  # how the name of the sensor ends
SETTLED = 3600  # seconds: a file of that age is no longer being written

Drop = Callable[..., str]
"""Drops a file with values, expects so many runs, and gives what its note says."""


@contextmanager
def request_folder(case: Case) -> Iterator[Drop]:
    """What drops a request file and lets the sensor of the pipeline look at it."""
    numbers = itertools.count()
    with deployed(case.pipeline) as deployment:
        sensors = deployment.definitions.get_repository_def().sensor_defs
        sensor = next((item for item in sensors if item.name.endswith(SENSOR)), None)
        if sensor is None:
            raise NotAskedError("its definitions have no sensor of request files")
        folder = case.folder / "requests"
        folder = folder if deployment.view.is_main else folder / deployment.view.name
        folder.mkdir(parents=True, exist_ok=True)

        def drop(values: Mapping[str, Any], *, expected_runs: int) -> str:
            file = folder / f"{next(numbers)}.json"
            file.write_text(json.dumps({**values, "as_of": str(case.day)}), "utf-8")
            then = time.time() - SETTLED
            os.utime(file, (then, then))
            context = dg.build_sensor_context(
                instance=deployment.instance, definitions=deployment.definitions
            )
            logging.disable(logging.WARNING)  # the sensor logs what the note says
            try:
                requests = sensor.evaluate_tick(context).run_requests or []
            finally:
                logging.disable(logging.NOTSET)
            note = file.with_name(f"{file.name}.rejected")
            said = note.read_text("utf-8") if note.exists() else "no note was written"
            expect(
                len(requests) == expected_runs,
                f"{count(len(requests), 'run')} are requested, expected was {expected_runs}: {said}",
            )
            file.unlink()
            return said

        yield drop
