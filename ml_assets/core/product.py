"""What a step returns: a value, and what is worth telling about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

T = TypeVar("T")


@dataclass(frozen=True)
class Product(Generic[T]):
    """The result of making one asset for one as_of, before it is stored.

    As the annotation of an argument that is named like an earlier asset, `Product[T]` is what was stored of it: the
    value as it was loaded, its facts and its metrics, without attachments.

    Attributes:
        value: what the asset's function made; its annotation decides how it is stored.
        facts: JSON values about it (row counts, base rate). Those that count what is not in the value (rows and days
            left out) are as they were when it was made, so nothing that is stored may be made of them.
        metrics: numbers that compare one artifact with another.
        attachments: further files by name: bytes such as those of a picture, a figure of matplotlib, or a table, which
            is stored in the format that the extension of its name says.
    """

    value: T
    facts: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    metrics: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    attachments: Mapping[str, "bytes | pl.DataFrame | Figure"] = field(default_factory=dict, kw_only=True)
