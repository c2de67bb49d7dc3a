"""What serves: laws of the three acts, and ten processes that promote, switch and roll back at once."""

import datetime as dt
import functools
import json
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.cli.main import main
from ml_assets.core.release import NONE, STEPS_BACK, promoted, rolled_back, switched
from ml_assets.core.run_id import run_id
from ml_assets.errors import CorruptArtifactError, MlAssetsError, RefusedError, StoreError
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.promotion import promote
from ml_assets.pipeline.released import release_log
from ml_assets.pipeline.releases import roll_back, switch, verify_release
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets.storage.release_log import TRIES, ReleaseLog
from ml_assets_tests.beside import check_promotion
from ml_assets_tests.keys import key_of
from ml_assets_tests.released import LAST, ORDERS, Place, model, promotion_of

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


releases = st.builds(model, st.sampled_from(["blue", "green"]), st.integers(0, 5))
acts = st.lists(
    st.one_of(
        st.tuples(st.just("promote"), releases),
        st.tuples(st.just("switch"), st.sampled_from(["blue", "green", None])),
        st.tuples(st.just("rollback"), st.none()),
    ),
    max_size=40,
)


def act(state, name, argument):
    if name == "promote":
        return promoted(state, argument)
    return switched(state, argument) if name == "switch" else rolled_back(state)


def tried(state, name, argument):
    """The state after an act; as it was where that is refused."""
    try:
        return act(state, name, argument)
    except RefusedError:
        return state


def after(words):
    """The state after those of the acts that are not refused."""
    return functools.reduce(lambda state, word: tried(state, *word), words, NONE)


@given(acts)
def test_a_rollback_undoes_the_last_switch(words):
    state = after(words)
    try:
        switched_to = switched(state)
    except RefusedError:
        return
    if state.live is None:
        with pytest.raises(RefusedError, match="nothing served before"):
            rolled_back(switched_to)
    else:
        assert rolled_back(switched_to).live == state.live


@given(acts)
def test_once_something_serves_something_always_does_and_it_was_promoted(words):
    state, ever, served = NONE, set(), False
    for name, argument in words:
        state = tried(state, name, argument)
        if name == "promote":
            ever.add(argument.model_dump_json())
        served = served or state.live is not None
        assert (state.live is not None) == served
        assert state.live is None or state.live.model_dump_json() in ever
        assert len(state.earlier) <= STEPS_BACK


@given(acts, releases)
def test_a_promotion_never_changes_what_serves_or_its_slot(words, candidate):
    state = after(words)
    try:
        new = promoted(state, candidate)
    except RefusedError:
        assert state.live is not None
        assert candidate.slot == state.live.slot
        return
    assert (new.live, new.earlier) == (state.live, state.earlier)
    assert state.live is None or new.candidates.get(state.live.slot) == state.candidates.get(state.live.slot)


def test_where_both_slots_have_a_candidate_and_nothing_serves_one_has_to_be_named():
    state = promoted(promoted(NONE, model("blue", 1)), model("green", 2))

    with pytest.raises(RefusedError, match="Say which"):
        switched(state)
    assert switched(state, "green").live == model("green", 2)


def refusal_of(do, *arguments):
    with pytest.raises(RefusedError) as refusal:
        do(*arguments)
    return list(refusal.value.problems)


def test_the_way_of_two_models_and_what_is_refused_on_it():
    one, two, three = model("blue", 1), model("green", 2), model("green", 3)
    assert NONE.idle() == "green"
    assert refusal_of(rolled_back, NONE) == [
        "rollback: nothing served before. `ml-assets live` shows what serves."
    ]
    assert refusal_of(switched, NONE) == [
        "to: nothing was promoted to green. Promote first: ml-assets promote RUN_ID --to green"
    ]
    first = switched(promoted(NONE, one))
    assert (first.live, first.earlier, first.idle()) == (one, (), "green")
    assert refusal_of(promoted, first, one) == [
        "to: blue serves now. Promote to green, then switch; nothing is changed in place."
    ]
    assert refusal_of(switched, first, "blue") == [f"to: {one.told()} serves already."]
    assert one.told() == "000000000001 (v1, as_of 2025-12-01) in blue"
    second = switched(promoted(promoted(first, three), two))
    assert (second.live, second.earlier, second.idle()) == (two, (one,), "blue")
    assert second.candidates == {"blue": one, "green": two}
    back = rolled_back(second)
    assert (back.live, back.earlier) == (one, ())
    assert switched(back).live == two


def test_as_many_steps_can_be_gone_back_as_is_said():
    state = NONE
    for number in range(STEPS_BACK + 3):
        state = switched(promoted(state, model(state.idle(), number)))

    assert [item.run_id for item in state.earlier] == [f"{n:012x}" for n in range(2, STEPS_BACK + 2)]
    back = rolled_back(state)
    assert back.live == state.earlier[-1]
    assert back.earlier == state.earlier[:-1]


def test_both_slots_waiting_are_told():
    state = promoted(promoted(NONE, model("blue", 1)), model("green", 2))

    assert refusal_of(switched, state) == [
        "to: nothing serves yet and both slots have a candidate. Say which: --to blue."
    ]


def test_an_artifact_of_a_release_is_found_by_its_key():
    release = model("blue", 1)

    assert release.key(tabular).path == (
        "model/model_version=v1/dataset=orders/as_of=2025-12-01/run=000000000001"
    )


def test_a_log_of_which_a_file_is_damaged_says_which_and_nothing_is_added(tmp_path):
    log = ReleaseLog(str(tmp_path), ORDERS)
    for number in (1, 2):
        release = model("blue", number)
        log.append("promoted", lambda state, it=release: (it, promoted(state, it)), by="ada", at=lambda: NOW)
    Path(log.uri(2)).write_bytes(b'{"half": ')

    with pytest.raises(CorruptArtifactError, match=r"000002\.json is corrupt"):
        log.append("switched", lambda state: (model("blue", 2), switched(state)), by="ada", at=lambda: NOW)

    assert sorted(path.name for path in Path(log.uri()).iterdir()) == ["000001.json", "000002.json"]


def test_a_writer_who_is_always_too_late_gives_up_and_the_acts_of_the_others_stay(tmp_path):
    log, others = (ReleaseLog(str(tmp_path), ORDERS) for _ in range(2))
    release = model("blue", 1)

    def promote(state):
        return release, promoted(state, release)

    def while_others_act(state):
        others.append("promoted", promote, by="ada", at=lambda: NOW)
        return promote(state)

    with pytest.raises(
        StoreError, match=f"others were faster {TRIES} times. Nothing was changed. Try again."
    ):
        log.append("promoted", while_others_act, by="bob", at=lambda: NOW)

    assert [entry.by for entry in log.entries()] == ["ada"] * TRIES


def test_a_decision_that_is_lost_or_changed_is_not_taken_for_what_was_kept(tmp_path):
    log = ReleaseLog(str(tmp_path), ORDERS)
    digest = log.keep_decision({"verdict": "promoted"})
    assert json.loads(log.decision(digest)) == {"verdict": "promoted"}

    Path(log.decision_uri(digest)).write_bytes(b'{"verdict":"refused"}')

    with pytest.raises(CorruptArtifactError, match=f"{digest}.*is missing or is not what was stored"):
        log.decision(digest)


@pytest.fixture
def logged(tmp_path, monkeypatch):
    """A log of three acts: both slots have a candidate, and blue serves."""
    Place(str(tmp_path)).settings(monkeypatch)
    log = release_log(load_settings(), ORDERS)
    for slot, number in (("blue", 1), ("green", 2)):
        release = model(slot, number)
        log.append("promoted", lambda state, it=release: (it, promoted(state, it)), by="ada", at=lambda: NOW)
    log.append(
        "switched", lambda state: (model("blue", 1), switched(state, "blue")), by="ada", at=lambda: NOW
    )
    return log


def test_what_else_lies_in_the_log_is_no_entry_of_it(logged):
    folder = Path(logged.uri())
    (folder / "copy").mkdir()
    for name in ("copy/000009.json", "4.json", "0000005.json", "000006.json.bak", ".hidden"):
        (folder / name).write_bytes(Path(logged.uri(1)).read_bytes())

    assert [entry.number for entry in logged.entries()] == [3, 2, 1]


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"{}")])
def test_what_serves_is_told_although_an_earlier_entry_is_lost(logged, spoil, capsys):
    spoil(Path(logged.uri(2)))

    assert main(["live"]) == 1

    told = capsys.readouterr()
    assert told.out.startswith(f"orders: {model('blue', 1).told()} serves since 2026-01-01 00:00:00")
    assert "000002.json is corrupt: it is " in told.err


def test_a_log_in_s3_is_one_on_disk(s3, tmp_path, monkeypatch):
    from ml_assets_tests import s3 as buckets

    buckets.make_bucket(s3, "release-log")
    buckets.use(monkeypatch, s3)
    told = []
    for root in (str(tmp_path), "s3://release-log/x"):
        log = ReleaseLog(root, ORDERS, load_settings().s3)
        first, second = model("blue", 1), model("green", 2)
        steps = (
            ("promoted", lambda state, it=first: (it, promoted(state, it))),
            ("switched", lambda state, it=first: (it, switched(state))),
            ("promoted", lambda state, it=second: (it, promoted(state, it))),
            ("switched", lambda state, it=second: (it, switched(state))),
            ("rolled_back", lambda state, it=first: (it, rolled_back(state))),
        )
        for action, step in steps:
            log.append(action, step, by="ada", at=lambda: NOW)
        told.append([entry.model_dump(exclude={"token", "previous"}) for entry in log.entries()])
    assert told[0] == told[1]
    assert told[0][0]["state"]["live"]["run_id"] == f"{1:012x}"


def test_an_entry_that_was_in_the_way_of_another_is_written_once(s3, monkeypatch):
    from ml_assets_tests import s3 as buckets
    from ml_assets_tests.faulty import Fault, faulty

    waiting = [Fault(kind="answer", status=409, code="ConditionalRequestConflict")]

    def spoil(method, path):
        return waiting.pop() if waiting and method == "PUT" and "/log/" in path else None

    buckets.make_bucket(s3, "in-the-way")
    with faulty(s3, spoil) as network:
        buckets.use(monkeypatch, network.url)
        log = ReleaseLog("s3://in-the-way/x", ORDERS, load_settings().s3)
        first = model("blue", 1)

        log.append("promoted", lambda state: (first, promoted(state, first)), by="ada", at=lambda: NOW)

        assert not waiting
        assert [entry.number for entry in log.entries()] == [1]


def test_a_decision_that_json_cannot_say_is_not_kept_and_nothing_is_written(tmp_path, monkeypatch):
    Place(str(tmp_path)).settings(monkeypatch)

    with pytest.raises(StoreError, match="cannot be written down"):
        release_log(load_settings(), ORDERS).keep_decision({"margin": float("nan")})
    assert list(tmp_path.iterdir()) == []


PROCESSES, TURNS = 10, 6
SETS = [TrainingParameters(lookback_days=91, holdout_days=10, C=0.5 + place) for place in range(3)]


def busy(root, seed):
    """In a process of its own: promote, switch and roll back in turn; how often each was done."""
    with pytest.MonkeyPatch.context() as patch:
        Place(root).settings(patch)
        settings, done = load_settings(), {"promoted": 0, "switched": 0, "rolled_back": 0}
        for turn in range(TURNS):
            parameters = SETS[(seed + turn) % len(SETS)]
            few = {"through": str(LAST)}  # rows, so that the race is about the slots
            own = check_promotion(
                {"model": run_id(parameters, LAST), "force": True, "reason": "a race", **few}
            )
            request = promotion_of(own, by=f"process {seed}")
            tries = (
                ("promoted", lambda request=request: promote(request)),
                ("switched", lambda: switch(ORDERS, to=None, by=f"process {seed}", settings=settings)),
                ("rolled_back", lambda: roll_back(ORDERS, by=f"process {seed}", settings=settings)),
            )
            for action, attempted in tries:
                try:
                    outcome = attempted()
                except RefusedError:
                    continue
                done[action] += getattr(outcome, "entry", outcome) is not None
        return done


@pytest.mark.slow
def test_ten_processes_at_once_lose_no_act_and_what_serves_is_always_whole(tmp_path, monkeypatch):
    place = Place(str(tmp_path))
    place.settings(monkeypatch)
    workspace = Workspace(
        pipeline=tabular,
        store=place.store(),
        environment="staging",
        sources={"sample": "sample:"},
    )
    for parameters in SETS:
        assert attempt(parameters, LAST, workspace=workspace).error is None
    own = check_promotion({"model": run_id(SETS[0], LAST), "to": "blue"})
    promote(promotion_of(own))
    switch(ORDERS, to="blue", by="ada", settings=load_settings())
    seen, wrong, stop = [], [], threading.Event()

    def read():
        log = release_log(load_settings(), ORDERS)
        while not stop.is_set():
            try:
                live = log.state().live
                verify_release(live, load_settings(), pipeline=tabular)
                seen.append(live.run_id)
            except MlAssetsError as error:
                wrong.append(str(error))
            time.sleep(0.01)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
            counts = list(pool.map(busy, [place.root] * PROCESSES, range(PROCESSES)))
    finally:
        stop.set()
        reader.join()

    entries = list(release_log(load_settings(), ORDERS).entries())[::-1]
    assert wrong == []
    assert len(seen) > PROCESSES
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    for action, before in (("promoted", 1), ("switched", 1), ("rolled_back", 0)):
        assert sum(entry.action == action for entry in entries) == before + sum(
            count[action] for count in counts
        )
    assert sum(sum(count.values()) for count in counts) > PROCESSES, "most acts were refused: nothing raced"
    state = NONE
    for entry in entries:  # one order: each entry follows from the one before it
        name = {"promoted": "promote", "switched": "switch", "rolled_back": "rollback"}[entry.action]
        argument = {"promote": entry.release, "switch": entry.release.slot, "rollback": None}[name]
        state = act(state, name, argument)
        assert entry.state == state
    for number in range(1, len(entries) + 1):
        assert json.loads(Path(release_log(load_settings(), ORDERS).uri(number)).read_bytes())
    assert key_of("model", SETS[0], LAST).run_id in seen
