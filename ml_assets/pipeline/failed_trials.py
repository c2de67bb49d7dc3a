"""Failures that would come again: kept beside the artifacts, so that a sweep does not try them twice."""

import contextlib
import datetime as dt
from collections.abc import Collection

from ml_assets.core.artifact import key_of
from ml_assets.core.catalog import CATALOG
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.errors import CorruptArtifactError, MlAssetsError, StoreError, TrainingError
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.draft import Made
from ml_assets.pipeline.store_value import store_value
from ml_assets.pipeline.versions import code_version, packages
from ml_assets.pipeline.workspace import Workspace

ASSET = "failed_trial"


def remembered(
    parameters: TrainingParameters, as_of: dt.date, *, training_set: Manifest, workspace: Workspace
) -> str | None:
    """Why this trial failed before, if rows, code and packages are what they were then."""
    store, key = workspace.store, key_of(ASSET, parameters, as_of)
    try:
        found = store.find(key)
        if found is None or not _same(found, training_set):
            return None
        return str(store.load(key)["reason"])
    except CorruptArtifactError:
        return None


def remember(
    day: Day, error: MlAssetsError, *, made: Collection[Made] = (), assets: Collection[str] = ()
) -> None:
    """Keep why a trial failed, where rows, code and parameters alone decide that it does.

    Only a TrainingError is such a failure, and only once the training set, of which the trial was made, is stored:
    where nothing was made of `assets`, of which it is one, the rows have failed and no trial.
    """
    if type(error) is not TrainingError or (not made and "training_set" in assets):
        return
    with contextlib.suppress(StoreError):  # the failure itself is what counts
        store_value(
            {"reason": str(error)},
            key=key_of(ASSET, day.parameters, day.as_of),
            parameters=identity(day.parameters, of=TrainingParameters),
            format_name="json",
            inputs=[day.manifest("training_set")],
            workspace=day.workspace,
            code_version=_code(),
            packages=packages("model"),
        )


def _same(found: Manifest, training_set: Manifest) -> bool:
    versions = packages("model")
    return (
        found.code_version == _code()
        and [item.sha256 for item in found.artifacts] == [training_set.sha256]
        and all(found.packages.get(name) == versions[name] for name in CATALOG["model"].packages)
    )


def _code() -> str:
    return f"{code_version('model')}-{code_version('evaluation')}"
