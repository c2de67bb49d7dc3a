"""The rules of a class of parameters that span fields, looked at one by one, so that all that is broken is told at once.

A rule is a validator that its author wrote, and may raise anything. Only what `refuse` made is repeated: the texts of
other errors are often made of the values. Of those the name of the rule is told.
"""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from ml_assets.core.frozen_values import frozen
from ml_assets.core.marks import unused_problems
from ml_assets.core.parameters import REFUSED, Parameters

REFUSES = "this rule refuses the values"


def broken_rules(values: Mapping[str, Any], model: type[Parameters], wrong: set[str]) -> list[str]:
    """One line for each rule that sound values break; the fields `wrong` had other values, and are at their default."""
    held: Any = model.model_construct(**{name: frozen(value) for name, value in values.items()})
    lines = [line for name in _rules(model) if (line := _broken(held, name, model))]
    return [*lines, *unused_problems(held.__dict__, model.model_fields, unknown=frozenset(wrong))]


def rule_of(error: BaseException | None, model: type[BaseModel], *, field: str = "") -> str:
    """The rule that raised an error, as its author finds it: `Series._weeks_are_whole`."""
    names = {*_field_rules(model, field), *model.__pydantic_decorators__.model_validators}
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        if (name := trace.tb_frame.f_code.co_name) in names:
            return _named(name, model)
        trace = trace.tb_next
    return "a rule of " + (field or model.__name__)


def has_rules(model: type[BaseModel]) -> bool:
    """Whether a class has rules of its own, of one field or of several, which only Python can look at."""
    decorators, base = model.__pydantic_decorators__, Parameters.__pydantic_decorators__
    own = decorators.model_validators.keys() - base.model_validators.keys()
    return bool(own or decorators.field_validators)


def _rules(model: type[Parameters]) -> Iterator[str]:
    """The rules that can be called on their own; others are told when pydantic comes to them."""
    for name, rule in model.__pydantic_decorators__.model_validators.items():
        of_its_own = name not in Parameters.__pydantic_decorators__.model_validators
        if (
            of_its_own
            and rule.info.mode == "after"
            and not inspect.signature(getattr(model, name)).parameters.keys() - {"self"}
        ):
            yield name


def _broken(held: Any, name: str, model: type[Parameters]) -> str:
    try:
        getattr(type(held), name)(held)
    except PydanticCustomError as error:
        if error.type == REFUSED:
            return error.message()
        return f"{_named(name, model)}: {REFUSES}."
    except Exception:  # noqa: BLE001  (a rule is foreign code, and may raise anything)
        return f"{_named(name, model)}: {REFUSES}."
    return ""


def _field_rules(model: type[BaseModel], field: str) -> Iterator[str]:
    for name, rule in model.__pydantic_decorators__.field_validators.items():
        if field in rule.info.fields or "*" in rule.info.fields or not field:
            yield name


def _named(rule: str, model: type[BaseModel]) -> str:
    owner = next((cls for cls in model.__mro__ if rule in cls.__dict__), model)
    return f"{owner.__name__}.{rule}"
