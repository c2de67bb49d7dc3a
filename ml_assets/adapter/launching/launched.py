"""What a run of Dagster was launched with: whether it makes a pipeline's assets, its parameters, days and environment."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ml_assets.adapter import days as partition
from ml_assets.adapter.guard import option
from ml_assets.adapter.parameters import refuse_options
from ml_assets.adapter.view import View
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import check
from ml_assets.errors import MlAssetsError, RefusedError
from ml_assets.pipeline.workspace import utc_now


def makes(run: dg.DagsterRun, view: View) -> bool:
    """Whether a run makes assets of the view's pipeline and nothing else: by its job, or by a selection of them."""
    keys, selected = set(map(view.key, view.pipeline.assets)), set(run.asset_selection or ())
    return run.job_name == view.job_name or (bool(selected) and selected <= keys)


def parameters_of(run_config: Mapping[str, Any], view: View) -> Parameters | None:
    """A run's parameters, those that the view pins among them, or None where they are not acceptable."""
    given = config_of(run_config, view.params)
    try:
        return check({**given, **view.pinned}, view.pipeline.parameters)
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
