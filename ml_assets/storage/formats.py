"""How a value becomes bytes and comes back: one entry a format, and equal values give equal bytes."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rfc8785

from ml_assets.errors import CorruptArtifactError
from ml_assets.storage import canonical_skops

if TYPE_CHECKING:
    import polars as pl

PARQUET_LEVEL = 3
PARQUET_ROWS_A_GROUP = 262_144


@dataclass(frozen=True, kw_only=True)
class Format:
    """How values of one kind are stored.

    Attributes:
        extension: of the file's name, without a dot.
        takes: which values it can store, in words.
        encode: value to bytes; equal values give equal bytes.
        decode: bytes to value; raises CorruptArtifactError where they are not of this format.
    """

    extension: str
    takes: str
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


def _to_parquet(frame: "pl.DataFrame") -> bytes:
    """Everything that could move a byte is fixed: chunks, row groups, compression and its level."""
    buffer = io.BytesIO()
    frame.rechunk().write_parquet(
        buffer,
        compression="zstd",
        compression_level=PARQUET_LEVEL,
        row_group_size=PARQUET_ROWS_A_GROUP,
        statistics=True,
    )
    return buffer.getvalue()


def _from_parquet(data: bytes) -> "pl.DataFrame":
    import polars as pl

    try:
        return pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise CorruptArtifactError("These bytes are not a Parquet file.") from error


def _to_json(value: Any) -> bytes:
    """RFC 8785 JSON. Raises ValueError for NaN, infinities and what JSON cannot say."""
    return rfc8785.dumps(value)


def _from_json(data: bytes) -> Any:
    try:
        return json.loads(data, parse_int=_whole_number, parse_constant=_no_number)
    except (ValueError, OverflowError, RecursionError) as error:
        raise CorruptArtifactError("These bytes are not JSON.") from error


def _whole_number(digits: str) -> int | float:
    """RFC 8785 writes 1e16 as digits; integers beyond 2**53 are never written, so those are floats."""
    number = int(digits)
    return number if abs(number) < 2**53 else float(number)


def _no_number(name: str) -> float:
    """NaN and the infinities, which Python reads and JSON does not know."""
    raise ValueError(name)


def _to_text(text: str) -> bytes:
    """UTF-8 with exactly one newline at the end."""
    return (text.rstrip("\n") + "\n").encode("utf-8")


def _to_png(image: Any) -> bytes:
    """The bytes of a picture; of a number Python would make as many zeros."""
    if not isinstance(image, bytes | bytearray | memoryview):
        raise TypeError(f"not bytes but {type(image).__name__}")
    return bytes(image)


def _from_text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptArtifactError("These bytes are not UTF-8 text.") from error


FORMATS: Mapping[str, Format] = {
    "parquet": Format(
        extension="parquet", takes="a polars DataFrame", encode=_to_parquet, decode=_from_parquet
    ),
    "skops": Format(
        extension="skops",
        takes="an estimator of scikit-learn",
        encode=canonical_skops.dumps,
        decode=canonical_skops.loads,
    ),
    "json": Format(
        extension="json",
        takes="text, numbers (no NaN, no infinity, whole ones within 2**53), true, false, nothing, and lists and "
        "mappings by text of these",
        encode=_to_json,
        decode=_from_json,
    ),
    "md": Format(extension="md", takes="text", encode=_to_text, decode=_from_text),
    "png": Format(extension="png", takes="bytes of a picture", encode=_to_png, decode=bytes),
}
