"""`ml-assets contract`: what the parameters as they are now would break of a release."""

import json
from importlib import resources
from pathlib import Path

from ml_assets.cli.call import Call
from ml_assets.core.references import default_pipeline
from ml_assets.core.text_files import parse_json
from ml_assets.core.upgrade import changes, describe
from ml_assets.errors import RefusedError
from ml_assets.parameter_files import read_bytes
from ml_assets.terminal.tables import print_table

DONE, BROKEN = 0, 1
RELEASED = "released.json"  # of the shipped pipeline


def contract(call: Call) -> int:
    """Print the changes since a release; 1 where one of them breaks something."""
    slices = {name: asset.slice for name, asset in call.pipeline.assets.items()}
    now = describe(call.pipeline.parameters, slices=slices)
    if call.args.describe:
        call.print_document(json.dumps(now, indent=2, sort_keys=True))
        return DONE
    found = changes(_released(call), now)
    rows = [(change.name, change.told, str(change.breaks)) for change in found]
    call.show([change.model_dump() for change in found], lambda: _print(rows))
    return BROKEN if any(change.breaks != "nothing" for change in found) else DONE


def _released(call: Call) -> dict[str, object]:
    against = call.args.against
    make = f"{call.command('contract', '--describe')} > FILE"
    if against is None and call.pipeline is not default_pipeline():
        raise RefusedError([f"--against: missing. Keep a description with each release: {make}"])
    try:
        found = parse_json(_bytes_of(against), name=against or RELEASED)
        changes(found, found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise RefusedError([f"--against: not a description. Make one: {make}"]) from None
    return dict(found)


def _bytes_of(against: str | None) -> bytes:
    if against is not None:
        return read_bytes(Path(against))
    return resources.files("ml_assets").joinpath(RELEASED).read_bytes()


def _print(rows: list[tuple[str, str, str]]) -> None:
    if rows:
        print_table(("what", "change", "breaks"), rows)
        return
    print(
        "The parameters are those of the release: stored run_ids, presets, schedules and request files hold."
    )
