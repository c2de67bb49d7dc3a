"""`ml-assets monitor`: what is known of a model in use at the end of a day, made in this process."""

import json
from typing import TYPE_CHECKING

from ml_assets.cli.call import Call
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.result import artifact_of
from ml_assets.errors import MlAssetsError
from ml_assets.pipelines.tabular.commands.request import failed, launch_scoring, read_scoring, with_model
from ml_assets.pipelines.tabular.monitoring.parameters import ASSET, MonitoringParameters
from ml_assets.text import count

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ml_assets.pipelines.tabular.monitoring.document import Monitoring
    from ml_assets.pipelines.tabular.monitoring.drift import Drift
    from ml_assets.pipelines.tabular.monitoring.measure import Outcomes

JOB = "monitor"
MOST_INPUTS = 10


def monitor(call: Call) -> int:
    """Make the monitoring of a day and print it; raises the error that stopped it."""
    request = read_scoring(call, own=MonitoringParameters)
    from ml_assets.terminal.progress import progress

    request = with_model(request, asset=ASSET)
    with progress(show=not call.args.json, doing="Monitoring"):
        (run,) = launch_scoring(request, job=JOB, asset=ASSET)
    if wrong := failed([run], asset=ASSET):
        raise MlAssetsError(wrong[0]["reason"])
    artifact = artifact_of(run.seen[ASSET, str(request.days[0])])
    found = _stored(artifact["uri"], call)
    told = {"dagster_run_id": run.dagster_run_id, "environment": run.environment, "artifact": artifact}
    call.show({**told, "monitoring": found.document()}, lambda: _print(found, artifact["uri"]))
    return 0


def _stored(uri: str, call: Call) -> "Monitoring":
    """What was committed, as it is read back from the store."""
    from ml_assets.core.artifact import parse_path
    from ml_assets.pipelines.tabular.monitoring.document import Monitoring

    key = parse_path(uri[uri.rindex(f"/{ASSET}/") :])
    assert isinstance(key, ArtifactKey)
    document = call.workspace.store.load(key)
    return Monitoring.model_validate_json(json.dumps(document))


def _print(found: "Monitoring", uri: str) -> None:
    from ml_assets.pipelines.tabular.monitoring import text
    from ml_assets.pipelines.tabular.monitoring.psi import RULE
    from ml_assets.terminal.tables import console

    out = console()
    out.print(f"[bold]{text.title(found)}[/bold]")
    out.print(f"{text.outcomes(found.outcomes)}\n{text.drift(found)}", markup=False)
    if found.outcomes.first is not None:
        lines = "\n".join(text.verdicts(found.outcomes))
        out.print(f"\n{lines}\n{text.look(found.outcomes)}", markup=False)
    out.print(f"\nOutcomes: {text.window(found.outcomes)}", markup=False)
    if found.outcomes.compared:
        out.print(_metrics(found.outcomes))
    if found.drift is not None:
        days = found.drift.days
        out.print(
            f"\nDrift: {count(found.drift.rows, 'row', grouped=True)} of {days[0]} to {days[-1]} against training",
            markup=False,
        )
        out.print(_shifts(found.drift))
        out.print(f"{RULE}.", markup=False)
    if found.missing:
        lines = "\n".join(f"  {command}" for command in found.commands)
        out.print(f"\n{text.missing(found)}. Score them:\n{lines}", markup=False)
    out.print(f"\n{ASSET}: {uri}/", markup=False)


def _metrics(outcomes: "Outcomes") -> "RenderableType":
    from ml_assets.pipelines.tabular.monitoring import text
    from ml_assets.terminal.tables import table

    return table(text.METRICS, text.metrics(outcomes))


def _shifts(drift: "Drift") -> "RenderableType":
    from ml_assets.pipelines.tabular.monitoring.text import shift
    from ml_assets.terminal.tables import table

    head = ("column", "PSI", "expected without change", "limit of chance", "drift")
    return table(head, [(item.name, *shift(item)) for item in (drift.scores, *drift.inputs[:MOST_INPUTS])])
