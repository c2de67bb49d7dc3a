"""The power goes at every instant of commits, a promotion's copy and the log of releases."""

import datetime as dt
import itertools
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from ml_assets.core.release import Release, promoted, switched
from ml_assets.errors import MlAssetsError
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters
from ml_assets.storage import disk
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.copying import copy_artifact
from ml_assets.storage.release_log import ReleaseLog
from ml_assets.storage.tries import TryLog
from ml_assets.storage.verifying import verify_all
from ml_assets_tests.keys import key_of
from ml_assets_tests.released import ORDERS
from ml_assets_tests.test_artifact_store import DAY, a_commit
from ml_assets_tests.torture.place import Tally
from ml_assets_tests.torture.power import cuts, recorded

CARD = key_of("model_card", TrainingParameters(), DAY)
ROWS = key_of("training_set", DatasetParameters(), DAY)
COMMITS = {
    "old card": a_commit("old\n"),
    "new card": a_commit("new\n"),
    "rows": a_commit("rows\n", key=ROWS, of=DatasetParameters()),
}
KEYS = {"old card": CARD, "new card": CARD, "rows": ROWS, "copy": CARD}
LATER = {"old card": ("old card", "new card"), "copy": ("new card",)}  # what may stand where this was told
RELEASE = Release(
    slot="blue",
    line={"dataset": "orders"},
    values={"model_version": "v1"},
    as_of=DAY,
    run_id=CARD.run_id,
    sha256="0" * 64,
    manifests={},
)
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


def stores(root):
    return ArtifactStore(f"{root}/dev"), ArtifactStore(f"{root}/blue")


def log(root):
    return ReleaseLog(f"{root}/releases", ORDERS)


def tries(root):
    return TryLog(f"{root}/releases", ORDERS)


def commit(store, name):
    return store.commit(*COMMITS[name])


def work(root, told):
    """What is done while the power may go; `told` hears of each act as a command tells of it."""
    dev, blue = stores(root)
    for name in COMMITS:
        commit(dev, name)
        told(name)
    copy_artifact(CARD, COMMITS["new card"][1], source=dev, target=blue)
    told("copy")
    decision = log(root).keep_decision({"verdict": "allowed"})
    for name, step in {"promoted": _promoted, "switched": _switched}.items():
        log(root).append(name, step, by="me", at=lambda: NOW, decision=decision)
        told(name)
    for name in ("try 1", "try 2"):
        tries(root).number("pair", name, {})
        told(name)


def _promoted(state):
    """Into the slot that does not serve: the work may be done again where it was done before."""
    release = RELEASE.model_copy(update={"slot": "green" if state.live else "blue"})
    return release, promoted(state, release)


def _switched(state):
    after = switched(state)
    return after.live, after


def lost(root, told):
    """Which acts that were told are not there."""
    dev, blue = stores(root)
    wanted = [name for name in told if name in KEYS]
    gone = [name for name in wanted if not _stands(name, blue if name == "copy" else dev)]
    entries = [entry.action for entry in log(root).entries()][::-1]
    acts = [name for name in told if name in ("promoted", "switched")]
    gone += acts[len(entries) :]
    gone += [f"decision of {entry.action}" for entry in log(root).entries() if not _has_decision(root, entry)]
    looks = [name for name in told if name.startswith("try")]
    return gone + looks[len(tries(root).samples("pair")) :]


def _has_decision(root, entry):
    try:
        return bool(log(root).decision(entry.decision))
    except MlAssetsError:
        return False


def _stands(name, store):
    may_be = {COMMITS[other][1].sha256 for other in LATER.get(name, (name,))}
    manifest = store.find(KEYS[name])
    return manifest is not None and manifest.sha256 in may_be


def half_visible(root):
    """What a reader finds and is not whole."""
    found = [item for store in stores(root) for item in verify_all(store).findings]
    bad = [f"{item.kind} {item.path}" for item in found if item.kind not in ("leftover", "foreign")]
    try:
        list(log(root).entries())
    except MlAssetsError as error:
        bad.append(str(error))
    return bad + [f"try {place}" for place, name in enumerate(tries(root).samples("pair"), 1) if not name]


def lay_out(tree, root):
    """Write a tree that a cut has left."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for path, data in sorted(tree.items()):
        if data is None:
            (root / path).mkdir(parents=True)
        else:
            (root / path).write_bytes(data)


@contextmanager
def unsynced():
    """Syncs cost time and are not looked at."""

    class Quick:
        def __getattr__(self, name):
            return (lambda _: None) if name == "fsync" else getattr(os, name)

    kept, disk.os = disk.os, Quick()
    try:
        yield
    finally:
        disk.os = kept


def recovers(root):
    """Whether the same work ends as if nothing had happened, whatever a cut has left."""
    with unsynced():
        work(root, lambda _: None)
    done = [*COMMITS, "copy", "promoted", "switched", "try 1", "try 2"]
    return not lost(root, done) and not half_visible(root)


def power_cuts(folder, *, deaf=(), each=1, most=None):
    """The power goes after every operation, with everything that may be left then; each such disk is looked at.

    Args:
        folder: an empty one.
        deaf: to which syncs the disk is deaf: `files`, `folders`.
        each: the work is done again on one disk in so many.
        most: no more of them are looked at.
    """
    done = Path(folder) / "done"
    done.mkdir(parents=True)
    with recorded(done, deaf=deaf) as recorder:
        work(done, recorder.told)
    tally, here = Tally("a power cut"), Path(folder) / "cut"
    for number, (tree, told) in enumerate(itertools.islice(cuts(recorder.events), most)):
        lay_out(tree, here)
        tally.tried += 1
        bad = half_visible(here)
        tally.half += len(bad)
        tally.lost += len(lost(here, told)) if not bad else 0
        tally.survived += bool(bad) or bool(number % each) or recovers(here)
    return tally
