"""Measure `ml-assets list` over many artifacts, against a plain script that reads the same manifests.

    python benchmarks/list_many.py [ARTIFACTS]      # 100000 by default

Artifacts are laid down as a commit would leave them (data file, history entry, manifest), nine evaluations to
one training set of 365 source days. Both sides are whole processes and take turns.
"""

import datetime as dt
import hashlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ml_assets.core.parameters import identity
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters
from ml_assets_tests.keys import key_of

HERE = Path(__file__).parent
TURNS = int(os.environ.get("TURNS", "3"))
LAST = dt.date(2025, 12, 1)
METRICS = (
    *("average_precision", "base_rate", "baseline_brier", "baseline_log_loss", "brier", "calibration_error"),
    *("lift_at_10pct", "log_loss", "roc_auc", "roc_auc_high", "roc_auc_low", "skill", "train_roc_auc"),
)
FEATURES = ("country", "channel", "n_lines", "n_units", "order_value", "discount", "is_gift", "order_seq")
PLAIN = """
import json, os, sys
count = 0
for asset in sys.argv[2:]:
    for folder, folders, files in os.walk(os.path.join(sys.argv[1], asset)):
        if "manifest.json" in files:
            folders.clear()
            with open(os.path.join(folder, "manifest.json"), "rb") as file:
                manifest = json.load(file)
            print(manifest["run_id"], manifest["as_of"], manifest["metrics"].get("roc_auc"), manifest["parameters"])
            count += 1
print(count)
"""


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


def manifest_of(key, parameters, *, data, slice_):
    """A manifest as large as a real one: about 1.8 KB of an evaluation, 11 KB of a training set."""
    is_evaluation = key.asset == "evaluation"
    inputs = ("model", "training_set") if is_evaluation else ()
    files = [(key.asset, "parquet")] if not is_evaluation else [(n, "json") for n in ("a", "curves", "plot")]
    moment = "2025-12-02T03:04:05.678901Z"
    return {
        "schema_version": 1,
        "asset": key.asset,
        "run_id": key.run_id,
        "as_of": str(key.as_of),
        "parameters": identity(parameters, of=slice_),
        "given": ["dataset", "model_version"],
        "environment": "dev",
        "files": [
            {"name": n, "file": f"data-{data[:16]}.{e}", "bytes": 3039, "sha256": data} for n, e in files
        ],
        "artifacts": [{"asset": n, "run_id": key.run_id, "sha256": digest_of(n)} for n in inputs],
        "sources": [] if is_evaluation else [source_of(parameters, key.as_of)],
        "code_version": "9b19833ac818",
        "packages": {"numpy": "2.4.6", "polars": "2.1.0", "python": "3.11.7", "scikit-learn": "1.9.1"},
        "dagster_run_id": "a7f26c77-22fb-4854-bb81-498fd4838fcb",
        "started_at": moment,
        "created_at": moment,
        "facts": {"rows": 9355, "schema": dict.fromkeys(FEATURES, "number")},
        "metrics": {n: int(data[i : i + 6], 16) / 16**6 for i, n in enumerate(METRICS)}
        if is_evaluation
        else {},
    }


def lay_down(root, key, parameters, *, slice_):
    folder = root / key.path
    (folder / "history").mkdir(parents=True)
    data = digest_of(key.path)
    document = manifest_of(key, parameters, data=data, slice_=slice_)
    body = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    (folder / document["files"][0]["file"]).write_bytes(b"{}")
    name = f"20251202T030405678901Z-{hashlib.sha256(body).hexdigest()[:12]}.json"
    (folder / "history" / name).write_bytes(body)
    (folder / "manifest.json").write_bytes(body)


def parameter_sets():
    for seed in itertools.count():
        for dataset, version in itertools.product(("orders", "customers"), ("v1", "v2")):
            more = {"max_depth": 1 + seed % 8} if version == "v2" else {}
            yield TrainingParameters(dataset=dataset, model_version=version, seed=seed, **more)


def make(root, count):
    """Evaluations of many parameter sets on each day of a year, and the training sets of their datasets."""
    days, evaluations = [LAST - dt.timedelta(days=n) for n in range(365)], count - count // 10
    sets = ((parameters, day) for parameters in parameter_sets() for day in days)
    for parameters, day in itertools.islice(sets, evaluations):
        lay_down(root, key_of("evaluation", parameters, day), parameters, slice_=TrainingParameters)
    windows = (DatasetParameters(source=f"zone_{n}") for n in itertools.count())
    sets = ((parameters, day) for parameters in windows for day in days)
    for parameters, day in itertools.islice(sets, count // 10):
        lay_down(root, key_of("training_set", parameters, day), parameters, slice_=DatasetParameters)


def seconds(command, root):
    env = {
        **os.environ,
        "ML_ASSETS_ENVIRONMENTS__DEV__ROOT": str(root),
        "PYTHONPATH": str(HERE.parent),
    }
    started = time.perf_counter()
    done = subprocess.run(command, env=env, cwd=root, stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - started, done.stdout.count(b"\n")


def compare(name, words, root, *, assets):
    ours = [sys.executable, "-m", "ml_assets.cli.main", "list", *words]
    plain = [sys.executable, "-c", PLAIN, str(root), *assets]
    turns = [(seconds(ours, root), seconds(plain, root)) for _ in range(TURNS + 1)][1:]
    ratio = statistics.median(a[0] / b[0] for a, b in turns)
    ours_s, plain_s = (statistics.median(turn[side][0] for turn in turns) for side in (0, 1))
    print(
        f"{name:<58} {ours_s:6.2f} s, plain {plain_s:6.2f} s, ratio {ratio:5.2f}, {turns[0][0][1]} lines",
        flush=True,
    )


def main(count):
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "artifacts"
        started = time.perf_counter()
        make(root, count)
        print(f"{count} artifacts made in {time.perf_counter() - started:.0f} s, {TURNS} turns", flush=True)
        for words in (
            [],
            ["--json"],
            ["--where", "model_version=v2 max_depth>3"],
            ["--where", "as_of>=2025-06-01 dataset=orders"],
            ["--where", "as_of=2025-12-01"],
        ):
            compare("list " + " ".join(words), words, root, assets=["evaluation"])
        compare("list --asset training_set", ["--asset", "training_set"], root, assets=["training_set"])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
