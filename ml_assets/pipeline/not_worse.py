"""The gate `not worse`: a candidate against the model that serves, on the same days."""

from collections.abc import Mapping
from dataclasses import dataclass

from ml_assets.core.command import command
from ml_assets.core.comparison.compare import Comparison
from ml_assets.core.comparison.words import other_rows, verdict
from ml_assets.core.promotion.gates import Gate
from ml_assets.core.release import Release
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, RefusedError
from ml_assets.pipeline.comparison import Compared, compare_models
from ml_assets.pipeline.released import NamedModel, model_of
from ml_assets.settings import Settings


@dataclass(frozen=True, kw_only=True)
class HeldAgainst:
    """What came of it.

    Attributes:
        gate: the answer.
        reference: the model that serves, or nothing.
        comparison: with it, or None where there was none to make.
    """

    gate: Gate
    reference: str = ""
    comparison: Comparison | None = None


def hold_against(
    live: Release | None,
    candidate: NamedModel,
    *,
    days: int,
    margins: Mapping[str, float],
    settings: Settings,
) -> HeldAgainst:
    """Hold a candidate against what serves, over the `days` up to its as_of.

    What cannot be compared fails the gate, which may be overruled: what serves may be lost, and is to be replaced then.
    StoreError where a store cannot be reached.
    """
    if live is None:
        return HeldAgainst(gate=_gate("nothing serves that it could be worse than", passed=True))
    try:
        reference = model_of(live, live.slot, settings)
    except (ArtifactNotFoundError, CorruptArtifactError):
        back = command("rollback", dataset=candidate.parameters.dataset)
        told = f"what serves is gone from its slot, or damaged there. Go back to what served before: {back}"
        return HeldAgainst(reference=f"{live.slot}: {live.told()}", gate=_gate(told, passed=False))
    try:
        if candidate.parameters == reference.parameters:
            renewed = ", trained on other days" if candidate.as_of != reference.as_of else ""
            told = f"the parameter set that serves{renewed}"
            return HeldAgainst(reference=reference.told, gate=_gate(told, passed=True))
        found = compare_models(
            candidate, reference, days=days, last=candidate.as_of, margins=margins, settings=settings
        )
    except RefusedError as error:
        return HeldAgainst(reference=reference.told, gate=_gate("; ".join(error.problems), passed=False))
    gate = _gate(_told(found), passed=found.comparison.passed)
    return HeldAgainst(reference=reference.told, comparison=found.comparison, gate=gate)


def _told(found: Compared) -> str:
    """The verdict, a line for each KPI, and which days do not count: a verdict on some of the days says so."""
    lines = [verdict(found.comparison), *(kpi.told() for kpi in found.comparison.kpis)]
    lines += [other_rows(found.other_rows)] if found.other_rows else []
    return "\n".join([*lines, *(f"not evaluated: {command}" for command in found.commands)])


def _gate(told: str, *, passed: bool) -> Gate:
    return Gate(name="not worse", passed=passed, told=told)
