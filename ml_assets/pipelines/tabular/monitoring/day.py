"""The monitoring of one day: read from what is stored of a model, and from outcomes that have closed by then."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ml_assets import __version__
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.as_of import window
from ml_assets.core.contract import DatasetContract
from ml_assets.core.manifest import InputSource, Manifest
from ml_assets.errors import CorruptArtifactError, SourceError
from ml_assets.pipeline.draft import Draft
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular.monitoring.artifact import monitoring_key, product
from ml_assets.pipelines.tabular.monitoring.look import look_at
from ml_assets.pipelines.tabular.monitoring.parameters import MonitoringParameters, monitoring_identity
from ml_assets.pipelines.tabular.parameters import DatasetParameters
from ml_assets.pipelines.tabular.scoring.contract import outcomes as outcomes_contract
from ml_assets.pipelines.tabular.scoring.model import ScoringModel
from ml_assets.pipelines.tabular.scoring.parameters import score_commands
from ml_assets.pipelines.tabular.scoring.predictions import (
    input_source,
    predictions_key,
    read_rows,
    scan_days,
)
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    from polars import DataFrame

    from ml_assets.pipelines.tabular.monitoring.document import Monitoring
    from ml_assets.pipelines.tabular.monitoring.drift import Drift
    from ml_assets.pipelines.tabular.monitoring.measure import Outcomes
    from ml_assets.pipelines.tabular.monitoring.outcomes import Joined


@dataclass(kw_only=True)
class MonitoredDay:
    """What is known of a model at the end of a day, and what was read to know it.

    Attributes:
        parameters: dataset and source of the rows.
        own: windows and row counts.
        as_of: the day up to whose end things are known.
        model: whose scores are looked at.
        workspace: where they are.
    """

    parameters: DatasetParameters
    own: MonitoringParameters
    as_of: dt.date
    model: ScoringModel
    workspace: Workspace
    _read: list[Manifest] = field(default_factory=list)
    _sources: list[InputSource] = field(default_factory=list)
    _joined: "Joined | None" = None

    def make(self) -> Draft:
        """The monitoring, to be committed. It is made anew each time: what is stored and what has closed decide it.

        Raises:
            SourceError: rows cannot be used as they are.
            StoreError: something cannot be read as it was committed, or the store cannot be written.
        """
        started, model = self.workspace.now(), self.model.manifest
        found = self.monitoring()
        key = monitoring_key(self.parameters, self.own, model, self.as_of)
        return Draft(
            product=product(found, None if self._joined is None else self._joined.table),
            key=key,
            identity=monitoring_identity(self.parameters, self.own, model),
            format="json",
            inputs=tuple(self._read),
            sources=tuple(self._sources),
            workspace=self.workspace,
            code_version=f"ml_assets {__version__}",
            started_at=started,
            reason="a monitoring is always made anew",
        )

    def monitoring(self) -> "Monitoring":
        """All that is known; nothing is written."""
        from ml_assets.pipelines.tabular.monitoring.document import NOTES_OF, MonitoredModel, Monitoring
        from ml_assets.pipelines.tabular.monitoring.outcomes import closing_days

        store, key, contract = self.workspace.store, self.model.key, self._contract
        evaluation = self._evaluation()
        self._read += [self.model.manifest, self.model.training_set, evaluation]
        learned = store.load(self.model.training_set_key, self.model.training_set)
        closing = closing_days(learned, contract)
        closed = self._after_training(self.as_of - dt.timedelta(days=closing), self.own.window_days)
        latest = self._after_training(self.as_of, self.own.drift_days)
        stored = self._predictions(sorted({*closed, *latest}))
        missing = self._missing([*closed, *latest], stored)
        return Monitoring(
            notes=NOTES_OF[contract.task],
            dataset=self.parameters.dataset,
            source=self.parameters.source,
            model=MonitoredModel(
                run_id=key.run_id,
                model_version=key.value("model_version"),
                as_of=key.as_of,
                sha256=self.model.manifest.sha256,
            ),
            as_of=self.as_of,
            outcomes=self._outcomes(closed, stored, closing=closing, evaluation=evaluation),
            drift=self._drift(latest, stored, learned=learned),
            drift_first=self.as_of - dt.timedelta(days=self.own.drift_days - 1),
            missing=missing,
            commands=tuple(
                score_commands(
                    self.parameters,
                    missing,
                    model_run_id=key.run_id,
                    environment=load_settings().in_a_command(self.workspace.environment),
                )
            ),
        )

    def _evaluation(self) -> Manifest:
        """The manifest of the model's evaluation; CorruptArtifactError where it is that of other bytes."""
        store, key = self.workspace.store, replace(self.model.key, asset="evaluation")
        found = store.manifest(key)
        if not found.made_of(self.model.manifest):
            raise CorruptArtifactError(
                f"{store.uri(key)}: is not an evaluation of the model {key.run_id} as it is there now. "
                "Evaluate the model again, so that both fit together."
            )
        return found

    @property
    def _contract(self) -> DatasetContract:
        return self.model.contract

    def _after_training(self, last: dt.date, days: int) -> tuple[dt.date, ...]:
        """The days of a window that the model did not learn from: on its own rows it looks better than it is."""
        return window(last, days=days, first=self._learned_until + dt.timedelta(days=1))

    @property
    def _learned_until(self) -> dt.date:
        """The last day of the model's own rows, those of the holdout included."""
        return dt.date.fromisoformat(self.model.training_set.facts["last_day"])

    def _scores(self, evaluation: Manifest) -> "DataFrame | None":
        """Those that the evaluation keeps of its holdout, as they were when its manifest was read."""
        from ml_assets.pipeline.scores import stored_scores

        return stored_scores(replace(self.model.key, asset="evaluation"), evaluation, self.workspace.store)

    def _predictions(self, days: Sequence[dt.date]) -> "dict[dt.date, DataFrame]":
        """Those that are stored of this very model, by day; a damaged one is none, for it has to be made again."""
        found, store = {}, self.workspace.store
        for day in days:
            key = predictions_key(self.parameters, self.model.manifest, day)
            manifest = _sound(key, store)
            if manifest is not None:
                found[day] = store.load(key, manifest)
                self._read.append(manifest)
        return found

    def _missing(self, days: Sequence[dt.date], stored: "dict[dt.date, DataFrame]") -> tuple[dt.date, ...]:
        """Days that have rows and could be scored, and are not."""
        if not days:
            return ()
        source, first = self.workspace.source(self.parameters.source), load_settings().first_as_of
        with_rows = set(source.days(self.parameters.dataset, first=min(days), last=max(days)))
        return tuple(sorted(day for day in {*days} & with_rows if day not in stored and day >= first))

    def _refuse_gone(self, scored: Sequence[dt.date]) -> None:
        """SourceError where no day of those that were scored has a file any more."""
        source = self.workspace.source(self.parameters.source)
        if not {*scored} & {*source.days(self.parameters.dataset, first=scored[0], last=scored[-1])}:
            raise SourceError(
                f"The rows of {scored[0]} to {scored[-1]} were scored and are gone from source {self.parameters.source}. "
                "Land them again."
            )

    def _outcomes(
        self,
        days: tuple[dt.date, ...],
        stored: "dict[dt.date, DataFrame]",
        *,
        closing: int,
        evaluation: Manifest,
    ) -> "Outcomes":
        import polars as pl

        from ml_assets.pipelines.tabular.monitoring.change import Evaluated
        from ml_assets.pipelines.tabular.monitoring.measure import outcomes_of
        from ml_assets.pipelines.tabular.monitoring.outcomes import NOTHING, closed_outcomes, join

        scored, joined = tuple(day for day in days if day in stored), NOTHING
        if scored:
            source, contract = (
                self.workspace.source(self.parameters.source),
                outcomes_contract(self.model.training_set.facts),
            )
            known = closed_outcomes(
                scan_days(source, self.parameters.dataset, scored, contract=contract),
                contract=contract,
                days=scored,
                as_of=self.as_of,
                origin=f"{source.uri}/{self.parameters.dataset}",
            )
            self._sources.append(input_source(self.parameters, known, self.workspace))
            self._joined = joined = join(pl.concat([stored[day] for day in scored]), known, contract)
        return outcomes_of(
            joined,
            days=days,
            scored=scored,
            closing=closing,
            evaluated=Evaluated(evaluation.metrics, self._scores(evaluation) if scored else None),
            contract=self._contract,
            look=look_at(self.as_of, closing=closing, learned_until=self._learned_until),
            facts=self.model.training_set.facts,
            min_rows=self.own.min_rows,
        )

    def _drift(
        self, days: tuple[dt.date, ...], stored: "dict[dt.date, DataFrame]", *, learned: "DataFrame"
    ) -> "Drift | None":
        import polars as pl

        from ml_assets.pipelines.tabular.folds import HOLDOUT, TRAIN, rows_of
        from ml_assets.pipelines.tabular.monitoring.drift import drift
        from ml_assets.pipelines.tabular.scoring.said import said, said_of
        from ml_assets.pipelines.tabular.training import predict

        scored = [day for day in days if day in stored]
        if not scored:
            return None
        self._refuse_gone(scored)
        rows = read_rows(self.parameters, scored, model=self.model, workspace=self.workspace).table
        self._sources.append(input_source(self.parameters, rows, self.workspace))
        train, holdout = (rows_of(learned, fold) for fold in (TRAIN, HOLDOUT))
        return drift(
            train=train,
            holdout_scores=said_of(
                predict(self.model.estimator, holdout, self._contract), self.model.classes
            ),
            rows=rows,
            scores=said(pl.concat([stored[day] for day in scored])),
            features=self._contract.features,
            days=scored,
            share=self._contract.task != "regression",
        )


def _sound(key: ArtifactKey, store: ArtifactStore) -> Manifest | None:
    try:
        return store.verify(key) if store.find(key) else None
    except CorruptArtifactError:
        return None
