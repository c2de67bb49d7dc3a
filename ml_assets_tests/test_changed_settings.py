"""Settings changed, or a cursor gone odd, under a running deployment: it is told, and the rest of the tick goes on."""

import datetime as dt
import json
from pathlib import Path

import dagster as dg
import pytest

from ml_assets.adapter.launching.cursor import VERSION
from ml_assets.adapter.launching.request_folder import RequestFolder
from ml_assets.adapter.launching.request_memory import mark
from ml_assets.adapter.partitions import first_loaded
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.shown import (
    catch_up,
    daily_training,
    landed_days,
    leaderboard_after_sweep,
    report_after_backfill,
    request_files,
)
from ml_assets_tests.ticks import at, days, evaluate, keys, preset, tick, ticks, write

LOWERED = "2024-12-25"
BEFORE = "2024-12-28"
kind = pytest.mark.kind("settings changed while running")
FROM_SHOP = 'source = "shop"\nlookback_days = 31\nholdout_days = 5'


@pytest.fixture
def lowered(monkeypatch):
    """The first day as the settings have it by now; the definitions were loaded with a later one."""
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", LOWERED)
    assert dt.date.fromisoformat(LOWERED) < first_loaded()


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A landing zone whose days lie around the first day that was loaded."""
    around = order_days(dt.date(2024, 12, 27), dt.date(2025, 1, 3))
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(write_landing(tmp_path / "shop", rows_by_day=around)))


def drop(name, text):
    return write(Path("requests") / name, text)


@kind
@pytest.mark.usefixtures("lowered")
@pytest.mark.parametrize("asked", [f"as_of = {BEFORE}", f"from = {BEFORE}\nto = 2025-01-02"])
def test_a_request_of_a_day_that_was_not_loaded_is_told_in_its_note_and_the_other_files_go_on(asked):
    drop("early.toml", asked)
    drop("good.toml", "as_of = 2025-12-01")

    first = tick(request_files)
    note = Path("requests/early.toml.rejected").read_text()
    second = tick(request_files, cursor=first.cursor)

    assert days(first.run_requests) == ["2025-12-01"]
    assert "before 2025-01-01, the first day when the code location was loaded" in note
    assert "Reload the code location." in note
    assert not second.run_requests


@kind
def test_after_the_code_location_is_reloaded_the_request_is_taken_as_it_lies_there(monkeypatch):
    drop("early.toml", f"as_of = {BEFORE}")
    with monkeypatch.context() as patch:
        patch.setenv("ML_ASSETS_FIRST_AS_OF", LOWERED)
        cursor = tick(request_files).cursor
        assert Path("requests/early.toml.rejected").exists()

    drop("early.toml", "as_of = 2025-12-01")  # stands for a reload: a day that the loaded definitions have

    assert days(tick(request_files, cursor=cursor).run_requests) == ["2025-12-01"]
    assert not Path("requests/early.toml.rejected").exists()


@kind
@pytest.mark.usefixtures("lowered", "shop")
def test_landed_days_that_were_not_loaded_are_left_out_and_told_and_the_others_requested(capfd):
    preset("shop", FROM_SHOP, landing=True)

    found, _ = ticks(landed_days)

    assert days([request for requests in found for request in requests]) == [
        "2025-01-01",
        "2025-01-02",
        "2025-01-03",
    ]
    assert "first_as_of is 2024-12-25 by now and was 2025-01-01" in "".join(capfd.readouterr())


@kind
@pytest.mark.usefixtures("lowered")
def test_schedules_leave_out_the_days_that_were_not_loaded_and_tell_of_them(tmp_path, capfd):
    preset("daily", "lookback_days = 120", daily=True)

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        early = at(daily_training, "2024-12-31T03:00:00", instance=instance)
        requests = at(catch_up, "2025-01-03T05:00:00", instance=instance)

    assert early == []
    assert days(requests) == ["2025-01-01", "2025-01-02"]
    assert "".join(capfd.readouterr()).count("first_as_of is 2024-12-25 by now") == 2


UNUSABLE = {
    "broken": ("x = [", "ml_assets.toml: not valid TOML."),
    "unknown": ("nothere = 3", "nothere: unknown."),
    "environment": ("environment = 'nowhere'", "environment: unknown: nowhere."),
    "number": ("requests_per_tick = 0", "requests_per_tick: Input should be greater than or equal to 1"),
}


@kind
@pytest.mark.parametrize("case", UNUSABLE)
def test_settings_that_cannot_be_used_are_told_as_why_a_tick_is_skipped_and_the_cursor_stays(case, tmp_path):
    text, words = UNUSABLE[case]
    preset("daily", "lookback_days = 120", daily=True)
    drop("good.toml", "as_of = 2025-12-01")
    Path("ml_assets.toml").write_text(text)

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        told = [tick(sensor, cursor="{}") for sensor in (request_files, landed_days, report_after_backfill)]
        told += [
            evaluate(schedule, "2025-12-02T05:00:00", instance) for schedule in (daily_training, catch_up)
        ]

    assert all(words in data.skip_message for data in told)
    assert not any(data.run_requests for data in told)
    assert [getattr(data, "cursor", "{}") for data in told] == ["{}"] * len(told)

    Path("ml_assets.toml").unlink()
    assert days(tick(request_files, cursor="{}").run_requests) == ["2025-12-01"]


ODD = [
    None,
    "",
    "text",
    [],
    ["x", 3],
    [["x"]],
    {},
    {"x": 3},
    {"2025-07-15": ["x"]},
    {"not a day": "x"},
    {"x": [1, 2, 3]},
    {"x": [-5, -5]},
    3,
    -1,
    1e400,
    float("nan"),
    True,
]


@kind
@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    ("sensor", "names"),
    [
        (request_files, ["begun", "done"]),
        (landed_days, ["shop/orders"]),
        (report_after_backfill, ["since", "done"]),
        (leaderboard_after_sweep, ["done"]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
@pytest.mark.usefixtures("shop")
def test_a_cursor_of_odd_content_is_forgotten(sensor, names, odd):
    preset("shop", FROM_SHOP, landing=True)
    drop("good.toml", "from = 2025-11-30\nto = 2025-12-01")
    fresh = tick(sensor)

    for memory in (odd, *({name: odd} for name in names), dict.fromkeys(names, odd)):
        again = tick(sensor, cursor=json.dumps({"version": VERSION, "memory": memory}))

        assert keys(again.run_requests) == keys(fresh.run_requests)


@kind
@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"version": 1, "memory": ' + '{"a":' * 100_000, "\x00", "1" * 5000]
)
def test_a_cursor_that_no_reader_takes_is_forgotten(text):
    drop("good.toml", "as_of = 2025-12-01")

    assert days(tick(request_files, cursor=text).run_requests) == ["2025-12-01"]


@kind
@pytest.mark.parametrize("counts", [[0, 99], [7, 2], [-1, -1], [1, -1], [True, 1], [0.5, 1]])
def test_a_memory_of_more_or_fewer_runs_than_a_file_has_is_forgotten(counts):
    drop("good.toml", "from = 2025-11-30\nto = 2025-12-01")
    (file,) = RequestFolder(root="requests").look(now=dt.datetime.now(tz=dt.timezone.utc)).files
    memory = {"begun": {mark(file): counts}, "done": ""}

    again = tick(request_files, cursor=json.dumps({"version": VERSION, "memory": memory}))

    assert days(again.run_requests) == ["2025-11-30", "2025-12-01"]
