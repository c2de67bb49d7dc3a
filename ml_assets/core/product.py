"""What a step returns: a value, and what is worth telling about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class Product:
    """The result of making one asset for one as_of, before it is stored.

    Attributes:
        value: a polars DataFrame, a fitted estimator, a JSON document or Markdown text.
        facts: JSON values about it (row counts, base rate). Those that count what is not in the value (rows and days
            left out) are as they were when it was made, so nothing that is stored may be made of them.
        metrics: numbers that compare one artifact with another.
        attachments: further files by name: bytes such as those of a picture, or a table, which is stored in the format
            that the extension of its name says.
    """

    value: Any
    facts: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    attachments: Mapping[str, "bytes | pl.DataFrame"] = field(default_factory=dict)
