"""Measure a backfill of 14 days (orders, v2): as a command against plain joblib, and deployed against stock Dagster.

    python benchmarks/backfill.py          # whole processes in turn: plain joblib, cold backfill, the same again, joblib in Dagster
    python benchmarks/backfill.py live     # ours and stock/ on a webserver and daemon of their own, once each

Environment: TURNS (3) and DAYS (14). Cold starts are included. The floor, plain_backfill.py, makes the same days and
files in as many processes of joblib as there are cores, each with one thread.
"""

import datetime as dt
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from deployment import ask, running
from joblib import cpu_count
from measure import HERE, TURNS, environment, expect, tell, timed

from ml_assets.text import count

DAYS = int(os.environ.get("DAYS", "14"))
FIRST = dt.date(2025, 12, 1)
LAST = FIRST + dt.timedelta(days=DAYS - 1)
ASSETS = ("training_set", "model", "evaluation", "model_card")
COLD, COLD_CPU, AGAIN, AGAIN_CPU = 1.1, 1.15, 0.5, 0.5
EXECUTION, WHOLE = 10, 3

LAUNCH = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATUS = """query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status endTimestamp } } }"""
RUNS = """query($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs {
  results { status startTime endTime } } } }"""
MADE = """query($keys: [AssetKeyInput!]) { assetNodes(assetKeys: $keys) { partitionStats { numMaterialized } } }"""


def plain(place, env, script="plain_backfill.py"):
    words = ["v2", f"{place}/plain", str(cpu_count()), str(FIRST), str(DAYS)]
    shutil.rmtree(f"{place}/plain", ignore_errors=True)
    found = timed([sys.executable, str(HERE / script), *words], env, place)
    made = len(list(Path(place, "plain").glob("*/training_set.parquet")))
    expect(made == DAYS, "plain joblib made every day", found[2])
    return found[:2]


def ours(place, env, *, word):
    command = [
        sys.executable,
        "-m",
        "ml_assets.cli.main",
        "backfill",
        "--model-version",
        "v2",
        "--dataset",
        "orders",
    ]
    found = timed([*command, "--from", str(FIRST), "--to", str(LAST)], env, place)
    expect(
        f"{DAYS} of {DAYS} days done (100.0%): {DAYS} {word}" in found[2], f"every day is {word}", found[2]
    )
    return found[:2]


def one_turn(place):
    """Wall and CPU seconds of plain joblib, the cold backfill, the same backfill again, and plain joblib in stock Dagster."""
    env = environment(place)
    for folder in ("home", "stock", "artifacts"):
        shutil.rmtree(f"{place}/{folder}", ignore_errors=True)
    stock = {**env, "DAGSTER_HOME": f"{place}/stock"}
    return (
        plain(place, env),
        ours(place, env, word="made"),
        ours(place, env, word="reused"),
        plain(place, stock, "plain_dagster.py"),
    )


def processes():
    with tempfile.TemporaryDirectory() as place:
        turns = [one_turn(place) for _ in range(TURNS + 1)][1:]  # the first turn warms the disk
    sides = (
        ("a cold backfill", 1, COLD, COLD_CPU),
        ("all reused", 2, AGAIN, AGAIN_CPU),
        ("joblib in Dagster", 3, "none", None),
    )
    for name, side, *limits in sides:
        pairs = [(turn[side], turn[0]) for turn in turns]
        tell(f"{name}, {DAYS} days v2 / plain joblib", pairs, limit=limits[0], cpu_limit=limits[1])


def live():
    sides = {
        "ours": ("workspace.yaml", {"resources": {"params": {"config": {"model_version": "v2"}}}}),
        "stock": ("benchmarks/stock/workspace.yaml", {"ops": {"model": {"config": {"model_version": "v2"}}}}),
    }
    with tempfile.TemporaryDirectory() as place:
        found = {
            name: deployed(Path(place, name), HERE.parent / workspace, config)
            for name, (workspace, config) in sides.items()
        }
    for name, (runs, execution, whole) in found.items():
        print(
            f"{name:<6} {DAYS} days v2: {count(runs, 'run')}, first start to last end {execution:.1f} s, request to end {whole:.1f} s"
        )
    for told, place, least in (("first start to last end", 1, EXECUTION), ("request to end", 2, WHOLE)):
        print(
            f"stock / ours, {told:<25} ratio {found['stock'][place] / found['ours'][place]:.1f} (asked: at least {least})"
        )


def deployed(place, workspace, config):
    """How many runs a backfill took, and its seconds: first run's start to last run's end, and request to end."""
    limits = (HERE.parent / "ml_assets/cli/dagster.yaml").read_text()
    with running(place, workspace=workspace, dagster_yaml=limits, env=environment(place)) as url:
        asked = time.time()
        backfill = launch(url, config)
        ended = wait(url, backfill)
        runs = ask(url, RUNS, filter={"tags": [{"key": "dagster/backfill", "value": backfill}]})[
            "runsOrError"
        ]["results"]
        stats = ask(url, MADE, keys=[{"path": [name]} for name in ASSETS])["assetNodes"]
        made = [node["partitionStats"]["numMaterialized"] for node in stats]
        expect(all(run["status"] == "SUCCESS" for run in runs), "every run succeeded", runs)
        expect(made == [DAYS] * len(ASSETS), "every asset has every day", made)
    execution = max(run["endTime"] for run in runs) - min(run["startTime"] for run in runs)
    return len(runs), execution, ended - asked


def launch(url, config):
    days = [str(FIRST + dt.timedelta(days=n)) for n in range(DAYS)]
    keys = [{"path": [name]} for name in ASSETS]
    params = {"assetSelection": keys, "partitionNames": days, "runConfigData": config}
    answer = ask(url, LAUNCH, params=params)["launchPartitionBackfill"]
    expect("backfillId" in answer, "the backfill was launched", answer)
    return answer["backfillId"]


def wait(url, backfill):
    """The time at which a backfill ended, as the deployment recorded it."""
    while True:
        told = ask(url, STATUS, id=backfill)["partitionBackfillOrError"]
        if told["status"].startswith("COMPLETED") or told["status"] in ("FAILED", "CANCELED"):
            return told["endTimestamp"] or time.time()
        time.sleep(2)


if __name__ == "__main__":
    live() if "live" in sys.argv[1:] else processes()
