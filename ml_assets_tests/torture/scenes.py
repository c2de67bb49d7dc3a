"""Each kind of fault, tried a number of times."""

import contextlib
import datetime as dt
import os
import resource
import shutil
import subprocess
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.releases import verify_release
from ml_assets.pipeline.workspace import Workspace, utc_now
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.release_log import ReleaseLog
from ml_assets.storage.verifying import set_aside, verify_all
from ml_assets_tests.released import ORDERS
from ml_assets_tests.torture.place import (
    BACKFILL,
    RUN,
    SWEEP,
    Tally,
    call,
    check,
    committed,
    digests,
    killed,
    run_ids,
    store_of,
    tells_what_to_do,
)
from ml_assets_tests.torture.power_cuts import power_cuts

DAY = dt.date(2025, 12, 1)
PARAMETERS = TrainingParameters(lookback_days=106, holdout_days=14)


def kills(place, words, *, times, after=()):
    """kill -9 at a random instant of a command, then the same command again; `after` is what was done before it."""
    wanted, seconds = place.undisturbed(words, after=after)
    tally = Tally(f"kill -9 during {words[0]}")
    for _ in range(times):
        here = place.new(after=after)
        while not killed(words, here, place.draw.uniform(0.3, seconds)):
            here = place.new(after=after)  # it was faster this time
        tally.tried += 1
        before = committed(store_of(here))
        check(tally, store_of(here), before)
        call(words, here)
        check(tally, store_of(here), before)
        tally.survived += digests(store_of(here)) == wanted
    return tally


def kills_of_promotions(place, *, times):
    """kill -9 at a random instant of a promotion: the slot has a whole model or none, the log is true."""
    here, tally = place.new(), Tally("kill -9 during promote")
    assert call((*RUN, "--environment", "staging"), here).returncode == 0
    (run_id,) = run_ids(here, "staging")
    words = ("promote", run_id, "--from", "staging", "--to", "blue")
    for _ in range(times):
        for name in ("blue", "releases"):
            shutil.rmtree(here / "artifacts" / name, ignore_errors=True)
        killed(words, here, place.draw.uniform(0.1, 1.2))
        tally.tried += 1
        check(tally, store_of(here, "blue"), {})
        settings = settings_of(here)
        log = ReleaseLog(settings.releases, ORDERS)
        released = log.last()
        if released:
            verify_release(released.release, settings, pipeline=tabular)
        again = call(words, here)
        verify_release(log.last().release, settings, pipeline=tabular)
        tally.survived += again.returncode == 0 and digests(store_of(here, "blue")) == digests(
            store_of(here, "staging")
        )
    return tally


def score_of(place):
    """The command that scores two days by the model of RUN."""
    (run_id,) = run_ids(place.new(after=RUN), "dev")
    return ("score", "--from", "2025-11-30", "--to", "2025-12-01", "--model", run_id)


def settings_of(here):
    return Settings(
        environments={
            name: {"root": str(here / "artifacts" / name)} for name in ("staging", "blue", "green")
        },
        releases=str(here / "artifacts" / "releases"),
    )


def make(root, start_at):
    """In a process of its own: one run, begun at a common instant."""
    while utc_now().timestamp() < start_at:
        pass
    done = attempt(PARAMETERS, DAY, workspace=workspace(root))
    return None if done.error is None else str(done.error)


def workspace(root):
    return Workspace(
        pipeline=tabular,
        store=ArtifactStore(str(root)),
        environment="dev",
        sources={"sample": "sample:"},
    )


def writers(place, *, many, times):
    """Several processes that make the same run at the same instant."""
    wanted, _ = place.undisturbed(RUN)
    tally = Tally(f"{many} writers of one key")
    with ProcessPoolExecutor(many, mp_context=get_context("spawn")) as pool:
        list(pool.map(make, [place.new()] * many, [0.0] * many))  # so that all have loaded what they need
        for _ in range(times):
            root, moment = place.new() / "artifacts", utc_now().timestamp() + 0.5
            errors = list(pool.map(make, [root] * many, [moment] * many))
            tally.tried += 1
            check(tally, ArtifactStore(str(root)), {})
            tally.survived += not any(errors) and digests(ArtifactStore(str(root))) == wanted
    return tally


def full_disks(place, *, times):
    """Files that cannot grow: the limit of the process stands for a disk that is full (EFBIG for ENOSPC)."""
    wanted, _ = place.undisturbed(RUN)
    tally = Tally("no room for a file")
    for _ in range(times):
        here = place.new()
        call(("run", "--as-of", "2025-11-30", *RUN[3:]), here)
        before, limit = committed(store_of(here)), place.draw.randrange(100, 12_000)
        done = call(
            RUN,
            here,
            preexec=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
            DAGSTER_HOME=here / "none",
        )
        tally.tried += 1
        tally.silent += done.returncode == 0 or not tells_what_to_do(done)
        check(tally, store_of(here), before)
        call(RUN, here)
        tally.survived += wanted.items() <= digests(store_of(here)).items()
    return tally


@contextlib.contextmanager
def mounted(folder, *options):
    """A small disk of its own; None where this machine does not let us."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False) if os.geteuid() == 0 else None
    if done is None or done.returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=False, capture_output=True)


def small_disks(place, *, times):
    """A tmpfs of a few hundred KB that fills up in the middle, and has room again afterwards."""
    wanted, _ = place.undisturbed(RUN)
    tally = Tally("a disk that fills up")
    for _ in range(times):
        here = place.new()
        with mounted(here / "artifacts", f"size={place.draw.randrange(4, 140)}k") as disk:
            if disk is None:
                tally.skipped = "no disk may be mounted here"
                return tally
            done = call(RUN, here)
            tally.tried += 1
            tally.silent += done.returncode == 0 or not tells_what_to_do(done)
            check(tally, store_of(here), {})
            subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
            call(RUN, here)
            check(tally, store_of(here), {})
            tally.survived += digests(store_of(here)) == wanted
    return tally


def read_only_disks(place, *, times):
    """A root on a disk that may only be read: what is there can be read, and nothing is changed."""
    tally = Tally("a disk that may only be read")
    for _ in range(times):
        here = place.new()
        with mounted(here / "artifacts", "size=8m") as disk:
            if disk is None:
                tally.skipped = "no disk may be mounted here"
                return tally
            call(RUN, here)
            before = committed(store_of(here))
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            done = call(("run", "--as-of", "2025-11-30", *RUN[3:]), here)
            tally.tried += 1
            tally.silent += done.returncode == 0 or not tells_what_to_do(done)
            check(tally, store_of(here), before)
            tally.survived += call(RUN, here).returncode == 0  # all is there: nothing has to be written
    return tally


def clocks(place, *, times):
    """A clock that jumps between any two looks at it, by up to a day, forwards and back."""
    wanted, _ = place.undisturbed(RUN)
    tally = Tally("a clock that jumps")
    for _ in range(times):
        root = place.new() / "artifacts"
        jumping = replace(
            workspace(root), now=lambda: utc_now() + dt.timedelta(seconds=place.draw.uniform(-86400, 86400))
        )
        done = attempt(PARAMETERS, DAY, workspace=jumping)
        tally.tried += 1
        check(tally, jumping.store, {})
        again = attempt(PARAMETERS, DAY, workspace=jumping)
        reused = again.error is None and all(made.reused for made in again.made)
        tally.survived += done.error is None and reused and digests(jumping.store) == wanted
    return tally


def damaged_files(place, *, times):
    """A bit that flips, or a file that is cut, in a file of each kind: never loaded, and made again with the same bytes."""
    wanted, _ = place.undisturbed(RUN)
    here = place.new()
    call(RUN, here)
    store = store_of(here)
    kinds = sorted(files_by_kind(store))
    tally = Tally(f"bit flips and cuts in {len(kinds)} kinds of files")
    for kind in kinds * times:
        spoil(files_by_kind(store)[kind], place.draw)
        tally.tried += 1
        found = [item for item in verify_all(store).findings if item.kind in ("damaged", "unread", "history")]
        set_aside(store, found)
        done = attempt(PARAMETERS, DAY, workspace=workspace(store.root))
        tally.survived += bool(found) and done.error is None and digests(store) == wanted
        shutil.rmtree(Path(store.root) / "quarantine", ignore_errors=True)
    return tally


def files_by_kind(store):
    """One file of each kind: by asset, and what it is to it."""
    paths = [path for path in sorted(Path(store.root).rglob("*")) if path.is_file()]
    inside = {path: path.relative_to(store.root).parts for path in paths}
    return {
        (
            parts[0],
            "history" if "history" in parts else parts[-1].replace("data-", "", 1)[16:] or parts[-1],
        ): path
        for path, parts in inside.items()
    }


def spoil(path, draw):
    """Flip a bit, or cut it short."""
    data = bytearray(path.read_bytes())
    if draw.getrandbits(1):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
    else:
        path.write_bytes(data[: draw.randrange(len(data))])


def networks(place, *, times):
    """An S3 of which every fifth request fails, is slow, is cut off or has its answer lost."""
    from ml_assets.core.s3_access import S3Access
    from ml_assets_tests.faulty import faulty, shuffled
    from ml_assets_tests.s3 import VARIABLES, make_bucket, s3_server

    wanted, _ = place.undisturbed(RUN)
    tally = Tally("an S3 of which every fifth request fails")
    kept = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(VARIABLES)
    try:
        with s3_server() as url:
            for number in range(times):
                make_bucket(url, f"torture{number}")
                with faulty(url, shuffled(each=5, seed=place.draw.randrange(10**6))) as network:
                    access = S3Access(endpoint_url=network.url, region="eu-west-1")
                    store = ArtifactStore(f"s3://torture{number}/a", access)
                    done = attempt(PARAMETERS, DAY, workspace=replace(workspace("unused"), store=store))
                sound = ArtifactStore(store.root, S3Access(endpoint_url=url, region="eu-west-1"))
                tally.tried += 1
                check(tally, sound, {})
                tally.survived += done.error is None and digests(sound) == wanted
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return tally


def scenes(times):
    """All of them, each as often as asked; the slow ones of processes less."""
    return (
        lambda place: kills(place, RUN, times=times),
        lambda place: kills(place, BACKFILL, times=times),
        lambda place: kills(place, SWEEP, times=times),
        lambda place: kills(place, score_of(place), times=times, after=RUN),
        lambda place: kills_of_promotions(place, times=times),
        lambda place: writers(place, many=2, times=times),
        lambda place: writers(place, many=10, times=times),
        lambda place: full_disks(place, times=times),
        lambda place: small_disks(place, times=times),
        lambda place: read_only_disks(place, times=max(1, times // 5)),
        lambda place: clocks(place, times=times),
        lambda place: damaged_files(place, times=max(1, times // 2)),
        lambda place: networks(place, times=times),
        lambda place: power_cuts(place.new()),
    )
