"""Measure sweeps (orders, one day): as a command against plain joblib, deployed against stock Dagster, and halving.

    python benchmarks/sweep.py                # whole processes in turn: nine trials, and 20 and 200 tiny ones
    python benchmarks/sweep.py live           # nine trials on a webserver and daemon: one run of ours, nine of stock/
    python benchmarks/sweep.py halving URI    # on the landing zone URI: what halving costs, and what it finds

Environment: TURNS (3), and TRIALS (20,200): how many tiny trials, few and many. Cold starts are included. The floor,
plain_sweep.py, makes the same trials and files in as many processes of joblib as there are cores, each with one thread.
"""

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from joblib import cpu_count
from measure import HERE, TURNS, environment, expect, tell, timed
from memory import samples, sums

FEW, MANY = map(int, os.environ.get("TRIALS", "20,200").split(","))
DAY = "2025-12-01"
RATES, DEPTHS = (0.05, 0.1, 0.2), (2, 4, 8)
NINE = [{"learning_rate": rate, "max_depth": depth} for rate, depth in itertools.product(RATES, DEPTHS)]
NINE_FLAGS = ["--grid", "learning_rate=0.05,0.1,0.2", "--grid", "max_depth=2,4,8"]
JOBLIB, JOBLIB_CPU = 1.1, 1.15


def tiny(count):
    """Trials so small that what is around them shows: five trees each."""
    return [{"max_iter": 5, "l2_regularization": float(n)} for n in range(count)]


def tiny_flags(count):
    return ["--max-iter", "5", "--grid", "l2_regularization=" + ",".join(map(str, range(count)))]


def ours(flags):
    words = ["sweep", "--dataset", "orders", "--model-version", "v2", "--as-of", DAY]
    return [sys.executable, "-m", "ml_assets.cli.main", *words, *flags]


def plain(place, trials):
    words = ["v2", f"{place}/plain", str(cpu_count()), json.dumps(trials)]
    return [sys.executable, str(HERE / "plain_sweep.py"), *words]


def fresh(place):
    for folder in ("home", "artifacts", "plain"):
        shutil.rmtree(f"{place}/{folder}", ignore_errors=True)


def check_ours(place, count, told):
    root = Path(place, "artifacts")
    pictures = [path for path in root.glob("evaluation/**/*.png") if path.is_file()]
    made = [
        len(list(root.glob(f"{name}/**/manifest.json"))) for name in ("model", "evaluation", "model_card")
    ]
    expect(f"{count} trials on 1 day" in told and "0 failed" in told, f"{count} trials are ranked", told)
    expect([*made, len(pictures)] == [count, count, count, 2 * count], f"{count} trials are stored", made)


def check_plain(place, count, told):
    root = Path(place, "plain")
    patterns = ("*/model.skops", "*/evaluation.json", "*/model_card.md", "*/*.png", "training_set.parquet")
    made = [len(list(root.glob(pattern))) for pattern in patterns]
    expect(len(json.loads(told)) == count, f"{count} trials are ranked", told)
    expect(made == [count, count, count, 2 * count, 1], f"{count} trials are stored", made)


def one_turn(place):
    """Wall and CPU seconds of ours and the floor's: nine trials, few tiny ones, many tiny ones."""
    yield pair(place, len(NINE), ours(NINE_FLAGS), plain(place, NINE))
    for count in (FEW, MANY):
        yield pair(place, count, *tiny_pair(place, count))


def tiny_pair(place, count):
    return ours(tiny_flags(count)), plain(place, tiny(count))


def pair(place, count, command, floor):
    fresh(place)
    *floor_seconds, told = timed(floor, environment(place), place)
    check_plain(place, count, told)
    *seconds, told = timed(command, environment(place), place)
    check_ours(place, count, told)
    return seconds, floor_seconds


def processes():
    with tempfile.TemporaryDirectory() as place:
        turns = [tuple(one_turn(place)) for _ in range(TURNS + 1)][1:]  # the first turn warms the disk
        nine, few, many = zip(*turns, strict=True)
        limits = {"limit": JOBLIB, "cpu_limit": JOBLIB_CPU}
        tell("nine trials, v2 / plain joblib", nine, **limits)
        tell(f"{MANY} tiny trials, v2 / plain joblib", many, **limits)
        wall, cpu = (overhead(few, many, kind) for kind in (0, 1))
        print(f"overhead per trial: {wall:.0f} ms ({cpu:.0f} ms of CPU time), from {FEW} and {MANY} trials")
        memory(place)


def overhead(few, many, kind):
    """Milliseconds that one more trial takes with us and not with the floor, whatever starting costs."""
    found = [
        ((many_ours[kind] - few_ours[kind]) - (many_floor[kind] - few_floor[kind])) / (MANY - FEW)
        for (few_ours, few_floor), (many_ours, many_floor) in zip(few, many, strict=True)
    ]
    return 1000 * statistics.median(found)


def memory(place):
    """Print the peaks of both sides for few and for many trials."""
    found = [[peak(command, place) for command in tiny_pair(place, count)] for count in (FEW, MANY)]
    for name, few, many in zip(("ours", "joblib"), *found, strict=True):
        print(
            f"peak memory, {name:<6} {FEW} trials {few:.0f} MB, {MANY} trials {many:.0f} MB, ratio {many / few:.2f}"
        )


def peak(command, place):
    """The most proportional megabytes that all processes of a command hold together."""
    fresh(place)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment(place), cwd=place, **quiet)
    found = max(sums(sample)[0] for sample in samples(process))
    expect(process.returncode == 0, "the command succeeded", command)
    return found


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            processes()
        case ["live"]:
            from sweep_live import live

            live()
        case ["halving", uri]:
            from sweep_halving import halving

            halving(uri)
        case _:
            raise SystemExit(__doc__)
