"""A run that a sensor or schedule requests: the one place where its run config, tags and run_key are made."""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ml_assets.adapter.metadata import run_tags
from ml_assets.adapter.parameters import refuse
from ml_assets.adapter.partitions import loaded_problem
from ml_assets.core import as_of as days
from ml_assets.core.parameters import identity
from ml_assets.core.problems import check
from ml_assets.core.run_id import run_id
from ml_assets.defs.launched import days_of, environment_of, parameters_of, trains
from ml_assets.errors import RefusedError
from ml_assets.pipeline.workspace import utc_now
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.presets import Preset, read_presets
from ml_assets.settings import Settings, load_settings
from ml_assets.storage.artifact_store import ArtifactStore

RUN_KEY_TAG = "dagster/run_key"
PRESET_TAG = "ml_assets/preset"
LAST_ASSET = tuple(tabular.assets)[-1]
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
    event: str,
    tags: Mapping[str, str] | None = None,
    environment: str = "default",
) -> dg.RunRequest:
    """The request of one run of the job `train`; RefusedError where the parameters are not acceptable.

    Only what was given stands in the run config, so that the run can tell it from defaults.

    Args:
        given: parameters, those of a preset included.
        as_of: the day.
        event: what asks for the run. With as_of and run_id it is the run_key: the same event asks only once.
        tags: further tags.
        environment: where the artifacts go, if not where the settings say.
    """
    refuse(given)
    parameters = check(given, TrainingParameters)
    name = run_id(parameters, as_of)
    options = {} if environment == "default" else {"options": {"config": {"environment": environment}}}
    params = {"params": {"config": {key: getattr(parameters, key) for key in given}}}
    return dg.RunRequest(
        run_key=f"{event}:{as_of}:{name}",
        run_config={"resources": {**params, **options}},
        partition_key=as_of.isoformat(),
        tags=run_tags(identity(parameters, of=TrainingParameters), run_id=name) | dict(tags or {}),
    )


def sound_presets(log: logging.Logger) -> Iterator[tuple[Preset, TrainingParameters]]:
    """Each preset that can be used here, with its parameters; what is wrong with the others is logged."""
    presets, problems = read_presets(load_settings().presets, cls=TrainingParameters)
    for line in problems:
        log.error(line)
    for preset in presets.values():
        wrong = _problems(preset.parameters)
        for line in wrong:
            log.error("preset %s: %s It is left out.", preset.name, line)
        if not wrong:
            yield preset, check(preset.parameters, TrainingParameters)


def _problems(given: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        refuse(given)
    except RefusedError as error:
        return error.problems
    return ()


def may_be_trained(as_of: dt.date, *, now: dt.datetime) -> bool:
    """Whether the day is one of the daily partitions, in the settings and in the loaded definitions."""
    problem = days.problem(as_of, now=now, first=load_settings().first_as_of)
    return problem is None and loaded_problem(as_of) is None


def day_to_request(as_of: dt.date | None) -> dt.date:
    """The same day, or RefusedError where no run of it can be requested now: Dagster would refuse the whole tick."""
    problem = days.problem(as_of, now=utc_now(), first=load_settings().first_as_of)
    if as_of is None or (problem := problem or loaded_problem(as_of)):
        raise RefusedError([str(problem)])
    return as_of


def unfinished(instance: dg.DagsterInstance, settings: Settings) -> Mapping[str, dt.date]:
    """What queued and running runs train in the settings' environment: the run_id of each day, and the day.

    Whoever launched them: a page, a backfill, a sensor. Days that a backfill has not made runs of yet are not here.
    """
    found: dict[str, dt.date] = {}
    for run in filter(trains, instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED)))):
        parameters = parameters_of(run.run_config)
        if parameters and settings.named(environment_of(run.run_config)) == settings.environment:
            found |= {run_id(parameters, day): day for day in days_of(run)}
    return found


def days_trained(parameters: TrainingParameters, store: ArtifactStore) -> frozenset[dt.date]:
    """Each as_of for which the store holds the last of the assets, made with exactly these parameters."""
    return frozenset(
        key.as_of
        for key in store.keys(LAST_ASSET)
        if key.value("dataset") == parameters.dataset and key.run_id == run_id(parameters, key.as_of)
    )


def not_requested_yet(
    requests: Sequence[dg.RunRequest], instance: dg.DagsterInstance
) -> Iterator[dg.RunRequest]:
    """Those for which no run exists, whichever sensor asked for it.

    Dagster itself looks only at runs of the same sensor. One query a key is quicker than one for all of them.
    """
    for request in requests:
        if not instance.get_runs(dg.RunsFilter(tags={RUN_KEY_TAG: str(request.run_key)}), limit=1):
            yield request
