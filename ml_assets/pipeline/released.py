"""Models by the name that people use for them: what serves, what is in a slot, or a run_id."""

import datetime as dt
import re
from dataclasses import dataclass, replace

from pydantic import ValidationError

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.command import command
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import AnyParameters, from_identity
from ml_assets.core.release import SLOTS, Release, Releases
from ml_assets.core.where import Condition, Filter
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, RefusedError
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.release_log import ReleaseLog
from ml_assets.storage.tries import TryLog

RUN_ID = re.compile(r"^[0-9a-f]{12}$")


@dataclass(frozen=True, kw_only=True)
class NamedModel:
    """A model that somebody named.

    Attributes:
        name: as it was named.
        key: where its bytes are kept.
        manifest: its manifest.
        store: where its bytes are.
        evaluated_in: the environment in which it was made, and where sweeps may have chosen it.
    """

    name: str
    key: ArtifactKey
    manifest: Manifest
    store: ArtifactStore
    evaluated_in: str

    @property
    def dataset(self) -> str:
        """What it scores."""
        return str(self.manifest.parameters["dataset"])

    @property
    def as_of(self) -> dt.date:
        """The day up to whose end it knows."""
        return self.manifest.as_of

    @property
    def told(self) -> str:
        """`green: 3fa9c1d2e0ab (v2, as_of 2025-12-01)`."""
        version, at = self.manifest.parameters["model_version"], self.as_of
        text = f"{self.manifest.run_id} ({version}, as_of {at})"
        return text if self.name == self.manifest.run_id else f"{self.name}: {text}"


def parameters_of(model: Manifest, cls: type[AnyParameters]) -> AnyParameters:
    """The parameter set of an artifact; RefusedError where the code that is here does not know such a one."""
    try:
        return from_identity(model.parameters, cls=cls)
    except ValidationError:
        raise RefusedError(
            [
                f"{model.run_id}: the ml_assets that is here does not know its parameters. Use the one that trained it."
            ]
        ) from None


def release_log(settings: Settings, dataset: str) -> ReleaseLog:
    """The log of the releases of a dataset."""
    return ReleaseLog(settings.releases, dataset, settings.s3)


def try_log(settings: Settings, dataset: str) -> TryLog:
    """How often models of a dataset were compared for a promotion."""
    return TryLog(settings.releases, dataset, settings.s3)


def store_of(settings: Settings, environment: str) -> ArtifactStore:
    """The artifact store of an environment."""
    return ArtifactStore(settings.root(environment), settings.s3_of(environment))


def named_model(name: str, dataset: str, *, settings: Settings, environment: str) -> NamedModel:
    """The model that `live`, `idle`, a slot or a run_id names; a run_id is looked for in `environment`.

    Raises:
        RefusedError: nothing serves, or nothing was promoted to that slot; a model of another dataset, or several.
        ArtifactNotFoundError: there is no such model.
        CorruptArtifactError: it is not the one that was released.
    """
    if RUN_ID.match(name):
        store = store_of(settings, environment)
        found = find_model(name, store, dataset=dataset)
        manifest = found.manifest
        if manifest.parameters["dataset"] != dataset:
            raise RefusedError([f"{name}: a model of another dataset, {manifest.parameters['dataset']}."])
        made_in = manifest.environment if environment in SLOTS else environment
        return NamedModel(name=name, key=found.key, manifest=manifest, store=store, evaluated_in=made_in)
    return model_of(_released(name, dataset, release_log(settings, dataset).state()), name, settings)


def model_of(release: Release, name: str, settings: Settings) -> NamedModel:
    """The model of a release under a name; raises like `released_manifest`."""
    store = store_of(settings, release.slot)
    manifest = released_manifest(release, store)
    return NamedModel(
        name=name, key=release.key(), manifest=manifest, store=store, evaluated_in=manifest.environment
    )


@dataclass(frozen=True)
class FoundModel:
    """A model in a store: where it is kept, and its manifest."""

    key: ArtifactKey
    manifest: Manifest


def find_model(run_id: str, store: ArtifactStore, *, dataset: str = "") -> FoundModel:
    """The model of a run_id, and of several the one of `dataset`.

    Raises:
        ArtifactNotFoundError: the store has none.
        RefusedError: it has several, and nothing tells which one is meant.
    """
    named = Filter((Condition(name="run_id", op="=", value=run_id),))
    found = list(store.keys("model", where=named))
    if not found:
        raise ArtifactNotFoundError(
            f"No model of run {run_id} under {store.root}. `ml-assets list --asset model` shows what is there."
        )
    found = [key for key in found if key.value("dataset") == dataset] or found
    if len(found) > 1:
        places = ", ".join(map(store.uri, found))
        raise RefusedError(
            [
                f"model: {len(found)} models have this run_id: {places}. Train the one you mean again with another seed."
            ]
        )
    manifest = store.manifest(found[0])
    return FoundModel(replace(found[0], identity=manifest.parameters), manifest)


def released_manifest(release: Release, store: ArtifactStore) -> Manifest:
    """The manifest of a released model; CorruptArtifactError where its bytes are others now."""
    manifest = store.manifest(release.key())
    if manifest.sha256 != release.sha256:
        raise CorruptArtifactError(
            f"{store.uri(release.key())}: is not the model that was released; its SHA-256 is another. It is "
            "not used. Promote it again, or roll back."
        )
    return manifest


def _released(name: str, dataset: str, state: Releases) -> Release:
    live = command("live", dataset=dataset)
    if name == "live" or (state.live is not None and name == state.live.slot):
        if state.live is None:
            raise RefusedError([f"{name}: nothing serves for {dataset} yet. `{live}` shows what is where."])
        return state.live
    slot = state.idle if name == "idle" else next((known for known in SLOTS if known == name), None)
    release = state.candidates.get(slot) if slot else None
    if release is None:
        raise RefusedError(
            [f"{name}: nothing was promoted there for {dataset}. `{live}` shows what is where."]
        )
    return release
