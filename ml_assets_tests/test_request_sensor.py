"""Request files: a sound one becomes its runs, once; any other gets a note and stops nobody."""

import datetime as dt
import os
from pathlib import Path

import dagster as dg
import obstore
import pytest
from obstore.store import MemoryStore

from ml_assets.adapter.launching import request_sensor as requests
from ml_assets.adapter.launching.request_folder import RequestFolder
from ml_assets.errors import StoreError
from ml_assets.storage.object_store import open_store
from ml_assets_tests.shown import request_files
from ml_assets_tests.ticks import days, keys, launch, preset, record, tick, ticks, write

SOUND = 'dataset = "customers"\nmodel_version = "v2"\nmax_depth = 3\nas_of = 2025-12-01\n'


def drop(name, text=SOUND, **more):
    return write(Path("requests") / name, text, **more)


def note(name):
    path = Path("requests") / f"{name}.rejected"
    return path.read_text() if path.exists() else None


def test_a_sound_file_becomes_a_run_of_what_it_gives_and_nothing_else():
    drop("nightly.toml")

    (request,) = tick(request_files).run_requests

    assert request.partition_key == "2025-12-01"
    assert request.run_config == {
        "resources": {"params": {"config": {"dataset": "customers", "model_version": "v2", "max_depth": 3}}}
    }
    run_id = request.tags["ml_assets/run_id"]
    assert request.run_key.startswith("request:nightly.toml:")
    assert request.run_key.endswith(f":2025-12-01:{run_id}")
    assert request.tags["ml_assets/dataset"] == "customers"
    assert request.tags["ml_assets/model_version"] == "v2"
    assert request.tags["ml_assets/request_file"] == "nightly.toml"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"C": 2, "as_of": "2025-12-01"}'),
        ("a.yaml", "C: 2\nas_of: 2025-12-01\n"),
        ("a.yml", "C: 2.0\nas_of: '2025-12-01'\n"),
        ("a.TOML", "C = 2\nas_of = 2025-12-01\n"),
    ],
)
def test_toml_yaml_and_json_say_the_same(name, text):
    drop(name, text)

    (request,) = tick(request_files).run_requests

    assert request.run_config == {"resources": {"params": {"config": {"C": 2.0}}}}
    assert request.partition_key == "2025-12-01"


def test_a_range_becomes_one_run_a_day():
    drop("range.toml", "from = 2025-11-29\nto = 2025-12-01\n")

    assert days(tick(request_files).run_requests) == ["2025-11-29", "2025-11-30", "2025-12-01"]


def test_a_file_may_start_from_a_preset_and_name_an_environment():
    preset("base", 'model_version = "v2"\nmax_depth = 3')
    drop("a.toml", 'preset = "base"\nmax_depth = 5\nenvironment = "staging"\nas_of = 2025-12-01\n')

    (request,) = tick(request_files).run_requests

    assert request.run_config["resources"]["params"]["config"] == {"model_version": "v2", "max_depth": 5}
    assert request.run_config["resources"]["options"]["config"] == {"environment": "staging"}
    assert request.tags["ml_assets/preset"] == "base"


def test_a_requested_run_succeeds_under_the_run_id_that_was_requested():
    instance = dg.DagsterInstance.ephemeral()
    drop("a.toml", "lookback_days = 130\nas_of = 2025-12-01\n")
    (request,) = tick(request_files, instance=instance).run_requests

    result = launch(request, instance=instance)

    assert result.success
    assert list(Path("artifacts/dev/model").rglob(f"run={request.tags['ml_assets/run_id']}/manifest.json"))


def test_a_file_is_requested_once():
    drop("a.toml")

    found, _ = ticks(request_files)

    assert [len(requests) for requests in found] == [1]


def test_a_file_dropped_again_asks_under_the_same_run_keys_so_that_nothing_runs_twice():
    drop("a.toml")
    first = tick(request_files)
    Path("requests/a.toml").unlink()
    gone = tick(request_files, cursor=first.cursor)
    drop("a.toml", age=100)

    again = tick(request_files, cursor=gone.cursor)

    assert not gone.run_requests
    assert keys(again.run_requests) == keys(first.run_requests)


def test_a_daemon_restarted_before_the_cursor_was_saved_asks_under_the_same_run_keys():
    drop("a.toml", "from = 2025-11-01\nto = 2025-11-05\n")

    assert keys(tick(request_files).run_requests) == keys(tick(request_files).run_requests)


def test_what_another_sensor_has_requested_is_not_requested_again():
    instance = dg.DagsterInstance.ephemeral()
    drop("a.toml", "from = 2025-11-01\nto = 2025-11-03\n")
    first, *_ = requests = tick(request_files, instance=instance).run_requests
    record(first, instance=instance)

    assert keys(tick(request_files, instance=instance).run_requests) == keys(requests[1:])


def test_changed_content_is_a_new_request_and_a_mere_touch_is_not():
    path = drop("a.toml")
    first = tick(request_files)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    touched = tick(request_files, cursor=first.cursor)
    drop("a.toml", SOUND + "seed = 1\n", age=100)

    changed = tick(request_files, cursor=touched.cursor)

    assert keys(touched.run_requests) == keys(first.run_requests)
    assert set(keys(changed.run_requests)).isdisjoint(keys(first.run_requests))


def test_a_file_that_is_still_being_written_is_left_for_the_next_tick():
    drop("a.toml", age=0)

    assert not tick(request_files).run_requests


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", SOUND.replace("3", "99"), "max_depth: too large. Allowed: a whole number from 1 to 16."),
        ("a.toml", SOUND + "sed = 1\n", "sed: unknown parameter. Did you mean seed?"),
        ("a.toml", "as_of = ", "not valid TOML."),
        ("a.yaml", "- 1\n", "must hold one flat mapping"),
        (
            "a.toml",
            "seed = 1\n",
            "as_of: state one day as as_of, or the first and the last one as from and to.",
        ),
        ("a.toml", "from = 2025-12-01\n", "as_of: state one day"),
        ("a.toml", "as_of = 2999-01-01\n", "as_of: not a complete day yet (UTC)."),
        ("a.toml", "from = 2024-12-01\nto = 2025-12-01\n", "from: before the first day."),
        ("a.toml", "from = 2025-12-02\nto = 2025-12-01\n", "to: before from, or too long after it."),
        ("a.toml", "from = 2025-01-02\nto = 2026-06-01\n", "to: before from, or too long after it."),
        ("a.toml", 'as_of = 2025-12-01\npreset = "nope"\n', "preset: unknown. Known: none in presets."),
        (
            "a.toml",
            'as_of = 2025-12-01\nenvironment = "prod"\n',
            "environment: unknown. Allowed: default, dev,",
        ),
        ("a.toml", 'as_of = 2025-12-01\nsource = "shop"\n', "source: unknown. Known: sample."),
        (
            "a.toml",
            'as_of = 2025-12-01\nsource = "AKIAIOSFODNN7EXAMPLE"\n',
            "source: looks like a credential.",
        ),
        ("a.toml", 'as_of = "AKIAIOSFODNN7EXAMPLE"\n', "as_of: looks like a credential."),
    ],
)
def test_a_refused_file_gets_the_reasons_beside_it_and_starts_nothing(name, text, words):
    drop(name, text)

    data = tick(request_files)

    assert not data.run_requests
    assert words in note(name)
    assert "AKIA" not in note(name) + data.cursor


def test_a_refused_file_does_not_stop_the_others():
    drop("a.toml", "as_of = ")
    drop("b.toml", 'dataset = "bogus"\nseed = -1\nas_of = 2025-12-01\n')
    drop("c.toml")

    data = tick(request_files)

    assert [request.tags["ml_assets/request_file"] for request in data.run_requests] == ["c.toml"]
    assert note("b.toml").splitlines()[1:3] == [
        "seed: too small. Allowed: a whole number from 0 to 2147483647.",
        "dataset: unknown. Allowed: orders, customers.",
    ]


@pytest.mark.kind("parameter files")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dataset: &a\n  x: *a\n", "line 2: an alias (*) stands there."),
        ('seed: !!int ""\n', "line 1: a tag (!) stands there that does not fit."),
        ("a: &a [x]\nas_of: [*a, *a]\n", "line 2: an alias (*) stands there."),
        ("seed: 1\nseed: 2\nas_of: 2025-12-01\n", "line 2: seed is there twice."),
        ("as_of: 0x" + "f" * 9_000, "line 1: holds a number or a name of more than 1000 characters."),
        ("\n".join(f"seeed{n}: 1" for n in range(10_000)), "and 9980 more names."),
    ],
    ids=["a loop", "a tag", "a bomb", "a key twice", "9,000 digits", "10,000 names"],
)
def test_a_file_made_to_harm_gets_its_note_and_stops_nobody(text, words):
    drop("a.yaml", text)
    drop("b.toml")

    data = tick(request_files)

    assert [request.tags["ml_assets/request_file"] for request in data.run_requests] == ["b.toml"]
    assert words in note("a.yaml")
    assert len(note("a.yaml")) < 10_000


def test_a_defect_that_one_file_finds_does_not_stop_the_others(monkeypatch, caplog):
    def read_order(data, *, name, **_):
        if name == "a.toml":
            raise ZeroDivisionError
        return order(data, name=name, **_)

    order = requests.read_order
    monkeypatch.setattr(requests, "read_order", read_order)
    drop("a.toml")
    drop("b.toml")

    data = tick(request_files)

    assert [request.tags["ml_assets/request_file"] for request in data.run_requests] == ["b.toml"]


def test_the_note_goes_away_when_the_file_is_corrected_and_is_replaced_when_it_is_not():
    drop("a.toml", "seed = -1\nas_of = 2025-12-01\n")
    first = tick(request_files)
    drop("a.toml", "seed = 1.5\nas_of = 2025-12-01\n", age=200)
    second = tick(request_files, cursor=first.cursor)
    then = note("a.toml")
    drop("a.toml", "seed = 1\nas_of = 2025-12-01\n", age=100)
    third = tick(request_files, cursor=second.cursor)

    assert "seed: not a whole number." in then
    assert "too small" not in then
    assert note("a.toml") is None
    assert days(third.run_requests) == ["2025-12-01"]


def test_a_refused_file_is_not_looked_at_again_until_it_changes():
    drop("a.toml", "seed = -1\nas_of = 2025-12-01\n")
    first = tick(request_files)
    Path("requests/a.toml.rejected").unlink()

    tick(request_files, cursor=first.cursor)

    assert note("a.toml") is None


@pytest.mark.parametrize("name", ["AKIAIOSFODNN7EXAMPLE.toml", "a.AKIAIOSFODNN7EXAMPLE.toml"])
def test_a_file_whose_name_looks_like_a_credential_is_refused_without_repeating_it(name):
    drop(name)

    data = tick(request_files)
    again = tick(request_files, cursor=data.cursor)

    (rejected,) = Path("requests").glob("*.rejected")
    assert not data.run_requests
    assert "(a file name): looks like a credential" in rejected.read_text()
    assert "AKIA" not in f"{rejected} {rejected.read_text()} {data.cursor} {data.skip_message}"
    assert again.cursor == data.cursor


def test_a_long_range_takes_several_ticks_and_holds_nobody_up():
    drop("a.toml", "from = 2025-10-01\nto = 2025-10-25\n")
    drop("b.toml", age=100)

    found, _ = ticks(request_files)

    assert [len(requests) for requests in found] == [10, 10, 6]
    assert "b.toml" in {request.tags["ml_assets/request_file"] for request in found[0]}
    assert len({key for requests in found for key in keys(requests)}) == 26


@pytest.mark.slow
def test_thousands_of_files_are_all_requested_once_and_none_is_forgotten(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_REQUESTS_PER_TICK", "200")
    for number in range(1200):
        drop(f"{number}.toml", f"seed = {number}\nas_of = 2025-12-01\n", age=1000 + number)
    drop("refused.toml", "seed = -1\nas_of = 2025-12-01\n", age=5000)

    found, cursor = ticks(request_files)

    assert [len(requests) for requests in found] == [200] * 6
    assert len({key for requests in found for key in keys(requests)}) == 1200
    assert "seed: too small" in note("refused.toml")
    assert len(cursor) < 1300 * 10


def test_a_file_that_cannot_be_read_now_is_tried_again_and_holds_nobody_up(monkeypatch):
    read = RequestFolder.read

    def broken(folder, file):
        if file.name == "a.toml":
            raise StoreError("a.toml: the disk does not answer.")
        return read(folder, file)

    monkeypatch.setattr("ml_assets.adapter.launching.request_sensor.OPENED", 1)
    drop("a.toml", age=5000)
    drop("b.toml", age=100)
    with monkeypatch.context() as fault:
        fault.setattr(RequestFolder, "read", broken)
        first = tick(request_files)
        second = tick(request_files, cursor=first.cursor)
    third = tick(request_files, cursor=second.cursor)

    names = [
        [request.tags["ml_assets/request_file"] for request in data.run_requests]
        for data in (first, second, third)
    ]
    assert names == [[], ["b.toml"], ["a.toml"]]


def test_the_cap_is_a_setting(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_REQUESTS_PER_TICK", "3")
    drop("a.toml", "from = 2025-10-01\nto = 2025-10-25\n")

    assert len(tick(request_files).run_requests) == 3


@pytest.mark.parametrize(
    "cursor",
    [
        "not json",
        "[]",
        "{}",
        '{"version": 99, "memory": {"done": "", "begun": {}}}',
        '{"version": 1, "memory": {"a.toml": ["58-1", -1]}}',
        '{"version": 1, "memory": {"done": 7, "begun": [1]}}',
        '{"version": 1, "memory": {"done": "abc", "begun": {"a": 1, "b": ["x", 2]}}}',
    ],
)
def test_a_cursor_that_cannot_be_read_is_forgotten(cursor):
    drop("a.toml")

    assert len(tick(request_files, cursor=cursor).run_requests) == 1


def test_other_files_and_folders_are_left_alone():
    for name in ("README.md", "a.ini", ".hidden.toml", "sub/a.toml"):
        drop(name, "as_of = ")

    data = tick(request_files)

    assert not data.run_requests
    assert not list(Path("requests").rglob("*.rejected"))


def test_without_a_folder_nothing_happens_and_nothing_is_made(tmp_path):
    assert tick(request_files).skip_message == "requests: 0 request files, nothing new"

    assert not (tmp_path / "requests").exists()


def test_a_folder_that_cannot_be_opened_is_told_and_the_cursor_is_kept(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_REQUESTS", "ftp://somewhere")

    data = tick(request_files, cursor="kept")

    assert "cannot be used (ftp://)" in data.skip_message
    assert data.cursor == "kept"


def test_an_object_store_is_watched_like_a_folder(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_REQUESTS", "memory://requests")
    monkeypatch.setattr("ml_assets.adapter.launching.request_folder.SETTLED", dt.timedelta(0))
    store = open_store("memory://requests")
    assert isinstance(store, MemoryStore)
    obstore.put(store, "good.toml", SOUND.encode())
    obstore.put(store, "bad.toml", b"seed = -1")

    data = tick(request_files)

    assert days(data.run_requests) == ["2025-12-01"]
    assert b"seed: too small" in bytes(obstore.get(store, "bad.toml.rejected").bytes())
