"""Lists and tables that cannot be changed: what a parameter holds is the same for all who were handed it."""

import unicodedata
from typing import Any, NoReturn


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError("What parameters hold cannot be changed. Change a copy.")


class FrozenList(list[Any]):
    """A list that equals any other of the same items, and has a hash."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (list(self),)


class FrozenDict(dict[str, Any]):
    """A table that equals any other of the same entries, and has a hash."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


def frozen(value: Any) -> Any:
    """A copy that cannot be changed, with every text in Unicode form NFC, as the run_id takes it."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return FrozenDict({frozen(key): frozen(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return FrozenList(map(frozen, value))
    return value
