"""A store of very many artifacts, laid down as commits would leave them, for those who measure what looks at it.

Four assets, each for two values of its path, on 250 days: 500 runs a day and path make a million. Manifests are as
large as real ones (about 1.8 KB of an evaluation, 11 KB of a training set), and the run_ids are those of their parameters.
The file of a history entry is the manifest once more under a second name, and all data is one file: what is measured
reads neither.
"""

import datetime as dt
import hashlib
import itertools
import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from ml_assets.core.parameters import identity
from ml_assets.core.run_id import hash_identity
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters
from ml_assets_tests.keys import key_of

DAYS, PATHS = 250, 2
LAST = dt.date(2025, 12, 1)
MOMENT = "2025-12-02T03:04:05.678901Z"
RUN, DATA = "0" * 12, "d" * 64
METRICS = (
    *("average_precision", "base_rate", "baseline_brier", "baseline_log_loss", "brier", "calibration_error"),
    *("lift_at_10pct", "log_loss", "roc_auc", "roc_auc_high", "roc_auc_low", "skill", "train_roc_auc"),
)
FEATURES = ("country", "channel", "n_lines", "n_units", "order_value", "discount", "is_gift", "order_seq")
UPSTREAM = {
    "training_set": (),
    "model": ("training_set",),
    "evaluation": ("model", "training_set"),
    "model_card": ("evaluation", "model", "training_set"),
}


def digest_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


def source_of(parameters, as_of):
    days = [as_of - dt.timedelta(days=n) for n in reversed(range(parameters.lookback_days))]
    told = [
        {"date": str(day), "fingerprint": digest_of(str(day))[:16], "rows": 40 + n % 31}
        for n, day in enumerate(days)
    ]
    uri = f"s3://landing/zone/{parameters.dataset}"
    return {"source": parameters.source, "dataset": parameters.dataset, "uri": uri, "days": told}


def manifest_of(asset, parameters, as_of, *, slice_):
    """The manifest of any run of a day, its run_id, digest and parameters to be filled in."""
    metrics = METRICS if asset == "evaluation" else ()
    return {
        "schema_version": 1,
        "asset": asset,
        "run_id": RUN,
        "as_of": str(as_of),
        "parameters": identity(parameters, of=slice_),
        "given": ["dataset", "model_version"],
        "environment": "dev",
        "files": [
            {"name": name, "file": f"data-{DATA[:16]}.json", "bytes": 2, "sha256": DATA}
            for name in (asset, "plot")
        ],
        "artifacts": [{"asset": n, "run_id": RUN, "sha256": digest_of(n)} for n in UPSTREAM[asset]],
        "sources": [] if UPSTREAM[asset] else [source_of(parameters, as_of)],
        "code_version": "9b19833ac818",
        "packages": {"numpy": "2.4.6", "polars": "2.1.0", "python": "3.11.7", "scikit-learn": "1.9.1"},
        "dagster_run_id": "a7f26c77-22fb-4854-bb81-498fd4838fcb",
        "started_at": MOMENT,
        "created_at": MOMENT,
        "facts": {"rows": 9355, "schema": dict.fromkeys(FEATURES, "number")},
        "metrics": {name: 0.5 + number / 1000 for number, name in enumerate(metrics)},
    }


def varied(asset, path, number):
    """One parameter set of many; a training set knows no seed, and differs by its source."""
    if asset == "training_set":
        dataset = ("orders", "customers")[path]
        return DatasetParameters(dataset=dataset, source=f"zone_{number}"), DatasetParameters
    return TrainingParameters(model_version=f"v{1 + path}", seed=number), TrainingParameters


def write_day(root, asset, path, as_of, runs):
    """The runs of one day, made by as few calls of the system as there may be."""
    sets = [varied(asset, path, number) for number in range(runs)]
    template = manifest_of(asset, sets[0][0], as_of, slice_=sets[0][1])
    folder = Path(root, key_of(asset, sets[0][0], as_of).path).parent
    folder.mkdir(parents=True)
    day = os.open(folder, os.O_RDONLY)
    for number, (parameters, slice_) in enumerate(sets):
        values = identity(parameters, of=slice_)
        run_id = hash_identity(values, as_of)
        document = {**template, "run_id": run_id, "parameters": values}
        if document["metrics"]:
            document["metrics"] = {**document["metrics"], "roc_auc": 0.6 + number / 10_000}
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        body = text.replace(RUN, run_id).replace(DATA, digest_of(run_id)).encode()
        lay_down(day, f"run={run_id}", body)
    os.close(day)


def lay_down(day, run, body):
    os.mkdir(run, dir_fd=day)
    os.mkdir(f"{run}/history", dir_fd=day)
    manifest = os.open(f"{run}/manifest.json", os.O_WRONLY | os.O_CREAT, dir_fd=day)
    os.write(manifest, body)
    os.close(manifest)
    entry = f"{run}/history/20251202T030405678901Z-{hashlib.sha256(body).hexdigest()[:12]}.json"
    os.link(f"{run}/manifest.json", entry, src_dir_fd=day, dst_dir_fd=day)


def days():
    return [LAST - dt.timedelta(days=n) for n in range(DAYS)]


def make(root, count):
    """That many artifacts, in as many processes as there are cores."""
    runs = count // (len(UPSTREAM) * PATHS * DAYS)
    wanted = list(itertools.product(UPSTREAM, range(PATHS), days()))
    with ProcessPoolExecutor() as pool:
        done = [pool.submit(write_day, str(root), *one, runs) for one in wanted]
        for one in done:
            one.result()
    return len(wanted) * runs
