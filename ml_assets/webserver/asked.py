"""What a page asks for, read and checked: a run, a backfill or a sweep, or every problem of it at once.

By the very rules of a launch, in its words; nothing is started, and no value that was given is repeated.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ml_assets.client.request import Day, day_of
from ml_assets.client.runs import span
from ml_assets.core import as_of as days_
from ml_assets.core.options import Options
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import diagnose
from ml_assets.core.result import run_config
from ml_assets.core.run_tags import subject_tags
from ml_assets.core.shown_as import job_of, params_of, step_of
from ml_assets.core.sweep.result import ASSET
from ml_assets.core.sweep.search import check_space
from ml_assets.core.sweep.space import axes_in
from ml_assets.core.sweep.sweep_parameters import NO_AXIS, SweepParameters, check_sweep, space_of
from ml_assets.errors import RefusedError, capped
from ml_assets.launch_request import Place, Prepared, backfill_request, run_request
from ml_assets.pipeline.readings import SOURCE
from ml_assets.pipeline.workspace import Workspace, again_problems, open_workspace, utc_now
from ml_assets.settings import Settings

Kind = Literal["run", "backfill", "sweep"]
OWN = ("parameters", "as_of", "from", "to", "sweep")
"""What a request has beside options."""
TABLES = ("parameters", "sweep")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A sound request.

    Attributes:
        pipeline: what is run.
        parameters: those of the run, or what the trials of a sweep share.
        given: those of them that were given.
        days: of a run and a sweep one.
        options: how it is carried out.
        own: the sweep's own parameters; None where none is asked for.
        given_own: those of them that were given.
        is_backfill: whether days are backfilled, be it a single one.
    """

    pipeline: Declared
    parameters: Parameters
    given: Mapping[str, Any]
    days: tuple[dt.date, ...]
    options: Options
    own: SweepParameters | None
    given_own: Mapping[str, Any]
    is_backfill: bool

    @property
    def kind(self) -> Kind:
        """What is to be launched."""
        return "sweep" if self.own is not None else "backfill" if self.is_backfill else "run"

    @property
    def job(self) -> str:
        """The job that is launched."""
        return job_of(self.pipeline, "sweep" if self.own is not None else "")

    def window(self, *, first: dt.date) -> tuple[dt.date, ...]:
        """The days of a sweep, none before `first`."""
        days = self.own.window_days if self.own is not None else 1
        return days_.window(self.days[-1], days=days, first=first, every=self.pipeline.every)

    def workspace(self, settings: Settings) -> Workspace:
        """Where it would read and write."""
        given = self.options.model_dump(include={"environment", "reuse", "again", "engine"})
        return open_workspace(settings, pipeline=self.pipeline, **given)

    def prepared(self, place: Place) -> Prepared:
        """The request to Dagster that launches it."""
        own = {step_of(self.pipeline, ASSET): self.given_own} if self.own is not None else {}
        options = self.options.model_dump()
        config = run_config(self.given, params=params_of(self.pipeline), own=own, **options)
        days = [str(day) for day in self.days]
        if self.is_backfill:
            tags = subject_tags(self.pipeline.identity(self.parameters), names=self.pipeline.path)
            return backfill_request(place, job=self.job, config=config, days=days, tags=tags)
        return run_request(place, job=self.job, config=config, day=days[0])


def read(body: Mapping[str, Any], *, pipeline: Declared, settings: Settings) -> Asked:
    """The request, or RefusedError with every problem of parameters, options, days and sweep.

    Args:
        body: `parameters`, the day `as_of` or the days `from` and `to`, `sweep`, and options by name; each may be left
            out. Without a day, the last complete one is meant. A sweep of several days tries its trials on each.
        pipeline: what it is about.
        settings: those in force.
    """
    tables, problems = _tables(body)
    tables["sweep"], wrong_axes = _own(tables["sweep"])
    problems += wrong_axes
    options = {name: value for name, value in body.items() if name not in OWN}
    parameters, wrong = diagnose(tables["parameters"], pipeline.parameters)
    problems += wrong
    wrong_options = settings.option_problems(options)
    problems += wrong_options.values()
    problems += _of_again(options, pipeline, skip=wrong_options)
    days, wrong = _days(body, pipeline, settings)
    problems += wrong
    is_several, is_sweep = "from" in body or "to" in body, "sweep" in body
    if is_sweep and is_several and days:
        tables["sweep"].setdefault("window_days", (days[-1] - days[0]).days + 1)
        days = days[-1:]
    problems += _of_settings(tables, pipeline, settings, options=options, told=problems)
    own, wrong = _sweep(tables["sweep"], parameters, pipeline) if is_sweep and not wrong_axes else (None, [])
    problems += wrong
    if parameters is None or problems:
        raise RefusedError(list(dict.fromkeys(problems)))
    return Asked(
        pipeline=pipeline,
        parameters=parameters,
        given=tables["parameters"],
        days=tuple(days),
        options=Options.model_validate(options),
        own=own,
        given_own=tables["sweep"],
        is_backfill=is_several and not is_sweep,
    )


def field_problems(problems: Sequence[str], pipeline: Declared) -> list[dict[str, str]]:
    """Each line with the field that it begins with, of those that a form has; "" where it is about none of them."""
    fields = [*pipeline.parameters.model_fields, *Options.model_fields, *SweepParameters.model_fields]
    names = {*fields, *OWN, "days"}
    return [{"field": _field(line, names), "message": line} for line in capped(problems)]


def _field(line: str, names: Collection[str]) -> str:
    """Lines are `field: what`, and of one item of a list or table `field[2]: what` or `field.north: what`."""
    return next((name for name in names if line.startswith((f"{name}:", f"{name}[", f"{name}."))), "")


def _tables(body: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The parts of a request that are tables, and what is wrong with them."""
    wrong = [name for name in TABLES if not isinstance(body.get(name, {}), Mapping)]
    tables = {name: {} if name in wrong else dict(body.get(name, {})) for name in TABLES}
    return tables, [f"{name}: not a table. Allowed: names and values." for name in wrong]


def _own(sweep: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The parameters of a sweep, and what is wrong with axes that are given as texts, `NAME=VALUES`."""
    grid = sweep.get("grid")
    if not isinstance(grid, list) or not all(isinstance(text, str) for text in grid):
        return dict(sweep), []
    axes, problems = axes_in(grid, of="grid")
    return {**sweep, "grid": axes}, problems


def _of_again(options: Mapping[str, Any], pipeline: Declared, *, skip: Collection[str]) -> list[str]:
    again = options.get("again", "")
    return again_problems(again.split(","), pipeline) if again and "again" not in skip else []


def _days(body: Mapping[str, Any], pipeline: Declared, settings: Settings) -> tuple[list[dt.date], list[str]]:
    """The days that are asked for, and what is wrong with them."""
    now, every = utc_now(), pipeline.every
    found: list[dt.date | None]
    if "from" in body or "to" in body:
        if "as_of" in body:
            return [], ["days: not with as_of. Allowed: as_of alone, or from and to."]
        try:
            days = span(_day(body.get("from")), _day(body.get("to")))
        except RefusedError as error:
            return [], list(error.problems)
        found = [day for day in days if days_.is_day(day, every=every)]
        if not found:
            return [], [f"days: none of them is a day of its pipeline, which is made every {every}."]
    else:
        found = [day_of(body["as_of"]) if "as_of" in body else days_.last_complete_day(now, every=every)]
    problems = days_.problems(found, now=now, first=settings.first_as_of, every=every)
    return [day for day in found if day is not None], problems


def _day(value: Any) -> Day | None:
    return value if isinstance(value, str) else None


def _of_settings(
    tables: Mapping[str, Mapping[str, Any]],
    pipeline: Declared,
    settings: Settings,
    *,
    options: Mapping[str, Any],
    told: Sequence[str],
) -> Iterator[str]:
    """What only the settings can tell: has the source a name there, and may the values be given in the environment?"""
    environment, fields = options.get("environment", "default"), pipeline.parameters.model_fields
    if settings.option_problems({"environment": environment}):
        return
    given, grid = tables["parameters"], tables["sweep"].get("grid")
    if SOURCE in fields and not any(_field(line, {SOURCE}) for line in told):
        problem = settings.source_problem(given.get(SOURCE, fields[SOURCE].default), environment=environment)
        yield from [problem] if problem else []
    changed = [name for name, value in given.items() if name in fields and value != fields[name].default]
    varied = grid if isinstance(grid, Mapping) else ()
    yield from settings.override_problems(
        [*changed, *varied], cls=pipeline.parameters, environment=environment
    )


def _sweep(
    given: Mapping[str, Any], parameters: Parameters | None, pipeline: Declared
) -> tuple[SweepParameters | None, list[str]]:
    """The sweep's own parameters, and what is wrong with them."""
    try:
        own = check_sweep(given, pipeline=pipeline)
        if not own.grid:
            return None, [NO_AXIS]
        if parameters is not None:
            check_space(parameters, space_of(own, cls=pipeline.parameters))
    except RefusedError as error:
        return None, list(error.problems)
    return own, []
