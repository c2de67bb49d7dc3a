"""How far a leaderboard can be trusted, in sentences."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ml_assets.core.leaderboard import words
from ml_assets.core.report.words import count

if TYPE_CHECKING:
    from ml_assets.core.leaderboard.document import Leaderboard

ROWS = ("dataset", "source", "holdout_days")
"""Parameters that decide on which rows a model is measured."""


def notes(board: "Leaderboard") -> Iterator[str]:
    """One sentence or two for each thing that a reader could take for more than it is."""
    if len(board.trials) > 1:
        yield (
            f"The first of {len(board.trials)} trials was chosen on the very holdouts that measure it, so its mean "
            "is too good. Measure it on later days before you rely on the number."
        )
        yield from _days(board)
        yield from _rows(board)
        yield from _fewer(board)
    if board.importance is not None and not board.importance.full_grid:
        yield (
            "The trials are no full grid: parameters go together by chance or by the search's choice, so their "
            "shares overlap and do not show cause."
        )


def _days(board: "Leaderboard") -> Iterator[str]:
    if not any(trial.p_value is not None for trial in board.trials):
        yield (
            "There are not two days to compare on, so differences have no interval and ranks may be chance. "
            "Look at the trials on several days."
        )
        return
    yield f"Training windows overlap from day to day, so the days are not independent. {_shared(board)}"
    compared = sum(trial.p_value is not None for trial in board.trials)
    yield (
        f"Whether a trial differs from the first is corrected for {count(compared, 'comparison')} (Holm): one that is "
        "as good as the best is marked as worse in at most about 5 % of sweeps. The intervals are not corrected "
        "for that."
    )


def _shared(board: "Leaderboard") -> str:
    if not board.shared_holdout:
        return "Their holdouts share no days, as far as is known, so intervals are not widened."
    return (
        f"Two of them have {words.percent(board.shared_holdout)} of their holdout days in common on average; "
        "intervals of differences are widened for that, the agreement of days is not. Days further apart tell more."
    )


def _rows(board: "Leaderboard") -> Iterator[str]:
    if varied := [name for name in board.varied if name in ROWS]:
        yield (
            f"{', '.join(varied)} varies, so the trials are not measured on the same rows: a difference may be one "
            "of the rows."
        )


def _fewer(board: "Leaderboard") -> Iterator[str]:
    fewer = sum(not trial.complete for trial in board.trials)
    if fewer:
        yield (
            f"{count(fewer, 'trial')} of {len(board.trials)} {'has' if fewer == 1 else 'have'} fewer than all {count(len(board.days), 'day')}; "
            "they rank behind, and their means are not of the same days."
        )
