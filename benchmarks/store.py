"""Measure what the store costs: commit and verified read of one artifact, against stock Dagster's IO managers.

    python benchmarks/store.py [disk|s3|syncs]         # disk and s3 by default
    BYTES=1000,10000000 TURNS=5 python benchmarks/store.py

On disk the other side is FilesystemIOManager, on S3 dagster-aws's S3PickleIOManager, both given the same bytes. S3 is
a moto server in a process of its own on this machine, so that what is compared is work, not a network. Both
sides run in this process and take turns. Ours hashes the bytes when it commits and when it reads, and writes two
manifests, each file of a disk synced with its folder; theirs pickles, checks nothing, syncs nothing, and keeps nothing
about the run. `syncs` compares commits on disk with the same ones whose syncs do nothing; PLACE (a folder for temporary
ones) says on which disk.
"""

import contextlib
import datetime as dt
import logging
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import warnings

import dagster as dg

from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import identity
from ml_assets.core.s3_access import S3Access
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage import disk as store_disk
from ml_assets.storage.artifact_store import ArtifactStore, stored_file
from ml_assets_tests.keys import key_of

TURNS = int(os.environ.get("TURNS", "5"))
SIZES = [int(size) for size in os.environ.get("BYTES", "1000,10000000,500000000").split(",")]
DAY = dt.date(2025, 12, 1)
BUCKET = "benchmark"
AWS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1"}


class Ours:
    """Artifacts of our store. `writes` and `reads` return what is timed."""

    def __init__(self, root, access):
        self.store = ArtifactStore(root, access)

    def writes(self, turn, data):
        return lambda: self.commit(turn, data)

    def commit(self, turn, data):
        parameters, moment = TrainingParameters(seed=turn), dt.datetime.now(tz=dt.timezone.utc)
        key, file = key_of("model", parameters, DAY), stored_file("model", data, "skops")
        manifest = Manifest(
            asset="model",
            run_id=key.run_id,
            as_of=DAY,
            parameters=identity(parameters, of=TrainingParameters),
            environment="dev",
            files=(file,),
            code_version="1",
            packages={},
            started_at=moment,
            created_at=moment,
        )
        self.store.commit(key, manifest, {file.file: data})

    def reads(self, turn):
        key = key_of("model", TrainingParameters(seed=turn), DAY)
        return lambda: self.store.read_file(key, self.store.manifest(key).main)


class Stock:
    """Values of a stock IO manager; its contexts are built beforehand."""

    def __init__(self, manager):
        self.manager = manager

    def writes(self, turn, data):
        context = dg.build_output_context(asset_key=dg.AssetKey(["model", str(turn)]))
        return lambda: self.manager.handle_output(context, data)

    def reads(self, turn):
        output = dg.build_output_context(asset_key=dg.AssetKey(["model", str(turn)]))
        kind = dg.PythonObjectDagsterType(bytes)
        context = dg.build_input_context(
            asset_key=output.asset_key, upstream_output=output, dagster_type=kind
        )
        return lambda: self.manager.load_input(context)


def seconds(act):
    started = time.perf_counter()
    value = act()
    return time.perf_counter() - started, value


def turn_of(side, turn, data):
    """Seconds to write and to read, and a check that what was read is what was written."""
    written, _ = seconds(side.writes(turn, data))
    read, got = seconds(side.reads(turn))
    if got != data:
        raise SystemExit("What was read is not what was written.")
    return written, read


def median_ms(pairs, side):
    return 1000 * statistics.median(pair[side] for pair in pairs)


def tell(what, size, pairs, *, other, rate=""):
    """A line on seconds that were taken in pairs: the first of each against the other one."""
    ratios = [a / b for a, b in pairs]
    print(
        f"{what} {size:>11,} bytes  ratio {statistics.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f}; "
        f"medians {median_ms(pairs, 0):9.1f} ms, {other} {median_ms(pairs, 1):9.1f} ms{rate})",
        flush=True,
    )


def compare(place, size, ours, stock):
    data = os.urandom(size)
    turns = []
    for turn in range(TURNS + 1):
        sides = [(ours, 0), (stock, 1)]
        order = sides if turn % 2 else sides[::-1]
        told = {which: turn_of(side, turn, data) for side, which in order}
        turns.append((told[0], told[1]))
    for what, kind in (("write", 0), ("read", 1)):
        pairs = [(a[kind], b[kind]) for a, b in turns[1:]]  # the first turn opens files and connections
        rate = f"; ours {size / median_ms(pairs, 0) / 1000:7.1f} MB/s"
        tell(f"{place:<5} {what:<5}", size, pairs, other="stock", rate=rate)


def on_disk(size):
    with tempfile.TemporaryDirectory() as place:
        stock = dg.FilesystemIOManager(base_dir=f"{place}/stock").create_io_manager(
            dg.build_init_resource_context()
        )
        compare("disk", size, Ours(f"{place}/ours", S3Access()), Stock(stock))


@contextlib.contextmanager
def moto_server(place):
    """A moto server of its own process; what it holds is in temporary files under `place`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    env = {**os.environ, "TMPDIR": place}
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(url, timeout=5):
                break
            time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


def on_s3(size):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dagster_aws.s3 import S3PickleIOManager, S3Resource
    with tempfile.TemporaryDirectory() as place, moto_server(place) as url:
        resource = S3Resource(endpoint_url=url, region_name="eu-west-1")
        resource.get_client().create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        stock = S3PickleIOManager(s3_resource=resource, s3_bucket=BUCKET, s3_prefix="stock")
        ours = Ours(f"s3://{BUCKET}/ours", S3Access(endpoint_url=url, region="eu-west-1"))
        compare("s3", size, ours, Stock(stock.inner_io_manager()))


class Hasty:
    """The module `os` with a sync that does nothing."""

    def __getattr__(self, name):
        return (lambda _: None) if name == "fsync" else getattr(os, name)


def syncs(size):
    """What syncing costs a commit on this disk."""
    data, took = os.urandom(size), []
    with tempfile.TemporaryDirectory(dir=os.environ.get("PLACE")) as place:
        side = Ours(place, S3Access())
        for turn in range(4 * TURNS + 2):
            store_disk.os = Hasty() if turn % 2 else os
            took.append(seconds(side.writes(turn, data))[0])
    store_disk.os = os
    pairs = list(zip(took[2::2], took[3::2], strict=True))
    tell("syncs write", size, pairs, other="without")


def main(places):
    os.environ.update(AWS)
    logging.disable(logging.DEBUG)  # a stock IO manager tells each path
    print(f"{TURNS} turns", flush=True)
    for place in places:
        for size in SIZES:
            {"disk": on_disk, "s3": on_s3, "syncs": syncs}[place](size)


if __name__ == "__main__":
    main(sys.argv[1:] or ["disk", "s3"])
