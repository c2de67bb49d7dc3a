"""Names of files: which ones a store can be asked for, and what they are called on a disk.

obstore's names are UTF-8 whatever the locale is; Python's are what the locale makes of the bytes on the disk.
"""

import os

from ml_assets.core.foreign_text import CONTROLS, is_text


def problem_of(key: str) -> str:
    """Why nothing with this key can be read through a store, in plain words; nothing where it can.

    `key` is one part of a path, or several with slashes between them.
    """
    parts = key.split("/")
    if "" in parts:
        return "its key has an empty part"
    if not {".", ".."}.isdisjoint(parts):
        return "a part of its key is a dot or two"
    if not CONTROLS.isdisjoint(key):
        return "its name holds a control character"
    return "" if is_text(key) else "its name is not UTF-8"


def on_disk(path: str) -> str:
    """A path of obstore's, as Python calls it."""
    return os.fsdecode(path.encode("utf-8", "surrogateescape"))


def of_store(name: str) -> str:
    """A name that Python read from a disk, as obstore calls it; bytes that are no UTF-8 stay halves of characters."""
    return os.fsencode(name).decode("utf-8", "surrogateescape")
