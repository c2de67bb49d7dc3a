"""`ml-assets list`: the artifacts of an environment, filtered by parameter, each printed as it is read."""

import json
import sys
from collections.abc import Iterator

from ml_assets.core.metrics import Metrics
from ml_assets.core.where import Filter, parse
from ml_assets.errors import RefusedError, StoreError
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore, Entry


def list_artifacts(where: str, *, asset: str, environment: str, as_json: bool) -> int:
    """Print one line an artifact, by path: what it is, its parameters, where it is.

    A damaged one is named on stderr and the others are listed all the same; then the exit code is 1.
    """
    conditions = Filter(tuple(parse(where, cls=TrainingParameters)), tabular.path)
    if asset not in tabular.assets:
        raise RefusedError([f"asset: unknown. Allowed: {', '.join(tabular.assets)}."])
    store = open_workspace(load_settings(), pipeline=tabular, environment=environment).store
    failed: list[StoreError] = []
    found = _sound(store.entries(asset, conditions), failed)
    if as_json:
        _print_json(found)
    else:
        _print_lines(found, store)
    if failed:
        count = "1 artifact" if len(failed) == 1 else f"{len(failed)} artifacts"
        print(
            f"Failed: {count} could not be read and {'is' if len(failed) == 1 else 'are'} not listed.",
            file=sys.stderr,
        )
    return 1 if failed else 0


def _sound(found: Iterator[Entry | StoreError], failed: list[StoreError]) -> Iterator[Entry]:
    """The entries; errors are printed where they come and collected in `failed`."""
    for item in found:
        if isinstance(item, StoreError):
            failed.append(item)
            print(item, file=sys.stderr)
        else:
            yield item


def _print_json(found: Iterator[Entry]) -> None:
    """A JSON list, one artifact a line, so that line tools can read it too."""
    write, before = sys.stdout.write, "[\n"
    for entry in found:
        row = {
            "asset": entry.key.asset,
            "run_id": entry.key.run_id,
            "as_of": entry.key.as_of.isoformat(),
            "parameters": entry.parameters,
            "metrics": entry.metrics,
            "uri": entry.uri,
            "sha256": entry.sha256,
        }
        write(before + json.dumps(row))
        before = ",\n"
    write("[]\n" if before == "[\n" else "\n]\n")


def _print_lines(found: Iterator[Entry], store: ArtifactStore) -> None:
    """Columns of a known width, the parameters last: no row has to wait for the widest one."""
    write, count, metric = sys.stdout.write, 0, Metrics.of(tabular).ranked[0]
    write(f"{'run_id':<12}  {'as_of':<10}  {metric:>7}  parameters\n")
    for count, entry in enumerate(found, start=1):  # noqa: B007
        value = entry.metrics.get(metric)
        parameters = " ".join(f"{name}={text}" for name, text in entry.parameters.items())
        shown = "" if value is None else f"{value:.4f}"
        write(f"{entry.key.run_id}  {entry.key.as_of}  {shown:>7}  {parameters}\n")
    write(f"{count} artifacts under {store.root}\n")
