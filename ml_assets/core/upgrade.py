"""What a change of the parameters would break: two descriptions of them, held against each other.

A description is plain JSON, so that the one of a release can be kept for ever beside the code.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

import annotated_types
from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from ml_assets.core.catalog import CATALOG
from ml_assets.core.manifest import SCHEMA_VERSION
from ml_assets.core.parameters import OmittedWhen, TrainingParameters
from ml_assets.core.recipes import RECIPES
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


def describe() -> dict[str, Any]:
    """The description of the parameters as the code has them now."""
    return {
        "scheme": SCHEME,
        "run_id_length": LENGTH,
        "manifest_schema_version": SCHEMA_VERSION,
        "slices": {asset: sorted(kind.slice.model_fields) for asset, kind in CATALOG.items()},
        "model_versions": {name: sorted(recipe.hyperparameters) for name, recipe in RECIPES.items()},
        "parameters": {name: _field(field) for name, field in TrainingParameters.model_fields.items()},
    }


def changes(before: Description, after: Description) -> list[Change]:
    """What differs, the worst first; empty where nothing does."""
    found = [*_identity(before, after), *_versions(before, after), *_parameters(before, after)]
    order = list(get_args(Breaks))
    return sorted(found, key=lambda change: (order.index(change.breaks), change.name))


def _field(field: FieldInfo) -> dict[str, Any]:
    marks = field.metadata
    found: dict[str, Any] = {
        "type": getattr(field.annotation, "__name__", "str"),
        "default": field.default,
        "choices": list(get_args(field.annotation)) or None,
        "minimum": next((mark.ge for mark in marks if isinstance(mark, annotated_types.Ge)), None),
        "maximum": next((mark.le for mark in marks if isinstance(mark, annotated_types.Le)), None),
    }
    if found["choices"]:
        found["type"] = "str"
    omitted = [mark.value for mark in marks if isinstance(mark, OmittedWhen)]
    return {**found, **({"omitted_when": omitted[0]} if omitted else {})}


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


def _versions(before: Description, after: Description) -> Iterator[Change]:
    was, now = before["model_versions"], after["model_versions"]
    for name in was.keys() | now.keys():
        if name not in now:
            yield Change(name=name, told="the model version is gone", breaks="stored artifacts")
        elif name not in was:
            yield Change(name=name, told="a new model version", breaks="nothing")
        elif was[name] != [used for used in now[name] if not _is_omitted(used, before, after)]:
            told = (
                f"uses {', '.join(now[name]) or 'nothing'}, and did use {', '.join(was[name]) or 'nothing'}"
            )
            yield Change(name=name, told=told, breaks="run_ids")


def _parameters(before: Description, after: Description) -> Iterator[Change]:
    was, now = before["parameters"], after["parameters"]
    for name in was.keys() | now.keys():
        if name not in now:
            yield Change(name=name, told="the parameter is gone", breaks="stored artifacts")
        elif name not in was:
            yield _new(name, now[name], only_for_new=_is_of_new_versions(name, before, after))
        else:
            yield from _changed(name, was[name], now[name])


def _is_omitted(name: str, before: Description, after: Description) -> bool:
    """Whether it is a new parameter that at its default is left out of identities."""
    field = after["parameters"][name]
    return name not in before["parameters"] and field.get("omitted_when", ...) == field["default"]


def _is_of_new_versions(name: str, before: Description, after: Description) -> bool:
    """Whether it is a hyperparameter that no model version of before uses: it is in none of their identities."""
    users = [version for version, used in after["model_versions"].items() if name in used]
    return bool(users) and not set(users) & set(before["model_versions"])


def _new(name: str, field: Mapping[str, Any], *, only_for_new: bool) -> Change:
    if only_for_new:
        return Change(name=name, told="a new parameter that only new model versions use", breaks="nothing")
    if "omitted_when" not in field:
        told = "a new parameter without OmittedWhen: it enters every identity"
        return Change(name=name, told=told, breaks="run_ids")
    if field["omitted_when"] != field["default"]:
        told = f"a new parameter, by default {field['default']}, which is not what artifacts without it stand for"
        return Change(name=name, told=told, breaks="launches")
    return Change(name=name, told="a new parameter, omitted at its default", breaks="nothing")


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
        yield Change(
            name=name, told=f"no longer allowed: {', '.join(sorted(gone))}", breaks="stored artifacts"
        )
    if _narrower(was, now):
        told = f"range {was['minimum']} to {was['maximum']} -> {now['minimum']} to {now['maximum']}"
        yield Change(name=name, told=told, breaks="stored artifacts")


def _narrower(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    low, high = (was["minimum"], now["minimum"]), (was["maximum"], now["maximum"])
    return (low[1] is not None and (low[0] is None or low[1] > low[0])) or (
        high[1] is not None and (high[0] is None or high[1] < high[0])
    )
