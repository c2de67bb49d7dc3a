"""Values as canonical JSON (RFC 8785), and back: what JSON cannot say is refused with its place."""

import functools
import json
import math
import sys
from collections.abc import Iterator
from typing import Any, get_args

import rfc8785
from pydantic import BaseModel, TypeAdapter, ValidationError

from ml_assets.core.foreign_text import is_text, visible
from ml_assets.errors import CorruptArtifactError, UnstorableError

LARGEST = 2**53 - 1
DEEPEST = 200  # lists and mappings inside of each other


def dumps(value: Any) -> bytes:
    """The one JSON text of a value. Raises UnstorableError, with the place, for what JSON cannot say."""
    try:
        return rfc8785.dumps(value)
    except (ValueError, TypeError, RecursionError, AttributeError):  # it does not say where
        return rfc8785.dumps(plain(value))


def loads(data: bytes) -> Any:
    """The value of a JSON text. Raises CorruptArtifactError."""
    try:
        return json.loads(data, parse_int=_whole_number, parse_constant=_no_number)
    except (ValueError, OverflowError, RecursionError) as error:
        raise CorruptArtifactError("These bytes are not JSON.") from error


def loads_as(data: bytes, annotation: Any) -> Any:
    """The value as its annotation says: models of pydantic are models again. Raises CorruptArtifactError."""
    if not has_model(annotation):
        return loads(data)
    try:
        return _adapter(annotation).validate_json(data, by_name=True)
    except ValidationError as error:
        wrong = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        name = getattr(annotation, "__name__", str(annotation))
        where = f" ({visible(wrong)})" if wrong else ""
        raise CorruptArtifactError(f"These bytes are not the JSON of {name}{where}.") from error


def has_model(annotation: Any) -> bool:
    """Whether an annotation names a model of pydantic."""
    if isinstance(annotation, type) and not get_args(annotation):
        return issubclass(annotation, BaseModel)
    return any(has_model(part) for part in get_args(annotation))


def plain(value: Any, place: str = "", *, depth: int = 0) -> Any:
    """The value in Python's own types: scalars of NumPy and models of pydantic as what they stand for.

    Raises UnstorableError, with the place, for what JSON cannot say.
    """
    if depth > DEEPEST:
        raise UnstorableError(f"is nested more than {DEEPEST} deep", place[:DEEPEST])
    if isinstance(value, BaseModel):
        return plain(_dumped(value, place), place, depth=depth)
    if isinstance(value, dict):
        _refuse_keys(value, place)
        return {key: plain(item, f"{place}{named(key)}", depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, f"{place}[{number}]", depth=depth + 1) for number, item in enumerate(value)]
    value = scalar(value)
    if problem := _problem(value):
        raise UnstorableError(problem, place)
    return value


def scalar(value: Any) -> Any:
    """A scalar of NumPy as Python's own; anything else as it is."""
    numpy = sys.modules.get("numpy")  # where it is not loaded, there is no scalar of it
    return value.item() if numpy and isinstance(value, numpy.generic) else value


def named(key: str) -> str:
    """A key as a part of a place: `.low`, or `["a b"]` for what is no name."""
    return f".{key}" if key.isidentifier() else f'["{visible(key, longest=60)}"]'


def _problem(value: Any) -> str:
    """What is wrong with a value that holds no others, or nothing."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return "" if is_text(value) else "holds half a character, which is no text"
    if isinstance(value, int):
        return "" if abs(value) <= LARGEST else "a whole number beyond 2**53. Store it as text or as a float"
    if isinstance(value, float):
        return "" if math.isfinite(value) else _not_finite(value)
    return f"JSON has no {type(value).__name__}{_instead(value)}"


def _not_finite(value: float) -> str:
    return "not a number. Leave it out, or store None" if math.isnan(value) else "an infinite number"


def _instead(value: Any) -> str:
    """The next step for the types that are met most, by their names: nothing is loaded to know them."""
    steps = {
        "set": "sorted(...) makes a list of it",
        "frozenset": "sorted(...) makes a list of it",
        "date": ".isoformat() makes text of it",
        "datetime": ".isoformat() makes text of it",
        "ndarray": ".tolist() makes a list of it",
        "Series": ".to_list() makes a list of it",
        "DataFrame": "return it as an asset of its own, or attach it",
        "bytes": "return them as an asset of their own, or attach them",
    }
    step = steps.get(type(value).__name__, "")
    return f": {step}" if step else ""


def _refuse_keys(value: dict[Any, Any], place: str) -> None:
    for key in value:
        if not isinstance(key, str):
            raise UnstorableError(f"a key is no text but {type(key).__name__}. JSON has text alone", place)
        if not is_text(key):
            raise UnstorableError("a key holds half a character, which is no text", place)


def _dumped(model: BaseModel, place: str) -> Any:
    """What is stored of a model. A set of it would be in another order in each process."""
    for where, item in _leaves(model.model_dump(round_trip=True), place):
        if isinstance(item, set | frozenset):
            raise UnstorableError(f"JSON has no {type(item).__name__}{_instead(item)}", where)
    return model.model_dump(mode="json", round_trip=True)


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{place}{named(str(key))}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{place}[{number}]")
    else:
        yield place, value


@functools.lru_cache(maxsize=64)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _whole_number(digits: str) -> int | float:
    """RFC 8785 writes 1e16 as digits; integers beyond 2**53 are never written, so those are floats."""
    number = int(digits)
    return number if abs(number) < 2**53 else float(number)


def _no_number(name: str) -> float:
    """NaN and the infinities, which Python reads and JSON does not know."""
    raise ValueError(name)
