"""How far a leaderboard can be trusted, in sentences."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ml_assets.core.leaderboard import words
from ml_assets.core.report.words import count

if TYPE_CHECKING:
    from ml_assets.core.leaderboard.document import Leaderboard

ROWS = ("dataset", "source", "lookback_days", "holdout_days", "purged")
"""Parameters that decide on which rows a model is trained or measured."""


def notes(board: "Leaderboard") -> Iterator[str]:
    """One sentence or two for each thing that a reader could take for more than it is."""
    if len(board.trials) > 1:
        yield _chosen(board)
        yield from _rows(board)
        yield from _varied(board)
        yield from _fewer(board)
    if board.importance is not None and not board.importance.full_grid:
        yield (
            "The trials are no full grid: parameters go together by chance or by the search's choice, so their "
            "shares overlap and do not show cause."
        )


def _chosen(board: "Leaderboard") -> str:
    head = (
        f"The first of {len(board.trials)} trials was chosen on the very holdouts that measure it, so its mean is "
        "too good."
    )
    if board.nested is None:
        return f"{head} Measure it on later days before you rely on the number."
    return f"{head} Rely on what such a choice has on rows that chose nothing: {words.nested_value(board.nested)}."


def _rows(board: "Leaderboard") -> Iterator[str]:
    compared = [trial for trial in board.trials if trial.distinguishable is not None]
    if board.rows is None or not compared:
        yield f"Ranks may be chance: {words.why_not_compared(board)}."
        return
    rows = board.rows
    yield (
        f"Trials are compared on {rows.rows:,} rows of {rows.entities:,} entities, with events from {rows.first} to "
        f"{rows.last}{_once(rows.holdouts, len(board.days))}."
    )
    yield (
        "Of trials that are equally good, however many, some is called worse in about 5 % of sweeps (Model Confidence "
        "Set, by weeks of events and by entity), unless what sets them apart lasts longer than a week. "
        "Each interval is for one comparison by itself."
    )
    left = len(board.trials) - 1 - len(compared)
    if left:
        yield (
            f"{count(left, 'trial')} cannot be compared by rows: on fewer days, on other rows, or without stored scores."
        )


def _once(holdouts: int, days: int) -> str:
    if days == 1:
        return ""
    same = f", and only {holdouts} of them differ" if holdouts < days else ""
    return f". A row counts once, though the holdouts of {count(days, 'day')} overlap{same}"


def _varied(board: "Leaderboard") -> Iterator[str]:
    if varied := [name for name in board.varied if name in ROWS]:
        yield (
            f"{', '.join(varied)} varies, so trials may be trained or measured on other rows: a difference may be one "
            "of the rows."
        )


def _fewer(board: "Leaderboard") -> Iterator[str]:
    fewer = sum(not trial.complete for trial in board.trials)
    if fewer:
        yield (
            f"{count(fewer, 'trial')} of {len(board.trials)} {'has' if fewer == 1 else 'have'} fewer than all {count(len(board.days), 'day')}; "
            "they rank behind, and their means are not of the same days."
        )
