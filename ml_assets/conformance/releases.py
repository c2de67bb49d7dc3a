"""Promotion, switch and rollback: on evidence, byte for byte, and refused where something speaks against it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ml_assets.conformance.case import Case
from ml_assets.conformance.place import place_of_its_own
from ml_assets.conformance.report import NotAskedError, expect
from ml_assets.core.metrics import Metrics
from ml_assets.core.promotion.parameters import check_promotion
from ml_assets.core.release_line import ReleaseLine
from ml_assets.errors import RefusedError, StoreError
from ml_assets.pipeline.promotion import Outcome, Promotion, promote
from ml_assets.pipeline.released import release_log, store_of
from ml_assets.pipeline.releases import roll_back, switch
from ml_assets.settings import Settings, load_settings
from ml_assets.storage.artifact_store import ArtifactStore

BY = "conformance"
FORCED = {"force": True, "reason": "the conformance asks whether it can be done"}


def promoted_switched_and_taken_back(case: Case) -> str:
    """Two days are promoted, each serves in turn, and what served before serves again; or a sentence says that none can."""
    if case.pipeline.promotes is None:
        return _refused_in_a_sentence(case)
    with _slots(case) as (settings, source):
        line = ReleaseLine.of(case.pipeline, case.parameters.__dict__)
        first = case.pipeline.run_id(case.parameters, case.days[-2], case.pipeline.promotes)
        second = case.pipeline.run_id(case.parameters, case.day, case.pipeline.promotes)
        for day in case.days[-2:]:
            case.make(store_of(settings, source), day=day)
        expect(
            release_log(settings, line).state().live is None, "something serves before anything was promoted"
        )
        gates = _promoted(case, first, settings, source)
        expect(release_log(settings, line).state().live is None, "it serves before anybody switched to it")
        for run_id in (first, second):
            if run_id == second:
                _promoted(case, second, settings, source)
            switch(line, to=None, by=BY, settings=settings)
            _expect_live(settings, line, run_id)
        roll_back(line, by=BY, settings=settings)
        _expect_live(settings, line, first)
        return f"{line.name}: two runs of {line.asset}; {gates} gates"


def a_promotion_is_refused_where_something_speaks_against_it(case: Case) -> str:
    """Other code without force, a changed byte with or without: refused, and the slot is as it was."""
    asset = case.pipeline.promotes
    if asset is None:
        raise NotAskedError("it promotes nothing")
    run_id, tried = case.manifests[asset].run_id, []
    if asset in case.computed:
        with _slots(case) as (settings, source):
            case.commit_as(store_of(settings, source), asset, code_version="0" * 12)
            _expect_refused(case, run_id, settings, source, own={}, what="it was made by other code")
            tried.append("other code")
    with _slots(case) as (settings, source):
        store, key = store_of(settings, source), case.pipeline.key(asset, case.parameters, case.day)
        file = Path(store.uri(key, case.manifests[asset].main.file))
        file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])
        _expect_refused(case, run_id, settings, source, own=FORCED, what="a byte of it was changed")
        tried.append("a changed byte")
    return ", ".join(tried)


def _refused_in_a_sentence(case: Case) -> str:
    try:
        ReleaseLine.of(case.pipeline, case.parameters.__dict__).asset  # noqa: B018
    except RefusedError as error:
        expect(
            f"{case.pipeline.name} promotes nothing" in str(error),
            f"it promotes nothing, and is told: {error}",
        )
        return "it promotes nothing, and whoever asks is told so"
    expect(False, "it promotes nothing, and nobody is told so")
    return ""


def _promoted(case: Case, run_id: str, settings: Settings, source: str) -> int:
    """How many gates looked at it; it lies in a slot, byte for byte."""
    outcome = _ask(case, run_id, settings, source, {})
    if outcome.entry is None:  # a pipeline may have reasons of its own, such as a baseline
        against = "; ".join(f"{gate.name}: {gate.told}" for gate in outcome.decision.gates if not gate.passed)
        outcome = _ask(case, run_id, settings, source, FORCED)
        if outcome.entry is None:
            raise NotAskedError(f"with these parameters nothing of it can be promoted: {against}")
    here, there = store_of(settings, source), store_of(settings, outcome.decision.to)
    for key in there.keys(folder=case.pipeline.folder):
        if key.run_id == run_id:
            expect(
                _files(here, key) == _files(there, key),
                f"{key.asset}: other bytes in the slot than were evaluated",
            )
    asset = case.pipeline.promotes
    found = [key for key in there.keys(asset, folder=case.pipeline.folder) if key.run_id == run_id]
    expect(found, f"{asset} of run {run_id} was promoted, and is not in the slot")
    return len(outcome.decision.gates)


def _expect_refused(
    case: Case, run_id: str, settings: Settings, source: str, *, own: dict[str, Any], what: str
) -> None:
    try:
        outcome = _ask(case, run_id, settings, source, own)
    except (RefusedError, StoreError):
        pass
    else:
        expect(outcome.entry is None, f"{what}, and it was promoted")
    for slot in settings.slots:
        expect(
            not list(store_of(settings, slot).keys()),
            f"{what}, it was refused, and something of it is in {slot}",
        )


def _expect_live(settings: Settings, line: ReleaseLine, run_id: str) -> None:
    live = release_log(settings, line).state().live
    expect(
        live is not None and live.run_id == run_id, f"{run_id} should serve, and {live and live.run_id} does"
    )


def _ask(case: Case, run_id: str, settings: Settings, source: str, own: dict[str, Any]) -> Outcome:
    metrics = Metrics.of(case.pipeline)
    checked = check_promotion({"model": run_id, **own}, metrics=metrics)
    return promote(Promotion(own=checked, source=source, by=BY, settings=settings, pipeline=case.pipeline))


@contextmanager
def _slots(case: Case) -> Iterator[tuple[Settings, str]]:
    """Empty slots and an empty log; what was made lies in the environment that is named, which is no slot."""
    folder = case.new_folder()
    with place_of_its_own(folder):  # the environment stays
        settings = load_settings()
        source = next((name for name in settings.environments if name not in settings.slots), "")
        if not source:
            raise NotAskedError("the settings have no environment beside the slots")
        shutil.copytree(case.copied_store().root, settings.root(source))
        yield settings, source


def _files(store: ArtifactStore, key: Any) -> list[bytes]:
    manifest = store.manifest(key)
    return [store.read_file(key, file) for file in manifest.files]
