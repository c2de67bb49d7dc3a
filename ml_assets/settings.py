"""Settings: which places the names of sources and environments stand for. Never part of an identity.

Read from `ml_assets.toml` in the working directory; environment variables override it:
`ML_ASSETS_SOURCES__<NAME>=<uri>`, `ML_ASSETS_ENVIRONMENTS__<NAME>__ROOT=<uri>`,
`ML_ASSETS_ENVIRONMENTS__<NAME>__SOURCES__<SOURCE>=<uri>`, `ML_ASSETS_ENVIRONMENTS__<NAME>__OVERRIDES=["seed"]`,
`ML_ASSETS_ENVIRONMENTS__<NAME>__BUDGET__RUNS` and `__HOURS`, `ML_ASSETS_ENVIRONMENT`, `ML_ASSETS_RELEASES`, `ML_ASSETS_ACTOR`,
`ML_ASSETS_FIRST_AS_OF`, `ML_ASSETS_PRESETS`, `ML_ASSETS_REQUESTS`, `ML_ASSETS_REQUESTS_PER_TICK`,
`ML_ASSETS_CATCH_UP_DAYS`, `ML_ASSETS_WORKERS`, `ML_ASSETS_ROWS_GB`,
`ML_ASSETS_ENGINE`, `ML_ASSETS_TRACKING__URI`, `ML_ASSETS_TRACKING__EXPERIMENT`,
`ML_ASSETS_S3__<FIELD>` (see `ml_assets.core.s3_access`).
"""

import datetime as dt
import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as UnreadableSettingsError

from ml_assets.core.as_of import USUAL_FIRST
from ml_assets.core.engine import PATTERN
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.room import USUAL_GB
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.core.secrets import holds_credential, looks_like_credential
from ml_assets.core.tracking import Tracking
from ml_assets.errors import SettingsError

FILE = "ml_assets.toml"
SAMPLE = "sample:"
ANY = "*"


class Budget(BaseModel):
    """What may be computed at once; 0 stands for no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    runs: int = Field(default=0, ge=0, description="Days and parameter sets that one launch may compute")
    hours: float = Field(default=0, ge=0, description="Hours that one launch may take, as past runs tell")


class Environment(BaseModel):
    """Where the artifacts of one environment live, where its rows come from, and what a launch may do there."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    root: str = Field(min_length=1, description="Folder or URI under which artifacts are kept")
    sources: dict[str, str] = Field(
        default_factory=dict,
        description="Landing zones by logical name; they win over those of all environments",
    )
    overrides: tuple[str, ...] = Field(
        default=(ANY,), description="Parameters that a launch may give; the others stay at their default"
    )
    budget: Budget = Field(default=Budget(), description="What one launch may compute")

    @field_validator("overrides")
    @classmethod
    def _overrides_are_parameters(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [name for name in names if name != ANY and name not in TrainingParameters.model_fields]:
            known = ", ".join(TrainingParameters.model_fields)
            raise PydanticCustomError(
                "override",
                "unknown: {wrong}. Allowed: * for all, or {known}",
                {"wrong": ", ".join(map(_safe, wrong)), "known": known},
            )
        return names

    def may_be_given(self, name: str) -> bool:
        """Whether a launch may give this parameter."""
        return ANY in self.overrides or name in self.overrides


class Settings(BaseSettings):
    """The settings of one deployment."""

    model_config = SettingsConfigDict(
        env_prefix="ML_ASSETS_",
        env_nested_delimiter="__",
        toml_file=FILE,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: str = Field(default="dev", description="The environment used where a run names none")
    environments: dict[str, Environment] = Field(default_factory=dict, validate_default=True)
    sources: dict[str, str] = Field(default_factory=dict, description="Landing zones by logical name")
    releases: str = Field(
        default="artifacts/releases",
        min_length=1,
        description="Folder or URI of the log of releases, which all share",
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
    engine: str = Field(
        default="",
        pattern=PATTERN,
        description="Where days and trials are made: nothing for this machine, or dask://HOST:PORT",
    )
    tracking: Tracking = Field(default=Tracking(), description="The MLflow store in which runs are shown")
    s3: S3Access = Field(default=USUAL_S3, description="How S3, or a store that speaks like it, is reached")

    @field_validator("environments", mode="before")
    @classmethod
    def _the_usual_ones_are_there(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        usual = {name: {"root": f"artifacts/{name}"} for name in ENVIRONMENTS}
        named = {name: {**usual[name], **given.get(name, {})} for name in usual if _is_open(given, name)}
        return {**usual, **given, **named}

    @model_validator(mode="after")
    def _environments_are_those_of_the_options(self) -> "Settings":
        named = {"environment": [self.environment], "environments": list(self.environments)}
        for setting, names in named.items():
            if wrong := [name for name in names if name not in ENVIRONMENTS]:
                told = {
                    "setting": setting,
                    "wrong": ", ".join(map(_safe, wrong)),
                    "known": ", ".join(ENVIRONMENTS),
                }
                raise PydanticCustomError(
                    "environment", "{setting}: unknown: {wrong}. Allowed: {known}", told
                )
        return self

    @model_validator(mode="after")
    def _places_hold_no_credentials(self) -> "Settings":
        if wrong := [name for name, uri in self._places() if holds_credential(uri)]:
            raise PydanticCustomError(
                "credential", "{names}: holds a credential", {"names": ", ".join(wrong)}
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment variables win over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

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

    def override_problems(self, given: Iterable[str], *, environment: str = "default") -> list[str]:
        """One line for each parameter that a launch in this environment may not give."""
        name = self.named(environment)
        place = self.place(name)
        allowed = ", ".join(place.overrides) or "none"
        return [
            f"{parameter}: may not be given in the environment {name}. Given there may be: {allowed}."
            for parameter in given
            if parameter in TrainingParameters.model_fields and not place.may_be_given(parameter)
        ]

    def sources_of(self, environment: str = "default") -> Mapping[str, str]:
        """Every source of an environment by name, the embedded sample included."""
        return {"sample": SAMPLE, **self.landing_zones(environment)}

    def landing_zones(self, environment: str = "default") -> Mapping[str, str]:
        """Every source of an environment that somebody else fills, by name."""
        return {**self.sources, **self.place(self.named(environment)).sources}

    def _places(self) -> Iterator[tuple[str, str]]:
        """Every folder and URI with the name of its setting."""
        yield "requests", self.requests
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
    try:
        return Settings()
    except ValidationError as error:
        lines = [": ".join([*_at(e["loc"]), e["msg"]]) for e in error.errors(include_input=False)]
        raise SettingsError(f"Settings cannot be used ({FILE}, ML_ASSETS_*):\n" + "\n".join(lines)) from None
    except OSError as error:
        raise SettingsError(f"{FILE} cannot be read ({error.strerror}).") from None
    except UnreadableSettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        name = f"ML_ASSETS_{field[1].upper()}" if field else "ML_ASSETS_*"
        raise SettingsError(
            f'{name}: a variable that cannot be read. Lists and tables are JSON there, such as ["seed"].'
        ) from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{FILE} is not valid TOML: {error}. Correct it, or move it away.") from None


def _at(loc: tuple[int | str, ...]) -> list[str]:
    """Where a problem is, if it has a place."""
    return [".".join(map(str, loc))] if loc else []


def _safe(name: str) -> str:
    return "(looks like a credential)" if looks_like_credential(name) else name


def _is_open(given: Mapping[str, Any], name: str) -> bool:
    """Whether what is given of an environment is a mapping, to which its usual root can be added."""
    return isinstance(given.get(name, {}), Mapping)


def _unknown(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"unknown. Known: {', '.join(known)}.{hint}"
