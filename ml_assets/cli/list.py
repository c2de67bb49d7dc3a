"""`ml-assets list`: the artifacts of an environment, filtered by parameter, each printed as it is read."""

import json
import sys
from collections.abc import Iterator

from ml_assets.cli.call import Call
from ml_assets.core.metrics import Metrics
from ml_assets.core.slices import metric_assets
from ml_assets.core.sweep.result import ASSET as LEADERBOARD
from ml_assets.core.where import Filter, parse
from ml_assets.errors import RefusedError, StoreError
from ml_assets.storage.artifact_store import Entry
from ml_assets.terminal.progress import reading
from ml_assets.terminal.wrapping import columns, wrapped
from ml_assets.text import count

_BELOW = " " * 35  # below the column of parameters


def list_artifacts(call: Call) -> int:
    """Print one line an artifact, by path: what it is, its parameters, where it is.

    A damaged one is named on stderr and the others are listed all the same; then the exit code is 1.
    """
    conditions = parse(call.args.where, cls=call.pipeline.parameters)
    where = Filter.of(conditions, pipeline=call.pipeline)
    asset = call.args.asset or metric_assets(call.pipeline)[0]
    _refuse_unknown_kind(call, asset)
    failed: list[StoreError] = []
    store, folder = call.workspace.store, call.pipeline.folder
    found = _sound(store.entries(asset, where, folder=folder), failed)

    def total() -> int:
        return sum(len(day.run_ids) for day in store.day_folders(asset, where, folder=folder))

    # Lines that come as they are read tell how far it is; where they go elsewhere, a bar does.
    with reading("Reading", json=sys.stdout.isatty(), unit="artifact", total=total):
        if call.args.json:
            _print_json(found, call)
        else:
            _print_lines(found, call)
    if failed:
        print(
            f"Failed: {count(len(failed), 'artifact')} could not be read and {'is' if len(failed) == 1 else 'are'} not listed.",
            file=sys.stderr,
        )
    return 1 if failed else 0


def _refuse_unknown_kind(call: Call, asset: str) -> None:
    """RefusedError where nothing of this kind is the pipeline's, nor lies among what is."""
    if asset in call.pipeline.assets:
        return
    from ml_assets.pipeline import failed_trials, report

    store, folder = call.workspace.store, call.pipeline.folder
    known = [*call.pipeline.assets, report.ASSET, LEADERBOARD, failed_trials.ASSET]
    if asset in known or next(store.keys(asset, folder=folder), None):
        return
    kinds = sorted({key.asset for key in store.keys(None) if key.folder == folder} - {*known})
    raise RefusedError([f"asset: unknown. Allowed: {', '.join([*known, *kinds])}."])


def _sound(found: Iterator[Entry | StoreError], failed: list[StoreError]) -> Iterator[Entry]:
    """The entries; errors are printed where they come and collected in `failed`."""
    for item in found:
        if isinstance(item, StoreError):
            failed.append(item)
            print(item, file=sys.stderr)
        else:
            yield item


def _print_json(found: Iterator[Entry], call: Call) -> None:
    """A JSON list, one artifact a line, so that line tools can read it too."""
    held = ""
    for entry in found:
        call.print_document(f"{held}," if held else "[")
        held = json.dumps(entry.document())
    call.print_document(f"{held}\n]" if held else "[]")


def _print_lines(found: Iterator[Entry], call: Call) -> None:
    """Columns of a known width, the parameters last: no row has to wait for the widest one."""
    write, listed, metric = sys.stdout.write, 0, next(iter(Metrics.of(call.pipeline).ranked), "")
    width = columns(sys.stdout)
    write(f"{'run_id':<12}  {'as_of':<10}  {metric:>7}  parameters\n")
    for listed, entry in enumerate(found, start=1):  # noqa: B007
        value = entry.metrics.get(metric)
        parameters = " ".join(f"{name}={text}" for name, text in entry.parameters.items())
        shown = "" if value is None else f"{value:.4f}"
        line = f"{entry.key.run_id}  {entry.key.as_of}  {shown:>7}  {parameters}"
        write(f"{wrapped(line, width, hanging=_BELOW)}\n")
    write(f"{count(listed, 'artifact')} under {call.workspace.store.root}\n")
