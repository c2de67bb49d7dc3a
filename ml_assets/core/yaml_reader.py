"""YAML by its 1.2 core schema: each key once, and nothing that stands for something written elsewhere.

It is made of the parser's events, which come one by one, so that what is too deep or too large is seen before it is built.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from ml_assets.core.core_schema import LONGEST_NUMBER, value_of
from ml_assets.core.text_limits import (
    MOST_KEYS,
    MOST_PARTS,
    NESTED,
    TOO_DEEP,
    TOO_LONG,
    TOO_MANY,
    TOO_MUCH,
    UnreadableTextError,
    at_line,
    twice,
)

_TAG = "tag:yaml.org,2002:"
_TAGGED: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,)}
_TAGGED |= {"null": (type(None),)}
_WRITTEN_OUT = "Aliases and merge keys are not taken. Write the values out"


def read_yaml(text: str) -> Any:
    """The value of a YAML text. Raises UnreadableTextError in words, or whatever the parser raises where it is no YAML."""
    events = _bounded(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    found, documents = None, 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise at_line(_line(event), "a second document begins. Write one document a file")
            found = _Builder(events).value(next(events))
    return found


class _Builder:
    """Makes values of the events that are left, and counts keys."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events, self._keys = events, 0

    def value(self, event: Any, depth: int = 0) -> Any:
        """The value that begins with this event."""
        if isinstance(event, yaml.AliasEvent):
            raise at_line(_line(event), f"an alias (*) stands there. {_WRITTEN_OUT}")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if depth >= NESTED:
            raise UnreadableTextError(TOO_DEEP)
        if isinstance(event, yaml.SequenceStartEvent):
            _check_tag(event, "seq")
            return [self.value(inner, depth + 1) for inner in self._until(yaml.SequenceEndEvent)]
        _check_tag(event, "map")
        return self._mapping(depth)

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._key(event)
            if key in found:
                raise twice(_line(event), key)
            found[key] = self.value(next(self._events), depth + 1)
        return found

    def _key(self, event: Any) -> str:
        self._keys += 1
        if self._keys > MOST_KEYS:
            raise UnreadableTextError(TOO_MANY)
        if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and not event.style:
            raise at_line(_line(event), f"a merge key (<<) stands there. {_WRITTEN_OUT}")
        key = self.value(event) if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent) else None
        if not isinstance(key, str):
            raise at_line(_line(event), "a key that is not text. Write a name, or put it in quotes")
        return key

    def _until(self, end: type) -> Iterator[Any]:
        while not isinstance(event := next(self._events), end):
            yield event


def _bounded(events: Iterable[Any]) -> Iterator[Any]:
    for count, event in enumerate(events):
        if count > MOST_PARTS:
            raise UnreadableTextError(TOO_MUCH)
        yield event


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(event: Any) -> Any:
    """A plain word is what the core schema says, text in quotes is text; a tag of the core schema must fit."""
    if event.tag is None and event.style:
        return event.value
    if event.tag in ("!", f"{_TAG}str"):
        return event.value
    if len(event.value) > LONGEST_NUMBER and event.value[0] in "+-.0123456789":
        raise at_line(_line(event), TOO_LONG)
    found = value_of(event.value)
    if event.tag is not None:
        _check_tag(event, *(name for name, kinds in _TAGGED.items() if type(found) in kinds))
    return found


def _check_tag(event: Any, *fitting: str) -> None:
    if event.tag not in (None, "!", *(_TAG + name for name in fitting)):
        raise at_line(_line(event), "a tag (!) stands there that does not fit. Write the plain value")
