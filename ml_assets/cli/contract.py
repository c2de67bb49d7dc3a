"""`ml-assets contract`: what the parameters as they are now would break of a release."""

import json
from importlib import resources
from pathlib import Path

from ml_assets.core.upgrade import Change, changes, describe
from ml_assets.errors import RefusedError

DONE, BROKEN = 0, 1
RELEASED = "released.json"


def contract(against: str | None, *, as_json: bool, describe_only: bool) -> int:
    """Print the changes since a release; 1 where one of them breaks something."""
    now = describe()
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
        text = (
            resources.files("ml_assets").joinpath(RELEASED).read_text(encoding="utf-8")
            if against is None
            else Path(against).read_text(encoding="utf-8")
        )
        found = json.loads(text)
        changes(found, found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise RefusedError(
            ["--against: not a description. Make one: ml-assets contract --describe > FILE"]
        ) from None
    return dict(found)


def _print(found: list[Change]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ml_assets.cli.tables import console

    table = Table("what", "change", "breaks", box=None, padding=(0, 2))
    for change in found:
        table.add_row(escape(change.name), escape(change.told), change.breaks)
    console().print(table)
