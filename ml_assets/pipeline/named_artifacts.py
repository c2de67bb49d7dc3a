"""The artifacts that a run_id or a path names, and whose they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ml_assets.core.artifact import ArtifactKey, split_path
from ml_assets.core.command import command
from ml_assets.core.pipeline import Declared
from ml_assets.core.s3_access import USUAL_S3
from ml_assets.errors import ArtifactNotFoundError, MlAssetsError, RefusedError
from ml_assets.finding import known_pipelines
from ml_assets.pipeline.released import store_of
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.text import count

_RUN_ID = re.compile(r"^[0-9a-f]{12}\Z")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was named.

    Attributes:
        pipeline: whose they are.
        store: where they are.
        keys: their keys, in the order in which they are made.
    """

    pipeline: Declared
    store: ArtifactStore
    keys: list[ArtifactKey]


def find_artifacts(
    what: str, *, pipeline: Declared, settings: Settings, environment: str, others: bool
) -> Found:
    """What a run_id, or the path or URI of an artifact, names.

    Args:
        what: the run_id or path.
        pipeline: whose they are first thought to be.
        settings: where stores are, and which pipelines are known.
        environment: where a run_id is looked for.
        others: whether they may be of another pipeline that is known.

    Raises:
        RefusedError: it is neither, or several runs have the run_id, or their pipeline is not known.
        ArtifactNotFoundError: none has the run_id.
    """
    pipelines = _candidates(pipeline, settings) if others else [pipeline]
    if _RUN_ID.match(what):
        store = store_of(settings, settings.named(environment))
        owner, keys = _of_run(what, store, pipelines, others=others)
    else:
        owner, store, keys = _at_path(what, pipelines, settings)
    return Found(pipeline=owner, store=store, keys=in_order(keys, owner))


def in_order(keys: Sequence[ArtifactKey], pipeline: Declared) -> list[ArtifactKey]:
    """Keys in the order in which the assets of a pipeline are made, then others."""
    order = list(pipeline.assets)
    return sorted(keys, key=lambda key: order.index(key.asset) if key.asset in order else len(order))


def _of_run(
    run_id: str, store: ArtifactStore, pipelines: Sequence[Declared], *, others: bool
) -> tuple[Declared, list[ArtifactKey]]:
    keys = [key for key in store.find_run(run_id) if others or key.folder == pipelines[0].folder]
    if not keys:
        there = command("list", pipeline=pipelines[0])
        raise ArtifactNotFoundError(
            f"No artifact of run {run_id} under {store.root}. `{there}` shows what is there."
        )
    runs = {(key.folder, key.values, key.as_of) for key in keys}
    if len(runs) > 1:
        raise RefusedError(
            [
                f"RUN_ID|PATH: {count(len(runs), 'run')} have this run_id. Name the folder of what you mean instead:",
                *(f"  {store.uri(key)}" for key in keys),
            ]
        )
    owner = next((one for one in pipelines if one.folder == keys[0].folder), None)
    if owner is None:
        place = store.uri(keys[0])
        raise RefusedError(
            [f"pipeline: {place} is of one that is not known here. Name it: --pipeline MODULE:NAME."]
        )
    return owner, keys


def _at_path(
    what: str, pipelines: Sequence[Declared], settings: Settings
) -> tuple[Declared, ArtifactStore, list[ArtifactKey]]:
    """The store and key of an artifact's folder: the path alone tells both, and the pipeline by the folder of its own."""
    text = what if "://" in what else str(Path(what).absolute())
    found = split_path(text.rstrip("/").removesuffix("/manifest.json"))
    if found is None:
        raise RefusedError(
            ["RUN_ID|PATH: neither. Allowed: 12 hex digits, or a folder `.../<asset>/.../run=<run_id>`."]
        )
    root, key = found
    owner = next((one for one in pipelines if one.folder and root.endswith(f"/{one.folder}")), None)
    if owner is None:
        owner = next((one for one in pipelines if not one.folder), pipelines[0])
    else:
        root, key = root.removesuffix(f"/{owner.folder}"), replace(key, folder=owner.folder)
    access = settings.s3_at(root) if "://" in text else USUAL_S3
    return owner, ArtifactStore(root, access), [key]


def _candidates(pipeline: Declared, settings: Settings) -> list[Declared]:
    """The pipeline and the others that are known; one that cannot be loaded hides no other."""
    try:
        known = [*known_pipelines(settings).values()]
    except MlAssetsError:
        known = []
    return [pipeline, *(one for one in known if one is not pipeline)]
