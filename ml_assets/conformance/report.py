"""What came of trying the promises, as values and as a table."""

import textwrap
from dataclasses import dataclass
from typing import Any

WIDTH = 100  # characters of a message in a line of the table


class BrokenPromiseError(Exception):
    """A promise was tried and does not hold; the message says what happened instead."""


class NotAskedError(Exception):
    """A promise cannot be tried on this pipeline; the message says why."""


def expect(holds: Any, message: str) -> None:
    """Go on where it holds.

    Raises:
        BrokenPromiseError: it does not.
    """
    if not holds:
        raise BrokenPromiseError(message)


@dataclass(frozen=True)
class Promise:
    """What came of trying one promise.

    Attributes:
        name: the promise, as a sentence.
        kept: whether it holds; None where it was not tried.
        message: what was tried, what happened instead, or why it was not tried.
    """

    name: str
    kept: bool | None
    message: str

    @property
    def word(self) -> str:
        """`kept`, `BROKEN` or `not asked`."""
        return "not asked" if self.kept is None else "kept" if self.kept else "BROKEN"


@dataclass(frozen=True)
class Report:
    """What came of trying all promises on one pipeline. `print` shows it as a table.

    Attributes:
        pipeline: its name.
        promises: each of them, in the order in which they were tried.
    """

    pipeline: str
    promises: tuple[Promise, ...]

    @property
    def kept(self) -> bool:
        """Whether none is broken."""
        return not self.broken

    @property
    def broken(self) -> tuple[Promise, ...]:
        """Those that do not hold."""
        return tuple(promise for promise in self.promises if promise.kept is False)

    def document(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {"pipeline": self.pipeline, "promises": [vars(promise) for promise in self.promises]}

    def __str__(self) -> str:
        width = max((len(promise.name) for promise in self.promises), default=0)
        lines = [line for promise in self.promises for line in _lines(promise, width)]
        return "\n".join([*lines, "", self.counts])

    @property
    def counts(self) -> str:
        """`demand: 25 kept, 0 BROKEN, 1 not asked`."""
        words = [promise.word for promise in self.promises]
        counts = ", ".join(f"{words.count(word)} {word}" for word in ("kept", "BROKEN", "not asked"))
        return f"{self.pipeline}: {counts}"


def _lines(promise: Promise, width: int) -> list[str]:
    first, *rest = textwrap.wrap(promise.message, WIDTH) or [""]
    indent = " " * (width + 13)
    return [f"{promise.word:9}  {promise.name:{width}}  {first}".rstrip(), *(indent + line for line in rest)]
