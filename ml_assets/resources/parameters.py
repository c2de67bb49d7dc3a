"""The resource `params`: a run's parameters, refused at launch when they are wrong."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from ml_assets.config import TrainingConfig
from ml_assets.core.problems import diagnose
from ml_assets.errors import RefusedError
from ml_assets.settings import load_settings


def refuse(values: Mapping[str, Any]) -> None:
    """Raise RefusedError with every problem of the values, the source's name among them."""
    parsed, problems = diagnose(values)
    source = parsed.source if parsed else values.get("source", "sample")
    named = any(line.startswith("source:") for line in problems)
    if isinstance(source, str) and not named and (problem := load_settings().source_problem(source)):
        problems.append(problem)
    if problems:
        raise RefusedError(problems)


def params_resource() -> dg.ResourceDefinition:
    """The resource that every asset takes its parameters from.

    The wrapping function runs when a run's config is resolved, which is when it is launched: a bad value
    is refused before a run exists.
    """
    base = TrainingConfig.configure_at_launch().get_resource_definition()
    fields = base.config_schema.config_type.fields  # type: ignore[union-attr]

    @dg.configured(base, config_schema=fields)
    def params(values: Mapping[str, Any]) -> Mapping[str, Any]:
        refuse(values)
        return values

    return params
