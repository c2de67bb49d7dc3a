"""What a notice says of a failed run: nothing that could be a secret, and all that is needed to act."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ml_assets.adapter.guard import given
from ml_assets.adapter.launching.launch_refused import refused_launchpad
from ml_assets.adapter.launching.launched import days_of, environment_of, makes, parameters_of
from ml_assets.adapter.view import View
from ml_assets.core.as_of import parse
from ml_assets.core.parameters import Parameters
from ml_assets.core.secrets import looks_like_credential
from ml_assets.core.slices import subjects
from ml_assets.errors import MlAssetsError, split_launchpad
from ml_assets.pipeline.launchpads import LOCAL
from ml_assets.text import count

SHOWN = 5
MOST = 2500  # characters of a reason; Slack cuts a text at about 4,000


def failure_text(run: dg.DagsterRun, failures: Sequence[dg.DagsterEvent], *, view: View) -> str:
    """The notice as Slack's text: why the run failed and, where it makes the view's assets, how to try again."""
    days, is_making = _failed_days(run, failures), makes(run, view)
    parameters = parameters_of(run.run_config, view) if is_making else None
    why = _quiet("\n".join(_reasons(failures)) or "The run ended before its first step; its page says why.")
    what = _named(parameters, view) if parameters else _made_by(run)
    name = view.pipeline.run_id(parameters, days[0]) if parameters and len(days) == 1 else ""
    lines = [f":x: {_headline(what, days, run_id=name)}"]
    if is_making:
        lines.append(f"*Parameters:* {_stated(run.run_config, parameters, view)}")
    lines.append(f"*Why:* {why}")
    if parameters and days:
        lines += _again(parameters, days, view=view, environment=environment_of(run.run_config))
    if is_making and (link := _launchpad(run, days, view)):
        lines.append(f"*Launch again:* {link}")
    lines.append(f"*Dagster run:* {run.run_id} of {run.job_name}")
    return _escape("\n".join(lines))


def _failed_days(run: dg.DagsterRun, failures: Sequence[dg.DagsterEvent]) -> list[dt.date]:
    """The days that the run itself says failed; where it says nothing, all of its days."""
    for event in failures:
        told = _user_failure(event)
        if told and (days := told.metadata.get("failed_days")):
            return [day for day in map(parse, map(str, days.value or ())) if day]
    return days_of(run)


def _headline(what: str, days: Sequence[dt.date], *, run_id: str) -> str:
    if not days:
        return f"{what} failed"
    if len(days) > 1:
        return f"{what} failed on {count(len(days), 'day')}, {days[0]} to {days[-1]}"
    return f"{what} failed for {days[0]}" + (f", run_id {run_id}" if run_id else "")


def _named(parameters: Parameters, view: View) -> str:
    """`orders v1`, `demand south naive`: what it is about, then the other parameters that its paths tell."""
    pipeline = view.pipeline
    values, about = pipeline.identity(parameters), subjects(pipeline)
    told = [*about, *(name for name in pipeline.path if name not in about)]
    names = [str(values[name]) for name in told if name in values]
    return " ".join(names if view.is_main and names else [view.name, *names])


def _again(parameters: Parameters, days: Sequence[dt.date], *, view: View, environment: str) -> Iterator[str]:
    """The commands that make the first of these days again."""
    each = [view.retry(parameters, [day], environment=environment) for day in days[:SHOWN]]
    commands = [f"`{command}`" for commands in each for command in commands]
    more = [f"and {count(len(days) - SHOWN, 'day')} more"] if len(days) > SHOWN else []
    if commands:
        yield "*Try again:*\n" + "\n".join([*commands, *more])


def _launchpad(run: dg.DagsterRun, days: Sequence[dt.date], view: View) -> str:
    """The address of the launchpad that makes the first of these days again, or from which a refused run is corrected.

    One that has no host is of no use outside of Dagster's pages.
    """
    link = refused_launchpad(run, view, day=days[0] if days else None)
    return f"{LOCAL}{link}" if link.startswith("/") else link


def _made_by(run: dg.DagsterRun) -> str:
    """The job, or the assets of a run that was launched for them."""
    if run.job_name.startswith("__"):
        return ", ".join(sorted(key.to_user_string() for key in run.asset_selection or ())) or "a run"
    return run.job_name


def _stated(run_config: Mapping[str, Any], parameters: Parameters | None, view: View) -> str:
    if parameters is None:
        return "not acceptable, and so not repeated here"
    typed, values = given(run_config, params=view.params), view.pipeline.identity(parameters)
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
            # a refusal at launch comes without the name
            _, found, text = error.message.partition(f"{name}: ")
            yield split_launchpad((text if found else error.message).strip())[0]
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
