"""The resources `params` and `options`: what a run is given, refused at launch when it is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from ml_assets.adapter.refusal import at_launch
from ml_assets.adapter.schema import shown
from ml_assets.config import OptionsConfig, TrainingConfig
from ml_assets.core.options import Options
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.problems import diagnose, problems_of
from ml_assets.errors import RefusedError
from ml_assets.settings import load_settings


def refuse(values: Mapping[str, Any]) -> None:
    """Raise RefusedError with every problem of the values: their own, and what the settings say of them.

    Which environment a run names is not known here: the source must have a name in one of them, and what may be
    given is what the settings' own environment allows. Dagster fills in what was not given, so that a value at its
    default counts as not given.
    """
    parsed, problems = diagnose(values)
    source = parsed.source if parsed else values.get("source", "sample")
    named = any(line.startswith("source:") for line in problems)
    settings = load_settings()
    if isinstance(source, str) and not named and (problem := settings.source_problem(source)):
        problems.append(problem)
    problems += settings.override_problems(name for name in values if not _is_default(name, values[name]))
    if problems:
        raise RefusedError(problems)


def _is_default(name: str, value: Any) -> bool:
    field = TrainingParameters.model_fields.get(name)
    return field is not None and type(value) is type(field.default) and value == field.default


def refuse_overrides(names: Iterable[str], *, environment: str) -> None:
    """Raise RefusedError for each parameter that a run in this environment may not be given."""
    if problems := load_settings().override_problems(names, environment=environment):
        raise RefusedError(problems)


def refuse_options(values: Mapping[str, Any]) -> None:
    """Raise RefusedError with every problem of the options."""
    if problems := problems_of(values, Options, noun="option"):
        raise RefusedError(list(problems.values()))


def params_resource() -> dg.ResourceDefinition:
    """The resource that every asset takes its parameters from.

    The wrapping function runs when a run's config is resolved, which is when it is launched: a bad value
    is refused before a run exists.
    """
    base = TrainingConfig.configure_at_launch().get_resource_definition()

    @dg.configured(base, config_schema=shown(TrainingParameters.model_fields))
    def params(values: Mapping[str, Any]) -> Mapping[str, Any]:
        with at_launch():
            refuse(values)
        return values

    return params


def options_resource() -> dg.ResourceDefinition:
    """The resource of what changes only how a run is carried out, refused in the same way."""
    base = OptionsConfig.configure_at_launch().get_resource_definition()

    @dg.configured(base, config_schema=shown(Options.model_fields))
    def options(values: Mapping[str, Any]) -> Mapping[str, Any]:
        with at_launch():
            refuse_options(values)
        return values

    return options
