"""Text that fits a terminal: broken between words, while what people copy, a path or a command, stays in one piece.

Where standard output is no terminal nothing is broken: lines are what programs read.
"""

import re
import shutil
import textwrap
from collections.abc import Sequence
from typing import TextIO

from ml_assets.core.command import find_command

LEAST = 40  # columns: what is narrower is left to the terminal
_KEPT = "\ue000"  # stands for a space at which no line ends
_QUOTED = re.compile(r"`[^`\n]+`")


def columns(stream: TextIO) -> int | None:
    """The width of the terminal that a stream leads to; None where it leads to none, or to a very narrow one."""
    if not stream.isatty():
        return None
    width = shutil.get_terminal_size().columns
    return width if width >= LEAST else None


def wrapped(text: str, width: int | None, *, hanging: str = "") -> str:
    """`text` in lines of at most `width` columns, each as far in as it began.

    A command at the end of a line that is too long gets a line of its own. A word that is longer than a line stays whole.

    Args:
        text: one line or several.
        width: in columns; None for as wide as it is.
        hanging: before all lines of a paragraph but the first.
    """
    if width is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _lines(line, width, hanging))


def kept(text: str) -> str:
    """`text` as one word: no line ends in it."""
    return text.replace(" ", _KEPT)


def longest_word(text: str) -> int:
    """How narrow a column with this text can be, in columns: a command is one word."""
    lines = text.split("\n")
    words = [word for line in lines for word in ([line] if find_command(line) is not None else line.split())]
    return max(map(len, words), default=0)


def _lines(line: str, width: int, hanging: str) -> Sequence[str]:
    if len(line) <= width:
        return [line.replace(_KEPT, " ")]
    start = find_command(line)
    begin = line[: len(line) - len(line.lstrip())]
    if start is not None:
        before = line[:start].rstrip()
        return [*_lines(before, width, hanging), f"{begin}{hanging}{line[start:]}"] if before else [line]
    text = _QUOTED.sub(lambda match: kept(match[0]), line)
    found = textwrap.wrap(
        text,
        width,
        subsequent_indent=begin + hanging,
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
        replace_whitespace=False,
    )
    return [part.replace(_KEPT, " ") for part in found]
