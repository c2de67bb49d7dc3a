"""Which names the columns of a dataset may have: one role each, and none that means something else to a reader of files."""

import re

from ml_assets.core.contract import DatasetContract
from ml_assets.errors import SourceError

FILE = "__landed_file"  # the column in which rows have their file, until they have their day
RESERVED = ("day", "fold", FILE)
OF_SCORES = ("score", "outcome")  # columns of `core.scores`, in which ids and event time keep their names
OF_PAIRS = ("candidate_score", "reference_score")  # those of `core.comparison.pairing`, likewise
LONGEST = 200
SHOWN = 60
_PATTERN = re.compile(r"\*|\^.*\$", re.DOTALL)  # what Polars takes for several columns


def check_names(contract: DatasetContract, *, where: str) -> None:
    """Refuse a contract whose names cannot be used.

    Args:
        contract: what `dataset.toml` states.
        where: the file, for error messages.

    Raises:
        SourceError: a name that no column can have, that this project uses itself, or that has two roles.
    """
    arrival = [contract.known_at] if contract.known_at not in ("", contract.event_time) else []
    times = [contract.event_time, *arrival, contract.label_closes_at]
    roles = [*contract.ids, *times, contract.label, *contract.features]
    if odd := [name for name in roles if not _is_sound(name)]:
        raise SourceError(
            f"{where}: {odd[0][:SHOWN]!r} cannot be the name of a column. Allowed: 1 to {LONGEST} characters that can "
            'be printed, without ", and neither * nor ^...$. Rename that column in the files.'
        )
    if twice := sorted({name for name in roles if roles.count(name) > 1}):
        raise SourceError(f"{where}: `{twice[0]}` has two roles. Give each column one of them.")
    kept = {*OF_SCORES, *OF_PAIRS} & {*contract.ids, contract.event_time}
    if taken := sorted(({*RESERVED} & {*roles}) | kept):
        raise SourceError(
            f"{where}: `{taken[0]}` is a name this project uses itself. Rename that column in the files."
        )


def _is_sound(name: str) -> bool:
    sizes = 0 < len(name) <= LONGEST
    return sizes and name.isprintable() and '"' not in name and not _PATTERN.fullmatch(name)
