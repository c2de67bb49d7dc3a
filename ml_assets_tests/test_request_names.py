"""Request files under odd names, at odd times and of odd kinds: each is told, and none stops another."""

import hashlib
import os
from pathlib import Path

import pytest

from ml_assets.adapter.launching import request_folder
from ml_assets.adapter.launching import request_sensor as requests
from ml_assets.adapter.launching.request_folder import RequestFolder
from ml_assets.adapter.launching.request_sensor import FILE_TAG
from ml_assets.errors import StoreError
from ml_assets_tests.odd_files import ODD
from ml_assets_tests.s3 import make_bucket, objects_in, s3_server, use
from ml_assets_tests.shown import request_files
from ml_assets_tests.ticks import tick, write

SOUND = "as_of = 2025-12-01\n"
SOON = -600  # seconds of age

names = pytest.mark.kind("names in a folder")


def drop(name, text=SOUND, **more):
    return write(Path("requests") / name, text, **more)


def asked(data):
    return [request.tags[FILE_TAG] for request in data.run_requests]


def notes():
    return {path.name: path.read_text() for path in Path("requests").glob("*.rejected")}


@names
@pytest.mark.parametrize("odd", ODD)
def test_what_cannot_be_a_request_gets_its_note_once_and_hides_no_file(odd, caplog):
    make, name, why = ODD[odd]
    drop("good.toml")
    make(Path("requests"))

    first = tick(request_files)
    (written,) = notes()
    told = notes()[written]
    second = tick(request_files, cursor=first.cursor)

    shown = name.replace("\x1b", "\\x1b").replace("\t", "\\t").replace("\n", "\\n")
    shown = shown.replace("\x7f", "\\x7f").replace("\udcff", "\\xff")
    assert asked(first) == ["good.toml"]
    assert told.splitlines()[:2] == [f"{shown} was refused. Nothing was started.", f"{shown}: {why}."]
    assert written == ("odd.toml.rejected" if shown == name else written)
    assert written.isascii()
    assert written.isprintable()
    assert not second.run_requests
    assert list(notes()) == [written]


@names
def test_a_pipe_that_becomes_a_file_is_read_and_its_note_goes_away():
    Path("requests").mkdir()
    os.mkfifo("requests/a.toml")
    first = tick(request_files)
    told = notes()
    Path("requests/a.toml").unlink()
    drop("a.toml")

    second = tick(request_files, cursor=first.cursor)

    assert list(told) == ["a.toml.rejected"]
    assert asked(second) == ["a.toml"]
    assert notes() == {}


@names
def test_a_file_whose_time_lies_in_the_future_is_read_once_it_has_not_changed_for_a_tick(capfd):
    drop("a.toml", age=SOON)
    first = tick(request_files)
    told = "".join(capfd.readouterr())
    drop("a.toml", "as_of = ", age=SOON - 1)  # somebody is still writing it
    second = tick(request_files, cursor=first.cursor)
    drop("a.toml", age=SOON - 2)
    third = tick(request_files, cursor=second.cursor)
    fourth = tick(request_files, cursor=third.cursor)

    assert "a.toml: its time lies in the future. It is read unless it changes" in told
    assert [asked(data) for data in (first, second, third, fourth)] == [[], [], [], ["a.toml"]]
    assert notes() == {}


@names
@pytest.mark.parametrize(
    "name", ["\u202elmot.toml", "a\u2028b.toml", "zero\u200bwidth.toml", "c1\x9b31m.toml"]
)
def test_a_name_that_cannot_be_seen_is_told_with_escapes_everywhere(name, capfd):
    drop(name)
    drop(f"wrong {name}", "seed = -1\nas_of = 2025-12-01\n")

    data = tick(request_files)

    (request,) = data.run_requests
    ((note, text),) = notes().items()
    told = "".join(capfd.readouterr())
    escaped = name.encode("unicode_escape").decode()
    assert request.tags[FILE_TAG] == escaped
    assert request.run_key.startswith(f"request:{escaped}:")
    assert f"wrong {escaped} was refused" in text
    assert f"wrong {escaped} was refused" in told
    assert (note + text + told).isascii()


@names
def test_the_note_of_a_file_with_a_very_long_name_is_written_under_a_digest():
    name = "n" * 250 + ".toml"
    drop(name, "seed = -1\n")

    tick(request_files)

    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    assert list(notes()) == [f"file-{digest}.rejected"]


@names
@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, lambda place: place.symlink_to("nowhere")])
def test_what_is_no_folder_in_the_place_of_the_folder_is_told(make):
    make(Path("requests"))

    assert "requests: a file stands where a folder is needed." in tick(request_files).skip_message


@names
def test_a_folder_in_the_place_of_a_note_stops_nobody():
    drop("a.toml", "seed = -1\n")
    (Path("requests") / "a.toml.rejected").mkdir()
    drop("b.toml")

    assert asked(tick(request_files)) == ["b.toml"]


@pytest.mark.kind("parameter files")
@pytest.mark.parametrize("digits", [5, 400, 999, 5_000, 9_000])
def test_a_number_of_any_length_as_a_day_is_refused_with_a_note_and_not_tried_again(digits):
    drop("a.toml", f"as_of = 0x{'f' * digits}\n")
    drop("b.toml")

    first = tick(request_files)
    Path("requests/a.toml.rejected").unlink()
    tick(request_files, cursor=first.cursor)

    assert asked(first) == ["b.toml"]
    assert notes() == {}


def test_a_defect_that_a_file_finds_again_and_again_is_told_in_its_note_and_not_tried_for_ever(monkeypatch):
    monkeypatch.setattr(requests, "read_order", lambda *_, **__: 1 / 0)
    drop("a.toml")
    cursor, told = None, []

    for _ in range(4):
        cursor = tick(request_files, cursor=cursor).cursor
        told.append(notes())
    (Path("requests") / "a.toml.rejected").unlink()
    tick(request_files, cursor=cursor)

    assert told[:2] == [{}, {}]
    assert "A defect of ml_assets was met (ZeroDivisionError)" in told[2]["a.toml.rejected"]
    assert notes() == {}


def test_a_file_that_cannot_be_read_has_a_note_in_time_and_runs_once_it_can(monkeypatch):
    def broken(*_):
        raise StoreError("a.toml: the disk does not answer.")

    drop("a.toml")
    cursor, told = None, []
    with monkeypatch.context() as fault:
        fault.setattr(RequestFolder, "read", broken)
        for _ in range(4):
            cursor = tick(request_files, cursor=cursor).cursor
            told.append(notes())

    data = tick(request_files, cursor=cursor)

    assert told[1] == {}
    assert "the disk does not answer" in told[2]["a.toml.rejected"]
    assert "tried again in each tick" in told[3]["a.toml.rejected"]
    assert asked(data) == ["a.toml"]
    assert notes() == {}


@names
@pytest.mark.parametrize(
    ("number", "key", "note"),
    [
        (0, "odd//x.toml", None),
        (1, "/x.toml", None),
        (2, "od\x01d.toml", "file-"),
        (3, "odd.toml/", None),
        (4, "../odd.toml", None),
    ],
)
def test_a_key_that_cannot_be_read_hides_no_request_in_a_bucket(number, key, note, monkeypatch):
    monkeypatch.setattr(request_folder, "SETTLED", request_folder.SETTLED * 0)
    bucket = f"requests{number}"
    monkeypatch.setenv("ML_ASSETS_REQUESTS", f"s3://{bucket}/in")
    with s3_server() as url:
        use(monkeypatch, url)
        make_bucket(url, bucket, {"in/good.toml": SOUND.encode(), f"in/{key}": b""})
        data = tick(request_files)
        again = tick(request_files, cursor=data.cursor)
        written = {name for name in objects_in(url, bucket) if name.endswith(".rejected")}

    assert asked(data) == ["good.toml"]
    assert not again.run_requests
    assert len(written) == bool(note)
    assert all(name.startswith(f"in/{note}") for name in written)
