"""`ml-assets contract`: what the parameters as they are now would break of a release."""

import json
from importlib import resources
from pathlib import Path

from ml_assets.core.text_files import parse_json
from ml_assets.core.upgrade import Change, changes, describe
from ml_assets.errors import RefusedError
from ml_assets.parameter_files import read_bytes
from ml_assets.pipelines.tabular import tabular

DONE, BROKEN = 0, 1
RELEASED = "released.json"


def contract(against: str | None, *, as_json: bool, describe_only: bool) -> int:
    """Print the changes since a release; 1 where one of them breaks something."""
    now = describe(tabular.parameters, slices={name: asset.slice for name, asset in tabular.assets.items()})
    if describe_only:
        print(json.dumps(now, indent=2, sort_keys=True))
        return DONE
    found = changes(_released(against), now)
    if as_json:
        print(json.dumps([change.model_dump() for change in found], indent=2))
    elif not found:
        print(
            "The parameters are those of the release: stored run_ids, presets, schedules and request files hold."
        )
    else:
        _print(found)
    return BROKEN if any(change.breaks != "nothing" for change in found) else DONE


def _released(against: str | None) -> dict[str, object]:
    try:
        found = parse_json(_bytes_of(against), name=against or RELEASED)
        changes(found, found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise RefusedError(
            ["--against: not a description. Make one: ml-assets contract --describe > FILE"]
        ) from None
    return dict(found)


def _bytes_of(against: str | None) -> bytes:
    if against is not None:
        return read_bytes(Path(against))
    return resources.files("ml_assets").joinpath(RELEASED).read_bytes()


def _print(found: list[Change]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ml_assets.cli.tables import console

    table = Table("what", "change", "breaks", box=None, padding=(0, 2))
    for change in found:
        table.add_row(escape(change.name), escape(change.told), change.breaks)
    console().print(table)
