"""`ml-assets why`: why the artifacts of a run were made instead of an earlier one being used."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from ml_assets.cli.show import find_artifacts
from ml_assets.core.artifact import ArtifactKey
from ml_assets.errors import StoreError
from ml_assets.pipeline.why import Why, why
from ml_assets.pipelines.tabular import tabular
from ml_assets.storage.artifact_store import ArtifactStore

SHOWN = 10  # differences of one artifact that are printed; --json has all


def print_why(what: str, *, environment: str, as_json: bool) -> int:
    """Print, for each artifact of a run and what it is made from, the nearest earlier one and what differs.

    What could not be read, and so not be compared, is named on stderr; then the exit code is 1.
    """
    store, keys = find_artifacts(what, environment=environment)
    found = [why(store, key) for key in _with_inputs(store, keys)]
    damaged = list(dict.fromkeys(str(error) for item in found for error in item.damaged))
    if as_json:
        print(json.dumps([_row(item, store) for item in found], indent=2))
    else:
        _print(found, store)
    for message in damaged:
        print(message, file=sys.stderr)
    return 1 if damaged else 0


def _with_inputs(store: ArtifactStore, keys: Sequence[ArtifactKey]) -> list[ArtifactKey]:
    """The artifacts, and before them those they were made from: a training set has a run_id of its own."""
    found = dict.fromkeys(keys)
    for key in keys:
        for item in store.manifest(key).artifacts:
            other = key.beside(item.asset, run_id=item.run_id, names=_slice(item.asset), path=item.path)
            if other not in found and _is_there(store, other):
                found[other] = None
    order = list(tabular.assets)
    return sorted(found, key=lambda key: order.index(key.asset) if key.asset in order else len(order))


def _slice(asset: str) -> Sequence[str]:
    return list(tabular.assets[asset].slice.model_fields) if asset in tabular.assets else tabular.path


def _is_there(store: ArtifactStore, key: ArtifactKey) -> bool:
    try:
        return store.find(key) is not None
    except StoreError:
        return True  # it is there and damaged: comparing it says so


def _row(item: Why, store: ArtifactStore) -> dict[str, Any]:
    nearest = None
    if item.nearest and item.earlier:
        nearest = {
            "run_id": item.nearest.run_id,
            "as_of": str(item.nearest.as_of),
            "created_at": item.earlier.created_at.isoformat(),
            "uri": store.uri(item.nearest),
        }
    return {
        "asset": item.key.asset,
        "run_id": item.key.run_id,
        "as_of": str(item.key.as_of),
        "created_at": item.manifest.created_at.isoformat(),
        "kind": item.kind,
        "reason": item.reason,
        "nearest": nearest,
        **({"notes": list(item.notes)} if item.notes else {}),
        "differences": [vars(difference) for difference in item.differences],
    }


def _print(found: Sequence[Why], store: ArtifactStore) -> None:
    from rich.markup import escape
    from rich.tree import Tree

    from ml_assets.cli.tables import console

    out = console()
    for item in found:
        key = item.key
        tree = Tree(
            f"[bold]{key.asset}[/bold]  run_id {key.run_id}  as_of {key.as_of}  {escape(item.reason)}"
        )
        if item.nearest and item.earlier:
            made = f"{item.earlier.created_at:%Y-%m-%d %H:%M:%S} UTC"
            tree.add(escape(f"nearest  {store.uri(item.nearest)}/  made {made}"))
        for note in item.notes:
            tree.add(escape(note))
        for difference in item.differences[:SHOWN]:
            tree.add(escape(str(difference)))
        if len(item.differences) > SHOWN:
            tree.add(f"and {len(item.differences) - SHOWN} more; --json has all")
        out.print(tree)
