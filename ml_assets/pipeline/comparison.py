"""Two models on the same days, from the evaluations that are stored of their parameter sets; nothing is trained."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml_assets.core.artifact import key_of
from ml_assets.core.as_of import window
from ml_assets.core.command import retry_commands
from ml_assets.core.comparison.compare import Comparison, Series, compare
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import DatasetParameters, TrainingParameters
from ml_assets.errors import CorruptArtifactError, RefusedError
from ml_assets.pipeline.measured_rows import Evaluated, same_rows
from ml_assets.pipeline.released import NamedModel, store_of
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore

SAME_ROWS = ("dataset", "source", "holdout_days")
EVALUATION = "evaluation"

Side = dict[dt.date, Evaluated]
"""The evaluations of one model, by day."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What came of a comparison.

    Attributes:
        candidate: the model that may take the other's place.
        reference: the other one.
        comparison: over the days that both have, measured on the same rows.
        other_rows: the days that both have, measured on other rows: late ones, or ones that were corrected between.
        read: the manifests of the evaluations it was made of.
        series: the metrics of each day, of the candidate and of the reference.
        commands: what makes the evaluations that are missing of the window, and both of a day of other rows.
    """

    candidate: NamedModel
    reference: NamedModel
    comparison: Comparison
    other_rows: tuple[dt.date, ...]
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
    found = [
        evaluations(model.parameters, window_days, store_of(settings, model.evaluated_in))
        for model in (candidate, reference)
    ]
    other = other_rows(*found)
    sides = [{day: item.evaluation for day, item in side.items() if day not in other} for side in found]
    first, second = (_metrics(side) for side in sides)
    comparison = compare(first, second, margins=margins, holdout_days=candidate.parameters.holdout_days)
    return Compared(
        candidate=candidate,
        reference=reference,
        comparison=comparison,
        other_rows=other,
        read=tuple(side[day] for side in sides for day in comparison.days),
        series=(first, second),
        commands=tuple(
            command
            for model, side in zip((candidate, reference), sides, strict=True)
            for command in missing_commands(model, window_days, side, settings=settings)
        ),
    )


def evaluations(parameters: TrainingParameters, days: Sequence[dt.date], store: ArtifactStore) -> Side:
    """The stored evaluation of each day that has one which can be read."""
    found = ((day, _evaluation(parameters, day, store)) for day in days)
    return {day: Evaluated(evaluation, store) for day, evaluation in found if evaluation is not None}


def other_rows(first: Side, second: Side) -> tuple[dt.date, ...]:
    """The days of both on which they were not measured on the same rows, in order."""
    both = sorted(first.keys() & second.keys())
    return tuple(day for day in both if not same_rows(first[day], second[day]))


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


def _evaluation(parameters: TrainingParameters, day: dt.date, store: ArtifactStore) -> Manifest | None:
    try:
        return store.find(key_of(EVALUATION, parameters, day))
    except CorruptArtifactError:
        return None


def _metrics(side: Mapping[dt.date, Manifest]) -> Series:
    return {day: manifest.metrics for day, manifest in side.items()}
