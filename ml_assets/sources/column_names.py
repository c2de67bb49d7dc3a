"""Which names the columns of a dataset may have: one role each, and none that means something else to a reader of files."""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from ml_assets.core.contract import DatasetContract
from ml_assets.core.foreign_text import visible
from ml_assets.errors import SourceError

FILE = "__landed_file"  # the column in which rows have their file, until they have their day
RESERVED = ("day", "fold", FILE)
OF_SCORES = ("score", "outcome")  # columns of `core.scores`, in which ids and event time keep their names
OF_PAIRS = ("candidate_score", "reference_score")  # those of `core.comparison.pairing`, likewise
LONGEST = 200
LONGEST_PLACE = 1000  # characters of the place of a file in a message; its name is at the end
SHOWN = 60
COMPARED = 1000  # columns of a file that a missing one is compared with
_PATTERN = re.compile(r"\*|\^.*\$", re.DOTALL)  # what Polars takes for several columns


def check_names(contract: DatasetContract, *, where: str, remedy: str = "") -> None:
    """Refuse a contract whose names cannot be used.

    Args:
        contract: what `dataset.toml` states.
        where: the file, for error messages.
        remedy: what else helps where a name is taken.

    Raises:
        SourceError: a name that no column can have, that this project uses itself, or that has two roles.
    """
    arrival = [contract.known_at] if contract.known_at not in ("", contract.event_time) else []
    times = [contract.event_time, *arrival]
    outcome = [contract.label_closes_at, contract.label] if contract.label else []
    others = [name for name in contract.types if name not in {*contract.features, contract.label}]
    roles = [*contract.ids, *times, *outcome, *contract.features, *others]
    if odd := [name for name in roles if not _is_sound(name)]:
        raise SourceError(
            f"{where}: {odd[0][:SHOWN]!r} cannot be the name of a column. Allowed: 1 to {LONGEST} characters that can "
            'be printed, without ", and neither * nor ^...$. Rename that column in the files.'
        )
    if twice := sorted(name for name, number in Counter(roles).items() if number > 1):
        raise SourceError(f"{where}: `{twice[0]}` has two roles. Give each column one of them.")
    kept = {*OF_SCORES, *OF_PAIRS} & {*contract.ids, contract.event_time}
    if taken := sorted(({*RESERVED} & {*roles}) | kept):
        raise SourceError(
            f"{where}: `{taken[0]}` is a name this project uses itself. Rename that column in the files{remedy}."
        )


def check_coded(contract: DatasetContract, *, where: str) -> None:
    """Refuse a contract by which rows cannot be given as models take them.

    Raises:
        SourceError: it names no label or no features, or a feature is a time.
    """
    if missing := [name for name in ("label", "features") if not getattr(contract, name)]:
        raise SourceError(
            f"{where}: {missing[0]}: missing. A model learns from features, and needs a label and label_closes_at: name "
            f"them. See docs/extending.md for an example."
        )
    if times := [name for name, kind in contract.types.items() if kind == "time"]:
        raise SourceError(
            f"{where}: types: `{times[0]}` is a time, which models do not take. Leave it out of features."
        )


def check_columns(
    columns: Sequence[str], existing: Sequence[str], *, location: str, hint: Mapping[str, str]
) -> None:
    """Refuse a file that lacks a column or has it twice.

    Args:
        columns: those that the contract names.
        existing: those of the file, in its order.
        location: the file, for messages.
        hint: what else is to be said, by the name that is missing.

    Raises:
        SourceError: it names the column.
    """
    counts = Counter(existing)
    if missing := next((name for name in columns if name not in counts), None):
        raise SourceError(
            f"{location}: column `{missing}` is missing.{nearest(missing, existing)} Write the file again with it, or "
            f"name the right column in dataset.toml.{hint.get(missing, '')}"
        )
    if twice := next((name for name in columns if counts[name] > 1), None):
        raise SourceError(
            f"{location}: column `{twice}` is there twice. Write the file again with names that differ."
        )


def nearest(column: str, existing: Sequence[str]) -> str:
    """` The nearest existing column is ...` for the most similar of the first columns, or nothing."""
    lower = {name.strip().lower(): name for name in existing[:COMPARED] if len(name) <= LONGEST}
    close = difflib.get_close_matches(column.lower(), lower, n=1, cutoff=0.6)
    return f" The nearest existing column is `{visible(lower[close[0]])}`." if close else ""


def _is_sound(name: str) -> bool:
    sizes = 0 < len(name) <= LONGEST
    return sizes and name.isprintable() and '"' not in name and not _PATTERN.fullmatch(name)
