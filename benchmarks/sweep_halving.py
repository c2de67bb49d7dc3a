"""What halving costs and finds on real rows: 27 trials by halving, against all of them on all days."""

import datetime as dt
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from measure import environment, expect, timed

LAST, DAYS = os.environ.get("LAST", "2011-09-30"), int(os.environ.get("DAYS", "18"))
GRID = {"learning_rate": "0.03,0.1,0.3", "max_depth": "2,4,8", "min_samples_leaf": "5,20,80"}
TRIALS = 27
MOST = 0.4


def halving(uri):
    """Print the share of trial-days that halving tried, and how good the trial is that it puts first.

    Args:
        uri: a landing zone with the dataset `orders`; the window is the DAYS days up to LAST.
    """
    with tempfile.TemporaryDirectory() as place:
        full, full_seconds = sweep(place, uri)
        found, seconds = sweep(place, uri, "--search", "halving", "--trials", str(TRIALS))
    expect(len(full["trials"]) == TRIALS, "the full grid ranks every trial", full["failures"])
    by_name = {trial["run_id"]: trial for trial in full["trials"]}
    same = all(
        value == by_name[trial["run_id"]]["by_day"][day]
        for trial in found["trials"]
        for day, value in trial["by_day"].items()
    )
    expect(same, "equal trials have equal metrics in both", found["trials"])
    costs = [sum(trial["days"] for trial in board["trials"]) for board in (found, full)]
    print(
        f"halving: {costs[0]} of {costs[1]} trial-days, {costs[0] / costs[1]:.0%} (asked: at most {MOST:.0%}); "
        f"{seconds:.0f} s of {full_seconds:.0f} s"
    )
    tell(by_name[found["trials"][0]["run_id"]], full["trials"][0])


def tell(winner, best):
    """Compare halving's first trial with the full grid's, both by all days."""
    print(f"the full grid's first: {shown(best)}, mean {best['mean']:.4f} over {best['days']} days")
    print(
        f"halving's first:       {shown(winner)}, mean {winner['mean']:.4f}, rank {winner['rank']} of {TRIALS}"
    )
    if winner["rank"] == 1:
        print("they are the same trial")
        return
    low, high = winner["difference_low"], winner["difference_high"]
    within = "" if low <= 0 <= high else "not "
    told = "not distinguishable" if winner["distinguishable"] is False else "distinguishable"
    print(
        f"difference {winner['difference']:+.4f} (95 % interval {low:+.4f} to {high:+.4f}, 0 is {within}in it); "
        f"after correction {told} from the first"
    )


def shown(trial):
    return " ".join(f"{name}={value:g}" for name, value in trial["values"].items())


def sweep(place, uri, *search):
    """The leaderboard of a sweep over the window, made anew, and its seconds."""
    for folder in ("home", "artifacts"):
        shutil.rmtree(f"{place}/{folder}", ignore_errors=True)
    env = {**environment(place), "ML_ASSETS_SOURCES__SHOP": str(Path(uri).resolve())}
    env["ML_ASSETS_FIRST_AS_OF"] = "2010-12-01"
    what = ["--source", "shop", "--dataset", "orders", "--model-version", "v2"]
    axes = [word for name, values in GRID.items() for word in ("--grid", f"{name}={values}")]
    first = str(dt.date.fromisoformat(LAST) - dt.timedelta(days=DAYS - 1))
    command = [sys.executable, "-m", "ml_assets.cli.main", "sweep", *what, "--from", first, "--to", LAST]
    seconds, _, told = timed([*command, *axes, *search, "--json"], env, place)
    return json.loads(told)["leaderboard"], seconds
