"""The notes beside request files: what is wrong with each, and what to do about it."""

import logging
from collections.abc import Sequence

from ml_assets.adapter.launching.request_folder import READ_WITHIN, Listing, RequestFolder, note_of, shown
from ml_assets.errors import MlAssetsError
from ml_assets.storage.deadline import time_left

CORRECT = "Correct the file: it is looked at again once it is written, and this note goes away."
RELOAD = "The file is looked at again in each tick, and this note goes away once it is taken."
RENAME = "Only files whose names hold no such thing are read. Rename it, or move it away, and then this note."
WAIT = "It is tried again in each tick, and this note goes away once it can be read."


def tell_left_out(folder: RequestFolder, listing: Listing, *, at_most: int, log: logging.Logger) -> None:
    """A note and a line of the log for what only looks like a request file; once, where the note can be written."""
    untold = [left for left in listing.left_out if note_of(left.name) not in listing.notes]
    for left in untold[:at_most]:
        if time_left() < READ_WITHIN:
            break
        log.warning("%s was left out: %s", shown(left.name), left.why)
        write_note(folder, left.name, [f"{shown(left.name)}: {left.why}."], hint=RENAME, log=log)


def write_note(
    folder: RequestFolder, name: str, problems: Sequence[str], *, hint: str, log: logging.Logger
) -> None:
    """Write the reasons beside a file; where that cannot be, they stand in the log only."""
    try:
        folder.reject(name, problems, hint=hint)
    except MlAssetsError as error:
        log.warning("%s The reasons stand in this log only.", error)
