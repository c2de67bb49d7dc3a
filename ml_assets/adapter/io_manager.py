"""Where a value goes: the path that its parameters and partition name, with its lineage beside it."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from ml_assets.adapter.days import refuse_days
from ml_assets.adapter.guard import given
from ml_assets.adapter.parameters import refuse_overrides
from ml_assets.adapter.refusal import passed_on
from ml_assets.config import OptionsConfig, TrainingConfig
from ml_assets.core.artifact import ArtifactKey, key_of
from ml_assets.core.as_of import problem
from ml_assets.core.catalog import CATALOG
from ml_assets.core.comparison import parameters as comparison
from ml_assets.core.foreign_text import visible
from ml_assets.core.manifest import Manifest
from ml_assets.core.monitoring import parameters as monitoring
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.core.scoring import kind as predictions
from ml_assets.core.sweep import result as leaderboard
from ml_assets.errors import ArtifactNotFoundError, MlAssetsError, StoreError, TrainingError
from ml_assets.pipeline import report
from ml_assets.pipeline.failed_trials import ASSET as FAILED_TRIAL
from ml_assets.pipeline.store_value import store_value
from ml_assets.pipeline.workspace import Workspace, open_workspace
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.formats import FORMATS

KEPT = frozenset(
    {
        *CATALOG,
        predictions.ASSET,
        monitoring.ASSET,
        leaderboard.ASSET,
        comparison.ASSET,
        report.ASSET,
        FAILED_TRIAL,
    }
)
STEPS = KEPT | {"training"}  # of a day: each is called as its asset, and those of the catalog are one


def workspace_of(options: OptionsConfig, run: dg.DagsterRun | None) -> Workspace:
    """The workspace of a Dagster run. RefusedError where it was given what its environment does not allow."""
    typed = given(run.run_config) if run else ()
    refuse_overrides(typed, environment=options.environment)
    return open_workspace(
        load_settings(),
        environment=options.environment,
        reuse=options.reuse,
        engine=options.engine,
        dagster_run_id=run.run_id if run else "",
        given=typed,
    )


class ArtifactIOManager(dg.IOManager):
    """Reads artifacts for downstream assets, and stores what an asset returns as an artifact of its own.

    The key is the same everywhere: asset, parameters and partition. A downstream asset that asks for `model`
    gets the estimator of the run's own parameters and day; over several partitions it gets a mapping from
    partition key to value. An asset that returns a value names its format in its definition metadata,
    `{"format": "json"}` (or `parquet`, `skops`, `md`); over several partitions it returns such a mapping.
    """

    def __init__(self, params: TrainingConfig, options: OptionsConfig) -> None:
        self._params = params
        self._options = options
        self._loaded: dict[str, dict[str, Manifest]] = {}

    @passed_on()
    def load_input(self, context: dg.InputContext) -> Any:
        """The upstream value of each partition; None where there is none, as before the first partition.

        Raises StoreError where it is no asset of daily partitions, and ArtifactNotFoundError, which says how what is
        missing is made.
        """
        asset, days = _asset_and_days(context)
        store = workspace_of(self._options, None).store
        keys = {day: self._key(asset, day) for day in days}
        found = {day: _stored(key, store) for day, key in keys.items()}
        self._loaded[asset] = found
        values = {day: store.load(keys[day], manifest) for day, manifest in found.items()}
        return values if len(values) > 1 else next(iter(values.values()), None)

    @passed_on()
    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Commit the value of each partition under its key, with its lineage.

        Raises TrainingError, with nothing committed, where several partitions were not given a value each or a day is
        not over, and StoreError where it is no asset of daily partitions, has the name of one of the project's, or a
        value cannot be stored in its format.
        """
        asset, days = _asset_and_days(context)
        _refuse_name(asset)
        keys = {day: self._key(asset, day) for day in days}
        values = obj if len(days) > 1 else {days[0]: obj}
        if not isinstance(values, Mapping) or set(values) != set(days):
            raise TrainingError(
                f"{asset}: of a run over several partitions it must return a mapping from each partition key to its value."
            )
        workspace = workspace_of(self._options, context.step_context.dagster_run)
        _refuse_open_days(keys.values(), now=workspace.now())
        stored = {}
        for day, key in keys.items():
            inputs = list(self._inputs(_upstream(context), day, days, workspace.store))
            with _own_words(key, format_name := _format_of(context)):
                stored[day] = store_value(
                    values[day],
                    key=key,
                    parameters=identity(self._params, of=TrainingParameters),
                    format_name=format_name,
                    inputs=inputs,
                    workspace=workspace,
                )
        context.add_output_metadata(_told(stored))

    def _inputs(
        self, parents: Sequence[str], day: str, days: Sequence[str], store: ArtifactStore
    ) -> Iterator[Manifest]:
        """What a day was made of: of a parent that was loaded for other days than these, all that was loaded."""
        for name in parents:
            loaded = self._loaded.get(name)
            if loaded is None:  # a parent that is only waited for
                found = store.find(self._key(name, day))
                yield from [found] if found else []
            else:
                yield from [loaded[day]] if set(loaded) == set(days) else loaded.values()

    def _key(self, asset: str, day: str) -> ArtifactKey:
        try:
            return key_of(asset, self._params, dt.date.fromisoformat(day))
        except ValueError:
            raise _not_kept(asset, f"the partition {visible(day)} is no day, YYYY-MM-DD") from None


def _asset_and_days(context: dg.InputContext | dg.OutputContext) -> tuple[str, list[str]]:
    """The asset that is read or stored, and the keys of its partitions; StoreError where it has none."""
    if not context.has_asset_key:
        raise _not_kept(visible(context.name or "an op"), "it is what an op returns, no asset")
    asset = context.asset_key.to_user_string()
    if not context.has_asset_partitions:
        raise _not_kept(asset, "it has no partitions")
    return asset, list(context.asset_partition_keys)


def _refuse_name(asset: str) -> None:
    """StoreError for a name under which the project keeps what it makes itself: that is never replaced by others."""
    if asset in KEPT:
        raise StoreError(
            f"{asset}: an asset of this project has this name, and what it made is kept under it. Nothing was stored. "
            "Give yours another name, or a key_prefix."
        )


def _stored(key: ArtifactKey, store: ArtifactStore) -> Manifest:
    if key.asset in CATALOG:
        return store.manifest(key)
    if (found := store.find(key)) is None:
        raise ArtifactNotFoundError(
            f"No {key.asset} of {key.as_of} for these parameters (run {key.run_id}) in {store.root}. "
            "Materialize that partition of it first, with the same parameters."
        )
    return found


def _not_kept(name: str, why: str) -> StoreError:
    return StoreError(
        f"{name}: {why}. The resource `io_manager` keeps assets by day: partition the asset by days, "
        "or name another IO manager by io_manager_key. Nothing was read or stored."
    )


def _format_of(context: dg.OutputContext) -> str:
    """What the definition metadata of the asset say, as text or as a value of Dagster's."""
    given = (context.definition_metadata or {}).get("format", "json")
    return str(getattr(given, "value", given))


@contextmanager
def _own_words(key: ArtifactKey, format_name: str) -> Iterator[None]:
    """StoreError, which names asset, day and format, for whatever the writers raise of a value that they cannot take."""
    asset = f"{key.asset} of {key.as_of}"
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


def _told(stored: Mapping[str, Manifest]) -> dict[str, Any]:
    """The metadata of an output, of which Dagster keeps one for all partitions."""
    told = {day: {"run_id": manifest.run_id, "sha256": manifest.sha256} for day, manifest in stored.items()}
    return dict(*told.values()) if len(told) == 1 else {"artifacts": told}


def _upstream(context: dg.OutputContext) -> list[str]:
    layer = context.step_context.job_def.asset_layer
    return sorted(key.to_user_string() for key in layer.get(context.asset_key).parent_keys)


@dg.io_manager(
    required_resource_keys={"params", "options"},
    description="Artifacts at paths keyed by parameters and partition, each with its lineage.",
)
def artifact_io_manager(context: dg.InitResourceContext) -> ArtifactIOManager:
    """The IO manager of the run's parameters and options; a run of days that cannot be learned gets none."""
    refuse_days(context.run, steps=STEPS)
    return ArtifactIOManager(context.resources.params, context.resources.options)
