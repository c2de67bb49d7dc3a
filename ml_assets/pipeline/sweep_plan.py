"""What a sweep would do, and nothing done: trial by trial and day by day, by the rules of a run."""

import datetime as dt
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ml_assets.core.parameters import Parameters
from ml_assets.core.slices import trial_assets
from ml_assets.core.sweep.halving import cost, first_round
from ml_assets.core.sweep.search import trials_of
from ml_assets.errors import RefusedError
from ml_assets.pipeline.budget import over_budget
from ml_assets.pipeline.plan import Known, Plan, PlannedDay, past_seconds, plan_day
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipeline.trials import workers_for_trials


def plan_sweep(sweep: Sweep) -> Plan:
    """Plan each trial on each of its days, as far as they are known before the first one runs.

    Of `halving` those of the first round are; of `tpe` none is. The others are counted in `later`.
    """
    trials, days, later = _known(sweep)
    planned = tuple(_planned(sweep, trials, days))
    past = past_seconds(
        trials or [sweep.parameters], days[-1], workspace=sweep.workspace, assets=trial_assets(sweep.pipeline)
    )
    found = Plan(
        days=planned,
        seconds_a_day=round(statistics.median(past), 3) if past else None,
        past_days=len(past),
        later=later,
    )
    if not found.to_make:
        return found
    workers = workers_for_trials(dict.fromkeys(days, trials), sweep.workspace)
    return replace(found, workers=max(1, min(workers, found.to_make)))


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
