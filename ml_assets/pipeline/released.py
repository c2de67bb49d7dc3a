"""What is promoted, by the name that people use for it: what serves, what is in a slot, or a run_id."""

import datetime as dt
import re
from dataclasses import dataclass, replace

from pydantic import ValidationError

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.command import about_words, command
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import AnyParameters, from_identity
from ml_assets.core.pipeline import Declared
from ml_assets.core.release import Release, release_text
from ml_assets.core.release_line import ReleaseLine, promoted_asset
from ml_assets.core.where import Condition, Filter
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, RefusedError
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.release_log import ReleaseLog
from ml_assets.storage.tries import TryLog

RUN_ID = re.compile(r"^[0-9a-f]{12}$")


@dataclass(frozen=True, kw_only=True)
class NamedModel:
    """A model, or whatever else its pipeline promotes, that somebody named.

    Attributes:
        name: as it was named.
        line: what it serves for, or may.
        key: where its bytes are kept.
        manifest: its manifest.
        store: where its bytes are.
        evaluated_in: the environment in which it was made, and where sweeps may have chosen it.
    """

    name: str
    line: ReleaseLine
    key: ArtifactKey
    manifest: Manifest
    store: ArtifactStore
    evaluated_in: str

    @property
    def pipeline(self) -> Declared:
        """What made it."""
        return self.line.pipeline

    @property
    def as_of(self) -> dt.date:
        """The day up to whose end it knows."""
        return self.manifest.as_of

    @property
    def told(self) -> str:
        """`green: 3fa9c1d2e0ab (v2, as_of 2025-12-01)`."""
        values = self.line.others(dict(self.key.values))
        text = release_text(self.manifest.run_id, values, self.as_of)
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


def release_log(settings: Settings, line: ReleaseLine) -> ReleaseLog:
    """The log of the releases of a line."""
    return ReleaseLog(settings.releases, line, settings.s3)


def try_log(settings: Settings, line: ReleaseLine) -> TryLog:
    """How often candidates of a line were compared for a promotion."""
    return TryLog(settings.releases, line, settings.s3)


def store_of(settings: Settings, environment: str) -> ArtifactStore:
    """The artifact store of an environment."""
    return ArtifactStore(settings.root(environment), settings.s3_of(environment))


def named_model(name: str, line: ReleaseLine, *, settings: Settings, environment: str) -> NamedModel:
    """What `live`, `idle`, a slot or a run_id names; a run_id is looked for in `environment`.

    Raises:
        RefusedError: nothing serves, or nothing was promoted to that slot; it is of another line, or there are several.
        ArtifactNotFoundError: there is none.
        CorruptArtifactError: it is not the one that was released.
    """
    if not RUN_ID.match(name):
        return model_of(_released(name, line, settings), name, line=line, settings=settings)
    store = store_of(settings, environment)
    found = find_model(name, store, pipeline=line.pipeline, line=line)
    refuse_other_line(found.key, line, name=name)
    made_in = found.manifest.environment if environment in settings.slots else environment
    return NamedModel(
        name=name, line=line, key=found.key, manifest=found.manifest, store=store, evaluated_in=made_in
    )


def refuse_other_line(key: ArtifactKey, line: ReleaseLine, *, name: str) -> None:
    """RefusedError where what is kept there is of another line."""
    own = ReleaseLine.of_key(line.pipeline, key)
    if own.values != line.values:
        about = " ".join(name for name, _ in line.values)
        raise RefusedError([f"{name}: a {key.asset} of another {about}, {own.name}."])


def model_of(release: Release, name: str, *, line: ReleaseLine, settings: Settings) -> NamedModel:
    """What was released, under a name; raises like `released_manifest`."""
    store = store_of(settings, release.slot)
    manifest = released_manifest(release, store, pipeline=line.pipeline)
    return NamedModel(
        name=name,
        line=line,
        key=release.key(line.pipeline),
        manifest=manifest,
        store=store,
        evaluated_in=manifest.environment,
    )


@dataclass(frozen=True)
class FoundModel:
    """What is promoted, in a store: where it is kept, and its manifest."""

    key: ArtifactKey
    manifest: Manifest


def find_model(
    run_id: str, store: ArtifactStore, *, pipeline: Declared, line: ReleaseLine | None = None
) -> FoundModel:
    """What a pipeline promotes, of a run_id; of several the one of `line`.

    Raises:
        ArtifactNotFoundError: the store has none.
        RefusedError: it has several, and nothing tells which one is meant; or the pipeline promotes nothing.
    """
    asset = promoted_asset(pipeline)
    named = Filter((Condition(name="run_id", op="=", value=run_id),))
    listed = store.keys(asset, where=named, folder=pipeline.folder)
    found = [key for key in listed if key.folder == pipeline.folder]
    if not found:
        shows = command("list", *about_words(pipeline, {}), "--asset", asset)
        raise ArtifactNotFoundError(
            f"No {asset} of run {run_id} under {store.root}. `{shows}` shows what is there."
        )
    found = [key for key in found if line and ReleaseLine.of_key(pipeline, key) == line] or found
    if len(found) > 1:
        places = ", ".join(map(store.uri, found))
        what = f"model: {len(found)} {asset}s have this run_id: {places}."
        raise RefusedError([f"{what} Make the one you mean again with another parameter, such as the seed."])
    manifest = store.manifest(found[0])
    return FoundModel(replace(found[0], identity=manifest.parameters), manifest)


def released_manifest(release: Release, store: ArtifactStore, *, pipeline: Declared) -> Manifest:
    """The manifest of what was released; CorruptArtifactError where its bytes are others now."""
    key = release.key(pipeline)
    manifest = store.manifest(key)
    if manifest.sha256 != release.sha256:
        raise CorruptArtifactError(
            f"{store.uri(key)}: is not the {key.asset} that was released; its SHA-256 is another. It is "
            "not used. Promote it again, or roll back."
        )
    return manifest


def _released(name: str, line: ReleaseLine, settings: Settings) -> Release:
    state, shows = release_log(settings, line).state(), command("live", *line.words)
    if name == "live" or (state.live is not None and name == state.live.slot):
        if state.live is None:
            raise RefusedError(
                [f"{name}: nothing serves for {line.name} yet. `{shows}` shows what is where."]
            )
        return state.live
    release = state.candidates.get(state.idle(settings.slots) if name == "idle" else name)
    if release is None:
        raise RefusedError(
            [f"{name}: nothing was promoted there for {line.name}. `{shows}` shows what is where."]
        )
    return release
