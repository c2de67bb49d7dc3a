"""A promotion: decided on what is stored, then copied byte for byte, then written into the log of releases."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.promotion.decision import Decision, verdict
from ml_assets.core.promotion.gates import Evidence, check
from ml_assets.core.promotion.parameters import PromotionParameters
from ml_assets.core.release import Entry, Release, Releases, promoted, refuse_serving
from ml_assets.core.release_line import ReleaseLine, promoted_asset
from ml_assets.errors import RefusedError
from ml_assets.pipeline.lineage import Lineage, lineage
from ml_assets.pipeline.not_worse import LiveComparison, Terms, compare_with_live
from ml_assets.pipeline.released import NamedModel, find_model, release_log, store_of
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.copying import copy_artifact, is_there
from ml_assets.storage.places import location, overlap
from ml_assets.storage.release_log import ReleaseLog


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What somebody asks to promote.

    Attributes:
        own: which run_id, to where, and by how much it may be worse.
        source: the environment in which it was trained and evaluated.
        by: who asks.
        settings: where the environments and the log are.
        pipeline: what made it.
        now: the clock.
    """

    own: PromotionParameters
    source: str
    by: str
    settings: Settings
    pipeline: Declared
    now: Callable[[], dt.datetime] = utc_now


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """A promotion that was evaluated: no slot has been changed yet. `live` is what served then."""

    decision: Decision
    lineage: Lineage
    slot: str
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


def evaluate(request: Promotion) -> Evaluated:
    """What a promotion would come to. Nothing is written but, where KPIs were looked at, that they were: a try.

    Raises:
        RefusedError: the day of `through` is not over, the slot serves, it comes from there, the slot has no root
            of its own, or the pipeline promotes nothing.
        ArtifactNotFoundError: there is none of that run_id.
        StoreError: a store cannot be read, or the slot holds another artifact of this run_id.
    """
    settings, own, pipeline = request.settings, request.own, request.pipeline
    through = own.closed_through(request.now())
    source = store_of(settings, request.source)
    model = find_model(own.model, source, pipeline=pipeline)
    line = ReleaseLine.of_key(pipeline, model.key)
    log = release_log(settings, line)
    state = log.state()
    slot = state.idle(settings.slots) if own.to == "idle" else own.to
    _refuse_slot(state, slot, request)
    found = lineage(model, source, pipeline=pipeline, environment=settings.in_a_command(request.source))
    metrics = Metrics.of(pipeline)
    terms = Terms(
        through=through,
        window_days=own.window_days,
        metrics=metrics,
        margins=own.allowed(metrics, measured=_measured(found.evidence)),
        by=request.by,
    )
    candidate = NamedModel(
        name="candidate",
        line=line,
        key=model.key,
        manifest=model.manifest,
        store=source,
        evaluated_in=request.source,
    )
    compared = compare_with_live(state.live, candidate, terms=terms, settings=settings)
    decision = _decision(request, candidate, slot, evidence=found.evidence, compared=compared, terms=terms)
    evaluated = Evaluated(decision=decision, lineage=found, slot=slot, log=log, live=state.live)
    if decision.verdict != "refused":
        _refuse_another(evaluated, store_of(settings, slot))
    return evaluated


def _measured(evidence: Evidence) -> Mapping[str, float] | None:
    """The metrics of the evaluation; None where none can be read."""
    return None if evidence.evaluation is None else evidence.evaluation.metrics


def _decision(
    request: Promotion,
    candidate: NamedModel,
    slot: str,
    *,
    evidence: Evidence,
    compared: LiveComparison,
    terms: Terms,
) -> Decision:
    """The record of what the gates say."""
    gates = (*check(evidence), compared.gate)
    return Decision(
        verdict=verdict(gates, force=request.own.force),
        pipeline=request.pipeline.name,
        asset=candidate.key.asset,
        run_id=request.own.model,
        line=dict(candidate.line.values),
        values=candidate.line.others(dict(candidate.key.values)),
        as_of=candidate.key.as_of,
        source=request.source,
        to=slot,
        gates=gates,
        parameters=candidate.manifest.parameters,
        reference=compared.reference,
        reference_sha256=compared.reference_sha256,
        comparison=compared.comparison,
        try_number=compared.try_number,
        margins=terms.margins,
        window_days=terms.window_days,
        through=terms.through,
        by=request.by,
        at=request.now(),
        reason=request.own.reason,
        artifacts={asset: manifest.sha256 for asset, manifest in evidence.manifests.items()},
    )


def promote(request: Promotion) -> Outcome:
    """Evaluate, and promote where nothing speaks against it; the decision is recorded either way.

    A refusal leaves the slot as it was. What fails half-way leaves the log as it was; done again, it goes on.

    Raises: what `evaluate` raises, RefusedError where another one has come to serve meanwhile, and StoreError where the
        slot or the log cannot be written.
    """
    evaluated = evaluate(request)
    decision, log = evaluated.decision, evaluated.log
    if decision.verdict == "refused":
        return Outcome(decision=decision, digest=log.keep_decision(decision.record()), entry=None, log=log)
    log.refuse_lossy_store()  # before anything is copied
    release = _copied(evaluated, request)
    digest = log.keep_decision(decision.record())
    entry = log.append(
        "promoted",
        lambda state: (
            release,
            promoted(_unchanged(state, evaluated), release, slots=request.settings.slots),
        ),
        by=request.by,
        at=request.now,
        why=request.own.reason,
        decision=digest,
    )
    return Outcome(decision=decision, digest=digest, entry=entry, log=log)


def _copied(evaluated: Evaluated, request: Promotion) -> Release:
    """The release, once the slot holds every artifact of it, exactly as it was evaluated."""
    source, target = (store_of(request.settings, name) for name in (request.source, evaluated.slot))
    decision, found = evaluated.decision, evaluated.lineage
    manifests = {
        asset: copy_artifact(key, found.evidence.manifests[asset], source=source, target=target)
        for asset, key in found.keys.items()
    }
    return Release(
        slot=evaluated.slot,
        line=dict(decision.line),
        values=dict(decision.values),
        as_of=decision.as_of,
        run_id=decision.run_id,
        sha256=decision.artifacts[decision.asset],
        manifests=manifests,
    )


def _unchanged(state: Releases, evaluated: Evaluated) -> Releases:
    """RefusedError where something else serves than what the candidate was compared with."""
    if state.live != evaluated.live:
        noun = evaluated.decision.asset
        raise RefusedError([f"to: another {noun} serves since this one was compared. Promote it again."])
    return state


def _refuse_another(evaluated: Evaluated, target: ArtifactStore) -> None:
    """StoreError, before anything is copied, where the slot holds another artifact under one of the keys."""
    for asset, manifest in evaluated.lineage.evidence.manifests.items():
        is_there(evaluated.lineage.keys[asset], manifest, target=target)


def _refuse_slot(state: Releases, slot: str, request: Promotion) -> None:
    if slot == request.source:
        noun = promoted_asset(request.pipeline)
        raise RefusedError([f"to: the {noun} is in {slot} already. Promote from where it was evaluated."])
    refuse_serving(state, slot, slots=request.settings.slots)
    _refuse_shared_root(slot, request.settings)


def _refuse_shared_root(slot: str, settings: Settings) -> None:
    """RefusedError where another environment has the slot's root, or one of both lies in the other."""
    places = {name: location(settings.root(name), settings.s3_of(name)) for name in settings.environments}
    setting = f"ML_ASSETS_ENVIRONMENTS__{slot.upper()}__ROOT"
    if shared := [
        f"to: {slot} {words} {name}. Give each a root of its own: {setting}."
        for name in places
        if name != slot and (words := overlap(places[slot], places[name]))
    ]:
        raise RefusedError(shared)
