"""What a pipeline is made of, as it was declared: assets, checks and metrics."""

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from ml_assets.core.contract import DatasetContract
from ml_assets.core.parameters import Parameters
from ml_assets.core.resource import Resource
from ml_assets.core.statistics.row_values import RowMetric
from ml_assets.errors import DefinitionError

if TYPE_CHECKING:  # loading it takes longer than all of the definitions
    import polars as pl

Better = Literal["smaller", "larger", "none"]
Takes = Literal["parameters", "as_of", "rows", "value", "product", "tmp", "resource"]

DAYS = re.compile(r"^(?P<days>[1-9][0-9]{0,4}) days?$")
_METRIC = re.compile(r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\Z")


@dataclass(frozen=True)
class Metric:
    """A number by which artifacts are compared; one asset of the pipeline gives it.

    Attributes:
        name: its name; groups follow a dot, `mae.block0`.
        better: which way is better; of one that only describes, "none".
        margin: by how much it may be worse and still count as not worse; None where nobody said.
        relative: whether the margin is a share of the value that it is compared with, as 0.02 for 2 %.
        interval: the names of the metrics that are the ends of its 95 % interval.
        over: the parameter that says over how many days it is measured, or `28 days`; "" for a single day.
        baseline: the metric that says what a model without any skill would reach.
        rows: what it is of single rows, where that is known: then trials and models are compared by the rows that they share.

    Raises:
        DefinitionError: it cannot be such a one.
    """

    name: str
    better: Better = field(default="none", kw_only=True)
    margin: float | None = field(default=None, kw_only=True)
    relative: bool = field(default=False, kw_only=True)
    interval: tuple[str, str] | None = field(default=None, kw_only=True)
    over: str = field(default="", kw_only=True)
    baseline: str = field(default="", kw_only=True)
    rows: RowMetric | None = field(default=None, kw_only=True)

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
class Making:
    """How an asset is made, as its decorator says.

    Attributes:
        threads: the threads that linear algebra may use while it is made.
        recorded: whether it is an answer that is kept: code and packages that change do not make it again.
        files: patterns of files beside the module that are part of its code, `prompts/*.md`.
        code: modules that are part of its code, all of them, though nothing in its text leads there.
        window: of its parameters, how many days before as_of it may ask for, by data set; None where it may ask for any.
    """

    threads: int = 1
    recorded: bool = False
    files: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    window: Callable[[Any], Mapping[str, int]] | None = None


@dataclass(frozen=True, kw_only=True)
class Asset(Making):
    """One function of a pipeline, and what its signature and its decorator say.

    Attributes:
        name: of the function, and of what it makes.
        function: what makes it.
        slice: the parameters that are its identity.
        takes: what each argument is, by its name.
        inputs: the earlier assets that it is made of, in the order of the arguments.
        returns: the annotation of the value, for reading it back.
        format: how the value is stored.
        resources: the class of each argument that is a resource.
        description: its docstring.
    """

    name: str
    function: Callable[..., Any]
    slice: type[Parameters]
    takes: Mapping[str, Takes]
    inputs: tuple[str, ...]
    returns: Any
    format: str
    resources: Mapping[str, type[Resource]] = field(default_factory=dict)
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


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Rows that a function makes of a first and a last day, so that a pipeline runs before any rows are landed.

    Attributes:
        dataset: the data set of the source `sample` whose rows they are.
        function: what makes them: a table with the column `day`.
        contract: what the other columns are for.
    """

    dataset: str
    function: Callable[[dt.date, dt.date], "pl.DataFrame"]
    contract: DatasetContract


def _problem_of(metric: Metric) -> str:
    """What keeps a metric from being one; "" where nothing does."""
    rules = (
        (
            _is_name(metric.name),
            "no name of a metric. Write letters, digits and _, and a dot before the name of a group: mae.block0.",
        ),
        (
            metric.better in get_args(Better),
            'better is not known. Write better="smaller", "larger" or "none".',
        ),
        (
            metric.margin is None or _is_margin(metric.margin),
            "its margin is no number of at least 0. Write for example margin=0.01.",
        ),
        (
            metric.margin is None or metric.better != "none",
            'it has a margin, and no direction in which it could be worse. Write better="smaller" or "larger".',
        ),
        (
            metric.interval is None or _are_ends(metric.interval),
            'its interval does not name two metrics. Write interval=("low", "high").',
        ),
        (
            metric.baseline != metric.name,
            "it is its own baseline. Name the metric of a model without skill, or leave baseline out.",
        ),
    )
    return next((problem for holds, problem in rules if not holds), "")


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and bool(_METRIC.match(name))


def _is_margin(margin: Any) -> bool:
    is_number = isinstance(margin, int | float) and not isinstance(margin, bool)
    return is_number and math.isfinite(margin) and margin >= 0


def _are_ends(interval: Any) -> bool:
    return isinstance(interval, tuple) and len({*filter(_is_name, interval)}) == len(interval) == 2  # noqa: PLR2004
