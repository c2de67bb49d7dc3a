"""What serves: switched and taken back in one step, and never to anything but a whole, verified model."""

import datetime as dt
from collections.abc import Callable

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import default_pipeline
from ml_assets.core.release import Entry, Release, Releases, Slot, rolled_back, switched
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, RefusedError
from ml_assets.pipeline.lineage import keys_of
from ml_assets.pipeline.released import release_log, store_of
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.copying import manifest_digest


def switch(
    dataset: str,
    *,
    to: Slot | None,
    if_candidate: str = "",
    by: str,
    why: str = "",
    settings: Settings,
    now: Callable[[], dt.datetime] = utc_now,
) -> Entry:
    """The candidate of a slot, by default of the one that does not serve, serves.

    With `if_candidate`, only if it is the model of that run_id. Raises RefusedError where there is none, it is another one or serves already, and what `verify_release` raises; what serves is as it
    was then.
    """

    def step(state: Releases) -> tuple[Release, Releases]:
        return _verified(switched(state, to, if_candidate=if_candidate), settings)

    return release_log(settings, dataset).append("switched", step, by=by, at=now, why=why)


def roll_back(
    dataset: str,
    *,
    if_live: str = "",
    by: str,
    why: str = "",
    settings: Settings,
    now: Callable[[], dt.datetime] = utc_now,
) -> Entry:
    """What served before serves again; with `if_live`, only if the model of that run_id serves now.

    Raises like `switch`.
    """

    def step(state: Releases) -> tuple[Release, Releases]:
        if if_live and (state.live is None or state.live.run_id != if_live):
            raise RefusedError(
                ["if_live: another model serves. `ml-assets live` shows which. Nothing was changed."]
            )
        return _verified(rolled_back(state), settings)

    return release_log(settings, dataset).append("rolled_back", step, by=by, at=now, why=why)


def verify_release(release: Release, settings: Settings) -> None:
    """Read and check every byte of a release.

    Raises:
        CorruptArtifactError: a byte, or a whole artifact, is not the one that was promoted.
        StoreError: the slot cannot be read.
    """
    store = store_of(settings, release.slot)
    model = _whole(release, release.key(), store)
    if model.sha256 != release.sha256:
        raise _damaged(release, f"{store.uri(release.key())}: is not the model that was promoted.")
    keys = keys_of(release.key(), model, pipeline=default_pipeline())
    for asset, digest in release.manifests.items():
        key = keys.get(asset, release.key(asset))
        if key != release.key():  # the model was read already
            _whole(release, key, store)
        if manifest_digest(key, store) != digest:
            raise _damaged(release, f"{store.uri(key)}: is not what was promoted.")


def _whole(release: Release, key: ArtifactKey, store: ArtifactStore) -> Manifest:
    """The manifest of an artifact of a release, of which every byte was read."""
    try:
        return store.verify(key)
    except (ArtifactNotFoundError, CorruptArtifactError) as error:
        raise _damaged(release, f"{store.uri(key)} is corrupt, or gone.") from error


def _damaged(release: Release, told: str) -> CorruptArtifactError:
    return CorruptArtifactError(
        f"{told} Nothing was changed. Promote it again, from where it was evaluated: "
        f"ml-assets promote {release.run_id} --from ENVIRONMENT --to {release.slot}"
    )


def _verified(state: Releases, settings: Settings) -> tuple[Release, Releases]:
    assert state.live is not None
    verify_release(state.live, settings)
    return state.live, state
