"""The checks of chosen days, as they hold for what is stored now: a job, for which days can be chosen in every way.

Dagster fact: the button *Execute* of a check with days is off, and *Execute all* of an asset's page asks for no day. A job
of checks alone has no days either; one of an op has those that it is given, a launchpad and backfills.
"""

from collections.abc import Iterator

import dagster as dg

from ml_assets.adapter.checks import log_check
from ml_assets.adapter.days import days_of
from ml_assets.adapter.parameters import resources_of_act
from ml_assets.adapter.partitions import days_of_pipeline
from ml_assets.adapter.record import failure
from ml_assets.adapter.refusal import our_words
from ml_assets.adapter.start import refuse_mistyped, workspace_of
from ml_assets.adapter.stored_checks import stored_days, verdicts_now
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.config import plain
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.draft import Made
from ml_assets.pipeline.workspace import Workspace, utc_now
from ml_assets.settings import load_settings

KIND = "verify"  # of its job


def verification(view: View) -> dg.Definitions:
    """The job that looks again at what is stored of a view's chosen days, with the parameters of its run."""

    @dg.op(
        name=view.beside("verify_days"),
        required_resource_keys={view.params, OPTIONS},
        description="Reads what is stored and tells each check of each day again; nothing is made.",
    )
    def verify_days(context: dg.OpExecutionContext) -> None:
        with our_words():
            _verify(context, view)

    @dg.job(
        resource_defs=resources_of_act(view, takes_parameters=True),
        name=view.beside(KIND),
        partitions_def=days_of_pipeline(view.pipeline),
        description=f"Look again at what is stored of a day, and tell its checks. Parameters: resources.{view.params}.",
    )
    def job() -> None:
        verify_days()

    return dg.Definitions(jobs=[job])


def _verify(context: dg.OpExecutionContext, view: View) -> None:
    """Raise dg.Failure where something that is stored is not as it must be, or is not there."""
    refuse_mistyped(context, params=view.params, is_free=view.is_free)
    run, first, every = context.run, load_settings().first_as_of, view.pipeline.every
    parameters = plain(getattr(context.resources, view.params), view.pipeline.parameters)
    days = days_of(run.tags, now=utc_now(), first=first, every=every)
    workspace = workspace_of(context.resources.options, run, view=view)
    wrong: dict[str, list[str]] = {str(day): [] for day in days}
    for asset in view.pipeline.assets:
        stored, missing = stored_days(asset, parameters, days, workspace=workspace)
        for day, error in missing.items():
            wrong[str(day)].append(f"{error}")
        for made in stored:
            wrong[str(made.key.as_of)] += _tell(context, made, view, workspace)
    if reasons := {day: "\n".join(lines) for day, lines in wrong.items() if lines}:
        raise failure(reasons, days=len(days), reason_of_one=False)


def _tell(context: dg.OpExecutionContext, made: Made, view: View, workspace: Workspace) -> Iterator[str]:
    """Tell each check of an artifact; one line for each that does not hold, unless it only warns."""
    for name, check in view.checks(made.key.asset).items():
        try:
            verdict = verdicts_now(made, [name], workspace)[name]
        except MlAssetsError as error:
            yield f"{made.key.asset}: {name}: {error}"
            continue
        log_check(context, check, verdict, day=str(made.key.as_of))
        if not verdict.passed and check.severity is dg.AssetCheckSeverity.ERROR:
            yield f"{made.key.asset}: {name}: {verdict.message or check.description}"
