"""A pipeline: a named, ordered set of typed functions over one class of parameters.

What a function needs and gives is read from its signature, and stands nowhere else: the slice is the class of its
parameters, its inputs are the arguments named like earlier assets, its format follows from the returned type.
"""

import datetime as dt
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from ml_assets.core.parameters import Parameters, identity
from ml_assets.core.product import Product
from ml_assets.core.rows import Rows
from ml_assets.core.run_id import hash_identity
from ml_assets.core.value_types import format_of

Better = Literal["smaller", "larger", "none"]
Takes = Literal["parameters", "as_of", "rows", "value", "product"]
Function = TypeVar("Function", bound=Callable[..., Any])


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
    """

    name: str
    better: Better = field(default="none", kw_only=True)
    margin: float | None = field(default=None, kw_only=True)
    interval: tuple[str, str] | None = field(default=None, kw_only=True)
    over: str = field(default="", kw_only=True)
    baseline: str = field(default="", kw_only=True)


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


class Declared:
    """What is declared of a pipeline; `ml_assets.Pipeline` adds what can be done with it. Frozen once it is used.

    Attributes:
        name: of the pipeline.
        parameters: the class of all of its parameters.
        path: the parameters that are worth seeing in a path, in this order.
        folder: the first part of its paths; "" for none.
        promotes: the asset that is promoted, or None.
        metrics: what its artifacts are compared by.
        module: where it was defined: it is found there again in another process.
    """

    def __init__(
        self,
        name: str,
        parameters: type[Parameters],
        *,
        path: tuple[str, ...] = (),
        promotes: str | None = None,
        metrics: tuple[Metric, ...] | list[Metric] = (),
        folder: str | None = None,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.path = tuple(path)
        self.promotes = promotes
        self.metrics = tuple(metrics)
        self.folder = name if folder is None else folder
        self._assets: dict[str, Asset] = {}
        self._checks: dict[tuple[str, str], Check] = {}

    @property
    def assets(self) -> Mapping[str, Asset]:
        """Its assets by name, in the order in which they are made."""
        return MappingProxyType(self._assets)

    @property
    def checks(self) -> Mapping[tuple[str, str], Check]:
        """Its checks by asset and name."""
        return MappingProxyType(self._checks)

    def asset(self, function: Function) -> Function:
        """Declare an asset by its function, and return the function as it is."""
        self._assets[function.__name__] = _read(function, self)
        return function

    def identity(self, parameters: Parameters, asset: str | None = None) -> dict[str, Any]:
        """The values that decide an asset, or all of the pipeline."""
        return identity(parameters, of=self.slice(asset))

    def run_id(self, parameters: Parameters, as_of: dt.date, asset: str | None = None) -> str:
        """12 hex digits over identity and day."""
        return hash_identity(self.identity(parameters, asset), as_of)

    def slice(self, asset: str | None = None) -> type[Parameters]:
        """The class of the parameters that decide an asset, or all of the pipeline."""
        return self.parameters if asset is None else self.assets[asset].slice


def _read(function: Callable[..., Any], pipeline: Declared) -> Asset:
    hints = get_type_hints(function, include_extras=True)
    takes = {name: _takes(name, hints[name], pipeline) for name in inspect.signature(function).parameters}
    returns = get_args(hints["return"])[0] if get_origin(hints["return"]) is Product else hints["return"]
    own = [hints[name] for name, what in takes.items() if what == "parameters"]
    inputs = tuple(name for name, what in takes.items() if what in ("value", "product"))
    slices = own or [pipeline.assets[name].slice for name in inputs] or [pipeline.parameters]
    return Asset(
        name=function.__name__,
        function=function,
        slice=max(slices, key=lambda cls: len(cls.model_fields)),
        takes=takes,
        inputs=inputs,
        returns=returns,
        format=format_of(returns),
        description=inspect.getdoc(function) or "",
    )


def _takes(name: str, hint: Any, pipeline: Declared) -> Takes:
    if isinstance(hint, type) and issubclass(hint, Parameters):
        return "parameters"
    if name in pipeline.assets:
        return "product" if get_origin(hint) is Product else "value"
    return "rows" if hint is Rows else "as_of"
