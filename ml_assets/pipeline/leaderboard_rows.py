"""What the stored scores of a sweep's evaluations say of its leaderboard, read one trial at a time."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml_assets.core.leaderboard.document import Leaderboard, RankedTrial
from ml_assets.core.leaderboard.ranking import Evidence
from ml_assets.core.manifest import Manifest
from ml_assets.core.metrics import Metrics
from ml_assets.core.statistics.row_values import RowMetric
from ml_assets.pipeline.scores import scores_of
from ml_assets.pipeline.workspace import Workspace

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    from polars import DataFrame

    from ml_assets.core.leaderboard.evidence import NestedChoice
    from ml_assets.core.row_sample import Averaged, RowSample

Scored = list[tuple[dt.date, "DataFrame"]]
"""By as_of, the rows of the holdout with their scores."""


def evidence(
    board: Leaderboard,
    evaluations: Mapping[tuple[str, dt.date], Manifest],
    shared: Iterable[Manifest],
    *,
    workspace: Workspace,
    window_days: int = 1,
) -> Evidence:
    """Compare the trials of a leaderboard with the first one on the rows of all their holdouts.

    Trials on fewer days, on other rows or without stored scores take no part. Where the metric is not known row by row,
    trials are compared by days.

    Args:
        board: the ranking.
        evaluations: by trial and day.
        shared: what trials share: among it that on whose rows the evaluations were measured.
        workspace: where the scores are.
        window_days: over how many days the metric is measured.

    Raises:
        CorruptArtifactError: the scores of an evaluation are damaged.
    """
    if len(board.trials) < 2 or not board.trials[0].complete:  # noqa: PLR2004 - nothing to compare
        return Evidence()
    metric = Metrics.of(workspace.pipeline).rows(board.metric)
    if metric is None:
        from ml_assets.core.leaderboard.evidence import by_days

        return by_days(board, window_days=window_days)
    return _Reading(
        board=board,
        metric=metric,
        evaluations=evaluations,
        shared={manifest.sha256: manifest for manifest in shared},
        workspace=workspace,
    ).evidence()


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """One leaderboard whose scores are read."""

    board: Leaderboard
    metric: RowMetric
    evaluations: Mapping[tuple[str, dt.date], Manifest]
    shared: Mapping[str, Manifest]
    workspace: Workspace

    def evidence(self) -> Evidence:
        from ml_assets.core.leaderboard.evidence import NestedChoice, against_first, rows_of
        from ml_assets.core.row_sample import RowSample

        first, *others = self.board.trials
        scored = self._scored(first)
        if scored is None or any(table.schema != scored[0][1].schema for _, table in scored):
            return Evidence()
        entity = str(self.evaluations[first.run_id, first.as_of].facts.get("entity", ""))
        sample = RowSample.of(scored, entity=entity)
        nested = NestedChoice(metric=self.metric, larger=self.board.larger_is_better, entity=entity)
        trials = self._averaged([first, *others], sample, nested)
        against = against_first(sample, trials, larger=self.board.larger_is_better)
        rows = rows_of(sample)
        return Evidence(rows=rows, against={} if rows.missing else against, nested=nested.result())

    def _averaged(
        self, trials: Iterable[RankedTrial], sample: "RowSample", nested: "NestedChoice"
    ) -> Iterator[tuple[str, "Averaged"]]:
        """The metric of each trial that has scores of the sample's rows, by run_id."""
        from ml_assets.core.row_sample import averaged

        for trial in trials:
            scored = self._scored(trial)
            if scored is None or not all(sample.holds(day, table) for day, table in scored):
                continue
            facts = {day: self._facts(self.evaluations[trial.run_id, day]) for day in self.board.days}
            nested.consider(trial.run_id, scored[-1][1], given=self.metric.given(facts[trial.as_of]))
            name = self.board.metric
            yield trial.run_id, averaged(sample, scored, metrics={name: self.metric}, facts=facts)[name]

    def _scored(self, trial: RankedTrial) -> Scored | None:
        """The scores of a trial, oldest day first; None where they are not all there."""
        if not trial.complete:
            return None
        found: Scored = []
        for day in self.board.days:
            manifest = self.evaluations[trial.run_id, day]
            table = scores_of(manifest, self.workspace.store, pipeline=self.workspace.pipeline)
            if table is None:
                return None
            found.append((day, table))
        return found

    def _facts(self, evaluation: Manifest) -> Mapping[str, Any]:
        """Those of what it was made of that trials share, such as the rows that were trained on."""
        made_of = (self.shared[item.sha256] for item in evaluation.artifacts if item.sha256 in self.shared)
        return {name: fact for manifest in made_of for name, fact in manifest.facts.items()}
