"""The filter of `list --where`: conditions on parameters, `model_version=v2 max_depth>3`, all of which must hold."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ml_assets.core.parameters import TrainingParameters
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
        if self.name not in values:
            return False
        found = values[self.name]
        if isinstance(found, bool):
            return _OPERATORS[self.op](str(found).lower(), self.value.lower())
        if isinstance(found, int | float):
            return _OPERATORS[self.op](found, float(self.value))
        return _OPERATORS[self.op](str(found), self.value)


def parse(text: str) -> list[Condition]:
    """The conditions in `text`, separated by spaces; RefusedError lists all that cannot be read."""
    conditions, problems = [], []
    for word in text.split():
        match = _CONDITION.match(word)
        if not match:
            problems.append(
                "where: not a condition. Allowed: NAME=VALUE, also with != > >= < <=, separated by spaces."
            )
        elif match["name"] not in {*TrainingParameters.model_fields, *EXTRA}:
            problems.append(f"where: {match['name']} is unknown. {suggest(match['name'])}")
        elif _compares_a_number_with_text(match["name"], match["value"]):
            problems.append(f"where: {match['name']} is a number and is compared with text.")
        else:
            conditions.append(Condition(name=match["name"], op=match["op"], value=match["value"]))
    if problems:
        raise RefusedError(problems)
    return conditions


def _compares_a_number_with_text(name: str, value: str) -> bool:
    if name in EXTRA or TrainingParameters.model_fields[name].annotation not in (int, float):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False
