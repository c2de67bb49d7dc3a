"""What decides a sweep beside the parameters of its runs: the axes, the search, and what is best."""

import functools
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, create_model

from ml_assets.core.marks import depends_on
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters, identity
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import problems_of
from ml_assets.core.slices import subjects
from ml_assets.core.sweep.axis import Range
from ml_assets.core.sweep.space import FIXED, Space, corners, read_space, size
from ml_assets.errors import RefusedError

LARGEST_GRID = 10_000
AXES = 'parameter names and texts, such as {learning_rate: "0.05,0.1"}'
NO_METRIC = (
    'metric: {pipeline} declares none that could rank trials. Declare one: Metric("mae", better="smaller").'
)
NO_AXIS = "grid: no axis. Allowed: one at least, such as learning_rate=0.05,0.1,0.2."

Search = Literal["grid", "random", "tpe", "halving"]

USED_BY: Mapping[str, tuple[str, ...]] = {
    "grid": (),
    "random": ("trials", "seed"),
    "tpe": ("trials", "seed"),
    "halving": ("trials", "seed", "reduction"),
}
"""The parameters that only some searches use."""


def idle(search: str) -> frozenset[str]:
    """The parameters that a search does not use."""
    some = frozenset(name for names in USED_BY.values() for name in names)
    return some.difference(USED_BY.get(search, some))


def ranks(metrics: Metrics) -> str:
    """What a person should know to choose the metric that ranks."""
    ways = {"Best when largest": metrics.better("larger"), "when smallest": metrics.better("smaller")}
    said = "; ".join(f"{way}: {', '.join(names)}" for way, names in ways.items() if names)
    return f"What ranks the trials. {said}"


class SweepParameters(Parameters):
    """The parameters that only a sweep has; those of the runs decide it as well. Which metrics rank, a pipeline says."""

    grid: dict[str, str] = Field(
        default={},
        description="The axes: parameter -> values with commas between, LOW..HIGH, or LOW..HIGH log",
        json_schema_extra={"allowed": AXES},
    )
    search: Search = Field(
        default="grid",
        description="grid = all combinations; random = drawn; tpe = drawn, learning from the trials before "
        "(needs the extra `sweep`); halving = drawn, on few days first, the best ones on more",
    )
    trials: int = Field(
        default=30, ge=1, le=10_000, description="random, tpe, halving: how many trials at most"
    )
    metric: str = Field(default="", max_length=80, description="What ranks the trials")
    window_days: int = Field(
        default=1, ge=1, le=366, description="Days on which each trial is run, up to and including as_of"
    )
    seed: int = Field(
        default=0, ge=0, le=2**31 - 1, description="random, tpe, halving: seed of what is drawn"
    )
    max_failure_rate: float = Field(
        default=0.5, ge=0.0, le=1.0, description="The sweep fails when a larger share of its trials does"
    )
    reduction: int = Field(
        default=3, ge=2, le=10, description="halving: one in how many goes on to the next round"
    )


@functools.cache
def sweep_parameters(metrics: Metrics) -> type[SweepParameters]:
    """The parameters of the sweeps of a pipeline with these metrics: `metric` is one that ranks, the first by default."""
    choice: Any = Literal[metrics.ranked]
    return create_model(
        "SweepParameters",
        __base__=SweepParameters,
        __doc__=SweepParameters.__doc__,
        metric=(choice, Field(default=metrics.ranked[0], description=ranks(metrics))),
    )


def space_of(own: SweepParameters, *, cls: type[Parameters]) -> Space:
    """The axes of a sweep over fields of `cls`, sorted by name, or RefusedError with all that is wrong with any of them."""
    space, problems = read_space(own.grid, cls=cls)
    if problems:
        raise RefusedError(problems)
    return space


def sweep_identity(parameters: Parameters, own: SweepParameters) -> dict[str, Any]:
    """The values that are hashed and stored: those of the runs, and under `sweep` the sweep's own.

    Left out is what changes nothing: the runs' value of a parameter that is an axis, and what the search
    does not use. Two texts that mean one axis give one identity.
    """
    space = space_of(own, cls=type(parameters))
    always = ("search", "metric", "window_days", "max_failure_rate")
    return {
        **_shared(parameters, space),
        "sweep": {
            "grid": {axis.name: axis.text for axis in space},
            **{name: getattr(own, name) for name in (*always, *USED_BY[own.search])},
        },
    }


def _shared(parameters: Parameters, space: Space) -> dict[str, Any]:
    """What all trials have in common, for any combination that occurs of what decides which fields are used."""
    cls = type(parameters)
    deciding = frozenset().union(*(depends_on(name, cls.model_fields) for name in cls.model_fields))
    axes = tuple(axis for axis in space if axis.name in deciding)
    copies = [parameters.model_copy(update=dict(corner)) for corner in corners(axes, cls=cls)]
    values = {name: value for copy in copies for name, value in identity(copy, of=cls).items()}
    varied = {axis.name for axis in space}
    return {name: value for name, value in values.items() if name not in varied}


def check_sweep(values: Mapping[str, Any], *, pipeline: Declared) -> SweepParameters:
    """The validated parameters of a sweep of a pipeline's runs, or RefusedError with every problem and no value given.

    Whether each combination is possible depends on the parameters of the runs too: see `search`.
    """
    cls, metrics = pipeline.parameters, Metrics.of(pipeline)
    if not metrics.ranked:
        raise RefusedError([NO_METRIC.format(pipeline=pipeline.name)])
    model = sweep_parameters(metrics)
    fixed = {*subjects(pipeline), *FIXED}  # trials of other rows cannot be compared
    problems = list(_problems(values, model, cls, fixed))
    if problems:
        raise RefusedError(problems)
    return model.model_validate(dict(values))


def _problems(
    values: Mapping[str, Any], model: type[SweepParameters], cls: type[Parameters], fixed: Collection[str]
) -> Iterator[str]:
    grid = values.get("grid", {})
    own = {name: value for name, value in values.items() if name != "grid"}
    wrong = problems_of(own, model)
    yield from wrong.values()
    if not isinstance(grid, Mapping):
        yield f"grid: not a list of axes. Allowed: {AXES}."
        return
    space, problems = read_space(grid, cls=cls, fixed=fixed)
    yield from problems
    if not problems and "search" not in wrong:
        rest = {name: value for name, value in own.items() if name not in wrong}
        sound = {name: value for name, value in rest.items() if name in model.model_fields}
        yield from _unsuited(space, model.model_validate(sound), skip=set(wrong))


def _unsuited(space: Space, own: SweepParameters, *, skip: set[str]) -> Iterator[str]:
    """What the chosen search cannot do with these axes or numbers; `skip` names what is refused already.

    A grid without an axis is one trial, so that an asset whose config nobody stated can be made with all others.
    """
    if own.search != "grid" and not space:
        yield NO_AXIS
    if own.search == "grid":
        yield from _unsuited_for_grid(space)
    if (
        own.search == "halving"
        and not skip & {"reduction", "window_days"}
        and own.window_days < own.reduction
    ):
        yield (
            "window_days: too small for halving, which tries on few days first. "
            "Allowed: reduction or more, or search random."
        )
    if own.search == "halving" and not skip & {"reduction", "trials"} and own.trials < own.reduction:
        yield "trials: too few for halving. Allowed: reduction or more, or search random."


def _unsuited_for_grid(space: Space) -> Iterator[str]:
    ranges = [axis for axis in space if isinstance(axis, Range)]
    yield from (
        f"{axis.name}: a range of numbers has no end of values in a grid. "
        "Allowed: values with commas between, or search random, tpe or halving."
        for axis in ranges
        if not axis.whole
    )
    yield from (
        f"{axis.name}: log changes nothing in a grid. Allowed: the range without log, "
        "or search random, tpe or halving."
        for axis in ranges
        if axis.whole and axis.log
    )
    count = size(space)
    if count is not None and count > LARGEST_GRID:
        yield (
            f"grid: {count} combinations. Allowed: at most {LARGEST_GRID}; take fewer values, "
            "or search random, tpe or halving."
        )
