"""The nearest known name to one that is not known: asked of a few names only, for the comparison costs time."""

import difflib
from collections.abc import Iterable, Sequence

from ml_assets.text import count

MOST_NAMES = 20  # unknown ones that are told one by one: fewer than a refusal has lines
LONGEST_NAME = 100  # characters of a name that can be a slip of the keyboard


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The most similar known name, or None where none is similar; case does not count."""
    if len(name) > LONGEST_NAME:
        return None
    by_lower = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


def first_of(names: Sequence[str]) -> tuple[Sequence[str], list[str]]:
    """The first of many names, and a line that says how many more there are."""
    more = len(names) - MOST_NAMES
    return names[:MOST_NAMES], [f"and {count(more, 'more name')}."] if more > 0 else []
