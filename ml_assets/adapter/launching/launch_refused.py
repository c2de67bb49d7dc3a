"""The launchpad from which a run is corrected that was refused once it had begun."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ml_assets.adapter.launch_again import launchpads_of
from ml_assets.adapter.launching.launched import config_of, days_of, environment_of, makes
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.core.launch_link import sound_part
from ml_assets.core.options import Options
from ml_assets.core.problems import problems_of
from ml_assets.pipeline.launchpads import not_allowed
from ml_assets.settings import load_settings


def refused_launchpad(run: dg.DagsterRun | None, view: View, *, day: dt.date | None = None) -> str:
    """The address of the job's launchpad, filled in with what is acceptable of a run's config.

    The day is the given one, else that of the run where it has a single one. The address is "" where the run is of no
    job whose launchpad can be filled in.
    """
    if run is None or (not (is_making := makes(run, view)) and run.job_name.startswith("__")):
        return ""
    options = _options(run.run_config)
    model, settings = view.pipeline.parameters, load_settings()
    refused = not_allowed(view.pipeline, settings, environment=options.environment)
    given = config_of(run.run_config, view.params)
    kept = {name: value for name, value in given.items() if name not in refused}
    job, days = view.job_name if is_making else run.job_name, days_of(run)
    return launchpads_of(view, options=options, run=run).of_job(
        job,
        sound_part({**kept, **view.pinned}, model),
        day or (days[0] if len(days) == 1 else None),
        own=_own(run),
    )


def _options(run_config: Mapping[str, Any]) -> Options:
    given = {**config_of(run_config, OPTIONS), "environment": environment_of(run_config)}
    wrong = problems_of(given, Options, noun="option")
    return Options.model_validate({name: value for name, value in given.items() if name not in wrong})


def _own(run: dg.DagsterRun) -> dict[str, Mapping[str, Any]]:
    """What the steps of the run were given, which was looked at when it was launched."""
    given: Any = run.run_config.get("ops", {})
    steps = run.step_keys_to_execute or ()
    found = {step: given[step].get("config") for step in steps if isinstance(given.get(step), Mapping)}
    return {step: values for step, values in found.items() if isinstance(values, Mapping) and values}
