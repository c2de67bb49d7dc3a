"""The model that scores: the one that serves, or the one that was named; verified before anything is scored with it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import DatasetParameters
from ml_assets.core.release import SLOTS, Release
from ml_assets.core.scoring.parameters import LIVE, ScoringParameters
from ml_assets.core.where import Condition, Filter
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, RefusedError
from ml_assets.pipeline.workspace import Workspace
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.release_log import ReleaseLog

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
    def told(self) -> str:
        """`3fa9c1d2e0ab (v2, as_of 2025-12-01)`."""
        return f"{self.key.run_id} ({self.key.model_version}, as_of {self.key.as_of})"

    @property
    def training_set_key(self) -> ArtifactKey:
        """Where its training set is kept."""
        return ArtifactKey(
            asset="training_set",
            dataset=self.key.dataset,
            as_of=self.key.as_of,
            run_id=self.training_set.run_id,
        )

    @cached_property
    def estimator(self) -> Any:
        """The fitted estimator: its digest was checked, and it holds trusted types only."""
        return self.store.load(self.key)


def scoring_model(
    parameters: DatasetParameters, own: ScoringParameters, *, workspace: Workspace, asset: str
) -> ScoringModel:
    """The model that `own` names, in the workspace's store; `asset` is what asks, for the words of a refusal.

    Raises:
        RefusedError: `live` where nothing serves, or where another environment does; a model of another dataset.
        ArtifactNotFoundError: there is no such model, or its training set is not there.
        CorruptArtifactError: the model is not the one that was released, or not of the training set beside it.
    """
    store = workspace.store
    if own.model == LIVE:
        release = _live(parameters.dataset, environment=workspace.environment, asset=asset)
        key = release.key()
        manifest = store.manifest(key)
        _check_released(manifest, release, store)
    else:
        key = _named(own.model, parameters.dataset, store=store)
        manifest = store.manifest(key)
    return ScoringModel(
        key=key, manifest=manifest, training_set=_training_set(key, manifest, store), store=store
    )


def _live(dataset: str, *, environment: str, asset: str) -> Release:
    name_it = NAME_IT.format(asset=asset)
    if environment not in SLOTS:
        raise RefusedError(
            [
                f"model: live is what serves in {' or '.join(SLOTS)}; in {environment} nothing serves, so {name_it}."
            ]
        )
    settings = load_settings()
    live = ReleaseLog(settings.releases, dataset, settings.s3).state().live
    if live is None:
        raise RefusedError(
            [f"model: nothing serves for {dataset} yet. Promote and switch first, or {name_it}."]
        )
    if live.slot != environment:
        raise RefusedError([f"model: {live.slot} serves, not {environment}. Score there, or {name_it}."])
    return live


def _check_released(manifest: Manifest, release: Release, store: ArtifactStore) -> None:
    if manifest.sha256 != release.sha256:
        raise CorruptArtifactError(
            f"{store.uri(release.key())}: is not the model that was released; its SHA-256 is another. Nothing was "
            "scored. Promote it again, or roll back."
        )


def _named(run_id: str, dataset: str, *, store: ArtifactStore) -> ArtifactKey:
    where = Filter((Condition(name="run_id", op="=", value=run_id),))
    found = list(store.keys("model", where))
    if not found:
        raise ArtifactNotFoundError(
            f"No model of run {run_id} under {store.root}. `ml-assets list --asset model` shows what is there."
        )
    if found[0].dataset != dataset:
        raise RefusedError(
            [f"model: it is one of {found[0].dataset}, not of {dataset}. Name its dataset, or another model."]
        )
    return found[0]


def _training_set(key: ArtifactKey, model: Manifest, store: ArtifactStore) -> Manifest:
    """The manifest of the rows that the model learned from; what its columns are is written there."""
    learned = next(item for item in model.artifacts if item.asset == "training_set")
    where = ArtifactKey(asset="training_set", dataset=key.dataset, as_of=key.as_of, run_id=learned.run_id)
    found = store.manifest(where)
    if found.sha256 != learned.sha256:
        raise CorruptArtifactError(
            f"{store.uri(where)}: is not the training set that the model {key.run_id} learned from. "
            "Train the model again, so that both fit together."
        )
    return found
