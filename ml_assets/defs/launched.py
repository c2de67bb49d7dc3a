"""What a run of Dagster was launched with: whether it trains, its parameters, its days and its environment."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ml_assets.adapter import days as partition
from ml_assets.adapter.guard import option
from ml_assets.adapter.parameters import refuse_options
from ml_assets.core.problems import check
from ml_assets.defs.training import TRAIN
from ml_assets.errors import MlAssetsError, RefusedError
from ml_assets.pipeline.workspace import utc_now
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters


def trains(run: dg.DagsterRun) -> bool:
    """Whether a run makes assets of the catalog and nothing else: by the job `train`, or by a selection of them."""
    selected = {key.to_user_string() for key in run.asset_selection or ()}
    return run.job_name == TRAIN or (bool(selected) and selected <= tabular.assets.keys())


def parameters_of(run_config: Mapping[str, Any]) -> TrainingParameters | None:
    """A run's parameters, or None where they are not acceptable."""
    try:
        return check(config_of(run_config, "params"), TrainingParameters)
    except MlAssetsError:
        return None


def days_of(run: dg.DagsterRun) -> list[dt.date]:
    """The day of a run, or each day of its range; none where it has no partition, or one that is refused."""
    try:
        return partition.days_of(run.tags, now=utc_now(), first=None)
    except RefusedError:
        return []


def environment_of(run_config: Mapping[str, Any]) -> str:
    """The environment that a run names, or `default`; that too where the options are not acceptable."""
    try:
        refuse_options(config_of(run_config, "options"))
    except MlAssetsError:
        return "default"
    return option(run_config, "environment") or "default"


def config_of(run_config: Mapping[str, Any], resource: str) -> Mapping[str, Any]:
    """The raw config of a resource; empty where there is none, or something else stands in its place."""
    found: Any = run_config
    for key in ("resources", resource, "config"):
        found = found.get(key, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}
