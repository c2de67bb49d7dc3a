"""Links into the launchpad for what Dagster's pages tell of a run: what was made, and what failed."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import dagster as dg
from dagster._check import (
    CheckError,
)  # what a context raises that has no repository; no public name leads to it

from ml_assets.adapter.view import View
from ml_assets.core.launch_link import Launchpad
from ml_assets.core.options import Options
from ml_assets.core.parameters import Parameters
from ml_assets.core.sweep.result import ASSET as LEADERBOARD
from ml_assets.core.sweep.sweep_parameters import idle
from ml_assets.pipeline.launchpads import Launchpads, not_allowed
from ml_assets.settings import load_settings

LABEL = "launch again"
WORDS = "the launchpad, filled in"
MOST_DAYS = 10  # of which a page has a link each


def launchpads_of(
    view: View,
    *,
    options: Options | None = None,
    run: dg.DagsterRun | None = None,
    repository: dg.RepositoryDefinition | None = None,
) -> Launchpads:
    """The launchpads of a view, for Dagster's pages.

    Args:
        view: whose jobs.
        options: of the runs that are to be launched.
        run: one that came from the code location; without one, or where it was launched beside any, the settings say
            what that is called.
        repository: what has the jobs, where that is known: one in which nobody gave the view a job has another, or none.
    """
    settings = load_settings()
    origin = run.remote_job_origin.repository_origin if run and run.remote_job_origin else None
    pages = Launchpad(job="", location=settings.code_location, base=settings.dagster_url)
    if origin:
        where = origin.code_location_origin.location_name
        pages = Launchpad(
            job="", location=where, repository=origin.repository_name, base=settings.dagster_url
        )
    job, keys = view.job_name, set(map(view.key, view.pipeline.assets))
    if repository is not None and not repository.has_job(job):
        job = _smallest_job(repository, keys)
    told = _told(options, usual=settings.environment)
    return Launchpads(
        pipeline=view.pipeline,
        pages=pages,
        job=job,
        params=view.params,
        beside=view.beside,
        step=view.step_of,
        without={*view.pinned, *not_allowed(view.pipeline, settings, environment=told.environment)},
        options=told,
    )


class LaunchAgain:
    """The links of what one step stores: of a view's own assets, or of one beside them."""

    def __init__(
        self, context: dg.OutputContext, view: View, parameters: Parameters, options: Options
    ) -> None:
        step, self._parameters = context.step_context, parameters
        asset, repository = view.asset_of(context.asset_key), repository_of(step)
        self._launchpads = launchpads_of(view, options=options, run=step.dagster_run, repository=repository)
        self._is_beside = asset not in view.pipeline.assets
        self._job = _job_of(context.asset_key, step.job_name, repository) if self._is_beside else ""
        own = _own(step, asset) if self._is_beside else {}
        self._own = {step.op.name: own} if own else {}

    def link(self, day: dt.date) -> str:
        """That of a day; "" where no job makes the asset, or it would be too long."""
        if not self._is_beside:
            return self._launchpads.run(self._parameters, day)
        return self._launchpads.of_job(self._job, self._parameters, day, own=self._own)


def link_entry(link: str) -> dict[str, Any]:
    """A link as metadata of what was made; nothing where there is none.

    Dagster fact: the page of an asset shows a URL in full, and grows wider by it than the window; of a Markdown text of up
    to 1,000 characters it shows the link.
    """
    return {LABEL: dg.MetadataValue.md(f"[{WORDS}]({link})")} if link else {}


def links_entry(links: Mapping[str, str], *, label: str = LABEL) -> dict[str, Any]:
    """Links of days as metadata, those of the first; nothing where there are none."""
    lines = [f"- [{day}]({link})" for day, link in list(links.items())[:MOST_DAYS]]
    more = [f"- and {len(links) - MOST_DAYS} more"] if len(links) > MOST_DAYS else []
    return {label: dg.MetadataValue.md("\n".join([*lines, *more]))} if lines else {}


def repository_of(context: Any) -> dg.RepositoryDefinition | None:
    """What has the jobs of the code location; None for a run that is executed beside any, as those of the shell are."""
    try:
        found: dg.RepositoryDefinition = context.repository_def
    except CheckError:
        return None
    return found


def _told(options: Options | None, *, usual: str) -> Options:
    """The options, in which the environment of the settings, which needs no word, is not named."""
    values = {name: getattr(options, name) for name in Options.model_fields} if options else {}
    if values.get("environment") == usual:
        del values["environment"]
    return Options.model_validate(values)


def _job_of(key: dg.AssetKey, job: str, repository: dg.RepositoryDefinition | None) -> str:
    """The job of an asset beside a pipeline: that of its run, else the smallest that makes it; "" where there is none.

    Dagster fact: the launchpad of the job that is behind *Materialize* cannot be filled in by an address.
    """
    if not job.startswith("__"):
        return job
    return _smallest_job(repository, {key}) if repository else ""


def _smallest_job(repository: dg.RepositoryDefinition, keys: Collection[dg.AssetKey]) -> str:
    """The named job that makes all of these and as little else as there is; "" where none does."""
    made: Iterable[tuple[int, str]] = (
        (len(selected), job.name)
        for job in repository.get_all_jobs()
        if not job.name.startswith("__") and set(keys) <= (selected := job.asset_layer.selected_asset_keys)
    )
    return min(made, default=(0, ""))[1]


def _own(step: Any, asset: str) -> dict[str, Any]:
    """What a step takes of its own, in the order of its schema; what was given stands there as it was given.

    Dagster fact: the config of a context holds the values of environment variables that were named; that of a run does not.
    """
    config: Mapping[str, Any] = step.dagster_run.run_config
    given = config.get("ops", {}).get(step.op.name, {}).get("config") or {}
    fields = getattr(step.op_def.config_schema.config_type, "fields", {})
    usual = {name: field.default_value for name, field in fields.items() if field.default_provided}
    values = {**{name: usual[name] for name in fields if name in usual and name not in given}, **given}
    ordered = {name: values[name] for name in (*fields, *given) if name in values}
    unused = idle(str(ordered.get("search", ""))) if asset == LEADERBOARD else ()
    return {name: value for name, value in ordered.items() if name in given or name not in unused}
