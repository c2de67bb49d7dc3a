"""What is wrong with given values, all of it, one plain line a problem, and never the value itself."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import annotated_types
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ml_assets.core.core_schema import number_of
from ml_assets.core.foreign_text import is_text, visible
from ml_assets.core.nearest import first_of, nearest
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
    """The validated parameters or None, and all problems; of very many unknown names, the first ones."""
    if not all(isinstance(name, str) and is_text(name) for name in values):  # Python and Dagster take any key
        return None, ["(a parameter's name): not text. Parameters are named as the schema names them."]
    rest, more = _looked_at(values, TrainingParameters.model_fields)
    rest, secret = _without_secrets(rest, noun="parameter")
    parsed, found = _in_rounds(rest)
    problems = [*secret.values(), *found, *more]
    return (None if problems else parsed), problems


def problems_of(values: Values, model: type[BaseModel], *, noun: str = "parameter") -> dict[str, str]:
    """One line for each value that a field of `model` does not take, by the value's name; none is repeated.

    Rules that span fields are not looked at.
    """
    fields = model.model_fields
    rest, more = _looked_at({str(name): value for name, value in values.items()}, fields)
    rest, found = _without_secrets(rest, noun=noun)
    found |= {k: f"{visible(k)}: unknown {noun}. {suggest(k, fields)}" for k in rest if k not in fields}
    try:
        model.model_validate({name: value for name, value in rest.items() if name in fields})
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            if detail["loc"]:
                name = str(detail["loc"][0])
                found[name] = f"{name}: {_about(rest[name], detail['type'], fields[name])}"
    return found | dict.fromkeys(more, "".join(more))


def _looked_at(values: Values, fields: Mapping[str, FieldInfo]) -> tuple[dict[str, Any], list[str]]:
    """The known names and the first of the others, and a line that tells how many more there are."""
    names, more = first_of([name for name in values if name not in fields])
    shown = {*fields, *names}
    return {name: value for name, value in values.items() if name in shown}, more


def _without_secrets(values: Values, *, noun: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that look like no credential, and one line for each of the others by its name."""
    secret = list(credentials(values))
    found = {
        name: f"{visible(name)}: looks like a credential. Give secrets by reference only, never as {_a(noun)}."
        for name in secret
    }
    rest = {k: v for k, v in values.items() if k not in found and not looks_like_credential(k)}
    return rest, found


def _in_rounds(values: Values) -> tuple[TrainingParameters | None, list[str]]:
    """The parameters that are left once the problems are taken out, and the problems.

    A rule that spans fields can only be checked once its fields are sound, so what was found wrong is taken
    out and the rest is looked at again, until nothing new is found.
    """
    rest, problems = dict(values), dict[str, None]()
    while True:
        try:
            return TrainingParameters.model_validate(rest), list(problems)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=True, include_input=False)
        problems |= dict.fromkeys(line for detail in found for line in _lines(dict(detail), rest))
        named = {name for detail in found for name in _fields(dict(detail))}
        if not named & set(rest) or "model_version" in named:
            return None, list(problems)
        rest = {key: value for key, value in rest.items() if key not in named}


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _fields(detail: Mapping[str, Any]) -> list[str]:
    if detail["loc"]:
        return [str(detail["loc"][0])]
    named = [line.split(":")[0] for line in detail["msg"].splitlines()]
    return [*named, "lookback_days"] if "holdout_days" in named else named  # the rule is about both


def _lines(detail: Mapping[str, Any], values: Values) -> list[str]:
    if not detail["loc"]:
        return list(detail["msg"].splitlines())
    name = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return [f"{visible(name)}: unknown parameter. {suggest(name)}"]
    return [f"{name}: {_about(values.get(name), detail['type'], TrainingParameters.model_fields[name])}"]


def _about(value: Any, kind: str, field: FieldInfo) -> str:
    """What is wrong with a value, what is allowed, and what to write where text was meant as something else."""
    line = f"{wrong(kind, field)}. Allowed: {allowed(field)}."
    if not isinstance(value, str):
        return line
    if field.annotation is bool:
        return f"{line} Text such as yes, no, on and off is neither."
    if field.annotation in (int, float) and number_of(value) is not None:
        dot = ", and in Dagster's launchpad with a dot, 1.0e-3" if field.annotation is float else ""
        return f"{line} It is text: write it without quotes{dot}."
    return line


def wrong(kind: str, field: FieldInfo) -> str:
    """What is wrong with a value, in words, by the kind of pydantic's error."""
    return _WRONG.get(kind) or f"not {_KIND.get(field.annotation or str, 'what is expected')}"


def suggest(name: str, fields: Iterable[str] = tuple(TrainingParameters.model_fields)) -> str:
    """The nearest known field, or all of them; by default of the parameters of a run."""
    names = list(fields)
    near = nearest(name, names)
    return f"Did you mean {near}?" if near else f"Known: {', '.join(names)}."


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
