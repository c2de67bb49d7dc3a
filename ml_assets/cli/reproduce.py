"""`ml-assets reproduce`: an artifact, or all of a run, made again from manifests and compared byte for byte."""

import json
from collections.abc import Sequence
from dataclasses import replace

from ml_assets.cli.run import progress
from ml_assets.cli.show import find_artifacts
from ml_assets.pipeline.reproduce import Reproduced, reproduce
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings

DONE, FAILED = 0, 1


def reproduce_run(what: str, *, environment: str, as_json: bool) -> int:
    """Print whether every byte is the same, and what has changed where it is not; 1 then."""
    store, keys = find_artifacts(what, environment=environment)
    workspace = replace(
        open_workspace(load_settings(), pipeline=tabular, environment=environment), store=store
    )
    with progress(show=not as_json, doing="Making it again"):
        found = reproduce(keys, workspace=workspace)
    if as_json:
        print(json.dumps([_json(item) for item in found], indent=2))
    else:
        _print(found)
    return DONE if all(item.same for item in found) else FAILED


def _json(item: Reproduced) -> dict[str, object]:
    return {
        "asset": item.key.asset,
        "run_id": item.key.run_id,
        "as_of": str(item.key.as_of),
        "same": item.same,
        "sha256": item.stored.sha256,
        "sha256_again": item.again.sha256,
        "files_that_differ": list(item.files),
        "changed": [str(difference) for difference in item.changed],
    }


def _print(found: Sequence[Reproduced]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ml_assets.cli.tables import console

    table = Table("asset", "run_id", "as_of", "", "SHA-256", "why", box=None, padding=(0, 2))
    for item in found:
        told = "same bytes" if item.same else f"other bytes in {', '.join(item.files)}"
        digest = item.stored.sha256[:16] + ("" if item.same else f" -> {item.again.sha256[:16]}")
        table.add_row(
            item.key.asset, item.key.run_id, str(item.key.as_of), *map(escape, (told, digest, item.reason))
        )
    console().print(table)
