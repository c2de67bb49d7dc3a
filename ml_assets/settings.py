"""Settings: which places the names of sources and environments stand for. Never part of an identity.

Read from `ml_assets.toml` in the working directory; environment variables override it:
`ML_ASSETS_SOURCES__<NAME>=<uri>`, `ML_ASSETS_ENVIRONMENTS__<NAME>__ROOT=<uri>`,
`ML_ASSETS_ENVIRONMENTS__<NAME>__SOURCES__<SOURCE>=<uri>`, `ML_ASSETS_ENVIRONMENTS__<NAME>__OVERRIDES=["seed"]`,
`ML_ASSETS_ENVIRONMENTS__<NAME>__BUDGET__RUNS` and `__HOURS`, `ML_ASSETS_ENVIRONMENT`, `ML_ASSETS_SLOTS=["blue", "green"]`, `ML_ASSETS_RELEASES`, `ML_ASSETS_ACTOR`,
`ML_ASSETS_PIPELINES=["shop.demand:demand"]`, `ML_ASSETS_RESOURCES__<NAME>__<FIELD>` (see `ml_assets.core.resource`), `ML_ASSETS_FIRST_AS_OF`, `ML_ASSETS_PRESETS`, `ML_ASSETS_REQUESTS`, `ML_ASSETS_REQUESTS_PER_TICK`,
`ML_ASSETS_CATCH_UP_DAYS`, `ML_ASSETS_WORKERS`, `ML_ASSETS_ROWS_GB`, `ML_ASSETS_ROWS_CACHE`, `ML_ASSETS_ROWS_CACHE_GB`,
`ML_ASSETS_ENGINE`, `ML_ASSETS_DAGSTER_URL`, `ML_ASSETS_CODE_LOCATION`, `ML_ASSETS_TRACKING__URI`, `ML_ASSETS_TRACKING__EXPERIMENT`,
`ML_ASSETS_S3__<FIELD>` and `ML_ASSETS_ENVIRONMENTS__<NAME>__S3__<FIELD>` (see `ml_assets.core.s3_access`).
"""

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableSettingsError

from ml_assets.core.as_of import USUAL_FIRST
from ml_assets.core.core_schema import no_truth, number_of
from ml_assets.core.definition_rules import REFERENCE
from ml_assets.core.environment import (
    ANY,
    Budget,
    Environment,
    environment_problem,
    named_sources,
    safe_name,
)
from ml_assets.core.foreign_text import CONTROLS
from ml_assets.core.nearest import nearest
from ml_assets.core.options import ENGINE, SLOTS, options_in
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import problems_of
from ml_assets.core.room import USUAL_CACHE_GB, USUAL_GB, CachePlace
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.core.secrets import holds_credential
from ml_assets.core.setting_names import suggestion, unknown_variables
from ml_assets.core.tracking import Tracking
from ml_assets.errors import MOST_PROBLEMS, RefusedError, SettingsError, capped
from ml_assets.settings_sources import FILE, OTHER_VARIABLES, PREFIX, File, Variables, unreadable

__all__ = ["ANY", "ENVIRONMENTS", "FILE", "SAMPLE", "Budget", "Environment", "Settings", "load_settings"]

EARLIEST = dt.date(1900, 1, 1)
SAMPLE = "sample:"


class Settings(BaseSettings):
    """The settings of one deployment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: str = Field(default="dev", description="The environment used where a run names none")
    environments: dict[str, Environment] = Field(default_factory=dict, validate_default=True)
    sources: dict[str, str] = Field(default_factory=dict, description="Landing zones by logical name")
    pipelines: tuple[str, ...] = Field(
        default=(), description="Pipelines as MODULE:NAME; the first is meant where none is named"
    )
    resources: dict[str, dict[str, Any]] = Field(
        default_factory=dict, repr=False, description="What clients that functions take are made of, by name"
    )
    releases: str = Field(
        default="artifacts/releases",
        min_length=1,
        description="Folder or URI of the log of releases, which all share",
    )
    slots: tuple[str, str] = Field(
        default=SLOTS, description="The two environments of which one serves; the other is promoted to"
    )
    actor: str = Field(
        default="",
        max_length=200,
        description="Who releases models, for the log; nothing: the user of the operating system",
    )
    first_as_of: dt.date = Field(default=USUAL_FIRST, description="The first daily partition")
    presets: str = Field(default="presets", min_length=1, description="Folder of presets")
    requests: str = Field(default="requests", min_length=1, description="Folder or URI of request files")
    requests_per_tick: int = Field(
        default=10, ge=1, le=1000, description="Runs that one tick of a sensor requests at most"
    )
    catch_up_days: int = Field(
        default=14, ge=1, le=366, description="Latest days in which missing ones are caught up"
    )
    workers: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="Processes that make days at once; 0: as many as there are cores",
    )
    rows_gb: float = Field(
        default=USUAL_GB,
        gt=0,
        allow_inf_nan=False,
        description="Gigabytes of memory that the rows of one window may take, as their files tell",
    )
    rows_cache: str | None = Field(
        default=None,
        description='Folder in which what was read of days is kept for samples of rows: the user\'s cache folder; "": nowhere',
    )
    rows_cache_gb: float = Field(
        default=USUAL_CACHE_GB,
        gt=0,
        allow_inf_nan=False,
        description="Gigabytes that may lie there; what was used longest ago goes first",
    )
    engine: str = Field(
        default="",
        pattern=ENGINE,
        description="Where days and trials are made: nothing for this machine, or dask://HOST:PORT",
    )
    dagster_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="The address of Dagster's pages, for links to them",
    )
    code_location: str = Field(
        default="ml_assets", min_length=1, max_length=200, description="What Dagster calls this code location"
    )
    tracking: Tracking = Field(default=Tracking(), description="The MLflow store in which runs are shown")
    s3: S3Access = Field(default=USUAL_S3, description="How S3, or a store that speaks like it, is reached")

    @field_validator("sources")
    @classmethod
    def _a_run_can_name_each_source(cls, sources: dict[str, str]) -> dict[str, str]:
        return named_sources(sources)

    @field_validator("first_as_of", mode="before")
    @classmethod
    def _a_number_is_no_day(cls, day: Any) -> Any:
        if isinstance(day, int | float) or (isinstance(day, str) and number_of(day.strip()) is not None):
            raise PydanticCustomError("day", "not a real day. Allowed: YYYY-MM-DD")
        return day

    @field_validator("first_as_of")
    @classmethod
    def _no_run_looks_back_beyond_the_calendar(cls, day: dt.date) -> dt.date:
        if day < EARLIEST:
            raise PydanticCustomError("day", "too early. Allowed: {first} or later", {"first": str(EARLIEST)})
        return day

    @field_validator("requests_per_tick", "catch_up_days", "workers", mode="before")
    @classmethod
    def _true_is_no_number(cls, number: Any) -> Any:
        return no_truth(number)

    @field_validator("pipelines")
    @classmethod
    def _pipelines_are_references(cls, references: tuple[str, ...]) -> tuple[str, ...]:
        if not all(REFERENCE.match(reference) for reference in references):
            raise PydanticCustomError("pipelines", "not all are MODULE:NAME. Allowed: shop.demand:demand")
        return references

    @field_validator("presets")
    @classmethod
    def _presets_lie_on_a_disk(cls, folder: str) -> str:
        if "://" in folder:
            raise PydanticCustomError("folder", "not a folder on this machine. Allowed: a path")
        return folder

    @field_validator("environments", mode="before")
    @classmethod
    def _the_usual_ones_are_there(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        names = dict.fromkeys([*ENVIRONMENTS, *given])
        return {
            name: {"root": f"artifacts/{name}", **given.get(name, {})}
            if _is_open(given, name)
            else given[name]
            for name in names
        }

    @field_validator("environments")
    @classmethod
    def _a_run_can_name_each_environment(cls, places: dict[str, Environment]) -> dict[str, Environment]:
        for name in places:
            if allowed := environment_problem(name):
                told = {"name": safe_name(name), "allowed": allowed}
                raise PydanticCustomError("environment", "no run can name {name}. Allowed: {allowed}", told)
        return places

    @field_validator("slots", mode="before")
    @classmethod
    def _slots_are_two(cls, given: Any) -> Any:
        names = list(given) if isinstance(given, list | tuple) else []
        if len(set(map(str, names))) != len(names) or len(names) != 2:  # noqa: PLR2004
            raise PydanticCustomError("slots", "not two different environments. Allowed: two of their names")
        return given

    @model_validator(mode="after")
    def _named_environments_are_known(self) -> "Settings":
        for setting, names in {"environment": [self.environment], "slots": self.slots}.items():
            if wrong := [name for name in names if name not in self.environments]:
                told = {
                    "setting": setting,
                    "wrong": ", ".join(map(safe_name, wrong)),
                    "known": ", ".join(self.environments),
                }
                raise PydanticCustomError(
                    "environment", "{setting}: unknown: {wrong}. Allowed: {known}", told
                )
        return self

    @model_validator(mode="after")
    def _places_can_be_seen(self) -> "Settings":
        if wrong := [name for name, uri in self._places() if not CONTROLS.isdisjoint(uri)]:
            raise PydanticCustomError(
                "place", "{names}: holds what cannot be seen", {"names": ", ".join(wrong)}
            )
        return self

    @model_validator(mode="after")
    def _places_hold_no_credentials(self) -> "Settings":
        if wrong := [name for name, uri in self._places() if holds_credential(uri)]:
            raise PydanticCustomError(
                "credential", "{names}: holds a credential", {"names": ", ".join(wrong)}
            )
        return self

    @model_validator(mode="after")
    def _places_are_named(self) -> "Settings":
        if wrong := [name for name, uri in self._places() if uri and (not uri.strip() or _is_off(uri))]:
            told = {"names": ", ".join(wrong)}
            raise PydanticCustomError("place", "{names}: names no place. Leave out the space around it", told)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment variables win over the file."""
        return init_settings, Variables(settings_cls), File(settings_cls)

    @property
    def first_pipeline(self) -> str:
        """The reference of the pipeline that is meant where none is named; "" for the shipped one."""
        return next(iter(self.pipelines), "")

    def root(self, environment: str) -> str:
        """The root of an environment; SettingsError lists the known ones."""
        return self.place(environment).root

    def place(self, environment: str) -> Environment:
        """All that is set of an environment; SettingsError lists the known ones."""
        if environment not in self.environments:
            raise SettingsError(f"environment {_unknown(environment, self.environments)}")
        return self.environments[environment]

    def named(self, environment: str) -> str:
        """The environment that an option names: `default` stands for that of the settings."""
        return self.environment if environment == "default" else environment

    def in_a_command(self, environment: str) -> str:
        """What an environment is called in a command: `default`, which needs no flag, for that of the settings."""
        return "default" if environment == self.environment else environment

    def source_problem(self, name: str, *, environment: str | None = None) -> str | None:
        """One line saying that a source has no name in an environment, by default in any of them, or None."""
        places = self.environments if environment is None else [environment]
        known = {source: uri for place in places for source, uri in self.sources_of(place).items()}
        if name in known:
            return None
        return f"source: {_unknown(name, known)} Name it in {FILE} or by ML_ASSETS_SOURCES__<NAME>."

    def option_problems(self, given: Mapping[str, Any]) -> dict[str, str]:
        """One line for each option that a launch cannot have, by its name."""
        return problems_of(given, options_in(tuple(self.environments)), noun="option")

    def override_problems(
        self, given: Iterable[str], *, cls: type[Parameters], environment: str = "default"
    ) -> list[str]:
        """One line for each field of `cls` that a launch in this environment may not give."""
        name = self.named(environment)
        place = self.place(name)
        return [
            f"{parameter}: {place.refusal(name)}"
            for parameter in given
            if parameter in cls.model_fields and not place.may_be_given(parameter)
        ]

    @property
    def cache(self) -> CachePlace:
        """Where what was read of days is kept."""
        own = self.rows_cache
        folder = own and os.path.expanduser(own)  # noqa: PTH111  (of no home, it stays as it is)
        return CachePlace(folder=folder, gigabytes=self.rows_cache_gb)

    def sources_of(self, environment: str = "default") -> Mapping[str, str]:
        """Every source of an environment by name, the embedded sample included."""
        return {"sample": SAMPLE, **self.landing_zones(environment)}

    def landing_zones(self, environment: str = "default") -> Mapping[str, str]:
        """Every source of an environment that somebody else fills, by name."""
        return {**self.sources, **self.place(self.named(environment)).sources}

    def s3_of(self, environment: str = "default") -> S3Access:
        """How S3 is reached for the artifacts of an environment: its own fields win over those of all."""
        own = self.place(self.named(environment)).s3
        return self.s3.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})

    def s3_of_source(self, source: str, environment: str = "default") -> S3Access:
        """How S3 is reached for rows: as for the environment where it names the source itself, else as for all."""
        named_here = source in self.place(self.named(environment)).sources
        return self.s3_of(environment) if named_here else self.s3

    def s3_at(self, root: str) -> S3Access:
        """How S3 is reached for artifacts under a root, which need not be that of an environment."""
        named = [name for name, place in self.environments.items() if place.root.rstrip("/") == root]
        return self.s3_of(named[0]) if named else self.s3

    def _places(self) -> Iterator[tuple[str, str]]:
        """Every folder and URI with the name of its setting."""
        yield "presets", self.presets
        yield "requests", self.requests
        yield "engine", self.engine
        yield "releases", self.releases
        yield from ((f"sources.{name}", uri) for name, uri in self.sources.items())
        for name, place in self.environments.items():
            yield f"environments.{name}.root", place.root
            yield from (
                (f"environments.{name}.sources.{source}", uri) for source, uri in place.sources.items()
            )


ENVIRONMENTS = ("dev", "staging", "blue", "green")


def load_settings() -> Settings:
    """The settings in force, or SettingsError naming what cannot be used."""
    if os.path.lexists(FILE) and not Path(FILE).is_file():
        raise SettingsError(f"{FILE} is not a file that can be read. Mend it, or move it away.")
    problems = unknown_variables(os.environ, Settings, prefix=PREFIX, others=OTHER_VARIABLES)
    try:
        settings = Settings()
    except ValidationError as error:
        problems += map(_line, error.errors(include_input=False, include_url=False)[:MOST_PROBLEMS])
    except RefusedError as error:
        raise SettingsError(f"{error.problems[0]} Correct it, or move it away.") from None
    except UnreadableSettingsError as error:
        problems.append(unreadable(error))
    if problems:
        raise SettingsError("\n".join([f"Settings cannot be used ({FILE}, ML_ASSETS_*):", *capped(problems)]))
    return settings


def _line(error: Mapping[str, Any]) -> str:
    """What is wrong with one setting, and where; what nobody knows, with the nearest known name."""
    if error["type"] == "extra_forbidden":
        *above, name = map(str, error["loc"])
        return f"{'.'.join([*above, safe_name(name)])}: unknown. {suggestion(error['loc'], Settings)}"
    return ": ".join([*_at(error["loc"]), error["msg"]])


def _at(loc: tuple[int | str, ...]) -> list[str]:
    """Where a problem is, if it has a place."""
    return [".".join(safe_name(str(part)) for part in loc)] if loc else []


def _is_open(given: Mapping[str, Any], name: str) -> bool:
    """Whether what is given of an environment is a mapping, to which its usual root can be added."""
    return isinstance(given.get(name, {}), Mapping)


def _is_off(uri: str) -> bool:
    """Whether a space before or after a URI makes the name of a folder of it."""
    return "://" in uri and uri.strip() != uri


def _unknown(name: str, known: Mapping[str, object]) -> str:
    near = nearest(name, known)
    hint = f" Did you mean {near}?" if near else ""
    return f"unknown. Known: {', '.join(known)}.{hint}"
