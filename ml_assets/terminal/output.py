"""What a command prints: no character, and nothing that stands behind its output, makes it fail or its run."""

import io
import os
import select
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

from ml_assets.core.foreign_text import visible

FAILED, NOBODY_READS = 1, 141  # 128 + SIGPIPE, as of any other command whose output goes to `head`


class _Descriptor(io.FileIO):
    """Takes all that it is given: from the first error on it drops it, and keeps the error."""

    def __init__(self, number: int, *, unread: Callable[[], None]) -> None:
        super().__init__(number, "w", closefd=False)
        self.error: OSError | None = None
        self.unread = unread  # what to do where nobody reads any more

    def write(self, data: Any, /) -> int:
        if self.error is None:
            try:
                while (count := super().write(data)) is None:  # somebody made it one that does not wait
                    select.select([], [self], [])
            except OSError as error:
                self.error = error
                if isinstance(error, BrokenPipeError):
                    self.unread()
            else:
                return count
        return len(data)

    def seekable(self) -> bool:
        return False


class Output:
    """The output of this process: standard output and standard error, which never raise an error from here on."""

    def __init__(self) -> None:
        for number in (0, 1, 2):
            _ensure_open(number)
        self._out = _Descriptor(1, unread=_end)
        self._err = _Descriptor(2, unread=lambda: None)
        sys.stdout = _text(self._out, sys.stdout, lines=self._out.isatty())
        sys.stderr = _text(self._err, sys.stderr, lines=True)

    def mute(self) -> None:
        """Print nothing more: the last words are told another way."""
        self._err.error = self._out.error = BrokenPipeError()

    def settle(self, code: int) -> int:
        """The exit code of a command that would end with `code`: not 0 where its output could not be written."""
        sys.stdout.flush()
        if self._out.error is None:
            return code
        print(f"Failed: the output could not be written: {self._out.error.strerror}.", file=sys.stderr)
        return code or FAILED


class _Text(io.TextIOWrapper):
    r"""Text in which that of others may stand. What its encoding has no character for is an escape, such as `\xfc`.

    Attributes:
        with_commands: the same for those that send commands to a terminal, as consoles do.
    """

    with_commands: TextIO

    def write(self, text: str, /) -> int:
        return super().write(harmless(text))


def harmless(text: str) -> str:
    """`text` without characters that a terminal takes for a command; lines stay lines, and columns columns."""
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return visible(text, longest=len(text), keep="\n\t")


def _text(descriptor: _Descriptor, before: TextIO | None, *, lines: bool) -> TextIO:
    buffer = io.BufferedWriter(descriptor)
    options: dict[str, Any] = {
        "encoding": before.encoding if before else "utf-8",
        "errors": "backslashreplace",
        "line_buffering": lines,
        "write_through": True,  # so that the two keep the order
    }
    found = _Text(buffer, **options)
    found.with_commands = io.TextIOWrapper(buffer, **options)
    return found


def _ensure_open(number: int) -> None:
    """A closed one (`2>&-`) would be the number of the next file that is opened, and get what is printed."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)


def _end() -> NoReturn:
    os._exit(NOBODY_READS)
