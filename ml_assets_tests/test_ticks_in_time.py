"""No tick outlives its time, whatever it waits for, and what is slow holds up nothing else."""

import datetime as dt
import os
import re
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import DecoratedScheduleFunction
from dagster._grpc.impl import get_external_schedule_execution, get_external_sensor_execution

from ml_assets.adapter.launching import in_time, request_folder
from ml_assets.adapter.launching import landing_sensor as landing
from ml_assets.adapter.launching.request_sensor import FILE_TAG
from ml_assets.definitions import defs
from ml_assets.errors import OutOfTimeError
from ml_assets.storage import deadline
from ml_assets.storage.again import again
from ml_assets.storage.deadline import time_left, times_late, within
from ml_assets_tests.builders import write_landing
from ml_assets_tests.faulty import Fault, faulty
from ml_assets_tests.s3 import make_bucket, s3_server, use
from ml_assets_tests.shown import catch_up, daily_training, landed_days, request_files
from ml_assets_tests.ticks import at, let_end, preset, tick, write
from ml_assets_tests.webhook import webhook

pytestmark = pytest.mark.kind("ticks in time")

SOUND = b"as_of = 2025-12-01\n"
LONG = 20.0  # seconds: nothing here takes as long, unless it hangs
STALLED = 14  # seconds that an answer takes which nobody waits for


@pytest.fixture(autouse=True)
def _nothing_is_left():
    """What a test left behind has ended before the next one begins."""
    yield
    let_end()


@pytest.fixture
def hurried(monkeypatch):
    """A tick has six seconds, and three more for what is under way: a busy machine answers within them."""
    monkeypatch.setattr(in_time, "SECONDS", 6.0)
    monkeypatch.setattr(in_time, "GRACE", 3.0)
    monkeypatch.setattr(request_folder, "LISTED_WITHIN", 3.0)
    monkeypatch.setattr(request_folder, "READ_WITHIN", 2.0)
    monkeypatch.setattr("ml_assets.adapter.launching.request_sensor.READ_WITHIN", 2.0)
    monkeypatch.setattr(landing, "ZONE", 3.0)


def is_late(root, message):
    """Whether a message tells of a listing that did not come.

    The tick's own wait and that for the one request end at the same instant, so either may tell it; the latter names
    the endpoint too.
    """
    return re.search(rf"{re.escape(root)}( \(\S+\))?: no answer within ", message) is not None


def timed(work):
    started = time.monotonic()
    return work(), time.monotonic() - started


def test_work_that_ends_in_time_is_what_it_returns_or_raises():
    def fails():
        raise FileNotFoundError("x")

    assert within(5, lambda: 7, what="a sum") == 7
    with pytest.raises(FileNotFoundError, match="x"):
        within(5, fails, what="a sum")


def test_work_that_takes_too_long_is_left_behind_and_not_begun_again_beside_it():
    go_on, begun = threading.Event(), []

    def work():
        begun.append(1)
        return go_on.wait(LONG)

    with pytest.raises(OutOfTimeError, match=r"the store: no answer within 0\.1 seconds\."):
        within(0.1, work, what="the store")
    with pytest.raises(OutOfTimeError, match="the store: an earlier request still waits for its answer"):
        within(5, work, what="the store")
    assert times_late("the store") == 2
    assert within(5, lambda: 7, what="another store") == 7
    go_on.set()
    deadline._left["the store", "the store"].join(LONG)

    assert within(5, work, what="the store")
    assert times_late("the store") == 0
    assert len(begun) == 2


def test_of_one_kind_no_more_than_a_few_are_left_behind():
    go_on, begun = threading.Event(), []

    for number in range(deadline.MOST_LEFT + 5):
        with pytest.raises(OutOfTimeError):
            within(0.02, lambda: begun.append(1) or go_on.wait(LONG), what=f"file {number}", kind="files")
    assert len(begun) == deadline.MOST_LEFT
    assert within(5, lambda: 7, what="a file", kind="other files") == 7
    go_on.set()


def test_work_inside_work_has_no_more_time_than_what_is_left():
    assert within(0.5, lambda: within(100, time_left, what="inner"), what="outer") <= 0.5
    assert time_left() > 1e9


def test_work_that_was_left_behind_begins_nothing_more():
    outcomes, go_on = [], threading.Event()

    def work():
        go_on.wait(LONG)
        try:
            within(5, lambda: outcomes.append("begun"), what="inner")
        except OutOfTimeError as error:
            outcomes.append(str(error))

    with pytest.raises(OutOfTimeError):
        within(0.1, work, what="outer")
    go_on.set()
    let_end()

    assert outcomes == ["inner: no time was left for it."]


def test_a_request_is_not_sent_again_when_time_is_up(monkeypatch):
    from obstore.exceptions import GenericError

    monkeypatch.setattr("ml_assets.storage.again.PAUSE", 0.01)
    sent = []

    def request():
        sent.append(1)
        time.sleep(0.1)
        raise GenericError("kind: Interrupted")

    with pytest.raises(GenericError):
        within(0.15, lambda: again(request), what="a store", grace=LONG)
    assert len(sent) == 2


def evaluations():
    """What evaluates each sensor and schedule; a schedule that always requests the same evaluates nothing."""
    for sensor in defs.sensors:
        evaluate = getattr(sensor, "_run_status_sensor_fn", None) or sensor._raw_fn
        yield pytest.param(getattr(evaluate, "decorated_fn", evaluate), id=sensor.name)
    for schedule in defs.schedules:
        if isinstance(schedule._execution_fn, DecoratedScheduleFunction):
            yield pytest.param(schedule._execution_fn.decorated_fn, id=schedule.name)


@pytest.mark.parametrize("evaluate", [*evaluations()])
def test_every_sensor_and_schedule_has_an_end(evaluate, monkeypatch):
    monkeypatch.setattr(in_time, "within", lambda *_, what, **__: f"in time: {what}")

    assert evaluate(SimpleNamespace(for_run_failure=lambda: None)).startswith("in time: ")


def test_a_code_server_evaluates_each_of_them_with_an_instance_of_its_own(tmp_path):
    preset("daily", "seed = 1", daily=True)
    repository, known = defs.get_repository_def(), {}
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        ref = instance.get_ref()
        for sensor in defs.sensors:
            known[sensor.name] = get_external_sensor_execution(
                repository, None, ref, sensor.name, None, None, None, ["log", sensor.name], None
            )
        for schedule in (daily_training, catch_up):
            known[schedule.name] = get_external_schedule_execution(
                repository, ref, schedule.name, time.time(), "UTC", ["log", schedule.name]
            )

    assert {name: getattr(data, "error", None) for name, data in known.items()} == dict.fromkeys(known)
    assert len(known["daily_training"].run_requests) == 1
    assert len(known["catch_up"].run_requests) == 14


@pytest.mark.slow
def test_a_listing_that_does_not_come_skips_the_tick_and_the_next_one_at_once(hurried, monkeypatch):
    slow = {"on": True}
    with s3_server() as url:
        make_bucket(url, "asked", {"a.toml": SOUND})
        with faulty(url, lambda *_: Fault(kind="delay", seconds=STALLED) if slow["on"] else None) as network:
            use(monkeypatch, network.url)
            monkeypatch.setenv("ML_ASSETS_REQUESTS", "s3://asked")
            monkeypatch.setattr(request_folder, "SETTLED", request_folder.SETTLED * 0)
            first, took = timed(lambda: tick(request_files, cursor="kept"))
            second, took_again = timed(lambda: tick(request_files, cursor="kept"))
            slow["on"] = False
            let_end()
            third = tick(request_files)

    assert is_late("s3://asked", first.skip_message)
    assert "an earlier request still waits" in second.skip_message
    assert first.cursor == second.cursor == "kept"
    assert max(took, took_again) < STALLED
    assert [request.tags[FILE_TAG] for request in third.run_requests] == ["a.toml"]


def test_a_bucket_that_answers_byte_by_byte_skips_the_tick(hurried, monkeypatch):
    with webhook(drip=0.05, path="") as drip:
        use(monkeypatch, drip.url, max_attempts=1)
        monkeypatch.setenv("ML_ASSETS_REQUESTS", "s3://dripping")
        data, took = timed(lambda: tick(request_files))
        drip.drip = 0

    assert is_late("s3://dripping", data.skip_message)
    assert took < STALLED


@pytest.mark.slow
def test_an_object_that_does_not_come_holds_up_no_other(hurried, monkeypatch):
    with s3_server() as url:
        make_bucket(
            url, "one", {f"{name}.toml": SOUND + f"seed = {n}\n".encode() for n, name in enumerate("abc")}
        )
        rule = lambda _, path: Fault(kind="delay", seconds=STALLED) if "a.toml" in path else None  # noqa: E731
        with faulty(url, rule) as network:
            use(monkeypatch, network.url)
            monkeypatch.setenv("ML_ASSETS_REQUESTS", "s3://one")
            monkeypatch.setattr(request_folder, "SETTLED", request_folder.SETTLED * 0)
            data, took = timed(lambda: tick(request_files))
            let_end()

    assert {request.tags[FILE_TAG] for request in data.run_requests} == {"b.toml", "c.toml"}
    assert took < STALLED


@pytest.mark.slow
def test_a_zone_that_does_not_answer_holds_up_no_other(hurried, monkeypatch, tmp_path):
    write_landing(tmp_path / "zone")
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(tmp_path / "zone"))
    monkeypatch.setenv("ML_ASSETS_SOURCES__FAR", "s3://far/rows")
    preset("far", 'source = "far"', landing=True)
    preset("shop", 'source = "shop"', landing=True)
    with s3_server() as url:
        make_bucket(url, "far")
        with faulty(url, lambda *_: Fault(kind="delay", seconds=STALLED)) as network:
            use(monkeypatch, network.url)
            first, took = timed(lambda: tick(landed_days))
            second, took_again = timed(lambda: tick(landed_days, cursor=first.cursor))
            let_end()

    assert {request.tags["ml_assets/source"] for request in first.run_requests} == {"shop"}
    assert second.run_requests
    assert max(took, took_again) < STALLED
    assert times_late("the landing zone far/orders") == 2


def test_a_pipe_called_dataset_toml_holds_up_no_other_zone(hurried, monkeypatch, tmp_path):
    for name in ("odd", "shop"):
        write_landing(tmp_path / name)
        monkeypatch.setenv(f"ML_ASSETS_SOURCES__{name.upper()}", str(tmp_path / name))
        preset(name, f'source = "{name}"', landing=True)
    pipe = tmp_path / "odd" / "orders" / "dataset.toml"
    pipe.unlink()
    os.mkfifo(pipe)

    data, took = timed(lambda: tick(landed_days))
    _let_go(pipe)

    assert {request.tags["ml_assets/source"] for request in data.run_requests} == {"shop"}
    assert took < LONG


def test_a_pipe_among_the_presets_holds_up_no_tick(hurried):
    preset("daily", "seed = 1", daily=True)
    os.mkfifo(Path("presets") / "pipe.toml")

    requests, took = timed(lambda: at(daily_training, "2025-12-02T03:00:00"))

    assert len(requests) == 1
    assert took < LONG


@pytest.mark.slow
def test_a_store_that_does_not_answer_skips_the_schedule_in_words(hurried, monkeypatch):
    preset("daily", "seed = 1", daily=True)
    go_on = threading.Event()
    monkeypatch.setattr(
        "ml_assets.adapter.launching.schedules.days_made", lambda *_, **__: go_on.wait(LONG) and ()
    )

    context_free, took = timed(lambda: _skip_of(catch_up))
    go_on.set()

    assert context_free.startswith("catch_up: no answer within 9.0 seconds. This tick was given up")
    assert took < LONG


def test_no_more_files_are_opened_when_time_is_up(hurried, monkeypatch):
    read = request_folder.RequestFolder.read

    def slowly(folder, file):
        time.sleep(0.35)
        return read(folder, file)

    monkeypatch.setattr(request_folder.RequestFolder, "read", slowly)
    monkeypatch.setenv("ML_ASSETS_REQUESTS_PER_TICK", "100")
    for number in range(20):
        write(Path("requests") / f"{number}.toml", f"seed = {number}\nas_of = 2025-12-01\n")
    cursor, asked = None, []

    for _ in range(6):
        data = tick(request_files, cursor=cursor)
        cursor = data.cursor
        asked.append([request.tags[FILE_TAG] for request in data.run_requests])

    assert 0 < len(asked[0]) < 20
    assert len({name for names in asked for name in names}) == sum(map(len, asked)) == 20


def _skip_of(schedule):
    moment = dt.datetime(2025, 12, 2, 5, tzinfo=dt.timezone.utc)
    with dg.DagsterInstance.local_temp() as instance:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=moment, repository_def=defs.get_repository_def()
        )
        return schedule.evaluate_tick(context).skip_message


def _let_go(pipe: Path) -> None:
    """Who waits for the pipe to be written reads its end."""
    try:
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:  # nobody waits
        return
