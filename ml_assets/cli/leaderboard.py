"""`ml-assets leaderboard`: a leaderboard that is stored, for a terminal."""

from typing import TYPE_CHECKING

from ml_assets.cli.call import Call
from ml_assets.core.sweep.result import ASSET
from ml_assets.errors import ArtifactNotFoundError, StoreError
from ml_assets.terminal.leaderboard import print_leaderboard

if TYPE_CHECKING:
    from ml_assets.core.artifact import ArtifactKey
    from ml_assets.storage.artifact_store import ArtifactStore


def leaderboard(call: Call) -> int:
    """Print a stored leaderboard: the named one, or the one of the pipeline that was made last."""
    from ml_assets.pipeline.launchpads import leaderboard_document
    from ml_assets.pipeline.leaderboard import load_leaderboard

    call, store, key = _named(call) if call.args.what else _newest(call)
    board = load_leaderboard(key, store)
    launchpads = call.launchpads(store.manifest(key).environment)
    call.show(
        leaderboard_document(board, launchpads), lambda: print_leaderboard(board, launchpads=launchpads)
    )
    return 0


def _named(call: Call) -> "tuple[Call, ArtifactStore, ArtifactKey]":
    call, found = call.find_artifacts()
    boards = [key for key in found.keys if key.asset == ASSET]
    if not boards:
        raise ArtifactNotFoundError(
            f"{call.args.what}: is no {ASSET}. `{_list(call)}` shows which there are."
        )
    return call, found.store, boards[-1]


def _newest(call: Call) -> "tuple[Call, ArtifactStore, ArtifactKey]":
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
    return call, store, max(sound, key=lambda entry: entry.created_at).key


def _list(call: Call) -> str:
    return call.command("list", "--asset", ASSET, environment=call.options.environment)
