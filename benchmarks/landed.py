"""What wide.py and tall.py share: a landing zone of made-up rows, and a whole run on it beside the plain script."""

import datetime as dt
import json
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from measure import HERE, TURNS, environment, expect, ran

AS_OF = dt.date(2025, 11, 29)
DAYS, LOOKBACK, HOLDOUT, CLOSES = 60, 60, 14, 2  # days
CATEGORIES = (
    ("country", ("DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL")),
    ("channel", ("app", "phone", "social", "web")),
)
GAPS = 0.02  # of the numbers are missing
A_CUSTOMER = 5  # rows


def make_zone(zone, *, rows, features, categories):
    """Rows of 60 days up to as_of under `<zone>/rows`, one file of Parquet a day: the same at every call."""
    chosen = CATEGORIES[:categories]
    names = [*(name for name, _ in chosen), *(f"f{place}" for place in range(features - categories))]
    folder = zone / "rows"
    folder.mkdir(parents=True)
    roles = {"event_time": "at", "label": "y", "label_closes_at": "closes", "entity": "customer"}
    stated = [f"{name} = {json.dumps(value)}" for name, value in roles.items()]
    stated += [f"ids = {json.dumps(['id', 'customer'])}", f"features = {json.dumps(names)}"]
    (folder / "dataset.toml").write_text("\n".join(stated) + "\n")
    for place in range(DAYS):
        day = AS_OF - dt.timedelta(days=DAYS - 1 - place)
        there = folder / f"date={day}"
        there.mkdir()
        count = rows * (place + 1) // DAYS - rows * place // DAYS
        day_rows(
            day, count, numbers=features - categories, categories=chosen, customers=max(1, rows // A_CUSTOMER)
        ).write_parquet(there / "rows.parquet")
    return zone


def day_rows(day, count, *, numbers, categories, customers):
    """The rows of one day: the outcome hangs on three numbers and the first category."""
    random = np.random.default_rng(day.toordinal())
    cells = random.normal(size=(numbers, count))
    odds = cells[0] + 0.5 * cells[1] + 0.5 * cells[2] * cells[1] - 1
    cells[random.random(cells.shape) < GAPS] = np.nan
    chosen = {name: random.integers(len(values), size=count) for name, values in categories}
    for codes in list(chosen.values())[:1]:
        odds = odds + 0.2 * codes - 0.7
    start = pl.lit(dt.datetime.combine(day, dt.time()))
    return pl.DataFrame(
        {
            "id": pl.Series(np.arange(count)),
            "customer": pl.Series(random.integers(customers, size=count)),
            "second": pl.Series(random.integers(86_400, size=count)),
            "y": (random.random(count) < 1 / (1 + np.exp(-odds))).astype(np.int8),
            **{name: pl.Series(values).gather(chosen[name]) for name, values in categories},
            **{f"f{place}": pl.Series(column).fill_nan(None) for place, column in enumerate(cells)},
        }
    ).select(
        pl.format("{}-{}", pl.lit(f"{day:%m%d}"), "id").alias("id"),
        pl.format("c{}", "customer").alias("customer"),
        (start + pl.duration(seconds="second")).alias("at"),
        (start + pl.duration(days=CLOSES)).alias("closes"),
        pl.all().exclude("id", "customer", "second"),
    )


def run_of_ours(zone, place, version):
    env = {**environment(place), "ML_ASSETS_SOURCES__LANDED": str(zone)}
    words = ["--source", "landed", "--dataset", "rows", "--model-version", version, "--as-of", str(AS_OF)]
    words += ["--lookback-days", str(LOOKBACK), "--holdout-days", str(HOLDOUT)]
    return ran([sys.executable, "-m", "ml_assets.cli.main", "run", *words], env, place)


def run_of_plain(zone, place):
    command = [sys.executable, str(HERE / "plain_landed.py"), str(zone / "rows"), f"{place}/files"]
    return ran(command, environment(place), place)


def roc_auc(place):
    """The ROC AUC that each side has written, to be seen as one."""
    stored = next(Path(place).glob("artifacts/**/evaluation/**/data-*.json"))
    return json.loads(stored.read_text())["metrics"]["roc_auc"]


def compare(name, *, rows, features, categories, most):
    """Print the ratios of both sides over the turns; `most` has the limits of time and of memory."""
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        zone = make_zone(Path(folder, "zone"), rows=rows, features=features, categories=categories)
        for _ in range(TURNS):
            with (
                tempfile.TemporaryDirectory(dir=folder) as here,
                tempfile.TemporaryDirectory(dir=folder) as there,
            ):
                ours, told = run_of_ours(zone, here, "v2")
                plain, metrics = run_of_plain(zone, there)
                distance = abs(roc_auc(here) - json.loads(metrics)["roc_auc"])
                expect(distance < 1e-3, "the same ROC AUC on both sides", told + metrics)
            pairs.append((ours, plain))
            show(name, pairs, most=most)


def show(name, pairs, *, most):
    wall, cpu, memory = ([ours[kind] / plain[kind] for ours, plain in pairs] for kind in range(3))
    ours, plain = (
        [statistics.median(pair[side][kind] for pair in pairs) for kind in range(3)] for side in range(2)
    )
    print(
        f"{name:<28} time {statistics.median(wall):.2f} (limit {most[0]}; {min(wall):.2f} to {max(wall):.2f}; of CPU "
        f"{statistics.median(cpu):.2f}), memory {statistics.median(memory):.2f} (limit {most[1]}) in {len(pairs)} turns; "
        f"medians {ours[0]:.1f} s and {plain[0]:.1f} s, {ours[2]:.0f} MB and {plain[2]:.0f} MB",
        flush=True,
    )
