"""Plans, batches of days, reports, sweeps and their leaderboards, without Dagster."""

import datetime as dt
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml_assets.api import Pipeline
from ml_assets.conformance.case import Case
from ml_assets.conformance.probe import probed
from ml_assets.conformance.report import NotAskedError, expect
from ml_assets.core.metrics import Metrics
from ml_assets.core.sweep.sweep_parameters import check_sweep
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.attempt import Attempt
from ml_assets.pipeline.days import attempts, main_asset
from ml_assets.pipeline.leaderboard import leaderboard_draft, load_leaderboard
from ml_assets.pipeline.plan import plan
from ml_assets.pipeline.report import report
from ml_assets.pipeline.sweep import Sweep
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.text import count


def plan_says_what_a_run_does(case: Case) -> str:
    """New before it is made, reused after, stale where the code is another; and nothing is written."""
    empty = case.empty_store()
    _expect_plan(case, empty, "new")
    expect(not Path(empty.root).exists(), "a plan has written into the store")
    _expect_plan(case, case.copied_store(), "reused")
    if not case.computed:
        return "new and reused"
    store = case.copied_store()
    case.commit_as(store, case.computed[-1], code_version="0" * 12)
    _expect_plan(case, store, "stale")
    return "new, reused and stale"


def a_bad_day_hurts_no_other(case: Case) -> str:
    """One day of three fails: its reason is told, the others are made; again only that day is called, again all is reused."""
    bad, asset = case.days[1], main_asset(case.pipeline)
    store = case.empty_store()
    done = _days(case, store, probed(case.pipeline, failing(asset, bad)))
    good = {item.as_of: not item.error for item in done}
    expect(good == {day: day != bad for day in case.days}, f"with {bad} bad, of the days came: {good}")
    (reason,) = (str(item.error) for item in done if item.error)
    expect(REASON in reason and str(bad) in reason, f"of the bad day it tells {reason}")
    stored = {key.as_of for key in store.keys(asset, folder=case.pipeline.folder)}
    expect(
        stored == set(case.days) - {bad}, f"with {bad} bad, stored of {asset} are {sorted(map(str, stored))}"
    )
    counted, calls = case.counted()
    expect(
        not any(item.error for item in _days(case, store, counted)),
        "once the fault was gone, a day failed again",
    )
    expect({day for _, day in calls} == {bad}, f"once the fault was gone, called were {calls}")
    calls.clear()
    again = _days(case, store, counted)
    expect(not calls, f"a third time, with all days stored, called were {calls}")
    expect(all(made.reused for item in again for made in item.made), "a third time, something was made")
    return f"{bad} failed in {asset}, then was made, then all was reused"


def report_tells_of_each_day(case: Case) -> str:
    """How many days there are, and of each metric the mean of what the days told."""
    store = case.empty_store()
    done = _days(case, store, case.pipeline, case.days[1:])
    found = report(case.parameters, case.days, pipeline=case.pipeline, workspace=case.workspace(store))
    expect(
        (found.asked, found.done) == (3, 2),
        f"of 3 days 2 were made, and it tells {found.done} of {found.asked}",
    )
    if not case.pipeline.metrics:
        return "2 of 3 days; it declares no metric"
    metric = case.ranked_metric()
    values = [
        item.manifest.metrics[metric] for d in done for item in d.made if metric in item.manifest.metrics
    ]
    mean = math.fsum(values) / len(values)
    expect(
        math.isclose(found.metrics[metric].mean, mean),
        f"{metric}: the mean is {mean}, not {found.metrics[metric].mean}",
    )
    return f"2 of 3 days, {metric}"


NEAR = 1e-9  # a leaderboard rounds to ten digits


def a_leaderboard_ranks_each_trial(case: Case) -> str:
    """Two values of a field are two trials, each with its own metric, the better one first; shared assets are made once."""
    metric, field = case.ranked_metric(), _axis(case)
    store = case.empty_store()
    sweep = _sweep(case, store, {"grid": {field: _texts(case, field)}, "metric": metric})
    failed = [str(tried.attempt.error) for tried in sweep.run() if tried.attempt.error]
    expect(not failed, f"a trial failed: {failed[:1]}")
    board = sweep.leaderboard()
    expect(len(board.trials) == 2, f"two values of {field} are {count(len(board.trials), 'trial')}")  # noqa: PLR2004
    for trial in board.trials:
        told = _metric_of(case, store, trial.parameters, metric)
        expect(
            told is not None and math.isclose(trial.mean, told, rel_tol=NEAR, abs_tol=NEAR),
            f"{metric} of {field}={trial.values[field]} is {told}, and the leaderboard tells {trial.mean}",
        )
    means = [trial.mean for trial in board.trials]
    best = max(means) if Metrics.of(case.pipeline).larger_is_better(metric) else min(means)
    expect(means[0] == best, f"the first trial has {means[0]}, and the best is {best}")
    made = leaderboard_draft(sweep, board).commit()
    expect(load_leaderboard(made.key, store) == board, "the leaderboard does not come back as it was stored")
    return f"{field}, by {metric}"


REASON = "this day was made to fail"


def failing(asset: str, day: dt.date) -> Any:
    """What makes the function of an asset fail on one day, as foreign code does."""

    def fail(called: str, as_of: dt.date) -> None:
        if (called, as_of) == (asset, day):
            raise ValueError(REASON)

    return fail


def _expect_plan(case: Case, store: ArtifactStore, state: str) -> None:
    (day,) = plan(case.parameters, [case.day], workspace=case.workspace(store)).days
    expect(day.state == state, f"it is {state}, and the plan tells {day.state}: {'; '.join(day.why)}")


def _days(
    case: Case, store: ArtifactStore, pipeline: Pipeline, days: Sequence[dt.date] = ()
) -> list[Attempt]:
    workspace = case.workspace(store, pipeline)
    return list(attempts(case.parameters, days or case.days, workspace=workspace, workers=1))


def _sweep(case: Case, store: ArtifactStore, given: dict[str, Any]) -> Sweep:
    own = check_sweep(given, pipeline=case.pipeline)
    workspace = case.workspace(store)
    return Sweep(
        parameters=case.parameters, own=own, days=(case.day,), pipeline=case.pipeline, workspace=workspace
    )


def _axis(case: Case) -> str:
    """A field of which a trial can be made with its other value, and that not everything depends on."""
    assets = list(case.pipeline.assets)
    last = assets[-1]
    narrow_first = sorted(
        case.others, key=lambda name: sum(case.takes(a, name, case.other(name)) for a in assets)
    )
    for name in narrow_first:
        if not case.takes(last, name, case.other(name)) or isinstance(case.other(name), list | dict):
            continue
        try:
            done = case.make(case.empty_store(), **{name: case.other(name)})
        except MlAssetsError:
            continue
        if any(case.ranked_metric() in item.manifest.metrics for item in done.made):
            return name
    raise NotAskedError("it has no field of which a trial could be made with another value")


def _texts(case: Case, field: str) -> str:
    return ",".join(_text(value) for value in (getattr(case.parameters, field), case.other(field)))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _metric_of(case: Case, store: ArtifactStore, values: dict[str, Any], metric: str) -> float | None:
    for asset in case.pipeline.assets:
        for key in store.keys(asset, folder=case.pipeline.folder):
            manifest = store.manifest(key)
            same = all(values.get(name) == value for name, value in manifest.parameters.items())
            if same and metric in manifest.metrics:
                return manifest.metrics[metric]
    return None
