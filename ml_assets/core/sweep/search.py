"""Which trials a sweep has, where that is known before the first of them runs: all of a grid, or drawn ones.

A trial is a run, so a combination is possible exactly if the class of the parameters takes it together with those
that all trials share. Impossible ones are refused, all of them and before anything runs, and not skipped: a sweep
does what was typed, or says why it does not. Combinations that differ in values only that are not used are one trial.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ml_assets.core.marks import is_used, unused_problem
from ml_assets.core.parameters import AnyParameters, Parameters
from ml_assets.core.problems import diagnose
from ml_assets.core.sweep.axis import Axis, Choices, Value, shown
from ml_assets.core.sweep.space import Combination, Space, corners, listed, size
from ml_assets.core.sweep.sweep_parameters import SweepParameters, space_of
from ml_assets.errors import RefusedError

SHOWN = 10
DIGITS = 6
LISTED_AT_MOST = 1_000_000
DRAWS_A_TRIAL = 100


def trials_of(parameters: AnyParameters, own: SweepParameters) -> list[AnyParameters]:
    """The trials of a grid, or those drawn for `random` and for the first round of `halving`.

    The value of an axis takes the place of what `parameters` say. Same arguments, same trials in the same
    order, whatever the order of the axes; no two are equal. Drawn are `own.trials`, or fewer where the space
    has no more of them.

    Raises:
        RefusedError: an axis is wrong, or combinations are impossible.
        ValueError: the search is `tpe`, whose trials depend on results: see `Tpe`.
    """
    if own.search == "tpe":
        raise ValueError("The trials of tpe depend on results: use Tpe.")
    space = space_of(own, cls=type(parameters))
    _refuse_unused_axes(parameters, space)
    if own.search == "grid":
        return possible(parameters, combinations(space))
    found = drawn(space, own.trials, seed=own.seed, used=lambda draw: used_part(parameters, draw))
    return possible(parameters, found)


def check_space(parameters: Parameters, space: Space) -> None:
    """RefusedError where a corner of the space is impossible, or an axis is used nowhere."""
    _refuse_unused_axes(parameters, space)
    possible(parameters, corners(space, cls=type(parameters)))


def combinations(space: Space) -> Iterator[Combination]:
    """All combinations of axes that can be listed; the last axis by name changes fastest."""
    from sklearn.model_selection import ParameterGrid

    lists = {axis.name: listed(axis) for axis in space}
    yield from ParameterGrid(lists)


def drawn(
    space: Space,
    count: int,
    *,
    seed: int,
    used: Callable[[Combination], Combination] = lambda combination: combination,
) -> list[Combination]:
    """At most `count` different combinations drawn at random; numbers with at most 6 significant digits.

    Two are different where what is `used` of them is. Where all values can be listed they are drawn without
    replacement. Otherwise draws that repeat an earlier one do not count, and drawing ends after 100 draws a trial.
    """
    from sklearn.model_selection import ParameterSampler

    total = size(space)
    lists = _lists(space, total)
    if lists is not None and total is not None:
        draws = list(ParameterSampler(lists, n_iter=min(count, total), random_state=seed))
        if len(_different(draws, count, used)) == len(draws):
            return draws
        more = ParameterSampler(lists, n_iter=min(DRAWS_A_TRIAL * count, total), random_state=seed)
        return _different(more, count, used)
    dists = {axis.name: _distribution(axis) for axis in space}
    many = ParameterSampler(dists, n_iter=DRAWS_A_TRIAL * count, random_state=seed)
    most = count if total is None else min(count, total)
    return _different((tidy(space, draw) for draw in many), most, used)


def _lists(space: Space, total: int | None) -> dict[str, Sequence[Value] | None] | None:
    """The values of each axis, where all are equally likely and there are not too many."""
    weighted = any(not isinstance(axis, Choices) and axis.log for axis in space)
    if weighted or total is None or total > LISTED_AT_MOST:
        return None
    return {axis.name: listed(axis) for axis in space}


def _distribution(axis: Axis) -> Any:
    from scipy.stats import loguniform, randint, uniform  # type: ignore[import-untyped,unused-ignore]

    if isinstance(axis, Choices):
        return axis.values
    if axis.log:  # whole numbers are rounded afterwards: half a step more at either end makes both ends fair
        margin = 0.5 if axis.whole else 0.0
        return loguniform(axis.low - margin, axis.high + margin)
    if axis.whole:
        return randint(axis.low, axis.high + 1)
    return uniform(axis.low, axis.high - axis.low)


def tidy(space: Space, draw: Combination) -> Combination:
    """What was drawn, as values of the axes: numbers rounded, inside their range, and of the right type."""
    return {axis.name: _tidy(axis, draw[axis.name]) for axis in space}


def _tidy(axis: Axis, value: Any) -> Value:
    if isinstance(axis, Choices):
        found: Value = value
        return found
    rounded = round(value) if axis.whole else float(f"{value:.{DIGITS}g}")
    return min(max(rounded, axis.low), axis.high)


def _different(
    draws: Iterable[Combination], count: int, used: Callable[[Combination], Combination]
) -> list[Combination]:
    found: dict[tuple[tuple[str, Value], ...], Combination] = {}
    for draw in draws:
        found.setdefault(tuple(used(draw).items()), draw)
        if len(found) == count:
            break
    return list(found.values())


def used_part(parameters: Parameters, combination: Combination) -> Combination:
    """What of a combination is used, with the parameters that all trials share."""
    fields, values = type(parameters).model_fields, {**parameters.__dict__, **combination}
    return {name: value for name, value in combination.items() if is_used(name, values, fields)}


def possible(parameters: AnyParameters, found: Iterable[Combination]) -> list[AnyParameters]:
    """The trials of combinations, each once, or RefusedError with all problems and the combinations that have them."""
    cls = type(parameters)
    shared = {name: getattr(parameters, name) for name in cls.model_fields}
    defaults = {name: field.default for name, field in cls.model_fields.items()}
    trials: dict[AnyParameters, None] = {}
    wrong: dict[str, list[str]] = {}
    for combination in found:
        aside = {name: defaults[name] for name in combination}
        trial, problems = diagnose({**shared, **aside, **used_part(parameters, combination)}, cls)
        if trial is not None:
            trials[trial] = None
        for problem in problems:
            wrong.setdefault(problem, []).append(_named(combination))
    _refuse(wrong)
    return list(trials)


def _refuse_unused_axes(parameters: Parameters, space: Space) -> None:
    """RefusedError where an axis changes nothing, whatever the values of the others."""
    cls, found = type(parameters), list(corners(space, cls=type(parameters)))
    used = {name for combination in found for name in used_part(parameters, combination)}
    wrong: dict[str, list[str]] = {}
    for combination in found:
        values = {**parameters.__dict__, **combination}
        for name in combination.keys() - used:
            if problem := unused_problem(name, values, cls.model_fields):
                wrong.setdefault(problem, []).append(_named(combination))
    _refuse(wrong)


def _refuse(wrong: Mapping[str, list[str]]) -> None:
    if wrong:
        raise RefusedError([f"{problem} {_where(names)}" for problem, names in wrong.items()])


def _named(combination: Combination) -> str:
    return " ".join(f"{name}={shown(value)}" for name, value in sorted(combination.items()))


def _where(names: Sequence[str]) -> str:
    """`Impossible: C=1 max_depth=2; C=2 max_depth=2; and 34 more.`."""
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return f"Impossible: {'; '.join([*names[:SHOWN], *more])}."
