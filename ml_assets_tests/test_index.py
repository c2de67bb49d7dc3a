"""What listings keep of manifests: it changes no listing, whatever becomes of the store or of what is kept."""

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ml_assets.core.where import Condition, Filter
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets.storage import index as index_module
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.index import Index
from ml_assets.storage.verifying import verify_all
from ml_assets_tests.faulty import faulty
from ml_assets_tests.keys import key_of
from ml_assets_tests.s3 import make_bucket, use
from ml_assets_tests.test_artifact_store import HOME, a_commit

DAYS = tuple(dt.date(2025, 12, 1) + dt.timedelta(days=n) for n in range(3))
SETS = tuple(TrainingParameters(seed=seed) for seed in range(3))
TICK = 0.011  # seconds: the longest step of a file system's clock on Linux
RUNS = tuple((of, day) for of in SETS for day in DAYS)


@pytest.fixture(autouse=True)
def eager(tmp_path, monkeypatch):
    """Everything is kept at once, in a cache of the test's own; folders of a moment ago count as settled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(index_module, "KEPT_FROM", 1)
    monkeypatch.setattr(index_module, "SETTLED_S", -3600.0)


@pytest.fixture
def store(tmp_path):
    found = ArtifactStore(str(tmp_path / "store"))
    for of, day in RUNS:
        commit(found, of, day)
    return found


def commit(store, of, day, text="one\n", **changes):
    store.commit(*a_commit(text, key=key_of("evaluation", of, day), of=of, **changes))


def folder_of(store, of, day):
    return Path(store.uri(key_of("evaluation", of, day)))


def index_file(store):
    (found,) = (Path(os.environ["XDG_CACHE_HOME"]) / "ml_assets/index").glob("*.sqlite")
    return found


def told(store, where=None):
    """What a listing shows, errors as their words."""
    entries = store.entries("evaluation", where) if where else store.entries("evaluation")
    return [str(item) if isinstance(item, Exception) else item for item in entries]


def read_anew(store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", "no folder")
        return told(store)


@pytest.fixture
def reads(monkeypatch):
    """The manifests that were read, by path."""
    found = []
    from ml_assets.storage import artifact_store, listing

    def reader(root):
        whole = listing.disk_reader(root)

        def noted(path):
            found.append(path)
            return whole.read(path)

        return listing.Reader(root=root, read=noted, confirmed=noted, exists=whole.exists)

    monkeypatch.setattr(artifact_store, "disk_reader", reader)
    return found


def test_the_second_listing_reads_no_manifest_and_one_commit_has_its_day_read(store, reads):
    first = told(store)
    assert len(reads) == len(RUNS)
    reads.clear()

    assert told(store) == first
    assert reads == []

    commit(store, SETS[0], DAYS[1], "two\n", metrics={"auc": 0.5})

    assert [entry.metrics for entry in told(store)].count({"auc": 0.5}) == 1
    assert {path.split("/")[3] for path in reads} == {f"as_of={DAYS[1]}"}


def test_a_store_of_few_artifacts_has_no_index(store, monkeypatch):
    monkeypatch.setattr(index_module, "KEPT_FROM", len(RUNS) + 1)

    told(store)

    assert not Path(os.environ["XDG_CACHE_HOME"]).exists()


def test_a_folder_that_has_just_changed_is_not_kept(store, reads, monkeypatch):
    monkeypatch.setattr(index_module, "SETTLED_S", 3600.0)
    told(store)
    reads.clear()

    told(store)

    assert len(reads) == len(RUNS)


def test_a_writer_renews_its_day_before_the_manifest_is_there_and_after(store, monkeypatch):
    from ml_assets.storage import disk

    folder, seen, write = folder_of(store, SETS[0], DAYS[0]), [], disk.write

    def noted(place, data, **options):
        seen.append((Path(place).name, folder.parent.stat().st_mtime_ns))
        write(place, data, **options)
        time.sleep(TICK)

    monkeypatch.setattr(disk, "write", noted)
    commit(store, SETS[0], DAYS[0], "two\n")

    times = [moment for _, moment in seen] + [folder.parent.stat().st_mtime_ns]
    assert seen[-1][0] == "manifest.json"
    assert times == sorted(set(times))


class Listings(RuleBasedStateMachine):
    """Whatever is done to a store and to the index, a listing says what the manifests say."""

    store: ArtifactStore
    monkeypatch: pytest.MonkeyPatch

    @initialize()
    def begin(self):
        shutil.rmtree(self.store.root, ignore_errors=True)
        self.number = 0

    @rule(run=st.sampled_from(RUNS[:5]))
    def commit(self, run):
        self.number += 1
        time.sleep(TICK)
        commit(self.store, *run, f"{self.number}\n", metrics={"auc": self.number / 100, "n": self.number})

    @rule(run=st.sampled_from(RUNS[:5]))
    def delete_by_hand(self, run):
        time.sleep(TICK)
        shutil.rmtree(folder_of(self.store, *run), ignore_errors=True)

    @rule(run=st.sampled_from(RUNS[:5]))
    def leave_unfinished(self, run):
        folder_of(self.store, *run).joinpath("history").mkdir(parents=True, exist_ok=True)

    @rule(day=st.sampled_from(DAYS))
    def delete_a_day(self, day):
        shutil.rmtree(folder_of(self.store, SETS[0], day).parent, ignore_errors=True)

    @rule(run=st.sampled_from(RUNS[:5]))
    def damage_with_a_new_file(self, run):
        time.sleep(TICK)
        manifest = folder_of(self.store, *run) / "manifest.json"
        if manifest.exists():
            manifest.write_bytes(b"{}")
            os.utime(manifest.parents[1])

    @rule()
    def delete_the_index(self):
        shutil.rmtree(os.environ["XDG_CACHE_HOME"], ignore_errors=True)

    @rule(data=st.binary(max_size=64), part=st.floats(0, 1))
    def break_the_index(self, data, part):
        for file in Path(os.environ["XDG_CACHE_HOME"]).rglob("*.sqlite"):
            body = file.read_bytes()
            place = int(part * len(body))
            file.write_bytes(body[:place] + data + body[place + len(data) :])

    @rule(seed=st.sampled_from(["0", "1"]))
    def list_some(self, seed):
        where = Filter((Condition(name="seed", op="=", value=seed),))
        assert told(self.store, where) == [
            item
            for item in read_anew(self.store, self.monkeypatch)
            if isinstance(item, str) or item.parameters["seed"] == int(seed)
        ]

    @invariant()
    def the_listing_is_what_the_manifests_say(self):
        expected = read_anew(self.store, self.monkeypatch)
        assert told(self.store) == expected
        assert told(self.store) == expected


def test_no_act_on_a_store_or_its_index_makes_a_listing_wrong(tmp_path, monkeypatch):
    class Machine(Listings):
        pass

    Machine.store, Machine.monkeypatch = ArtifactStore(str(tmp_path / "store")), monkeypatch
    from hypothesis import settings

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=15, stateful_step_count=12, deadline=None)
    )


@pytest.mark.parametrize("harm", ["text", "empty", "folder", "other version", "cut", "other bytes"])
def test_an_index_that_cannot_be_used_is_no_error_and_is_made_again(store, harm, reads):
    first = told(store)
    file = index_file(store)
    if harm == "folder":
        file.unlink()
        file.mkdir()
    elif harm == "other version":
        with sqlite3.connect(file) as connection:
            connection.execute("pragma user_version = 99")
        connection.close()
    elif harm == "other bytes":
        with sqlite3.connect(file) as connection:
            connection.execute("update days set metrics = zeroblob(length(metrics))")
        connection.close()
    else:
        body = {"text": b"no index", "empty": b"", "cut": file.read_bytes()[:9000]}[harm]
        file.write_bytes(body)

    assert [told(store) for _ in range(3)] == [first] * 3
    reads.clear()
    assert told(store) == first
    assert len(reads) == (len(RUNS) if harm == "folder" else 0)


def test_an_index_that_somebody_else_writes_is_gone_without(store, monkeypatch):
    monkeypatch.setattr(index_module, "BUSY_S", 0.01)
    first = told(store)
    commit(store, SETS[0], DAYS[0])
    other = sqlite3.connect(index_file(store), isolation_level=None)
    other.execute("begin exclusive")

    try:
        assert len(told(store)) == len(first)
    finally:
        other.close()


def test_two_processes_that_list_at_once_say_the_same(store):
    code = (
        "import sys; from ml_assets.storage import index; index.KEPT_FROM = 1; index.SETTLED_S = -3600.0\n"
        "from ml_assets.storage.artifact_store import ArtifactStore\n"
        "for _ in range(5): print([e.key.run_id for e in ArtifactStore(sys.argv[1]).entries('evaluation')])"
    )
    command = [sys.executable, "-c", code, store.root]
    env = {**os.environ, "PYTHONPATH": HOME}
    both = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]

    lines = [line for one in both for line in one.communicate()[0].splitlines()]

    assert set(lines) == {str([entry.key.run_id for entry in told(store)])}
    assert len(lines) == 10


def test_verify_has_every_manifest_read_again(store, reads):
    told(store)
    manifest = folder_of(store, SETS[0], DAYS[0]) / "manifest.json"
    with manifest.open("r+b") as file:  # in place: nothing that the index looks at has changed
        file.write(b"no")
    verify_all(store)
    reads.clear()

    assert sum(isinstance(item, str) for item in told(store)) == 1
    assert len(reads) > len(RUNS)


def test_an_index_without_a_cache_folder_is_none(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")

    assert Index.of("/somewhere").file is None


@pytest.fixture
def bucket(s3, tmp_path, monkeypatch):
    """A store in a bucket, and what was asked of S3: the method, and of a listing its prefix, else the key."""
    asked = []

    def noted(method, path):
        parts = urlsplit(path)
        prefix = parse_qs(parts.query).get("prefix", [""])[0]
        is_listing = "list-type" in parts.query
        asked.append(("LIST", prefix.rstrip("/")) if is_listing else (method, unquote(parts.path)))

    name = f"index-{tmp_path.name.replace('_', '-')[-40:]}".lower()
    make_bucket(s3, name)
    with faulty(s3, noted) as network:
        use(monkeypatch, network.url)
        found = ArtifactStore(f"s3://{name}/dev", load_settings().s3)
        for of, day in RUNS:
            commit(found, of, day)
        asked.clear()
        yield found, asked


def test_days_of_a_bucket_are_asked_for_and_no_others(bucket):
    store, asked = bucket
    where = Filter.of_days(DAYS[0], DAYS[1])

    found = told(store, where)

    listed = {prefix.rpartition("/")[2] for method, prefix in asked if method == "LIST"}
    assert len(found) == 6
    assert {part for part in listed if part.startswith("as_of=")} == {f"as_of={day}" for day in DAYS[:2]}
    assert not any(str(DAYS[2]) in place for _, place in asked)
    assert [method for method, _ in asked if method != "LIST"] == ["GET"] * 6, (
        "a history is listed, not asked for"
    )


def test_the_second_listing_of_a_bucket_reads_no_manifest_and_one_commit_has_its_day_read(bucket):
    store, asked = bucket
    first = told(store)
    asked.clear()

    assert told(store) == first
    assert {method for method, _ in asked} == {"LIST"}
    assert len(asked) == 2, "one page, and what follows its last key"

    commit(store, SETS[0], DAYS[1], "two\n", metrics={"auc": 0.5})
    asked.clear()
    assert [entry.metrics for entry in told(store)].count({"auc": 0.5}) == 1
    assert sum(method == "GET" for method, _ in asked) == len(SETS)


def test_what_is_stored_is_asked_for_by_its_key(bucket):
    store, asked = bucket
    keys = [key_of("evaluation", of, day) for day in DAYS for of in (SETS[0], TrainingParameters(seed=99))]

    assert [key.as_of for key in store.stored(keys)] == list(DAYS)
    assert {method for method, _ in asked} <= {"HEAD", "LIST"}
    assert len(asked) <= 3 * len(keys)
