"""The filter of `list --where`: conditions on parameters, `model_version=v2 max_depth>3`, all of which must hold."""

import datetime as dt
import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.as_of import parse as parse_day
from ml_assets.core.field_types import field_type
from ml_assets.core.marks import Fields, omitted_values
from ml_assets.core.nearest import MOST_NAMES
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import suggest
from ml_assets.errors import RefusedError

_CONDITION = re.compile(r"^(?P<name>\w+)(?P<op>>=|<=|!=|=|>|<)(?P<value>.+)$")
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
EXTRA = ("asset", "as_of", "run_id")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One comparison of a named value with a given one."""

    name: str
    op: str
    value: str

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds; a parameter that is not part of the artifact's identity matches nothing."""
        found = values.get(self.name)
        if found is None:
            return False
        if isinstance(found, bool):
            return _OPERATORS[self.op](str(found).lower(), self.value.lower())
        if isinstance(found, int | float):
            return _OPERATORS[self.op](found, float(self.value))
        if isinstance(found, list | dict):
            return _OPERATORS[self.op](_json(found), _document(self.value))
        return _OPERATORS[self.op](str(found), self.value)

    def may_hold(self, text: str | None) -> bool:
        """Whether it may hold of what a path tells: a text, which may be that of a number; None where there is no value.

        Only numbers and days have an order; whether two texts are equal is known of texts that may be numbers too.
        """
        number = self._number(text)
        if number is None:
            return self.holds({self.name: text})
        is_equality = self.op in ("=", "!=")
        return self.holds({self.name: number}) or (is_equality and self.holds({self.name: text}))

    def _number(self, text: str | None) -> float | bool | None:
        """The number or truth value that a text may stand for, where this compares with one."""
        try:
            value = json.loads(text or "")
        except ValueError:
            return None
        is_one = isinstance(value, bool) or (isinstance(value, int | float) and _is_number(self.value))
        return value if is_one else None


@dataclass(frozen=True)
class Filter:
    """Conditions that must all hold; what is known only in part, such as a path, can already be refused.

    Attributes:
        conditions: all of them.
        path: the parameters that are no part of an identity where the path of the artifact does not tell them.
        pipeline: what tells which parameters an identity leaves out, and at which value; None where nothing does.
    """

    conditions: tuple[Condition, ...] = ()
    path: tuple[str, ...] = ()
    pipeline: Declared | None = None

    @classmethod
    def of(cls, conditions: Iterable[Condition], *, pipeline: Declared) -> "Filter":
        """The conditions on artifacts of a pipeline."""
        return cls(tuple(conditions), pipeline.path, pipeline)

    @classmethod
    def of_days(cls, first: dt.date, last: dt.date, values: Mapping[str, str] | None = None) -> "Filter":
        """From the first day to the last, both included, and of these values."""
        days = (("as_of", ">=", first.isoformat()), ("as_of", "<=", last.isoformat()))
        equal = ((name, "=", text) for name, text in (values or {}).items())
        return cls(tuple(Condition(name=name, op=op, value=text) for name, op, text in (*days, *equal)))

    def admits(self, key: ArtifactKey) -> bool:
        """Whether every condition on what the path of an artifact tells may hold."""
        if not self.conditions:
            return True
        known = {**dict.fromkeys(self.path), **path_values(key)}
        return all(c.may_hold(known[c.name]) for c in self.conditions if c.name in known)

    def admits_value(self, name: str, text: str) -> bool:
        """Whether every condition on one name may hold where a path tells this text of it."""
        return all(c.may_hold(text) for c in self.conditions if c.name == name)

    def holds(self, asset: str, as_of: dt.date, run_id: str, parameters: Mapping[str, Any]) -> bool:
        """Whether every condition holds for an artifact; `parameters` are those of its manifest."""
        if not self.conditions:
            return True
        values = {
            **(with_omitted(asset, parameters, pipeline=self.pipeline) if self.pipeline else parameters),
            "asset": asset,
            "as_of": as_of.isoformat(),
            "run_id": run_id,
        }
        return all(condition.holds(values) for condition in self.conditions)

    def exactly(self, name: str) -> str | None:
        """The one text that `name` must be equal to, if a condition says so."""
        return next((c.value for c in self.conditions if c.name == name and c.op == "="), None)


ANY = Filter()


def path_values(key: ArtifactKey) -> dict[str, str]:
    """All that the path of an artifact tells."""
    return {
        **dict(key.values),
        "asset": key.asset,
        "as_of": key.as_of.isoformat(),
        "run_id": key.run_id,
    }


def with_omitted(asset: str, parameters: Mapping[str, Any], *, pipeline: Declared) -> dict[str, Any]:
    """The parameters of an artifact with those that its identity leaves out at the value that they stand for."""
    known = pipeline.assets
    fields = known[asset].slice.model_fields if asset in known else {}
    return {**omitted_values(parameters, fields), **parameters}


def parse(text: str, *, cls: type[Parameters]) -> list[Condition]:
    """The conditions on fields of `cls` in `text`, separated by spaces; RefusedError lists all that cannot be read."""
    conditions, problems = list[Condition](), list[str]()
    for word in text.split():
        if len(problems) >= MOST_NAMES:
            break
        match = _CONDITION.match(word)
        if not match:
            problems.append(
                "where: not a condition. Allowed: NAME=VALUE, also with != > >= < <=, separated by spaces."
            )
        elif match["name"] not in {*cls.model_fields, *EXTRA}:
            near = suggest(match["name"], cls.model_fields)
            problems.append(f"where: {match['name']} is unknown. {near}")
        elif match["name"] == "as_of" and parse_day(match["value"]) is None:
            problems.append("where: as_of is compared with what is no real day. Allowed: YYYY-MM-DD.")
        elif problem := _problem(match["name"], match["op"], match["value"], cls.model_fields):
            problems.append(f"where: {match['name']} {problem}.")
        else:
            conditions.append(Condition(name=match["name"], op=match["op"], value=match["value"]))
    if problems:
        raise RefusedError(problems)
    return conditions


def _problem(name: str, op: str, value: str, fields: Fields) -> str:
    """What makes a comparison senseless, so that it would find nothing whatever is there; "" where nothing does."""
    kind = None if name in EXTRA else field_type(fields[name])
    if kind is not None and not kind.container and kind.scalar in (int, float):
        return "" if _is_number(value) else "is a number and is compared with text"
    if name != "as_of" and op not in ("=", "!="):
        return "has no order. Allowed: = and !="
    if kind is not None and kind.container:
        return "" if _document(value) is not None else "is a list or a table. Allowed: JSON without spaces"
    if kind is not None and kind.scalar is bool and value.lower() not in ("true", "false"):
        return "is true or false"
    return ""


def _document(text: str) -> str | None:
    """A list or table in its one canonical form, or None where the text is none."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _json(read) if isinstance(read, list | dict) else None


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
