"""What one machine bears: launches at once, a full folder of request files, thousands of partitions on the pages.

    python benchmarks/load.py launches [200]
    python benchmarks/load.py requests [10000]
    python benchmarks/load.py partitions [3000]

Each starts webserver, daemon and code server of its own over SQLite, counts what came of it, and stops with an
error if anything was lost or doubled. The counts must hold on every machine; the times are of this one.
"""

import contextlib
import datetime as dt
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
from deployment import ask, running
from measure import HERE, environment, expect
from sweep_live import DAY, launch, launch_of

from ml_assets.core.run_id import run_id
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.browser import browsing

DEFAULTS = {"launches": 200, "requests": 10_000, "partitions": 3_000}
BAD_IN = 100  # one request file in so many is refused
LOOKBACK = 120  # days, so that a run is short
LOCAL = (HERE.parent / "ml_assets/cli/dagster.yaml").read_text()
QUEUED = LOCAL.replace("max_concurrent_runs: 2", "max_concurrent_runs: 0")
SENSOR = {
    "repositoryLocationName": "ml_assets",
    "repositoryName": "__repository__",
    "sensorName": "request_files",
}
START = "mutation($sensor: SensorSelector!) { startSensor(sensorSelector: $sensor) { __typename } }"
TICKS = """query($sensor: SensorSelector!) { sensorOrError(sensorSelector: $sensor) { ... on Sensor {
  sensorState { ticks(limit: 1000) { status timestamp endTimestamp cursor error { message } } } } } }"""
BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
COUNTS = """query($keys: [AssetKeyInput!]) { assetNodes(assetKeys: $keys) { assetKey { path }
  partitionStats { numMaterialized numPartitions } } }"""


def launches(place, count):
    """Half as many parameter sets as launches, each asked for twice, all at once."""
    seeds = [number // 2 for number in range(count)]
    env = environment(place)
    with running(place, workspace=HERE.parent / "workspace.yaml", dagster_yaml=LOCAL, env=env) as url:
        started = time.perf_counter()
        with ThreadPoolExecutor(count) as pool:
            took = list(pool.map(lambda seed: timed_launch(url, seed), seeds))
        answered = time.perf_counter() - started
        with instance_of(place) as instance:
            runs = ended(instance, count)
        whole = time.perf_counter() - started
    statuses = Counter(run.status.value for run in runs)
    expect(statuses == {"SUCCESS": count}, f"{count} runs succeeded", statuses)
    wanted = {
        run_id(TrainingParameters(seed=seed, lookback_days=LOOKBACK), dt.date.fromisoformat(DAY))
        for seed in seeds
    }
    made = Counter(path.parent.name for path in Path(place, "artifacts").glob("evaluation/**/manifest.json"))
    expect(made == dict.fromkeys((f"run={name}" for name in wanted), 1), "one evaluation of each set", made)
    told = shell(["verify", "--json"], env, place)
    expect(not told.returncode, "a store without faults", told.stdout)
    print(
        f"{count} launches at once of {len(wanted)} parameter sets: all answered in {answered:.0f} s "
        f"(median {statistics.median(took):.1f} s, slowest {max(took):.1f} s), all {count} runs succeeded after "
        f"{whole:.0f} s, {len(made)} evaluations, verify found nothing"
    )


def timed_launch(url, seed):
    started = time.perf_counter()
    config = {"resources": {"params": {"config": {"seed": seed, "lookback_days": LOOKBACK}}}}
    launch(url, launch_of("ml_assets", "train", config))
    return time.perf_counter() - started


def requests(place, count):
    """A folder of request files, all there before the sensor is turned on; the queue lets no run through."""
    folder = Path(place, "requests")
    folder.mkdir()
    good = 0
    for number in range(count):
        sound = number % BAD_IN != 0
        good += sound
        (folder / f"{number}.toml").write_text(f"seed = {number if sound else -1}\nas_of = {DAY}\n")
    env = {**environment(place), "ML_ASSETS_REQUESTS": str(folder), "ML_ASSETS_REQUESTS_PER_TICK": "500"}
    with running(place, workspace=HERE.parent / "workspace.yaml", dagster_yaml=QUEUED, env=env) as url:
        started = time.perf_counter()
        ask(url, START, sensor=SENSOR)
        with instance_of(place) as instance:
            while instance.get_runs_count() < good or len(list(folder.glob("*.rejected"))) < count - good:
                time.sleep(5)
            whole = time.perf_counter() - started
            time.sleep(40)  # one more tick: nothing may be asked for again
            runs = instance.get_runs()
        ticks = ask(url, TICKS, sensor=SENSOR)["sensorOrError"]["sensorState"]["ticks"]
    keys = Counter(run.tags["dagster/run_key"] for run in runs)
    expect(len(runs) == len(keys) == good, f"{good} runs, each once", keys.most_common(3))
    expect(not any(tick["error"] for tick in ticks), "no tick failed", ticks)
    seconds = [tick["endTimestamp"] - tick["timestamp"] for tick in ticks if tick["endTimestamp"]]
    print(
        f"{count} request files: {good} runs queued, each once, {count - good} refused with a note, after {whole:.0f} s "
        f"in {len(ticks)} ticks (slowest {max(seconds):.0f} s); cursor {max(len(t['cursor'] or '') for t in ticks) // 1000} KB"
    )


def partitions(place, count):
    """Assets with so many days made: what the API answers and the pages show, and a backfill of all of them."""
    last = dt.datetime.now(dt.timezone.utc).date() - dt.timedelta(days=1)
    days = [str(last - dt.timedelta(days=number)) for number in reversed(range(count))]
    env = {**environment(place), "ML_ASSETS_FIRST_AS_OF": days[0]}
    with running(place, workspace=HERE.parent / "workspace.yaml", dagster_yaml=QUEUED, env=env) as url:
        with instance_of(place) as instance:
            for asset in tabular.assets:
                for day in days[:-1]:
                    instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=day))
        keys = [{"path": [asset]} for asset in tabular.assets]
        started = time.perf_counter()
        nodes = ask(url, COUNTS, keys=keys)["assetNodes"]
        api = time.perf_counter() - started
        stats = {node["assetKey"]["path"][0]: node["partitionStats"] for node in nodes}
        told = {"numMaterialized": count - 1, "numPartitions": count}
        expect(
            all(stats[asset] == told for asset in tabular.assets),
            f"{count - 1} of {count} days of each asset",
            stats,
        )
        page = shown(url, days)
        started = time.perf_counter()
        params = {"assetSelection": keys, "partitionNames": days, "tags": [], "runConfigData": {}}
        answer = ask(url, BACKFILL, params=params)["launchPartitionBackfill"]
        expect("backfillId" in answer, "the backfill was launched", answer)
        with instance_of(place) as instance:
            while sum(map(len, covered := [days_of(run) for run in instance.get_runs()])) < count:
                time.sleep(0.5)
        queued = time.perf_counter() - started
    expect(sorted(itertools.chain(*covered)) == days, "each day in one run", covered)
    print(
        f"{count} partitions of {len(tabular.assets)} assets: the API counts them in {api:.1f} s, the page of an asset shows them "
        f"after {page:.1f} s, a backfill of all is {len(covered)} queued runs after {queued:.1f} s"
    )


def days_of(run):
    """The days of a queued run of a backfill."""
    first, last = (
        dt.date.fromisoformat(run.tags[f"dagster/asset_partition_range_{end}"]) for end in ("start", "end")
    )
    return [str(first + dt.timedelta(days=number)) for number in range((last - first).days + 1)]


def shown(url, days):
    """Seconds until the page of an asset's partitions shows how many are made; the second visit counts."""
    with browsing() as page:
        for _ in range(2):
            started = time.perf_counter()
            page.goto(f"{url}/assets/evaluation?view=partitions")
            page.get_by_text(re.compile(f"{len(days) - 1:,}".replace(",", ",?"))).first.wait_for()
            seconds = time.perf_counter() - started
        if wanted := os.environ.get("SCREENSHOT"):
            page.wait_for_timeout(2000)
            page.screenshot(path=wanted)
    return seconds


def ended(instance, count):
    """The runs, once all of them have ended."""
    while True:
        runs = instance.get_runs()
        if len(runs) == count and all(run.is_finished for run in runs):
            return runs
        time.sleep(2)


@contextlib.contextmanager
def instance_of(place):
    """The instance of the deployment, in this process."""
    with dg.DagsterInstance.from_config(f"{place}/home") as instance:
        yield instance


def shell(words, env, place):
    command = [sys.executable, "-m", "ml_assets.cli.main", *words]
    return subprocess.run(command, env=env, cwd=place, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    name, *rest = sys.argv[1:] or [""]
    if name not in DEFAULTS:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        {"launches": launches, "requests": requests, "partitions": partitions}[name](
            Path(folder), int(rest[0]) if rest else DEFAULTS[name]
        )
