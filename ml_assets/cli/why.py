"""`ml-assets why`: why the artifacts of a run were made instead of an earlier one being used."""

import sys
from collections.abc import Sequence

from ml_assets.cli.call import Call
from ml_assets.cli.show import launch_link
from ml_assets.core.artifact import ArtifactKey
from ml_assets.errors import StoreError
from ml_assets.pipeline.named_artifacts import Found, in_order
from ml_assets.pipeline.why import Why, why
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.terminal.tables import console, grow, print_launch

SHOWN = 10  # differences of one artifact that are printed; --json has all


def print_why(call: Call) -> int:
    """Print, for each artifact of a run and what it is made from, the nearest earlier one and what differs.

    What could not be read, and so not be compared, is named on stderr; then the exit code is 1.
    """
    call, named = call.find_artifacts()
    store, pipeline = named.store, named.pipeline
    found = [why(store, key, pipeline=pipeline) for key in _with_inputs(named)]
    damaged = list(dict.fromkeys(str(error) for item in found for error in item.damaged))
    launch = [launch_link(call, item.manifest) for item in found]
    document = [
        {**item.document(store), **({"launch": link} if link else {})}
        for item, link in zip(found, launch, strict=True)
    ]
    call.show(document, lambda: _print(found, store, launch))
    for message in damaged:
        print(message, file=sys.stderr)
    return 1 if damaged else 0


def _with_inputs(named: Found) -> list[ArtifactKey]:
    """The artifacts, and before them those they were made from, which may have run_ids of their own."""
    store, pipeline = named.store, named.pipeline
    found = dict.fromkeys(named.keys)
    for key in named.keys:
        for item in store.manifest(key).artifacts:
            names = pipeline.slice(item.asset).model_fields
            other = key.beside(item.asset, run_id=item.run_id, names=names, path=item.path)
            if other not in found and _is_there(store, other):
                found[other] = None
    return in_order(list(found), pipeline)


def _is_there(store: ArtifactStore, key: ArtifactKey) -> bool:
    try:
        return store.find(key) is not None
    except StoreError:
        return True  # it is there and damaged: comparing it says so


def _print(found: Sequence[Why], store: ArtifactStore, launch: Sequence[str]) -> None:
    out = console()
    for item in found:
        key = item.key
        tree = grow(None, f"  run_id {key.run_id}  as_of {key.as_of}  {item.reason}", bold=key.asset)
        if item.nearest and item.earlier:
            made = f"{item.earlier.created_at:%Y-%m-%d %H:%M:%S} UTC"
            grow(tree, f"nearest  {store.uri(item.nearest)}/  made {made}")
        for note in item.notes:
            grow(tree, note)
        for difference in item.differences[:SHOWN]:
            grow(tree, str(difference))
        if len(item.differences) > SHOWN:
            grow(tree, f"and {len(item.differences) - SHOWN} more; --json has all")
        out.print(tree)
    print_launch(launch[-1:])
