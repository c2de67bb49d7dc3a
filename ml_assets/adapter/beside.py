"""Assets beside a pipeline, each in a step of its own: with the pipeline's days, parameters, reuse, lineage and store.

    @demand.dagster_asset(group_name="alerts")
    def alert(params: Forecast, forecast: dict[str, Any], config: AlertConfig, slack: SlackResource) -> dict[str, Any]:

What such a function takes of the pipeline it takes as the pipeline's own do; all else in its signature is Dagster's: the
context, a config class, resources, values of assets of others. Its config joins the identity.
"""

import datetime as dt
import inspect
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, get_type_hints
from weakref import WeakKeyDictionary

import dagster as dg

from ml_assets.adapter.launching.launch_refused import refused_launchpad
from ml_assets.adapter.own import each_day
from ml_assets.adapter.partitions import BACKFILL, days_of_pipeline
from ml_assets.adapter.refusal import our_words
from ml_assets.adapter.refused_at_launch import refused_at_launch
from ml_assets.adapter.start import days_of, refuse_mistyped, workspace_of
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.config import OptionsConfig, plain
from ml_assets.core.asset import Asset, Making
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import problems_of
from ml_assets.core.resource import Resource
from ml_assets.core.run_tags import run_tags
from ml_assets.errors import DefinitionError, RefusedError
from ml_assets.pipeline.code import code_of
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.draft import Draft, Made

CONFIG = "config"
DECLARED: WeakKeyDictionary[Declared, dict[str, "Beside"]] = WeakKeyDictionary()
"""The assets that were declared beside each pipeline, by name: what is downstream of one finds it by its own identity."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """An asset beside a pipeline.

    Attributes:
        view: of the pipeline.
        asset: what of its signature is the pipeline's.
        config: its own class of config, or None.
        dagsters: the annotations of the arguments that Dagster gives, by name.
    """

    view: View
    asset: Asset
    config: type[dg.Config] | None
    dagsters: Mapping[str, Any]

    def pipeline(self, config: Any) -> Declared:
        """The pipeline with this asset, whose identity also has the values of this config."""
        values = {} if config is None else {CONFIG: json.loads(config.model_dump_json())}
        return _Extended(self.view.pipeline, self.asset, values)

    def configured(self, run_config: Mapping[str, Any]) -> Declared:
        """The pipeline with this asset, as a run with this config has it."""
        step = "__".join(self.view.key(self.asset.name).path)
        given = run_config.get("ops", {}).get(step, {}).get(CONFIG, {})
        return self.pipeline(None if self.config is None else self.config(**given))

    def run(self, context: dg.AssetExecutionContext, given: Mapping[str, Any]) -> Any:
        """What comes of each day of a run; the function is called for those that are not stored as it would make them."""
        view, run = self.view, context.run
        params, options = given[view.params], given[OPTIONS]
        refuse_mistyped(context, params=view.params, is_free=view.is_free)
        days, config = days_of(context, every=view.pipeline.every), given.get(CONFIG)
        parameters = plain(params, view.pipeline.parameters)
        pipeline = self.pipeline(config)
        workspace = replace(workspace_of(options, run, view=view), pipeline=pipeline)
        if self.config is not None:
            workspace = replace(workspace, given=(*workspace.given, CONFIG))
        self._announce(context, pipeline, parameters, days)
        extra = {name: context if name == "context" else given[name] for name in self.dagsters}

        def make(day: dt.date) -> Draft | Made:
            steps = Day(
                parameters=parameters, as_of=day, workspace=workspace, extra={self.asset.name: extra}
            ).steps([self.asset.name])
            return next(steps)

        return each_day(days, make)

    def _announce(
        self,
        context: dg.AssetExecutionContext,
        pipeline: Declared,
        parameters: Parameters,
        days: Sequence[dt.date],
    ) -> None:
        values = pipeline.identity(parameters, self.asset.name)
        names = [pipeline.run_id(parameters, day, self.asset.name) for day in days]
        stated = ", ".join(f"{name}={json.dumps(value)}" for name, value in values.items())
        context.log.info("run_id %s: %s of %s", ", ".join(names), self.asset.name, stated)
        if not context.instance.is_ephemeral:
            tags = run_tags(values, run_id=names[-1], names=pipeline.path, days=days)
            context.instance.add_run_tags(context.run.run_id, tags)


class _Extended(Declared):
    """A pipeline with one more asset, whose identity also has what `values` say."""

    def __init__(self, pipeline: Declared, asset: Asset, values: Mapping[str, Any]) -> None:
        self.__dict__.update(pipeline.__dict__)
        self._assets = {**pipeline.assets, asset.name: asset}
        self._added, self._values = asset.name, dict(values)

    def identity(self, parameters: Parameters, asset: str | None = None) -> dict[str, Any]:
        """The values that decide an asset, or all of the pipeline."""
        values = super().identity(parameters, asset)
        return {**values, **self._values} if asset == self._added else values


def dagster_asset(
    pipeline: Declared,
    *,
    prefix: str = "",
    pinned: Mapping[str, Any] = MappingProxyType({}),
    threads: int = 1,
    partitions: dg.TimeWindowPartitionsDefinition | None = None,
    **declared: Any,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare an asset beside a pipeline.

    Args:
        pipeline: whose days, parameters and assets it takes.
        prefix: of the view in whose runs it is made.
        pinned: the parameters that cannot be given in that view, and their values.
        threads: the threads that linear algebra may use while it is made.
        partitions: the days; by default from the first day of the settings on.
        declared: further options of `@dg.asset`: group_name, kinds, deps, tags, owners, automation_condition, ...

    Raises:
        DefinitionError: the signature does not say what the function takes or gives.
    """
    view = View(pipeline=pipeline, prefix=prefix, pinned=pinned)

    def decorate(function: Callable[..., Any]) -> dg.AssetsDefinition:
        beside = _read(function, view, threads=threads)
        DECLARED.setdefault(pipeline, {})[beside.asset.name] = beside
        if beside.config is None or not issubclass(beside.config, Parameters):
            return _asset(beside, partitions or days_of_pipeline(pipeline), declared)
        return _refused(beside.config)(_asset(beside, partitions or days_of_pipeline(pipeline), declared))

    return decorate


def _asset(
    beside: Beside, partitions: dg.TimeWindowPartitionsDefinition, declared: Mapping[str, Any]
) -> dg.AssetsDefinition:
    view, asset = beside.view, beside.asset
    deps = [*declared.get("deps", ()), *map(view.key, asset.inputs)]
    with warnings.catch_warnings():  # Dagster fact: as an argument of `@asset`, a backfill policy is in beta
        warnings.simplefilter("ignore", dg.BetaWarning)
        made: dg.AssetsDefinition = dg.asset(
            **{
                "description": asset.description,
                "group_name": view.name,
                "kinds": {"python", asset.format},
                **declared,
                "key": view.key(asset.name),
                "deps": deps,
                "io_manager_key": view.io_manager,
                "partitions_def": partitions,
                "code_version": code_of(asset).version,
                "backfill_policy": BACKFILL,
            }
        )(_body(beside))
    return made


def _body(beside: Beside) -> Callable[..., Any]:
    """The function that Dagster calls: its signature asks for what the user's does, and for parameters and options.

    Dagster fact: a typed asset cannot skip its work, and what it takes of others is loaded before it begins. So the type
    is none, and what it takes of the pipeline is loaded once it is known that it must be made.
    """

    def body(context: dg.AssetExecutionContext, **given: Any) -> Any:
        with our_words(lambda: refused_launchpad(context.run, beside.view)):
            return beside.run(context, given)

    asked = {
        **{name: hint for name, hint in beside.dagsters.items() if name != "context"},
        beside.view.params: dg.ResourceParam[Any],  # type: ignore[misc]  # an alias that is made at run time
        OPTIONS: OptionsConfig,
    }
    body.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # read by Dagster
        [
            inspect.Parameter(
                "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=dg.AssetExecutionContext
            ),
            *(
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=hint)
                for name, hint in asked.items()
            ),
        ]
    )
    body.__annotations__ = {"context": dg.AssetExecutionContext, **asked}
    body.__name__, body.__doc__ = beside.asset.name, beside.asset.description
    return body


def _read(function: Callable[..., Any], view: View, *, threads: int) -> Beside:
    """What a function takes of the pipeline, and what of Dagster."""
    hints = get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters)
    pipeline = view.pipeline
    taken = [name for name in names if _is_of_the_pipeline(name, hints.get(name), pipeline)]
    dagsters = {name: hints.get(name, Any) for name in names if name not in taken}
    config = dagsters.get(CONFIG)
    if CONFIG in pipeline.parameters.model_fields and config is not None:
        raise DefinitionError(
            f"{function.__name__}: config is a parameter of {pipeline.name} already. Name that parameter otherwise."
        )

    def stub() -> None:
        """Has the signature that the pipeline knows."""

    stub.__name__ = stub.__qualname__ = function.__name__
    stub.__doc__, stub.__module__ = function.__doc__, function.__module__
    stub.__annotations__ = {**{n: hints[n] for n in taken}, "return": hints.get("return", dict[str, Any])}
    stub.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # read by the reader
        [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=hints[n]) for n in taken]
    )
    asset = replace(pipeline.reader().asset(stub, Making(threads=threads)), function=function)
    return Beside(view=view, asset=asset, config=config, dagsters=dagsters)


def _is_of_the_pipeline(name: str, hint: Any, pipeline: Declared) -> bool:
    if name in pipeline.assets or name in pipeline.uses:
        return True
    is_ours = (
        isinstance(hint, type)
        and issubclass(hint, Parameters | Resource)
        and not issubclass(hint, dg.Config | dg.ConfigurableResource)
    )
    return is_ours or name in ("params", "rows", "as_of")


def _refused(config: type[Any]) -> Callable[[dg.AssetsDefinition], dg.AssetsDefinition]:
    """Refuse a bad value of a class of config that is one of parameters too when a run is launched."""

    def refuse(values: Mapping[str, Any]) -> None:
        if problems := problems_of(values, config, noun="value"):
            raise RefusedError(list(problems.values()))

    return refused_at_launch(fields=config.model_fields, refuse=refuse, backfill_policy=BACKFILL)
