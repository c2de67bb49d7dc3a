"""Each way to launch, driven as its users drive it: what happened, in words, and how many runs there were."""

import contextlib
import json
import time
from dataclasses import dataclass, field, replace

import dagster as dg
import yaml
from click.testing import CliRunner

from ml_assets.cli.main import main
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests import served, ticks

DAYS = ["2025-12-01", "2025-12-02"]
SELECTOR = {"repositoryLocationName": "ml_assets", "repositoryName": "__repository__"}
ASSETS = [{"path": [asset]} for asset in tabular.assets]
AS_OF = f"as_of: {DAYS[0]}\n"
REFUSED = "Refused: "
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

START_SENSOR = """mutation($selector: SensorSelector!) { startSensor(sensorSelector: $selector) {
  ... on Sensor { id } } }"""
TICKS = """query($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) { ... on Sensor {
  sensorState { ticks { status skipReason cursor runKeys originRunIds error { message }
    logEvents { events { message } } } } } } }"""
STOP_SENSOR = "mutation($id: String!) { stopSensor(id: $id) { __typename } }"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one launch.

    Attributes:
        runs: how many runs were created.
        succeeded: how many of them succeeded.
        told: everything that was said, as text.
        ours: whether it was said in the words of this project.
        run_ids: the run_ids that successful runs state.
    """

    runs: int
    succeeded: int = 0
    told: str = ""
    ours: bool = False
    run_ids: frozenset[str] = frozenset()

    @property
    def words(self) -> str:
        """The cell of the table."""
        if self.runs and self.succeeded == self.runs:
            return f"trained, {self.runs} run"
        if self.runs:
            return f"stopped by the guard before any work, {self.runs} run"
        return f"refused{'' if self.ours or REFUSED in self.told else ' by Dagster'}, 0 runs"


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What somebody types: values of parameters, or the text of a whole run config; and the first and last day."""

    values: dict = field(default_factory=dict)
    text: str = ""
    span: tuple[str, str] = (DAYS[0], DAYS[0])

    @property
    def tags(self):
        """The tags of a launch that name its days."""
        names = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
        one = self.span[0] == self.span[1]
        named = {"dagster/partition": self.span[0]} if one else dict(zip(names, self.span, strict=True))
        return [{"key": key, "value": value} for key, value in named.items()]

    @property
    def command(self):
        """The command of the shell, with its days."""
        first, last = self.span
        return ["run", "--as-of", first] if first == last else ["backfill", "--from", first, "--to", last]

    @property
    def dg_days(self):
        """The words of `dg launch` that name the days."""
        first, last = self.span
        return ["--partition", first] if first == last else ["--partition-range", f"{first}...{last}"]

    @property
    def block(self):
        """The text for an editor of run config."""
        return self.text or "resources:\n  params:\n    config: " + json.dumps(self.values) + "\n"

    @property
    def parsed(self):
        """The same as GraphQL's JSON; text that cannot be read stays as it is."""
        try:
            return yaml.safe_load(self.block)
        except yaml.YAMLError:
            return self.block

    @property
    def flags(self):
        """The words for a shell; a run config can only be given as a file there."""
        words = [(f"--{name.replace('_', '-')}", str(value)) for name, value in self.values.items()]
        return [word for pair in words for word in pair] or ["--params", "typed.yaml"]

    @property
    def request(self):
        """A request file in YAML."""
        first, last = self.span
        asked = {"as_of": first} if first == last else {"from": first, "to": last}
        return f"{self.text}{AS_OF}" if self.text else json.dumps({**self.values, **asked})

    @property
    def asked(self):
        """What the form asks of the server; of a run config, whose keys a form has not, the whole, as it is typed."""
        if self.text:
            return self.parsed if isinstance(self.parsed, dict) else self.parsed.encode()
        first, last = self.span
        days = {"as_of": first} if first == last else {"from": first, "to": last}
        return {"parameters": self.values, **days}

    @property
    def preset(self):
        """A preset that both the sensor and the schedule listen to."""
        head = 'description = "typed"\n[subscribe]\ndaily = true\nlanding = true\n'
        if self.values:
            return head + "\n".join(
                ["[parameters]", *(f"{name} = {json.dumps(value)}" for name, value in self.values.items())]
            )
        if not isinstance(self.parsed, dict):
            return head + "[parameters\nseed = 3\n"
        ((section, named),) = self.parsed.items()
        return head + "".join(f"[{section}.{name}.config]\nseed = 3\n" for name in named)


def texts(error):
    """All messages of an error and its chain."""
    return "\n".join([error["message"], *(item["error"]["message"] for item in error["errorChain"])])


def launch(live, config, *, job, assets=None, tags=Typed().tags):
    """Launch one run through the API; its id, or an Outcome where it was refused."""
    selector = {**SELECTOR, "pipelineName": job, **({"assetSelection": assets} if assets else {})}
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


def backfill(live, config, *, job=None, days=DAYS):
    """Ask for a backfill, of the job or of the assets; its id, or an Outcome where it was refused."""
    params = {"partitionNames": days, "assetSelection": ASSETS, "fromFailure": False, "tags": []}
    if config is not None:
        params["runConfigData"] = config
    if job:
        params["selector"] = {"partitionSetName": f"{job}_partition_set", "repositorySelector": SELECTOR}
    answer = live.ask(BACKFILL, params=params)["launchPartitionBackfill"]
    if "backfillId" in answer:
        return answer["backfillId"]
    return Outcome(runs=0, told=texts(answer) if "message" in answer else answer["__typename"])


def form(live, typed):
    """Launch from the form, as its script does; the id of the run, or an Outcome where it was refused."""
    status, prepared = served.post(live, "/ml-assets/api/tabular/prepare", typed.asked)
    if status == 200:
        assert prepared["kind"] == "run", prepared
        _, answer = served.post(live, "/graphql", prepared["request"])
        about = {"kind": "run", "answer": answer}
        status, prepared = served.post(live, "/ml-assets/api/tabular/outcome", about)
    if status == 200:
        return prepared["id"]
    return Outcome(runs=0, told="\n".join(problem["message"] for problem in prepared["problems"]), ours=True)


def wait_for(live, *, runs, backfills, seconds=600):
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


def drop_requests(live, files):
    """Give a deployment request files by name, and let its daemon look at them; the outcome of each."""
    folder = live.home.parent / "requests"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    with sensor(live, "request_files"):
        end = time.monotonic() + 600
        while not all(_dealt_with(live, folder, name) for name in files):
            assert time.monotonic() < end, list(folder.iterdir())
            time.sleep(2)
    found = live.ask(RUNS)["runsOrError"]["results"]
    return {name: _of_request(folder, name, found) for name in files}


@contextlib.contextmanager
def sensor(live, name):
    """A sensor of a deployment, turned on."""
    selector = {**SELECTOR, "sensorName": name}
    started = live.ask(START_SENSOR, selector=selector)["startSensor"]
    try:
        yield
    finally:
        live.ask(STOP_SENSOR, id=started["id"])


def ticks_of(live, name):
    """The finished ticks of a sensor of a deployment: all that it tells of them."""
    told = live.ask(TICKS, selector={**SELECTOR, "sensorName": name})["sensorOrError"]["sensorState"]
    return [tick for tick in told["ticks"] if tick["status"] != "STARTED"]


def _requested(found, name):
    return [run for run in found if {"key": "ml_assets/request_file", "value": name} in run["tags"]]


def _dealt_with(live, folder, name):
    runs = _requested(live.ask(RUNS)["runsOrError"]["results"], name)
    return (folder / f"{name}.rejected").exists() or (runs and all(r["status"] in ENDED for r in runs))


def _of_request(folder, name, found):
    note = folder / f"{name}.rejected"
    outcome = outcome_of(_requested(found, name))
    told = note.read_text(encoding="utf-8") if note.exists() else ""
    return replace(outcome, told=outcome.told + told, ours=bool(told))


def shell_on(live, typed, capsys):
    """`ml-assets run --on` in this process, against a deployment."""
    before = {run["runId"] for run in live.ask(RUNS)["runsOrError"]["results"]}
    main([*typed.command, *typed.flags, "--json", "--on", live.url])
    told = capsys.readouterr().err
    new = [run for run in live.ask(RUNS)["runsOrError"]["results"] if run["runId"] not in before]
    return replace(outcome_of(new), told=told)


def dg_launch(home, config, *words, days=Typed().dg_days):
    """`dg launch` in this process."""
    from dagster_dg_cli.cli.launch import launch_command

    before = run_ids(home)
    arguments = [*words, *days, "--config-json", config, "-m", "ml_assets.definitions"]
    done = CliRunner(env={"DAGSTER_HOME": str(home)}).invoke(launch_command, arguments)
    return _local(home, before=before, told=f"{done.output}\n{_chain(done.exception)}")


def shell(home, typed, capsys):
    """`ml-assets run` in this process."""
    before = run_ids(home)
    main([*typed.command, *typed.flags, "--json"])
    return _local(home, before=before, told=capsys.readouterr().err)


def requested(home, make, capfd):
    """What a tick asks for, by the real sensor or schedule in this process; and the runs that come of it."""
    before = run_ids(home)
    capfd.readouterr()
    with dg.DagsterInstance.from_config(str(home)) as instance:
        requests = make(instance)
        told = "".join(capfd.readouterr())
        for request in requests:
            ticks.launch(request, instance=instance)
    outcome = _local(home, before=before, told=told)
    return replace(outcome, ours="presets/typed.toml: " in told)


def run_ids(home):
    """The runs that a Dagster home holds."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return {run.run_id for run in instance.get_runs()}


def _local(home, *, before, told):
    with dg.DagsterInstance.from_config(str(home)) as instance:
        runs = [run for run in instance.get_runs() if run.run_id not in before]
        events = [
            record.asset_materialization
            for asset in tabular.assets
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
