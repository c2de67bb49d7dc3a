"""One run as a tracking store shows it: a pure function of what its artifacts' manifests say."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from ml_assets.core.manifest import InputArtifact, Manifest
from ml_assets.core.pipeline import default_pipeline
from ml_assets.core.where import with_omitted

EVALUATION = "evaluation"
CARD = "model_card"
CARD_TAG = "mlflow.note.content"  # shown by MLflow as the description of the run, as Markdown
LONGEST_TAG = 8000  # characters; MLflow cuts what is longer


@dataclass(frozen=True, kw_only=True)
class StoredArtifact:
    """One artifact of a run: its manifest, and the URI of its folder."""

    manifest: Manifest
    uri: str


@dataclass(frozen=True, kw_only=True)
class TrackedRun:
    """What is logged of one run_id in one environment.

    Attributes:
        run_id: the run.
        environment: where its artifacts live.
        parameters: every parameter of the run and its as_of, as text.
        metrics: those of its evaluation.
        tags: lineage, and the model card.
        measured_at: when the metrics were committed (UTC).
        started_at: when the making of the model was started (UTC).
        ended_at: when its last artifact was committed (UTC).
    """

    run_id: str
    environment: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    measured_at: dt.datetime
    started_at: dt.datetime
    ended_at: dt.datetime

    @property
    def digest(self) -> str:
        """16 hex digits over everything that is logged: equal ones need not be logged again."""
        told: dict[str, Any] = {
            "run_id": self.run_id,
            "environment": self.environment,
            "parameters": dict(self.parameters),
            "metrics": dict(self.metrics),
            "tags": dict(self.tags),
            "times": [time.isoformat() for time in (self.measured_at, self.started_at, self.ended_at)],
        }
        return hashlib.sha256(rfc8785.dumps(told)).hexdigest()[:16]


def tracked_run(artifacts: Mapping[str, StoredArtifact], *, environment: str, card: str = "") -> TrackedRun:
    """The record of a run.

    Args:
        artifacts: by asset. The evaluation must be among them; another one counts only where it belongs to it.
        environment: where they are now; one that was promoted was made elsewhere.
        card: the text of the model card.
    """
    evaluation = artifacts[EVALUATION].manifest
    whole = {asset: found for asset, found in artifacts.items() if belongs(found.manifest, evaluation)}
    model = whole.get("model", artifacts[EVALUATION]).manifest
    return TrackedRun(
        run_id=evaluation.run_id,
        environment=environment,
        parameters=_parameters(evaluation),
        metrics=evaluation.metrics,
        tags={**dict(_tags(evaluation, whole)), **_card(card, whole)},
        measured_at=evaluation.created_at,
        started_at=model.started_at,
        ended_at=max(found.manifest.created_at for name, found in whole.items() if name != "training_set"),
    )


def belongs(manifest: Manifest, evaluation: Manifest) -> bool:
    """Whether an artifact is what the evaluation was made from, or was made from it: its digest decides."""
    if manifest.asset == EVALUATION:
        return manifest.sha256 == evaluation.sha256
    if manifest.asset == CARD:
        return manifest.made_of(evaluation)
    return evaluation.made_of(manifest)


def _parameters(evaluation: Manifest) -> dict[str, str]:
    values = with_omitted(EVALUATION, evaluation.parameters, pipeline=default_pipeline())
    # RFC 8785 again: what was just made holds 1.0 where a manifest that was read holds 1
    told = {name: v if isinstance(v, str) else rfc8785.dumps(v).decode() for name, v in values.items()}
    return {**told, "as_of": evaluation.as_of.isoformat()}


def _tags(evaluation: Manifest, whole: Mapping[str, StoredArtifact]) -> Iterator[tuple[str, str]]:
    yield "ml_assets.as_of", evaluation.as_of.isoformat()
    yield "ml_assets.dagster_run_id", evaluation.dagster_run_id
    for item in evaluation.artifacts:
        yield from _lineage(item)
    for asset, found in whole.items():
        yield f"ml_assets.{asset}.sha256", found.manifest.sha256
        yield f"ml_assets.{asset}.code_version", found.manifest.code_version
        yield f"ml_assets.{asset}.uri", found.uri


def _lineage(item: InputArtifact) -> Iterator[tuple[str, str]]:
    yield f"ml_assets.{item.asset}.run_id", item.run_id
    yield f"ml_assets.{item.asset}.sha256", item.sha256


def _card(text: str, whole: Mapping[str, StoredArtifact]) -> dict[str, str]:
    if CARD not in whole or not text:
        return {}
    if len(text) <= LONGEST_TAG:
        return {CARD_TAG: text}
    rest = f"\n\n(Cut. The whole card: {whole[CARD].uri})"
    return {CARD_TAG: text[: LONGEST_TAG - len(rest)] + rest}
