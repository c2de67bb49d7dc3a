"""The same bytes: however often, in whichever process, with however many threads, in plain Python and in Dagster."""

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ml_assets.conformance.case import Case
from ml_assets.conformance.report import NotAskedError, expect
from ml_assets.pipeline.attempt import Attempt
from ml_assets.pipeline.run import Run

TIMES, PROCESSES = 10, 5
FEW_TIMES, FEW_PROCESSES = 3, 2  # where it should be quick
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
PROGRAM = """
import sys
from ml_assets.pipeline.run import Run, make

for asset, made in make(Run.model_validate_json(sys.stdin.read()), store=None).items():
    for file in made.manifest.files:
        print(asset, file.name, file.sha256)
"""

Files = dict[tuple[str, str], str]
"""The digest of each file of each asset."""


def many_times_in_one_process(case: Case) -> str:
    """Each asset, made from nothing again and again."""
    times = FEW_TIMES if case.quick else TIMES
    first = made_files(case, case.made)
    for _ in range(times - 1):
        again = made_files(case, case.make(case.empty_store()))
        expect(
            again == first, f"{different(first, again)}: other bytes when it was made again in one process"
        )
    return f"{len(first)} files, {times} times"


def in_many_processes(case: Case) -> str:
    """Each asset, made from nothing in fresh processes with one and with two threads at hand."""
    if not case.pipeline.reference:
        raise NotAskedError("it is found nowhere by name, so that no other process has it")
    count = FEW_PROCESSES if case.quick else PROCESSES
    run = Run(
        pipeline=case.pipeline, parameters=case.parameters, as_of=case.day, environment=case.environment
    )
    text, first = run.model_dump_json(), made_files(case, case.made)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda number: _process(text, number), range(count)))
    for number, answer in enumerate(answers):
        found = {name: digest for name, digest in answer.items() if name in first}
        words = f"other bytes in a process with {1 + number % 2} threads"
        expect(found == first, f"{different(first, found)}: {words}")
    return f"{len(first)} files in {count} processes, with one and with two threads"


def made_files(case: Case, done: Attempt) -> Files:
    """The files of what was made; answers that were recorded are not made again, so that they are left out."""
    return {
        (item.key.asset, file.name): file.sha256
        for item in done.made
        if item.key.asset in case.computed
        for file in item.manifest.files
    }


def different(one: Mapping[Any, str], other: Mapping[Any, str]) -> str:
    """The files that are not the same in both."""
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return ", ".join(" ".join(map(str, name)) for name in names[:3])


def _process(text: str, number: int) -> Files:
    threads = dict.fromkeys(THREADS, str(1 + number % 2))
    done = subprocess.run(  # noqa: S603  (this interpreter, a fixed program)
        [sys.executable, "-c", PROGRAM],
        input=text,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYTHONHASHSEED": str(number),
            **threads,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    expect(done.returncode == 0, f"in a process of its own it fails: {done.stderr.strip().splitlines()[-1:]}")
    words = (line.split(" ") for line in done.stdout.splitlines())
    return {(asset, " ".join(name)): digest for asset, *name, digest in words}
