"""What a change of the parameters would break: two descriptions of them, held against each other.

A description is plain JSON, so that the one of a release can be kept for ever beside the code.
"""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from ml_assets.core.field_types import field_type
from ml_assets.core.manifest import SCHEMA_VERSION
from ml_assets.core.marks import conditions, omission
from ml_assets.core.parameters import Parameters
from ml_assets.core.run_id import LENGTH, SCHEME

Breaks = Literal["run_ids", "stored artifacts", "launches", "nothing"]
Description = Mapping[str, Any]


class Change(BaseModel):
    """One difference between two descriptions.

    Attributes:
        name: of what changed.
        told: what changed, in words.
        breaks: `run_ids`: equal parameters get another name, so that nothing stored is found again. `stored artifacts`:
            some can no longer be read as parameters. `launches`: presets, schedules, request files and scripts that
            were sound are refused, or mean something else. `nothing` else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    told: str
    breaks: Breaks


def describe(cls: type[Parameters], *, slices: Mapping[str, type[Parameters]]) -> dict[str, Any]:
    """The description of a class of parameters, and of the slices that assets take of it, as the code is now."""
    defined = {base.__name__: inspect.get_annotations(base) for base in cls.__mro__}
    owned = {name: sorted(cls.model_fields.keys() & own) for name, own in defined.items()}
    return {
        "scheme": SCHEME,
        "run_id_length": LENGTH,
        "manifest_schema_version": SCHEMA_VERSION,
        "slices": {asset: sorted(of.model_fields) for asset, of in slices.items()},
        "classes": {name: fields for name, fields in owned.items() if fields},
        "parameters": {name: _field(field) for name, field in cls.model_fields.items()},
    }


def changes(before: Description, after: Description) -> list[Change]:
    """What differs, the worst first; empty where nothing does."""
    before, after = _as_now(before), _as_now(after)
    found = [*_identity(before, after), *_parameters(before, after), *_classes(before, after)]
    order = list(get_args(Breaks))
    return sorted(found, key=lambda change: (order.index(change.breaks), change.name))


def _as_now(description: Description) -> Description:
    """Descriptions of before have a list of what each model version uses, and no classes."""
    if "model_versions" not in description:
        return description
    versions, parameters = description["model_versions"], {}
    deciding = next(
        name
        for name, field in description["parameters"].items()
        if {*(field["choices"] or ())} == {*versions}
    )
    for name, field in description["parameters"].items():
        users = [version for version, used in versions.items() if name in used]
        some = users and len(users) < len(versions)
        parameters[name] = {**field, "used_when": {deciding: users}} if some else field
    return {**description, "parameters": parameters}


def _field(field: FieldInfo) -> dict[str, Any]:
    kind, mark = field_type(field), omission(field)
    assert kind is not None  # the class is a pipeline's
    found: dict[str, Any] = {
        "type": f"{kind.container}[{kind.scalar.__name__}]" if kind.container else kind.scalar.__name__,
        "default": field.default,
        "choices": list(kind.choices) or None,
        "minimum": kind.low,
        "maximum": kind.high,
    }
    if kind.pattern:
        found["pattern"] = kind.pattern
    if mark is not None:
        found["omitted_when"] = mark.value
    if used := conditions(field):
        found["used_when"] = {name: list(values) for name, values in used.items()}
    return found


def _identity(before: Description, after: Description) -> Iterator[Change]:
    for name in ("scheme", "run_id_length"):
        if before[name] != after[name]:
            yield Change(name=name, told=f"{before[name]} -> {after[name]}", breaks="run_ids")
    was, now = before["manifest_schema_version"], after["manifest_schema_version"]
    if was != now:
        yield Change(name="manifest_schema_version", told=f"{was} -> {now}", breaks="stored artifacts")
    for asset in before["slices"].keys() | after["slices"].keys():
        if asset not in after["slices"]:
            yield Change(name=asset, told="the asset is gone", breaks="stored artifacts")
        elif asset in before["slices"]:
            yield from _slice(asset, before, after)


def _slice(asset: str, before: Description, after: Description) -> Iterator[Change]:
    """A parameter that is there in both, and decides the asset in one of them alone."""
    both = before["parameters"].keys() & after["parameters"].keys()
    was, now = (both & set(of["slices"][asset]) for of in (before, after))
    for name in sorted(was ^ now):
        told = f"{name} {'decides it now' if name in now else 'decides it no more'}"
        yield Change(name=asset, told=told, breaks="run_ids")


def _parameters(before: Description, after: Description) -> Iterator[Change]:
    was, now = before["parameters"], after["parameters"]
    renamed = _renamed(was, now)
    for name in was.keys() | now.keys():
        if name in renamed:
            told = f"is called {renamed[name]} now: stored identities have the old name"
            yield Change(name=name, told=told, breaks="run_ids")
        elif name not in now:
            yield Change(name=name, told="the parameter is gone", breaks="stored artifacts")
        elif name in was:
            yield from _changed(name, was[name], now[name])
            yield from _used(name, before, after)
        elif name not in renamed.values():
            yield _new(name, before, after)


def _renamed(was: Description, now: Description) -> dict[str, str]:
    """Parameters that are gone, by what is new and alike in everything but the name, where there is one such alone."""
    gone, new = [name for name in was if name not in now], [name for name in now if name not in was]
    alike = {name: [other for other in new if now[other] == was[name]] for name in gone}
    return {
        name: others[0]
        for name, others in alike.items()
        if len(others) == 1 and sum(others[0] in them for them in alike.values()) == 1
    }


def _used(name: str, before: Description, after: Description) -> Iterator[Change]:
    """Where a parameter is used, among the values that other parameters could have before."""
    was, now = _known_uses(name, before, before), _known_uses(name, before, after)
    if was == now:
        return
    told = f"is used {_where(now)}, and was {_where(was)}"
    wider = was.keys() >= now.keys() and all(set(was[other]) <= set(now[other]) for other in now)
    yield Change(name=name, told=told, breaks="nothing" if wider and _is_omitted(name, after) else "run_ids")


def _known_uses(name: str, before: Description, description: Description) -> dict[str, list[Any]]:
    """When a parameter is used by a description; values that another parameter could not have before do not count."""
    found = {}
    for other, values in description["parameters"][name].get("used_when", {}).items():
        known = before["parameters"].get(other, {}).get("choices")
        found[other] = [value for value in values if not known or value in known]
    return found


def _where(used: Mapping[str, list[Any]]) -> str:
    return " and ".join(f"with {name} {', '.join(map(str, used[name]))}" for name in used) or "always"


def _is_omitted(name: str, after: Description) -> bool:
    """Whether it is left out of identities at its default."""
    field = after["parameters"][name]
    return bool(field.get("omitted_when", ...) == field["default"])


def _new(name: str, before: Description, after: Description) -> Change:
    field = after["parameters"][name]
    if new := [other for other, known in _known_uses(name, before, after).items() if not known]:
        told = f"a new parameter that only new values of {', '.join(new)} use"
        return Change(name=name, told=told, breaks="nothing")
    if "omitted_when" not in field:
        told = "a new parameter without omitted_when: it enters every identity"
        return Change(name=name, told=told, breaks="run_ids")
    if not _is_omitted(name, after):
        told = f"a new parameter, by default {field['default']}, which is not what artifacts without it stand for"
        return Change(name=name, told=told, breaks="launches")
    return Change(name=name, told="a new parameter, omitted at its default", breaks="nothing")


def _classes(before: Description, after: Description) -> Iterator[Change]:
    """Parameters that other classes define than before. What that means for the assets, their slices tell."""
    was, now = before.get("classes", {}), after.get("classes", {})
    shared = was.keys() & now.keys()
    for name in before["parameters"].keys() & after["parameters"].keys():
        left = {cls for cls in shared if name in was[cls] and name not in now[cls]}
        entered = {cls for cls in now if name in now[cls] and name not in was.get(cls, ())}
        kept = any(name in was[cls] and name in now[cls] for cls in shared)
        if left and entered:
            told = f"moved from {', '.join(sorted(left))} to {', '.join(sorted(entered))}"
            yield Change(name=name, told=told, breaks="nothing")
        elif entered and kept:
            told = f"defined again in {', '.join(sorted(entered))}"
            yield Change(name=name, told=told, breaks="nothing")


def _changed(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    if was.get("omitted_when", ...) != now.get("omitted_when", ...):
        yield Change(name=name, told="when it is omitted has changed", breaks="run_ids")
    if was["type"] != now["type"]:
        yield Change(name=name, told=f"type {was['type']} -> {now['type']}", breaks="stored artifacts")
    if was["default"] != now["default"]:
        told = f"default {was['default']} -> {now['default']}: whoever leaves it out gets another model"
        yield Change(name=name, told=told, breaks="launches")
    gone = set(was["choices"] or ()) - set(now["choices"] or was["choices"] or ())
    if gone:
        told = f"no longer allowed: {', '.join(sorted(map(str, gone)))}"
        yield Change(name=name, told=told, breaks="stored artifacts")
    if was.get("pattern", now.get("pattern")) != now.get("pattern"):
        yield Change(name=name, told="its pattern has changed", breaks="stored artifacts")
    if _narrower(was, now):
        told = f"range {was['minimum']} to {was['maximum']} -> {now['minimum']} to {now['maximum']}"
        yield Change(name=name, told=told, breaks="stored artifacts")


def _narrower(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    low, high = (was["minimum"], now["minimum"]), (was["maximum"], now["maximum"])
    return (low[1] is not None and (low[0] is None or low[1] > low[0])) or (
        high[1] is not None and (high[0] is None or high[1] < high[0])
    )
