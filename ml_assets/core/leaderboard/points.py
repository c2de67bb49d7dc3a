"""What the pictures show of each trial: one number, over days that can be compared."""

from collections.abc import Sequence

from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.leaderboard.ranked import RankedTrial
from ml_assets.core.report.words import count

MOST = 8


def heights(board: Leaderboard) -> list[float]:
    """The mean of each ranked trial over the days that all of them have; where there are none, over its own."""
    return [_height(trial, board) for trial in board.trials]


def _height(trial: RankedTrial, board: Leaderboard) -> float:
    if not board.shared_days or len(board.shared_days) == len(board.days):
        return trial.mean
    return sum(trial.by_day[day] for day in board.shared_days) / len(board.shared_days)


def what(board: Leaderboard) -> str:
    """What `heights` are: `roc_auc, mean of 7 days`."""
    if len(board.days) == 1:
        return board.metric
    if not board.shared_days:
        return f"{board.metric}, mean of each trial's days"
    every = "" if len(board.shared_days) == len(board.days) else " that all trials have"
    return f"{board.metric}, mean of {count(len(board.shared_days), 'day')}{every}"


def first_by(board: Leaderboard) -> str:
    """`first`, and by what where the picture's numbers are of fewer days."""
    return "first" if len(board.shared_days) == len(board.days) else "first (by all its days)"


def shown(board: Leaderboard, most: int = MOST) -> Sequence[str]:
    """The varied parameters that have a place in a picture: where there are too many, the most important."""
    if len(board.varied) <= most or board.importance is None:
        return board.varied[:most]
    first = [share.name for share in board.importance.shares][:most]
    chosen = [*first, *(name for name in board.varied if name not in first)][:most]
    return [name for name in board.varied if name in chosen]


def title(board: Leaderboard, text: str, names: Sequence[str]) -> str:
    """The title, and how many parameters are not in the picture."""
    left = len(board.varied) - len(names)
    return text + (f" ({count(left, 'parameter')} not shown)" if left else "")
