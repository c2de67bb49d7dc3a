"""A run's day is a real, complete one, in UTC."""

import datetime as dt
import time

import pytest

from ml_assets.core.as_of import last_complete_day, parse, problem, window

UTC = dt.timezone.utc
NOW = dt.datetime(2025, 12, 2, 0, 0, 1, tzinfo=UTC)


def test_a_day_is_complete_once_midnight_utc_has_passed():
    assert last_complete_day(NOW) == dt.date(2025, 12, 1)
    assert last_complete_day(NOW - dt.timedelta(seconds=2)) == dt.date(2025, 11, 30)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_the_zone_of_the_machine_does_not_matter(zone, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert last_complete_day(NOW) == dt.date(2025, 12, 1)
        assert last_complete_day(NOW + dt.timedelta(hours=23)) == dt.date(2025, 12, 1)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_window_ends_with_its_last_day_and_begins_with_the_first_there_is():
    last = dt.date(2025, 12, 3)
    days = [dt.date(2025, 12, n) for n in (1, 2, 3)]

    assert window(last, days=3, first=dt.date(2025, 1, 1)) == tuple(days)
    assert window(last, days=3, first=days[1]) == tuple(days[1:])
    assert window(last, days=1, first=last) == (last,)
    assert window(last, days=9, first=dt.date(2026, 1, 1)) == ()


def test_a_clock_of_another_zone_is_read_as_utc():
    tokyo = dt.timezone(dt.timedelta(hours=9))

    assert last_complete_day(dt.datetime(2025, 12, 2, 8, 59, tzinfo=tokyo)) == dt.date(2025, 11, 30)


@pytest.mark.parametrize(
    "text",
    [
        "2025-13-01",
        "2025-02-29",
        "yesterday",
        "",
        "20251201",
        "2025-12-01T00:00",
        "\uff12\uff10\uff12\uff15-12-01",
    ],
)
def test_what_is_no_real_day_is_no_day(text):
    assert parse(text) is None


def test_a_leap_day_is_a_day():
    assert parse("2024-02-29") == dt.date(2024, 2, 29)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (None, "not a real day"),
        (dt.date(2025, 12, 2), "not a complete day yet (UTC). Allowed: at most 2025-12-01."),
        (dt.date(2024, 12, 31), "before the first day. Allowed: 2025-01-01 to 2025-12-01"),
        (dt.date(2025, 12, 1), None),
        (dt.date(2025, 1, 1), None),
    ],
)
def test_a_day_is_refused_in_words_that_say_which_are_allowed(day, words):
    line = problem(day, now=NOW, first=dt.date(2025, 1, 1))

    assert words in line if words else line is None
