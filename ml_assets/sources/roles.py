"""What each column of the files is: stated by the contract, or else decided by the files that were read, together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, TypeAlias

import polars as pl

from ml_assets.core.contract import DatasetContract, Task, Type
from ml_assets.errors import SourceError
from ml_assets.sources.column_names import FILE
from ml_assets.sources.day_listing import shown
from ml_assets.sources.number_text import clean, is_odd_number, looks_numeric, number_of
from ml_assets.sources.time_text import time_of

Role: TypeAlias = Literal[
    "id", "time", "label", "class", "value", "number", "category", "integer", "boolean", "date", "unknown"
]
Family: TypeAlias = Literal["number", "text", "time", "empty", "other"]

_CODED: Mapping[Type, Role] = {
    "number": "number",
    "integer": "number",
    "boolean": "number",
    "category": "category",
    "text": "category",
    "time": "time",
}
_LABELS: Mapping[Task, Role] = {"binary": "label", "multiclass": "class", "regression": "value"}
_PLAIN: Mapping[Type, Role] = {**_CODED, "integer": "integer", "boolean": "boolean"}
_WIDEST: Sequence[Role] = ("category", "number", "integer", "boolean", "time", "date")
_MOSTLY: Sequence[Role] = ("number", "time")
_WHOLE_NUMBER = r"^[+-]?\d+$"
_DATE = r"^\d{4}-\d{2}-\d{2}$"


class Files(Protocol):
    """Files that share one schema, and have a row between them."""

    @property
    def csv(self) -> bool:
        """Whether the files are CSV."""

    @property
    def files(self) -> int:
        """How many files have rows here."""

    def dtype(self, column: str) -> pl.DataType:
        """The type that the files give `column`."""

    def has_values(self, column: str) -> bool:
        """Whether `column` has a value in some row."""


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

    @cached_property
    def files(self) -> int:
        """How many files have rows here."""
        return self.table[FILE].n_unique()

    def place(self, row: int) -> str:
        """The line of CSV, or the row of another file, of a row of the table, in words."""
        file = self.table[FILE]
        number = (file.slice(0, row) == file[row]).sum()
        return f"line {self.line_of(file[row], number)}" if self.line_of else f"row {number + 1}"

    def dtype(self, column: str) -> pl.DataType:
        """The type that the files give `column`."""
        return self.table.schema[column]

    def family(self, column: str) -> Family:
        """What sort of values the files say `column` holds."""
        return family_of(self.dtype(column))

    def has_values(self, column: str) -> bool:
        """Whether `column` has a value in some row."""
        return self.table[column].null_count() < self.table.height


def family_of(dtype: pl.DataType) -> Family:
    """Bring polars' many types down to the few differences that matter here."""
    if dtype.is_numeric() or dtype == pl.Boolean:
        return "number"
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "text"
    if dtype in (pl.Datetime, pl.Date):
        return "time"
    return "empty" if dtype == pl.Null else "other"


def coded_roles(parts: Sequence[Files], contract: DatasetContract) -> dict[str, Role]:
    """What models take: features are numbers or categories, the label is 0 or 1, a class or a number, as the task says."""
    features: dict[str, Role] = {
        name: _CODED[contract.types[name]] if name in contract.types else _voted(parts, name)
        for name in contract.features
    }
    return _in_order({**features, **_fixed(contract), contract.label: _LABELS[contract.task]}, contract)


def plain_roles(parts: Sequence[Files], contract: DatasetContract) -> dict[str, Role]:
    """What the contract states of a column, or else what its files hold: whole numbers stay whole, times are times."""
    fixed = _fixed(contract)
    roles: dict[str, Role] = {
        name: _PLAIN[contract.types[name]] if name in contract.types else _of_its_files(parts, name)
        for name in contract.columns
        if name not in fixed
    }
    return _in_order({**roles, **fixed}, contract)


def _fixed(contract: DatasetContract) -> dict[str, Role]:
    times = filter(None, (contract.event_time, contract.known_at, contract.label_closes_at))
    return {**dict.fromkeys(contract.ids, "id"), **dict.fromkeys(times, "time")}


def _in_order(roles: Mapping[str, Role], contract: DatasetContract) -> dict[str, Role]:
    return {name: roles[name] for name in contract.columns}


def _of_its_files(parts: Sequence[Files], column: str) -> Role:
    """The narrowest role that all values of a column have; a file that does not fit is refused later, by name."""
    filled = [part for part in parts if part.has_values(column)]
    found = {_of_a_part(part, column) for part in filled or parts}
    role: Role = next((role for role in _WIDEST if role in found), "unknown")
    if role == "category" and all(part.csv for part in filled):
        for part in filled:
            _check_category(part, column)
    return "number" if role == "unknown" and parts else role


def _of_a_part(part: Files, column: str) -> Role:
    if isinstance(part, Part) and part.csv:
        return _of_text(part.table[column])
    dtype = part.dtype(column)
    if dtype in (pl.Boolean, pl.Date):
        return "boolean" if dtype == pl.Boolean else "date"
    if dtype.is_integer():
        return "integer"
    roles: Mapping[Family, Role] = {"number": "number", "time": "time", "empty": "unknown"}
    return roles.get(family_of(dtype), "category")


def _of_text(column: pl.Series) -> Role:
    """What most values of CSV are, and the narrowest that all of them are."""
    text = clean(pl.col("text"))
    shapes: Mapping[Role, pl.Expr] = {
        "boolean": text.str.to_lowercase().is_in(["true", "false"]),
        "integer": text.str.contains(_WHOLE_NUMBER),
        "number": number_of(pl.col("text")).is_not_null(),
        "date": text.str.contains(_DATE),
        "time": time_of(pl.col("text")).is_not_null(),
    }
    sums = [shape.sum().alias(role) for role, shape in shapes.items()]
    counts = column.alias("text").to_frame().select(text.count().alias("given"), *sums).row(0, named=True)
    given: int = counts.pop("given")
    if not given:
        return "unknown"
    all_are: list[Role] = [role for role in shapes if counts[role] == given]
    most_are: list[Role] = [role for role in _MOSTLY if counts[role] > given / 2]
    return next(iter((*all_are, *most_are)), "category")


def _voted(parts: Sequence[Files], feature: str) -> Literal["number", "category"]:
    """The type that the files state of a feature. Refuses text of CSV that looks like numbers."""
    voted = _vote(parts, feature)
    stated = any(
        family_of(part.dtype(feature)) == "text" and part.has_values(feature)
        for part in parts
        if not part.csv
    )
    if voted == "category" and not stated:
        for part in parts:
            _check_category(part, feature)
    return voted


def _check_category(part: Files, feature: str) -> None:
    """Refuse a category most of whose values would be numbers without their marks, or without words such as NA."""
    if not isinstance(part, Part) or part.family(feature) != "text" or not looks_numeric(part.table[feature]):
        return  # Parquet that holds text states that it is text
    odd = part.table.select(is_odd_number(pl.col(feature)).arg_true().first()).item()
    raise SourceError(
        f"{shown(part.table[FILE][odd])}: column `{feature}` holds text that looks like numbers, first in {part.place(odd)}. "
        f"Write numbers as 1234.5, without signs of thousands, percent or currency, and nothing where they are not "
        f'known; or state what it is under [types] in dataset.toml: "category" keeps the text.'
    )


def _vote(parts: Iterable[Files], feature: str) -> Literal["number", "category"]:
    """Let the files decide: files with values count first, then files that only state a type."""
    votes = {"number": (0, 0), "category": (0, 0)}
    for part in parts:
        kind = _ballot(part, feature)
        if kind is not None:
            filled, stated = votes[kind]
            votes[kind] = (filled + part.files * part.has_values(feature), stated + part.files)
    return "number" if votes["number"] >= votes["category"] else "category"


def _ballot(part: Files, feature: str) -> Literal["number", "category"] | None:
    family = family_of(part.dtype(feature))
    if family == "number":
        return "number"
    if family != "text":
        return None
    if not (isinstance(part, Part) and part.csv):
        return "category"
    text = pl.col(feature)
    counts = part.table.select(clean(text).count(), number_of(text).count().alias("good"))
    given, good = counts.row(0)
    if not given:
        return None
    return "number" if good > given / 2 else "category"
