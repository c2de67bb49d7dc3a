"""Whether what was loaded is what was stored: the first difference, with its place."""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ml_assets.storage import arrays
from ml_assets.storage.json_values import named, scalar
from ml_assets.text import count

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

PIECE = 2**20  # bytes of a file that are read at once
_ABSENT = object()


def json_difference(value: Any, loaded: Any, place: str = "") -> str:
    """The first place where a value of JSON came back as another. A tuple is the list of its items."""
    if type(value) is type(loaded) and value == loaded:
        return ""
    if isinstance(value, BaseModel) and not isinstance(loaded, BaseModel):
        value = value.model_dump(mode="json", round_trip=True)
    value = scalar(value)
    if _is_scalar(value) and _is_scalar(loaded):
        return "" if _equal(value, loaded) else _came_back(place, value, loaded)
    if not _of_one_kind(value, loaded):
        return f"{place}: {_kinds(value, loaded)}"
    differences = (json_difference(*pair, f"{place}{part}") for part, pair in _parts(value, loaded))
    inside = next(filter(None, differences), "")
    if inside or not isinstance(value, BaseModel) or value == loaded:
        return inside
    return f"{place}: a {type(value).__name__} did not come back equal"


def frame_difference(value: "pl.DataFrame", loaded: "pl.DataFrame", place: str = "") -> str:
    """The first column or row of a table that came back as another; NaN is NaN, and rows keep their order."""
    if value.columns != loaded.columns:
        return f"{place}: the columns {value.columns} came back as {loaded.columns}"
    for name, dtype in value.schema.items():
        if dtype != loaded[name].dtype:
            return f'{place}["{name}"]: the type {dtype} came back as {loaded[name].dtype}'
    if value.height != loaded.height:
        return f"{place}: {count(value.height, 'row', grouped=True)} came back as {loaded.height:,}"
    return "" if value.equals(loaded) else _different_column(value, loaded, place)


def array_difference(value: Any, loaded: Any, place: str = "") -> str:
    """The first array that came back with another type, shape or number, bit by bit."""
    if isinstance(value, dict) != isinstance(loaded, dict):
        return f"{place}: {_kinds(value, loaded)}"
    if not isinstance(value, dict):
        return _one_array(arrays.stored_array(value), loaded, place)
    if value.keys() != loaded.keys():
        return f"{place}: the names {sorted(value)} came back as {sorted(loaded)}"
    pairs = ((f"{place}{named(name)}", value[name], loaded[name]) for name in value)
    return next(filter(None, (_one_array(arrays.stored_array(v), w, at) for at, v, w in pairs)), "")


def bytes_difference(value: Any, loaded: Any, place: str = "") -> str:
    """Whether bytes, or those of a file, came back as others."""
    return "" if _digest(value) == _digest(loaded) else f"{place}: its bytes came back as others"


def text_difference(value: Any, loaded: Any, place: str = "") -> str:
    """Whether text came back as another; newlines at its end are one."""
    return "" if value.rstrip("\n") + "\n" == loaded else f"{place}: its text came back as another"


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, BaseModel | dict | list | tuple)


def _equal(value: Any, loaded: Any) -> bool:
    return isinstance(value, bool) == isinstance(loaded, bool) and bool(value == loaded)


def _of_one_kind(value: Any, loaded: Any) -> bool:
    if isinstance(value, list | tuple):
        return isinstance(loaded, list | tuple)
    return isinstance(loaded, dict) if isinstance(value, dict) else type(value) is type(loaded)


def _parts(value: Any, loaded: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """The parts of two values of one kind, each with its place."""
    if isinstance(value, list | tuple):
        for number, pair in enumerate(zip_longest(value, loaded, fillvalue=_ABSENT)):
            yield f"[{number}]", pair
        return
    one, other = (_fields(value), _fields(loaded)) if isinstance(value, BaseModel) else (value, loaded)
    for name in {**one, **other}:
        yield named(name), (one.get(name, _ABSENT), other.get(name, _ABSENT))


def _fields(model: BaseModel) -> Mapping[str, Any]:
    return {**dict(model), **(model.__pydantic_extra__ or {})}


def _came_back(place: str, value: Any, loaded: Any) -> str:
    """The value itself is not told: it may be a secret of its owner."""
    if value is _ABSENT or loaded is _ABSENT:
        return f"{place}: {'was not there, and came back' if value is _ABSENT else 'did not come back'}"
    return f"{place}: {_kinds(value, loaded)}"


def _kinds(value: Any, loaded: Any) -> str:
    one, other = type(value).__name__, type(loaded).__name__
    return f"a value of type {one} came back as {'another' if one == other else f'one of type {other}'}"


def _different_column(value: "pl.DataFrame", loaded: "pl.DataFrame", place: str) -> str:
    for name in value.columns:
        same = value[name].eq_missing(loaded[name])
        if not same.all():
            return f'{place}["{name}"]: row {same.arg_min()} came back as another'
    return f"{place}: the table came back as another"


def _one_array(value: "np.ndarray[Any, Any]", loaded: "np.ndarray[Any, Any]", place: str) -> str:
    import numpy as np

    kinds = (value.dtype, value.shape), (loaded.dtype, loaded.shape)
    if kinds[0] != kinds[1]:
        (dtype, shape), (other, there) = kinds
        return f"{place}: an array of {dtype} {shape} came back as one of {other} {there}"
    same = np.array_equal(value.reshape(-1).view(np.uint8), loaded.reshape(-1).view(np.uint8))
    return "" if same else f"{place}: its numbers came back as others"


def _digest(value: Any) -> str:
    """Of a file piece by piece, so that it is not held once more."""
    digest = hashlib.sha256()
    if not isinstance(value, Path):
        digest.update(value)
        return digest.hexdigest()
    with value.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
