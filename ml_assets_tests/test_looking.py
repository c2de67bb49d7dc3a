"""A look at a store: what lies there, what was left out and why, and nothing that hides anything else."""

import os
from pathlib import Path

import pytest
from obstore.exceptions import GenericError
from obstore.store import LocalStore, MemoryStore

from ml_assets.core.s3_access import S3Access
from ml_assets.storage import bucket_pages
from ml_assets.storage.again import list_all, list_here
from ml_assets.storage.looking import TOLD, LeftOut, look
from ml_assets.storage.object_store import open_store
from ml_assets_tests.odd_files import CONTROL, ODD
from ml_assets_tests.s3 import VARIABLES, make_bucket, s3_server

SOUND = (
    "a.txt",
    "per%20cent",
    "sp ace",
    "ünï",
    "a#1.txt",
    "a#b#12",
    "back\\slash",
    ".hidden",
    "q?*[]",
    "e\u0301",
    "\x85",
)
EMPTY, DOTS = "its key has an empty part", "a part of its key is a dot or two"

names = pytest.mark.kind("names in a folder")


@pytest.fixture
def zone(tmp_path):
    """A folder with two sound files, one of them in a folder of its own."""
    place = tmp_path / "zone"
    (place / "orders").mkdir(parents=True)
    for name in ("orders/good.toml", "good.toml"):
        (place / name).write_bytes(b"good")
    return place


def paths(store, prefix=None):
    return [meta["path"] for meta in look(store, prefix).objects]


@names
@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_file_is_left_out_by_name_and_hides_nothing(odd, zone):
    make, name, why = ODD[odd]
    make(zone / "orders")
    store = open_store(str(zone))

    assert paths(store) == ["good.toml", "orders/good.toml"]
    assert look(store).left_out == [LeftOut(f"orders/{name}", why)]
    here = look(store, "orders", deep=False)
    assert [meta["path"] for meta in here.objects] == ["orders/good.toml"]
    assert here.left_out == [LeftOut(f"orders/{name}", why)]
    assert list_here(store, "orders") == {"objects": here.objects, "common_prefixes": []}


@names
def test_all_odd_things_in_one_folder_are_told_each(zone):
    for number, (make, name, _) in enumerate(ODD.values()):
        folder = zone / f"{number}"
        folder.mkdir()
        make(folder)
        assert (folder / name).is_symlink() or (folder / name).exists()

    assert len(look(open_store(str(zone))).left_out) == len(ODD)


@names
def test_a_link_to_a_pipe_is_none_to_a_file(zone, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (zone / "odd").symlink_to("../pipe")

    assert look(LocalStore(zone)).left_out == [LeftOut("odd", "a link to a named pipe")]


@names
@pytest.mark.parametrize("name", SOUND)
def test_a_name_that_can_be_read_is_told_as_the_store_tells_it(name, zone):
    (zone / "orders" / name).write_bytes(b"xyz")
    (zone / "linked").symlink_to("orders")
    store = LocalStore(zone)

    expected = sorted((meta for page in store.list() for meta in page), key=lambda meta: meta["path"])

    assert list_all(store) == expected
    assert f"linked/{name}" in paths(store)
    assert bytes(store.get(f"orders/{name}").bytes()) == b"xyz"


@pytest.mark.parametrize("nanoseconds", [0, -1_500, 1_999, 1_795_969_086_052_265_999, 10**9 * 9_999_999_999])
def test_size_moment_and_tag_of_a_file_are_those_of_the_store(nanoseconds, zone):
    os.utime(zone / "good.toml", ns=(0, nanoseconds))
    store = LocalStore(zone)

    assert look(store, deep=False).objects == [store.head("good.toml")]


def test_a_look_that_is_not_deep_tells_the_folders(zone):
    (zone / "linked").symlink_to("orders")
    store = LocalStore(zone)

    assert list_here(store) == store.list_with_delimiter()
    assert look(store, deep=False).folders == ["linked", "orders"]


def test_a_file_that_is_being_written_is_left_out(zone):
    (zone / "good.toml#17").write_bytes(b"")

    assert paths(LocalStore(zone)) == ["good.toml", "orders/good.toml"]
    assert look(LocalStore(zone)).left_out == [
        LeftOut("good.toml#17", "a file that was not written to its end")
    ]


@pytest.mark.parametrize("prefix", ["nothing", "good.toml", "good.toml/x"])
def test_nothing_lies_below_what_is_no_folder(prefix, zone):
    assert look(LocalStore(zone), prefix).objects == []


@pytest.mark.parametrize("prefix", ["..", "orders/../..", "a//b", "\x1b"])
def test_a_prefix_that_is_no_key_is_refused_and_leads_nowhere(prefix, zone):
    with pytest.raises(ValueError, match="prefix"):
        look(LocalStore(zone / "orders"), prefix)


@names
@pytest.mark.timeout(60)
def test_links_to_links_to_links_end(zone):
    for level in range(12):
        folder = zone / f"level{level}"
        folder.mkdir()
        for link in range(10):
            (folder / f"{link}").symlink_to(f"../level{(level + 1) % 12}")

    looked = look(LocalStore(zone))

    assert [meta["path"] for meta in looked.objects] == ["good.toml", "orders/good.toml"]
    assert len(looked.left_out) == TOLD


@names
def test_folders_without_end_are_left_out_where_they_lie_too_deep(zone):
    deepest = zone.joinpath(*["d"] * 150)
    deepest.mkdir(parents=True)

    assert look(LocalStore(zone)).left_out == [
        LeftOut("/".join(["d"] * 101), "a folder that lies deeper than 100 others")
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everywhere")
def test_a_folder_that_may_not_be_read_is_left_out_and_the_root_is_refused(zone):
    (zone / "orders").chmod(0)
    try:
        assert paths(LocalStore(zone)) == ["good.toml"]
        with pytest.raises(Exception, match="denied"):
            look(LocalStore(zone), "orders")
    finally:
        (zone / "orders").chmod(0o700)


def test_memory_is_told_as_ever():
    store = MemoryStore()
    for name in ("a/b", "c"):
        store.put(name, b"x")

    assert paths(store) == ["a/b", "c"]
    assert look(store, deep=False).folders == ["a"]


BAD_KEYS = {
    "orders//odd.toml": EMPTY,
    "orders//": EMPTY,
    "orders/./odd.toml": DOTS,
    "orders/../odd.toml": DOTS,
    "orders/od\x01d.toml": CONTROL,
    "orders/odd\r.toml": CONTROL,
    "orders/odd.toml/": None,
    "orders/": None,
}
GOOD = ["good.toml", "orders/good.toml"]


@pytest.fixture(scope="module")
def server():
    with s3_server() as url:
        yield url


@pytest.fixture
def opened(server, monkeypatch):
    """Opens a root of the S3 that runs here."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    return lambda root: open_store(root, access=S3Access(endpoint_url=server))


@names
@pytest.mark.parametrize("root", ["", "/below/here"])
@pytest.mark.parametrize(("number", "key"), [*enumerate(BAD_KEYS)])
def test_a_key_that_cannot_be_read_hides_no_other(number, key, root, server, opened):
    start, bucket = f"{root}/".lstrip("/"), f"bucket{number}{'below' if root else ''}"
    objects = {f"{start}{name}": b"good" for name in GOOD}
    make_bucket(server, bucket, {f"{start}{key}": b"" if key.endswith("/") else b"odd", **objects})
    store = opened(f"s3://{bucket}{root}")
    left_out = [LeftOut(key, BAD_KEYS[key])] if BAD_KEYS[key] else []

    looked = look(store)

    assert [meta["path"] for meta in looked.objects] == GOOD
    assert looked.left_out == left_out
    assert [meta["path"] for meta in list_here(store, "orders")["objects"]] == ["orders/good.toml"]
    assert look(store, deep=False).folders == ["orders"]


@names
@pytest.mark.parametrize(("number", "key"), [*enumerate(["odd//odd.toml", "odd//"])])
def test_a_first_part_that_is_empty_hides_nothing(number, key, server, opened):
    make_bucket(server, f"first{number}", {f"odd/{name}": b"good" for name in GOOD} | {key: b""})
    store = opened(f"s3://first{number}/odd")

    here = look(store, deep=False)

    assert [meta["path"] for meta in here.objects] == ["good.toml"]
    assert here.folders == ["orders"]
    assert here.left_out == [LeftOut("/", EMPTY)]


@names
def test_what_is_told_beside_an_odd_key_is_what_is_told_without_it(server, opened):
    s3 = make_bucket(server, "beside", {name: name.encode() for name in (*GOOD, "a b+ü/per%20cent&<")})
    store = opened("s3://beside")
    before = look(store)

    s3.put_object(Bucket="beside", Key="odd//odd", Body=b"odd")

    assert look(store).objects == before.objects
    assert look(store).left_out == [LeftOut("odd//odd", EMPTY)]


@names
def test_more_keys_than_a_page_are_told_beside_an_odd_one(server, opened, monkeypatch):
    s3 = make_bucket(server, "pages", {"x//odd": b""})
    for number in range(5):
        s3.put_object(Bucket="pages", Key=f"x/{number}", Body=b"x")
    monkeypatch.setattr(bucket_pages, "PAGE", 2)

    assert paths(opened("s3://pages")) == [f"x/{number}" for number in range(5)]


def test_a_bucket_that_is_not_there_is_told_as_ever(opened):
    with pytest.raises(GenericError, match="NoSuchBucket"):
        look(opened("s3://no-such-bucket"))


def test_nothing_is_opened(zone, monkeypatch):
    monkeypatch.setattr(os, "open", lambda *_, **__: pytest.fail("a file was opened"))

    assert paths(LocalStore(zone)) == ["good.toml", "orders/good.toml"]
    assert Path(zone).is_dir()
