"""What the request sensor knows of each file from one tick to the next, small enough for a cursor."""

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ml_assets.adapter.launching.cursor import read_cursor, write_cursor
from ml_assets.adapter.launching.request_folder import Dropped

MARK_BYTES = 6  # of a digest: among 20,000 files, a new one is taken for a known one once in 14 billion times
MARK_CHARACTERS = 8


@dataclass(kw_only=True)
class Served:
    """A file that is begun: how often it had its turn, and how many of its runs were requested."""

    turns: int = 0
    runs: int = 0


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The marks of the files that are done, and how far each file is that has been begun.

    A mark stands for name and signature, so that a file that is written again is a new file.
    """

    done: set[str]
    begun: dict[str, Served]

    def served(self, file: Dropped) -> Served:
        """How far a file is; a file that was never seen begins here."""
        return self.begun.setdefault(mark(file), Served())

    def turns(self, file: Dropped) -> int:
        """How often a file had its turn."""
        return self.begun[mark(file)].turns if mark(file) in self.begun else 0

    def finish(self, file: Dropped) -> None:
        """Never look at a file again."""
        self.begun.pop(mark(file), None)
        self.done.add(mark(file))

    def cursor(self) -> str:
        """The memory as a cursor: eight characters for each file that is done."""
        begun = {name: [served.turns, served.runs] for name, served in self.begun.items()}
        return write_cursor({"begun": begun, "done": "".join(sorted(self.done))})


def remembered(cursor: str | None, files: Collection[Dropped]) -> Memory:
    """What a cursor says of the files that there are; of others nothing is kept."""
    held = read_cursor(cursor)
    here = {mark(file) for file in files}
    begun = held.get("begun")
    return Memory(
        done=_marks(held.get("done")) & here,
        begun={name: Served(turns=turns, runs=runs) for name, turns, runs in _begun(begun) if name in here},
    )


def mark(file: Dropped) -> str:
    """Eight characters that stand for a file as it is now."""
    digest = hashlib.sha256(f"{file.name}\0{file.signature}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:MARK_BYTES]).decode()


def _marks(text: Any) -> set[str]:
    if not isinstance(text, str):
        return set()
    return {text[start : start + MARK_CHARACTERS] for start in range(0, len(text), MARK_CHARACTERS)}


def _begun(held: Any) -> list[tuple[str, int, int]]:
    if not isinstance(held, dict):
        return []
    return [
        (name, *counts)
        for name, counts in held.items()
        if isinstance(counts, list) and [type(count) for count in counts] == [int, int] and min(counts) >= 0
    ]
