"""`ml-assets list`: the artifacts of an environment, filtered by parameter."""

import json
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.catalog import CATALOG
from ml_assets.core.where import parse
from ml_assets.errors import RefusedError
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore


def list_artifacts(where: str, *, asset: str, environment: str, as_json: bool) -> int:
    """Print one line an artifact: what it is, its parameters, where it is."""
    conditions = parse(where)
    if asset not in CATALOG:
        raise RefusedError([f"asset: unknown. Allowed: {', '.join(CATALOG)}."])
    settings = load_settings()
    store = ArtifactStore(settings.root(settings.environment if environment == "default" else environment))
    rows = [_row(store, key) for key in store.keys(asset)]
    rows = [
        row for row in rows if all(condition.holds({**row["parameters"], **row}) for condition in conditions)
    ]
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        _print(rows, root=store.root)
    return 0


def _row(store: ArtifactStore, key: ArtifactKey) -> dict[str, Any]:
    manifest = store.manifest(key)
    return {
        "asset": key.asset,
        "run_id": key.run_id,
        "as_of": key.as_of.isoformat(),
        "parameters": manifest.parameters,
        "metrics": manifest.metrics,
        "uri": store.uri(key),
        "sha256": manifest.sha256,
    }


def _print(rows: list[dict[str, Any]], *, root: str) -> None:
    from rich.table import Table

    from ml_assets.cli.tables import console

    table = Table("run_id", "as_of", "parameters", "roc_auc", box=None, padding=(0, 2))
    for row in rows:
        shown = " ".join(f"{name}={value}" for name, value in row["parameters"].items())
        auc = row["metrics"].get("roc_auc")
        table.add_row(row["run_id"], row["as_of"], shown, "" if auc is None else f"{auc:.4f}")
    out = console()
    out.print(table)
    out.print(f"{len(rows)} artifacts under {root}")
