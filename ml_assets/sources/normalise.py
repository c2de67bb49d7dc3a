"""One shape for all rows: what files hold is brought to the types that everything else relies on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import polars as pl

from ml_assets.core.contract import DatasetContract, Type
from ml_assets.errors import SourceError
from ml_assets.sources.column_names import FILE
from ml_assets.sources.day_listing import shown
from ml_assets.sources.number_text import clean, is_odd_number, looks_numeric, number_of
from ml_assets.sources.time_text import time_of

OTHER_LABEL = 2

_NAMES = ("id", "category")
_DAY_OF_FILE = (
    r"(?is)^.*/date=(\d{4}-\d{2}-\d{2})/"  # the last one: what lies above the zone may be called so too
)
_NUMBER = r"^[+-]?\d+(\.\d+)?$"
_WHOLE = r"^(-?\d+)\.0+$"
_LARGEST_WHOLE = 2.0**63  # what an Int64 holds

Role: TypeAlias = Literal["id", "time", "label", "number", "category"]
Family: TypeAlias = Literal["number", "text", "time", "empty", "other"]

_ACCEPTED: Mapping[Role, tuple[Family, ...]] = {
    "id": ("text", "number", "time", "empty"),
    "time": ("time", "text", "empty"),
    "label": ("number", "text", "empty"),
    "number": ("number", "text", "empty"),
    "category": ("text", "number", "empty"),
}
_CODED: Mapping[Type, Role] = {
    "number": "number",
    "integer": "number",
    "boolean": "number",
    "category": "category",
    "text": "category",
    "time": "time",
}
_WANTED: Mapping[Role, str] = {
    "id": "text or whole numbers",
    "time": "times in UTC, such as 2025-12-01T08:30:00",
    "label": "0, 1 or nothing",
    "number": "numbers or nothing",
    "category": "text",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows of files that share one schema.

    Attributes:
        table: the column FILE with each row's file, and the contract's columns with the files' own types.
            There is at least one row.
        line_of: of CSV, in which every column is text: the line of a file on which a row begins.
    """

    table: pl.DataFrame
    line_of: Callable[[str, int], int] | None = None

    @property
    def csv(self) -> bool:
        """Whether the files are CSV."""
        return self.line_of is not None

    @property
    def files(self) -> int:
        """How many files have rows here."""
        return self.table[FILE].n_unique()

    def place(self, row: int) -> str:
        """The line of CSV, or the row of another file, of a row of the table, in words."""
        file = self.table[FILE]
        number = (file.slice(0, row) == file[row]).sum()
        return f"line {self.line_of(file[row], number)}" if self.line_of else f"row {number + 1}"

    def family(self, column: str) -> Family:
        """What sort of values the files say `column` holds."""
        return family_of(self.table.schema[column])


def family_of(dtype: pl.DataType) -> Family:
    """Bring polars' many types down to the few differences that matter here."""
    if dtype.is_numeric() or dtype == pl.Boolean:
        return "number"
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "text"
    if dtype in (pl.Datetime, pl.Date):
        return "time"
    return "empty" if dtype == pl.Null else "other"


def normalise(parts: Sequence[Part], contract: DatasetContract) -> pl.LazyFrame:
    """Bring all parts to one schema: `day`, then the contract's columns, as `Source.scan` promises.

    Raises:
        SourceError: when a column holds what its role does not allow; names file, column and remedy.
    """
    roles = _roles(parts, contract)
    if not parts:
        return _nothing(roles)
    numeric = {name for name, role in roles.items() if role in _NAMES and _is_numeric(parts, name)}
    frames = [_normalise_part(part, roles, declared=set(contract.types), numeric=numeric) for part in parts]
    if len(frames) > 1:
        frames = [pl.concat(frames).sort(FILE, maintain_order=True)]
    return frames[0].select("day", *contract.columns)


def _roles(parts: Sequence[Part], contract: DatasetContract) -> dict[str, Role]:
    roles: dict[str, Role] = dict.fromkeys(contract.ids, "id")
    times = filter(None, (contract.event_time, contract.known_at, contract.label_closes_at))
    roles |= {**dict.fromkeys(times, "time"), contract.label: "label"}
    roles |= {name: _role(parts, name, contract) for name in contract.features}
    return {name: roles[name] for name in contract.columns}


def _role(parts: Sequence[Part], feature: str, contract: DatasetContract) -> Role:
    stated = contract.types.get(feature)
    return _CODED[stated] if stated else _voted(parts, feature)


def _nothing(roles: Mapping[str, Role]) -> pl.LazyFrame:
    types: Mapping[Role, pl.DataType] = {
        "id": pl.String(),
        "time": pl.Datetime("us"),
        "label": pl.Int8(),
        "number": pl.Float64(),
        "category": pl.String(),
    }
    return pl.LazyFrame(schema={"day": pl.Date(), **{name: types[role] for name, role in roles.items()}})


def _voted(parts: Sequence[Part], feature: str) -> Literal["number", "category"]:
    """The type that the files state of a feature. Refuses text of CSV that looks like numbers."""
    voted = _vote(parts, feature)
    stated = any(
        part.family(feature) == "text" and _has_values(part, feature) for part in parts if not part.csv
    )
    if voted == "category" and not stated:
        for part in parts:
            _check_category(part, feature)
    return voted


def _check_category(part: Part, feature: str) -> None:
    """Refuse a category most of whose values would be numbers without their marks, or without words such as NA."""
    if part.family(feature) != "text" or not looks_numeric(part.table[feature]):
        return
    odd = part.table.select(is_odd_number(pl.col(feature)).arg_true().first()).item()
    raise SourceError(
        f"{shown(part.table[FILE][odd])}: column `{feature}` holds text that looks like numbers, first in {part.place(odd)}. "
        f"Write numbers as 1234.5, without signs of thousands, percent or currency, and nothing where they are not "
        f'known; or state what it is under [types] in dataset.toml: "category" keeps the text.'
    )


def _has_values(part: Part, column: str) -> bool:
    return part.table[column].null_count() < part.table.height


def _vote(parts: Iterable[Part], feature: str) -> Literal["number", "category"]:
    """Let the files decide: files with values count first, then files that only state a type."""
    votes = {"number": (0, 0), "category": (0, 0)}
    for part in parts:
        kind = _ballot(part, feature)
        if kind is not None:
            filled, stated = votes[kind]
            votes[kind] = (filled + part.files * _has_values(part, feature), stated + part.files)
    return "number" if votes["number"] >= votes["category"] else "category"


def _ballot(part: Part, feature: str) -> Literal["number", "category"] | None:
    family = part.family(feature)
    if family == "number":
        return "number"
    if family != "text":
        return None
    if not part.csv:
        return "category"
    text = pl.col(feature)
    counts = part.table.select(clean(text).count(), number_of(text).count().alias("good"))
    given, good = counts.row(0)
    if not given:
        return None
    return "number" if good > given / 2 else "category"


def _is_numeric(parts: Iterable[Part], column: str) -> bool:
    """Whether some file holds numbers in a column of ids or categories: of CSV files one in which all values are."""
    return any(_holds_numbers(part, column) for part in parts)


def _holds_numbers(part: Part, column: str) -> bool:
    if not part.csv:
        return part.family(column) == "number" and _has_values(part, column)
    text = clean(pl.col(column))
    numbers = (text.str.contains(_NUMBER).all() & text.is_not_null().any()).alias(
        "numbers"
    )  # nothing is ignored
    return bool(part.table.group_by(FILE).agg(numbers)["numbers"].any())


def _normalise_part(
    part: Part, roles: Mapping[str, Role], *, declared: set[str], numeric: set[str]
) -> pl.LazyFrame:
    for column, role in roles.items():
        _check(part, column, role, declared=column in declared)
    day = pl.col(FILE).str.extract(_DAY_OF_FILE).str.to_date("%Y-%m-%d")
    values = {column: _expression(part, column, role) for column, role in roles.items()}
    values |= {name: value.str.replace(_WHOLE, "${1}") for name, value in values.items() if name in numeric}
    return part.table.lazy().select(
        FILE, day.alias("day"), *(value.alias(name) for name, value in values.items())
    )


def _check(part: Part, column: str, role: Role, *, declared: bool) -> None:
    family = part.family(column)
    if family not in _ACCEPTED[role]:
        raise SourceError(
            f"{_first_file(part)}: column `{column}` holds {part.table.schema[column]}. "
            f"It must hold {_WANTED[role]}: write the file again with that type."
        )
    if role == "category" and family == "number" and not declared:
        raise SourceError(
            f"{_first_file(part)}: column `{column}` holds numbers, but text in most other files. Write it as text "
            f"everywhere, or state its type under [types] in dataset.toml."
        )
    if family == "text" and role in {"number", "time"}:
        _check_text(part, column, role)


def _check_text(part: Part, column: str, role: Role) -> None:
    text = pl.col(column)
    bad = clean(text).is_not_null() & _expression(part, column, role, keep_nan=True).is_null()
    row = part.table.select(bad.arg_true().first()).item()
    if row is not None:
        remedy = ', or declare it as "category" under [types] in dataset.toml' if role == "number" else ""
        raise SourceError(
            f"{shown(part.table[FILE][row])}: column `{column}` holds other text, first in {part.place(row)}. It must hold "
            f"{_WANTED[role]}: mend the file{remedy}."
        )


def _first_file(part: Part) -> str:
    return shown(part.table[FILE].item(0))


def _expression(part: Part, column: str, role: Role, *, keep_nan: bool = False) -> pl.Expr:
    dtype = part.table.schema[column]
    value = pl.col(column)
    if role == "number":
        number = _number(value, dtype)
        return number if keep_nan else _tidy(number)
    convert: Mapping[Role, Callable[[pl.Expr, pl.DataType], pl.Expr]] = {"time": _time, "label": _label}
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
    number = _number(value, dtype).fill_nan(None)
    given = clean(value).is_not_null() if family_of(dtype) == "text" else number.is_not_null()
    known = pl.when(number.is_in([0.0, 1.0])).then(number).otherwise(pl.lit(float(OTHER_LABEL)))
    return pl.when(given).then(known).cast(pl.Int8)


def _time(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if family_of(dtype) == "text":
        return time_of(value)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        value = value.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return value.cast(pl.Datetime("us"))
