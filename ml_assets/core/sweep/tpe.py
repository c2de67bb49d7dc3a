"""Trials that learn from the trials before them: tree-structured Parzen estimators, asked batch by batch."""

import math
import warnings
from typing import Any, Generic

from ml_assets.core.parameters import AnyParameters
from ml_assets.core.sweep.axis import Axis, Choices, Value, shown
from ml_assets.core.sweep.search import check_space, combinations, possible, tidy
from ml_assets.core.sweep.space import Combination, Space, size
from ml_assets.core.sweep.sweep_parameters import SweepParameters, space_of
from ml_assets.errors import RefusedError

BATCH = 4
"""Trials asked for at once. It decides which trials come next, so it must not depend on the workers at hand."""

REPEATS = 100


class Tpe(Generic[AnyParameters]):
    """The search `tpe` of one sweep: ask for a batch, tell what came of each, ask again.

    The trials depend on the parameters, the sweep's own, the sizes of the batches and the values told; not
    on the order in which a batch's values arrive, on the process, or on anything stored.

    Its trials are not known beforehand, so all corners of the space must be possible: the lowest and highest
    value of each axis, and each model version.
    """

    def __init__(self, parameters: AnyParameters, own: SweepParameters, *, larger_is_better: bool) -> None:
        """Refuse what cannot run.

        Raises:
            RefusedError: the package is missing, an axis is wrong, or corners of the space are impossible.
        """
        self._parameters = parameters
        self._space = space_of(own, cls=type(parameters))
        check_space(parameters, self._space)
        self._study = _study(own, larger_is_better=larger_is_better)
        self._distributions = {axis.name: _distribution(axis) for axis in self._space}
        self._left = own.trials
        self._asked: dict[AnyParameters, int] = {}
        self._told: dict[AnyParameters, float | None] = {}
        self._pending: set[AnyParameters] = set()

    def ask(self, count: int = BATCH) -> list[AnyParameters]:
        """The next trials, none of which was asked before: `count` of them, or fewer at the end; then none.

        Raises:
            ValueError: trials asked before have not been told yet.
        """
        if waiting := len(self._pending) - len(self._told):
            raise ValueError(f"Tell of all trials first: {waiting} of them are still out.")
        self._settle()
        batch: list[AnyParameters] = []
        while len(batch) < min(count, self._left) and (trial := self._next()) is not None:
            batch.append(trial)
        self._left -= len(batch)
        self._pending = set(batch)
        return batch

    def tell(self, trial: AnyParameters, value: float | None) -> None:
        """State the metric of a trial of the present batch; None, or what is no finite number, if it failed.

        Raises:
            ValueError: the trial is not of this batch, or was told already.
        """
        if trial not in self._pending or trial in self._told:
            raise ValueError(
                "This trial is not waited for: it was not asked for in this batch, or told twice."
            )
        self._told[trial] = value if value is not None and math.isfinite(value) else None

    def _settle(self) -> None:
        """Hand on a batch's values in the order in which its trials were asked for."""
        for trial in sorted(self._told, key=self._asked.__getitem__):
            value = self._told[trial]
            if value is None:
                self._fail(self._asked[trial])
            else:
                self._study.tell(self._asked[trial], value)
        self._told, self._pending = {}, set()

    def _fail(self, number: int) -> None:
        from optuna.trial import TrialState

        self._study.tell(number, state=TrialState.FAIL)

    def _next(self) -> AnyParameters | None:
        """A trial not asked before; one that repeats another is given up, as it can tell nothing new."""
        total = size(self._space)
        if total is not None and len(self._asked) >= total:
            return None
        for _ in range(REPEATS):
            if (trial := self._suggested()) is not None:
                return trial
        if total is not None:
            if (left := self._unasked()) is None:
                return None
            self._study.enqueue_trial(_suggestion(left))
        return self._suggested()

    def _suggested(self) -> AnyParameters | None:
        suggestion = self._study.ask(self._distributions)
        trial = self._trial(tidy(self._space, _values(self._space, suggestion.params)))
        if trial is None or trial in self._asked:
            self._fail(suggestion.number)
            return None
        self._asked[trial] = suggestion.number
        return trial

    def _trial(self, combination: Combination) -> AnyParameters | None:
        """The trial of a combination, or None where a rule forbids it that the corners of the space do not break."""
        try:
            return possible(self._parameters, [combination])[0]
        except RefusedError:
            return None

    def _unasked(self) -> Combination | None:
        """The first combination that was not asked for, where they can be listed and some are left."""
        asked = {None, *self._asked}
        return next((c for c in combinations(self._space) if self._trial(c) not in asked), None)


def _suggestion(combination: Combination) -> dict[str, Any]:
    """A combination as optuna takes it: it knows no lists and tables."""
    return {
        name: shown(value) if isinstance(value, list | dict) else value for name, value in combination.items()
    }


def _values(space: Space, suggestion: dict[str, Any]) -> Combination:
    """What `_suggestion` came from."""
    lists = {axis.name: axis.values for axis in space if isinstance(axis, Choices)}
    texts = {name: {shown(value): value for value in values} for name, values in lists.items()}
    return {
        name: texts[name][value] if _is_text(lists.get(name)) else value for name, value in suggestion.items()
    }


def _is_text(values: tuple[Value, ...] | None) -> bool:
    """Whether optuna is given the values of an axis as texts."""
    return values is not None and isinstance(values[0], list | dict)


def _study(own: SweepParameters, *, larger_is_better: bool) -> Any:
    """A study in memory that says nothing: what it learns is in the leaderboard, or it is not true."""
    try:
        import optuna
    except ImportError:
        raise RefusedError(
            [
                "search: tpe needs a package that is not here. Allowed: pip install 'ml-assets[sweep]', or search random."
            ]
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        # batches need the liar, which stands for trials that are still out; it has been "experimental" since 2.8
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(seed=own.seed, constant_liar=True, multivariate=False)
    direction = "maximize" if larger_is_better else "minimize"
    return optuna.create_study(sampler=sampler, direction=direction)


def _distribution(axis: Axis) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(axis, Choices):
        return CategoricalDistribution(
            tuple(_suggestion({str(n): v for n, v in enumerate(axis.values)}).values())
        )
    if axis.whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)
