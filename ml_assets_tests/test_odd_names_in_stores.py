"""Whatever lies in a store beside the artifacts stops neither a listing nor a verification, and is told by the latter."""

import os
import threading
import time
from pathlib import Path

import pytest

from ml_assets.cli.main import main
from ml_assets.core.artifact import parse_path
from ml_assets.core.foreign_text import visible
from ml_assets.errors import CorruptArtifactError, StoreError
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore, Entry
from ml_assets.storage.release_log import ReleaseLog
from ml_assets.storage.verifying import verify_all
from ml_assets_tests.keys import key_of
from ml_assets_tests.odd_files import ODD
from ml_assets_tests.released import ORDERS
from ml_assets_tests.test_artifact_store import a_commit
from ml_assets_tests.test_list import DAY

pytestmark = pytest.mark.kind("names in a folder")

KEY = key_of("evaluation", TrainingParameters(), DAY)
PARENTS = (
    "",
    "evaluation",
    "evaluation/model_version=v1",
    "evaluation/model_version=v1/dataset=orders",
    KEY.path,
)


@pytest.fixture
def store():
    """A store with one artifact, in the place where the commands look for it."""
    found = ArtifactStore(str(Path("artifacts/dev").absolute()))
    found.commit(*a_commit(key=KEY))
    return found


@pytest.mark.parametrize("parent", PARENTS)
@pytest.mark.parametrize("odd", ODD)
def test_what_lies_beside_an_artifact_stops_no_listing_and_no_verification(odd, parent, store, capsys):
    make, name, why = ODD[odd]
    make(Path(store.root) / parent)

    found = list(store.entries(None))
    verified = verify_all(store, settled=DAY - DAY)

    assert [entry.key for entry in found if isinstance(entry, Entry)] == [KEY]
    assert verified.sound == 1
    assert verified.findings
    assert main(["list"]) == 0
    told = "".join(f"{finding.path} {finding.told}\n" for finding in verified.findings)
    place = visible(f"{parent}/{name}".lstrip("/"))
    assert (
        f"{place} {why}" in told or f"{place} belongs to no artifact" in told or "no manifest names" in told
    )
    assert main(["verify"]) in {0, 1}  # what belongs to no artifact is told, and is no damage
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("file", ["manifest.json", "data"])
def test_a_pipe_in_the_place_of_a_file_is_told_and_not_waited_for(file, store):
    path = min(path for path in Path(store.uri(KEY)).iterdir() if path.name.startswith(file))
    path.unlink()
    os.mkfifo(path)
    started, threads = time.monotonic(), threading.active_count()

    (entry,) = store.entries(None)
    with pytest.raises(StoreError, match=r"is a named pipe where a file is needed|it has 0 bytes"):
        store.verify(KEY)
    verified = verify_all(store)

    assert isinstance(entry, CorruptArtifactError if file == "manifest.json" else Entry)
    assert verified.sound == 0
    assert time.monotonic() - started < 60
    assert threading.active_count() < threads + 30


@pytest.mark.parametrize("odd", ODD)
def test_what_lies_in_the_log_of_releases_stops_nobody(odd, tmp_path):
    folder = tmp_path / "releases" / "dataset=orders" / "log"
    folder.mkdir(parents=True)
    ODD[odd][0](folder)

    assert ReleaseLog(str(tmp_path / "releases"), ORDERS).last() is None


def test_a_path_that_is_no_text_is_that_of_no_artifact():
    assert parse_path(KEY.path.replace("orders", "\udcff")) is None
