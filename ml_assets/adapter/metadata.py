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
from ml_assets.text import count, rounded

_HIDDEN_FACTS = frozenset({"contract", "schema", "numbers", "categories"})


def metadata(
    made: Made, *, store: ArtifactStore, metrics: Metrics, launch: str = "", inline: bool = True
) -> dict[str, Any]:
    """The metadata of one artifact's materialization, in the order in which a page shows it.

    First what it is and how good it is, rounded, with its pictures; then the same numbers as they are, which Dagster
    plots; then what it was made from. Paths, the code version and digests come last. `launch` is the link that launches
    the same again.
    Without `inline`, pictures and texts stay in the store.

    Dagster fact: the pages draw a table, and Markdown of fewer than 1,000 characters, where they stand. Longer Markdown,
    as each picture is, is behind *[Show Markdown]*; a number is shown with all of its digits.
    """
    manifest = made.manifest
    names = metrics.in_order(metrics.without_ends(manifest.metrics))
    return {
        "run_id": manifest.run_id,
        "reused": made.reused,
        "why": made.reason,
        **link_entry(launch),
        **({"metrics": metrics_table(manifest, metrics)} if names else {}),
        **(dict(_inline(made, store=store)) if inline else {}),
        **{name: manifest.metrics[name] for name in names},
        **_facts(manifest),
        "parameters": parameters_table(manifest),
        "inputs": inputs_text(manifest),
        **{name: value for name, value in manifest.metrics.items() if name not in names},
        "environment": manifest.environment,
        "made_by_dagster_run": manifest.dagster_run_id,
        "bytes": manifest.main.bytes,
        "path": dg.MetadataValue.path(store.uri(made.key)),
        "code_version": manifest.code_version,
        "sha256": manifest.sha256,
    }


def _facts(manifest: Manifest) -> dict[str, Any]:
    facts = {
        k: v for k, v in manifest.facts.items() if k not in _HIDDEN_FACTS and isinstance(v, str | int | float)
    }
    if "rows" in facts:
        facts["dagster/row_count"] = facts.pop("rows")
    if suspects := manifest.facts.get("suspects"):
        facts["suspects"] = ", ".join(suspects)
    return facts


def metrics_table(manifest: Manifest, metrics: Metrics) -> dg.TableMetadataValue:
    """Each metric with four significant digits, in the order in which they are declared, and its 95 % interval if it has one."""
    values = manifest.metrics
    names = metrics.in_order(metrics.without_ends(values))
    rows = [(name, rounded(values[name]), _interval(metrics.interval(name, values))) for name in names]
    if any(interval for *_, interval in rows):
        return _table(("metric", "value", "95 % interval"), rows)
    return _table(("metric", "value"), [row[:2] for row in rows])


def _interval(ends: tuple[float, float] | None) -> str:
    return " to ".join(map(rounded, ends)) if ends else ""


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
            f"- source `{source.source}` ({source.uri}): {count(sum(d.rows for d in days), 'row')} of {count(len(days), 'day')}, {span}"
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
