"""A run without Dagster, in two calls: `resolve` checks what is asked for, `make` makes it.

Any engine can call them: what they make has the run_id, the path and the bytes that the Dagster assets give it,
and either reuses what the other has made.

    run = resolve({"model_version": "v2"}, as_of="2025-12-01", environment="staging")
    for asset, made in make(run).items():
        print(asset, made.reused, made.manifest.sha256)
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from ml_assets.core import as_of as days
from ml_assets.core.catalog import CATALOG, unknown_assets
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.problems import diagnose
from ml_assets.core.run_id import run_id
from ml_assets.core.secrets import looks_like_credential
from ml_assets.errors import RefusedError
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.draft import Made
from ml_assets.pipeline.workspace import open_workspace, utc_now
from ml_assets.settings import Settings, load_settings


class Run(BaseModel):
    """A sound run. `model_dump_json` and `model_validate_json` carry it from one task of an engine to the next.

    Attributes:
        parameters: the parameter set.
        as_of: the day.
        environment: where its artifacts are kept, by name.
        given: the parameters that were given, not left at their default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    parameters: TrainingParameters
    as_of: dt.date
    environment: str
    given: tuple[str, ...] = ()

    @property
    def run_id(self) -> str:
        """12 hex digits over parameters and day: the same in every engine and environment."""
        return run_id(self.parameters, self.as_of)


def resolve(values: Mapping[str, Any], *, as_of: dt.date | str = "", environment: str = "default") -> Run:
    """The run that is asked for.

    Args:
        values: parameters by name; those that are left out have their default.
        as_of: a day or its name, YYYY-MM-DD; by default the last complete day, in UTC.
        environment: the name of an environment; by default that of the settings.

    Raises:
        RefusedError: with one line for each problem, none of which repeats a value.
        SettingsError: the settings cannot be used, or know no such environment.
    """
    settings, now = load_settings(), utc_now()
    name = settings.named(environment)
    settings.place(name)
    day = days.last_complete_day(now) if as_of == "" else days.parse(str(as_of))
    parameters, problems = diagnose(values)
    problems += _of_the_day(str(as_of), day, first=settings.first_as_of, now=now)
    problems += _of_the_environment(values, name, settings=settings, told=problems)
    if parameters is None or day is None or problems:
        raise RefusedError(problems)
    return Run(parameters=parameters, as_of=day, environment=name, given=tuple(sorted(values)))


def make(run: Run, assets: Collection[str] = tuple(CATALOG)) -> dict[str, Made]:
    """The artifacts of a run by asset, made or found unchanged; each is committed before the next one starts.

    Args:
        run: what `resolve` has found sound.
        assets: those to make; what they need of the others must be stored.

    Raises:
        RefusedError: before anything is made, where something else than assets of the catalog is asked for, or a day
            that is not over.
        MlAssetsError: of the family in `ml_assets.errors`, naming culprit and remedy.
    """
    if problems := [*unknown_assets(assets), *days.problems([run.as_of], now=utc_now(), first=None)]:
        raise RefusedError(problems)
    workspace = open_workspace(load_settings(), environment=run.environment, given=run.given)
    day = Day(parameters=run.parameters, as_of=run.as_of, workspace=workspace)
    return {made.key.asset: made for made in day.run(assets)}


def _of_the_day(text: str, day: dt.date | None, *, first: dt.date, now: dt.datetime) -> list[str]:
    if looks_like_credential(text):
        return ["as_of: looks like a credential. Give secrets by reference only, never as a parameter."]
    problem = days.problem(day, now=now, first=first)
    return [problem] if problem else []


def _of_the_environment(
    values: Mapping[str, Any], environment: str, *, settings: Settings, told: Collection[str]
) -> list[str]:
    source = values.get("source", TrainingParameters.model_fields["source"].default)
    known = not isinstance(source, str) or any(line.startswith("source:") for line in told)
    problem = None if known else settings.source_problem(source, environment=environment)
    return [*([problem] if problem else []), *settings.override_problems(values, environment=environment)]
