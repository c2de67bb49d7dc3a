"""Failures that would come again: kept beside the artifacts, so that a sweep does not try them twice."""

import contextlib
from collections.abc import Mapping

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import PYTHON, Manifest
from ml_assets.core.product import Product
from ml_assets.core.slices import shared_assets, trial_assets
from ml_assets.errors import CorruptArtifactError, MlAssetsError, StoreError, TrainingError
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.draft import Draft
from ml_assets.pipeline.versions import packages_of

ASSET = "failed_trial"


def remembered(trial: Day) -> str | None:
    """Why this trial failed before, if what it is made of, code and packages are what they were then."""
    store = trial.workspace.store
    try:
        manifest = store.find(_key(trial))
        if manifest is None or not _same(manifest, trial):
            return None
        return str(store.load(_key(trial))["reason"])
    except CorruptArtifactError:
        return None


def remember(day: Day, error: MlAssetsError) -> None:
    """Keep why a trial failed, where rows, code and parameters alone decide that it does.

    Only a TrainingError is such a failure, and only of what is made of stored artifacts alone.
    """
    if type(error) is not TrainingError or not _decided_by_artifacts(day):
        return
    with contextlib.suppress(StoreError):  # the failure itself is what counts
        version, packages = _code(day)
        Draft(
            key=_key(day),
            identity=day.pipeline.identity(day.parameters),
            product=Product({"reason": str(error)}),
            format="json",
            workspace=day.workspace,
            started_at=day.workspace.now(),
            inputs=tuple(_inputs(day)),
            code_version=version,
            packages=packages,
        ).commit()


def _decided_by_artifacts(day: Day) -> bool:
    """Whether it failed in what it does not share, and nothing of that asks for rows."""
    assets = trial_assets(day.pipeline)
    asks = any("rows" in day.pipeline.assets[asset].takes.values() for asset in assets)
    return day.making in assets and not asks


def _same(manifest: Manifest, trial: Day) -> bool:
    version, packages = _code(trial)
    return (
        manifest.code_version == version
        and [item.sha256 for item in manifest.artifacts] == [item.sha256 for item in _inputs(trial)]
        and all(manifest.packages.get(name) == packages[name] for name in packages.keys() - {PYTHON})
    )


def _key(day: Day) -> ArtifactKey:
    return day.pipeline.key_of_identity(ASSET, day.pipeline.identity(day.parameters), day.as_of)


def _inputs(day: Day) -> list[Manifest]:
    taken = {name for asset in trial_assets(day.pipeline) for name in day.pipeline.assets[asset].inputs}
    used = [name for name in day.pipeline.uses if name in taken]
    return [day.manifest(asset) for asset in (*used, *shared_assets(day.pipeline))]


def _code(trial: Day) -> tuple[str, Mapping[str, str]]:
    """The code of all that trials do not share, and its packages."""
    code = [trial.code(asset) for asset in trial_assets(trial.pipeline)]
    names = sorted({name for one in code for name in one.packages})
    return "-".join(one.version for one in code), packages_of(tuple(names))
