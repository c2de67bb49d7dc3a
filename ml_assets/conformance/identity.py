"""run_ids and paths: each is worked out here once more from what was declared, and held against the library's."""

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import rfc8785

from ml_assets.conformance.case import Case
from ml_assets.conformance.report import NotAskedError, expect
from ml_assets.conformance.values import used
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import check
from ml_assets.text import count


def a_run_id_is_the_published_hash(case: Case) -> str:
    """The hash of the slice, the day and the scheme; parameters given in another order, or at their default, are equal."""
    seen = 0
    for parameters in _variants(case):
        for day in case.days:
            for asset, declared in case.pipeline.assets.items():
                values = used(declared.slice, parameters.__dict__)
                named = case.pipeline.run_id(parameters, day, asset)
                expect(
                    named == _hash(values, day),
                    f"{asset}: {named} is not the hash of {', '.join(values)} and the day",
                )
                seen += 1
    turned = check(dict(reversed(list(case.parameters.__dict__.items()))), case.pipeline.parameters)
    expect(
        case.pipeline.run_id(turned, case.day) == case.pipeline.run_id(case.parameters, case.day),
        "the same values in another order, and with those at their default, have another run_id",
    )
    return f"{count(seen, 'run_id')} of {count(len(case.pipeline.assets), 'asset')}"


def what_is_not_used_changes_no_run_id(case: Case) -> str:
    """A field outside the slice, or one that is not used, changes nothing."""
    pipeline, seen = case.pipeline, 0
    for name, other in _pairs(case):
        changed = _changed(case, name, other)
        for asset in pipeline.assets:
            if not case.takes(asset, name, other):
                same = pipeline.run_id(changed, case.day, asset) == pipeline.run_id(
                    case.parameters, case.day, asset
                )
                expect(same, f"{asset}: its run_id changes with {name}, which it does not take")
                seen += 1
    idle = [
        name
        for name in pipeline.parameters.model_fields
        if name not in used(pipeline.parameters, case.parameters.__dict__)
    ]
    for asset in pipeline.assets:
        known = pipeline.identity(case.parameters, asset)
        expect(not (set(idle) & set(known)), f"{asset}: a field that is not used is part of its identity")
        seen += bool(idle)
    if not seen:
        raise NotAskedError("each asset takes every parameter, and each is used")
    return f"{count(seen, 'pair')} of an asset and a field"


def each_used_field_changes_the_run_id(case: Case) -> str:
    """Two values, two run_ids."""
    pipeline, seen = case.pipeline, 0
    for name, other in _pairs(case):
        changed = _changed(case, name, other)
        for asset in pipeline.assets:
            if case.takes(asset, name, other):
                one, two = (pipeline.run_id(p, case.day, asset) for p in (case.parameters, changed))
                expect(one != two, f"{asset}: two values of {name} have one run_id")
                seen += 1
    if not seen:
        raise NotAskedError("no asset has a parameter of which another sound value was found")
    return f"{count(seen, 'pair')} of an asset and a field"


def a_path_holds_run_id_day_and_parameters(case: Case) -> str:
    """Each artifact lies where the pipeline, its path parameters, the day and the run_id say."""
    for asset in case.pipeline.assets:
        path = _path(case, asset, case.parameters)
        place = Path(case.first_store.root) / path
        expect(case.made and (place / "manifest.json").is_file(), f"{asset} does not lie under {path}")
    return f"{count(len(case.pipeline.assets), 'artifact')}, such as {_path(case, [*case.pipeline.assets][-1], case.parameters)}"


def two_values_have_two_paths(case: Case) -> str:
    """No two parameter sets share a path, and no two days."""
    pipeline, seen = case.pipeline, 0
    for name, other in _pairs(case):
        changed = _changed(case, name, other)
        for asset in pipeline.assets:
            if case.takes(asset, name, other):
                one, two = (pipeline.key(asset, p, case.day).path for p in (case.parameters, changed))
                expect(one != two, f"{asset}: two values of {name} share the path {one}")
                seen += 1
    for asset in pipeline.assets:
        paths = {pipeline.key(asset, case.parameters, day).path for day in case.days}
        expect(len(paths) == len(case.days), f"{asset}: two days share a path")
    return f"{count(seen, 'pair')} of an asset and a field, {count(len(case.days), 'day')}"


def _variants(case: Case) -> Iterator[Parameters]:
    yield case.parameters
    for name, other in _pairs(case):
        yield _changed(case, name, other)


def _pairs(case: Case) -> Iterator[tuple[str, Any]]:
    return ((name, other) for name, others in case.others.items() for other in others)


def _changed(case: Case, name: str, other: Any) -> Parameters:
    return check({**case.values, name: other}, case.pipeline.parameters)


def _hash(values: Mapping[str, Any], day: dt.date) -> str:
    document = {"scheme": 1, "as_of": str(day), "parameters": _composed(values)}
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()[:12]


def _composed(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {_composed(name): _composed(item) for name, item in value.items()}
    return [_composed(item) for item in value] if isinstance(value, list | tuple) else value


def _path(case: Case, asset: str, parameters: Parameters) -> str:
    values = used(case.pipeline.assets[asset].slice, parameters.__dict__)
    told = [f"{name}={_segment(values[name])}" for name in case.pipeline.path if name in values]
    first = [case.pipeline.folder, asset] if case.pipeline.folder else [asset]
    return "/".join([*first, *told, f"as_of={case.day}", f"run={_hash(values, case.day)}"])


def _segment(value: Any) -> str:
    text = _composed(value) if isinstance(value, str) else rfc8785.dumps(_composed(value)).decode()
    quoted = quote(text, safe="")
    return quoted.replace(".", "%2E") if set(text) <= {"."} else quoted
