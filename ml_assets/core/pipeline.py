"""A pipeline: a named, ordered set of typed functions over one class of parameters.

What a function needs and gives is read from its signature, and stands nowhere else: the slice is the class of its
parameters, its inputs are the arguments named like earlier assets, its format follows from the returned type.
"""

import datetime as dt
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import FrameType, MappingProxyType
from typing import Any, TypeVar, overload

from ml_assets.core.artifact import ArtifactKey, key_of_identity
from ml_assets.core.asset import Asset, Better, Check, Making, Metric, Sample, Takes, Verdict
from ml_assets.core.asset_reader import Reader
from ml_assets.core.definition_rules import (
    every_problems,
    folder_problems,
    metrics_problems,
    name_problem,
    parameters_problems,
    path_problems,
    places_problems,
    use_problem,
    whole_problems,
)
from ml_assets.core.found_again import found_again, script_is_loading
from ml_assets.core.parameters import Parameters, identity
from ml_assets.core.run_id import hash_identity
from ml_assets.core.sample_reader import read_sample
from ml_assets.errors import DefinitionError

__all__ = ["Asset", "Better", "Check", "Declared", "Metric", "Sample", "Takes", "Verdict"]

Function = TypeVar("Function", bound=Callable[..., Any])


class Declared:
    """What is declared of a pipeline; `ml_assets.Pipeline` adds what can be done with it. Frozen once it is used.

    Attributes:
        name: of the pipeline.
        parameters: the class of all of its parameters.
        path: the parameters that are worth seeing in a path, in this order.
        folder: the first part of its paths; "" for none.
        every: the days that it is made for, `week on monday`; "" for each.
        promotes: the asset that is promoted, or None.
        metrics: what its artifacts are compared by.
        not_worse: the function, as MODULE:NAME, that compares a candidate with what serves; "" for that of the library,
            which goes by days (`ml_assets.pipeline.not_worse.NotWorse`).
        commands: where the table of the commands is that only it has in the shell, `shop.commands:TABLE`; "" for none.
        module: where it was defined: it is found there again in another process.

    Raises:
        DefinitionError: it cannot be what its file says. So does whatever is declared of it later.
    """

    def __init__(
        self,
        name: str,
        parameters: type[Parameters],
        *,
        path: Sequence[str] = (),
        promotes: str | None = None,
        metrics: Sequence[Metric] = (),
        folder: str | None = None,
        not_worse: str = "",
        commands: str = "",
        every: str = "",
    ) -> None:
        if problem := name_problem(name):
            raise DefinitionError(f"Pipeline {name}: {problem}")
        problems = parameters_problems(parameters)
        if not problems:
            problems = [*path_problems(path, parameters), *metrics_problems(metrics, parameters)]
        places = places_problems(commands=commands, not_worse=not_worse)
        _refuse(name, [*problems, *folder_problems(folder), *every_problems(every), *places])
        self.name = name
        self.parameters = parameters
        self.path = tuple(path)
        self.promotes = promotes
        self.metrics = tuple(metrics)
        self.folder = name if folder is None else folder
        self.not_worse = not_worse
        self.commands = commands
        self.every = every
        self.module = _caller_of(self, sys._getframe(1))  # noqa: SLF001
        self._assets: dict[str, Asset] = {}
        self._uses: dict[str, Declared] = {}
        self._checks: dict[tuple[str, str], Check] = {}
        self._samples: dict[str, Sample] = {}
        self._used = False

    @property
    def assets(self) -> Mapping[str, Asset]:
        """Its assets by name, in the order in which they are made."""
        return MappingProxyType(self._assets)

    @property
    def uses(self) -> "Mapping[str, Declared]":
        """The pipelines whose assets it takes, by the name of the asset."""
        return MappingProxyType(self._uses)

    @property
    def checks(self) -> Mapping[tuple[str, str], Check]:
        """Its checks by asset and name."""
        return MappingProxyType(self._checks)

    @property
    def samples(self) -> Mapping[str, Sample]:
        """What makes the rows of the source `sample`, by data set."""
        return MappingProxyType(self._samples)

    @overload
    def asset(self, function: Function, /) -> Function: ...

    @overload
    def asset(
        self,
        /,
        *,
        threads: int = 1,
        recorded: bool = False,
        files: Sequence[str] = (),
        code: Sequence[str] = (),
        window: Callable[[Any], Mapping[str, int]] | None = None,
    ) -> Callable[[Function], Function]: ...

    def asset(self, function: Function | None = None, /, **making: Any) -> Any:
        """Declare an asset by its function, and return the function as it is.

        Args:
            function: what makes it.
            making: what `Making` says of how it is made: `threads`, `recorded`, `files`, `code`, `window`.
        """

        def declare(function: Function) -> Function:
            self._refuse_late(function)
            made = self.reader().asset(function, Making(**making))
            self._refuse_unreadable(made)
            self._assets[made.name] = made
            return function

        return declare if function is None else declare(function)

    def use(self, other: "Declared", name: str) -> None:
        """Let an asset of another pipeline be taken by those of this one: same path, key and owner.

        Args:
            other: the pipeline that makes it.
            name: of the asset.

        Raises:
            DefinitionError: there is no such asset, or it cannot be one of this pipeline too.
        """
        self._refuse_late(self.use)
        if problem := use_problem(self, other, name):
            raise DefinitionError(f"{self.name}: use: {problem}")
        self._uses[name] = other

    @overload
    def check(self, function: Function, /) -> Function: ...

    @overload
    def check(self, /, *, blocking: bool) -> Callable[[Function], Function]: ...

    def check(self, function: Function | None = None, /, *, blocking: bool = False) -> Any:
        """Declare what must hold of an asset, by a function of its value, and return the function as it is.

        Args:
            function: says it, as a bool or a Verdict.
            blocking: whether a day fails on which it does not hold.
        """

        def declare(function: Function) -> Function:
            self._refuse_late(function)
            made = self.reader().check(function, blocking=blocking)
            if made.asset in self._uses:
                owner = self._uses[made.asset].name
                raise DefinitionError(
                    f"{made.name}: {made.asset} is made and checked by {owner}. Declare the check there."
                )
            if (made.asset, made.name) in self._checks:
                raise DefinitionError(
                    f"{made.name}: {made.asset} has a check of this name already. Rename one of them."
                )
            self._checks[made.asset, made.name] = made
            return function

        return declare if function is None else declare(function)

    @overload
    def sample(self, function: Function, /) -> Function: ...

    @overload
    def sample(self, /, **roles: Any) -> Callable[[Function], Function]: ...

    def sample(self, function: Function | None = None, /, **roles: Any) -> Any:
        """Declare rows of the data set of the function's name, for the source called `sample`; return the function.

        Args:
            function: makes them of a first and a last day.
            roles: what `dataset.toml` would say of the columns, in the same words: `event_time`, `label`, `types`, ... By
                default the day of a row is the time of its event.
        """

        def declare(function: Function) -> Function:
            self._refuse_late(function)
            made = read_sample(function, roles)
            if made.dataset in self._samples:
                raise DefinitionError(
                    f"{made.dataset}: {self.name} has sample rows of this name already. Leave one out."
                )
            self._samples[made.dataset] = made
            return function

        return declare if function is None else declare(function)

    def owner(self, asset: str) -> "Declared":
        """The pipeline that makes an asset: this one, or that of which it is used."""
        return self._uses.get(asset, self)

    def taken(self, asset: str) -> Asset:
        """One of its assets, or of those that it uses."""
        return self.owner(asset).assets[asset]

    def behind(self, asset: str) -> set[str]:
        """One of its assets, and those of its own that this is made of."""
        inputs = [name for name in self._assets[asset].inputs if name in self._assets]
        return {asset}.union(*map(self.behind, inputs))

    def slice(self, asset: str | None = None) -> type[Parameters]:
        """The class of the parameters that decide an asset; of one beside the pipeline and of all of it, the whole class."""
        self.freeze()
        known = asset in self._assets or asset in self._uses
        return self.taken(asset).slice if asset is not None and known else self.parameters

    def identity(self, parameters: Parameters, asset: str | None = None) -> dict[str, Any]:
        """The values that decide an asset, or all of the pipeline."""
        return identity(parameters, of=self.slice(asset))

    def run_id(self, parameters: Parameters, as_of: dt.date, asset: str | None = None) -> str:
        """12 hex digits over identity and day."""
        return hash_identity(self.identity(parameters, asset), as_of)

    def key(self, asset: str, parameters: Parameters, as_of: dt.date) -> ArtifactKey:
        """Where an asset of these parameters is kept."""
        return self.key_of_identity(asset, self.identity(parameters, asset), as_of)

    def key_of_identity(self, asset: str, values: Mapping[str, Any], as_of: dt.date) -> ArtifactKey:
        """Where an asset that these values decide is kept."""
        self.freeze()
        if (owner := self.owner(asset)) is not self:
            return owner.key_of_identity(asset, values, as_of)
        return key_of_identity(asset, values, as_of, names=self.path, folder=self.folder, pipeline=self)

    def freeze(self) -> None:
        """From here on nothing is added; DefinitionError where what was declared does not fit together."""
        if not self._used:
            _refuse(self.name, whole_problems(self._assets, path=self.path, promotes=self.promotes))
            self._used = True

    @property
    def reference(self) -> str:
        """Where another process finds it, `shop.demand:demand`; "" where it is no name of the module that defines it."""
        known = vars(sys.modules.get(self.module, object))
        name = next((name for name, value in known.items() if value is self), "")
        spec = known.get("__spec__") if self.module == "__main__" else None  # there is one with `python -m`
        return f"{spec.name if spec else self.module}:{name}" if name else ""

    def reader(self) -> Reader:
        """What reads functions of it, against the assets that it has and uses by now."""
        used = {name: replace(self.taken(name), inputs=()) for name in self._uses}
        return Reader(pipeline=self.name, parameters=self.parameters, assets={**used, **self._assets})

    def _refuse_unreadable(self, asset: Asset) -> None:
        """DefinitionError where something that it names as its code is not there; who can read files says so."""

    def _refuse_late(self, function: Callable[..., Any]) -> None:
        if self._used:
            raise DefinitionError(
                f"{getattr(function, '__name__', 'this')}: {self.name} has been used already, so that nothing can be added "
                "to it. Declare all of it in one file, before its first use."
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """By reference, where it can be found again; so that the pipeline of a worker process is its own."""
        if not self.reference:
            return object.__new__, (type(self),), self.__dict__
        if script_is_loading():
            raise DefinitionError(
                f"{self.name}: its file starts work whenever it is loaded, in the processes that do this work too. Write "
                'what starts it under `if __name__ == "__main__":`.'
            )
        return found_again, (self.reference, str(getattr(sys.modules[self.module], "__file__", "") or ""))


def _refuse(name: str, problems: Sequence[str]) -> None:
    if problems:
        raise DefinitionError("\n".join(f"{name}: {problem}" for problem in problems))


def _caller_of(instance: object, frame: FrameType) -> str:
    """The name of the module that makes an instance; the constructors of its classes are passed over."""
    caller: FrameType | None = frame
    while caller and any(value is instance for value in caller.f_locals.values()):
        caller = caller.f_back
    return str((caller or frame).f_globals.get("__name__", ""))


def asset_problems(assets: Collection[str] | None, pipeline: Declared) -> list[str]:
    """One line where something else than assets of the pipeline is asked for, or nothing at all; None stands for all."""
    if assets is None or (assets and not isinstance(assets, str) and set(assets) <= pipeline.assets.keys()):
        return []
    return [f"assets: not a list of known assets. Allowed: some of {', '.join(pipeline.assets)}."]
