"""The artifact store: whole or absent, checked on every read, whatever happens to writers and to the disk."""

import dataclasses
import datetime as dt
import os
import pickle  # noqa: TID251 - what sends a store to a worker process
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from obstore.exceptions import GenericError

import ml_assets
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import identity
from ml_assets.core.run_id import hash_identity
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, SettingsError, StoreError
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore, stored_file
from ml_assets.storage.object_store import open_store, store_errors
from ml_assets_tests.keys import key_of
from ml_assets_tests.s3 import VARIABLES

DAY = dt.date(2025, 12, 1)
PARAMETERS = TrainingParameters()
KEY = key_of("model_card", PARAMETERS, DAY)
HOME = str(Path(ml_assets.__file__).parents[1])


def a_commit(text: str = "one\n", *, key: ArtifactKey = KEY, of: DatasetParameters = PARAMETERS, **changes):
    """Key, manifest and files of a commit whose value is `text`, with one attachment."""
    card = stored_file("model_card.md", text.encode(), "md")
    plot = stored_file("curve.png", b"\x89PNG" + text.encode(), "png")
    now = dt.datetime.now(dt.timezone.utc)
    slice_ = DatasetParameters if key.asset == "training_set" else TrainingParameters
    manifest = Manifest(
        asset=key.asset,
        run_id=key.run_id,
        as_of=key.as_of,
        parameters=identity(of, of=slice_),
        environment="dev",
        files=(card, plot),
        code_version="c0de",
        packages={"scikit-learn": "1.9.1"},
        started_at=now,
        created_at=now,
        metrics={"auc": 0.75},
    ).model_copy(update=changes)
    return key, manifest, {card.file: text.encode(), plot.file: b"\x89PNG" + text.encode()}


@pytest.fixture(params=["disk", "memory"])
def store(request, tmp_path) -> ArtifactStore:
    return ArtifactStore(str(tmp_path / "store") if request.param == "disk" else f"memory://{tmp_path}")


@pytest.fixture
def disk(tmp_path) -> ArtifactStore:
    return ArtifactStore(str(tmp_path / "store"))


def path_of(store: ArtifactStore, file: str = "") -> Path:
    return Path(store.uri(KEY, file))


def test_what_was_committed_is_found_and_loaded(store):
    key, manifest, files = a_commit()

    returned = store.commit(key, manifest, files)

    assert returned == store.find(key) == store.manifest(key) == store.verify(key) == manifest
    assert store.load(key) == "one\n"
    assert store.read_file(key, manifest.files[1]) == b"\x89PNGone\n"


def test_a_store_that_does_not_exist_is_empty_and_is_not_made_by_reading(disk):
    assert disk.find(KEY) is None
    assert list(disk.keys()) == disk.find_run(KEY.run_id) == disk.history(KEY) == []
    assert not Path(disk.root).exists()


def test_what_is_not_there_is_named_with_the_command_that_makes_it(store):
    with pytest.raises(ArtifactNotFoundError) as caught:
        store.load(KEY)

    assert f"No model_card for dataset=orders model_version=v1 as_of=2025-12-01 run={KEY.run_id}" in str(
        caught.value
    )
    assert "Train it: ml-assets run --dataset orders --as-of 2025-12-01" in str(caught.value)
    assert isinstance(caught.value, FileNotFoundError)


def test_a_second_commit_replaces_the_first_and_both_are_in_the_history(store):
    first = store.commit(*a_commit("one\n"))

    second = store.commit(*a_commit("two\n"))

    assert store.load(KEY) == "two\n"
    assert store.history(KEY) == [first, second]


def test_committing_the_same_again_changes_nothing(store):
    once = a_commit()

    store.commit(*once)
    store.commit(*once)

    assert store.history(KEY) == [once[1]]


def test_the_files_on_disk_are_the_documented_ones(disk):
    key, manifest, files = a_commit(created_at=dt.datetime(2025, 12, 2, 3, 4, 5, 6, dt.timezone.utc))

    disk.commit(key, manifest, files)

    found = sorted(p.relative_to(path_of(disk)).as_posix() for p in path_of(disk).rglob("*") if p.is_file())
    assert found[:2] == sorted(files)
    assert found[2].startswith("history/20251202T030405000006Z-")
    assert found[3:] == ["manifest.json"]


def test_a_writer_stopped_before_its_commit_leaves_nothing_to_read(disk):
    disk.commit(*a_commit())

    path_of(disk, "manifest.json").unlink()

    assert disk.find(KEY) is None
    assert list(disk.keys()) == []


def test_nothing_is_written_where_bytes_are_not_those_of_the_manifest(store):
    key, manifest, files = a_commit()
    file = manifest.main.file

    with pytest.raises(StoreError, match=r"SHA-256.*Nothing was written"):
        store.commit(key, manifest, files | {file: b"two\n"})
    with pytest.raises(StoreError, match=r"5 bytes.*Nothing was written"):
        store.commit(key, manifest, files | {file: b"three"})
    with pytest.raises(StoreError, match=r"not those of the manifest.*Nothing was written"):
        store.commit(key, manifest, {file: files[file]})
    assert store.find(key) is None
    assert store.history(key) == []


@pytest.mark.parametrize(
    "change",
    [
        {"asset": "model"},
        {"as_of": dt.date(2025, 12, 2)},
        {"run_id": "0" * 12},
        {"parameters": identity(TrainingParameters(seed=1), of=TrainingParameters)},
        {"metrics": {"auc": float("nan")}},
        {"facts": {"rows": 2**60}},
    ],
)
def test_nothing_is_written_where_the_manifest_is_not_one_of_the_key(store, change):
    with pytest.raises(StoreError, match="Nothing was written"):
        store.commit(*a_commit(**change))
    assert store.find(KEY) is None


def test_an_artifact_moved_to_another_dataset_is_refused(store):
    key, manifest, files = a_commit()

    with pytest.raises(StoreError, match="another dataset"):
        store.commit(dataclasses.replace(key, values=(("dataset", "customers"),)), manifest, files)


@pytest.mark.parametrize("position", range(4))
def test_a_flipped_bit_in_the_data_is_never_loaded(disk, position):
    _, manifest, _ = a_commit()
    disk.commit(*a_commit())
    path = path_of(disk, manifest.main.file)
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << position
    path.write_bytes(data)

    with pytest.raises(CorruptArtifactError) as caught:
        disk.load(KEY)
    assert str(path) in str(caught.value)
    assert "train it again: ml-assets run --dataset orders --as-of 2025-12-01" in str(caught.value)


@pytest.mark.parametrize("length", [0, 1, 3])
def test_data_cut_short_is_never_loaded(disk, length):
    _, manifest, _ = a_commit()
    disk.commit(*a_commit())
    path_of(disk, manifest.main.file).write_bytes(b"one\n"[:length])

    with pytest.raises(CorruptArtifactError, match=f"it has {length} bytes?, the manifest says 4"):
        disk.load(KEY)


def test_missing_data_is_never_taken_for_a_missing_artifact(disk):
    _, manifest, _ = a_commit()
    disk.commit(*a_commit())
    path_of(disk, manifest.main.file).unlink()

    with pytest.raises(CorruptArtifactError, match="the file is missing"):
        disk.load(KEY)


def test_a_rotten_attachment_is_found_by_verify(disk):
    _, manifest, _ = a_commit()
    disk.commit(*a_commit())
    path_of(disk, manifest.files[1].file).write_bytes(b"rot")

    assert disk.load(KEY) == "one\n"
    with pytest.raises(CorruptArtifactError):
        disk.verify(KEY)


def test_a_rotten_file_is_healed_by_committing_again(disk):
    _, manifest, _ = a_commit()
    disk.commit(*a_commit())
    path_of(disk, manifest.main.file).write_bytes(b"rot")

    disk.commit(*a_commit())

    assert disk.verify(KEY)


def test_a_flipped_bit_anywhere_in_the_manifest_is_noticed(disk):
    disk.commit(*a_commit())
    path = path_of(disk, "manifest.json")
    body = path.read_bytes()

    for position in range(len(body)):
        flipped = bytearray(body)
        flipped[position] ^= 1 << (position % 8)
        path.write_bytes(flipped)
        with pytest.raises(CorruptArtifactError, match=r"manifest\.json is corrupt"):
            disk.manifest(KEY)


def test_a_manifest_cut_short_anywhere_is_noticed(disk):
    disk.commit(*a_commit())
    path = path_of(disk, "manifest.json")
    body = path.read_bytes()

    for length in range(0, len(body), 9):
        path.write_bytes(body[:length])
        with pytest.raises(CorruptArtifactError, match=r"manifest\.json is corrupt"):
            disk.manifest(KEY)


@pytest.mark.parametrize(
    "file", ["../../secret", "/etc/passwd", "data-0123456789abcdef.md/../x", "manifest.json"]
)
def test_a_manifest_cannot_point_outside_its_folder(disk, file):
    disk.commit(*a_commit())
    path = path_of(disk, "manifest.json")
    path.write_text(path.read_text().replace(a_commit()[1].main.file, file))

    with pytest.raises(CorruptArtifactError, match="not a valid manifest"):
        disk.load(KEY)


def test_the_manifest_of_another_key_is_refused(disk):
    other = TrainingParameters(seed=1)
    disk.commit(*a_commit())
    disk.commit(*a_commit(key=key_of("model_card", other, DAY), of=other))
    path_of(disk, "manifest.json").write_bytes(
        Path(disk.uri(key_of("model_card", other, DAY), "manifest.json")).read_bytes()
    )

    with pytest.raises(CorruptArtifactError, match="states another asset, as_of or run_id"):
        disk.find(KEY)


def test_a_rotten_history_entry_is_noticed(disk):
    disk.commit(*a_commit())
    entry = next(path_of(disk, "history").iterdir())
    entry.write_bytes(entry.read_bytes().replace(b"0.75", b"0.95"))

    with pytest.raises(CorruptArtifactError, match="not those that were committed"):
        disk.history(KEY)


def test_keys_come_by_path_and_foreign_files_are_ignored(store):
    parameters = [TrainingParameters(seed=seed) for seed in range(3)]
    expected = [key_of(asset, p, DAY) for asset in ("model_card", "training_set") for p in parameters]
    for key, p in zip(expected, parameters * 2, strict=True):
        store.commit(*a_commit(key=key, of=p))
    foreign = open_store(store.root)
    for path in (
        "README.md",
        "model/manifest.json",
        "model/dataset=x/as_of=2025-12-01/run=not_ours/manifest.json",
    ):
        foreign.put(path, b"{}")

    found = list(store.keys())

    assert found == sorted(set(expected), key=lambda key: key.path)
    assert list(store.keys("training_set")) == [key_of("training_set", PARAMETERS, DAY)]
    assert list(store.keys("no_such_asset")) == []


def test_what_a_killed_writer_left_is_not_listed(disk):
    disk.commit(*a_commit())
    path_of(disk, "manifest.json#1").write_bytes(b"{")
    path_of(disk, "history").joinpath("20251202T030405000006Z-0123456789ab.json#1").write_bytes(b"{")

    assert list(disk.keys()) == [KEY]
    assert len(disk.history(KEY)) == 1
    assert disk.commit(*a_commit("two\n")) == disk.verify(KEY)


def test_a_run_is_found_by_its_id(store):
    store.commit(*a_commit())
    other = TrainingParameters(seed=1)
    store.commit(*a_commit(key=key_of("model_card", other, DAY), of=other))

    assert store.find_run(KEY.run_id) == [KEY]
    assert store.find_run(KEY.run_id[:6]) == []


def test_an_asset_outside_the_catalog_is_loaded_by_its_extension(store):
    values = {"dataset": "orders"}
    key = ArtifactKey(
        asset="leaderboard", values=(("dataset", "orders"),), as_of=DAY, run_id=hash_identity(values, DAY)
    )
    _, manifest, files = a_commit()

    store.commit(
        key,
        manifest.model_copy(update={"asset": key.asset, "run_id": key.run_id, "parameters": values}),
        files,
    )

    assert store.load(key) == "one\n"


def test_a_store_can_be_sent_to_another_process(disk):
    disk.commit(*a_commit())

    assert pickle.loads(pickle.dumps(disk)).load(KEY) == "one\n"


def test_uris_are_absolute_paths_on_disk_and_uris_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert ArtifactStore("artifacts").uri(KEY) == f"{tmp_path}/artifacts/{KEY.path}"
    assert ArtifactStore(f"file://{tmp_path}/my%20store").uri(KEY) == f"{tmp_path}/my store/{KEY.path}"
    assert ArtifactStore("s3://bucket/prefix/").uri(KEY, "x") == f"s3://bucket/prefix/{KEY.path}/x"
    assert ArtifactStore("memory://a").uri(KEY) == f"memory://a/{KEY.path}"


def test_a_path_and_its_file_uri_are_one_store(tmp_path):
    ArtifactStore(str(tmp_path)).commit(*a_commit())

    assert ArtifactStore(f"file://{tmp_path}").load(KEY) == "one\n"


@pytest.mark.parametrize("root", ["ftp://host/x", "", "file://otherhost/x", "file://"])
def test_a_root_that_cannot_be_used_is_refused(root):
    with pytest.raises(SettingsError, match=r"^root: "):
        ArtifactStore(root).find(KEY)


def test_an_unknown_scheme_is_told_the_known_ones():
    with pytest.raises(SettingsError, match="file://, memory://, s3://, gs://, az://"):
        open_store("ftp://host/x")


def test_an_object_store_is_opened_by_its_uri(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)

    assert open_store("s3://bucket/prefix") is open_store("s3://bucket/prefix")


def test_a_file_where_the_root_should_be_is_explained(tmp_path):
    (tmp_path / "store").write_text("not a folder")

    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        ArtifactStore(str(tmp_path / "store")).commit(*a_commit())


def test_a_name_too_long_for_the_disk_is_explained(tmp_path):
    with pytest.raises(StoreError, match="the name is too long for this disk"):
        ArtifactStore(str(tmp_path / ("x" * 300))).commit(*a_commit())


@pytest.mark.parametrize("run_id", ["../../../../../secret", "..", "a/b\0"])
def test_a_key_that_points_outside_the_root_is_not_followed(store, run_id):
    with pytest.raises(StoreError):
        store.load(dataclasses.replace(KEY, run_id=run_id))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_root_without_permission_is_explained(tmp_path):
    tmp_path.chmod(0o500)

    with pytest.raises(StoreError, match="permission denied"):
        ArtifactStore(str(tmp_path / "store")).commit(*a_commit())


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            GenericError("Unable to copy data to file: No space left on device (os error 28)\n\nDebug"),
            "the disk is full",
        ),
        (OSError(28, "No space left on device"), "the disk is full"),
        (GenericError("Unable to open file: Permission denied (os error 13)"), "permission denied"),
        (PermissionError(13, "Permission denied"), "permission denied"),
        (GenericError("something new"), "something new. Check that the root can be reached"),
    ],
)
def test_errors_of_the_disk_name_the_place_and_the_next_step(error, message):
    with pytest.raises(StoreError, match=message) as caught, store_errors("/srv/store"):
        raise error
    assert "/srv/store" in str(caught.value)
    assert "Debug" not in str(caught.value)


def numbered(number: int) -> str:
    """A value that shows when it is mixed with another, of 2 to 200 KB."""
    return f"{number}\n" * (1000 + number * 7919 % 60_000)


def write_for_ever(root: str) -> None:
    number = 0
    while True:
        number += 1
        ArtifactStore(root).commit(*a_commit(numbered(number)))
        if number == 1:
            sys.stdout.write("ready\n")
            sys.stdout.flush()


def write_when_told(root: str, name: str) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for number in range(25):
        ArtifactStore(root).commit(*a_commit(numbered(number), dagster_run_id=name))


def another_process(*arguments: str) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": HOME}
    command = [sys.executable, __file__, *arguments]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_reader_never_sees_half_an_artifact_though_writers_are_killed_at_any_instant(tmp_path):
    stores = [ArtifactStore(str(tmp_path / str(number))) for number in range(6)]
    writers = [another_process("write_for_ever", store.root) for store in stores]
    rng = random.Random(0)

    for store, writer in zip(stores, writers, strict=True):
        assert writer.stdout.readline() == "ready\n"
        for _ in range(rng.randrange(5)):
            assert len(set(store.load(KEY).split())) == 1
        time.sleep(rng.random() / 50)
        writer.kill()
        writer.communicate()

        assert len(set(store.load(KEY).split())) == 1
        assert store.verify(KEY) in store.history(KEY)
        assert list(store.keys()) == [KEY]
        assert store.commit(*a_commit("after\n")) == store.verify(KEY)


def test_two_writers_of_one_key_end_with_one_artifact_and_both_histories(disk):
    writers = [another_process("write_when_told", disk.root, name) for name in ("one", "two")]
    for writer in writers:
        writer.stdout.readline()
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)

    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(set(disk.load(KEY).split())) == 1
    assert disk.verify(KEY) in disk.history(KEY)
    assert sorted(m.dagster_run_id for m in disk.history(KEY)) == ["one"] * 25 + ["two"] * 25


if __name__ == "__main__":
    {"write_for_ever": write_for_ever, "write_when_told": write_when_told}[sys.argv[1]](*sys.argv[2:])
