"""Which names a store can be asked for: those that obstore takes as a part of a path."""

_CONTROLS = frozenset(map(chr, (*range(32), 127)))


def problem_of(key: str) -> str:
    """Why nothing with this key can be read through a store, in plain words; nothing where it can.

    `key` is one part of a path, or several with slashes between them.
    """
    parts = key.split("/")
    if "" in parts:
        return "its key has an empty part"
    if not {".", ".."}.isdisjoint(parts):
        return "a part of its key is a dot or two"
    if not _CONTROLS.isdisjoint(key):
        return "its name holds a control character"
    return "" if _is_text(key) else "its name is not UTF-8"


def _is_text(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
