"""The gates of a promotion: each a question to what is stored of a run, answered by a reason against it or by none.

They ask whether what is promoted is exactly what was evaluated, and whether it is good enough. A gate that asks of what a
pipeline does not have lets it through, and says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from ml_assets.core.asset import Metric
from ml_assets.core.manifest import PYTHON, Manifest
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import from_identity
from ml_assets.core.pipeline import Declared
from ml_assets.core.release_line import promoted_asset
from ml_assets.core.slices import measured, metric_assets

SUSPECTS = "suspects"  # the fact of an evaluation that names features which tell the outcome alone
FORCEABLE = ("code", "packages", "baseline", "leak", "not worse")


class Gate(BaseModel):
    """The answer of one gate.

    Attributes:
        name: what it asks.
        passed: whether it lets the artifact through.
        told: what it found.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    passed: bool
    told: str

    @property
    def forceable(self) -> bool:
        """Whether a person may overrule it. That bytes are those that were evaluated nobody may."""
        return self.name in FORCEABLE


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is stored of the run of what is promoted, and what the code and the packages here are.

    Attributes:
        manifests: of the assets of its run that are stored and whole.
        missing: the assets that are not stored, with the command that makes them.
        damaged: why an asset cannot be used.
        code: the code version of each asset, here.
        packages: the packages of each asset, here.
        pipeline: whose run it is.
    """

    manifests: Mapping[str, Manifest]
    missing: Mapping[str, str] = field(default_factory=dict)
    damaged: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, str]
    packages: Mapping[str, Mapping[str, str]]
    pipeline: Declared

    @property
    def asset(self) -> str:
        """What is promoted."""
        return promoted_asset(self.pipeline)

    @property
    def promoted(self) -> Manifest | None:
        """The manifest of what is promoted."""
        return self.manifests.get(self.asset)

    @property
    def evaluated_by(self) -> str:
        """The asset that gives the metrics: as those of the run say, else the likeliest; "" where there is none."""
        found = measured(Metrics.of(self.pipeline), self.manifests.values())
        run = {**self.manifests, **self.missing, **self.damaged}
        likely = metric_assets(self.pipeline) if self.pipeline.metrics else ()
        return found.asset if found else next((name for name in likely if name in run), "")

    @property
    def evaluation(self) -> Manifest | None:
        """The manifest of what gives the metrics."""
        return self.manifests.get(self.evaluated_by)


@dataclass(frozen=True)
class NotAsked:
    """Why a gate has nothing to ask of a pipeline, or of what is stored of a run."""

    why: str


NO_METRIC = NotAsked("no metric is measured in its run")


def check(evidence: Evidence) -> list[Gate]:
    """The answers of all gates that look at one run alone."""
    return [_gate(name, evidence) for name in GATES]


def _gate(name: str, evidence: Evidence) -> Gate:
    against = GATES[name](evidence)
    if isinstance(against, NotAsked):
        return Gate(name=name, passed=True, told=f"not asked: {against.why}")
    words = {"evaluation": evidence.evaluated_by, "asset": evidence.asset}
    return Gate(name=name, passed=not against, told=against or PASSED[name].format(**words))


def _evaluated(evidence: Evidence) -> str | NotAsked:
    """Is there an evaluation of these very bytes?"""
    if evidence.missing:
        return "; ".join(f"there is no {asset}: {command}" for asset, command in evidence.missing.items())
    evaluation, promoted, by = evidence.evaluation, evidence.promoted, evidence.evaluated_by
    if promoted is not None and not by:
        return NO_METRIC
    if promoted is None or evaluation is None:
        return "not known, for what is stored is damaged"
    if evidence.asset not in {by, *evidence.pipeline.assets[by].inputs}:
        return NotAsked(f"the {by} is not made of the {evidence.asset}")
    if by == evidence.asset or evaluation.made_of(promoted):
        return ""
    return f"the {by} is of other bytes than the {evidence.asset}'s"


def _bytes(evidence: Evidence) -> str:
    """Is every byte the one that was committed?"""
    return "; ".join(evidence.damaged.values())


def _parameters(evidence: Evidence) -> str:
    """Do all have the parameters of what is promoted?"""
    if (promoted := evidence.promoted) is None:
        return f"not known, for the {evidence.asset} cannot be read"
    pipeline = evidence.pipeline
    decided_by = from_identity(promoted.parameters, cls=pipeline.slice(evidence.asset))
    wrong = [
        asset
        for asset, manifest in evidence.manifests.items()
        if dict(manifest.parameters) != pipeline.identity(decided_by, asset)
        or manifest.as_of != promoted.as_of
    ]
    return f"those of {', '.join(wrong)} are others than the {evidence.asset}'s" if wrong else ""


def _inputs(evidence: Evidence) -> str:
    """Was each made of the others as they are stored, rows included?"""
    wrong = [
        f"{asset} was made of another {used}"
        for asset, manifest in evidence.manifests.items()
        for used, digest in _digests(manifest).items()
        if used in evidence.manifests and evidence.manifests[used].sha256 != digest
    ]
    wrong += [
        f"{asset} does not say of which {used} it was made"
        for asset, manifest in evidence.manifests.items()
        for used in evidence.pipeline.assets[asset].inputs
        if used not in _digests(manifest)
    ]
    wrong += [
        f"{name} names no rows of a source"
        for name, asset in evidence.pipeline.assets.items()
        if "rows" in asset.takes.values() and name in evidence.manifests
        if not any(source.days for source in evidence.manifests[name].sources)
    ]
    return "; ".join(wrong)


def _code(evidence: Evidence) -> str:
    """Is it made by the code that is here, but for what is recorded?"""
    wrong = [
        f"{asset} was made by {manifest.code_version}, here is {evidence.code[asset]}"
        for asset, manifest in evidence.manifests.items()
        if not manifest.recorded and manifest.code_version != evidence.code[asset]
    ]
    return "; ".join(wrong)


def _packages(evidence: Evidence) -> str:
    """Is it made by the packages that are here, but for what is recorded? Python's version is told, but does not decide."""
    wrong = {
        f"{name} {manifest.packages.get(name, 'none')} then, {version} here"
        for asset, manifest in evidence.manifests.items()
        if not manifest.recorded
        for name, version in evidence.packages[asset].items()
        if name != PYTHON and manifest.packages.get(name) != version
    }
    return "; ".join(sorted(wrong))


def _baseline(evidence: Evidence) -> str | NotAsked:
    """Is it better than what needs no skill?"""
    declared = Metrics.of(evidence.pipeline).baselines
    if not declared or not evidence.evaluated_by:
        return NotAsked(f"no metric of {evidence.pipeline.name} is declared with a baseline")
    if evidence.evaluation is None:
        return _no_evaluation(evidence)
    values = evidence.evaluation.metrics
    known = [metric for metric in declared if metric.name in values and metric.baseline in values]
    if not known:
        return f"not known, for the {evidence.evaluated_by} has no metric with a baseline beside it"
    return "; ".join(filter(None, (_not_beyond(metric, values) for metric in known)))


def _not_beyond(metric: Metric, values: Mapping[str, float]) -> str:
    """That a metric is no better than its baseline, or nothing."""
    value, baseline = values[metric.name], values[metric.baseline]
    larger = metric.better == "larger"
    if value > baseline if larger else value < baseline:
        return ""
    return f"{metric.name} {value:.4f} is not {'above' if larger else 'below'} {baseline:.4f}"


def _leak(evidence: Evidence) -> str | NotAsked:
    """Does no feature alone tell the outcome?"""
    if evidence.evaluation is None:
        return _no_evaluation(evidence) if evidence.evaluated_by else NO_METRIC
    suspects: list[str] | None = evidence.evaluation.facts.get(SUSPECTS)
    if suspects is None:
        return NotAsked(f"the {evidence.evaluated_by} looked at no feature alone")
    names = ", ".join(suspects)
    return f"suspected to be the outcome itself, for it tells it alone: {names}" if names else ""


def _no_evaluation(evidence: Evidence) -> str:
    return f"not known, for there is no {evidence.evaluated_by} that can be read"


def _digests(manifest: Manifest) -> dict[str, str]:
    return {used.asset: used.sha256 for used in manifest.artifacts}


GATES: Mapping[str, Callable[[Evidence], str | NotAsked]] = MappingProxyType(
    {
        "evaluated": _evaluated,
        "bytes": _bytes,
        "parameters": _parameters,
        "inputs": _inputs,
        "code": _code,
        "packages": _packages,
        "baseline": _baseline,
        "leak": _leak,
    }
)
PASSED: Mapping[str, str] = MappingProxyType(
    {
        "evaluated": "the {evaluation} is of these bytes",
        "bytes": "every SHA-256 is that of its manifest",
        "parameters": "all have the {asset}'s parameters",
        "inputs": "each was made of the others as they are stored",
        "code": "made by the code that is here",
        "packages": "made by the packages that are here",
        "baseline": "better than its baseline",
        "leak": "no feature alone tells the outcome",
    }
)
