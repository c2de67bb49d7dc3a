"""A sweep: its trials tried on its days, round by round where the search asks for that."""

import datetime as dt
import logging
import math
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property

from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.leaderboard.ranking import leaderboard, with_evidence
from ml_assets.core.leaderboard.trial import TrialDay
from ml_assets.core.manifest import Manifest
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.progress import tell_step
from ml_assets.core.slices import measured, metric_assets
from ml_assets.core.sweep.axis import shown
from ml_assets.core.sweep.halving import Round, first_round, next_round
from ml_assets.core.sweep.search import trials_of
from ml_assets.core.sweep.space import Space, size
from ml_assets.core.sweep.sweep_parameters import SweepParameters, space_of
from ml_assets.core.sweep.tpe import Tpe
from ml_assets.errors import SharedRunIdError, TrainingError
from ml_assets.pipeline.leaderboard_rows import evidence
from ml_assets.pipeline.trials import Shared, Tried, make_shared, shared_name, tries, workers_for_trials
from ml_assets.pipeline.workspace import Workspace

LOGGER = logging.getLogger("ml_assets")
SHOWN = 3  # reasons of failures in one message


@dataclass(kw_only=True)
class Sweep:
    """One sweep, while it runs.

    Attributes:
        parameters: what all trials share.
        own: the axes, the search, what is best.
        days: its days, oldest first; the last one is the sweep's as_of.
        pipeline: whose runs its trials are.
        workspace: where it reads and writes.
        retry_failed: try again what is known to fail.
        records: what came of each trial and day so far.
        evaluations: those that the records tell of.
    """

    parameters: Parameters
    own: SweepParameters
    days: tuple[dt.date, ...]
    pipeline: Declared
    workspace: Workspace
    retry_failed: bool = False
    records: dict[tuple[str, dt.date], TrialDay] = field(default_factory=dict)
    evaluations: dict[tuple[str, dt.date], Manifest] = field(default_factory=dict)
    _shared: dict[str, Shared] = field(default_factory=dict)  # by name: no trial sees others
    _named: dict[str, Parameters] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)
    _best: float | None = None
    _measured: set[str] = field(default_factory=set)

    @property
    def metrics(self) -> Metrics:
        """What is declared of the metrics."""
        return Metrics.of(self.pipeline)

    @property
    def larger_is_better(self) -> bool:
        """Whether the best trial is the one with the largest metric."""
        return self.metrics.larger_is_better(self.metric)

    @property
    def metric(self) -> str:
        """What ranks the trials: where nobody chose, and none of them has the default, the first declared that they have."""
        asked = self.own.metric
        chosen = asked != type(self.own).model_fields["metric"].default
        if chosen or asked in self._measured:
            return asked
        return self.metrics.first_measured(self._measured) or asked

    @cached_property
    def space(self) -> Space:
        """The axes; RefusedError where one of them is wrong."""
        return space_of(self.own, cls=type(self.parameters))

    @property
    def most_trials(self) -> int:
        """How many trials there can be: no more than combinations, where these come to an end."""
        return min(self.own.trials, size(self.space) or self.own.trials)

    def run(self) -> Iterator[Tried]:
        """Try all there is to try; each outcome as soon as it is there.

        Raises:
            RefusedError: a combination is impossible; nothing was tried.
            SharedRunIdError: two trials have one run_id; neither was tried.
            TrainingError: more trials failed than `max_failure_rate` allows; the rest was not tried.
        """
        if self.own.search == "tpe":
            yield from self._learning()
        elif self.own.search == "halving":
            yield from self._halving()
        else:
            trials = trials_of(self.parameters, self.own)
            yield from self._tries(trials, self.days, planned=len(trials))

    def leaderboard(self) -> Leaderboard:
        """The leaderboard of what was tried.

        Raises:
            CorruptArtifactError: the scores of an evaluation are damaged.
        """
        varied = [axis.name for axis in self.space]
        board = leaderboard(
            self.records.values(),
            metric=self.metric,
            varied=varied,
            pipeline=self.pipeline,
            asked=self.own.metric,
        )
        days = self.metrics.days(self.metric, self.parameters)
        compared = evidence(
            board,
            self.evaluations,
            self._shared_manifests(),
            workspace=self.workspace,
            window_days=days,
        )
        return with_evidence(board, compared, pipeline=self.pipeline)

    @property
    def rows_until(self) -> str:
        """The last event day that any trial was measured on; "" where a training set of an earlier version does not say."""
        days = [str(manifest.facts.get("last_day", "")) for manifest in self._shared_manifests()]
        return max(days, default="") if all(days) else ""

    def _shared_manifests(self) -> list[Manifest]:
        return [manifest for shared in self._shared.values() for manifest in shared.values()]

    def name(self, trial: Parameters) -> str:
        """What a trial is called: its run_id at the sweep's as_of."""
        return self.pipeline.run_id(trial, self.days[-1])

    def _learning(self) -> Iterator[Tried]:
        larger = self.larger_is_better
        search = Tpe(self.parameters, self.own, larger_is_better=larger)
        while trials := search.ask():
            yield from self._tries(trials, self.days, planned=self.most_trials)
            for trial in trials:
                value = self._mean(trial, self.days)
                if value is not None and larger != self.larger_is_better:  # known once trials have metrics
                    value = -value
                search.tell(trial, value)

    def _halving(self) -> Iterator[Tried]:
        trials = {self.name(trial): trial for trial in trials_of(self.parameters, self.own)}
        stage: Round | None = first_round(trials, self.days, reduction=self.own.reduction)
        while stage is not None:
            LOGGER.info(
                "round %d: %d trials on %d days", stage.number + 1, len(stage.trials), len(stage.days)
            )
            yield from self._tries([trials[n] for n in stage.trials], stage.days, planned=len(trials))
            results = {n: self._mean(trials[n], stage.days) for n in stage.trials}
            stage = next_round(stage, results, larger_is_better=self.larger_is_better)

    def _tries(
        self, trials: Sequence[Parameters], days: Sequence[dt.date], *, planned: int
    ) -> Iterator[Tried]:
        """Try what was not tried yet, what trials share first."""
        self._refuse_shared_names(trials)
        wanted = {
            day: left
            for day in days
            if (left := [trial for trial in trials if (self.name(trial), day) not in self.records])
        }
        if not wanted:
            return
        workers = workers_for_trials(wanted, self.workspace)
        blocked = yield from self._share(trials, list(wanted), workers=workers)
        total = len(self.records) + sum(map(len, wanted.values()))
        for day, left in wanted.items():
            for trial in left:
                if (reason := blocked.get(self._shared_name(trial, day))) is not None:
                    self._record(trial, day, reason=reason, planned=planned, total=total)
        sound = {
            day: [trial for trial in left if self._shared_name(trial, day) not in blocked]
            for day, left in wanted.items()
        }
        outcomes = tries(
            sound,
            shared=self._shared,
            pipeline=self.pipeline,
            workspace=self.workspace,
            workers=workers,
            retry_failed=self.retry_failed,
        )
        with closing(outcomes):  # what is under way ends where too many have failed
            for tried in outcomes:
                day, error = tried.attempt.as_of, tried.attempt.error
                yield tried
                self._record(
                    tried.parameters,
                    day,
                    reason=str(error) if error else None,
                    evaluation=self._evaluation(tried),
                    reused=all(made.reused for made in tried.attempt.made),
                    planned=planned,
                    total=total,
                )

    def _share(
        self, trials: Sequence[Parameters], days: Sequence[dt.date], *, workers: int
    ) -> Generator[Tried, None, dict[str, str]]:
        """Make what trials share; returned is why, by name, where it cannot be made."""
        blocked: dict[str, str] = {}
        made = make_shared(
            trials,
            days,
            pipeline=self.pipeline,
            workspace=self.workspace,
            workers=workers,
            known=self._shared,
        )
        for tried in made:
            named = self._shared_name(tried.parameters, tried.attempt.as_of)
            if tried.attempt.error:
                blocked[named] = str(tried.attempt.error)
            else:
                self._shared[named] = {item.key.asset: item.manifest for item in tried.attempt.made}
            yield tried
        return blocked

    def _shared_name(self, trial: Parameters, day: dt.date) -> str:
        return shared_name(trial, day, pipeline=self.pipeline)

    def _evaluation(self, tried: Tried) -> Manifest | None:
        """The very one that was made or found and gives the metrics; none of a try that failed."""
        if tried.attempt.error:
            return None
        made = {item.key.asset: item.manifest for item in tried.attempt.made}
        likely = metric_assets(self.pipeline)
        return measured(self.metrics, made.values()) or next((made[n] for n in likely if n in made), None)

    def _refuse_shared_names(self, trials: Sequence[Parameters]) -> None:
        """SharedRunIdError where two trials have one run_id: what came of one would be taken for the other."""
        for trial in trials:
            other = self._named.setdefault(self.name(trial), trial)
            if other != trial:
                raise SharedRunIdError(
                    f"Two trials share the run_id {self.name(trial)}: {self.varied(other)}, and {self.varied(trial)}. "
                    "Leave one of them out, or change the seed. What was made stays."
                )

    def _record(
        self,
        trial: Parameters,
        day: dt.date,
        *,
        reason: str | None,
        planned: int,
        total: int,
        evaluation: Manifest | None = None,
        reused: bool = False,
    ) -> None:
        """Keep what came of one trial on one day; TrainingError where too many have failed by now."""
        name, metrics = self.name(trial), dict(evaluation.metrics) if evaluation else {}
        if evaluation:
            self.evaluations[name, day] = evaluation
        self.records[name, day] = TrialDay(
            trial=self.pipeline.identity(trial),
            as_of=day,
            run_id=self.pipeline.run_id(trial, day),
            status="done" if reason is None else "failed",
            reason=reason or "",
            metrics=metrics,
            reused=reused,
        )
        if reason is not None:
            self._failed.setdefault(name, reason)
        self._measured |= metrics.keys()
        if (value := metrics.get(self.metric)) is not None:
            better = max if self.larger_is_better else min
            self._best = value if self._best is None else better(self._best, value)
        outcome = reason if value is None else f"{self.metric} {value:.4f}"
        LOGGER.info(
            "%s %s %s: %s (%d of %d)",
            day,
            self.pipeline.run_id(trial, day),
            self.varied(trial),
            outcome,
            len(self.records),
            total,
        )
        best = "" if self._best is None else f"best {self._best:.4f}"
        tell_step("trial", total=total, note=best)
        if len(self._failed) > self.own.max_failure_rate * planned:
            raise TrainingError(self._too_many(planned))

    def varied(self, trial: Parameters) -> str:
        """The values of a trial that are its own: `learning_rate=0.1 max_depth=4`."""
        return " ".join(f"{axis.name}={shown(getattr(trial, axis.name))}" for axis in self.space)

    def _mean(self, trial: Parameters, days: Sequence[dt.date]) -> float | None:
        """The mean metric over days that were tried; None where one of them failed."""
        records = [self.records[self.name(trial), day] for day in days]
        values = [record.metrics[self.metric] for record in records if self.metric in record.metrics]
        return math.fsum(values) / len(values) if len(values) == len(days) else None

    def _too_many(self, planned: int) -> str:
        reasons = Counter(self._failed.values()).most_common(SHOWN)
        lines = [f"{count} of them: {reason}" for reason, count in reasons]
        head = (
            f"Stopped early: {len(self._failed)} of {planned} trials failed, more than max_failure_rate "
            f"{self.own.max_failure_rate:g} allows. What was made stays, and the same sweep goes on from there."
        )
        return "\n".join([head, *lines])
