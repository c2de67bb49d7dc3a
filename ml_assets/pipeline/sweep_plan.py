"""What a sweep would do, and nothing done: trial by trial and day by day, by the rules of a run."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ml_assets.core.parameters import Parameters
from ml_assets.core.progress import tell_step
from ml_assets.core.slices import trial_assets
from ml_assets.core.sweep.halving import cost, first_round
from ml_assets.core.sweep.search import trials_of
from ml_assets.errors import RefusedError
from ml_assets.pipeline.budget import over_budget
from ml_assets.pipeline.plan import Known, Plan, PlannedDay, look_at, past_seconds, plan_day, planned_of
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipeline.trials import workers_for_trials


def plan_sweep(sweep: Sweep) -> Plan:
    """Plan each trial on each of its days, as far as they are known before the first one runs.

    Of `halving` those of the first round are; of `tpe` none is. The others are counted in `later`.
    """
    trials, days, later = _known(sweep)
    return _plan(sweep, trials, days, tuple(_planned(sweep, trials, days)), later=later)


def quick_sweep_plan(sweep: Sweep) -> Plan:
    """A plan of a sweep by a look at what is stored, as `quick_plan` is of a run."""
    trials, days, later = _known(sweep)
    looked = (look_at(trial, day, workspace=sweep.workspace) for day in days for trial in trials)
    return _plan(sweep, trials, days, tuple(looked), later=later)


def _plan(
    sweep: Sweep,
    trials: Sequence[Parameters],
    days: Sequence[dt.date],
    planned: tuple[PlannedDay, ...],
    *,
    later: int,
) -> Plan:
    alike, assets = trials or [sweep.parameters], trial_assets(sweep.pipeline)
    past = past_seconds(alike, days[-1], workspace=sweep.workspace, assets=assets)
    found = planned_of(planned, past, later=later)
    if not found.to_make:
        return found
    return planned_of(
        planned, past, later=later, workers=workers_for_trials(dict.fromkeys(days, trials), sweep.workspace)
    )


def refuse_sweep_over_budget(sweeps: Sequence[Sweep]) -> None:
    """Raise RefusedError where these sweeps together exceed the budget; plans only where there is one."""
    workspace = sweeps[0].workspace
    if not (workspace.budget.runs or workspace.budget.hours):
        return
    plans = [plan_sweep(sweep) for sweep in sweeps]
    together = replace(
        plans[0],
        days=tuple(day for plan in plans for day in plan.days),
        workers=max(plan.workers for plan in plans),
        later=sum(plan.later for plan in plans),
    )
    if problems := over_budget(together, workspace):
        raise RefusedError(problems)


def _known(sweep: Sweep) -> tuple[list[Parameters], Sequence[dt.date], int]:
    """The trials and days that are certain, and how many trial-days there are beyond them at most."""
    own, days = sweep.own, sweep.days
    if own.search == "tpe":
        return [], days, sweep.most_trials * len(days)
    trials = trials_of(sweep.parameters, own)
    if own.search != "halving":
        return trials, days, 0
    first = first_round(map(sweep.name, trials), days, reduction=own.reduction)
    return trials, first.days, cost(first.stages) - len(trials) * len(first.days)


def _planned(sweep: Sweep, trials: Sequence[Parameters], days: Sequence[dt.date]) -> Iterator[PlannedDay]:
    for day in days:
        known: Known = {}
        for trial in trials:
            yield plan_day(trial, day, workspace=sweep.workspace, known=known, trial=sweep.varied(trial))
            tell_step("trial", total=len(trials) * len(days))
