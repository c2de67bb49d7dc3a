"""A sample of rows is the same whatever the files, their order and the cache; only it is fingerprinted."""

import datetime as dt
import math
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.core.contract import DatasetContract
from ml_assets.core.point_in_time import known_at_end_of, seen_at_end_of
from ml_assets.core.room import CachePlace
from ml_assets.core.row_choice import choose, leading_zeros, piece_of
from ml_assets.core.rows import Rows, ask_again
from ml_assets.core.stable_hash import hash_rows
from ml_assets.core.tally import by_day, tally
from ml_assets.errors import SourceError
from ml_assets.pipelines.tabular import TrainingParameters, tabular
from ml_assets.settings import load_settings
from ml_assets.sources.rows import open_source
from ml_assets.sources.rows_cache import RowsCache
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.scenario import train

AS_OF = dt.date(2025, 8, 10)
FIRST = dt.date(2025, 5, 1)
ASKED = {"source": "shop", "first": FIRST, "last": AS_OF, "closed": True, "coded": True}
CONTRACT = DatasetContract(
    event_time="at", label="paid", label_closes_at="closes", ids=("name",), features=("amount",)
)
NOON = dt.datetime(2025, 8, 9, 12)  # noqa: DTZ001  (naive UTC, as everywhere in rows)
_HOURS = st.integers(-60, 60).map(lambda hours: NOON + dt.timedelta(hours=hours))
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.sampled_from([AS_OF - dt.timedelta(days=n) for n in range(3)]),
            "name": st.one_of(st.none(), st.sampled_from(["7", "07", "a", "b" * 70])),
            "at": _HOURS,
            "paid": st.one_of(st.none(), st.just(1.0)),
            "closes": st.one_of(st.none(), _HOURS),
            "amount": st.integers(0, 3),
        }
    ),
    max_size=25,
)
_SCHEMA = {
    "day": pl.Date(),
    "name": pl.String(),
    "at": pl.Datetime("us"),
    "paid": pl.Float64(),
    "closes": pl.Datetime("us"),
    "amount": pl.Int64(),
}


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    return write_landing(tmp_path_factory.mktemp("zone"), rows_by_day=order_days())


def _rows(zone, *, cache="", rows_gb=4.0):
    source = open_source("shop", str(zone), rows_gb=rows_gb, cache=CachePlace(folder=str(cache)))
    return Rows(sources=lambda _: source, as_of=AS_OF)


def _sample(zone, max_rows, **given):
    return _rows(zone, **given).scan("orders", **ASKED, max_rows=max_rows).collect()


@given(_ROWS, st.integers(1, 30), st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_sample_is_the_known_rows_of_the_smallest_hash_in_whatever_order_and_pieces(
    rows, most, random, closed
):
    table = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    is_known = known_at_end_of if closed else seen_at_end_of
    known = table.filter(is_known(AS_OF, CONTRACT))
    hashes = hash_rows(known, ids=["name"], content=known.columns)
    by_content = known.with_columns(pl.Series("hash", hashes)).sort("hash", *sorted(_SCHEMA))
    random.shuffle(rows)
    cuts = sorted(random.sample(range(len(rows) + 1), k=min(3, len(rows) + 1)))
    parts = [rows[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)]

    def pieces(zeros):
        bits = zeros(len(rows))
        for part in parts:
            yield piece_of(pl.DataFrame(part, schema=_SCHEMA, orient="row"), CONTRACT, zeros=bits)

    choice = choose(pieces, CONTRACT, max_rows=most, as_of=AS_OF, closed=closed)

    expected = by_content.head(most).drop("hash")
    others = sorted(set(_SCHEMA) - {"day", "name"})
    assert choice.rows.equals(expected.sort("day", "name", *others))
    assert (choice.known, choice.days["rows"].sum()) == (known.height, len(rows))


def _cells(spread):
    """Times of one row, and its outcome: within so many hours of a noon, so within one day or not."""
    hours = st.integers(-spread, spread).map(lambda hours: NOON + dt.timedelta(hours=hours))
    return st.tuples(hours, hours, hours, st.one_of(st.just(1.0), st.none()) if spread % 2 else st.just(1.0))


@given(
    st.sampled_from([2, 3, 11, 12, 13, 60]).flatmap(
        lambda spread: st.lists(_cells(spread), min_size=1, max_size=9)
    ),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo"]),
)
@settings(max_examples=200, deadline=None)
def test_a_tally_counts_as_many_known_rows_as_are_known_at_each_as_of(cells, timezone):
    contract = CONTRACT.model_copy(update={"timezone": timezone, "known_at": "arrived"})
    times = {name: pl.Datetime("us") for name in ("at", "arrived", "closes")}
    table = pl.DataFrame(cells, schema={**times, "paid": pl.Float64}, orient="row").with_columns(
        pl.col("arrived", "closes").dt.offset_by("12h"), day=pl.lit(AS_OF)
    )

    counted = tally(table, contract)

    longest = (table["closes"] - dt.datetime.combine(AS_OF, dt.time())).max()
    for as_of in (AS_OF + dt.timedelta(days=n) for n in range(-4, 5)):
        for closed, known in ((True, known_at_end_of), (False, seen_at_end_of)):
            told = by_day([counted], as_of=as_of, closed=closed)
            assert told["known"].sum() == table.filter(known(as_of, contract)).height
            assert told.select("rows", "untimed", "closing").row(0) == (table.height, 0, longest)


def test_a_hash_is_the_same_in_every_version():
    table = pl.DataFrame({"id": ["7", "-12", "007", "order 1", "ä" * 40, None], "n": [0.5] * 6})

    assert [f"{value:016x}" for value in hash_rows(table, ids=["id"], content=["id", "n"])] == [
        "ec779c3693f88501",
        "6a6bc3994dad1618",
        "71d0362c9d170558",
        "b377a2a74ead8814",
        "3697597e84469216",
        "6bb85d9907300e0b",
    ]


def test_a_number_and_its_text_have_one_hash():
    numbers = [0, -1, 10**17, 10**18, -(10**18), 2**63 - 1, -(2**63)]
    asked = {"ids": ["id"], "content": ["id"]}

    as_numbers = hash_rows(pl.DataFrame({"id": numbers}), **asked)

    assert np.array_equal(as_numbers, hash_rows(pl.DataFrame({"id": list(map(str, numbers))}), **asked))


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_so_many_zeros_leave_enough_rows(total, most):
    assert total * 0.5 ** leading_zeros(total, most) >= min(total, math.floor(1.5 * most))


def test_a_landing_zone_gives_the_same_sample_by_pieces_as_from_all_of_its_rows(zone):
    whole = _rows(zone).scan("orders", **ASKED).collect()
    by_hash = whole.with_columns(pl.Series("hash", hash_rows(whole, ids=["order_id"], content=whole.columns)))

    sample = _sample(zone, 40)

    assert sample.sort("order_id").equals(by_hash.sort("hash").head(40).drop("hash").sort("order_id"))
    assert _sample(zone, 10_000).sort("order_id").equals(whole.sort("order_id"))


def test_columns_mean_the_same_in_a_sample_where_files_disagree(tmp_path):
    days = order_days(FIRST, FIRST + dt.timedelta(days=9))
    texts = {
        day: rows.with_columns(pl.col("n_lines").cast(pl.String)) for day, rows in list(days.items())[:3]
    }
    place = write_landing(tmp_path, rows_by_day=days | texts)
    last = {**ASKED, "last": FIRST + dt.timedelta(days=60)}

    whole = _rows(place).scan("orders", **last).collect()

    assert whole["n_lines"].dtype == pl.Float64
    sample = _rows(place).scan("orders", **last, max_rows=1000).collect()
    assert sample.sort("order_id").equals(whole.sort("order_id"))


def test_only_the_sample_is_fingerprinted_and_asked_again_as_a_sample(zone):
    rows = _rows(zone)
    sample = rows.scan("orders", **ASKED, max_rows=40).collect()

    (asked,) = rows.asked

    assert (asked.max_rows, sum(day.rows for day in asked.days)) == (40, sample.height)
    assert ask_again([asked], _rows(zone)) == (asked,)
    assert "max_rows" not in asked.model_copy(update={"max_rows": 0}).model_dump()


def _cached(folder):
    return sorted(Path(folder).glob("*/*.rows"))


def _settled(zone):
    """Files that changed long ago: what changed just now is not kept."""
    for path in Path(zone).rglob("*.parquet"):
        os.utime(path, (1, 1))


@pytest.mark.parametrize("state", ["full", "broken", "longer", "cut", "empty"])
def test_rows_are_the_same_with_every_state_of_the_cache(zone, tmp_path, monkeypatch, state):
    monkeypatch.setattr("ml_assets.sources.rows_cache._GRAIN", -(10**18))  # else these files are too new
    plain = _sample(zone, 40)
    first = _sample(zone, 40, cache=tmp_path)
    entries = _cached(tmp_path)
    for entry in entries:
        body = entry.read_bytes()
        length = slice(32, 40)
        harmed = {"full": body, "broken": body[:-1] + bytes([body[-1] ^ 1]), "cut": body[:50]}
        harmed["longer"] = body[: length.start] + b"\xff" * 8 + body[length.stop :]
        entry.write_bytes(harmed[state]) if state in harmed else entry.unlink()

    again = _sample(zone, 40, cache=tmp_path)

    assert entries
    assert first.equals(plain)
    assert again.equals(plain)
    assert _cached(tmp_path) == entries


def test_a_file_that_changed_just_now_is_not_kept_and_a_changed_one_is_read_again(tmp_path, monkeypatch):
    place, cache = write_landing(tmp_path / "zone", rows_by_day=order_days()), tmp_path / "cache"
    monkeypatch.setattr("ml_assets.sources.rows_cache._GRAIN", 10**12)
    _sample(place, 40, cache=cache)
    assert not _cached(cache)
    monkeypatch.setattr("ml_assets.sources.rows_cache._GRAIN", -(10**18))
    before = _sample(place, 4000, cache=cache)
    (file,) = Path(place, "orders", f"date={FIRST}").glob("*.parquet")

    pl.read_parquet(file).head(3).write_parquet(file)

    assert before.height - _sample(place, 4000, cache=cache).height == 5


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ({"XDG_CACHE_HOME": "/caches"}, "/caches/ml_assets/rows"),
        ({"XDG_CACHE_HOME": "", "HOME": "/home/ann"}, "/home/ann/.cache/ml_assets/rows"),
        ({"ML_ASSETS_ROWS_CACHE": "~/kept", "HOME": "/home/ann"}, "/home/ann/kept"),
        ({"ML_ASSETS_ROWS_CACHE": ""}, None),
    ],
)
def test_what_was_read_is_kept_in_the_folder_that_is_named_or_the_users_own(given, folder, monkeypatch):
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    cache = RowsCache.at(load_settings().cache)

    assert (cache and cache.folder) == (folder and Path(folder))


def test_a_cache_that_cannot_be_written_or_is_full_harms_nothing(zone, tmp_path, monkeypatch):
    monkeypatch.setattr("ml_assets.sources.rows_cache._GRAIN", -(10**18))
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    place = CachePlace(folder=str(tmp_path / "small"), gigabytes=1e-5)
    source = open_source("shop", str(zone), cache=place)

    sample = Rows(sources=lambda _: source, as_of=AS_OF).scan("orders", **ASKED, max_rows=40).collect()

    assert _sample(zone, 40, cache=blocked).equals(sample)
    assert sum(entry.stat().st_size for entry in _cached(tmp_path / "small")) <= 10_000


def test_all_rows_are_refused_by_their_footers_where_a_sample_of_them_fits(zone):
    with pytest.raises(SourceError, match="take a sample of the rows"):
        _rows(zone, rows_gb=0.0001).scan("orders", **ASKED)

    assert _sample(zone, 40, rows_gb=0.0001).height == 40


def test_a_run_of_a_sample_in_dagster_tells_of_how_many_rows_it_is(zone, tmp_path, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", str(tmp_path / "store"))
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
    monkeypatch.setenv("ML_ASSETS_ROWS_CACHE", str(tmp_path / "cache"))
    given = {"source": "shop", "lookback_days": 102, "holdout_days": 14, "max_rows": 300}

    result = train(str(AS_OF), **given)

    assert result.success
    store = ArtifactStore(str(tmp_path / "store"))
    training_set = store.manifest(tabular.key("training_set", TrainingParameters(**given), AS_OF))
    assert (training_set.facts["rows"], training_set.facts["known_rows"]) == (300, 72 * 8)
    assert training_set.sources[0].max_rows == 300
