"""What must hold of every artifact: what its checks said before it was committed, and that its bytes are still those."""

from ml_assets.core.asset import Verdict
from ml_assets.core.asset_reader import LIBRARYS_CHECK
from ml_assets.core.pipeline import Declared
from ml_assets.errors import StoreError
from ml_assets.pipeline.checking import checks_of, verdict_of
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.draft import Made
from ml_assets.pipeline.released import parameters_of
from ml_assets.pipeline.workspace import Workspace
from ml_assets.storage.artifact_store import ArtifactStore

__all__ = ("BYTES_VERIFY", "Verdict", "bytes_verify", "check_descriptions", "judge_again", "verdicts")
BYTES_VERIFY = LIBRARYS_CHECK


def verdicts(made: Made, workspace: Workspace) -> dict[str, Verdict]:
    """What each check says of one artifact, by the name of the check; judged now where nobody did before."""
    known = made.manifest.checks
    found = {BYTES_VERIFY: bytes_verify(made, workspace.store)}
    for check in checks_of(workspace.pipeline, made.key.asset):
        if (stored := known.get(check.name)) is not None:
            found[check.name] = Verdict(stored.passed, stored.message, metadata=stored.metadata)
        else:
            found[check.name] = judge_again(made, check.name, workspace=workspace)
    return found


def check_descriptions(pipeline: Declared) -> dict[tuple[str, str], str]:
    """Each check of a pipeline, by asset and name, with what must hold: that its bytes verify first of all."""
    own = {key: check.description for key, check in pipeline.checks.items()}
    return {(asset, BYTES_VERIFY): bytes_verify.__doc__ or "" for asset in pipeline.assets} | own


def bytes_verify(made: Made, store: ArtifactStore) -> Verdict:
    """Every stored file has the size and SHA-256 that the manifest states."""
    try:
        manifest = store.verify(made.key)
    except StoreError as error:
        return Verdict(passed=False, message=str(error))
    return Verdict(passed=True, metadata={"files": len(manifest.files)})


def judge_again(made: Made, name: str, *, workspace: Workspace) -> Verdict:
    """What a check says of an artifact as it lies in the store now.

    Raises:
        StoreError: it, or what else the check looks at, cannot be read.
        AssetFunctionError: the check failed.
    """
    if name == BYTES_VERIFY:
        return bytes_verify(made, workspace.store)
    asset = made.key.asset
    day = Day(
        parameters=parameters_of(made.manifest, workspace.pipeline.parameters),
        as_of=made.key.as_of,
        workspace=workspace,
        pinned={asset: made.manifest},
    )
    return verdict_of(workspace.pipeline.checks[asset, name], day, day.product)
