"""A leaderboard in words, the same in every rendering: its values, who is first, and how far to trust it."""

from collections.abc import Collection, Iterator

from ml_assets.core.leaderboard.document import Days, FailureGroup, Leaderboard, Nested, RankedTrial, Rows
from ml_assets.core.leaderboard.importance import Importance
from ml_assets.core.leaderboard.trial import Value
from ml_assets.core.report.text import stretches
from ml_assets.text import count, number, signed

MOST_RUN_IDS = 5
SAME = "="
FEWER = "*"
LEGEND = f"{SAME} not significantly worse than the best; {FEWER} dropped early, on fewer days"


def value(given: Value) -> str:
    """A parameter's value, numbers with at most six digits; `-` where it is not used."""
    if given is None:
        return "-"
    if isinstance(given, bool):
        return "true" if given else "false"
    return f"{given:g}" if isinstance(given, float) else str(given)


def percent(share: float) -> str:
    """`93 %`; never rounded up to all or down to nothing."""
    if 0 < share < 0.005 or 0.995 <= share < 1:  # noqa: PLR2004 - half a percent
        return f"{100 * share:.1f} %"
    return f"{100 * share:.0f} %"


def label(trial: RankedTrial) -> str:
    """`#1 learning_rate=0.1 max_depth=4`; what it does not use is left out."""
    values = [f"{name}={value(held)}" for name, held in trial.values.items() if held is not None]
    return " ".join([f"#{trial.rank}", *values])


def marks(trial: RankedTrial) -> str:
    """`=` where the trial is not significantly worse than the best, `*` where it has fewer days."""
    same = SAME if trial.distinguishable is False else ""
    return same + ("" if trial.complete else FEWER)


def mean(trial: RankedTrial) -> str:
    """`0.7312`, with the evaluation's own interval where there is one: `0.7312 (0.7101 to 0.7523)`."""
    if trial.low is None or trial.high is None:
        return number(trial.mean)
    return f"{number(trial.mean)} ({number(trial.low)} to {number(trial.high)})"


def difference(trial: RankedTrial) -> str:
    """`-0.0120 (-0.0200 to -0.0040)`; without interval where there is none, `-` for the first itself."""
    if trial.difference is None:
        return "-"
    if trial.difference_low is None or trial.difference_high is None:
        return signed(trial.difference)
    low, high = signed(trial.difference_low), signed(trial.difference_high)
    return f"{signed(trial.difference)} ({low} to {high})"


def first(board: Leaderboard) -> str:
    """Who is first, and how many are not significantly worse."""
    if not board.trials:
        return "No trial is done on all of its days, so nothing is ranked."
    if len(board.trials) == 1:
        return "One trial is done: there is nothing to compare it with."
    known = [trial for trial in board.trials if trial.distinguishable is not None]
    others, same = len(board.trials) - 1, sum(trial.distinguishable is False for trial in known)
    if not known:
        differ = "the other trial is" if others == 1 else f"any of the other {others} trials is"
        return f"Whether {differ} worse than the first cannot be told: {why_not_compared(board)}."
    left = f"; {others - len(known)} could not be compared" if len(known) < others else ""
    verb = "is" if same == 1 else "are"
    return f"{same} of {count(others, 'other trial')} {verb} not significantly worse than the best{left}."


def why_not_compared(board: Leaderboard) -> str:
    """Why no trial could be compared with the first; without a full stop."""
    if board.compared_days is not None and board.compared_days.missing:
        return "there are " + ", ".join(board.compared_days.missing)
    if board.rows is None:
        return "there are no stored scores of the same rows"
    return (
        "there are " + ", ".join(board.rows.missing)
        if board.rows.missing
        else "no other trial has the same rows"
    )


def nested(board: Leaderboard) -> str:
    """What a choice by the earlier rows is worth on the later ones, with a full stop; nothing where that is not known."""
    choice = board.nested
    if choice is None:
        return ""
    ranks = {trial.run_id: f"#{trial.rank}" for trial in board.trials}
    return (
        f"The best of {count(choice.trials, 'trial')} on the events from {choice.chosen_first} to {choice.chosen_last} is "
        f"{ranks.get(choice.run_id, choice.run_id)}, with {board.metric} {number(choice.chosen)}; on the {count(choice.rows, 'row', grouped=True)} from "
        f"{choice.first} to {choice.last}, which chose nothing, it has {nested_value(choice)}."
    )


def nested_value(choice: Nested) -> str:
    """`0.7012 (0.6801 to 0.7223)`."""
    if choice.low is None or choice.high is None:
        return number(choice.value)
    return f"{number(choice.value)} ({number(choice.low)} to {number(choice.high)})"


def scope(board: Leaderboard) -> str:
    """`24 trials on 7 days (2025-12-01 to 2025-12-07), 2 failed; larger is better`, with a full stop."""
    ranked, failed = len(board.trials), len(board.failed)
    better = "larger" if board.larger_is_better else "smaller"
    return (
        f"{count(ranked + failed, 'trial')} on {count(len(board.days), 'day')} ({stretches(board.days)}), "
        f"{failed} failed; {better} is better."
    )


def importance(shares: Importance | None) -> str:
    """`learning_rate 71 % (by chance 9 %), max_depth 12 % (9 %); the days agree 0.93 (Kendall's W)`, with a full stop."""
    if shares is None:
        return ""
    parts = ", ".join(
        f"{share.name} {percent(share.mean)} ({'' if place else 'by chance '}{percent(share.chance)})"
        for place, share in enumerate(shares.shares)
    )
    left = (
        f"; not told: {', '.join(shares.left_out)} (nearly every trial has its own)"
        if shares.left_out
        else ""
    )
    return f"{parts}{left}; {agreement(shares)}."


def agreement(shares: Importance) -> str:
    """What Kendall's W says."""
    if shares.agreement is None:
        return "agreement between days cannot be told"
    return f"agreement of {count(len(shares.days), 'day')} {shares.agreement:.2f} (Kendall's W, 1 = the same order every day)"


def failure(group: FailureGroup) -> str:
    """`2 trials (3f..., 9a...) on 2025-12-01`; at most five names."""
    shown = ", ".join(group.run_ids[:MOST_RUN_IDS])
    more = f" and {len(group.run_ids) - MOST_RUN_IDS} more" if len(group.run_ids) > MOST_RUN_IDS else ""
    return f"{count(len(group.run_ids), 'trial')} ({shown}{more}) on {stretches(group.days)}"


def notes(board: Leaderboard, *, rows: Collection[str]) -> Iterator[str]:
    """One sentence or two for each thing that a reader could take for more than it is.

    `rows` are the parameters that decide on which rows a trial is trained or measured.
    """
    if board.asked_metric:
        yield (
            f"No trial has {board.asked_metric}, by which sweeps rank where nobody chooses: they are ranked by {board.metric}, "
            "the first declared metric that they have."
        )
    if len(board.trials) > 1:
        yield _chosen(board)
        yield from _compared(board)
        yield from _varied(board, rows)
        yield from _fewer(board)
    if board.importance is not None and not board.importance.full_grid:
        yield (
            "The trials are no full grid: parameters go together by chance or by the search's choice, so their "
            "shares overlap and do not show cause."
        )


def _chosen(board: Leaderboard) -> str:
    head = (
        f"The first of {count(len(board.trials), 'trial')} was chosen on the very holdouts that measure it, so its mean is "
        "too good."
    )
    if board.nested is None:
        return f"{head} Measure it on later days before you rely on the number."
    return f"{head} Rely on what such a choice has on rows that chose nothing: {nested_value(board.nested)}."


def _compared(board: Leaderboard) -> Iterator[str]:
    compared = [trial for trial in board.trials if trial.distinguishable is not None]
    left = len(board.trials) - 1 - len(compared)
    if board.compared_days is not None and compared:
        yield from _by_days(board.compared_days, left)
    elif board.rows is not None and compared:
        yield from _by_rows(board.rows, left, days=len(board.days))
    else:
        yield f"Ranks may be chance: {why_not_compared(board)}."


def _by_rows(rows: Rows, left: int, *, days: int) -> Iterator[str]:
    yield (
        f"Trials are compared on {count(rows.rows, 'row', grouped=True)} of {count(rows.entities, 'entity', 'entities', grouped=True)}, with events from {rows.first} to "
        f"{rows.last}{_once(rows.holdouts, days)}."
    )
    yield (
        "Of trials that are equally good, however many, some is called worse in about 5 % of sweeps (Model Confidence "
        "Set, by weeks of events and by entity), unless what sets them apart lasts longer than a week. "
        "Each interval is for one comparison by itself."
    )
    if left:
        yield (
            f"{count(left, 'trial')} cannot be compared by rows: on fewer days, on other rows, or without stored scores."
        )


def _by_days(days: Days, left: int) -> Iterator[str]:
    yield (
        f"Trials are compared on {count(days.days, 'day')} from {days.first} to {days.last}, whose windows do not overlap."
    )
    yield (
        "Of trials that are equally good, however many, some is called worse in about 5 % of sweeps (Model Confidence "
        "Set, by weeks), unless what sets them apart lasts longer than a week. Each interval is for one comparison by itself."
    )
    if left:
        yield f"{count(left, 'trial')} cannot be compared by days: on fewer of them."


def _once(holdouts: int, days: int) -> str:
    if days == 1:
        return ""
    same = f", and only {holdouts} of them differ" if holdouts < days else ""
    return f". A row counts once, though the holdouts of {count(days, 'day')} overlap{same}"


def _varied(board: Leaderboard, rows: Collection[str]) -> Iterator[str]:
    if varied := [name for name in board.varied if name in rows]:
        yield (
            f"{', '.join(varied)} varies, so trials may be trained or measured on other rows: a difference may be one "
            "of the rows."
        )


def _fewer(board: Leaderboard) -> Iterator[str]:
    fewer = sum(not trial.complete for trial in board.trials)
    if fewer:
        yield (
            f"{count(fewer, 'trial')} of {len(board.trials)} {'has' if fewer == 1 else 'have'} fewer than all {count(len(board.days), 'day')}; "
            "they rank behind, and their means are not of the same days."
        )
