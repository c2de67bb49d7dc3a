"""The model that scores: the one that serves, or the one that was named; verified before anything is scored with it."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.contract import DatasetContract
from ml_assets.core.manifest import Manifest
from ml_assets.core.release import NOW, Release, Requested
from ml_assets.core.release_line import ReleaseLine
from ml_assets.errors import CorruptArtifactError, RefusedError
from ml_assets.pipeline.lineage import keys_of
from ml_assets.pipeline.released import find_model, release_log, released_manifest
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular.parameters import DatasetParameters
from ml_assets.pipelines.tabular.pipeline import tabular
from ml_assets.pipelines.tabular.scoring.parameters import LIVE, ScoringParameters
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore

Parameters = TypeVar("Parameters", bound=DatasetParameters)
NAME_IT = "name a model: --model RUN_ID, or ops.{asset}.config.model"


@dataclass(frozen=True, kw_only=True)
class ScoringModel:
    """A model in a store, with what it was trained on.

    Attributes:
        key: where it is kept.
        manifest: its manifest.
        training_set: the manifest of its training set, which says what its columns are.
        store: where both are.
    """

    key: ArtifactKey
    manifest: Manifest
    training_set: Manifest
    store: ArtifactStore

    @property
    def training_set_key(self) -> ArtifactKey:
        """Where its training set is kept."""
        return keys_of(self.key, self.manifest, pipeline=tabular)["training_set"]

    @property
    def contract(self) -> DatasetContract:
        """What the columns of the rows that it learned from are for."""
        return DatasetContract.model_validate(self.training_set.facts["contract"])

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that it tells apart, in the order of its scores; empty where its scores are of no classes."""
        from ml_assets.pipelines.tabular.columns import class_names

        return class_names(self.estimator, self.contract)

    @cached_property
    def estimator(self) -> Any:
        """The fitted estimator of this very manifest: its digest is checked, and it holds trusted types only.

        CorruptArtifactError where its bytes are not there any more.
        """
        return self.store.load(self.key, self.manifest)


def scoring_model(
    parameters: DatasetParameters,
    own: ScoringParameters,
    *,
    workspace: Workspace,
    asset: str,
    requested: Requested = NOW,
) -> ScoringModel:
    """The model that `own` names, in the workspace's store; `asset` is what asks, for the words of a refusal.

    `live` is what served in the environment when this was requested, though another one may serve by now.

    Raises:
        RefusedError: `live` where nothing serves, or where another environment does; a model of another dataset.
        ArtifactNotFoundError: there is no such model, or its training set is not there.
        CorruptArtifactError: the model is not the one that was released, or not of the training set beside it.
    """
    store = workspace.store
    if own.model == LIVE:
        release = _live(
            parameters.dataset, environment=workspace.environment, asset=asset, requested=requested
        )
        key, manifest = release.key(tabular), released_manifest(release, store, pipeline=tabular)
    else:
        line = ReleaseLine.of(tabular, {"dataset": parameters.dataset})
        found = find_model(own.model, store, pipeline=tabular, line=line)
        key, manifest = found.key, found.manifest
        dataset = key.value("dataset")
        if dataset != parameters.dataset:
            raise RefusedError(
                [
                    f"model: it is one of {dataset}, not of {parameters.dataset}. Name its dataset, or another model."
                ]
            )
    return with_training_set(key, manifest, store)


def with_training_set(key: ArtifactKey, manifest: Manifest, store: ArtifactStore) -> ScoringModel:
    """A model and what it was trained on.

    Raises:
        ArtifactNotFoundError: its training set is not there.
        CorruptArtifactError: the model is not of the training set beside it.
    """
    return ScoringModel(
        key=key, manifest=manifest, training_set=_training_set(key, manifest, store), store=store
    )


def rows_of_model(
    parameters: Parameters, model: ScoringModel, *, named: Collection[str], workspace: Workspace
) -> Parameters:
    """The parameters with the source that the model was trained on, unless a source is among what was named.

    RefusedError where the settings of the environment know no such source.
    """
    source = model.manifest.parameters["source"]
    if "source" in named or source == parameters.source:
        return parameters
    if source not in workspace.sources:
        told = (
            f"source: the model {model.key.run_id} was trained on {source}, which the settings do not name in "
            f"{workspace.environment}. Name it there, or name another source. Known: {', '.join(workspace.sources)}."
        )
        raise RefusedError([told])
    return parameters.model_copy(update={"source": source})


def _live(dataset: str, *, environment: str, asset: str, requested: Requested) -> Release:
    name_it, settings = NAME_IT.format(asset=asset), load_settings()
    if environment not in settings.slots:
        raise RefusedError(
            [
                f"model: live is what serves in {' or '.join(settings.slots)}; in {environment} nothing serves, so {name_it}."
            ]
        )
    log = release_log(settings, ReleaseLine.of(tabular, {"dataset": dataset}))
    live = log.state(requested).live
    if live is None or live.slot != environment:  # it was asked for before it served here
        live = log.state().live
    if live is None:
        raise RefusedError(
            [f"model: nothing serves for {dataset} yet. Promote and switch first, or {name_it}."]
        )
    if live.slot != environment:
        raise RefusedError([f"model: {live.slot} serves, not {environment}. Score there, or {name_it}."])
    return live


def _training_set(key: ArtifactKey, model: Manifest, store: ArtifactStore) -> Manifest:
    """The manifest of the rows that the model learned from; what its columns are is written there."""
    where = keys_of(key, model, pipeline=tabular)["training_set"]
    found = store.manifest(where)
    if not model.made_of(found):
        raise CorruptArtifactError(
            f"{store.uri(where)}: is not the training set that the model {key.run_id} learned from. "
            "Train the model again, so that both fit together."
        )
    return found
