"""The first trials of a leaderboard as a table on its page."""

import dagster as dg

from ml_assets.core.leaderboard import words
from ml_assets.core.leaderboard.document import Leaderboard

MOST_TRIALS = 50


def trials_table(board: Leaderboard) -> dg.TableMetadataValue:
    """One row a trial, the best first: its rank, what varies, its mean, how it compares with the first, its run_id."""
    columns = ("rank", *board.varied, f"mean {board.metric}", "difference (95 %)", "days", "run_id")
    rows = [
        (
            f"{trial.rank} {words.marks(trial)}".strip(),
            *map(words.value, trial.values.values()),
            words.mean(trial),
            words.difference(trial),
            str(trial.days),
            trial.run_id,
        )
        for trial in board.trials[:MOST_TRIALS]
    ]
    return dg.MetadataValue.table(
        [dg.TableRecord(dict(zip(columns, row, strict=True))) for row in rows],
        schema=dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns]),
    )
