"""A run without Dagster, in two calls: `resolve` checks what is asked for, `make` makes it.

Any engine can call them: what they make has the run_id, the path and the bytes that the Dagster assets give it,
and either reuses what the other has made.

    run = resolve(tabular, {"model_version": "v2"}, as_of="2025-12-01", environment="staging")
    for asset, made in make(run).items():
        print(asset, made.reused, made.sha256)
"""

import datetime as dt
import shutil
import tempfile
import weakref
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import EllipsisType, MappingProxyType
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
)

from ml_assets.core import as_of as days
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared, asset_problems
from ml_assets.core.problems import diagnose
from ml_assets.core.references import find_pipeline
from ml_assets.core.secrets import looks_like_credential
from ml_assets.errors import RefusedError
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.draft import Made
from ml_assets.pipeline.resources import given_problems
from ml_assets.pipeline.stored_value import load_value
from ml_assets.pipeline.workspace import Workspace, again_problems, open_workspace, utc_now
from ml_assets.settings import Settings, load_settings
from ml_assets.storage.artifact_store import ArtifactStore

FAKES = "resources: what is made with others than those of the settings is no artifact. Allowed: with store=None, or another store."


def _reference(pipeline: Declared) -> str:
    if not pipeline.reference:
        raise RefusedError(
            [f"pipeline: {pipeline.name} is found nowhere by name. Define it at the top level of a module."]
        )
    return pipeline.reference


class Run(BaseModel):
    """A sound run. `model_dump_json` and `model_validate_json` carry it from one task of an engine to the next.

    Attributes:
        pipeline: what is made; in JSON, where it is found: `shop.demand:demand`.
        parameters: the parameter set.
        as_of: the day.
        environment: where its artifacts are kept, by name.
        given: the parameters that were given, not left at their default.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True
    )

    pipeline: Annotated[Declared, PlainValidator(find_pipeline), PlainSerializer(_reference)]
    parameters: SerializeAsAny[Parameters]
    as_of: dt.date
    environment: str
    given: tuple[str, ...] = ()

    @property
    def run_id(self) -> str:
        """12 hex digits over parameters and day: the same in every engine and environment."""
        return self.pipeline.run_id(self.parameters, self.as_of)

    @field_validator("parameters", mode="before")
    @classmethod
    def _of_the_pipeline(cls, given: Any, info: ValidationInfo) -> Any:
        """Those that came as JSON are the pipeline's own."""
        known = info.data.get("pipeline")
        return known.parameters.model_validate(given) if known and isinstance(given, Mapping) else given


@dataclass(frozen=True, kw_only=True)
class Result(Made):
    """One artifact of a run, and how its value is read.

    Attributes:
        workspace: what made it, and where it is.
    """

    workspace: Workspace

    @property
    def value(self) -> Any:
        """The value, as it was stored: each time another object."""
        asset = self.workspace.pipeline.assets[self.key.asset]
        return load_value("", self.key, self.manifest, asset=asset, store=self.workspace.store, loaded={})

    @property
    def sha256(self) -> str:
        """The digest of the value's bytes."""
        return self.manifest.sha256

    @property
    def metrics(self) -> Mapping[str, float]:
        """The numbers by which it is compared."""
        return self.manifest.metrics


def resolve(
    pipeline: Declared,
    values: Mapping[str, Any],
    *,
    as_of: dt.date | str = "",
    environment: str = "default",
) -> Run:
    """The run that is asked for.

    Args:
        pipeline: what is to be made.
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
    day = days.last_complete_day(now, every=pipeline.every) if as_of == "" else days.parse(str(as_of))
    parameters, problems = diagnose(values, pipeline.parameters)
    problems += _of_the_day(str(as_of), day, first=settings.first_as_of, now=now, every=pipeline.every)
    problems += _of_the_environment(pipeline, values, name, settings=settings, problems=problems)
    if parameters is None or day is None or problems:
        raise RefusedError(problems)
    return Run(
        pipeline=pipeline, parameters=parameters, as_of=day, environment=name, given=tuple(sorted(values))
    )


def make(
    run: Run,
    assets: Collection[str] | None = None,
    *,
    store: ArtifactStore | EllipsisType | None = ...,
    again: Collection[str] = (),
    resources: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Result]:
    """The artifacts of a run by asset, made or found unchanged; each is committed before the next one starts.

    What the pipeline uses of others is made first, where it is not stored as it would be.

    Args:
        run: what `resolve` has found sound.
        assets: those to make, by default all; what they need of the others must be stored.
        store: where artifacts are kept, by default that of the run's environment; with None they are kept nowhere, and
            are gone with what this returns.
        again: assets that are made again though nothing has changed; a recorded one only so.
        resources: what stands for a resource in a test, by its name. What is made with it is kept in no environment, so
            that `store` must be given.

    Raises:
        RefusedError: before anything is made, where something else than assets of the pipeline is asked for, or a day
            that is not over.
        MlAssetsError: of the family in `ml_assets.errors`, naming culprit and remedy.
    """
    problems = _of_what_is_asked(run, assets, again=again, resources=resources)
    if resources and store is ...:
        problems.append(FAKES)
    if problems:
        raise RefusedError(problems)
    workspace = open_workspace(
        load_settings(), pipeline=run.pipeline, environment=run.environment, given=run.given
    )
    workspace = replace(workspace, again=tuple(again), resources=dict(resources))
    if store is not ...:
        workspace = replace(workspace, store=store or _passing_store())
    day = Day(parameters=run.parameters, as_of=run.as_of, workspace=workspace, makes_used=True)
    return {
        made.key.asset: Result(
            key=made.key,
            manifest=made.manifest,
            reused=made.reused,
            reason=made.reason,
            workspace=workspace,
        )
        for made in day.run(assets)
    }


def _of_what_is_asked(
    run: Run, assets: Collection[str] | None, *, again: Collection[str], resources: Collection[str]
) -> list[str]:
    """One line for each name that is none of the pipeline's, and where the day is none that can be made."""
    pipeline = run.pipeline
    return [
        *asset_problems(assets, pipeline),
        *again_problems(again, pipeline),
        *given_problems(resources, pipeline),
        *days.problems([run.as_of], now=utc_now(), first=None, every=pipeline.every),
    ]


def _passing_store() -> ArtifactStore:
    """A store that is gone with the object that stands for it."""
    place = tempfile.mkdtemp(prefix="ml_assets-")
    store = ArtifactStore(place)
    weakref.finalize(store, shutil.rmtree, place, ignore_errors=True)
    return store


def _of_the_day(text: str, day: dt.date | None, *, first: dt.date, now: dt.datetime, every: str) -> list[str]:
    if looks_like_credential(text):
        return ["as_of: looks like a credential. Give secrets by reference only, never as a parameter."]
    problem = days.problem(day, now=now, first=first, every=every)
    return [problem] if problem else []


def _of_the_environment(
    pipeline: Declared,
    values: Mapping[str, Any],
    environment: str,
    *,
    settings: Settings,
    problems: Collection[str],
) -> list[str]:
    field = pipeline.parameters.model_fields.get("source")
    source = values.get("source", field.default if field else None)
    known = not isinstance(source, str) or any(line.startswith("source:") for line in problems)
    problem = None if known else settings.source_problem(source, environment=environment)
    return [
        *([problem] if problem else []),
        *settings.override_problems(values, cls=pipeline.parameters, environment=environment),
    ]
