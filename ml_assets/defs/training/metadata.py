"""What a person wants to see of an artifact in Dagster's pages."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from ml_assets.core.manifest import Manifest, StoredFile
from ml_assets.core.parameters import TrainingParameters
from ml_assets.pipeline.day import Made
from ml_assets.storage.artifact_store import ArtifactStore

_HIDDEN_FACTS = frozenset({"contract", "schema", "numbers", "categories"})


def metadata(made: Made, *, store: ArtifactStore) -> dict[str, Any]:
    """The metadata of one artifact's materialization: facts and metrics as numbers, so that they are plotted."""
    manifest = made.manifest
    shown = {
        "run_id": manifest.run_id,
        "path": dg.MetadataValue.path(store.uri(made.key)),
        "reused": made.reused,
        "why": made.reason,
        "parameters": parameters_table(manifest),
        "inputs": inputs_text(manifest),
        "sha256": manifest.sha256,
        "bytes": manifest.main.bytes,
        "code_version": manifest.code_version,
        "environment": manifest.environment,
        "made_by_dagster_run": manifest.dagster_run_id,
    }
    facts = {
        k: v for k, v in manifest.facts.items() if k not in _HIDDEN_FACTS and isinstance(v, str | int | float)
    }
    if "rows" in facts:
        facts["dagster/row_count"] = facts.pop("rows")
    return shown | facts | dict(manifest.metrics) | dict(_inline(made, store=store))


def parameters_table(manifest: Manifest) -> dg.TableMetadataValue:
    """The effective parameters of the asset's slice, each with its origin."""
    fields = TrainingParameters.model_fields
    records = [
        dg.TableRecord(
            {
                "parameter": name,
                "value": json.dumps(value),
                "origin": "given" if name in manifest.given else "default",
                "meaning": (fields[name].description or "") if name in fields else "",
            }
        )
        for name, value in {**manifest.parameters, "as_of": manifest.as_of.isoformat()}.items()
    ]
    columns = ["parameter", "value", "origin", "meaning"]
    return dg.MetadataValue.table(
        records, schema=dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns])
    )


def inputs_text(manifest: Manifest) -> dg.MarkdownMetadataValue:
    """What the artifact was made from, as a list."""
    lines = [f"- `{a.asset}` run `{a.run_id}`, SHA-256 `{a.sha256[:16]}...`" for a in manifest.artifacts]
    for source in manifest.sources:
        days = source.days
        span = f"{days[0].date} to {days[-1].date}" if days else "no day"
        lines.append(
            f"- source `{source.source}` ({source.uri}): {sum(d.rows for d in days)} rows of {len(days)} days, {span}"
        )
    return dg.MetadataValue.md("\n".join(lines))


def _inline(made: Made, *, store: ArtifactStore) -> Iterator[tuple[str, Any]]:
    """Pictures and Markdown text, read back from the store."""
    for file in made.manifest.files:
        data = store.read_file(made.key, file) if file.name.endswith((".png", ".md")) else b""
        if file.name.endswith(".png"):
            yield (
                _name(file),
                dg.MetadataValue.md(
                    f"![{_name(file)}](data:image/png;base64,{base64.b64encode(data).decode()})"
                ),
            )
        elif file.name.endswith(".md"):
            yield _name(file), dg.MetadataValue.md(data.decode())


def _name(file: StoredFile) -> str:
    return file.name.rpartition(".")[0]


def run_tags(parameters: Mapping[str, Any], *, run_id: str) -> dict[str, str]:
    """The tags of a Dagster run: what it is a run of."""
    return {
        "ml_assets/run_id": run_id,
        "ml_assets/dataset": str(parameters["dataset"]),
        "ml_assets/model_version": str(parameters["model_version"]),
    }
