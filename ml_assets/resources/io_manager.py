"""Where a value goes: the path that its parameters and partition name, with its lineage beside it."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ml_assets.config import OptionsConfig, TrainingConfig
from ml_assets.core.artifact import ArtifactKey, key_of
from ml_assets.core.as_of import parse, problems
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.errors import TrainingError
from ml_assets.pipeline.store_value import store_value
from ml_assets.pipeline.workspace import Workspace, open_workspace
from ml_assets.resources.guard import given
from ml_assets.resources.parameters import refuse_overrides
from ml_assets.resources.partition import refuse_days
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore


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

    def load_input(self, context: dg.InputContext) -> Any:
        """The upstream value of each partition; ArtifactNotFoundError names the command that makes it."""
        asset = context.asset_key.to_user_string()
        store = workspace_of(self._options, None).store
        keys = {day: self._key(asset, day) for day in context.asset_partition_keys}
        found = {day: store.manifest(key) for day, key in keys.items()}
        self._loaded[asset] = found
        values = {day: store.load(keys[day], manifest) for day, manifest in found.items()}
        return values if len(values) > 1 else next(iter(values.values()))

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Commit the value of each partition under its key, with its lineage.

        Raises TrainingError, with nothing committed, where several partitions were not given a value each, or a day
        is not over.
        """
        asset = context.asset_key.to_user_string()
        days = list(context.asset_partition_keys)
        values = obj if len(days) > 1 else {days[0]: obj}
        if not isinstance(values, Mapping) or set(values) != set(days):
            raise TrainingError(
                f"{asset}: of a run over several partitions it must return a mapping from each partition key to its value."
            )
        workspace = workspace_of(self._options, context.step_context.dagster_run)
        _refuse_open_days(asset, days, now=workspace.now())
        stored = {
            day: store_value(
                values[day],
                key=self._key(asset, day),
                parameters=identity(self._params, of=TrainingParameters),
                format_name=str((context.definition_metadata or {}).get("format", "json")),
                inputs=list(self._inputs(_upstream(context), day, days, workspace.store)),
                workspace=workspace,
            )
            for day in days
        }
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
        return key_of(asset, self._params, dt.date.fromisoformat(day))


def _refuse_open_days(asset: str, days: Iterable[str], *, now: dt.datetime) -> None:
    """Raise TrainingError, with nothing committed, where a day is not over: what is stored of it would not stay true."""
    if wrong := problems(filter(None, map(parse, days)), now=now, first=None):
        raise TrainingError(" ".join([f"{asset}: nothing was committed.", *wrong]))


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
    refuse_days(context.run)
    return ArtifactIOManager(context.resources.params, context.resources.options)
