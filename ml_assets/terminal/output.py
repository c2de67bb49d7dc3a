"""What a command prints: no character, and nothing that stands behind its output, makes it fail or its run."""

import io
import os
import select
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TextIO

from ml_assets.core.command import PROGRAM, as_called
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
    """The output of this process: standard output and standard error, which never raise an error from here on.

    Args:
        called: how the program was called, `sys.argv[0]`: the commands that are printed for people begin with it.
    """

    def __init__(self, called: str = PROGRAM) -> None:
        for number in (0, 1, 2):
            _ensure_open(number)
        self._out = _Descriptor(1, unread=_end)
        self._err = _Descriptor(2, unread=lambda: None)
        program = program_of(called)
        sys.stdout = _text(self._out, sys.stdout, lines=self._out.isatty(), program=program)
        sys.stderr = _text(self._err, sys.stderr, lines=True, program=program)

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
        program: what the shell finds this program by.
        verbatim: the same for those that send commands to a terminal, as consoles do, and for documents.
    """

    program: str
    verbatim: TextIO

    def write(self, text: str, /) -> int:
        return super().write(for_people(text, self))


def for_people(text: str, stream: TextIO) -> str:
    """What a stream shows of a text: no command to the terminal, and those for the shell as it finds them."""
    return as_called(harmless(text), getattr(stream, "program", PROGRAM))


def print_document(text: str) -> None:
    """Print what programs read, as it is."""
    print(text, file=getattr(sys.stdout, "verbatim", sys.stdout))


def program_of(called: str) -> str:
    """What this shell finds the program by: its name where it is on the path, else how it was called.

    A module that Python was told to run is no program; the name stands for it.
    """
    if Path(called).name != PROGRAM:
        return PROGRAM
    on_path = shutil.which(PROGRAM)
    if on_path and Path(on_path).absolute() == Path(called).absolute():
        return PROGRAM
    return shlex.quote(called)


def harmless(text: str) -> str:
    """`text` without characters that a terminal takes for a command; lines stay lines, and columns columns."""
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return visible(text, longest=len(text), keep="\n\t")


def _text(descriptor: _Descriptor, before: TextIO | None, *, lines: bool, program: str) -> TextIO:
    buffer = io.BufferedWriter(descriptor)
    options: dict[str, Any] = {
        "encoding": before.encoding if before else "utf-8",
        "errors": "backslashreplace",
        "line_buffering": lines,
        "write_through": True,  # so that the two keep the order
    }
    found = _Text(buffer, **options)
    found.program = program
    found.verbatim = io.TextIOWrapper(buffer, **options)
    return found


def _ensure_open(number: int) -> None:
    """A closed one (`2>&-`) would be the number of the next file that is opened, and get what is printed."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)


def _end() -> NoReturn:
    os._exit(NOBODY_READS)
