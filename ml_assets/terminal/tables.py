"""What people read in a terminal: tables, sections and trees. rich is loaded with the first, as it takes a while.

On a narrow terminal, or in a file, paths stay whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from rich.tree import Tree

    from ml_assets.terminal.console import SafeConsole

WIDTH = 240


def console() -> "SafeConsole":
    """A console that never breaks a path: what is wider than the terminal is left for the terminal to wrap."""
    from ml_assets.terminal.console import SafeConsole

    return SafeConsole(width=WIDTH, soft_wrap=True, highlight=False)


def table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> "Table":
    """A table without lines; what stands in it is text, and no markup."""
    from rich.markup import escape
    from rich.table import Table

    made = Table(*map(escape, head), box=None, padding=(0, 2))
    for row in rows:
        made.add_row(*map(escape, row))
    return made


def print_table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table, as `table` makes it."""
    console().print(table(head, rows))


def print_text(*lines: str, bold: bool = False) -> None:
    """Print lines of text."""
    console().print("\n".join(lines), markup=False, style="bold" if bold else None)


def print_sections(sections: Mapping[str, Sequence[str]]) -> None:
    """Each section under its title; those that are empty are left out."""
    for title, lines in sections.items():
        if lines:
            print_text(f"\n{title}:", *(f"  {line}" for line in lines))


def print_launch(links: Iterable[str], *, title: str = "In Dagster's launchpad") -> None:
    """Addresses of launchpads, each on a line of its own, that a terminal may wrap but nothing breaks."""
    if shown := [link for link in links if link]:
        print_text(f"\n{title}:", *shown)


def grow(tree: "Tree | None", text: str, *, bold: str = "") -> "Tree":
    """A branch of a tree, or where there is none its root, with a text that is no markup after one in bold."""
    from rich.markup import escape
    from rich.tree import Tree

    label = f"[bold]{escape(bold)}[/bold]{escape(text)}" if bold else escape(text)
    return Tree(label) if tree is None else tree.add(label)
