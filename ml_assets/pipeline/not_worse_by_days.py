"""A candidate against what serves by what was measured of both on the same days; nothing is made for it."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.comparison.by_days import DayComparison, compare_days, lacking, lines, verdict_of
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.core.run_id import normalise
from ml_assets.core.slices import metric_assets
from ml_assets.core.statistics.tries import error_of_try
from ml_assets.pipeline.chosen_on import ChosenOn, chosen_on
from ml_assets.pipeline.not_worse import LiveComparison, Terms, answer
from ml_assets.pipeline.released import NamedModel, parameters_of, store_of, try_log
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore

PAIR_DIGITS = 32
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
        candidate, reference, own, other, windows=windows, chosen=chosen, terms=terms, settings=settings
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
    settings: Settings,
) -> LiveComparison:
    """The verdict, once the look at these days is written down as a try: days that are too few are not looked at."""
    values, served = ({day: it.metrics for day, it in found.items()} for found in (own, other))
    lacks = lacking(values, served, windows=windows)
    number = None
    if not lacks:
        sample = _digest([[str(day), own[day].sha256, other[day].sha256] for day in own])
        record = {"candidate": candidate.manifest.sha256, "reference": reference.manifest.sha256}
        number = try_log(settings, candidate.line).number(
            pair_of(candidate, reference), sample, {**record, "through": str(terms.through), "by": terms.by}
        )
    error = error_of_try(number or 1)
    kpis = (
        ()
        if lacks
        else compare_days(
            values, served, metrics=terms.metrics, margins=terms.margins, windows=windows, error=error
        )
    )
    comparison = DayComparison(
        through=terms.through,
        days=tuple(own),
        chosen_on=chosen.boards,
        lacks=lacks,
        kpis=kpis,
        verdict=verdict_of(kpis),
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


def pair_of(candidate: NamedModel, reference: NamedModel) -> str:
    """Names the question that tries ask again: this parameter set, of whatever day, against the bytes that serve."""
    asked = {"candidate": dict(candidate.manifest.parameters), "reference": reference.manifest.sha256}
    return _digest(normalise(asked))[:PAIR_DIGITS]


def tried(number: int | None, chosen: ChosenOn) -> list[str]:
    """Which leaderboards could not be read, and which try it is."""
    told = [f"A leaderboard that cannot be read does not count. {text}" for text in chosen.damaged]
    return told + ([] if number is None else [f"Try {number} of this parameter set against what serves."])


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
    first = terms.through - dt.timedelta(days=terms.window_days - 1)
    days = {
        key.as_of
        for key in store.keys(asset, folder=pipeline.folder)
        if first <= key.as_of <= terms.through
        and key.path == pipeline.key_of_identity(asset, values, key.as_of).path
    }
    return [pipeline.key_of_identity(asset, values, day) for day in sorted(days)]


def _unseen(days: list[dt.date], chosen: ChosenOn, *, window: int) -> list[dt.date]:
    """The days whose windows hold nothing of the days by which leaderboards ranked the candidate."""
    return [day for day in days if all(abs((day - looked).days) >= window for looked in chosen.days)]


def _digest(asked: Any) -> str:
    return hashlib.sha256(rfc8785.dumps(asked)).hexdigest()
