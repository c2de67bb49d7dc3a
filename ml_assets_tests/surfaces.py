"""Each way to launch, driven as its users drive it: what happened, in words, and how many runs there were."""

import json
import time
from dataclasses import dataclass

import dagster as dg
from click.testing import CliRunner

from ml_assets.cli.main import main
from ml_assets.core.catalog import CATALOG

DAYS = ["2025-12-01", "2025-12-02"]
SELECTOR = {"repositoryLocationName": "ml_assets", "repositoryName": "__repository__"}
ASSETS = [{"path": [asset]} for asset in CATALOG]
CANARY = "AKIAIOSFODNN7EXAMPLE"
ENDED = {"COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED", "SUCCESS", "FAILURE"}

CHAIN = "message errorChain { error { message } }"
LAUNCH = f"""mutation($params: ExecutionParams!) {{ launchRun(executionParams: $params) {{ __typename
  ... on LaunchRunSuccess {{ run {{ runId }} }} ... on RunConfigValidationInvalid {{ errors {{ message }} }}
  ... on PythonError {{ {CHAIN} }} }} }}"""
BACKFILL = f"""mutation($params: LaunchBackfillParams!) {{ launchPartitionBackfill(backfillParams: $params) {{
  __typename ... on LaunchBackfillSuccess {{ backfillId }} ... on PythonError {{ {CHAIN} }} }} }}"""
RUNS = f"""{{ runsOrError {{ ... on Runs {{ results {{ runId status tags {{ key value }}
  eventConnection {{ events {{ ... on ErrorEvent {{ error {{ {CHAIN} }} }} }} }}
  assetMaterializations {{ partition metadataEntries {{ label ... on TextMetadataEntry {{ text }} }} }} }} }} }} }}"""
STATUS = f"""query($id: String!) {{ partitionBackfillOrError(backfillId: $id) {{
  ... on PartitionBackfill {{ status error {{ {CHAIN} }} }} }} }}"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one launch.

    Attributes:
        runs: how many runs were created.
        succeeded: how many of them succeeded.
        told: everything that was said, as text.
        run_ids: the run_ids that successful runs state.
    """

    runs: int
    succeeded: int = 0
    told: str = ""
    run_ids: frozenset[str] = frozenset()

    @property
    def words(self) -> str:
        """The cell of the table."""
        if self.runs and self.succeeded == self.runs:
            return f"trained, {self.runs} run"
        if self.runs:
            return f"stopped by the guard before any work, {self.runs} run"
        return f"refused{'' if 'Refused:' in self.told else ' by Dagster'}, 0 runs"


def texts(error):
    """All messages of an error and its chain."""
    return "\n".join([error["message"], *(item["error"]["message"] for item in error["errorChain"])])


def launch(live, config, *, job, assets=None):
    """Launch one run through the API; its id, or an Outcome where it was refused."""
    selector = {**SELECTOR, "pipelineName": job, **({"assetSelection": assets} if assets else {})}
    tags = [{"key": "dagster/partition", "value": DAYS[0]}]
    params = {
        "selector": selector,
        "mode": "default",
        "runConfigData": config,
        "executionMetadata": {"tags": tags},
    }
    answer = live.ask(LAUNCH, params=params)["launchRun"]
    if answer["__typename"] == "LaunchRunSuccess":
        return answer["run"]["runId"]
    told = "\n".join(error["message"] for error in answer.get("errors", [])) or texts(answer)
    return Outcome(runs=0, told=told)


def backfill(live, config, *, job=None):
    """Ask for a backfill, of the job or of the assets; its id."""
    params = {"partitionNames": DAYS, "assetSelection": ASSETS, "fromFailure": False, "tags": []}
    if config is not None:
        params["runConfigData"] = config
    if job:
        params["selector"] = {"partitionSetName": f"{job}_partition_set", "repositorySelector": SELECTOR}
    return live.ask(BACKFILL, params=params)["launchPartitionBackfill"]["backfillId"]


def wait_for(live, *, runs, backfills, seconds=200):
    """Wait until all of them have ended; the runs of the instance and the backfills' answers by id."""
    end = time.monotonic() + seconds
    while True:
        answers = {name: live.ask(STATUS, id=name)["partitionBackfillOrError"] for name in backfills}
        found = live.ask(RUNS)["runsOrError"]["results"]
        open_ = [run["runId"] for run in found if run["status"] not in ENDED]
        pending = [name for name, answer in answers.items() if answer["status"] not in ENDED]
        if not open_ and not pending and set(runs) <= {run["runId"] for run in found}:
            return found, answers
        assert time.monotonic() < end, (open_, answers)
        time.sleep(2)


def outcome_of(runs, *, error=None):
    """The outcome of some runs and, of a backfill, its own error."""
    told = [texts(error)] if error else []
    for run in runs:
        told += [texts(e["error"]) for e in run["eventConnection"]["events"] if e.get("error")]
    good = [run for run in runs if run["status"] == "SUCCESS"]
    entries = [entry for run in good for made in run["assetMaterializations"] for entry in _texts(made)]
    return Outcome(
        runs=len(runs),
        succeeded=len(good),
        told="\n".join(told),
        run_ids=frozenset(text for label, text in entries if label == "run_id"),
    )


def _texts(made):
    return [(entry["label"], entry["text"]) for entry in made["metadataEntries"] if "text" in entry]


def dg_launch(home, config, *words):
    """`dg launch` in this process."""
    from dagster_dg_cli.cli.launch import launch_command

    before = run_ids(home)
    arguments = [*words, "--partition", DAYS[0], "--config-json", config, "-m", "ml_assets.definitions"]
    done = CliRunner(env={"DAGSTER_HOME": str(home)}).invoke(launch_command, arguments)
    return _local(home, before=before, told=f"{done.output}\n{_chain(done.exception)}")


def shell(home, words, capsys):
    """`ml-assets run` in this process."""
    before = run_ids(home)
    main(["run", "--as-of", DAYS[0], *words, "--json"])
    return _local(home, before=before, told=capsys.readouterr().err)


def run_ids(home):
    """The runs that a Dagster home holds."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return {run.run_id for run in instance.get_runs()}


def _local(home, *, before, told):
    with dg.DagsterInstance.from_config(str(home)) as instance:
        runs = [run for run in instance.get_runs() if run.run_id not in before]
        events = [
            record.asset_materialization
            for asset in CATALOG
            for record in instance.fetch_materializations(dg.AssetKey(asset), limit=100).records
            if record.run_id not in before
        ]
    ids = frozenset(event.metadata["run_id"].value for event in events)
    good = sum(run.status == dg.DagsterRunStatus.SUCCESS for run in runs)
    return Outcome(runs=len(runs), succeeded=good, told=told, run_ids=ids)


def _chain(error):
    words = []
    while error is not None:
        words.append(str(error))
        error = error.__cause__
    return "\n".join(words)


def yaml_block(**values):
    """The block that people type, as text."""
    return "resources:\n  params:\n    config: " + json.dumps(values) + "\n"
