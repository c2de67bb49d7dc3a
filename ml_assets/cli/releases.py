"""`ml-assets switch`, `rollback` and `live`: what serves, and what did."""

import datetime as dt
from collections.abc import Callable, Sequence

from ml_assets.cli.call import Call
from ml_assets.cli.promote import actor
from ml_assets.cli.subjects import command_about, line_of
from ml_assets.core.command import command
from ml_assets.core.foreign_text import visible
from ml_assets.core.problems import problems_of
from ml_assets.core.promotion.parameters import PromotionParameters
from ml_assets.core.release import PAST, Entry
from ml_assets.core.release_line import ReleaseLine
from ml_assets.errors import CorruptArtifactError, RefusedError
from ml_assets.pipeline import releases
from ml_assets.pipeline.released import release_log
from ml_assets.storage.release_log import ReleaseLog
from ml_assets.terminal.tables import print_table, print_text

SHOWN = 20
LONGEST = 2000  # characters of a reason that is shown


def switch(call: Call) -> int:
    """Let the candidate of a slot serve, and print what serves now."""
    args, slots = call.args, call.settings.slots
    _refuse_act(call, flag="--if-candidate", model=args.if_candidate)
    if args.to not in (None, *slots):
        raise RefusedError([f"--to: unknown. Allowed: {', '.join(slots)}."])
    return _acted(call, releases.switch, to=args.to, if_candidate=args.if_candidate)


def rollback(call: Call) -> int:
    """Let what served before serve again, and print what serves now."""
    _refuse_act(call, flag="--if-live", model=call.args.if_live)
    return _acted(call, releases.roll_back, if_live=call.args.if_live)


def live(call: Call) -> int:
    """Print what serves, since when, what could be switched to or gone back to, and the history.

    Of a history in which an entry is damaged it prints the part after that, then raises CorruptArtifactError; so it does
    where a copy, or the record of a decision, is damaged.
    """
    line = line_of(call)
    entries, damage = _readable(release_log(call.settings, line))
    document = {
        **dict(line.values),
        "since": _since(entries),
        "entries": [_json(entry) for entry in entries],
        "state": _json(entries[0])["state"] if entries else None,
    }
    call.show(document, lambda: _print(call, line, entries))
    if damage:
        raise damage
    return 0


def _refuse_act(call: Call, *, flag: str, model: str) -> None:
    told = {"reason": call.args.reason, "model": model}
    if problems := problems_of(told, PromotionParameters, noun="option"):
        raise RefusedError([problem.replace("model:", f"{flag}:", 1) for problem in problems.values()])


def _acted(call: Call, act: Callable[..., Entry], **given: str | None) -> int:
    settings = call.settings
    entry = act(line_of(call), **given, by=actor(settings), why=call.args.reason, settings=settings)
    told = f"{PAST[entry.action]} {entry.release.told()}: it serves now."
    call.show(_json(entry), lambda: print_text(told))
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


def _print(call: Call, line: ReleaseLine, entries: Sequence[Entry]) -> None:
    if not entries:
        settings = call.settings
        words = ("promote", "RUN_ID", "--from", "staging", "--to", settings.slots[0])
        first = command(*words, pipeline=line.pipeline, first=settings.first_pipeline)
        print_text(f"Nothing was promoted for {line.name} yet: {first}")
        return
    state = entries[0].state
    if state.live is None:
        print_text(f"Nothing serves for {line.name} yet.")
    else:
        print_text(f"{line.name}: {state.live.told()} serves since {_since(entries)}")
    for slot, release in state.candidates.items():
        if release not in (state.live, *state.earlier):
            to_it = command_about(call, line, "switch", "--to", slot)
            print_text(f"could be switched to: {release.told()}: {to_it}")
    if state.earlier:
        back = command_about(call, line, "rollback")
        print_text(f"could be gone back to: {state.earlier[-1].told()}: {back}")
    _print_history(call, line, entries)


def _print_history(call: Call, line: ReleaseLine, entries: Sequence[Entry]) -> None:
    rows = []
    for entry in entries[:SHOWN]:
        what = f"{PAST[entry.action]} {entry.release.told()}"
        told = (visible(text, longest=LONGEST) for text in (what, entry.by, entry.why))
        rows.append((str(entry.number), _at(entry.at), *told))
    print_table(("", "when (UTC)", "what", "by", "why"), rows)
    if len(entries) > SHOWN:
        print_text(f"and {len(entries) - SHOWN} before: {command_about(call, line, 'live', '--json')}")


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
