"""A run that a sensor or schedule requests: the one place where its run config, tags and run_key are made."""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ml_assets.adapter.launching.launched import days_of, environment_of, makes, parameters_of
from ml_assets.adapter.parameters import refuse
from ml_assets.adapter.partitions import loaded_problem
from ml_assets.adapter.view import View
from ml_assets.core import as_of as days
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import check
from ml_assets.core.run_tags import run_tags
from ml_assets.errors import RefusedError
from ml_assets.pipeline.workspace import utc_now
from ml_assets.presets import Preset, read_presets
from ml_assets.settings import Settings, load_settings

RUN_KEY_TAG = "dagster/run_key"
PRESET_TAG = "ml_assets/preset"
UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def run_request(
    given: Mapping[str, Any],
    as_of: dt.date,
    *,
    view: View,
    event: str,
    tags: Mapping[str, str] | None = None,
    environment: str = "default",
) -> dg.RunRequest:
    """The request of one run of the view's job; RefusedError where the parameters are not acceptable.

    Only what was given stands in the run config, so that the run can tell it from defaults.

    Args:
        given: parameters, those of a preset included.
        as_of: the day.
        view: whose job.
        event: what asks for the run. With as_of and run_id it is the run_key: the same event asks only once.
        tags: further tags.
        environment: where the artifacts go, if not where the settings say.
    """
    parameters, pipeline = acceptable(given, view), view.pipeline
    name = pipeline.run_id(parameters, as_of)
    options = {} if environment == "default" else {"options": {"config": {"environment": environment}}}
    params = {view.params: {"config": {key: getattr(parameters, key) for key in given}}}
    stated = run_tags(pipeline.identity(parameters), run_id=name, names=pipeline.path)
    return dg.RunRequest(
        run_key=f"{event}:{as_of}:{name}",
        run_config={"resources": {**params, **options}},
        partition_key=as_of.isoformat(),
        tags=stated | dict(tags or {}),
    )


def acceptable(given: Mapping[str, Any], view: View) -> Parameters:
    """The parameters that are given, and those that the view pins; RefusedError where they are not acceptable here."""
    refuse(given, view=view)
    return check({**given, **view.pinned}, view.pipeline.parameters)


def sound_presets(view: View, log: logging.Logger) -> Iterator[tuple[Preset, Parameters]]:
    """Each preset of the view that can be used here, with its parameters; what is wrong with the others is logged."""
    presets, problems = read_presets(view.folder_in(load_settings().presets), cls=view.pipeline.parameters)
    for line in problems:
        log.error(line)
    for preset in presets.values():
        wrong = _problems(preset.parameters, view)
        for line in wrong:
            log.error("preset %s: %s It is left out.", preset.name, line)
        if not wrong:
            yield preset, acceptable(preset.parameters, view)


def _problems(given: Mapping[str, Any], view: View) -> tuple[str, ...]:
    try:
        refuse(given, view=view)
    except RefusedError as error:
        return error.problems
    return ()


def may_be_made(as_of: dt.date, *, now: dt.datetime) -> bool:
    """Whether the day is one of the daily partitions, in the settings and in the loaded definitions."""
    problem = days.problem(as_of, now=now, first=load_settings().first_as_of)
    return problem is None and loaded_problem(as_of) is None


def day_to_request(as_of: dt.date | None) -> dt.date:
    """The same day, or RefusedError where no run of it can be requested now: Dagster would refuse the whole tick."""
    problem = days.problem(as_of, now=utc_now(), first=load_settings().first_as_of)
    if as_of is None or (problem := problem or loaded_problem(as_of)):
        raise RefusedError([str(problem)])
    return as_of


def unfinished(view: View, instance: dg.DagsterInstance, settings: Settings) -> Mapping[str, dt.date]:
    """What queued and running runs of a view make in the settings' environment: the run_id of each day, and the day.

    Whoever launched them: a page, a backfill, a sensor. Days that a backfill has not made runs of yet are not here.
    """
    found: dict[str, dt.date] = {}
    for run in instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED))):
        parameters = parameters_of(run.run_config, view) if makes(run, view) else None
        if parameters and settings.named(environment_of(run.run_config)) == settings.environment:
            found |= {view.pipeline.run_id(parameters, day): day for day in days_of(run)}
    return found


def not_requested_yet(
    requests: Sequence[dg.RunRequest], instance: dg.DagsterInstance
) -> Iterator[dg.RunRequest]:
    """Those for which no run exists, whichever sensor asked for it.

    Dagster itself looks only at runs of the same sensor. One query a key is quicker than one for all of them.
    """
    for request in requests:
        if not instance.get_runs(dg.RunsFilter(tags={RUN_KEY_TAG: str(request.run_key)}), limit=1):
            yield request
