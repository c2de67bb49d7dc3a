"""What is wrong with given values, all of it, one plain line a problem, and never the value itself."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, get_args

import annotated_types
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.secrets import credentials, looks_like_credential
from ml_assets.errors import RefusedError

Values = Mapping[str, Any]

_KIND: Mapping[Any, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_WRONG = {
    "literal_error": "unknown",
    "finite_number": "not a finite number",
    "extra_forbidden": "unknown",
    "missing": "missing",
    "string_too_long": "too long",
    "string_pattern_mismatch": "has characters that are not allowed",
    "greater_than_equal": "too small",
    "greater_than": "too small",
    "less_than_equal": "too large",
    "less_than": "too large",
}


def check(values: Values) -> TrainingParameters:
    """The validated parameters of typed values by field name, or RefusedError with every problem."""
    parsed, problems = diagnose(values)
    if parsed is None:
        raise RefusedError(problems)
    return parsed


def diagnose(values: Values) -> tuple[TrainingParameters | None, list[str]]:
    """The validated parameters or None, and all problems.

    A rule that spans fields can only be checked once its fields are sound, so what was found wrong is taken
    out and the rest is looked at again, until nothing new is found.
    """
    if any(not isinstance(name, str) for name in values):  # YAML takes any key
        return None, ["(a parameter's name): not text. Parameters are named as the schema names them."]
    secret = list(dict.fromkeys(credentials(values)))
    problems = [
        f"{name}: looks like a credential. Give secrets by reference only, never as a parameter."
        for name in secret
    ]
    rest = {
        key: value
        for key, value in values.items()
        if key not in secret and not looks_like_credential(str(key))
    }
    while True:
        try:
            parsed = TrainingParameters.model_validate(rest)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=True, include_input=False)
        else:
            return (None if problems else parsed), problems
        problems += [line for detail in found for line in _lines(dict(detail)) if line not in problems]
        named = {name for detail in found for name in _fields(dict(detail))}
        if not named & set(rest) or "model_version" in named:
            return None, problems
        rest = {key: value for key, value in rest.items() if key not in named}


def problems_of(values: Values, model: type[BaseModel], *, noun: str = "parameter") -> dict[str, str]:
    """One line for each value that a field of `model` does not take, by the value's name; none is repeated.

    Rules that span fields are not looked at.
    """
    fields = model.model_fields
    secret = list(credentials(values))
    found = {
        name: f"{name}: looks like a credential. Give secrets by reference only, never as {_a(noun)}."
        for name in secret
    }
    rest = {k: v for k, v in values.items() if k not in secret and not looks_like_credential(str(k))}
    found |= {k: f"{k}: unknown {noun}. {suggest(str(k), fields)}" for k in rest if k not in fields}
    try:
        model.model_validate({name: value for name, value in rest.items() if name in fields})
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            if detail["loc"]:
                name = str(detail["loc"][0])
                found[name] = (
                    f"{name}: {wrong(detail['type'], fields[name])}. Allowed: {allowed(fields[name])}."
                )
    return found


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _fields(detail: Mapping[str, Any]) -> list[str]:
    if detail["loc"]:
        return [str(detail["loc"][0])]
    named = [line.split(":")[0] for line in detail["msg"].splitlines()]
    return [*named, "lookback_days"] if "holdout_days" in named else named  # the rule is about both


def _lines(detail: Mapping[str, Any]) -> list[str]:
    if not detail["loc"]:
        return list(detail["msg"].splitlines())
    name = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return [f"{name}: unknown parameter. {suggest(name)}"]
    field = TrainingParameters.model_fields[name]
    return [f"{name}: {wrong(detail['type'], field)}. Allowed: {allowed(field)}."]


def wrong(kind: str, field: FieldInfo) -> str:
    """What is wrong with a value, in words, by the kind of pydantic's error."""
    return _WRONG.get(kind) or f"not {_KIND.get(field.annotation or str, 'what is expected')}"


def suggest(name: str, fields: Iterable[str] = tuple(TrainingParameters.model_fields)) -> str:
    """The nearest known field, or all of them; by default of the parameters of a run."""
    by_lower = {known.lower(): known for known in fields}
    near = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return f"Did you mean {by_lower[near[0]]}?" if near else f"Known: {', '.join(by_lower.values())}."


def allowed(field: FieldInfo) -> str:
    """The values a field takes, in words: `a whole number from 1 to 16`, `orders, customers`."""
    if isinstance(field.json_schema_extra, Mapping) and "allowed" in field.json_schema_extra:
        return str(field.json_schema_extra["allowed"])
    if choices := get_args(field.annotation):
        return ", ".join(map(str, choices))
    if any(getattr(mark, "pattern", None) for mark in field.metadata):
        return "small letters, digits and _, starting with a letter, at most 40"
    kind = _KIND.get(field.annotation or str, "text")
    low = next((m.ge for m in field.metadata if isinstance(m, annotated_types.Ge)), None)
    high = next((m.le for m in field.metadata if isinstance(m, annotated_types.Le)), None)
    return kind if low is None or high is None else f"{kind} from {low} to {high}"
