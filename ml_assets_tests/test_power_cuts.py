"""What was told as done is there after a power cut, and nothing half is seen, whenever the power goes."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from obstore.exceptions import AlreadyExistsError

from ml_assets.errors import StoreError
from ml_assets.storage import disk
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.object_store import open_store
from ml_assets.storage.putting import put, put_once
from ml_assets.storage.verifying import set_aside, verify_all
from ml_assets_tests.test_artifact_store import KEY, a_commit
from ml_assets_tests.torture.power import cuts, last, recorded
from ml_assets_tests.torture.power_cuts import lay_out, power_cuts, work

pytestmark = pytest.mark.kind("power cuts")


def tree(root):
    """Every path below a folder: the bytes of a file, None of a folder."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
        for path in Path(root).rglob("*")
    }


class Failing:
    """The module `os`, one function of which fails as a disk does."""

    def __init__(self, name, code, *, when=lambda *_: True):
        self.name, self.code, self.when = name, code, when

    def __getattr__(self, name):
        return self._fail if name == self.name else getattr(os, name)

    def _fail(self, *args):
        if self.when(*args):
            raise OSError(self.code, os.strerror(self.code))
        return getattr(os, self.name)(*args)


@pytest.mark.slow
def test_no_power_cut_loses_what_was_told_or_leaves_half_of_it_to_be_seen(tmp_path):
    tally = power_cuts(tmp_path, each=10)

    assert tally.tried > 100
    assert tally.passed, tally


@pytest.mark.slow
@pytest.mark.parametrize("deaf", ["files", "folders"])
def test_a_disk_that_is_deaf_to_syncs_is_seen_to_lose_what_was_told(tmp_path, deaf):
    """So the test above would notice a sync that is missing."""
    tally = power_cuts(tmp_path, deaf=(deaf,), each=10**6, most=300)

    assert tally.lost + tally.half > 0, tally


def test_nothing_is_written_to_a_disk_beside_what_was_recorded(tmp_path):
    with recorded(tmp_path) as recorder:
        work(tmp_path, recorder.told)

    assert last(recorder.events) == tree(tmp_path)


def test_what_is_set_aside_is_in_one_place_or_the_other_after_a_power_cut(tmp_path):
    store = ArtifactStore(f"{tmp_path}/done/dev")
    (tmp_path / "done").mkdir()
    with recorded(tmp_path / "done") as recorder:
        _, manifest, _ = a_commit()
        store.commit(*a_commit())
        disk.write(store.uri(KEY, manifest.main.file), b"rotten")
        recorder.told("all is there")
        set_aside(store, verify_all(store).findings)
        recorder.told("set aside")
    names = {Path(path).name for path, data in tree(tmp_path / "done").items() if data is not None}
    assert any(path.startswith("dev/quarantine/") for path in tree(tmp_path / "done"))

    for left, told in cuts(recorder.events):
        if told:
            assert {Path(path).name for path, data in left.items() if data is not None} >= names
        lay_out(left, tmp_path / "cut")
        seen = ArtifactStore(f"{tmp_path}/cut/dev").find(KEY)
        assert seen is None or "set aside" not in told


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("write", errno.ENOSPC),
        ("fsync", errno.EIO),
        ("fsync", errno.EDQUOT),
        ("replace", errno.EROFS),
        ("open", errno.ENOSPC),
    ],
)
def test_a_disk_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, name, code):
    disk.write(str(tmp_path / "a"), b"old")

    monkeypatch.setattr(disk, "os", Failing(name, code))
    with pytest.raises(OSError) as caught:
        disk.write(str(tmp_path / "a"), b"new")

    assert caught.value.errno == code
    assert tree(tmp_path) == {"a": b"old"}


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_commit_is_not_told_as_done_where_a_folder_cannot_be_synced(tmp_path, monkeypatch, code):
    store = ArtifactStore(str(tmp_path / "dev"))
    is_folder = lambda handle: Path(f"/proc/self/fd/{handle}").is_dir()  # noqa: E731
    monkeypatch.setattr(disk, "os", Failing("fsync", code, when=is_folder))

    with pytest.raises(StoreError):
        store.commit(*a_commit())


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.EACCES])
def test_a_disk_that_knows_no_sync_of_folders_is_used_all_the_same(tmp_path, monkeypatch, code):
    is_folder = lambda handle: Path(f"/proc/self/fd/{handle}").is_dir()  # noqa: E731
    monkeypatch.setattr(disk, "os", Failing("fsync", code, when=is_folder))

    made = ArtifactStore(str(tmp_path / "dev")).commit(*a_commit())

    assert ArtifactStore(str(tmp_path / "dev")).verify(KEY) == made


def test_bytes_that_a_disk_takes_in_pieces_are_all_written(tmp_path, monkeypatch):
    class Small:
        def __getattr__(self, name):
            return (lambda handle, data: os.write(handle, data[:3])) if name == "write" else getattr(os, name)

    monkeypatch.setattr(disk, "os", Small())
    disk.write(str(tmp_path / "a"), b"0123456789")

    assert tree(tmp_path) == {"a": b"0123456789"}


def test_what_a_killed_writer_has_left_beside_is_in_nobodys_way(tmp_path):
    (tmp_path / "a#1").write_bytes(b"half")

    disk.write(str(tmp_path / "a"), b"whole")
    disk.write(str(tmp_path / "b"), b"whole", create=True)

    assert tree(tmp_path) == {"a#1": b"half", "a": b"whole", "b": b"whole"}


@pytest.mark.parametrize("create", [True, False])
def test_of_many_writers_of_one_name_one_writes_it_first_and_none_leaves_a_rest(tmp_path, create):
    place, begin = str(tmp_path / "new" / "a"), threading.Barrier(8)

    def write(number):
        begin.wait()
        try:
            for _ in range(20):
                disk.write(place, bytes([number]) * 1000, create=create)
        except FileExistsError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        won = sum(pool.map(write, range(8)))

    (body,) = [data for data in tree(tmp_path).values() if data is not None]
    assert len(body) == 1000
    assert len(set(body)) == 1
    assert won == (0 if create else 8), "with `create` even the first is refused the second time"


def test_what_is_there_is_not_replaced_by_what_may_only_be_new(tmp_path):
    store = open_store(str(tmp_path / "new" / "root"), create=True)
    put_once(store, "log/1.json", b"first")

    with pytest.raises(AlreadyExistsError):
        put_once(store, "log/1.json", b"second")

    put(store, "log/2.json", b"second")
    assert tree(tmp_path / "new" / "root") == {"log": None, "log/1.json": b"first", "log/2.json": b"second"}


@pytest.mark.parametrize("path", ["../a", "a/../b", "a//b", "./a", "", "a\0b"])
def test_a_path_that_may_lead_elsewhere_is_not_written_to(tmp_path, path):
    with pytest.raises(ValueError, match="empty or dotted part"):
        put(open_store(str(tmp_path / "root"), create=True), path, b"1")

    assert tree(tmp_path) == {"root": None}


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "model_card").write_text("mine")

    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        ArtifactStore(str(tmp_path / "dev")).commit(*a_commit())
