"""S3 over a network that fails: what arrives is whole, and what does not finish is not seen."""

import os
from importlib.metadata import version

import pytest

from ml_assets.core.manifest import StoredFile
from ml_assets.core.s3_access import S3Access
from ml_assets.errors import StoreError
from ml_assets.storage.artifact_store import ArtifactStore, stored_file
from ml_assets.storage.committing import put_new
from ml_assets.storage.object_store import open_store
from ml_assets_tests.faulty import Fault, faulty
from ml_assets_tests.s3 import VARIABLES, client, make_bucket, objects_in
from ml_assets_tests.test_artifact_store import KEY, a_commit

LARGE = 20_000_000
BUCKET = "faults"
# 0.11, the latest for Python 3.10, leaves the parts of a failed upload
WITHDRAWS = not version("obstore").startswith("0.11.")


@pytest.fixture(scope="module", autouse=True)
def _bucket(s3):
    make_bucket(s3, BUCKET)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def at(url, prefix="", **more):
    """A store in the bucket, reached by this address."""
    return ArtifactStore(f"s3://{BUCKET}/{prefix}".rstrip("/"), S3Access(endpoint_url=url, **more))


@pytest.mark.parametrize("reached", range(4))
def test_a_commit_that_breaks_off_at_any_request_leaves_the_old_artifact(s3, reached):
    """Its requests are: two files, the manifest in the history, and the manifest."""
    prefix = f"broken/{reached}"
    old = at(s3, prefix).commit(*a_commit("old\n"))
    sent = []

    def rule(method, _path):
        sent.append(method)
        return Fault(kind="answer") if len(sent) > reached else None

    with faulty(s3, rule) as network, pytest.raises(StoreError, match="the store failed, again and again"):
        at(network.url, prefix, max_attempts=1).commit(*a_commit("new\n"))

    assert at(s3, prefix).verify(KEY) == old
    assert at(s3, prefix).load(KEY) == "old\n"


def test_a_commit_whose_answers_are_all_lost_once_is_whole(s3):
    paths = set()

    def rule(_method, path):
        seen = path in paths
        paths.add(path)
        return None if seen else Fault(kind="lost")

    with faulty(s3, rule) as network:
        made = at(network.url, "lost").commit(*a_commit())

    assert network.spoiled["lost"] == 4
    assert at(s3, "lost").verify(KEY) == made


def test_that_nothing_is_there_is_asked_again_where_the_answer_is_cut_short(s3):
    faults = [Fault(kind="answer"), Fault(kind="reset"), Fault(kind="reset")]

    with faulty(s3, lambda _method, _path: faults.pop() if faults else None) as network:
        assert at(network.url, "nothing").find(KEY) is None
    assert network.spoiled["reset"] == 2


@pytest.mark.parametrize("broken", ["reset", "lost"])
def test_what_may_replace_nothing_is_put_although_the_store_failed_before_the_connection_broke(s3, broken):
    faults = [Fault(kind="answer"), Fault(kind=broken)]
    path = f"new/{broken}"

    with faulty(s3, lambda _method, _path: faults.pop(0) if faults else None) as network:
        put_new(open_store(f"s3://{BUCKET}", access=S3Access(endpoint_url=network.url)), path, b"1")
    assert network.spoiled == {"InternalError": 1, broken: 1}
    assert objects_in(s3, BUCKET, path) == {path: 1}


def test_a_listing_that_is_cut_short_is_asked_for_again(s3):
    at(s3, "cut").commit(*a_commit())
    faults = [Fault(kind="reset")] * 2

    with faulty(s3, lambda _method, _path: faults.pop() if faults else None) as network:
        assert list(at(network.url, "cut").keys()) == [KEY]
    assert network.spoiled["reset"] == 2


def large_commit():
    """A commit of an artifact that is uploaded in parts."""
    data = os.urandom(LARGE)
    file: StoredFile = stored_file("model_card", data, "md")
    key, manifest, _ = a_commit()
    return key, manifest.model_copy(update={"files": (file,)}), {file.file: data}


def test_a_large_artifact_goes_in_parts_that_are_sent_again_each_for_itself(s3):
    key, manifest, files = large_commit()
    parts, spoiled = [], []

    def rule(method, path):
        if method == "PUT" and "partNumber=" in path:
            parts.append(path)
            if "partNumber=3" in path and not spoiled:
                spoiled.append(path)
                return Fault(kind="reset")
        return None

    with faulty(s3, rule) as network:
        at(network.url, "large").commit(key, manifest, files)

    assert len(parts) == len(set(parts)) + 1 > 4
    assert at(s3, "large").verify(key) == manifest


def test_a_large_upload_that_breaks_off_in_the_middle_leaves_nothing(s3):
    rule = lambda _method, path: Fault(kind="reset") if "partNumber=3" in path else None  # noqa: E731

    with faulty(s3, rule) as network, pytest.raises(StoreError, match="the connection breaks off"):
        at(network.url, "half", max_attempts=2).commit(*large_commit())

    assert objects_in(s3, BUCKET, "half/") == {}
    if WITHDRAWS:
        assert client(s3).list_multipart_uploads(Bucket=BUCKET).get("Uploads") is None
    assert at(s3, "half").find(KEY) is None


def test_a_put_that_may_replace_nothing_replaces_nothing_in_s3(s3):
    """What a pointer log relies on."""
    from obstore.exceptions import AlreadyExistsError

    store = open_store(f"s3://{BUCKET}/once", access=S3Access(endpoint_url=s3))
    store.put("1.json", b"first", mode="create")

    with pytest.raises(AlreadyExistsError):
        store.put("1.json", b"second", mode="create")

    assert bytes(store.get("1.json").bytes()) == b"first"
