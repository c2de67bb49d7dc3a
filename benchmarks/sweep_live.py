"""Nine trials on a live webserver and daemon: one run of the job `sweep` against nine runs of stock/."""

import contextlib
import tempfile
import time
from pathlib import Path

from deployment import ask, running
from measure import HERE, environment, expect

from ml_assets.text import count

DAY = "2025-12-01"
RATES, DEPTHS = (0.05, 0.1, 0.2), (2, 4, 8)
ASKED = 10
TRIED = ("model", "evaluation", "model_card")
STOCK = ("training_set", *TRIED)

LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
RUNS = """query($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs {
  results { runId status startTime endTime } } } }"""
MADE = """query($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset {
  assetMaterializations(limit: 1000) { runId metadataEntries { label ... on FloatMetadataEntry { floatValue } } } } } }"""


def live():
    """Print how long each side took, and the ratios."""
    with tempfile.TemporaryDirectory() as place:
        sides = {"ours": our_runs(), "stock": list(stock_runs(Path(place, "pickles")))}
        files = {"ours": "workspace.yaml", "stock": "benchmarks/stock/workspace.yaml"}
        found = {
            name: deployed(Path(place, name), HERE.parent / files[name], runs) for name, runs in sides.items()
        }
    for name, (execution, whole) in found.items():
        print(
            f"{name:<6} nine trials, v2: {count(len(sides[name]), 'run')}, first start to last end {execution:.1f} s, "
            f"request to end {whole:.1f} s"
        )
    for told, place in (("first start to last end", 0), ("request to end", 1)):
        print(
            f"stock / ours, {told:<25} ratio {found['stock'][place] / found['ours'][place]:.1f} (asked: {ASKED})"
        )


def our_runs():
    """One run that tries all nine."""
    grid = {"learning_rate": ",".join(map(str, RATES)), "max_depth": ",".join(map(str, DEPTHS))}
    config = {
        "resources": {"params": {"config": {"model_version": "v2"}}},
        "ops": {"leaderboard": {"config": {"grid": grid}}},
    }
    return [launch_of("ml_assets", "sweep", config)]


def stock_runs(pickles):
    """Nine runs, each with a folder of its own: the default one would be the same for all, and they would mix."""
    for rate in RATES:
        for depth in DEPTHS:
            own = {"model_version": "v2", "learning_rate": rate, "max_depth": depth}
            folder = {"base_dir": str(pickles / f"{rate}-{depth}")}
            config = {
                "ops": {"model": {"config": own}},
                "resources": {"io_manager": {"config": folder}},
            }
            yield launch_of("stock", "__ASSET_JOB", config, assets=STOCK)


def launch_of(location, job, config, *, assets=()):
    selector = {"repositoryLocationName": location, "repositoryName": "__repository__", "pipelineName": job}
    chosen = {"assetSelection": [{"path": [name]} for name in assets]} if assets else {}
    tags = [{"key": "dagster/partition", "value": DAY}]
    return {
        "selector": {**selector, **chosen},
        "runConfigData": config,
        "executionMetadata": {"tags": tags},
    }


def deployed(place, workspace, runs):
    """Seconds from the first run's start to the last run's end, and from the first request to it."""
    limits = (HERE.parent / "ml_assets/cli/dagster.yaml").read_text()
    with running(place, workspace=workspace, dagster_yaml=limits, env=environment(place)) as url:
        asked = time.time()
        ids = [launch(url, run) for run in runs]
        ended = wait(url, ids)
        check(url, ended)
    start, end = min(run["startTime"] for run in ended), max(run["endTime"] for run in ended)
    return end - start, end - asked


def launch(url, run):
    answer = ask(url, LAUNCH, params=run)["launchRun"]
    expect("run" in answer, "the run was launched", answer)
    return answer["run"]["runId"]


def wait(url, ids):
    """The runs, once all of them have ended."""
    while True:
        found = ask(url, RUNS, filter={"runIds": ids})["runsOrError"]["results"]
        if len(found) == len(ids) and all(run["endTime"] for run in found):
            return found
        time.sleep(1)


def check(url, runs):
    """Nine models with nine evaluations that differ, all made by these runs."""
    expect(all(run["status"] == "SUCCESS" for run in runs), "every run succeeded", runs)
    ids, count = {run["runId"] for run in runs}, len(RATES) * len(DEPTHS)
    for name in TRIED:
        events = ask(url, MADE, key={"path": [name]})["assetOrError"]["assetMaterializations"]
        expect(
            len(events) == count and {event["runId"] for event in events} == ids, f"nine of {name}", events
        )
        if name == "evaluation":
            told = {tuple(numbers(event)) for event in events}
            expect(len(told) == count, "nine models that differ", told)


def numbers(event):
    """The metrics that an evaluation states."""
    for entry in event["metadataEntries"]:
        with contextlib.suppress(KeyError):
            yield entry["label"], entry["floatValue"]
