"""What is wrong with given values, all of it, one plain line a problem, and never the value itself."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ml_assets.core.core_schema import number_of
from ml_assets.core.field_types import FieldType, field_type
from ml_assets.core.foreign_text import is_text, visible
from ml_assets.core.nearest import MOST_NAMES, first_of, nearest
from ml_assets.core.parameters import NAME, REFUSED, AnyParameters
from ml_assets.core.rules import REFUSES, broken_rules, rule_of
from ml_assets.core.secrets import credentials, looks_like_credential
from ml_assets.errors import RefusedError

Values = Mapping[str, Any]

_KIND: Mapping[Any, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_HOLDS: Mapping[str, str] = {"list": "a list", "dict": "a table"}
_WRONG = {
    "literal_error": "unknown",
    "finite_number": "not a finite number",
    "extra_forbidden": "unknown",
    "missing": "missing",
    "string_too_long": "too long",
    "string_too_short": "too short",
    "string_pattern_mismatch": "has characters that are not allowed",
    "greater_than_equal": "too small",
    "greater_than": "too small",
    "less_than_equal": "too large",
    "less_than": "too large",
    "too_short": "too short",
    "too_long": "too long",
    "multiple_of": "not a multiple of what it must be",
}
MORE_ITEMS = "{count} more of its items are wrong."
NO_NAME = "a name in it is not text"
_OF_RULES = ("value_error", "assertion_error")


def check(values: Values, model: type[AnyParameters]) -> AnyParameters:
    """The validated parameters of typed values by field name, or RefusedError with every problem."""
    parsed, problems = diagnose(values, model)
    if parsed is None:
        raise RefusedError(problems)
    return parsed


def diagnose(values: Values, model: type[AnyParameters]) -> tuple[AnyParameters | None, list[str]]:
    """The validated parameters or None, and all problems; of very many unknown names, the first ones."""
    if not all(isinstance(name, str) and is_text(name) for name in values):  # Python and Dagster take any key
        return None, ["(a parameter's name): not text. Parameters are named as the schema names them."]
    rest, more = _looked_at(values, model.model_fields)
    rest, secret = _without_secrets(rest, noun="parameter")
    parsed, wrong_values = _in_rounds(rest, model)
    problems = [*secret.values(), *wrong_values, *more]
    return (None if problems else parsed), problems


def problems_of(values: Values, model: type[BaseModel], *, noun: str = "parameter") -> dict[str, str]:
    """One line for each value that a field of `model` does not take, by the value's name; none is repeated.

    Rules that span fields are not looked at.
    """
    fields = model.model_fields
    rest, more = _looked_at({str(name): value for name, value in values.items()}, fields)
    rest, problems = _without_secrets(rest, noun=noun)
    problems |= {k: f"{visible(k)}: unknown {noun}. {suggest(k, fields)}" for k in rest if k not in fields}
    try:
        model.model_validate({name: value for name, value in rest.items() if name in fields})
    except ValidationError as error:
        details = [dict(detail) for detail in error.errors(include_url=False, include_input=False)]
        by_name = {_name(detail): detail for detail in details if detail["loc"]}
        problems |= {name: _line(detail, rest, model) for name, detail in by_name.items()}
    return problems | dict.fromkeys(more, "".join(more))


def _looked_at(values: Values, fields: Mapping[str, FieldInfo]) -> tuple[dict[str, Any], list[str]]:
    """The known names and the first of the others, and a line that tells how many more there are."""
    names, more = first_of([name for name in values if name not in fields])
    shown = {*fields, *names}
    return {name: value for name, value in values.items() if name in shown}, more


def _without_secrets(values: Values, *, noun: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that look like no credential, and one line for each of the others by its name."""
    secret = list(credentials(values))
    problems = {
        name: f"{visible(name)}: looks like a credential. Give secrets by reference only, never as {_a(noun)}."
        for name in secret
    }
    rest = {k: v for k, v in values.items() if k not in problems and not looks_like_credential(k)}
    return rest, problems


def _in_rounds(values: Values, model: type[AnyParameters]) -> tuple[AnyParameters | None, list[str]]:
    """The parameters that are left once the problems are taken out, and the problems.

    A rule that spans fields can only be checked once its fields are sound, so what was found wrong is taken
    out and the rest is looked at again, until nothing new is found.
    """
    rest, problems, wrong = dict(values), dict[str, None](), set[str]()
    while True:
        try:
            return model.model_validate(rest), list(problems)
        except ValidationError as error:
            details = [dict(detail) for detail in error.errors(include_url=False, include_input=False)]
        except Exception as error:  # noqa: BLE001  (a rule of the class is foreign code, and may raise anything)
            broken = broken_rules(rest, model, wrong) or [f"{rule_of(error, model)}: {REFUSES}."]
            return None, [*problems, *broken]
        placed = {_name(detail): detail for detail in details if detail["loc"]}
        problems |= dict.fromkeys(_lines([detail for detail in details if detail["loc"]], rest, model))
        if not placed:
            broken = broken_rules(rest, model, wrong) or [_line(detail, rest, model) for detail in details]
            return None, list(problems | dict.fromkeys(broken))
        if not placed.keys() & rest.keys():
            return None, list(problems)
        wrong |= placed.keys()
        rest = {name: value for name, value in rest.items() if name not in placed}


def _lines(details: list[dict[str, Any]], values: Values, model: type[BaseModel]) -> Iterator[str]:
    """A line for each error; of very many items of one list or table the first ones, and how many more there are."""
    for name, group in itertools.groupby(details, key=_name):
        errors = list(group)
        yield from (_line(detail, values, model) for detail in errors[:MOST_NAMES])
        if len(errors) > MOST_NAMES:
            yield f"{name}: {MORE_ITEMS.format(count=len(errors) - MOST_NAMES)}"


def _name(detail: Mapping[str, Any]) -> str:
    return str(detail["loc"][0])


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _line(detail: Mapping[str, Any], values: Values, model: type[BaseModel]) -> str:
    """What is wrong, from an error of pydantic: where, what, and what is allowed there."""
    kind, place = str(detail["type"]), detail["loc"]
    if kind == REFUSED:
        return str(detail["msg"])
    if not place:
        return f"{rule_of(detail.get('ctx', {}).get('error'), model)}: {REFUSES}."
    name = str(place[0])
    if kind == "extra_forbidden":
        return f"{visible(name)}: unknown parameter. {suggest(name, model.model_fields)}"
    if kind in _OF_RULES:
        return f"{name}: refused by {rule_of(detail.get('ctx', {}).get('error'), model, field=name)}."
    field = model.model_fields[name]
    if inside := [part for part in place[1:] if part != "[key]"]:
        return _line_inside(name, inside[0], detail, values, field)
    return f"{name}: {_about(values.get(name), kind, field)}"


def _line_inside(name: str, part: Any, detail: Mapping[str, Any], values: Values, field: FieldInfo) -> str:
    """What is wrong with one item of a list or table, under the name `hidden[2]` or `weights.north`."""
    declared, kind = field_type(field), str(detail["type"])
    if declared is None or not declared.container:
        return f"{name}: {_about(values.get(name), kind, field)}"
    if detail["loc"][-1] == "[key]" or not is_text(str(part)):
        return f"{name}: {NO_NAME}. Allowed: {allowed(field)}."
    inside = "(a field name)" if looks_like_credential(str(part)) else visible(str(part))
    place = f"{name}[{part}]" if declared.container == "list" else f"{name}.{inside}"
    item = _item(values, name, part)
    return f"{place}: {_sentence(item, kind, declared.item, _words(declared.item))}"


def _item(values: Values, name: str, part: Any) -> Any:
    try:
        return values[name][part]
    except (LookupError, TypeError):
        return None


def _about(value: Any, kind: str, field: FieldInfo) -> str:
    """What is wrong with a value, what is allowed, and what to write where text was meant as something else."""
    declared = field_type(field)
    if declared is None or declared.container:
        return f"{wrong(kind, field)}. Allowed: {allowed(field)}."
    return _sentence(value, kind, declared, allowed(field))


def _sentence(value: Any, kind: str, declared: FieldType, allowed_words: str) -> str:
    return f"{_wrong(kind, declared)}. Allowed: {allowed_words}.{_hint(value, declared)}"


def _hint(value: Any, declared: FieldType) -> str:
    """What to write instead of a text that was meant as something else, with a space before it; else ""."""
    if not isinstance(value, str):
        return ""
    if declared.scalar is bool:
        return " Text such as yes, no, on and off is neither."
    if declared.scalar in (int, float) and number_of(value) is not None:
        dot = ", and in Dagster's launchpad with a dot, 1.0e-3" if declared.scalar is float else ""
        return f" It is text: write it without quotes{dot}."
    return ""


def sentences(field: FieldInfo, *, kinds: Iterable[str], of_items: bool = False) -> dict[str, str]:
    """What `diagnose` tells of a field, or of its items, by the kind of pydantic's error, without the name in front.

    Args:
        field: one of parameters.
        kinds: those of pydantic's errors; any other word stands for a value of another type.
        of_items: whether it is about an item of its list or table.
    """
    declared = field_type(field)
    if declared is None or not of_items:
        return {kind: _about(None, kind, field) for kind in kinds}
    return {kind: _sentence(None, kind, declared.item, _words(declared.item)) for kind in kinds}


def text_hint(field: FieldInfo) -> str:
    """What follows such a sentence where the value is a text that reads as a number, or stands for true or false."""
    declared = field_type(field)
    return _hint("0", declared) if declared else ""


def wrong(kind: str, field: FieldInfo) -> str:
    """What is wrong with a value, in words, by the kind of pydantic's error."""
    declared = field_type(field)
    return _wrong(kind, declared) if declared else _WRONG.get(kind) or "not what is expected"


def _wrong(kind: str, declared: FieldType) -> str:
    if declared.choices and not declared.container:
        return "unknown"  # whatever pydantic says of a value that is none of them
    return _WRONG.get(kind) or f"not {_HOLDS.get(declared.container) or _KIND[declared.scalar]}"


def suggest(name: str, fields: Iterable[str]) -> str:
    """The nearest known field, or all of them."""
    names = list(fields)
    near = nearest(name, names)
    return f"Did you mean {near}?" if near else f"Known: {', '.join(names)}."


def allowed(field: FieldInfo) -> str:
    """The values a field takes, in words: `a whole number from 1 to 16`, `orders, customers`."""
    if isinstance(field.json_schema_extra, Mapping) and "allowed" in field.json_schema_extra:
        return str(field.json_schema_extra["allowed"])
    declared = field_type(field)
    if declared is None:
        return ", ".join(map(str, get_args(field.annotation))) or "text"
    if not declared.container:
        return _words(declared)
    count = _count(field)
    what = f"{_HOLDS[declared.container]}{f' of {count}' if count else ''}"
    return f"{what}, each {'one of ' if declared.choices else ''}{_words(declared.item)}"


def _count(field: FieldInfo) -> str:
    """How many items a list or table may have, in words; "" where nothing is said."""
    low = next((mark.min_length for mark in field.metadata if hasattr(mark, "min_length")), 0)
    high = next((mark.max_length for mark in field.metadata if hasattr(mark, "max_length")), None)
    if high is None:
        return f"{low} or more" if low else ""
    return str(high) if low == high else f"{low} to {high}"


def _words(declared: FieldType) -> str:
    if declared.choices:
        return ", ".join(map(str, declared.choices))
    if declared.pattern == NAME:
        return "small letters, digits and _, starting with a letter, at most 40"
    if declared.pattern:
        return f"text that matches {declared.pattern}"
    kind = _KIND[declared.scalar]
    if declared.low is not None and declared.high is not None and not declared.above and not declared.below:
        return f"{kind} from {declared.low} to {declared.high}"
    low = "" if declared.low is None else f"{'above' if declared.above else 'at least'} {declared.low}"
    high = "" if declared.high is None else f"{'below' if declared.below else 'at most'} {declared.high}"
    return " ".join([kind, " and ".join(filter(None, (low, high)))]).strip()
