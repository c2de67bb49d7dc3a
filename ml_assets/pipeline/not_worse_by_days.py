"""A candidate against what serves by what was measured of both on the same days; nothing is made for it."""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.comparison.by_days import (
    DayComparison,
    Paired,
    compare_pairs,
    lacking,
    lines,
    pairs_by_day,
    verdict_of,
)
from ml_assets.core.comparison.by_losses import LOSSES
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.core.slices import metric_assets
from ml_assets.core.statistics.tries import error_of_try
from ml_assets.pipeline.chosen_on import ChosenOn, chosen_on
from ml_assets.pipeline.not_worse import LiveComparison, Terms, answer, count_try, digest, tried
from ml_assets.pipeline.released import NamedModel, parameters_of, store_of
from ml_assets.pipeline.scores import attached_table
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    import polars as pl

Measured = dict[dt.date, Manifest]
"""By day, the artifact that gives the metrics of a parameter set."""


def compare_by_days(
    candidate: NamedModel, reference: NamedModel, *, terms: Terms, settings: Settings
) -> LiveComparison:
    """Compare two parameter sets by the metrics of the days that the candidate's environment holds of both.

    Raises like `NotWorse`.
    """
    if not terms.margins:
        return _not_asked(reference, f"no metric of {candidate.pipeline.name} is declared with a margin")
    if candidate.manifest.parameters == reference.manifest.parameters:
        return _not_asked(
            reference, "what serves has the same parameters, and days tell only parameters apart"
        )
    store = store_of(settings, candidate.evaluated_in)
    chosen = chosen_on(candidate.manifest.parameters, store, pipeline=candidate.pipeline)
    windows = _windows(candidate, reference, terms)
    own, other = (_measured(it, store, terms=terms) for it in (candidate, reference))
    both = _unseen(sorted(own.keys() & other.keys()), chosen, window=max(windows.values()))
    own, other = ({day: found[day] for day in both} for found in (own, other))
    return _judged(
        candidate,
        reference,
        own,
        other,
        windows=windows,
        chosen=chosen,
        terms=terms,
        store=store,
        settings=settings,
    )


def _not_asked(reference: NamedModel, why: str) -> LiveComparison:
    return LiveComparison(
        gate=answer(f"not asked: {why}", passed=True),
        reference=reference.told,
        reference_sha256=reference.manifest.sha256,
    )


def _judged(
    candidate: NamedModel,
    reference: NamedModel,
    own: Measured,
    other: Measured,
    *,
    windows: Mapping[str, int],
    chosen: ChosenOn,
    terms: Terms,
    store: ArtifactStore,
    settings: Settings,
) -> LiveComparison:
    """The verdict, once the look at these days is written down as a try: days that are too few are not looked at."""
    rows, pairs = _pairs(own, other, windows=windows, pipeline=candidate.pipeline, store=store)
    lacks = lacking(pairs)
    number = None
    if not lacks:
        sample = digest([[str(day), own[day].sha256, other[day].sha256] for day in own])
        number = count_try(candidate, reference, sample, terms=terms, settings=settings)
    error = error_of_try(number or 1)
    known = () if lacks else compare_pairs(pairs, metrics=terms.metrics, margins=terms.margins, error=error)
    comparison = DayComparison(
        through=terms.through,
        days=tuple(own),
        rows=rows,
        chosen_on=chosen.boards,
        lacks=lacks,
        kpis=known,
        verdict=verdict_of(known),
        error=error,
    )
    message = [*lines(comparison), *tried(number, chosen)]
    return LiveComparison(
        gate=answer("\n".join(message), passed=comparison.passed),
        reference=reference.told,
        reference_sha256=reference.manifest.sha256,
        comparison=comparison,
        try_number=number,
    )


def _pairs(
    own: Measured, other: Measured, *, windows: Mapping[str, int], pipeline: Declared, store: ArtifactStore
) -> tuple[int, dict[str, Paired]]:
    """How many rows there are of which losses are known, and each metric by its rows, else by its days."""
    values, served = ({day: it.metrics for day, it in found.items()} for found in (own, other))
    losses = [_losses(found, store, pipeline=pipeline) for found in (own, other)]
    by_row: dict[str, Paired] = {}
    if all(losses):
        from ml_assets.core.comparison.by_losses import pairs_by_row

        by_row = pairs_by_row(*losses, metrics=tuple(windows))
    rows = max((len(pair.day) for pair in by_row.values()), default=0)
    return rows, {**pairs_by_day(values, served, windows=windows), **by_row}


def _losses(found: Measured, store: ArtifactStore, *, pipeline: Declared) -> "dict[dt.date, pl.DataFrame]":
    """By day, what each row adds to the metrics; only of days of which it is stored."""
    keys = {
        day: pipeline.key_of_identity(manifest.asset, manifest.parameters, day)
        for day, manifest in found.items()
    }
    tables = {day: attached_table(LOSSES, key, found[day], store) for day, key in keys.items()}
    return {day: table for day, table in tables.items() if table is not None}


def _windows(candidate: NamedModel, reference: NamedModel, terms: Terms) -> dict[str, int]:
    """Over how many days each metric is measured: the longer of both."""
    both = [
        parameters_of(it.manifest, candidate.pipeline.slice(it.key.asset)) for it in (candidate, reference)
    ]
    return {name: max(terms.metrics.days(name, it) for it in both) for name in terms.margins}


def _measured(model: NamedModel, store: ArtifactStore, *, terms: Terms) -> Measured:
    """What gives the metrics of these parameters, on the latest days up to `through`."""
    pipeline, given = model.pipeline, model.manifest.parameters
    for asset in metric_assets(pipeline):
        fields = pipeline.slice(asset).model_fields
        if not fields.keys() <= pipeline.slice(model.key.asset).model_fields.keys():
            continue
        values = {name: value for name, value in given.items() if name in fields}
        keys = _keys(asset, values, pipeline=pipeline, store=store, terms=terms)
        found = {key.as_of: store.manifest(key) for key in keys}
        if any(not terms.margins.keys().isdisjoint(manifest.metrics) for manifest in found.values()):
            return found
    return {}


def _keys(
    asset: str, values: Mapping[str, Any], *, pipeline: Declared, store: ArtifactStore, terms: Terms
) -> list[ArtifactKey]:
    """Where an asset of these values is stored, by day."""
    days = (terms.through - dt.timedelta(days=n) for n in reversed(range(terms.window_days)))
    return list(store.stored(pipeline.key_of_identity(asset, values, day) for day in days))


def _unseen(days: list[dt.date], chosen: ChosenOn, *, window: int) -> list[dt.date]:
    """The days whose windows hold nothing of the days by which leaderboards ranked the candidate."""
    return [day for day in days if all(abs((day - looked).days) >= window for looked in chosen.days)]
