"""What people read in a terminal: tables, sections and trees. rich is loaded with the first, as it takes a while.

They fit the terminal, and paths stay whole: the last column, where it is too long, stands below its row. In a file every row is a line.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from ml_assets.terminal.wrapping import columns, kept, longest_word, wrapped

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.tree import Tree

    from ml_assets.terminal.console import SafeConsole

WIDTH = 240  # of a table in a file
NO_LIMIT = 10_000  # what is wider than the terminal is left for the terminal to wrap
WIDE, NARROW = 2, 1  # columns of space on both sides of a cell
FEWEST = 2  # columns that are a table
MOST_LINES = 2  # of a cell; what is longer stands below its row

Rows = Sequence[Sequence[str]]


def console() -> "SafeConsole":
    """A console that never breaks a path, and on a terminal breaks text between words."""
    from ml_assets.terminal.console import SafeConsole

    width = columns(sys.stdout)
    return SafeConsole(width=NO_LIMIT if width else WIDTH, soft_wrap=True, highlight=False, wrap_at=width)


def table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> "RenderableType":
    """A table without lines that fits the terminal; what stands in it is text, and no markup."""
    names, cells, width = list(head), [list(row) for row in rows], columns(sys.stdout)
    if width is None or _needed(_widths(names, cells), WIDE) <= width:
        return _table(names, cells, padding=WIDE)
    limits = _fitting(names, cells, width)
    head, rows = _wrapped_cells(names, cells, limits or [width] * len(names))
    if limits is not None and all(text.count("\n") < MOST_LINES for row in rows for text in row):
        return _table(head, rows, padding=NARROW)
    *others, last = _widths(names, cells)
    is_below = len(names) > FEWEST and last > max(
        others
    )  # else the columns are alike, and belong side by side
    if is_below and _fitting(*_without_last(names, cells), width) is not None:
        return _with_lines_below(names, cells, width)
    return _as_text(names, cells, width) if limits is None else _table(head, rows, padding=NARROW)


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


def print_tree(tree: "Tree") -> None:
    """Print a tree; the text of a branch is wrapped beside its lines."""
    from ml_assets.terminal.console import SafeConsole

    if (width := columns(sys.stdout)) is not None:
        _wrap_labels(tree, width)
    SafeConsole(width=NO_LIMIT, soft_wrap=True, highlight=False).print(tree)


def _wrap_labels(tree: "Tree", width: int) -> None:
    tree.label = wrapped(str(tree.label), width)
    for branch in tree.children:
        _wrap_labels(branch, width - 4)  # of the lines that rich draws


def _table(names: Sequence[str], cells: Rows, *, padding: int) -> "RenderableType":
    from rich.markup import escape
    from rich.table import Table

    made = Table(*map(escape, names), box=None, padding=(0, padding))
    for row in cells:
        made.add_row(*map(escape, row))
    return made


def _widths(names: Sequence[str], cells: Rows) -> list[int]:
    """How wide each column is."""
    texts = [*zip(*[names, *cells], strict=True)]
    return [max(len(line) for text in column for line in text.split("\n")) for column in texts]


def _needed(widths: Sequence[int], padding: int) -> int:
    return sum(widths) + 2 * padding * len(widths)


def _fitting(names: Sequence[str], cells: Rows, width: int) -> list[int] | None:
    """How wide each column may be so that all fit, the widest made narrower first; None where words are too long for that."""
    widths = _widths(names, cells)
    least = [max(map(longest_word, column)) for column in zip(*[names, *cells], strict=True)]
    while _needed(widths, NARROW) > width:
        some = [i for i, (now, low) in enumerate(zip(widths, least, strict=True)) if now > low]
        if not some:
            return None
        widths[max(some, key=widths.__getitem__)] -= 1
    return widths


def _wrapped_cells(names: Sequence[str], cells: Rows, limits: Sequence[int]) -> tuple[Sequence[str], Rows]:
    head, *rows = [
        [wrapped(text, limit) for text, limit in zip(row, limits, strict=True)] for row in [names, *cells]
    ]
    return head, rows


def _without_last(names: Sequence[str], cells: Rows) -> tuple[Sequence[str], Rows]:
    head, *rows = [row[:-1] for row in [names, *cells]]
    return head, rows


def _with_lines_below(names: Sequence[str], cells: Rows, width: int) -> str:
    """A table whose last column stands below each row, on a line of its own; as markup."""
    from rich.markup import escape

    head, rows = _without_last(names, cells)
    head, rows = _wrapped_cells(head, rows, _fitting(head, rows, width) or ())
    widths = _widths(head, rows)
    lines = [f"[bold]{escape(line)}[/bold]" for line in _grid(head, widths)]
    for row, cell in zip(rows, [row[-1] for row in cells], strict=True):
        lines += [escape(line) for line in _grid(row, widths)]
        lines += [escape(wrapped(f"    {cell}", width))] if cell else []
    return "\n".join(lines)


def _grid(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The lines of one row, whose cells may have several."""
    parts = zip_longest(*(text.split("\n") for text in row), fillvalue="")
    return [
        " " + "  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip()
        for line in parts
    ]


def _as_text(names: Sequence[str], cells: Rows, width: int) -> str:
    """Each row as text, where no table fits: what the first column says, then the others by their names; as markup."""
    from rich.markup import escape

    lines = []
    for first, *others in cells:
        told = [(name, text) for name, text in zip(names[1:], others, strict=True) if text]
        pairs = [kept(f"{name}: {text}" if name else text) for name, text in told]
        lines += [f"[bold]{escape(f'{names[0]} {first}'.strip())}[/bold]"]
        lines += [escape(wrapped(f"  {'  '.join(pairs)}", width))] if pairs else []
    return "\n".join(lines)
