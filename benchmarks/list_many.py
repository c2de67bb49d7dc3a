"""Measure what looks at very many artifacts, against a plain script that reads the same manifests.

    ARTIFACTS=1000000 TURNS=3 python benchmarks/list_many.py

A million need 3 million inodes and some 12 GB. All sides are whole processes; the limit is 10 s for each of ours but
the very first listing, which reads every manifest as the plain script does. `PLACE` names a folder in which the artifacts
are kept from one call to the next.
"""

import datetime as dt
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import many_artifacts
from measure import TURNS, environment, expect, timed

ARTIFACTS = int(os.environ.get("ARTIFACTS", "100000"))
LIMIT_S = 10
PLAIN = """
import json, os, sys
count = 0
for folder, folders, files in os.walk(os.path.join(sys.argv[1], "evaluation")):
    if "manifest.json" in files:
        folders.clear()
        with open(os.path.join(folder, "manifest.json"), "rb") as file:
            manifest = json.load(file)
        print(manifest["run_id"], manifest["as_of"], manifest["metrics"].get("roc_auc"), manifest["parameters"])
        count += 1
print(count)
"""
COMMIT = """
import datetime as dt, sys
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.keys import key_of
from ml_assets_tests.test_artifact_store import a_commit
of, day = TrainingParameters(seed=10**6 + int(sys.argv[2])), dt.date.fromisoformat(sys.argv[3])
ArtifactStore(sys.argv[1]).commit(*a_commit(key=key_of("evaluation", of, day), of=of))
"""
CATCH_UP = """
import datetime as dt, sys
from ml_assets.pipeline.made_days import days_made
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
last = dt.date.fromisoformat(sys.argv[2])
window = [last - dt.timedelta(days=n) for n in range(14)]
print(len(days_made(TrainingParameters(), window, pipeline=tabular, store=ArtifactStore(sys.argv[1]))))
"""
COVERAGE = """
import datetime as dt, sys
from ml_assets.pipeline.stored_days import covered_days
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
last, store = dt.date.fromisoformat(sys.argv[2]), ArtifactStore(sys.argv[1])
window = [last - dt.timedelta(days=n) for n in range(14)]
found = covered_days(TrainingParameters(), window, pipeline=tabular, store=store, metric="")
print(len(found.sets) + found.left_out)
"""


def command(words):
    return [sys.executable, "-m", "ml_assets.cli.main", *words.split()]


def code(text, *words):
    return [sys.executable, "-c", text, *map(str, words)]


def measure(name, ours, place, *, plain_s, limit=LIMIT_S, turns=TURNS, before=None):
    """Print the median seconds of a whole process, in how many seconds of CPU, and the ratio to the plain script."""
    env, found = {**environment(place), "XDG_CACHE_HOME": f"{place}/cache"}, []
    for turn in range(turns):
        if before:
            timed(before(turn), env, place)
            time.sleep(3)  # a folder that has just changed is not kept
        found.append(timed(ours, env, place))
    wall, cpu = (statistics.median(one[side] for one in found) for side in (0, 1))
    told = f"limit {limit}" if limit else "no limit"
    lines = found[-1][2].count("\n")
    print(
        f"{name:<46} {wall:7.2f} s ({told}), CPU {cpu:7.2f} s, {lines} lines, of the plain script {wall / plain_s:.3f}",
        flush=True,
    )
    return found[-1][2]


def run(place):
    root, last = place / "artifacts", many_artifacts.LAST
    started = time.perf_counter()
    if not root.exists():
        many_artifacts.make(root, ARTIFACTS)
    print(f"{ARTIFACTS} artifacts made in {time.perf_counter() - started:.0f} s, {TURNS} turns", flush=True)
    plain = [timed(code(PLAIN, root), environment(place), place) for _ in range(TURNS)]
    plain_s = statistics.median(one[0] for one in plain)
    print(
        f"plain script over the evaluations {plain_s:.2f} s, CPU {statistics.median(p[1] for p in plain):.2f} s"
    )
    first, window = last - dt.timedelta(days=13), f"--from {last - dt.timedelta(days=13)} --to {last}"
    cold = measure("list, no index", command("list"), place, plain_s=plain_s, limit=None, turns=1)
    warm = measure("list", command("list"), place, plain_s=plain_s)
    expect(warm == cold, "the same lines with and without an index", warm[-200:])
    measure("list --json", command("list --json"), place, plain_s=plain_s)
    some = [*command("list"), "--where", f"as_of>={first} model_version=v2"]
    measure("list of 14 days of one version", some, place, plain_s=plain_s)
    new = lambda turn: code(COMMIT, root, turn, last)  # noqa: E731
    measure("list, one new artifact", command("list"), place, plain_s=plain_s, before=new)
    measure("coverage of 14 days", code(COVERAGE, root, last), place, plain_s=plain_s)
    measure("report of 14 days", command(f"report {window}"), place, plain_s=plain_s)
    measure("plan of 14 days", command(f"backfill {window} --plan"), place, plain_s=plain_s)
    measure("catch_up of 14 days", code(CATCH_UP, root, last), place, plain_s=plain_s)


if __name__ == "__main__":
    if kept := os.environ.get("PLACE"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        run(Path(kept))
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder))
