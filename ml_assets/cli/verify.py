"""`ml-assets verify`: every file of an environment held against every manifest."""

import datetime as dt
from collections import Counter

from ml_assets.cli.call import Call
from ml_assets.errors import StoreError
from ml_assets.storage.verifying import QUARANTINE, SETTLED, Verified, refuse_many, set_aside, verify_all
from ml_assets.terminal.progress import reading
from ml_assets.terminal.tables import print_table, print_text
from ml_assets.text import count

DONE, FAILED = 0, 1
HARMLESS = ("foreign",)  # told, and no reason to fail


def verify(call: Call) -> int:
    """Print what is wrong and, with `--repair`, set damaged artifacts and leftovers aside; 1 where anything is wrong.

    With `--idle` nobody is writing there, so that what is left over is, however young it may be. Where much is damaged at
    once nothing is set aside without `--force`: StoreError, once all was printed.
    """
    args, store = call.args, call.workspace.store
    with reading("Verifying", json=args.json, unit="artifact"):
        found = verify_all(store, settled=dt.timedelta() if args.idle else SETTLED)
    if args.repair and not args.force:
        try:
            refuse_many(found)
        except StoreError:
            _show(call, found, store.root, moved=0)
            raise
    moved = set_aside(store, [finding for finding in found.findings if finding.files]) if args.repair else 0
    _show(call, found, store.root, moved=moved)
    return FAILED if any(finding.kind not in HARMLESS for finding in found.findings) else DONE


def _show(call: Call, found: Verified, root: str, *, moved: int) -> None:
    call.show(found.document(root, moved=moved), lambda: _print(call, found, root, moved=moved))


def _print(call: Call, found: Verified, root: str, *, moved: int) -> None:
    counts = Counter(finding.kind for finding in found.findings)
    if found.findings:
        rows = [(finding.kind, finding.path, finding.told) for finding in found.findings]
        print_table(("", "path", "what is wrong"), rows)
    told = ", ".join(f"{many} {kind}" for kind, many in sorted(counts.items())) or "nothing wrong"
    print_text(
        f"{root}: {count(found.sound, 'artifact')} sound, {count(found.files, 'file')}, {count(found.bytes, 'byte', grouped=True)}; {told}"
    )
    if moved:
        told = f"Nothing was deleted. Make them again: {call.command('run')}"
        print_text(f"{moved} set aside under {QUARANTINE}/, with their paths. {told}")
    elif any(finding.files for finding in found.findings):
        repair = call.command("verify", "--repair", environment=call.options.environment)
        print_text(f"Set what is damaged or left over aside, deleting nothing: {repair}")
