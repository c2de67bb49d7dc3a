"""What `score` or `monitor` is asked for, checked: rows, model and days, or every problem at once; and the runs for it."""

import datetime as dt
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from ml_assets.cli.call import Call
from ml_assets.cli.flags import read_as, unknown_flags
from ml_assets.cli.request import against_settings, asked_days, each_day
from ml_assets.core.problems import diagnose, problems_of
from ml_assets.core.release import NOW, RELEASE_TAG, Requested
from ml_assets.core.release_line import ReleaseLine
from ml_assets.core.result import FailedDay, failed_days
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.scoring.parameters import LIVE, ROWS, ScoredRows, ScoringParameters

if TYPE_CHECKING:  # loaded once the request is known to be sound
    from ml_assets.adapter.in_process import LocalRun


@dataclass(frozen=True, kw_only=True)
class ScoringRequest:
    """A sound request: `given` and `given_own` are what was not left at its default, `requested` when it was made."""

    call: Call
    parameters: TrainingParameters
    own: ScoringParameters
    days: tuple[dt.date, ...]
    given: dict[str, Any]
    given_own: dict[str, Any]
    requested: Requested = NOW


def read_scoring(call: Call, *, own: type[ScoringParameters]) -> ScoringRequest:
    """The request, or RefusedError with all problems; loads neither Dagster nor scikit-learn."""
    args = call.args
    values = {name: getattr(args, name) for name in ROWS if getattr(args, name) is not None}
    given_own = {
        name: read_as(field, getattr(args, name))
        for name, field in own.model_fields.items()
        if getattr(args, name) is not None
    }
    options = {"environment": args.environment, "reuse": args.reuse}
    rows, problems = diagnose(values, TrainingParameters if "source" in values else ScoredRows)
    problems = [*unknown_flags(call.unknown, call.parser), *problems, *problems_of(given_own, own).values()]
    problems += call.option_problems(options).values()
    first, last, wrong = asked_days(call)
    problems += wrong
    problems += against_settings(call, values, first, problems)
    if rows is None or first is None or last is None or problems:
        raise RefusedError(list(dict.fromkeys(problems)))
    return ScoringRequest(
        call=call,
        parameters=TrainingParameters().model_copy(update=values),
        own=own.model_validate(given_own),
        days=each_day(first, last, every=call.pipeline.every),
        given=values,
        given_own=given_own,
    )


def with_model(request: ScoringRequest, *, asset: str) -> ScoringRequest:
    """The request with what its runs will go by: the source, the model's own where none is given, and what serves now.

    Raises RefusedError, ArtifactNotFoundError or CorruptArtifactError where the model or its source cannot be used.
    """
    from ml_assets.pipeline.released import release_log
    from ml_assets.pipelines.tabular.scoring.model import rows_of_model, scoring_model

    call, parameters = request.call, request.parameters
    line = ReleaseLine.of(call.pipeline, {"dataset": parameters.dataset})
    last = release_log(call.settings, line).last() if request.own.model == LIVE else None
    requested = Requested(entry=last.number if last else 0)
    model = scoring_model(parameters, request.own, workspace=call.workspace, asset=asset, requested=requested)
    parameters = rows_of_model(parameters, model, named=request.given, workspace=call.workspace)
    given = request.given
    if diagnose(given, TrainingParameters)[1]:  # what is launched has to be sound without a look at the model
        given = {**given, "source": parameters.source}
    return replace(request, parameters=parameters, given=given, requested=requested)


def launch_scoring(request: ScoringRequest, *, job: str, asset: str) -> list["LocalRun"]:
    """Run the job for each day of a request."""
    from ml_assets.cli.dagster_runs import runs

    entry = request.requested.entry
    return list(
        runs(
            request.call,
            job,
            request.days,
            given=request.given,
            own={asset: request.given_own},
            tags={RELEASE_TAG: str(entry)} if entry else {},
        )
    )


def failed(runs: list["LocalRun"], *, asset: str) -> list[FailedDay]:
    """The days of which there is no artifact, each with its reason."""
    found = (
        failed_days(run.days, seen=run.seen, reasons=run.failed, otherwise=run.reason, assets=(asset,))
        for run in runs
        if run.reason
    )
    return list(chain.from_iterable(found))
