"""`ml-assets switch`, `rollback` and `live`: what serves, and what did."""

import datetime as dt
import json
from collections.abc import Sequence

from ml_assets.cli.promote import actor
from ml_assets.core.command import about_words, command
from ml_assets.core.foreign_text import visible
from ml_assets.core.release import PAST, Entry
from ml_assets.core.release_line import ReleaseLine
from ml_assets.errors import CorruptArtifactError
from ml_assets.pipeline import releases
from ml_assets.pipeline.released import release_log
from ml_assets.settings import load_settings
from ml_assets.storage.release_log import ReleaseLog

SHOWN = 20
LONGEST = 2000  # characters of a reason that is shown


def switch(line: ReleaseLine, *, to: str | None, if_candidate: str, reason: str, as_json: bool) -> int:
    """Let the candidate of a slot serve, and print what serves now."""
    settings = load_settings()
    entry = releases.switch(
        line, to=to, if_candidate=if_candidate, by=actor(settings), why=reason, settings=settings
    )
    return _print(entry, as_json=as_json)


def rollback(line: ReleaseLine, *, if_live: str, reason: str, as_json: bool) -> int:
    """Let what served before serve again, and print what serves now."""
    settings = load_settings()
    entry = releases.roll_back(line, if_live=if_live, by=actor(settings), why=reason, settings=settings)
    return _print(entry, as_json=as_json)


def live(line: ReleaseLine, *, as_json: bool) -> int:
    """Print what serves, since when, what could be switched to or gone back to, and the history.

    Of a history in which an entry is damaged it prints the part after that, then raises CorruptArtifactError; so it does
    where a copy, or the record of a decision, is damaged.
    """
    entries, damage = _readable(release_log(load_settings(), line))
    if as_json:
        told = {**dict(line.values), "since": _since(entries), "entries": [_json(entry) for entry in entries]}
        print(json.dumps({**told, "state": _json(entries[0])["state"] if entries else None}, indent=2))
    elif entries:
        _print_state(line, entries)
        _print_history(line, entries)
    else:
        words = about_words(line.pipeline, {})
        first = command("promote", "RUN_ID", *words, "--from", "staging", "--to", load_settings().slots[0])
        print(f"Nothing was promoted for {line.name} yet: {first}")
    if damage:
        raise damage
    return 0


def _readable(log: ReleaseLog) -> tuple[list[Entry], CorruptArtifactError | None]:
    """The entries, the newest first, and what is lost or damaged: an entry, which ends them, a copy, or the record of a decision.

    Damage of the newest entry is raised.
    """
    found: list[Entry] = []
    try:
        found.extend(log.entries())  # what came before the damaged one stays
        log.refuse_damaged_copies()
        for digest in dict.fromkeys(entry.decision for entry in found if entry.decision):
            log.decision(digest)
    except CorruptArtifactError as error:
        if not found:
            raise
        return found, error
    return found, None


def _print(entry: Entry, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(_json(entry), indent=2))
    else:
        print(f"{PAST[entry.action]} {entry.release.told()}: it serves now.")
    return 0


def _print_state(line: ReleaseLine, entries: Sequence[Entry]) -> None:
    state = entries[0].state
    if state.live is None:
        print(f"Nothing serves for {line.name} yet.")
    else:
        print(f"{line.name}: {state.live.told()} serves since {_since(entries)}")
    for slot, release in state.candidates.items():
        if release not in (state.live, *state.earlier):
            print(f"could be switched to: {release.told()}: {command('switch', '--to', slot, *line.words)}")
    if state.earlier:
        print(f"could be gone back to: {state.earlier[-1].told()}: {command('rollback', *line.words)}")


def _print_history(line: ReleaseLine, entries: Sequence[Entry]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ml_assets.cli.tables import console

    table = Table("", "when (UTC)", "what", "by", "why", box=None, padding=(0, 2))
    for entry in entries[:SHOWN]:
        what = f"{PAST[entry.action]} {entry.release.told()}"
        told = (visible(text, longest=LONGEST) for text in (what, entry.by, entry.why))
        table.add_row(str(entry.number), _at(entry.at), *map(escape, told))
    console().print(table)
    if len(entries) > SHOWN:
        print(f"and {len(entries) - SHOWN} before: {command('live', '--json', *line.words)}")


def _since(entries: Sequence[Entry]) -> str | None:
    """When what serves began to, without a break."""
    since = None
    for entry in entries:
        if entry.state.live is None or entry.state.live != entries[0].state.live:
            break
        since = _at(entry.at)
    return since


def _at(moment: dt.datetime) -> str:
    return moment.astimezone(dt.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _json(entry: Entry) -> dict[str, object]:
    return entry.model_dump(mode="json")
