"""How a value is stored follows from the type that the function says it returns.

Types are known by their qualified names, so that naming one loads nothing: whoever annotates a function with a type has
loaded it already. The table is open by `register_type`.
"""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, is_typeddict

from ml_assets.errors import RefusedError

if TYPE_CHECKING:
    import polars as pl
    from sklearn.base import BaseEstimator


@dataclass(frozen=True)
class StoredAs:
    """A mark on a type: values of it are stored in this format."""

    format: str


if TYPE_CHECKING:
    Frame = pl.DataFrame
    Estimator = BaseEstimator
else:  # loading these libraries takes longer than all of the definitions
    Frame = Annotated[Any, StoredAs("parquet")]
    Estimator = Annotated[Any, StoredAs("skops")]

TYPES = {  # these and no subclasses: what is loaded is of the type itself
    "builtins.bytes": "file",
    "builtins.str": "md",
    "numpy.ndarray": "safetensors",
    "polars.dataframe.frame.DataFrame": "parquet",
}
BASES = {
    "pathlib.Path": "file",
    "pathlib._local.Path": "file",  # of Python 3.13
    "pydantic.main.BaseModel": "json",
    "sklearn.base.BaseEstimator": "skops",
}
BY_NAME = frozenset({"skops", "safetensors"})  # the formats of which a `dict[str, ...]` is stored too
_registered: dict[str, str] = {}


def format_of(annotation: Any) -> str:
    """The name of the format in which values of a type are stored; "" where there is none.

    None is there for bare `dict` and `list`, unions, Any, and a missing annotation.
    """
    if get_origin(annotation) is Annotated:
        return next(_marks(annotation), "") or format_of(get_args(annotation)[0])
    if get_origin(annotation) is dict and _by_name(annotation) in BY_NAME:
        return _by_name(annotation)
    cls = get_origin(annotation) or annotation  # of `np.ndarray[...]` the class
    if isinstance(cls, type) and (known := _of_class(cls)):
        return known
    whole = get_origin(annotation) in (dict, list) or is_typeddict(annotation)
    return "json" if whole and _is_json(annotation) else ""


def register_type(named: type | str, format_name: str) -> None:
    """Let values of a type and of its subclasses be stored in a format; with "skops", let it be loaded inside of models.

    Args:
        named: the type, or its qualified name, such as `lightgbm.basic.Booster`.
        format_name: a format that is known.

    Raises:
        RefusedError: another process would not find the type, or it is stored in another format.
    """
    name = named if isinstance(named, str) else name_of(named)
    if name.startswith("__main__.") or "<locals>" in name or "." not in name:
        raise RefusedError(
            [f"{name}: cannot be found again by another process. Define it at the top level of a module."]
        )
    known = {**TYPES, **BASES, **_registered}.get(name, format_name)
    if known != format_name:
        raise RefusedError([f"{name}: is stored as {known} already, so not as {format_name}."])
    _registered[name] = format_name


def registered_types(format_name: str) -> tuple[str, ...]:
    """The qualified names that were registered for a format."""
    return tuple(name for name, known in _registered.items() if known == format_name)


def name_of(cls: type) -> str:
    """The qualified name of a class: its module, and its name there."""
    return f"{cls.__module__}.{cls.__qualname__}"


def _marks(annotation: Any) -> Iterator[str]:
    """The formats that an `Annotated[...]` names itself."""
    return (mark.format for mark in annotation.__metadata__ if isinstance(mark, StoredAs))


def _of_class(cls: type) -> str:
    if name_of(cls) in TYPES:
        return TYPES[name_of(cls)]
    bases = {**BASES, **_registered}
    return next((bases[name] for name in map(name_of, cls.__mro__) if name in bases), "")


def _by_name(annotation: Any) -> str:
    """The format of the values of a `dict[str, ...]`."""
    key, value = get_args(annotation)
    return format_of(value) if key is str and get_origin(value) is not dict else ""


def _is_json(annotation: Any) -> bool:
    """Whether JSON can say what is annotated, as far as the annotation tells."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return next(_marks(annotation), "json") == "json" and _is_json(args[0])
    if origin is dict:
        return args[0] is str and _is_json(args[1])
    if origin in (list, tuple, Union, types.UnionType):
        return all(_is_json(arg) for arg in args if arg is not Ellipsis)
    if origin is Literal or annotation in (Any, object, None, dict, list) or is_typeddict(annotation):
        return True
    return (
        origin is None
        and isinstance(annotation, type)
        and (issubclass(annotation, str | int | float | types.NoneType) or _of_class(annotation) == "json")
    )
