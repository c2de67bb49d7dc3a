"""The artifacts that a run_id or a path names, and whose they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ml_assets.cli.call import Call
from ml_assets.core.artifact import ArtifactKey, split_path
from ml_assets.core.pipeline import Declared
from ml_assets.core.s3_access import USUAL_S3
from ml_assets.errors import ArtifactNotFoundError, MlAssetsError, RefusedError
from ml_assets.finding import known_pipelines
from ml_assets.storage.artifact_store import ArtifactStore

_RUN_ID = re.compile(r"^[0-9a-f]{12}\Z")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was named.

    Attributes:
        call: the call, about the pipeline whose they are.
        store: where they are.
        keys: their keys, in the order in which they are made.
    """

    call: Call
    store: ArtifactStore
    keys: list[ArtifactKey]


def find_artifacts(call: Call) -> Found:
    """What `args.what` names; of any pipeline that is known, where none is named.

    Raises RefusedError where it is neither a run_id nor a path, or where several runs have the run_id, and
    ArtifactNotFoundError where none has.
    """
    found = _of_run(call) if _RUN_ID.match(call.args.what) else _at_path(call)
    return replace(found, keys=in_order(found.keys, found.call.pipeline))


def in_order(keys: Sequence[ArtifactKey], pipeline: Declared) -> list[ArtifactKey]:
    """Keys in the order in which the assets of a pipeline are made, then others."""
    order = list(pipeline.assets)
    return sorted(keys, key=lambda key: order.index(key.asset) if key.asset in order else len(order))


def _of_run(call: Call) -> Found:
    store = call.workspace.store
    keys = [
        key for key in store.find_run(call.args.what) if not call.named or key.folder == call.pipeline.folder
    ]
    if not keys:
        there = call.command("list", environment=call.options.environment)
        raise ArtifactNotFoundError(
            f"No artifact of run {call.args.what} under {store.root}. `{there}` shows what is there."
        )
    _refuse_several(keys, store)
    owner = next((one for one in _candidates(call) if one.folder == keys[0].folder), None)
    if owner is None:
        raise RefusedError(
            [
                f"pipeline: {store.uri(keys[0])} is of one that is not known here. Name it: --pipeline MODULE:NAME."
            ]
        )
    return Found(call=replace(call, pipeline=owner), store=store, keys=keys)


def _refuse_several(keys: Sequence[ArtifactKey], store: ArtifactStore) -> None:
    """RefusedError where the keys are of several pipelines, subjects or days: which one is meant, a path tells."""
    runs = {(key.folder, key.values, key.as_of) for key in keys}
    if len(runs) > 1:
        raise RefusedError(
            [
                f"RUN_ID|PATH: {len(runs)} runs have this run_id. Name the folder of what you mean instead:",
                *(f"  {store.uri(key)}" for key in keys),
            ]
        )


def _at_path(call: Call) -> Found:
    """The store and key of an artifact's folder: the path alone tells both, and the pipeline by the folder of its own."""
    what = call.args.what
    text = what if "://" in what else str(Path(what).absolute())
    found = split_path(text.rstrip("/").removesuffix("/manifest.json"))
    if found is None:
        raise RefusedError(
            ["RUN_ID|PATH: neither. Allowed: 12 hex digits, or a folder `.../<asset>/.../run=<run_id>`."]
        )
    root, key = found
    pipelines = list(_candidates(call))
    owner = next((one for one in pipelines if one.folder and root.endswith(f"/{one.folder}")), None)
    if owner is None:
        owner = next((one for one in pipelines if not one.folder), call.pipeline)
    else:
        root, key = root.removesuffix(f"/{owner.folder}"), replace(key, folder=owner.folder)
    access = call.settings.s3_at(root) if "://" in text else USUAL_S3
    return Found(call=replace(call, pipeline=owner), store=ArtifactStore(root, access), keys=[key])


def _candidates(call: Call) -> list[Declared]:
    """The pipeline that is named, or those that are known; one that cannot be loaded hides no other."""
    if call.named:
        return [call.pipeline]
    try:
        known = known_pipelines(call.settings).values()
    except MlAssetsError:
        known = {}.values()
    return [call.pipeline, *(one for one in known if one is not call.pipeline)]
