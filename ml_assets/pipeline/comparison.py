"""Two models on the same days, from the evaluations that are stored of their parameter sets; nothing is trained."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml_assets.core.as_of import window
from ml_assets.core.command import retry_commands
from ml_assets.core.comparison.compare import Comparison, Series, compare
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import DatasetParameters, TrainingParameters
from ml_assets.errors import RefusedError
from ml_assets.pipeline.released import NamedModel, store_of
from ml_assets.pipeline.report import read_day
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore

SAME_ROWS = ("dataset", "source", "holdout_days")


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What came of a comparison.

    Attributes:
        candidate: the model that may take the other's place.
        reference: the other one.
        comparison: over the days that both have.
        read: the manifests of the evaluations it was made of.
        series: the metrics of each day, of the candidate and of the reference.
        commands: what makes the evaluations that are missing of the window.
    """

    candidate: NamedModel
    reference: NamedModel
    comparison: Comparison
    read: tuple[Manifest, ...]
    series: tuple[Series, Series]
    commands: tuple[str, ...]


def compare_models(
    candidate: NamedModel,
    reference: NamedModel,
    *,
    days: int,
    last: dt.date | None,
    margins: Mapping[str, float],
    settings: Settings,
) -> Compared:
    """Compare two models over the `days` up to `last`, by default the last day that both know of.

    Raises:
        RefusedError: their metrics are of different rows, so that they say nothing of each other.
        StoreError: the store cannot be read. A damaged evaluation is as good as none.
    """
    refuse_other_rows(candidate.parameters, reference.parameters)
    window_days = window(last or min(candidate.as_of, reference.as_of), days=days, first=settings.first_as_of)
    sides = [
        evaluations(model.parameters, window_days, store_of(settings, model.evaluated_in))
        for model in (candidate, reference)
    ]
    first, second = (_metrics(side) for side in sides)
    found = compare(first, second, margins=margins, holdout_days=candidate.parameters.holdout_days)
    return Compared(
        candidate=candidate,
        reference=reference,
        comparison=found,
        read=tuple(side[day] for side in sides for day in found.days),
        series=(first, second),
        commands=tuple(
            command
            for model, side in zip((candidate, reference), sides, strict=True)
            for command in missing_commands(model, window_days, side, settings=settings)
        ),
    )


def evaluations(
    parameters: TrainingParameters, days: Sequence[dt.date], store: ArtifactStore
) -> dict[dt.date, Manifest]:
    """The manifest of the stored evaluation of each day that has one which can be read."""
    found = ((day, read_day(parameters, day, store=store).evaluation) for day in days)
    return {day: evaluation for day, evaluation in found if evaluation is not None}


def missing_commands(
    model: NamedModel, days: Sequence[dt.date], found: Mapping[dt.date, Manifest], *, settings: Settings
) -> list[str]:
    """The commands that make the evaluations that a model does not have of these days."""
    environment = settings.in_a_command(model.evaluated_in)
    return retry_commands(
        model.parameters, [day for day in days if day not in found], environment=environment
    )


def refuse_other_rows(first: DatasetParameters, second: DatasetParameters) -> None:
    """RefusedError where two parameter sets are not evaluated on the same rows."""
    told = [
        f"{name}: {getattr(first, name)} and {getattr(second, name)}, so that they are evaluated on other rows. "
        "Compare models of which it is the same."
        for name in SAME_ROWS
        if getattr(first, name) != getattr(second, name)
    ]
    if told:
        raise RefusedError(told)


def _metrics(side: Mapping[dt.date, Manifest]) -> Series:
    return {day: manifest.metrics for day, manifest in side.items()}
