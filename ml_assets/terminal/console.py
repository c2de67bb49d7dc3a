"""Consoles for tables and progress: what others wrote in them is text, and no command to a terminal."""

import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from ml_assets.terminal.output import for_people

SPINNER = {True: "line", False: "dots"}  # by whether the terminal knows ASCII alone


class SafeConsole(Console):
    """A console that escapes control characters in each string that it is given; its own may reach the terminal."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:
        stream = sys.stderr if stderr else sys.stdout
        super().__init__(file=getattr(stream, "verbatim", None), stderr=stderr, **options)
        self._stream = stream

    @property
    def spinner(self) -> str:
        """One that this terminal can show."""
        return SPINNER[self.options.ascii_only]

    def render_str(self, text: str, **options: Any) -> Text:
        """Text with styles of a string of cells, labels and lines, all of which come here."""
        return super().render_str(for_people(text, self._stream), **options)
