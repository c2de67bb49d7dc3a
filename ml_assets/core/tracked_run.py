"""One run as a tracking store shows it: a pure function of what its artifacts' manifests say."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from ml_assets.core.manifest import InputArtifact, Manifest
from ml_assets.core.marks import omitted_values
from ml_assets.core.pipeline import Declared
from ml_assets.core.shown_as import is_main
from ml_assets.core.slices import metric_assets

CARD_TAG = "mlflow.note.content"  # shown by MLflow as the description of the run, as Markdown
TEXT = "md"  # the format of an asset that is Markdown
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
        run_id: that of the asset that gives the metrics.
        environment: where its artifacts live.
        parameters: every parameter of the run and its as_of, as text.
        metrics: those of its artifacts.
        tags: lineage, and the text that describes it, such as a model card.
        measured_at: when the metrics were committed (UTC).
        started_at: when the making of the first artifact with this run_id was started (UTC).
        ended_at: when the last of them was committed (UTC).
        pipeline: whose run it is; "" for the project's main one.
    """

    run_id: str
    environment: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    measured_at: dt.datetime
    started_at: dt.datetime
    ended_at: dt.datetime
    pipeline: str = ""

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
            **({"pipeline": self.pipeline} if self.pipeline else {}),
        }
        return hashlib.sha256(rfc8785.dumps(told)).hexdigest()[:16]


def measured_asset(pipeline: Declared) -> str:
    """The asset whose artifact stands for a run: the one that most likely gives its metrics."""
    return metric_assets(pipeline)[0]


def assets_of_a_run(pipeline: Declared) -> tuple[str, ...]:
    """The assets that have the run_id of the run, in order: those of the same slice as the measured one."""
    slice_ = pipeline.slice(measured_asset(pipeline))
    return tuple(name for name, asset in pipeline.assets.items() if asset.slice is slice_)


def tracked_run(
    artifacts: Mapping[str, StoredArtifact], *, pipeline: Declared, environment: str, card: str = ""
) -> TrackedRun:
    """The record of a run.

    Args:
        artifacts: by asset. The measured one must be among them; another one counts only where it belongs to it.
        pipeline: whose run it is.
        environment: where they are now; one that was promoted was made elsewhere.
        card: the text that describes the run: see `text_of`.
    """
    measured = artifacts[measured_asset(pipeline)].manifest
    whole = belonging(artifacts, pipeline)
    own = [found.manifest for found in whole.values() if found.manifest.run_id == measured.run_id]
    return TrackedRun(
        run_id=measured.run_id,
        environment=environment,
        parameters=_parameters(measured, pipeline),
        metrics={name: value for item in [*own, measured] for name, value in item.metrics.items()},
        tags={**dict(_tags(measured, whole)), **_described(card, text_of(whole, pipeline))},
        measured_at=measured.created_at,
        started_at=min(item.started_at for item in own),
        ended_at=max(item.created_at for item in own),
        pipeline="" if is_main(pipeline) else pipeline.name,
    )


def belonging(artifacts: Mapping[str, StoredArtifact], pipeline: Declared) -> dict[str, StoredArtifact]:
    """Those that the measured one was made of, or that were made of it or beside it: digests decide."""
    first = artifacts[measured_asset(pipeline)]
    whole, order = {measured_asset(pipeline): first}, list(pipeline.assets)
    for name in sorted(artifacts, key=order.index):
        other = artifacts[name].manifest
        if _is_linked(first.manifest, other, pipeline) and all(
            _agree(found.manifest, other) and _agree(other, found.manifest) for found in whole.values()
        ):
            whole[name] = artifacts[name]
    return {name: whole[name] for name in artifacts if name in whole}


def _is_linked(measured: Manifest, other: Manifest, pipeline: Declared) -> bool:
    """Whether an artifact that takes the measured one, or that it takes, is the very one; others are beside it."""
    if measured.asset in pipeline.assets[other.asset].inputs:
        return other.made_of(measured)
    return other.asset not in pipeline.assets[measured.asset].inputs or measured.made_of(other)


def _agree(one: Manifest, other: Manifest) -> bool:
    """Whether what `other` tells of `one`, and of what both were made of, is so; versions of before told less."""
    told = other.input_of(one.asset)
    if told is not None and told.sha256 != one.sha256:
        return False
    return all(known.sha256 == item.sha256 for item in other.artifacts if (known := one.input_of(item.asset)))


def text_of(artifacts: Mapping[str, StoredArtifact], pipeline: Declared) -> StoredArtifact | None:
    """The artifact whose text describes the run: the last that is Markdown, or None."""
    texts = [name for name, asset in pipeline.assets.items() if asset.format == TEXT and name in artifacts]
    return artifacts[texts[-1]] if texts else None


def _parameters(measured: Manifest, pipeline: Declared) -> dict[str, str]:
    fields = pipeline.assets[measured.asset].slice.model_fields
    values = {**omitted_values(measured.parameters, fields), **measured.parameters}
    # RFC 8785 again: what was just made holds 1.0 where a manifest that was read holds 1
    told = {name: v if isinstance(v, str) else rfc8785.dumps(v).decode() for name, v in values.items()}
    return {**told, "as_of": measured.as_of.isoformat()}


def _tags(measured: Manifest, whole: Mapping[str, StoredArtifact]) -> Iterator[tuple[str, str]]:
    yield "ml_assets.as_of", measured.as_of.isoformat()
    yield "ml_assets.dagster_run_id", measured.dagster_run_id
    for item in measured.artifacts:
        yield from _lineage(item)
    for asset, found in whole.items():
        yield f"ml_assets.{asset}.sha256", found.manifest.sha256
        yield f"ml_assets.{asset}.code_version", found.manifest.code_version
        yield f"ml_assets.{asset}.uri", found.uri


def _lineage(item: InputArtifact) -> Iterator[tuple[str, str]]:
    yield f"ml_assets.{item.asset}.run_id", item.run_id
    yield f"ml_assets.{item.asset}.sha256", item.sha256


def _described(text: str, artifact: StoredArtifact | None) -> dict[str, str]:
    if artifact is None or not text:
        return {}
    if len(text) <= LONGEST_TAG:
        return {CARD_TAG: text}
    rest = f"\n\n(Cut. The whole card: {artifact.uri})"
    return {CARD_TAG: text[: LONGEST_TAG - len(rest)] + rest}
