"""What a notice says of a failed run: nothing that could be a secret, and all that is needed to act."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ml_assets.adapter.guard import given
from ml_assets.core.as_of import parse
from ml_assets.core.command import run_command
from ml_assets.core.parameters import identity
from ml_assets.core.run_id import run_id
from ml_assets.core.secrets import looks_like_credential
from ml_assets.defs.launched import days_of, environment_of, parameters_of, trains
from ml_assets.errors import MlAssetsError
from ml_assets.pipelines.tabular.parameters import TrainingParameters

SHOWN = 5
MOST = 2500  # characters of a reason; Slack cuts a text at about 4,000


def failure_text(run: dg.DagsterRun, failures: Sequence[dg.DagsterEvent]) -> str:
    """The notice as Slack's text: why the run failed and, of a training run, its parameters and how to try again."""
    days, is_training = _failed_days(run, failures), trains(run)
    parameters = parameters_of(run.run_config) if is_training else None
    why = _quiet("\n".join(_reasons(failures)) or "The run ended before its first step; its page says why.")
    lines = [f":x: {_headline(parameters, days, run)}"]
    if is_training:
        lines.append(f"*Parameters:* {_stated(run.run_config, parameters)}")
    lines.append(f"*Why:* {why}")
    if parameters and days:
        environment = environment_of(run.run_config)
        commands = [f"`{run_command(parameters, day, environment=environment)}`" for day in days[:SHOWN]]
        more = [f"and {len(days) - SHOWN} days more"] if len(days) > SHOWN else []
        lines.append("*Try again:*\n" + "\n".join([*commands, *more]))
    lines.append(f"*Dagster run:* {run.run_id} of {run.job_name}")
    return _escape("\n".join(lines))


def _failed_days(run: dg.DagsterRun, failures: Sequence[dg.DagsterEvent]) -> list[dt.date]:
    """The days that the run itself says failed; where it says nothing, all of its days."""
    for event in failures:
        told = _user_failure(event)
        if told and (days := told.metadata.get("failed_days")):
            return [day for day in map(parse, map(str, days.value or ())) if day]
    return days_of(run)


def _headline(parameters: TrainingParameters | None, days: Sequence[dt.date], run: dg.DagsterRun) -> str:
    what = f"{parameters.dataset} {parameters.model_version}" if parameters else _made_by(run)
    if not days:
        return f"{what} failed"
    if len(days) > 1:
        return f"{what} failed on {len(days)} days, {days[0]} to {days[-1]}"
    return f"{what} failed for {days[0]}" + (f", run_id {run_id(parameters, days[0])}" if parameters else "")


def _made_by(run: dg.DagsterRun) -> str:
    """The job, or the assets of a run that was launched for them."""
    if run.job_name.startswith("__"):
        return ", ".join(sorted(key.to_user_string() for key in run.asset_selection or ())) or "a run"
    return run.job_name


def _stated(run_config: Mapping[str, Any], parameters: TrainingParameters | None) -> str:
    if parameters is None:
        return "not acceptable, and so not repeated here"
    typed, values = given(run_config), identity(parameters, of=TrainingParameters)
    shown = ", ".join(f"{name}={json.dumps(value)}" for name, value in values.items() if name in typed)
    return f"{shown} (the others at their defaults)" if shown else "all at their defaults"


def _reasons(failures: Sequence[dg.DagsterEvent]) -> Iterator[str]:
    """Our own errors in their own words; of any other only its kind, for its text may hold anything."""
    for event in failures:
        told = _user_failure(event)
        if told and told.description:
            yield told.description
            continue
        error = getattr(event.event_specific_data, "error", None)
        while error is not None and error.cause is not None:
            error = error.cause
        if error is None:
            continue
        name = error.cls_name or "an error"
        if name in _ours(MlAssetsError):
            yield error.message.partition(": ")[2].strip()
        else:
            yield f"{name}; the run's page says more."


def _user_failure(event: dg.DagsterEvent) -> Any:
    """What a step said of its failure by dg.Failure, or None."""
    return event.step_failure_data.user_failure_data if event.is_step_failure else None


def _ours(family: type[Exception]) -> set[str]:
    """The names of a family of errors."""
    return {family.__name__}.union(*(_ours(child) for child in family.__subclasses__()))


def _quiet(text: str) -> str:
    """The text without the lines that look like a credential, and no longer than Slack shows."""
    lines = [
        "(a line is left out: it looks like a credential)" if looks_like_credential(line) else line
        for line in text.splitlines()
    ]
    kept = "\n".join(lines)
    return kept if len(kept) <= MOST else f"{kept[:MOST]}..."


def _escape(text: str) -> str:
    """Slack reads these three characters as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
