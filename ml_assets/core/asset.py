"""What a pipeline is made of, as it was declared: assets, checks and metrics."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ml_assets.core.parameters import Parameters
from ml_assets.errors import DefinitionError

Better = Literal["smaller", "larger", "none"]
Takes = Literal["parameters", "as_of", "rows", "value", "product", "tmp"]

_METRIC = re.compile(r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\Z")


@dataclass(frozen=True)
class Metric:
    """A number by which artifacts are compared; one asset of the pipeline gives it.

    Attributes:
        name: its name; groups follow a dot, `mae.block0`.
        better: which way is better; of one that only describes, "none".
        margin: by how much it may be worse and still count as not worse; None where nobody said.
        interval: the names of the metrics that are the ends of its 95 % interval.
        over: the parameter that says over how many days it is measured; "" for a single day.
        baseline: the metric that says what a model without any skill would reach.

    Raises:
        DefinitionError: it cannot be such a one.
    """

    name: str
    better: Better = field(default="none", kw_only=True)
    margin: float | None = field(default=None, kw_only=True)
    interval: tuple[str, str] | None = field(default=None, kw_only=True)
    over: str = field(default="", kw_only=True)
    baseline: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        if problem := _problem_of(self):
            raise DefinitionError(f"Metric {self.name}: {problem}")


@dataclass(frozen=True)
class Verdict:
    """Whether a check holds for one artifact, in words, and the numbers that say so."""

    passed: bool
    message: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One function of a pipeline, and what its signature says.

    Attributes:
        name: of the function, and of what it makes.
        function: what makes it.
        slice: the parameters that are its identity.
        takes: what each argument is, by its name.
        inputs: the earlier assets that it is made of, in the order of the arguments.
        returns: the annotation of the value, for reading it back.
        format: how the value is stored.
        threads: the threads that linear algebra may use while it is made.
        description: its docstring.
    """

    name: str
    function: Callable[..., Any]
    slice: type[Parameters]
    takes: Mapping[str, Takes]
    inputs: tuple[str, ...]
    returns: Any
    format: str
    threads: int = 1
    description: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """What must hold of an asset each day. A blocking one that does not hold fails the day."""

    name: str
    asset: str
    function: Callable[..., Any]
    takes: Mapping[str, Takes]
    blocking: bool
    description: str


def _problem_of(metric: Metric) -> str:
    """What keeps a metric from being one; "" where nothing does."""
    wrong = {
        "no name of a metric. Write letters, digits and _, and a dot before the name of a group: mae.block0.": not (
            isinstance(metric.name, str) and _METRIC.match(metric.name)
        ),
        'better is not known. Write better="smaller", "larger" or "none".': metric.better
        not in get_args(Better),
        "its margin is no number of at least 0. Write for example margin=0.01.": not _is_margin(
            metric.margin
        ),
        'it has a margin, and no direction in which it could be worse. Write better="smaller" or "larger".': (
            metric.margin is not None and metric.better == "none"
        ),
        'its interval does not name two metrics. Write interval=("low", "high").': not _are_ends(
            metric.interval
        ),
        "it is its own baseline. Name the metric of a model without skill, or leave baseline out.": (
            metric.baseline == metric.name
        ),
    }
    return next((problem for problem, holds in wrong.items() if holds), "")


def _is_margin(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    )


def _are_ends(interval: Any) -> bool:
    return interval is None or (
        isinstance(interval, tuple)
        and len(interval) == 2  # noqa: PLR2004
        and all(isinstance(name, str) and _METRIC.match(name) for name in interval)
        and interval[0] != interval[1]
    )
