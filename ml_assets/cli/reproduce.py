"""`ml-assets reproduce`: an artifact, or all of a run, made again from manifests and compared byte for byte."""

from collections.abc import Sequence
from dataclasses import replace

from ml_assets.cli.call import Call
from ml_assets.pipeline.reproduce import Reproduced, reproduce
from ml_assets.terminal.progress import progress
from ml_assets.terminal.tables import print_table

DONE, FAILED = 0, 1


def reproduce_run(call: Call) -> int:
    """Print whether every byte is the same, and what has changed where it is not; 1 then."""
    call, named = call.find_artifacts()
    with progress(show=not call.args.json, doing="Making it again", unit="asset"):
        found = reproduce(named.keys, workspace=replace(call.workspace, store=named.store))
    call.show([item.document() for item in found], lambda: _print(found))
    return DONE if all(item.same for item in found) else FAILED


def _print(found: Sequence[Reproduced]) -> None:
    rows = []
    for item in found:
        told = "same bytes" if item.same else f"other bytes in {', '.join(item.files)}"
        digest = item.stored.sha256[:16] + ("" if item.same else f" -> {item.again.sha256[:16]}")
        rows.append((item.key.asset, item.key.run_id, str(item.key.as_of), told, digest, item.reason))
    print_table(("asset", "run_id", "as_of", "", "SHA-256", "why"), rows)
