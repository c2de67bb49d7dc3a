"""Assets and checks, as the signatures of their functions declare them; what those do not say is refused.

A definition that cannot be what was meant is refused when its file is loaded, and told what to write instead.
"""

import inspect
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from ml_assets.core.asset import Asset, Check, Making, Takes, Verdict
from ml_assets.core.definition_rules import known_names, name_problem
from ml_assets.core.making_rules import making_problems
from ml_assets.core.parameters import Parameters
from ml_assets.core.product import Product
from ml_assets.core.resource import Resource, resource_problem
from ml_assets.core.rows import Rows
from ml_assets.core.signatures import Signature, read_signature, spelled
from ml_assets.core.value_types import format_of, name_of

TAKEN = ("params", "rows", "as_of", "tmp")  # what arguments of these names are is said by the library
LIBRARYS_CHECK = "bytes_verify"  # of every asset: its files are as they were written
STORED = "a polars.DataFrame, dict[str, ...], list[...], a pydantic model, str, an estimator, arrays or bytes"

_FIXED: Mapping[str, tuple[Takes, tuple[str, ...], str]] = {  # the core knows no paths, but their names
    "as_of": ("as_of", ("datetime.date",), "as_of: datetime.date"),
    "rows": ("rows", ("ml_assets.core.rows.Rows",), "rows: Rows"),
    "tmp": ("tmp", ("pathlib.Path", "pathlib._local.Path"), "tmp: pathlib.Path"),
}


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads functions of one pipeline: against its class of parameters and the assets that it has by now.

    Attributes:
        pipeline: its name.
        parameters: the class of all of its parameters.
        assets: those that it has, and before them those of others that it uses, whose inputs are no names here.
    """

    pipeline: str
    parameters: type[Parameters]
    assets: Mapping[str, Asset]

    def asset(self, function: Callable[..., Any], making: Making) -> Asset:
        """The asset that a function makes; DefinitionError where its signature does not say."""
        signature = read_signature(function)
        self._refuse_name(signature)
        takes = {name: self._takes(name, signature) for name in signature.arguments}
        returns = _returned(signature)
        inputs = tuple(name for name, what in takes.items() if what in ("value", "product"))
        slice_ = self._slice(signature, takes, inputs)
        if problem := next(making_problems(making, takes, slice_), ""):
            raise signature.refused(problem)
        return Asset(
            **{**vars(making), "files": tuple(making.files), "code": tuple(making.code)},
            name=signature.name,
            function=function,
            slice=slice_,
            takes=takes,
            inputs=inputs,
            returns=returns,
            format=format_of(returns),
            resources={n: signature.arguments[n] for n, what in takes.items() if what == "resource"},
            description=signature.description,
        )

    def check(self, function: Callable[..., Any], *, blocking: bool) -> Check:
        """The check that a function is, of the last of the assets that it takes."""
        signature = read_signature(function)
        if problem := name_problem(signature.name):
            raise signature.refused(problem)
        if signature.name == LIBRARYS_CHECK:
            raise signature.refused("every asset has this check already. Give it another name.")
        if not isinstance(blocking, bool):
            raise signature.refused("blocking is neither True nor False. Write @check(blocking=True).")
        takes = {name: self._takes(name, signature) for name in signature.arguments}
        asset = self._checked(signature, takes)
        classes = [signature.arguments[name] for name, what in takes.items() if what == "parameters"]
        if not all(issubclass(asset.slice, cls) for cls in classes):
            raise signature.refused(
                f"its class {classes[0].__name__} has more than what decides {asset.name}. Take {asset.slice.__name__}."
            )
        if signature.returns not in (bool, Verdict):
            raise signature.refused(
                f"a check that returns {spelled(signature.returns)}. Write -> bool, or -> Verdict."
            )
        return Check(
            name=signature.name,
            asset=asset.name,
            function=function,
            takes=takes,
            blocking=blocking,
            description=signature.description,
        )

    def _refuse_name(self, signature: Signature) -> None:
        name = signature.name
        if name in TAKEN:
            raise signature.refused(
                f"{', '.join(TAKEN)} are taken by the library. Give the asset another name."
            )
        if problem := name_problem(name):
            raise signature.refused(problem)
        if name in self.assets:
            raise signature.refused(f"{self.pipeline} has an asset of this name already. Rename one of them.")

    def _takes(self, name: str, signature: Signature) -> Takes:
        """What one argument is: by its type, or by its name."""
        hint = signature.arguments[name]
        is_ours = _is_class(hint, Parameters) or _is_class(hint, Resource) or hint is Rows
        if is_ours and name in self.assets:
            raise signature.refused(
                f"its argument {name} is annotated {spelled(hint)} and has the name of an asset. Rename it."
            )
        if _is_class(hint, Parameters):
            return self._takes_parameters(name, hint, signature)
        if _is_class(hint, Resource):
            if problem := resource_problem(hint):
                raise signature.refused(f"its argument {name} {problem}")
            return "resource"
        if hint is Rows:
            return "rows"
        if name in _FIXED:
            takes, wanted, written = _FIXED[name]
            if not isinstance(hint, type) or name_of(hint) not in wanted:
                raise signature.refused(f"its argument {name} is annotated {spelled(hint)}. Write {written}.")
            return takes
        if name in self.assets:
            return self._takes_value(name, hint, signature)
        raise signature.refused(self._unknown(name, signature))

    def _takes_parameters(self, name: str, hint: type[Parameters], signature: Signature) -> Takes:
        whole = self.parameters.__name__
        if not hint.model_fields:
            raise signature.refused(
                f"its argument {name}: {hint.__name__} has no fields. Take {whole} or a class that {whole} extends, or "
                "leave the argument out."
            )
        if not issubclass(self.parameters, hint):
            raise signature.refused(
                f"its class {hint.__name__} is not {whole}, the class of {self.pipeline}, and {whole} does not extend it. "
                f"Take {whole} or a class that {whole} extends."
            )
        return "parameters"

    def _takes_value(self, name: str, hint: Any, signature: Signature) -> Takes:
        if hint is Product:
            raise signature.refused(
                f"its argument {name} is annotated Product, which does not say of what. Write "
                f"Product[{spelled(self.assets[name].returns)}]."
            )
        is_product = get_origin(hint) is Product
        value, stored = (get_args(hint)[0] if is_product else hint), self.assets[name]
        if (asked := format_of(value)) and asked != stored.format:
            raise signature.refused(
                f"its argument {name} is annotated {spelled(value)}, and the asset {name} is "
                f"{spelled(stored.returns)}. Write {name}: {spelled(stored.returns)}."
            )
        return "product" if is_product else "value"

    def _unknown(self, name: str, signature: Signature) -> str:
        if name == signature.name:
            return "it takes its own value, which is not made yet. Leave the argument out."
        if name == "params":
            return f"its argument params is no class of parameters. Write params: {self.parameters.__name__}."
        return (
            f"its argument {name} is neither parameters, as_of, rows, a resource nor an asset that is declared before it. "
            f"{known_names(name, self.assets, what='Assets before it')}"
        )

    def _slice(
        self, signature: Signature, takes: Mapping[str, Takes], inputs: Iterable[str]
    ) -> type[Parameters]:
        """The class of its parameters; without any, that of the upstream with the largest class."""
        declared = [signature.arguments[name] for name, what in takes.items() if what == "parameters"]
        if len(declared) > 1:
            raise signature.refused("it takes parameters twice. Take one class.")
        upstream = {name: self.assets[name].slice for name in inputs}
        largest = max([*declared, *([] if declared else upstream.values())], key=_size, default=Parameters)
        for name, cls in upstream.items():
            if not issubclass(largest, cls):
                raise signature.refused(
                    self._not_covered(name, cls, largest, upstream, declared=bool(declared))
                )
        return largest

    def _not_covered(
        self,
        name: str,
        needed: type[Parameters],
        taken: type[Parameters],
        upstream: Mapping[str, type[Parameters]],
        *,
        declared: bool,
    ) -> str:
        lacks = [field for field in needed.model_fields if field not in taken.model_fields]
        all_of_them = [taken, *upstream.values()]
        covering = [cls for cls in upstream.values() if all(issubclass(cls, each) for each in all_of_them)]
        wanted = (covering or [self.parameters])[0].__name__
        what = (
            f"lacks what {name} depends on: {', '.join(lacks)}"
            if lacks
            else f"does not extend that of {name}"
        )
        if declared:
            return f"its class {taken.__name__} {what}. Take {wanted}."
        return f"it takes no parameters, and the class {taken.__name__} of its upstream {what}. Take params: {wanted}."

    def _checked(self, signature: Signature, takes: Mapping[str, Takes]) -> Asset:
        """The asset that is checked: all that the check takes must be of it, or be what it is made of."""
        if wrong := next((name for name, what in takes.items() if what in ("rows", "tmp", "resource")), None):
            raise signature.refused(
                f"a check is told what was stored, and no {wrong}. Leave the argument out."
            )
        taken = [name for name, what in takes.items() if what in ("value", "product")]
        if not taken:
            known = ", ".join(self.assets) or "none yet"
            raise signature.refused(f"a check of no asset. Take one by its name: {known}.")
        asset = max(taken, key=list(self.assets).index)
        if beside := [name for name in taken if name not in self._behind(asset)]:
            raise signature.refused(
                f"it takes {beside[0]}, which {asset} is not made of. Check each by itself."
            )
        return self.assets[asset]

    def _behind(self, asset: str) -> set[str]:
        return {asset}.union(*(self._behind(name) for name in self.assets[asset].inputs))


def _returned(signature: Signature) -> Any:
    """The annotation of the value that is stored."""
    annotation = signature.returns
    if annotation is inspect.Signature.empty:
        raise signature.refused("it does not say what it returns. Write -> and the type of the value.")
    if annotation is Product:
        raise signature.refused(
            "it returns Product, which does not say of what. Write for example Product[dict[str, Any]]."
        )
    value = get_args(annotation)[0] if get_origin(annotation) is Product else annotation
    if get_origin(value) in (Union, types.UnionType):
        raise signature.refused(
            f"it returns {spelled(value)}, one of several types, so that nothing says how it is stored. Return one type."
        )
    if value in (dict, list):
        whole = {dict: "dict[str, Any]", list: "list[Any]"}[value]
        raise signature.refused(f"it returns a bare {value.__name__}. Write what is in it: {whole}.")
    if not format_of(value):
        raise signature.refused(f"it returns {spelled(value)}, which cannot be stored. Return {STORED}.")
    return value


def _is_class(hint: Any, base: type) -> bool:
    return isinstance(hint, type) and not get_args(hint) and issubclass(hint, base)


def _size(cls: type[Parameters]) -> int:
    return len(cls.model_fields)
