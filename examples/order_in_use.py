"""Does a leaderboard rank models as they do in use? Trials on real customers, then the 28 days that follow.

    python examples/order_in_use.py FOLDER

FOLDER is a landing zone with `customers/date=YYYY-MM-DD/`, of which the days from 2010-12-01 to 2011-12-09 are used: the
"Online Retail" data of the UCI Machine Learning Repository as weekly snapshots. Every step is a command of `ml-assets`, in a
folder of its own that ends with the script. Environment: HOLDOUT (56), the holdout's days; AS_OF (2011-08-03), up to 2011-08-12.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

AS_OF, CLOSING, IN_USE = dt.date.fromisoformat(os.environ.get("AS_OF", "2011-08-03")), 90, 28
LAST = AS_OF + dt.timedelta(days=IN_USE)
HOLDOUT = int(os.environ.get("HOLDOUT", "56"))
ROWS = ["--dataset", "customers", "--source", "uci"]
SWEEP = ["--model-version", "v2", "--holdout-days", str(HOLDOUT), "--grid", "max_depth=2,4,8"]


def main():
    zone = Path(sys.argv[1]).resolve()
    days = [AS_OF + dt.timedelta(days=n + 1) for n in range(IN_USE)]
    days = [day for day in days if (zone / "customers" / f"date={day}").is_dir()]
    with tempfile.TemporaryDirectory() as place:
        env = environment(zone, place)
        trials = call(env, "sweep", *ROWS, "--as-of", AS_OF, *SWEEP, "--metric", "roc_auc")["leaderboard"][
            "trials"
        ]
        rows = [(trial, in_use(env, trial["run_id"], days)) for trial in trials]
    print(
        f"customers as of {AS_OF}, holdout of {HOLDOUT} days; in use on {len(days)} snapshots, {days[0]} to {days[-1]}"
    )
    print("rank  max_depth  ROC AUC: leaderboard  in use    log loss: leaderboard  in use")
    for trial, metrics in rows:
        told = trial["metrics"]
        print(
            f"{trial['rank']:4d}  {trial['values']['max_depth']:9d}  {told['roc_auc']:20.4f}  {metrics['roc_auc']:.4f}"
            f"    {told['log_loss']:21.4f}  {metrics['log_loss']:.4f}"
        )
    for metric, sign in (("roc_auc", -1), ("log_loss", 1)):
        told, used = (
            [sign * of[metric] for of in side]
            for side in ([t["metrics"] for t, _ in rows], [m for _, m in rows])
        )
        same = sorted(range(len(rows)), key=told.__getitem__) == sorted(
            range(len(rows)), key=used.__getitem__
        )
        print(f"{metric}: {'the same' if same else 'another'} order in use")


def in_use(env, model, days):
    """The metrics of a model's scores of these days, once their outcomes have closed."""
    for day in days:
        call(env, "score", *ROWS, "--model", model, "--as-of", day)
    closed = LAST + dt.timedelta(days=CLOSING)
    told = call(env, "monitor", *ROWS, "--model", model, "--as-of", closed, "--window-days", IN_USE)
    return told["monitoring"]["outcomes"]["overall"]["metrics"]


def call(env, *words):
    """What a command prints as JSON; the first one that fails ends the script."""
    command = [sys.executable, "-m", "ml_assets.cli.main", *map(str, words), "--json"]
    done = subprocess.run(command, env=env, cwd=env["PLACE"], stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def environment(zone, place):
    """Settings of its own: the landing zone as source `uci`, everything else in one folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ML_ASSETS_")}
    return {
        **kept,
        "PLACE": place,
        "DAGSTER_HOME": f"{place}/dagster_home",
        "ML_ASSETS_ENVIRONMENTS__DEV__ROOT": f"{place}/artifacts",
        "ML_ASSETS_SOURCES__UCI": str(zone),
        "ML_ASSETS_FIRST_AS_OF": "2010-12-01",
    }


if __name__ == "__main__":
    main()
