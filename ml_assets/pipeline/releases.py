"""What serves: switched and taken back in one step, and never to anything but what is whole and verified."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.core.release import Entry, Release, Releases, rolled_back, switched
from ml_assets.core.release_line import ReleaseLine
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, RefusedError
from ml_assets.pipeline.lineage import keys_of
from ml_assets.pipeline.released import release_log, store_of
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.copying import manifest_digest


def switch(
    line: ReleaseLine,
    *,
    to: str | None,
    if_candidate: str = "",
    by: str,
    why: str = "",
    settings: Settings,
    now: Callable[[], dt.datetime] = utc_now,
) -> Entry:
    """The candidate of a slot, by default of the one that does not serve, serves.

    With `if_candidate`, only if its run_id is that one. Raises RefusedError where there is none, it is another one or serves
    already, and what `verify_release` raises; what serves is as it was then.
    """

    def step(state: Releases) -> tuple[Release, Releases]:
        found = switched(state, to, if_candidate=if_candidate, slots=settings.slots, noun=line.asset)
        return _verified(found, line.pipeline, settings)

    return release_log(settings, line).append("switched", step, by=by, at=now, why=why)


def roll_back(
    line: ReleaseLine,
    *,
    if_live: str = "",
    by: str,
    why: str = "",
    settings: Settings,
    now: Callable[[], dt.datetime] = utc_now,
) -> Entry:
    """What served before serves again; with `if_live`, only if what serves now has that run_id.

    Raises like `switch`.
    """

    def step(state: Releases) -> tuple[Release, Releases]:
        if if_live and (state.live is None or state.live.run_id != if_live):
            raise RefusedError(
                [f"if_live: another {line.asset} serves. `ml-assets live` shows which. Nothing was changed."]
            )
        return _verified(rolled_back(state), line.pipeline, settings)

    return release_log(settings, line).append("rolled_back", step, by=by, at=now, why=why)


def verify_release(release: Release, settings: Settings, *, pipeline: Declared) -> None:
    """Read and check every byte of a release.

    Raises:
        CorruptArtifactError: a byte, or a whole artifact, is not the one that was promoted.
        StoreError: the slot cannot be read.
    """
    store, main = store_of(settings, release.slot), release.key(pipeline)
    promoted = _whole(release, main, store)
    if promoted.sha256 != release.sha256:
        raise _damaged(release, f"{store.uri(main)}: is not the {main.asset} that was promoted.")
    keys = keys_of(main, promoted, pipeline=pipeline, assets=release.manifests)
    for asset, digest in release.manifests.items():
        key = keys.get(asset, replace(main, asset=asset))
        if key != main:  # which was read already
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


def _verified(state: Releases, pipeline: Declared, settings: Settings) -> tuple[Release, Releases]:
    assert state.live is not None
    verify_release(state.live, settings, pipeline=pipeline)
    return state.live, state
