"""`ml-assets verify`: every file of an environment held against every manifest."""

import datetime as dt
import json
from collections import Counter

from ml_assets.core.command import command
from ml_assets.errors import StoreError
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings
from ml_assets.storage.verifying import QUARANTINE, SETTLED, Verified, refuse_many, set_aside, verify_all

DONE, FAILED = 0, 1
HARMLESS = ("foreign",)  # told, and no reason to fail


def verify(*, environment: str, repair: bool, idle: bool, force: bool, as_json: bool) -> int:
    """Print what is wrong and, with `repair`, set damaged artifacts and leftovers aside; 1 where anything is wrong.

    With `idle` nobody is writing there, so that what is left over is, however young it may be. Where much is damaged at
    once nothing is set aside without `force`: StoreError, once all was printed.
    """
    store = open_workspace(load_settings(), pipeline=tabular, environment=environment).store
    found = verify_all(store, settled=dt.timedelta() if idle else SETTLED)
    if repair and not force:
        _refuse_many(found, store.root, environment=environment, as_json=as_json)
    moved = set_aside(store, [finding for finding in found.findings if finding.files]) if repair else 0
    if as_json:
        print(json.dumps(_json(found, store.root, moved=moved), indent=2))
    else:
        _print(found, store.root, moved=moved, environment=environment)
    return FAILED if any(finding.kind not in HARMLESS for finding in found.findings) else DONE


def _refuse_many(found: Verified, root: str, *, environment: str, as_json: bool) -> None:
    try:
        refuse_many(found)
    except StoreError:
        if as_json:
            print(json.dumps(_json(found, root, moved=0), indent=2))
        else:
            _print(found, root, moved=0, environment=environment)
        raise


def _json(found: Verified, root: str, *, moved: int) -> dict[str, object]:
    return {
        "root": root,
        "sound": found.sound,
        "files": found.files,
        "bytes": found.bytes,
        "findings": [
            {"kind": finding.kind, "path": finding.path, "told": finding.told} for finding in found.findings
        ],
        "set_aside": moved,
    }


def _print(found: Verified, root: str, *, moved: int, environment: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ml_assets.cli.tables import console

    out, counts = console(), Counter(finding.kind for finding in found.findings)
    if found.findings:
        table = Table("", "path", "what is wrong", box=None, padding=(0, 2))
        for finding in found.findings:
            table.add_row(finding.kind, escape(finding.path), escape(finding.told))
        out.print(table)
    told = ", ".join(f"{many} {kind}" for kind, many in sorted(counts.items())) or "nothing wrong"
    print(f"{root}: {found.sound} artifacts sound, {found.files} files, {found.bytes:,} bytes; {told}")
    if moved:
        told = "Nothing was deleted. Make them again: ml-assets run"
        print(f"{moved} set aside under {QUARANTINE}/, with their paths. {told}")
    elif any(finding.files for finding in found.findings):
        repair = command("verify", "--repair", environment=environment)
        print(f"Set what is damaged or left over aside, deleting nothing: {repair}")
