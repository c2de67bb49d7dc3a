"""The leaderboard as Markdown, for Dagster's pages and for people without a terminal."""

from ml_assets.core.leaderboard import text
from ml_assets.core.leaderboard.document import Leaderboard, RankedTrial
from ml_assets.core.markup import bullets, plain, table
from ml_assets.core.metrics import Metrics
from ml_assets.text import count, number

MOST_TRIALS = 20


def markdown(board: Leaderboard, *, metrics: Metrics) -> str:
    """The whole leaderboard as text, the first 20 trials of it; equal leaderboards give equal text."""
    parts = [
        _title(board),
        _trials(board),
        _nested(board),
        _importance(board),
        _failed(board),
        _metrics(board, metrics),
        _notes(board),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(board: Leaderboard) -> str:
    varied = ", ".join(map(plain, board.varied)) or "nothing"
    return f"# Leaderboard by {board.metric}, over {varied}\n\n{text.scope(board)} {text.first(board)}"


def _trials(board: Leaderboard) -> str:
    if not board.trials:
        return ""
    shown = board.trials[:MOST_TRIALS]
    many = len(board.days) > 1
    head = ["rank", *map(plain, board.varied), f"mean {board.metric}"]
    head += ["std", "days", "best on"] if many else []
    head += ["difference to the first (95 % interval)"]
    cut = f"The first {len(shown)} of {len(board.trials)}.\n\n" if len(shown) < len(board.trials) else ""
    rows = [_cells(trial, many=many) for trial in shown]
    return f"## Trials\n\n{cut}{table([*head, 'run_id'], rows)}{_legend(shown)}"


def _cells(trial: RankedTrial, *, many: bool) -> list[str]:
    values = [plain(text.value(value)) for value in trial.values.values()]
    numbers = [text.difference(trial)]
    if many:
        numbers = [number(trial.std), str(trial.days), str(trial.best_days), *numbers]
    rank = " ".join([str(trial.rank), *plain(text.marks(trial)).split()])
    return [rank, *values, text.mean(trial), *numbers, f"`{trial.run_id}`"]


def _legend(shown: tuple[RankedTrial, ...]) -> str:
    return f"\n\n{plain(text.LEGEND)}." if any(map(text.marks, shown)) else ""


def _nested(board: Leaderboard) -> str:
    return (
        f"## Chosen on earlier rows, measured on later ones\n\n{text.nested(board)}" if board.nested else ""
    )


def _importance(board: Leaderboard) -> str:
    if board.importance is None:
        return ""
    rows = [
        (
            plain(share.name),
            text.percent(share.mean),
            text.percent(share.chance),
            f"{share.groups}{', values by rank' if share.binned else ''}",
        )
        for share in board.importance.shares
    ]
    left = [f"{plain(name)}: nearly every trial has its own value" for name in board.importance.left_out]
    agreement = f"The days: {text.agreement(board.importance)}."
    head = (
        f"How much of the variance of {board.metric} over {count(board.importance.trials, 'trial')} each parameter "
        "explains alone, and how much one that does nothing would by chance. What parameters do together is in none."
    )
    body = table(("parameter", "explains", "by chance", "groups"), rows)
    parts = [f"## Importance\n\n{head}", body, bullets(left), agreement]
    return "\n\n".join(part for part in parts if part)


def _failed(board: Leaderboard) -> str:
    lines = [f"{text.failure(group)}: {plain(group.reason)}" for group in board.failures]
    return "## Failed\n\n" + bullets(lines) if lines else ""


def _metrics(board: Leaderboard, metrics: Metrics) -> str:
    """The other metrics of the first trials: whether they tell the same story."""
    shown = board.trials[:MOST_TRIALS]
    measured = {name for trial in shown for name in trial.metrics}
    names = metrics.in_order({*metrics.without_ends(measured)} - {board.metric})
    if not names:
        return ""
    rows = [(str(trial.rank), *(number(trial.metrics.get(name)) for name in names)) for trial in shown]
    return "## Other metrics, means\n\n" + table(("rank", *map(plain, names)), rows)


def _notes(board: Leaderboard) -> str:
    return "## How far to trust this\n\n" + bullets(board.notes) if board.notes else ""
