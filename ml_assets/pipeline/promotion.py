"""A promotion: judged on what is stored, then copied byte for byte, then written into the log of releases."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ml_assets.core.comparison.compare import Comparison
from ml_assets.core.comparison.margins import read_margins
from ml_assets.core.comparison.words import verdict as verdict_of
from ml_assets.core.promotion.decision import Decision, verdict
from ml_assets.core.promotion.gates import Gate, check
from ml_assets.core.promotion.parameters import PromotionParameters
from ml_assets.core.release import Entry, Release, Releases, Slot, promoted
from ml_assets.errors import RefusedError
from ml_assets.pipeline.comparison import compare_models
from ml_assets.pipeline.lineage import Lineage, lineage
from ml_assets.pipeline.released import (
    FoundModel,
    NamedModel,
    find_model,
    release_log,
    released_manifest,
    store_of,
)
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.copying import copy_artifact, is_there
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
    """A wish that was judged: nothing has been changed yet."""

    decision: Decision
    lineage: Lineage
    slot: Slot
    log: ReleaseLog


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
        RefusedError: the slot serves, or the model comes from there.
        ArtifactNotFoundError: there is no such model.
        StoreError: a store cannot be read, or the slot holds another artifact of this run_id.
    """
    settings, own = wish.settings, wish.own
    source = store_of(settings, wish.source)
    model = find_model(own.model, source)
    log = release_log(settings, model.key.dataset)
    state = log.state()
    slot: Slot = state.idle if own.to == "idle" else own.to
    _refuse_slot(state, slot, wish.source)
    environment = "default" if wish.source == settings.environment else wish.source
    found = lineage(model, source, environment=environment)
    reference = _serving(state, settings)
    margins = read_margins(own.margins)
    compared, gate = _held_against(reference, model, wish, margins)
    gates = (*check(found.evidence), gate)
    decision = Decision(
        verdict=verdict(gates, force=own.force),
        run_id=own.model,
        model_version=model.key.model_version,
        dataset=model.key.dataset,
        as_of=model.key.as_of,
        source=wish.source,
        to=slot,
        gates=gates,
        reference=reference.told if reference else "",
        comparison=compared,
        margins=margins,
        window_days=own.window_days,
        by=wish.by,
        at=wish.now(),
        reason=own.reason,
        artifacts={asset: manifest.sha256 for asset, manifest in found.evidence.manifests.items()},
    )
    judged = Judged(decision=decision, lineage=found, slot=slot, log=log)
    if decision.verdict != "refused":
        _refuse_another(judged, store_of(settings, slot))
    return judged


def promote(wish: Promotion) -> Outcome:
    """Judge, and promote where nothing speaks against it; the decision is recorded either way.

    A refusal leaves the slot as it was. What fails half-way leaves the log as it was; done again, it goes on.

    Raises: what `judge` raises, and StoreError where the slot or the log cannot be written.
    """
    judged = judge(wish)
    decision, log = judged.decision, judged.log
    if decision.verdict == "refused":
        return Outcome(decision=decision, digest=log.keep_decision(decision.record()), entry=None, log=log)
    release = _copied(judged, wish)
    digest = log.keep_decision(decision.record())
    entry = log.append(
        "promoted",
        lambda state: (release, promoted(state, release)),
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


def _refuse_another(judged: Judged, target: ArtifactStore) -> None:
    """StoreError, before anything is copied, where the slot holds another artifact under one of the keys."""
    for asset, manifest in judged.lineage.evidence.manifests.items():
        is_there(judged.lineage.keys[asset], manifest, target=target)


def _refuse_slot(state: Releases, slot: Slot, source: str) -> None:
    if slot == source:
        raise RefusedError([f"to: the model is in {slot} already. Promote from where it was evaluated."])
    if state.live is not None and state.live.slot == slot:
        raise RefusedError(
            [f"to: {slot} serves now. Promote to {state.idle}, then switch; nothing is changed in place."]
        )


def _serving(state: Releases, settings: Settings) -> NamedModel | None:
    """The model that serves, which the candidate is held against."""
    if state.live is None:
        return None
    manifest = released_manifest(state.live, store_of(settings, state.live.slot))
    return NamedModel(name=state.live.slot, manifest=manifest, evaluated_in=manifest.environment)


def _held_against(
    reference: NamedModel | None, model: FoundModel, wish: Promotion, margins: Mapping[str, float]
) -> tuple[Comparison | None, Gate]:
    """The comparison with the model that serves, and the gate that rests on it."""
    if reference is None:
        return None, _not_worse("nothing serves that it could be worse than", passed=True)
    candidate = NamedModel(name="candidate", manifest=model.manifest, evaluated_in=wish.source)
    if candidate.parameters == reference.parameters:
        return None, _not_worse("the parameter set that serves, trained on other days", passed=True)
    try:
        found = compare_models(
            candidate,
            reference,
            days=wish.own.window_days,
            last=candidate.as_of,
            margins=margins,
            settings=wish.settings,
        )
    except RefusedError as error:
        return None, _not_worse("; ".join(error.problems), passed=False)
    comparison = found.comparison
    lines = [verdict_of(comparison), *(kpi.told() for kpi in comparison.kpis)]
    if not comparison.passed:
        lines += [f"not evaluated: {command}" for command in found.commands]
    return comparison, _not_worse(
        " ".join(lines[:1]) + "".join(f"\n{line}" for line in lines[1:]), passed=comparison.passed
    )


def _not_worse(told: str, *, passed: bool) -> Gate:
    return Gate(name="not worse", passed=passed, told=told)
