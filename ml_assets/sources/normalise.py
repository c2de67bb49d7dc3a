"""One shape for all rows: what files hold is brought to the types that everything else relies on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.errors import SourceError
from ml_assets.sources.column_names import FILE
from ml_assets.sources.day_listing import shown
from ml_assets.sources.number_text import clean, number_of
from ml_assets.sources.roles import Family, Files, Part, Role, coded_roles, family_of, plain_roles
from ml_assets.sources.time_text import time_of

OTHER_LABEL = 2

_NAMES = ("id", "category", "class")
_CHECKED = ("integer", "boolean", "date", "class")  # of which no file is taken at its word
_DAY_OF_FILE = (
    r"(?is)^.*/date=(\d{4}-\d{2}-\d{2})/"  # the last one: what lies above the zone may be called so too
)
_NUMBER = r"^[+-]?\d+(\.\d+)?$"
_WHOLE = r"^(-?\d+)\.0+$"
_LARGEST_WHOLE = 2.0**63  # what an Int64 holds

_ACCEPTED: Mapping[Role, tuple[Family, ...]] = {
    "id": ("text", "number", "time", "empty"),
    "time": ("time", "text", "empty"),
    "label": ("number", "text", "empty"),
    "class": ("text", "number", "empty"),
    "value": ("number", "text", "empty"),
    "number": ("number", "text", "empty"),
    "category": ("text", "number", "empty"),
    "integer": ("number", "text", "empty"),
    "boolean": ("number", "text", "empty"),
    "date": ("time", "text", "empty"),
}
_WANTED: Mapping[Role, str] = {
    "id": "text or whole numbers",
    "time": "times in UTC, such as 2025-12-01T08:30:00",
    "label": "0, 1 or nothing",
    "class": "the names of classes, as text or whole numbers, or nothing",
    "value": "numbers or nothing",
    "number": "numbers or nothing",
    "category": "text",
    "integer": "whole numbers or nothing",
    "boolean": "true, false or nothing",
    "date": "days, such as 2025-12-01",
}
_TYPES: Mapping[Role, pl.DataType] = {
    "id": pl.String(),
    "time": pl.Datetime("us"),
    "label": pl.Int8(),
    "class": pl.String(),
    "value": pl.Float64(),
    "number": pl.Float64(),
    "category": pl.String(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "unknown": pl.Null(),
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What all files of a range together decide of their columns.

    Attributes:
        roles: what each column of the contract is.
        numeric: ids and categories that some file holds as numbers: 3.0 is 3 in all of them.
        declared: columns whose type the contract states.
    """

    roles: Mapping[str, Role]
    numeric: frozenset[str]
    declared: frozenset[str]


def decide(parts: Sequence[Files], contract: DatasetContract, *, coded: bool = True) -> Decision:
    """What the columns are. Raises SourceError for text of CSV that looks like numbers."""
    roles = coded_roles(parts, contract) if coded else plain_roles(parts, contract)
    numeric = {name for name, role in roles.items() if role in _NAMES and _is_numeric(parts, name)}
    return Decision(roles=roles, numeric=frozenset(numeric), declared=frozenset(contract.types))


def normalise(parts: Sequence[Part], decision: Decision) -> pl.LazyFrame:
    """Bring all parts to one schema: `day`, then the contract's columns, as `Source.scan` promises.

    Raises:
        SourceError: when a column holds what its role does not allow; names file, column and remedy.
    """
    if not parts:
        return _nothing(decision.roles)
    frames = [_normalise_part(part, decision) for part in parts]
    if len(frames) > 1:
        frames = [pl.concat(frames).sort(FILE, maintain_order=True)]
    return frames[0].select("day", *decision.roles)


def _nothing(roles: Mapping[str, Role]) -> pl.LazyFrame:
    return pl.LazyFrame(schema={"day": pl.Date(), **{name: _TYPES[role] for name, role in roles.items()}})


def _is_numeric(parts: Iterable[Files], column: str) -> bool:
    """Whether some file holds numbers in a column of ids or categories: of CSV files one in which all values are."""
    return any(_holds_numbers(part, column) for part in parts)


def _holds_numbers(part: Files, column: str) -> bool:
    if not (isinstance(part, Part) and part.csv):
        return family_of(part.dtype(column)) == "number" and part.has_values(column)
    text = clean(pl.col(column))
    numbers = (text.str.contains(_NUMBER).all() & text.is_not_null().any()).alias(
        "numbers"
    )  # nothing is ignored
    return bool(part.table.group_by(FILE).agg(numbers)["numbers"].any())


def _normalise_part(part: Part, decision: Decision) -> pl.LazyFrame:
    check(part, decision)
    day = pl.col(FILE).str.extract(_DAY_OF_FILE).str.to_date("%Y-%m-%d")
    return part.table.lazy().select(FILE, day.alias("day"), *values(part, decision))


def check(part: Part, decision: Decision) -> None:
    """Raise SourceError where a column of a part holds what its role does not allow."""
    for column, role in decision.roles.items():
        _check(part, column, role, declared=column in decision.declared)


def values(part: Part, decision: Decision) -> list[pl.Expr]:
    """Each column of the contract, of the table of a part, as its role has it."""
    found = {column: _expression(part, column, role) for column, role in decision.roles.items()}
    found |= {name: found[name].str.replace(_WHOLE, "${1}") for name in decision.numeric}
    return [value.alias(name) for name, value in found.items()]


def _check(part: Part, column: str, role: Role, *, declared: bool) -> None:
    family = part.family(column)
    if family not in _ACCEPTED[role]:
        raise SourceError(
            f"{_first_file(part)}: column `{column}` holds {part.table[column].dtype}. "
            f"It must hold {_WANTED[role]}: write the file again with that type."
        )
    if role == "category" and family == "number" and not declared:
        raise SourceError(
            f"{_first_file(part)}: column `{column}` holds numbers, but text in most other files. Write it as text "
            f"everywhere, or state its type under [types] in dataset.toml."
        )
    if role in _CHECKED or (family == "text" and role in {"number", "value", "time"}):
        _check_values(part, column, role)


def _check_values(part: Part, column: str, role: Role) -> None:
    bad = (
        _given(pl.col(column), part.table[column].dtype)
        & _expression(part, column, role, keep_nan=True).is_null()
    )
    row = part.table.select(bad.arg_true().first()).item()
    if row is not None:
        other = "other text" if part.family(column) == "text" else "something else"
        remedy = ', or declare it as "category" under [types] in dataset.toml' if role == "number" else ""
        raise SourceError(
            f"{shown(part.table[FILE][row])}: column `{column}` holds {other}, first in {part.place(row)}. It must hold "
            f"{_WANTED[role]}: mend the file{remedy}."
        )


def _first_file(part: Part) -> str:
    return shown(part.table[FILE].item(0))


def _expression(part: Part, column: str, role: Role, *, keep_nan: bool = False) -> pl.Expr:
    dtype = part.table[column].dtype
    value = pl.col(column)
    if role in {"number", "value"}:
        number = _number(value, dtype)
        return number if keep_nan else _tidy(number)
    convert: Mapping[Role, Callable[[pl.Expr, pl.DataType], pl.Expr]] = {
        "time": _time,
        "label": _label,
        "class": _class,
        "integer": _integer,
        "boolean": _boolean,
        "date": _date,
    }
    return convert.get(role, _name)(value, dtype)


def _number(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return number_of(value) if family_of(dtype) == "text" else value.cast(pl.Float64)


def _tidy(number: pl.Expr) -> pl.Expr:
    """NaN means nothing is known; minus zero is zero (two spellings of one value would be two fingerprints)."""
    return number.fill_nan(None) + 0.0


def _name(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The text of an id or a category. A whole number has one text, however a file writes it: 3, not 3.0."""
    text = value.cast(pl.String)
    if dtype.is_decimal():
        return text.str.replace(r"(\.\d*?)0+$", "${1}").str.strip_suffix(".")
    if not dtype.is_float():
        return text
    whole = (value == value.round()) & (value.abs() < _LARGEST_WHOLE)
    return (
        pl.when(whole)
        .then(value.cast(pl.Int64, strict=False).cast(pl.String))
        .when(value.is_not_nan())
        .then(text)
    )


def _label(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    number, given = _number(value, dtype).fill_nan(None), _given(value, dtype)
    known = pl.when(number.is_in([0.0, 1.0])).then(number).otherwise(pl.lit(float(OTHER_LABEL)))
    return pl.when(given).then(known).cast(pl.Int8)


def _class(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The name of a class: text without blanks around it, or the text of a whole number; null where it is neither."""
    if family_of(dtype) == "text":
        return clean(value)
    whole = value == value.round() if dtype.is_float() or dtype.is_decimal() else pl.lit(value=True)
    return pl.when(whole).then(_name(value, dtype))


def _given(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Whether a value is there: blank text and NaN say nothing."""
    if family_of(dtype) == "text":
        return clean(value).is_not_null()
    return value.is_not_null() & value.is_not_nan() if dtype.is_float() else value.is_not_null()


def _integer(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Whole numbers of 64 bits; null where there are others."""
    if family_of(dtype) == "number" and not (dtype.is_float() or dtype.is_decimal()):
        return value.cast(pl.Int64, strict=False)
    number = _number(value, dtype)
    whole = pl.when((number == number.round()) & (number.abs() < _LARGEST_WHOLE)).then(number)
    rounded = whole.cast(pl.Int64, strict=False)
    exact = clean(value).cast(pl.Int64, strict=False)  # a float does not tell 2**53 + 1 from its neighbours
    return pl.coalesce(exact, rounded) if family_of(dtype) == "text" else rounded


def _boolean(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    number = _number(value, dtype)
    return pl.when(number.is_in([0.0, 1.0])).then(number == 1.0)


def _date(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return _time(value, dtype).dt.date()


def _time(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if family_of(dtype) == "text":
        return time_of(value)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        value = value.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return value.cast(pl.Datetime("us"))
