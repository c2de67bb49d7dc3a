"""The resources of parameters and options: what a run is given, refused at launch when it is wrong."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
from pydantic import BaseModel

from ml_assets.adapter.launch_again import launchpads_of
from ml_assets.adapter.refusal import at_launch
from ml_assets.adapter.schema import TakesNothing, plain_names, shown
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.config import OptionsConfig
from ml_assets.core.launch_link import sound_part
from ml_assets.core.options import DEFAULT, options_in
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import diagnose
from ml_assets.errors import RefusedError
from ml_assets.pipeline.launchpads import not_allowed
from ml_assets.pipeline.readings import SOURCE
from ml_assets.settings import load_settings


def refuse(values: Mapping[str, Any], *, view: View) -> None:
    """Raise RefusedError with every problem of the values: their own, and what the settings say of them.

    Which environment a run names is not known here: the source must have a name in one of them, and what may be
    given is what the settings' own environment allows. Dagster fills in what was not given, so that a value at its
    default counts as not given.
    """
    model = view.pipeline.parameters
    parsed, problems = diagnose(values, model)
    problems += view.pinned_problems(values)
    if SOURCE in model.model_fields:
        problems += _source_problems(getattr(parsed, SOURCE, None) or values.get(SOURCE), problems)
    given = (name for name in values if not _is_default(name, values[name], model))
    problems += load_settings().override_problems(given, cls=model)
    if problems:
        raise RefusedError(problems)


def _without_refused(values: Mapping[str, Any], view: View) -> str:
    """The launchpad of the view, filled in with the parameters that are not refused; "" where the settings cannot be used."""
    model, settings = view.pipeline.parameters, load_settings()
    refused = set(not_allowed(view.pipeline, settings, environment=DEFAULT))
    if SOURCE in model.model_fields and _source_problems(values.get(SOURCE), ()):
        refused.add(SOURCE)
    kept = {name: value for name, value in values.items() if name not in refused}
    return launchpads_of(view).run(sound_part({**kept, **view.pinned}, model))


def _source_problems(source: Any, problems: Iterable[str]) -> list[str]:
    named = any(line.startswith(f"{SOURCE}:") for line in problems)
    problem = load_settings().source_problem(source) if isinstance(source, str) and not named else None
    return [problem] if problem else []


def _is_default(name: str, value: Any, model: type[BaseModel]) -> bool:
    field = model.model_fields.get(name)
    return field is not None and type(value) is type(field.default) and value == field.default


def refuse_overrides(names: Iterable[str], *, cls: type[Parameters], environment: str) -> None:
    """Raise RefusedError for each parameter that a run in this environment may not be given."""
    if problems := load_settings().override_problems(names, cls=cls, environment=environment):
        raise RefusedError(problems)


def refuse_options(values: Mapping[str, Any]) -> None:
    """Raise RefusedError with every problem of the options."""
    if problems := load_settings().option_problems(values):
        raise RefusedError(list(problems.values()))


def params_resource(view: View) -> dg.ResourceDefinition:
    """The resource from which the assets of a view take their parameters; those that are pinned are no fields of it.

    Dagster fact: the function that `dg.configured` wraps around a resource runs when a run's config is resolved, which is
    when it is launched. A bad value is refused before a run exists.
    """
    model = view.pipeline.parameters

    @dg.resource(config_schema=dg.Permissive(), description=model.__doc__)  # type: ignore[no-untyped-call]
    def base(context: dg.InitResourceContext) -> Parameters:
        return model.model_validate(context.resource_config)

    free = {name: field for name, field in model.model_fields.items() if name not in view.pinned}

    @dg.configured(base, config_schema=shown(free))
    def params(values: Mapping[str, Any]) -> Mapping[str, Any]:
        given = plain_names(values)
        with at_launch(lambda: _without_refused(given, view)):
            refuse(given, view=view)
        return {**given, **view.pinned}

    return params


@functools.cache
def options_resource() -> dg.ResourceDefinition:
    """The resource of what changes only how a run is carried out, refused in the same way.

    It is one object: Dagster merges no definitions that have different ones under one key.
    """
    base = OptionsConfig.configure_at_launch().get_resource_definition()

    fields = options_in(tuple(load_settings().environments)).model_fields
    opened = [name for name, field in fields.items() if field.default]  # an empty one does nothing

    @dg.configured(base, config_schema=shown(fields, opened=opened))
    def options(values: Mapping[str, Any]) -> Mapping[str, Any]:
        given = plain_names(values)
        with at_launch():
            refuse_options(given)
        return given

    return options


def resources_of_act(view: View, *, takes_parameters: bool = False) -> dict[str, dg.ResourceDefinition]:
    """The resources of a job of a view that makes no asset, and all that its launchpad offers.

    Dagster fact: each op has an output, and with it the resource `io_manager`; that of the project would ask for the
    parameters of the main pipeline.
    """
    nothing = dg.IOManagerDefinition(lambda _: dg.InMemoryIOManager(), config_schema=TakesNothing())  # type: ignore[no-untyped-call]
    params = {view.params: params_resource(view)} if takes_parameters else {}
    return {"io_manager": nothing, OPTIONS: options_resource(), **params}
