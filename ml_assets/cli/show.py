"""`ml-assets show`: everything about a run or an artifact, read from the store and from nothing else."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from ml_assets.core.artifact import ArtifactKey, split_path
from ml_assets.core.command import run_command
from ml_assets.core.manifest import Manifest
from ml_assets.core.s3_access import USUAL_S3
from ml_assets.errors import ArtifactNotFoundError, RefusedError
from ml_assets.pipeline.released import parameters_of
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.measured_rows import TRAINING_SET, training_set_of
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore

_RUN_ID = re.compile(r"^[0-9a-f]{12}\Z")


def show(what: str, *, environment: str, as_json: bool) -> int:
    """Print parameters, metrics, files and lineage of a run_id or an artifact's folder."""
    store, keys = find_artifacts(what, environment=environment)
    manifests = [store.manifest(key) for key in keys]
    if as_json:
        print(json.dumps([m.model_dump(mode="json") for m in manifests], indent=2))
        return 0
    _print(store, list(zip(keys, manifests, strict=True)))
    return 0


def find_artifacts(what: str, *, environment: str) -> tuple[ArtifactStore, list[ArtifactKey]]:
    """The store, and in the order they are made the artifacts, that a run_id or an artifact's folder names.

    Raises RefusedError where it is neither, or where several runs have the run_id, and ArtifactNotFoundError where none has.
    """
    if not _RUN_ID.match(what):
        return _find_path(what)
    store = open_workspace(load_settings(), pipeline=tabular, environment=environment).store
    keys = store.find_run(what)
    if not keys:
        raise ArtifactNotFoundError(
            f"No artifact of run {what} under {store.root}. `ml-assets list` shows what is there."
        )
    _refuse_several(keys, store)
    order = list(tabular.assets)
    return store, sorted(keys, key=lambda key: order.index(key.asset) if key.asset in order else len(order))


def _refuse_several(keys: Sequence[ArtifactKey], store: ArtifactStore) -> None:
    """RefusedError where the keys are of several datasets, days or model versions: which one is meant, a path tells."""
    runs = {(key.folder, key.values, key.as_of) for key in keys}
    if len(runs) > 1:
        raise RefusedError(
            [
                f"RUN_ID|PATH: {len(runs)} runs have this run_id. Name the folder of what you mean instead:",
                *(f"  {store.uri(key)}" for key in keys),
            ]
        )


def _find_path(what: str) -> tuple[ArtifactStore, list[ArtifactKey]]:
    """The store and key of an artifact's folder: the path alone tells both."""
    text = what if "://" in what else str(Path(what).absolute())
    if found := split_path(text.rstrip("/").removesuffix("/manifest.json")):
        root, key = found
        return ArtifactStore(root, load_settings().s3_at(root) if "://" in text else USUAL_S3), [key]
    raise RefusedError(
        ["RUN_ID|PATH: neither. Allowed: 12 hex digits, or a folder `.../<asset>/.../run=<run_id>`."]
    )


def _print(store: ArtifactStore, found: Sequence[tuple[ArtifactKey, Manifest]]) -> None:
    from rich.markup import escape
    from rich.tree import Tree

    from ml_assets.cli.tables import console, metrics_table, parameters_table

    out, (_, last) = console(), found[-1]
    told = f"as_of {last.as_of}  environment {escape(last.environment)}"
    out.print(f"run_id [bold]{escape(last.run_id)}[/bold]  {told}")
    out.print(
        f"Dagster run {last.dagster_run_id or '(none)'}  made {last.created_at:%Y-%m-%d %H:%M:%S} UTC\n",
        markup=False,
    )
    out.print(parameters_table(last.parameters, given=last.given))
    for _, manifest in found:
        if manifest.metrics:
            out.print(metrics_table(manifest.metrics))
    tree, seen = Tree("lineage", hide_root=False), set[str]()
    for key, manifest in found:
        _branch(tree, key, manifest, store, seen)
    out.print(tree)
    if last.asset in tabular.assets:
        environment = load_settings().in_a_command(last.environment)
        again = run_command(parameters_of(last, tabular.parameters), last.as_of, environment=environment)
        out.print(f"\nThe same again:\n{again}", markup=False)


def _branch(
    tree: "object", key: ArtifactKey, manifest: Manifest, store: ArtifactStore, told: set[str]
) -> None:
    """One artifact, its files, and what it was made from; the days of a training set in `told` are not told again."""
    from rich.markup import escape

    node = tree.add(f"{manifest.asset}  {escape(store.uri(key))}/")  # type: ignore[attr-defined]
    versions = ", ".join(f"{name} {version}" for name, version in manifest.packages.items())
    node.add(escape(f"code {manifest.code_version}  {versions}"))
    if manifest.hardware:
        hardware = ", ".join(f"{name} {value}" for name, value in manifest.hardware.items())
        node.add(escape(f"hardware  {hardware}"))
    for file in manifest.files:
        node.add(escape(f"{file.name}  {file.bytes:,} bytes  SHA-256 {file.sha256}"))
    for item in manifest.artifacts:
        made_of = node.add(escape(f"from {item.name} run {item.run_id}  SHA-256 {item.sha256}"))
        if item.asset == TRAINING_SET:
            _add_training_set(made_of, manifest, store, days=item.sha256 not in told)
            told.add(item.sha256)
    for source in manifest.sources:
        _add_source(node, source)


def _add_training_set(node: "object", manifest: Manifest, store: ArtifactStore, *, days: bool) -> None:
    """The sources of the very training set that was used, though another is under its key by now."""
    found = training_set_of(manifest, store)
    if found is None:
        node.add("its sources are not known: it is not under this root")  # type: ignore[attr-defined]
        return
    for source in found.sources:
        _add_source(node, source, days=days)


def _add_source(node: "object", source: "object", *, days: bool = True) -> None:
    from rich.markup import escape

    rows = sum(day.rows for day in source.days)  # type: ignore[attr-defined]
    told = f"source {source.source}  {source.uri}  {rows:,} rows of {len(source.days)} days"  # type: ignore[attr-defined]
    leaf = node.add(escape(told))  # type: ignore[attr-defined]
    for day in source.days if days else ():  # type: ignore[attr-defined]
        leaf.add(f"{day.date}  {day.rows} rows  {day.fingerprint}")
