"""The memory of a sensor between two ticks: JSON with a version. What cannot be read is forgotten.

Forgetting is safe: what was requested before has the same run_key again.
"""

import json
from collections.abc import Mapping
from typing import Any

VERSION = 1


def read_cursor(text: str | None) -> dict[str, Any]:
    """What was remembered, by name; nothing where there is no cursor of this version."""
    try:
        held = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(held, dict) or held.get("version") != VERSION:
        return {}
    memory = held.get("memory")
    return memory if isinstance(memory, dict) else {}


def texts(held: Any) -> dict[str, str]:
    """The names of a part of the memory that have a text each; what has none is forgotten."""
    if not isinstance(held, dict):
        return {}
    return {name: text for name, text in held.items() if isinstance(text, str)}


def names(held: Any) -> set[str]:
    """The texts in a list of the memory; what is no text is forgotten."""
    return {name for name in held if isinstance(name, str)} if isinstance(held, list) else set()


def write_cursor(memory: Mapping[str, Any]) -> str:
    """The cursor's text: equal memories give equal texts."""
    return json.dumps({"version": VERSION, "memory": memory}, sort_keys=True, separators=(",", ":"))
