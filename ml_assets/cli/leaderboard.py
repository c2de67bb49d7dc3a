"""`ml-assets leaderboard`: a leaderboard that is stored, for a terminal."""

from typing import TYPE_CHECKING

from ml_assets.cli.call import Call
from ml_assets.core.leaderboard import text
from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.report.text import number
from ml_assets.core.sweep.result import ASSET
from ml_assets.errors import ArtifactNotFoundError, StoreError

if TYPE_CHECKING:
    from rich.table import Table

    from ml_assets.core.artifact import ArtifactKey
    from ml_assets.storage.artifact_store import ArtifactStore

MOST_TRIALS = 10


def leaderboard(call: Call) -> int:
    """Print a stored leaderboard: the named one, or the one of the pipeline that was made last."""
    from ml_assets.pipeline.leaderboard import load_leaderboard

    call.refuse_unknown()
    store, key = _named(call) if call.args.what else _newest(call)
    board = load_leaderboard(key, store)
    call.show(board.document(), lambda: print_leaderboard(board))
    return 0


def _named(call: Call) -> "tuple[ArtifactStore, ArtifactKey]":
    _, found = call.find_artifacts()
    boards = [key for key in found.keys if key.asset == ASSET]
    if not boards:
        raise ArtifactNotFoundError(
            f"{call.args.what}: is no {ASSET}. `{_list(call)}` shows which there are."
        )
    return found.store, boards[-1]


def _newest(call: Call) -> "tuple[ArtifactStore, ArtifactKey]":
    store = call.workspace.store
    entries = [*store.entries(ASSET, folder=call.pipeline.folder)]
    sound = [entry for entry in entries if not isinstance(entry, StoreError)]
    if not sound:
        raise next(
            (entry for entry in entries if isinstance(entry, StoreError)),
            ArtifactNotFoundError(
                f"No {ASSET} of {call.pipeline.name} under {store.root}. Make one by a sweep."
            ),
        )
    return store, max(sound, key=lambda entry: entry.created_at).key


def _list(call: Call) -> str:
    return call.command("list", "--asset", ASSET, environment=call.options.environment)


def print_leaderboard(board: Leaderboard) -> None:
    """Print the first ten trials, which parameter decides, what failed and how far to trust it all."""
    from ml_assets.cli.tables import console, print_sections

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
    importance = f"Importance: how much of the variance of {board.metric} each parameter explains alone"
    sections = {
        importance: [line for line in [text.importance(board.importance)] if line],
        "Failed": [f"{text.failure(group)}: {group.reason}" for group in board.failures],
        "How far to trust this": board.notes,
    }
    print_sections(out, sections)


def _table(board: Leaderboard) -> "Table":
    from ml_assets.cli.tables import table

    many = len(board.days) > 1
    after = [*(["std", "days", "best on"] if many else []), "difference (95 % interval)"]
    rows = []
    for trial in board.trials[:MOST_TRIALS]:
        values = map(text.value, trial.values.values())
        numbers = [number(trial.std), str(trial.days), str(trial.best_days)] if many else []
        numbers += [text.difference(trial), trial.run_id]
        rows.append((text.marks(trial), str(trial.rank), *values, text.mean(trial), *numbers))
    return table(["", "rank", *board.varied, f"mean {board.metric}", *after, "run_id"], rows)
