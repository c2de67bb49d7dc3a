"""`ml-assets why`: the nearest earlier artifact, and exactly what kept it from being used."""

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.cli.main import main
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import InputArtifact, InputSource, SourceDay
from ml_assets.core.parameters import identity
from ml_assets.pipeline.differences import parameter_differences
from ml_assets.pipeline.why import nearest_first, why
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore, Entry
from ml_assets_tests.builders import land, order_day, other_code, write_landing
from ml_assets_tests.keys import key_of
from ml_assets_tests.scenario import train
from ml_assets_tests.strategies import parameters
from ml_assets_tests.test_artifact_store import a_commit

DAY = "2025-08-20"
GIVEN = {"source": "shop", "lookback_days": 91, "holdout_days": 7}


@pytest.fixture
def zone(tmp_path, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(tmp_path / "zone"))
    return write_landing(tmp_path / "zone")


def run_id(day=DAY, **params):
    return key_of("model", TrainingParameters(**GIVEN, **params), dt.date.fromisoformat(day)).run_id


def made(day=DAY, *, reuse=True, **params):
    """Train for real; returns the run_id."""
    assert train(day, reuse=reuse, **GIVEN, **params).success
    return run_id(day, **params)


def told(capsys, what, *, code=0):
    """asset -> what `why --json` says of it."""
    capsys.readouterr()
    assert main(["why", what, "--json"]) == code
    return {row["asset"]: row for row in json.loads(capsys.readouterr().out)}


def test_of_the_first_run_of_all_there_is_nothing_earlier(zone, capsys):
    rows = told(capsys, made())

    assert list(rows) == list(tabular.assets)
    for row in rows.values():
        assert (row["kind"], row["nearest"], row["differences"]) == ("none", None, [])
        assert row["reason"].startswith("nothing earlier")


def test_another_parameter_is_named_with_what_it_was_and_is(zone, capsys):
    far = made(model_version="v2", max_depth=3, max_iter=20, min_samples_leaf=5)
    near = made(model_version="v2", max_depth=3, max_iter=20)
    rows = told(capsys, made(model_version="v2", max_depth=5, max_iter=20))

    assert far != near
    for asset in ("model", "evaluation", "model_card"):
        assert rows[asset]["kind"] == "other parameters"
        assert rows[asset]["nearest"]["run_id"] == near
        assert rows[asset]["differences"] == [{"what": "parameter", "name": "max_depth", "was": 3, "now": 5}]
    assert rows["training_set"]["kind"] == "none"  # shared by all three runs: made by the first


def test_a_later_artifact_is_never_the_nearest(zone, capsys):
    first = made(seed=1)
    made(seed=2)

    assert {row["kind"] for row in told(capsys, first).values()} == {"none"}


@pytest.mark.slow
def test_an_artifact_made_again_later_still_counts_as_what_it_was(zone, capsys):
    first = made(seed=1)
    second = made(seed=2)
    made(seed=1, reuse=False)

    model = told(capsys, second)["model"]

    earliest = ArtifactStore("artifacts/dev").history(
        key_of("model", TrainingParameters(**GIVEN, seed=1), dt.date.fromisoformat(DAY))
    )[0]
    assert model["nearest"]["run_id"] == first
    assert model["nearest"]["created_at"] == earliest.created_at.isoformat()


def test_an_input_day_that_changed_is_named_with_its_rows(zone, capsys):
    made()
    day = dt.date(2025, 6, 3)
    land(zone, day, order_day(day, rows=11))
    rows = told(capsys, made())

    assert {row["kind"] for row in rows.values()} == {"same run_id"}
    (difference,) = rows["training_set"]["differences"]
    assert (difference["what"], difference["name"]) == ("input day", "2025-06-03")
    assert (difference["was"]["rows"], difference["now"]["rows"]) == (8, 11)
    assert [d["name"] for d in rows["model"]["differences"]] == ["training_set"]
    assert [d["name"] for d in rows["evaluation"]["differences"]] == ["model", "training_set"]


def test_changed_code_is_named_with_both_versions(zone, capsys, monkeypatch):
    made()
    now = "0" * 12
    before = other_code(monkeypatch, "model", version=now)

    rows = told(capsys, made())

    assert rows["model"]["differences"] == [{"what": "code", "name": "code", "was": before, "now": now}]
    assert rows["training_set"]["kind"] == "none"  # reused: nothing of it had changed


def test_a_run_made_again_though_nothing_had_changed_says_so(zone, capsys):
    made()
    rows = told(capsys, made(reuse=False))

    assert {(row["kind"], len(row["differences"])) for row in rows.values()} == {("same run_id", 0)}
    assert "reuse was off" in rows["model"]["reason"]


def test_the_same_parameters_on_another_day_differ_only_in_the_day(zone, capsys):
    made("2025-08-17")
    made("2025-08-18")
    made("2025-08-22")
    rows = told(capsys, made())

    for row in rows.values():
        assert (row["kind"], row["reason"]) == ("earlier as_of", "no artifact for this day existed")
        assert row["nearest"]["as_of"] == "2025-08-18"
        assert row["differences"] == [{"what": "as_of", "name": "as_of", "was": "2025-08-18", "now": DAY}]


def test_people_are_told_in_words(zone, capsys):
    made()
    land(zone, dt.date(2025, 7, 3), order_day(dt.date(2025, 7, 3), rows=11))
    what = made()
    capsys.readouterr()

    assert main(["why", what]) == 0

    text = capsys.readouterr().out
    assert "made again: what it is made from had changed" in text
    assert "input day 2025-07-03: 8 -> 11 rows (+3)" in text
    assert f"as_of {DAY}" in text


def small_store(tmp_path, *sets, asset="evaluation"):
    """Artifacts committed a minute apart, and their keys."""
    store = ArtifactStore(str(tmp_path / "artifacts" / "dev"))
    start, keys = dt.datetime(2025, 12, 2, tzinfo=dt.timezone.utc), []
    for number, (of, more) in enumerate(sets):
        moment = start + dt.timedelta(minutes=number)
        key = key_of(asset, of, dt.date(2025, 12, 1))
        store.commit(*a_commit(key=key, of=of, **{"started_at": moment, "created_at": moment, **more}))
        keys.append(key)
    return store, keys


def test_another_package_version_is_named(tmp_path):
    of = TrainingParameters()
    store, (key, _) = small_store(
        tmp_path,
        (of, {"packages": {"scikit-learn": "1.7.0", "python": "3.10"}}),
        (of, {"packages": {"scikit-learn": "1.8.0", "python": "3.11"}}),
    )

    assert list(map(str, why(store, key, pipeline=tabular).differences)) == [
        "package scikit-learn: 1.7.0 -> 1.8.0"
    ]


def used(number, digit, *, asset="evaluation"):
    """An input of a run of its own."""
    return InputArtifact(asset=asset, run_id=f"{number:012x}", sha256=digit * 64)


def read(*days, dataset="orders"):
    """Rows of these days: 2025-12-`day`, its number of rows and the digit of its fingerprint."""
    found = tuple(
        SourceDay(date=dt.date(2025, 12, day), rows=rows, fingerprint=digit * 16) for day, rows, digit in days
    )
    return InputSource(source="shop", dataset=dataset, uri=f"/shop/{dataset}", days=found)


def made_twice(tmp_path, was, now, *, asset="backfill_report"):
    """What is said of an artifact that was made of `was` first and then of `now`."""
    of = TrainingParameters()
    store, (key, _) = small_store(tmp_path, (of, was), (of, now), asset=asset)
    return why(store, key, pipeline=tabular)


def test_of_many_inputs_of_one_asset_each_that_changed_is_named(tmp_path):
    was = {"artifacts": (used(1, "a"), used(2, "b"), used(3, "c"))}
    now = {"artifacts": (used(1, "a"), used(2, "d"), used(3, "c"), used(4, "e"))}

    found = made_twice(tmp_path, was, now)

    assert list(map(str, found.differences)) == [
        f"input evaluation {2:012x}: bbbbbbbbbbbb... -> dddddddddddd...",
        f"input evaluation {4:012x}: (none) -> eeeeeeeeeeee...",
    ]
    assert found.reason == "made again, as it is each time: what it is made from had changed"


def test_of_two_models_of_one_run_each_is_an_input(tmp_path):
    """Made in two environments, by other packages."""
    was = {"artifacts": (used(1, "a", asset="model"), used(1, "b", asset="model"))}
    now = {"artifacts": (used(1, "c", asset="model"), used(1, "b", asset="model"))}

    found = made_twice(tmp_path, was, now, asset="kpi_comparison")

    assert list(map(str, found.differences)) == ["input model: aaaaaaaaaaaa... -> cccccccccccc..."]


def test_what_is_read_of_one_day_for_two_purposes_is_compared_for_both(tmp_path):
    was = {"sources": (read((1, 8, "a"), (2, 8, "b")), read((1, 9, "c")))}
    now = {"sources": (read((1, 7, "d"), (2, 8, "b")), read((1, 9, "c"), (2, 9, "e")))}

    found = made_twice(tmp_path, was, now, asset="monitoring")

    assert list(map(str, found.differences)) == [
        "input day 2025-12-01: 8 -> 7 rows (-1)",
        "input day 2025-12-02: 0 -> 9 rows (+9)",
    ]


def test_days_of_two_datasets_are_told_apart(tmp_path):
    was = {"sources": (read((1, 8, "a")), read((1, 8, "b"), dataset="customers"))}
    now = {"sources": (read((1, 8, "a")), read((1, 9, "c"), dataset="customers"))}

    found = made_twice(tmp_path, was, now, asset="monitoring")

    assert list(map(str, found.differences)) == ["input day 2025-12-01 of shop/customers: 8 -> 9 rows (+1)"]


@pytest.mark.parametrize("asset", ["backfill_report", "leaderboard", "monitoring", "kpi_comparison", "own"])
def test_what_is_never_reused_was_not_made_because_reuse_was_off(tmp_path, asset):
    found = made_twice(tmp_path, {}, {}, asset=asset)

    assert found.reason == "made again, as it is each time: no input that is recorded had changed"


@pytest.mark.parametrize("asset", [*tabular.assets, "predictions"])
def test_what_can_be_reused_was(tmp_path, asset):
    code = {"code_version": "0123456789ab"}

    assert "reuse was off" in made_twice(tmp_path, code, code, asset=asset).reason


def test_a_parameter_that_was_left_out_at_a_value_had_that_value(tmp_path):
    store, (_, key) = small_store(
        tmp_path, (TrainingParameters(), {}), (TrainingParameters(calibrate=True), {})
    )

    assert list(map(str, why(store, key, pipeline=tabular).differences)) == [
        "parameter calibrate: false -> true"
    ]


def test_of_two_equally_near_ones_the_smaller_run_id_is_told(tmp_path):
    store, (one, two, key) = small_store(tmp_path, *((TrainingParameters(seed=n), {}) for n in range(3)))

    assert why(store, key, pipeline=tabular).nearest.run_id == min(one.run_id, two.run_id)


def test_a_damaged_neighbour_is_named_and_the_next_one_is_compared(tmp_path, capsys):
    sets = [TrainingParameters(), TrainingParameters(seed=1, holdout_days=7), TrainingParameters(seed=1)]
    store, (*others, key) = small_store(tmp_path, *((of, {}) for of in sets))
    near = why(store, key, pipeline=tabular).nearest
    path = Path(store.uri(near, "manifest.json"))
    path.write_bytes(b"{")

    code = main(["why", key.run_id, "--json"])

    shown = capsys.readouterr()
    assert code == 1
    assert f"{path} is corrupt" in shown.err
    assert [json.loads(shown.out)[0]["nearest"]["run_id"]] == [k.run_id for k in others if k != near]


def test_a_run_id_that_is_none_or_unknown_is_treated_as_show_does(capsys):
    for word in ("show", "why"):
        assert (main([word, "0123456789ab"]), main([word, "what?"])) == (1, 2)
    lines = capsys.readouterr().err.splitlines()

    assert lines[: len(lines) // 2] == lines[len(lines) // 2 :]
    assert "No artifact of run 0123456789ab" in lines[0]


@given(parameters(), parameters())
def test_two_parameter_sets_differ_exactly_where_their_identities_do(one, two):
    day = dt.date(2025, 12, 1)
    was, now = (identity(of, of=TrainingParameters) for of in (one, two))

    found = parameter_differences("model", was, now, pipeline=tabular)

    assert (found == []) == (key_of("model", one, day) == key_of("model", two, day))
    back = parameter_differences("model", now, was, pipeline=tabular)
    assert [(d.name, d.now, d.was) for d in found] == [(d.name, d.was, d.now) for d in back]


@given(parameters(), st.lists(parameters(), max_size=6), st.randoms())
def test_the_nearest_does_not_depend_on_the_order_in_which_they_are_found(of, sets, rng):
    mine = identity(of, of=TrainingParameters)
    moment = dt.datetime(2025, 12, 2, tzinfo=dt.timezone.utc)
    others = [
        Entry(_key(n, other), identity(other, of=TrainingParameters), {}, "", "0" * 64, moment)
        for n, other in enumerate(sets)
    ]
    mixed = rng.sample(others, len(others))

    ranked = nearest_first("model", mine, mixed, pipeline=tabular)

    counts = [
        len(parameter_differences("model", entry.parameters, mine, pipeline=tabular)) for entry in ranked
    ]
    assert ranked == nearest_first("model", mine, others, pipeline=tabular)
    assert counts == sorted(counts)


def _key(number: int, of: TrainingParameters) -> ArtifactKey:
    return ArtifactKey(
        asset="model", values=(("dataset", of.dataset),), as_of=dt.date(2025, 12, 1), run_id=f"{number:012x}"
    )
