"""`ml-assets show`: everything about a run or an artifact, read from the store and from nothing else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml_assets.cli.call import Call
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.command import run_command
from ml_assets.core.manifest import InputSource, Manifest
from ml_assets.pipeline.named_artifacts import Found
from ml_assets.pipeline.released import parameters_of
from ml_assets.pipeline.stored_inputs import takes_rows, used_input
from ml_assets.terminal.results import metrics_table, parameters_table
from ml_assets.terminal.tables import console, grow, print_launch, print_tree
from ml_assets.text import count

if TYPE_CHECKING:
    from rich.tree import Tree


def show(call: Call) -> int:
    """Print parameters, metrics, files and lineage of a run_id or an artifact's folder."""
    call, found = call.find_artifacts()
    manifests = [found.store.manifest(key) for key in found.keys]
    launch = [launch_link(call, manifest) for manifest in manifests]
    document = [
        {**manifest.model_dump(mode="json"), **({"launch": link} if link else {})}
        for manifest, link in zip(manifests, launch, strict=True)
    ]
    call.show(document, lambda: _print(call, found, manifests, launch[-1]))
    return 0


def launch_link(call: Call, manifest: Manifest) -> str:
    """The address that launches a stored artifact of the pipeline again; "" for what is beside it."""
    if manifest.asset not in call.pipeline.assets:
        return ""
    return call.launchpads(manifest.environment).again(manifest)


def _print(call: Call, found: Found, manifests: Sequence[Manifest], launch: str) -> None:
    from rich.markup import escape

    out, last, pipeline = console(), manifests[-1], found.pipeline
    told = f"as_of {last.as_of}  environment {escape(last.environment)}"
    out.print(f"run_id [bold]{escape(last.run_id)}[/bold]  {told}")
    out.print(
        f"Dagster run {last.dagster_run_id or '(none)'}  made {last.created_at:%Y-%m-%d %H:%M:%S} UTC\n",
        markup=False,
    )
    out.print(parameters_table(last.parameters, given=last.given))
    for manifest in manifests:
        if manifest.metrics:
            out.print(metrics_table(manifest.metrics, pipeline=pipeline))
    tree, seen = grow(None, "lineage"), set[str]()
    for key, manifest in zip(found.keys, manifests, strict=True):
        _branch(tree, key, manifest, found, seen)
    print_tree(tree)
    if last.asset in pipeline.assets:
        again = run_command(
            parameters_of(last, pipeline.parameters),
            last.as_of,
            pipeline=pipeline,
            first=call.settings.first_pipeline,
            environment=call.settings.in_a_command(last.environment),
        )
        out.print(f"\nThe same again:\n{again}", markup=False)
    print_launch([launch])


def _branch(tree: "Tree", key: ArtifactKey, manifest: Manifest, found: Found, seen: set[str]) -> None:
    """One artifact, its files, and what it was made from; the days of an input in `seen` are not shown again."""
    node = grow(tree, f"{manifest.asset}  {found.store.uri(key)}/")
    versions = ", ".join(f"{name} {version}" for name, version in manifest.packages.items())
    grow(node, f"code {manifest.code_version}  {versions}")
    if manifest.hardware:
        hardware = ", ".join(f"{name} {value}" for name, value in manifest.hardware.items())
        grow(node, f"hardware  {hardware}")
    for file in manifest.files:
        grow(node, f"{file.name}  {count(file.bytes, 'byte', grouped=True)}  SHA-256 {file.sha256}")
    for item in manifest.artifacts:
        made_of = grow(node, f"from {item.name} run {item.run_id}  SHA-256 {item.sha256}")
        if takes_rows(item.asset, pipeline=found.pipeline):
            used = used_input(item, manifest, found.store, pipeline=found.pipeline)
            _add_sources(made_of, used, days=item.sha256 not in seen)
            seen.add(item.sha256)
    for source in manifest.sources:
        _add_source(node, source)


def _add_sources(node: "Tree", used: Manifest | None, *, days: bool) -> None:
    """The sources of the very input that was used, though another is under its key by now."""
    if used is None:
        grow(node, "its sources are not known: it is not under this root")
        return
    for source in used.sources:
        _add_source(node, source, days=days)


def _add_source(node: "Tree", source: InputSource, *, days: bool = True) -> None:
    rows = sum(day.rows for day in source.days)
    leaf = grow(
        node,
        f"source {source.source}  {source.uri}  {count(rows, 'row', grouped=True)} of {count(len(source.days), 'day')}",
    )
    for day in source.days if days else ():
        grow(leaf, f"{day.date}  {count(day.rows, 'row')}  {day.fingerprint}")
