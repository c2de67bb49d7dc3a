"""Tables and sentences that every model card has."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def interval(name: str, metrics: Mapping[str, float]) -> str:
    """`0.7150 to 0.7902`, or nothing. Written here: what is declared of a metric makes no card stale."""
    low, high = (metrics.get(f"{name}_{end}") for end in ("low", "high"))
    return "" if low is None or high is None else f"{low:.4f} to {high:.4f}"


def independent(entity: Mapping[str, Any], rows: int) -> str:
    """What the intervals take to be independent of each other."""
    if entity["holdout"] == rows:
        return "The intervals take the held-out rows to be independent of each other: no two are known to be of one entity."
    return (
        f"The held-out rows are of {entity['holdout']:,} entities (`{entity['name']}`). The intervals take these to be "
        "independent of each other, and not the rows."
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
