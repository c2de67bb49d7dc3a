"""Text that others wrote, as it may stand in our messages: names of files, keys of buckets, words of a store.

A name on a disk is any bytes but `/` and nothing: it can hold what a terminal takes for a command, a newline that
makes two lines of one in a log, and bytes that are no text at all.
"""

import unicodedata

CONTROLS = frozenset(map(chr, (*range(32), 127)))  # no name that is asked for, and no place, holds one
LONGEST = 300  # characters of one foreign name or sentence in a message of ours
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # controls, directions, halves of characters, other line ends


def visible(text: str, *, longest: int = LONGEST, keep: str = "") -> str:
    r"""`text` with what cannot be seen written as an escape, such as `\x1b` or `\u202e`, and cut where it is too long.

    Args:
        text: any text, names that `os.fsdecode` made of bytes included.
        longest: characters after which it is cut; the end says that it was.
        keep: characters that stay as they are, such as a newline between lines.
    """
    if len(text) > longest:
        text = f"{text[:longest]}…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in keep or not _is_hidden(char) else _escaped(char) for char in text)


def is_text(text: str) -> bool:
    """Whether a text can be written as UTF-8: it holds no half of a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN


def _escaped(char: str) -> str:
    r"""A byte that is no UTF-8 is a half of a character in Python's names; it is told as the byte, `\xff`."""
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004  (PEP 383)
        return f"\\x{code - 0xDC00:02x}"
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
