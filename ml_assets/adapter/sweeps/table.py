"""The first trials of a leaderboard as a table on its page."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from ml_assets.core.leaderboard import text
from ml_assets.core.leaderboard.document import Leaderboard, RankedTrial
from ml_assets.core.markup import table
from ml_assets.pipeline.launchpads import Launchpads

MOST_TRIALS = 10  # the summary, which a click shows, has more of them and all of their numbers
MOST_COLUMNS = 2
DIFFERENCE = "to the first, 95 %"


def trials_table(board: Leaderboard) -> dg.TableMetadataValue:
    """One row a trial, the best first.

    Dagster's page has room for about 600 pixels and hides what is right of them: what one looks for comes first,
    and more than two varied parameters share a column, whose text wraps. The last column, whose head does not wrap,
    takes what a long path elsewhere on the page adds to the width of all its tables.
    """
    rows = [_row(trial, board) for trial in board.trials[:MOST_TRIALS]]
    columns = [
        dg.TableColumn(name, "string", description=text.LEGEND if name == "rank" else None)
        for name in (rows[0] if rows else ("rank", "run_id"))
    ]
    return dg.MetadataValue.table(
        [dg.TableRecord(row) for row in rows], schema=dg.TableSchema(columns=columns)
    )


def _row(trial: RankedTrial, board: Leaderboard) -> dict[str, str]:
    return {
        "rank": f"{trial.rank} {text.marks(trial)}".strip(),
        f"mean {board.metric}": text.mean(trial),
        "run_id": trial.run_id,
        **_values({name: text.value(of) for name, of in trial.values.items()}),
        DIFFERENCE: _difference(trial),
    }


def _difference(trial: RankedTrial) -> str:
    """`-0.0120 ± 0.0080`: the interval of a difference is as wide to either side."""
    if trial.difference is None or trial.difference_high is None:
        return text.difference(trial)
    return f"{trial.difference:+.4f} ± {trial.difference_high - trial.difference:.4f}"


def _values(values: Mapping[str, str]) -> Mapping[str, str]:
    """What varies, as cells of a row."""
    if len(values) <= MOST_COLUMNS:
        return values
    return {"parameters": " ".join(f"{name}={value}" for name, value in values.items() if value != "-")}


def trial_links(board: Leaderboard, launchpads: Launchpads) -> dict[str, Any]:
    """For the same trials: the launchpad of each for other days, and that which promotes it; nothing without any.

    Dagster fact: what stands in a cell of its own tables is text; a Markdown one has links.
    """
    links = {str(trial.rank): launchpads.trial(trial) for trial in board.trials[:MOST_TRIALS]}
    words = {"run": "run on other days", "promote": "promote"}
    rows = [
        (rank, *(f"[{text}]({found[kind]})" if kind in found else "-" for kind, text in words.items()))
        for rank, found in links.items()
        if found
    ]
    return {"launch a trial": dg.MetadataValue.md(table(("rank", *words), rows))} if rows else {}
