"""The one writer of Dagster's runs: what an asset gives goes to the path that its parameters and partition name.

What the assets of a pipeline give is committed already or is a draft, which is committed here; a value that an asset of
one's own returns becomes an artifact of its own. Each day's metadata, with its lineage, is told here.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import dagster as dg

from ml_assets.adapter.beside import DECLARED
from ml_assets.adapter.days import refuse_days
from ml_assets.adapter.launch_again import LaunchAgain
from ml_assets.adapter.launching.launch_refused import refused_launchpad
from ml_assets.adapter.record import failure, materialization, tell
from ml_assets.adapter.refusal import passed_on
from ml_assets.adapter.schema import TakesNothing
from ml_assets.adapter.start import workspace_of
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.config import OptionsConfig, plain
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.as_of import parse, problem
from ml_assets.core.foreign_text import visible
from ml_assets.core.manifest import Manifest
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.product import Product
from ml_assets.core.result import Failed
from ml_assets.errors import ArtifactNotFoundError, MlAssetsError, StoreError, TrainingError
from ml_assets.pipeline.draft import Draft, Made
from ml_assets.pipeline.workspace import Workspace
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.formats import FORMATS

Outcome = Draft | Made | Failed
LOADED: WeakKeyDictionary[Any, dict[dg.AssetKey, dict[str, Manifest]]] = WeakKeyDictionary()
"""What each step has loaded, by the IO manager of whichever pipeline: the lineage of what it stores."""


class ArtifactIOManager(dg.IOManager):
    """Writes and reads artifacts under the same key everywhere: asset, parameters and partition.

    A downstream asset that asks for `model` gets the value for the run's own parameters and day; over several partitions
    it gets a mapping from partition key to value. An asset of one's own returns a value, over several partitions such a
    mapping, in which `Failed(reason)` stands for a day that has none. It names its format in its definition metadata,
    `{"format": "json"}` (or `parquet`, `skops`, `md`).
    """

    def __init__(
        self, view: View, params: Parameters, options: OptionsConfig, reserved: Iterable[str]
    ) -> None:
        self._view = view
        self._params = params
        self._options = options
        self._reserved = frozenset(reserved)

    @passed_on()
    def load_input(self, context: dg.InputContext) -> Any:
        """The upstream value of each partition; None where there is none, as before the first partition.

        Raises StoreError where it is no asset of daily partitions, and ArtifactNotFoundError, which says how what is
        missing is made.
        """
        asset, days = _asset_and_days(context, self._view)
        pipeline = self._declared(asset, context)
        keys = {day: self._key(asset, day, pipeline) for day in days}
        manifests = {day: self._stored(key) for day, key in keys.items()}
        LOADED.setdefault(_step(context), {})[context.asset_key] = manifests
        values = {day: self._store.load(keys[day], manifest) for day, manifest in manifests.items()}
        return values if len(values) > 1 else next(iter(values.values()), None)

    def handle_output(self, context: dg.OutputContext, obj: Any) -> Iterator[Any]:  # type: ignore[override]  # Dagster takes a generator
        """Commit what each partition was given, and tell of it.

        Where a day failed, the events of the others are logged and the step fails: right for what has nothing behind it
        in its run.

        Raises TrainingError, with nothing committed, where several partitions were not given a value each or a day is
        not over, and StoreError where it is no asset of daily partitions, has the name of one of the project's, or a
        value cannot be stored in its format.
        """
        with passed_on():
            asset, days = _asset_and_days(context, self._view)
            values = _by_day(obj, days)
            if values is None:
                raise TrainingError(
                    f"{asset}: of a run over several partitions it must return a mapping from each partition key to its value."
                )
            done = self._commit(context, asset, values)
        made = [item for item in done.values() if isinstance(item, Made)]
        metrics = Metrics.of(self._view.pipeline)
        again = LaunchAgain(context, self._view, self._params, self._options)
        if len(made) == len(done):
            tell(context, made, store=self._store, metrics=metrics, launch=again.link)
            return
        for item in made:
            link = again.link(item.key.as_of)
            context.log_event(
                materialization(context.asset_key, item, store=self._store, metrics=metrics, launch=link)
            )
            yield from context.consume_events()  # Dagster fact: those of a failing output are dropped otherwise
        reasons = {day: item.reason for day, item in done.items() if isinstance(item, Failed)}
        raise self._failure(asset, reasons, again, days=len(done))

    def _commit(
        self, context: dg.OutputContext, asset: str, values: Mapping[str, Any]
    ) -> dict[str, Made | Failed]:
        """What came of each day."""
        plain_values = {day: value for day, value in values.items() if not isinstance(value, Outcome)}
        drafts = self._drafts(context, asset, plain_values, list(values)) if plain_values else {}
        done: dict[str, Made | Failed] = {}
        for day, value in values.items():
            item = drafts.get(day, value)
            try:
                done[day] = item if isinstance(item, Failed) else _committed(item, of_others=day in drafts)
            except MlAssetsError as error:
                if day in drafts and len(values) == 1:
                    raise
                done[day] = Failed(str(error))
        return done

    def _failure(
        self, asset: str, reasons: Mapping[str, str], again: LaunchAgain, *, days: int
    ) -> dg.Failure:
        days_failed = {day: parse(day) for day in reasons}  # of others, partitions need not be days
        links = {day: again.link(as_of) for day, as_of in days_failed.items() if as_of}
        launch = {day: link for day, link in links.items() if link}
        if asset not in self._view.pipeline.assets:
            return failure(reasons, days=days, launch=launch, reason_of_one=False)
        failed = map(dt.date.fromisoformat, reasons)
        retry = self._view.retry(self._params, failed, environment=self._options.environment)
        return failure(reasons, days=days, retry=retry, launch=launch)

    def _drafts(
        self, context: dg.OutputContext, asset: str, values: Mapping[str, Any], days: Sequence[str]
    ) -> dict[str, Draft]:
        """The values of an asset of one's own as drafts: all of the run's parameters are their identity."""
        if asset in self._reserved:
            raise StoreError(
                f"{asset}: an asset of this project has this name, and what it made is kept under it. Nothing was stored. "
                "Give yours another name, or a key_prefix."
            )
        keys = {day: self._key(asset, day) for day in values}
        run = context.step_context.dagster_run
        workspace = workspace_of(self._options, run, view=self._view)
        _refuse_open_days(keys.values(), now=workspace.now())
        format_name = _format_of(context)
        return {
            day: Draft(
                key=keys[day],
                identity=self._view.pipeline.identity(self._params),
                product=value if isinstance(value, Product) else Product(value),
                format=format_name,
                inputs=tuple(self._inputs(context, day, days, workspace)),
                workspace=workspace,
                started_at=workspace.now(),
                reason="what an asset returns is always stored anew",
            )
            for day, value in values.items()
        }

    def _inputs(
        self, context: dg.OutputContext, day: str, days: Sequence[str], workspace: Workspace
    ) -> Iterator[Manifest]:
        """What a day was made of: of a parent that was loaded for other days than these, all that was loaded."""
        loaded_by_step = LOADED.get(_step(context), {})
        for parent in _parents(context):
            loaded = loaded_by_step.get(parent)
            if loaded is None:  # a parent that is only waited for
                found = workspace.store.find(self._key(self._view.asset_of(parent), day))
                yield from [found] if found else []
            else:
                yield from [loaded[day]] if set(loaded) == set(days) else loaded.values()

    def _declared(self, asset: str, context: dg.InputContext) -> Declared:
        """The pipeline, with an asset that was declared beside it as this run has it configured."""
        beside = DECLARED.get(self._view.pipeline, {}).get(asset)
        step = getattr(context, "_step_context", None)
        return beside.configured(step.run_config if step else {}) if beside else self._view.pipeline

    def _key(self, asset: str, day: str, pipeline: Declared | None = None) -> ArtifactKey:
        try:
            return (pipeline or self._view.pipeline).key(asset, self._params, dt.date.fromisoformat(day))
        except ValueError:
            raise _not_kept(asset, f"the partition {visible(day)} is no day, YYYY-MM-DD") from None

    @cached_property
    def _store(self) -> ArtifactStore:
        """The store of the run, whose environment does not change."""
        return workspace_of(self._options, None, view=self._view).store

    def _stored(self, key: ArtifactKey) -> Manifest:
        if key.asset in self._view.pipeline.assets:
            return self._store.manifest(key)
        if (manifest := self._store.find(key)) is None:
            raise ArtifactNotFoundError(
                f"No {key.asset} of {key.as_of} for these parameters (run {key.run_id}) in {self._store.root}. "
                "Materialize that partition of it first, with the same parameters."
            )
        return manifest


def io_manager_of(view: View, *, steps: Iterable[str], reserved: Iterable[str]) -> dg.IOManagerDefinition:
    """The IO manager of a view.

    Args:
        view: of which pipeline.
        steps: further steps beside that of the pipeline which make what is made for a day.
        reserved: further names, beside those of the pipeline's assets, that an asset of one's own cannot have.
    """
    assets = frozenset(view.pipeline.assets)

    @dg.io_manager(
        config_schema=TakesNothing(),
        required_resource_keys={view.params, OPTIONS},
        description="Artifacts at paths keyed by parameters and partition, each with its lineage.",
    )
    def io_manager(context: dg.InitResourceContext) -> ArtifactIOManager:
        run = context.run
        refuse_days(run, steps={view.step_name, *steps}, launch=lambda: refused_launchpad(run, view))
        params = plain(getattr(context.resources, view.params), view.pipeline.parameters)
        return ArtifactIOManager(view, params, context.resources.options, assets.union(reserved))

    return io_manager


def _by_day(obj: Any, days: Sequence[str]) -> dict[str, Any] | None:
    """What each day was given; None where not every day was given something."""
    named = isinstance(obj, Mapping) and set(obj) == set(days)
    if named and (len(days) > 1 or isinstance(next(iter(obj.values())), Outcome)):
        return {day: obj[day] for day in days}
    return {days[0]: obj} if len(days) == 1 else None


def _asset_and_days(context: dg.InputContext | dg.OutputContext, view: View) -> tuple[str, list[str]]:
    """The asset that is read or stored, and the keys of its partitions; StoreError where it has none."""
    if not context.has_asset_key:
        raise _not_kept(visible(context.name or "an op"), "it is what an op returns, no asset")
    asset = view.asset_of(context.asset_key)
    if not context.has_asset_partitions:
        raise _not_kept(asset, "it has no partitions")
    return asset, list(context.asset_partition_keys)


def _step(context: dg.InputContext | dg.OutputContext) -> Any:
    """The step, which the managers of all its inputs and outputs share; outside of one, what is asked for itself."""
    return getattr(context, "_step_context", None) or context


def _not_kept(name: str, why: str) -> StoreError:
    return StoreError(
        f"{name}: {why}. The resource `io_manager` keeps assets by day: partition the asset by days, "
        "or name another IO manager by io_manager_key. Nothing was read or stored."
    )


def _format_of(context: dg.OutputContext) -> str:
    """What the definition metadata of the asset say, as text or as a value of Dagster's."""
    given = (context.definition_metadata or {}).get("format", "json")
    return str(getattr(given, "value", given))


def _committed(item: Draft | Made, *, of_others: bool) -> Made:
    if not of_others:
        return item.commit()
    with _own_words(item):  # type: ignore[arg-type]  # what others return is made a draft
        return item.commit()


@contextmanager
def _own_words(draft: Draft) -> Iterator[None]:
    """StoreError, which names asset, day and format, for whatever the writers raise of a value that they cannot take."""
    asset, format_name = f"{draft.key.asset} of {draft.key.as_of}", draft.format
    if format_name not in FORMATS:
        raise StoreError(
            f"{asset}: the format {visible(format_name)} is unknown. Known: {', '.join(FORMATS)}. Name one in the "
            'metadata of the asset: metadata={"format": "json"}. Nothing was stored.'
        )
    try:
        yield
    except MlAssetsError:
        raise
    except Exception as error:  # a value of others can make the writers of all formats raise anything
        raise StoreError(
            f"{asset}: its value, or what it tells of it, cannot be stored as {format_name} "
            f"({visible(f'{type(error).__name__}: {error}')}). It was not stored. {format_name} takes "
            f"{FORMATS[format_name].takes}."
        ) from error


def _refuse_open_days(keys: Iterable[ArtifactKey], *, now: dt.datetime) -> None:
    """Raise TrainingError, with nothing committed, where a day is not over: what is stored of it would not stay true."""
    for key in keys:
        if wrong := problem(key.as_of, now=now, first=None):
            raise TrainingError(f"{key.asset}: nothing was committed. {wrong}")


def _parents(context: dg.OutputContext) -> list[dg.AssetKey]:
    layer = context.step_context.job_def.asset_layer
    return sorted(layer.get(context.asset_key).parent_keys)
