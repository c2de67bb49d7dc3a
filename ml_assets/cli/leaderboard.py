"""A leaderboard for a terminal."""

from typing import TYPE_CHECKING

from ml_assets.core.leaderboard import text
from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.report.text import number

if TYPE_CHECKING:
    from rich.table import Table

MOST_TRIALS = 10


def print_leaderboard(board: Leaderboard) -> None:
    """Print the first ten trials, which parameter decides, what failed and how far to trust it all."""
    from ml_assets.cli.tables import console

    out = console()
    out.print(f"[bold]Leaderboard by {board.metric}[/bold]  {text.scope(board)}")
    shown = board.trials[:MOST_TRIALS]
    if shown:
        out.print(_table(board))
        lines = (
            [f"{len(board.trials) - len(shown)} more are in the table."] if board.trials[len(shown) :] else []
        )
        lines += [f"{text.LEGEND}."] if any(map(text.marks, shown)) else []
        lines += [line for line in (text.first(board), text.nested(board)) if line]
        out.print("\n".join(lines), markup=False)
    else:
        out.print(text.first(board), markup=False)
    sections = {
        f"Importance: how much of the variance of {board.metric} each parameter explains alone": [
            line for line in [text.importance(board.importance)] if line
        ],
        "Failed": [f"{text.failure(group)}: {group.reason}" for group in board.failures],
        "How far to trust this": list(board.notes),
    }
    for title, held in sections.items():
        if held:
            out.print(f"\n{title}:\n" + "\n".join(f"  {line}" for line in held), markup=False)


def _table(board: Leaderboard) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    many = len(board.days) > 1
    after = [*(["std", "days", "best on"] if many else []), "difference (95 % interval)"]
    head = ["", "rank", *map(escape, board.varied), f"mean {board.metric}", *after, "run_id"]
    table = Table(*head, box=None, padding=(0, 2))
    for trial in board.trials[:MOST_TRIALS]:
        values = [escape(text.value(value)) for value in trial.values.values()]
        numbers = [number(trial.std), str(trial.days), str(trial.best_days)] if many else []
        numbers += [text.difference(trial), trial.run_id]
        table.add_row(text.marks(trial), str(trial.rank), *values, text.mean(trial), *numbers)
    return table
