"""What a person wants to see of an artifact in Dagster's pages."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ml_assets.adapter.launch_again import link_entry
from ml_assets.core.manifest import Manifest, StoredFile
from ml_assets.core.metrics import Metrics
from ml_assets.pipeline.draft import Made
from ml_assets.storage.artifact_store import ArtifactStore

_HIDDEN_FACTS = frozenset({"contract", "schema", "numbers", "categories"})


def metadata(
    made: Made, *, store: ArtifactStore, metrics: Metrics, launch: str = "", inline: bool = True
) -> dict[str, Any]:
    """The metadata of one artifact's materialization, in the order in which a page shows it.

    First what it is, then how good it is and its pictures, then what it was made from; digests come last, and the ends
    of intervals, which are in the table of metrics already. Facts and metrics are numbers, so that Dagster plots them.
    `launch` is the link that launches the same again.
    Without `inline`, pictures and texts stay in the store.
    """
    manifest = made.manifest
    facts = {
        k: v for k, v in manifest.facts.items() if k not in _HIDDEN_FACTS and isinstance(v, str | int | float)
    }
    if "rows" in facts:
        facts["dagster/row_count"] = facts.pop("rows")
    if suspects := manifest.facts.get("suspects"):
        facts["suspects"] = ", ".join(suspects)
    ends = {name: value for name, value in manifest.metrics.items() if metrics.is_end(name, manifest.metrics)}
    return {
        "run_id": manifest.run_id,
        "reused": made.reused,
        "why": made.reason,
        **link_entry(launch),
        **({"metrics": metrics_table(manifest, metrics)} if ends else {}),
        **(dict(_inline(made, store=store)) if inline else {}),
        **{name: value for name, value in manifest.metrics.items() if name not in ends},
        **facts,
        "parameters": parameters_table(manifest),
        "inputs": inputs_text(manifest),
        "path": dg.MetadataValue.path(store.uri(made.key)),
        "environment": manifest.environment,
        "made_by_dagster_run": manifest.dagster_run_id,
        "code_version": manifest.code_version,
        "sha256": manifest.sha256,
        "bytes": manifest.main.bytes,
        **ends,
    }


def metrics_table(manifest: Manifest, metrics: Metrics) -> dg.TableMetadataValue:
    """Each metric with its 95 % interval, where it has one."""
    values = manifest.metrics
    rows = [
        (name, f"{values[name]:.4f}", metrics.interval_text(name, values))
        for name in metrics.without_ends(values)
    ]
    return _table(("metric", "value", "95 % interval"), rows)


def parameters_table(manifest: Manifest) -> dg.TableMetadataValue:
    """The effective parameters of the asset's slice, each with its origin.

    Three narrow columns: a fourth makes the table wider than Dagster's page, which cuts off what does not fit.
    """
    origins = dict.fromkeys(manifest.given, "given")
    rows = [("as_of", manifest.as_of.isoformat(), "partition")]
    rows += [
        (name, value if isinstance(value, str) else json.dumps(value), origins.get(of, "default"))
        for name, of, value in _flat(manifest.parameters)
    ]
    return _table(("parameter", "value", "origin"), rows)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table(
        [dg.TableRecord(dict(zip(columns, row, strict=True))) for row in rows],
        schema=dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns]),
    )


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Each value with its name and that under which it is given: `sweep` holds the own ones of a sweep, and its `grid`."""
    for name, value in values.items():
        if not isinstance(value, Mapping):
            yield name, name, value
        elif name == "sweep":
            yield from _flat(value)
        else:
            yield from ((f"{name}.{inner}", name, held) for inner, held in value.items())


def inputs_text(manifest: Manifest) -> dg.MarkdownMetadataValue:
    """What the artifact was made from, as a list."""
    lines = [f"- `{a.name}` run `{a.run_id}`, SHA-256 `{a.sha256[:16]}...`" for a in manifest.artifacts]
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


def run_tags(parameters: Mapping[str, Any], *, run_id: str, names: Sequence[str]) -> dict[str, str]:
    """The tags of a Dagster run: what it is a run of. A sweep over one of the names has no one value of it."""
    return {
        "ml_assets/run_id": run_id,
        **{f"ml_assets/{name}": str(parameters[name]) for name in names if name in parameters},
    }
