"""What the signature of a plain function says: its arguments and what it returns, each with its annotation.

A function that a pipeline cannot call, or whose annotations cannot be read, is refused, and told what to write instead.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from ml_assets.core.value_types import Estimator, Frame
from ml_assets.errors import DefinitionError


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A function's arguments and what it returns, each with its annotation as it was resolved."""

    name: str
    arguments: Mapping[str, Any]
    returns: Any
    description: str

    def refused(self, problem: str) -> DefinitionError:
        """The error that names the function."""
        return DefinitionError(f"{self.name}: {problem}")


def read_signature(function: Callable[..., Any]) -> Signature:
    """The signature of a function that a pipeline can call; DefinitionError where it is none."""
    name = getattr(function, "__name__", type(function).__name__)
    if problem := _function_problem(function):
        raise DefinitionError(f"{name}: {problem}")
    hints, parameters = _hints(function, name), inspect.signature(function).parameters
    for argument in parameters.values():
        if problem := _argument_problem(argument, hints):
            raise DefinitionError(f"{name}: its argument {_shown(argument)} {problem}")
    return Signature(
        name=name,
        arguments={argument: hints[argument] for argument in parameters},
        returns=hints.get("return", inspect.Signature.empty),
        description=inspect.getdoc(function) or "",
    )


def spelled(annotation: Any) -> str:
    """An annotation as one would write it."""
    named = {"nothing": inspect.Signature.empty, "Frame": Frame, "Estimator": Estimator}
    if known := next((name for name, each in named.items() if annotation == each), None):
        return known
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return str(annotation).replace("typing.", "").replace("ml_assets.core.product.", "")


def _function_problem(function: Any) -> str:
    inner = inspect.unwrap(function) if callable(function) else function
    if not inspect.isfunction(inner):
        return "not a function. Write it with def, at the top level of a module."
    if inner.__name__ == "<lambda>":
        return "a lambda has no name and no annotations. Write it with def."
    if inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner):
        return "an async function. Write it with def; what it waits for, it may wait for itself."
    if inspect.isgeneratorfunction(inner):
        return "a generator. Return the whole value instead of yielding parts of it."
    if inner.__code__.co_freevars:
        names = ", ".join(inner.__code__.co_freevars)
        return (
            f"it uses {names} of the function around it, which no code version can see. Write it at the top level of a "
            "module, with what it uses beside it."
        )
    return ""


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        raise DefinitionError(
            f"{name}: its annotations cannot be read: {error}. Import or define what they name at the top level of the "
            "module, and not under TYPE_CHECKING."
        ) from None


def _argument_problem(argument: inspect.Parameter, hints: Mapping[str, Any]) -> str:
    if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
        return "takes anything. Name each argument."
    if argument.kind is argument.POSITIONAL_ONLY:
        return "can be given by its place only, and is given by its name. Leave out the / behind it."
    if argument.default is not argument.empty:
        return "has a default, which no run_id knows. Make it a field of the parameters, or a constant."
    return "" if argument.name in hints else "has no annotation. Write what it is."


def _shown(argument: inspect.Parameter) -> str:
    return str(argument.replace(annotation=argument.empty, default=argument.empty))
