"""Where faults are tried: roots under one folder, the commands that fill them, and what must hold after each fault."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.verifying import verify_all
from ml_assets_tests.conftest import bare

AS_OF = "2025-12-01"
SMALL = ("--lookback-days", "106", "--holdout-days", "14")
RUN = ("run", "--as-of", AS_OF, *SMALL)
BACKFILL = ("backfill", "--from", "2025-11-28", "--to", AS_OF, *SMALL)
SWEEP = ("sweep", "--as-of", AS_OF, *SMALL, "--grid", "C=0.1,0.5,1,5")
PATIENCE = 300


@dataclass
class Tally:
    """What came of one kind of fault.

    Attributes:
        fault: what was done.
        tried: how often.
        survived: how often a rerun, without the fault, ended with the bytes of a run that nothing had disturbed.
        lost: committed artifacts that were not there, or not the same, afterwards.
        half: artifacts that a reader could see and that were not whole.
        silent: failures that did not say what to do.
        skipped: why it could not be tried here.
    """

    fault: str
    tried: int = 0
    survived: int = 0
    lost: int = 0
    half: int = 0
    silent: int = 0
    skipped: str = ""

    @property
    def passed(self) -> bool:
        return self.survived == self.tried and not self.lost + self.half + self.silent


@dataclass
class Place:
    """One folder, and chance that a seed decides."""

    folder: Path
    seed: int = 0
    draw: random.Random = field(init=False)
    _reference: dict = field(default_factory=dict)
    _roots: int = 0

    def __post_init__(self):
        self.draw = random.Random(self.seed)

    def new(self, *, after=()) -> Path:
        """The working directory of commands, whose `artifacts/dev` is the root: empty, or with what `after` has made."""
        self._roots += 1
        found = self.folder / f"place{self._roots}"
        found.mkdir(parents=True)
        if after:
            done = call(after, found)
            assert done.returncode == 0, done.stderr
        return found

    def undisturbed(self, words, *, after=()) -> dict:
        """The digests that a command leaves which nothing disturbs, and the seconds it takes."""
        if words not in self._reference:
            here, started = self.new(after=after), time.monotonic()
            done = call(words, here)
            assert done.returncode == 0, done.stderr
            self._reference[words] = (digests(store_of(here)), time.monotonic() - started)
        return self._reference[words]


def environment(here, **more):
    """The variables of a command: nothing but its own place."""
    own = {"DAGSTER_HOME": here / "home", "DAGSTER_DISABLE_TELEMETRY": "1"}
    return bare("PATH", "LANG", "HOME", **own | more)


def call(words, here, *, preexec=None, **more):
    """A command, waited for."""
    return subprocess.run(
        [sys.executable, "-m", "ml_assets.cli.main", *words],
        env=environment(here, **more),
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        preexec_fn=preexec,
    )


def killed(words, here, after):
    """A command that is ended by kill -9, with all of its processes, after so many seconds; whether it was still running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ml_assets.cli.main", *words],
        env=environment(here),
        cwd=here,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(after)
    running = process.poll() is None
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        running = False
    process.wait()
    return running


def store_of(here, environment_="dev"):
    return ArtifactStore(str(here / "artifacts" / environment_))


def digests(store):
    """The digest of each committed artifact, every byte of it checked; leaderboards and what else is there included."""
    return {key.path: store.verify(key).sha256 for key in store.keys(None)}


def committed(store):
    """The manifest's digest of each artifact that a reader sees, by path."""
    return {key.path: store.manifest(key).sha256 for key in store.keys(None)}


def check(tally, store, before):
    """Count what is lost of `before`, and what is half visible."""
    damaged = {
        finding.path for finding in verify_all(store).findings if finding.kind in ("damaged", "unread")
    }
    here = {key.path: key for key in store.keys(None)}
    tally.half += len(damaged)
    tally.lost += sum(
        path not in here or (path not in damaged and store.manifest(here[path]).sha256 != digest)
        for path, digest in before.items()
    )


def tells_what_to_do(done):
    """Whether a failure is told in our words: no traceback, and a line that begins with what happened."""
    text = done.stderr + done.stdout
    return "Traceback (most recent call last)" not in text and ("Failed: " in text or "Refused: " in text)


def run_ids(here, environment_="dev"):
    done = call(("list", "--asset", "model", "--json", "--environment", environment_), here)
    return [item["run_id"] for item in json.loads(done.stdout)]
