"""The resources `params` and `options`: what a run is given, refused at launch when it is wrong."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from ml_assets.config import OptionsConfig, TrainingConfig
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.problems import allowed, diagnose
from ml_assets.core.secrets import credentials, looks_like_credential
from ml_assets.errors import RefusedError
from ml_assets.resources.refusal import at_launch
from ml_assets.resources.schema import own_fields, shown
from ml_assets.settings import load_settings

OPTIONS = own_fields(OptionsConfig, base=dg.ConfigurableResource)


def refuse(values: Mapping[str, Any]) -> None:
    """Raise RefusedError with every problem of the values, the source's name among them."""
    parsed, problems = diagnose(values)
    source = parsed.source if parsed else values.get("source", "sample")
    named = any(line.startswith("source:") for line in problems)
    if isinstance(source, str) and not named and (problem := load_settings().source_problem(source)):
        problems.append(problem)
    if problems:
        raise RefusedError(problems)


def refuse_options(values: Mapping[str, Any]) -> None:
    """Raise RefusedError with every problem of the options."""
    if problems := list(_wrong_options(values)):
        raise RefusedError(problems)


def _wrong_options(values: Mapping[str, Any]) -> Iterator[str]:
    secret = list(credentials(values))
    yield from (f"{name}: looks like a credential. Give secrets by reference only." for name in secret)
    for name, value in values.items():
        if name in secret or looks_like_credential(name):
            continue
        if name not in OPTIONS:
            near = difflib.get_close_matches(name, OPTIONS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(OPTIONS)}."
            yield f"{name}: unknown option. {hint}"
        elif (
            not isinstance(value, bool)
            if name == "reuse"
            else value not in allowed(OPTIONS[name]).split(", ")
        ):
            yield f"{name}: not what is expected. Allowed: {allowed(OPTIONS[name])}."


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

    @dg.configured(base, config_schema=shown(OPTIONS))
    def options(values: Mapping[str, Any]) -> Mapping[str, Any]:
        with at_launch():
            refuse_options(values)
        return values

    return options
