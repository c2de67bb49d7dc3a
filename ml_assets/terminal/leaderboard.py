"""A leaderboard, for a terminal."""

from typing import TYPE_CHECKING

from ml_assets.core.leaderboard import text
from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.terminal.tables import console, print_launch, print_sections, print_table, print_text
from ml_assets.text import number

if TYPE_CHECKING:
    from ml_assets.pipeline.launchpads import Launchpads

MOST_TRIALS = 10


def print_leaderboard(board: Leaderboard, *, launchpads: "Launchpads | None" = None) -> None:
    """Print the first ten trials, which parameter decides, what failed, how far to trust it all, and what to do with it."""
    console().print(f"[bold]Leaderboard by {board.metric}[/bold]  {text.scope(board)}")
    shown = board.trials[:MOST_TRIALS]
    if shown:
        print_table(*_table(board))
        lines = (
            [f"{len(board.trials) - len(shown)} more are in the table."] if board.trials[len(shown) :] else []
        )
        lines += [f"{text.LEGEND}."] if any(map(text.marks, shown)) else []
        lines += [line for line in (text.first(board), text.nested(board)) if line]
        print_text(*lines)
    else:
        print_text(text.first(board))
    importance = f"Importance: how much of the variance of {board.metric} each parameter explains alone"
    sections = {
        importance: [line for line in [text.importance(board.importance)] if line],
        "Failed": [f"{text.failure(group)}: {group.reason}" for group in board.failures],
        "How far to trust this": board.notes,
    }
    print_sections(sections)
    if launchpads and shown:
        links = launchpads.trial(shown[0])
        print_launch([links.get("run", "")], title="The first on other days, in Dagster's launchpad")
        print_launch([links.get("promote", "")], title="Promote it there")


def _table(board: Leaderboard) -> tuple[list[str], list[tuple[str, ...]]]:
    many = len(board.days) > 1
    after = [*(["std", "days", "best on"] if many else []), "difference (95 % interval)"]
    rows = []
    for trial in board.trials[:MOST_TRIALS]:
        values = map(text.value, trial.values.values())
        numbers = [number(trial.std), str(trial.days), str(trial.best_days)] if many else []
        numbers += [text.difference(trial), trial.run_id]
        rows.append((text.marks(trial), str(trial.rank), *values, text.mean(trial), *numbers))
    return ["", "rank", *board.varied, f"mean {board.metric}", *after, "run_id"], rows
