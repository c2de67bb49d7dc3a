"""A promotion: judged on what is stored, then copied byte for byte, then written into the log of releases."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from ml_assets.core.promotion.decision import Decision, verdict
from ml_assets.core.promotion.gates import check
from ml_assets.core.promotion.parameters import PromotionParameters
from ml_assets.core.release import SLOTS, Entry, Release, Releases, Slot, promoted, refuse_serving
from ml_assets.errors import RefusedError
from ml_assets.pipeline.lineage import Lineage, lineage
from ml_assets.pipeline.not_worse import hold_against
from ml_assets.pipeline.released import NamedModel, find_model, release_log, store_of
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.copying import copy_artifact, is_there
from ml_assets.storage.object_store import local_path
from ml_assets.storage.release_log import ReleaseLog


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """One wish to promote.

    Attributes:
        own: which model, to where, and by how much it may be worse.
        source: the environment in which it was trained and evaluated.
        by: who wishes it.
        settings: where the environments and the log are.
        now: the clock.
    """

    own: PromotionParameters
    source: str
    by: str
    settings: Settings
    now: Callable[[], dt.datetime] = utc_now


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A wish that was judged: nothing has been changed yet. `live` is what served then."""

    decision: Decision
    lineage: Lineage
    slot: Slot
    log: ReleaseLog
    live: Release | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a promotion.

    Attributes:
        decision: what was decided.
        digest: names the record of it in the log.
        entry: of the log; None where it was refused.
        log: where both are.
    """

    decision: Decision
    digest: str
    entry: Entry | None
    log: ReleaseLog


def judge(wish: Promotion) -> Judged:
    """What a promotion would come to. Nothing is written.

    Raises:
        RefusedError: the slot serves, the model comes from there, or the slot has no root of its own.
        ArtifactNotFoundError: there is no such model.
        StoreError: a store cannot be read, or the slot holds another artifact of this run_id.
    """
    settings, own = wish.settings, wish.own
    source = store_of(settings, wish.source)
    model = find_model(own.model, source)
    log = release_log(settings, model.key.dataset)
    state = log.state()
    slot: Slot = state.idle if own.to == "idle" else own.to
    _refuse_slot(state, slot, wish)
    found = lineage(model, source, environment=settings.in_a_command(wish.source))
    candidate = NamedModel(name="candidate", manifest=model.manifest, evaluated_in=wish.source)
    held = hold_against(state.live, candidate, days=own.window_days, margins=own.allowed, settings=settings)
    gates = (*check(found.evidence), held.gate)
    decision = Decision(
        verdict=verdict(gates, force=own.force),
        run_id=own.model,
        model_version=model.key.model_version,
        dataset=model.key.dataset,
        as_of=model.key.as_of,
        source=wish.source,
        to=slot,
        gates=gates,
        reference=held.reference,
        comparison=held.comparison,
        margins=own.allowed,
        window_days=own.window_days,
        by=wish.by,
        at=wish.now(),
        reason=own.reason,
        artifacts={asset: manifest.sha256 for asset, manifest in found.evidence.manifests.items()},
    )
    judged = Judged(decision=decision, lineage=found, slot=slot, log=log, live=state.live)
    if decision.verdict != "refused":
        _refuse_another(judged, store_of(settings, slot))
    return judged


def promote(wish: Promotion) -> Outcome:
    """Judge, and promote where nothing speaks against it; the decision is recorded either way.

    A refusal leaves the slot as it was. What fails half-way leaves the log as it was; done again, it goes on.

    Raises: what `judge` raises, RefusedError where another model has come to serve meanwhile, and StoreError where the
        slot or the log cannot be written.
    """
    judged = judge(wish)
    decision, log = judged.decision, judged.log
    if decision.verdict == "refused":
        return Outcome(decision=decision, digest=log.keep_decision(decision.record()), entry=None, log=log)
    release = _copied(judged, wish)
    digest = log.keep_decision(decision.record())
    entry = log.append(
        "promoted",
        lambda state: (release, promoted(_unchanged(state, judged), release)),
        by=wish.by,
        at=wish.now,
        why=wish.own.reason,
        decision=digest,
    )
    return Outcome(decision=decision, digest=digest, entry=entry, log=log)


def _copied(judged: Judged, wish: Promotion) -> Release:
    """The release, once the slot holds every artifact of it, exactly as it was judged."""
    source, target = (store_of(wish.settings, name) for name in (wish.source, judged.slot))
    decision, found = judged.decision, judged.lineage
    manifests = {
        asset: copy_artifact(key, found.evidence.manifests[asset], source=source, target=target)
        for asset, key in found.keys.items()
    }
    return Release(
        slot=judged.slot,
        dataset=decision.dataset,
        model_version=decision.model_version,
        as_of=decision.as_of,
        run_id=decision.run_id,
        sha256=decision.artifacts["model"],
        manifests=manifests,
    )


def _unchanged(state: Releases, judged: Judged) -> Releases:
    """RefusedError where another model serves than the one that the candidate was held against."""
    if state.live != judged.live:
        raise RefusedError(["to: another model serves since this one was judged. Promote it again."])
    return state


def _refuse_another(judged: Judged, target: ArtifactStore) -> None:
    """StoreError, before anything is copied, where the slot holds another artifact under one of the keys."""
    for asset, manifest in judged.lineage.evidence.manifests.items():
        is_there(judged.lineage.keys[asset], manifest, target=target)


def _refuse_slot(state: Releases, slot: Slot, wish: Promotion) -> None:
    if slot == wish.source:
        raise RefusedError([f"to: the model is in {slot} already. Promote from where it was evaluated."])
    refuse_serving(state, slot)
    places = {name: _place(wish.settings.root(name)) for name in (wish.source, *SLOTS)}
    if same := [name for name in places if name != slot and places[name] == places[slot]]:
        setting = f"ML_ASSETS_ENVIRONMENTS__{slot.upper()}__ROOT"
        raise RefusedError(
            [f"to: {slot} has the same root as {same[0]}. Give each a root of its own: {setting}."]
        )


def _place(root: str) -> str:
    return str(local_path(root) or root).rstrip("/")
