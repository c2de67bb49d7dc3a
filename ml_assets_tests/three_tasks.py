"""Three landing zones whose labels are a price, one of three classes, and 0 or 1; each has a signal that can be learned."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from ml_assets_tests.builders import write_landing

FIRST, AS_OF = dt.date(2025, 1, 1), dt.date(2025, 4, 30)
DAYS = (AS_OF - FIRST).days + 1
CLASSES = ("billing", "delivery", "other")
TASKS = {"trials": "binary", "tickets": "multiclass", "houses": "regression"}
LABELS = {"trials": "cured", "tickets": "team", "houses": "price"}


def toml(dataset):
    """What `dataset.toml` of one of them says."""
    task = TASKS[dataset]
    stated = "" if task == "binary" else f'task = "{task}"\n'
    return f"""\
event_time = "seen"
label = "{LABELS[dataset]}"
label_closes_at = "closes"
ids = ["id", "owner"]
entity = "owner"
features = ["area", "age", "town"]
{stated}"""


def rows(dataset, *, a_day=10, seed=3):
    """All rows of a data set, in the order of their days: `a_day` of each, two or so of each owner."""
    random, count = np.random.default_rng(seed), a_day * DAYS
    day = np.repeat(np.arange(DAYS), a_day)
    area, age = random.gamma(4, 25, count), random.integers(0, 90, count).astype(float)
    town = random.choice(["Bonn", "Lyon", "York"], count)
    signal = 0.02 * (area - 100) - 0.015 * (age - 45) + 0.8 * (town == "Lyon") + random.normal(0, 0.4, count)
    events = [dt.datetime.combine(FIRST, dt.time(9)) + dt.timedelta(days=int(n)) for n in day]
    return pl.DataFrame(
        {
            "day": [event.date() for event in events],
            "id": [f"{dataset}-{n}" for n in range(count)],
            "owner": [f"o{n}" for n in random.integers(0, count // 2, count)],
            "seen": events,
            "closes": [event + dt.timedelta(days=3) for event in events],
            "area": pl.Series(area).scatter([4, count - 4], None),
            "age": age,
            "town": pl.Series(town.tolist()).scatter([9, count - 9], None),
            LABELS[dataset]: _label(dataset, signal, random),
        }
    )


def _label(dataset, signal, random):
    if dataset == "houses":
        return np.round(250_000 + 90_000 * signal, 2)
    if dataset == "trials":
        return (random.random(len(signal)) < 1 / (1 + np.exp(-2 * signal))).astype("int8")
    odds = np.stack([2 * signal, -2 * signal, np.full(len(signal), 0.3)], axis=1)
    chance = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    return [CLASSES[random.choice(3, p=p)] for p in chance]


def land_tasks(root, *, format="parquet", **options):  # noqa: A002
    """The three data sets in one landing zone. Returns its path."""
    for dataset in TASKS:
        by_day = {key[0]: part.drop("day") for key, part in rows(dataset, **options).group_by("day")}
        write_landing(Path(root), dataset, by_day, format=format, toml=toml(dataset))
    return Path(root)
