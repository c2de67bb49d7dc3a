"""How a value becomes bytes and comes back: one entry a format, and equal values give equal bytes."""

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

from ml_assets.core.foreign_text import visible
from ml_assets.core.value_types import register_type
from ml_assets.errors import CorruptArtifactError, RefusedError, UnstorableError
from ml_assets.storage import arrays, canonical_skops, json_values, same_value

if TYPE_CHECKING:
    import polars as pl

PARQUET_LEVEL = 3
PARQUET_ROWS_A_GROUP = 262_144


@dataclass(frozen=True, kw_only=True)
class Format:
    """How values of one kind are stored.

    Attributes:
        extension: of the file's name, without a dot.
        version: counted up whenever equal values get other bytes; it is part of the code version of what is stored so.
        takes: which values it can store, in words.
        encode: value to bytes; equal values give equal bytes. Raises UnstorableError for what it cannot store.
        decode: bytes to value; raises CorruptArtifactError where they are not of this format.
        difference: where a value came back as another, such as `.days[3]: ...`, or "". Without it, what was loaded is
            encoded again, and must give the same bytes.
    """

    extension: str
    version: int = 1
    takes: str
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    difference: Callable[[Any, Any], str] | None = None


def register(named: type | str, stored_as: "str | Format") -> None:
    """Let values of a type, and of its subclasses, be stored in a format: one that is known, or one of your own.

    A type registered as "skops" may also be a part of a model: what is stored of it is trusted when a model is loaded.

    Raises:
        RefusedError: the format is unknown or has the name of a known one, or the type cannot be registered.
    """
    name = stored_as if isinstance(stored_as, str) else stored_as.extension
    if isinstance(stored_as, Format):
        _refuse_known(name)
        _FORMATS[name] = stored_as
    if name not in _FORMATS:
        raise RefusedError([f"formats: {visible(name)} is unknown. Allowed: {', '.join(_FORMATS)}."])
    register_type(named, name)


def read_back(format_name: str, data: bytes, *, annotation: Any = Any) -> Any:
    """The value that is stored as `data`: a model of pydantic or a file where that is what was annotated.

    Raises CorruptArtifactError where the bytes are not of this format, or not of the type.
    """
    if format_name == "json":
        return json_values.loads_as(data, annotation)
    value = FORMATS[format_name].decode(data)
    return _as_file(value) if format_name == "file" and _is_path(annotation) else value


def by_extension() -> Mapping[str, str]:
    """The format of a file by the end of its name."""
    return {entry.extension: name for name, entry in FORMATS.items()}


def check_equal(value: Any, loaded: Any, *, format_name: str, data: bytes) -> str:
    """Where a value came back as another, as `place: what`, or "".

    Args:
        value: what was encoded.
        loaded: what was read back.
        format_name: the format.
        data: the bytes that were encoded.
    """
    format_ = FORMATS[format_name]
    if format_.difference is not None:
        return format_.difference(value, loaded)
    same = format_.encode(loaded) == data
    return "" if same else f": stored again, what was loaded of this {type(value).__name__} gives other bytes"


def _refuse_known(name: str) -> None:
    if name in _BUILT_IN:
        raise RefusedError([f"formats: {name} is a format of ml_assets. Give yours another extension."])


def _to_parquet(frame: Any) -> bytes:
    """Everything that could move a byte is fixed: chunks, row groups, compression and its level."""
    import polars as pl

    if type(frame) is not pl.DataFrame:
        raise UnstorableError(f"not a polars DataFrame but {type(frame).__name__}")
    buffer = io.BytesIO()
    try:
        frame.rechunk().write_parquet(
            buffer,
            compression="zstd",
            compression_level=PARQUET_LEVEL,
            row_group_size=PARQUET_ROWS_A_GROUP,
            statistics=True,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        kinds = ", ".join(f"{name} of {dtype}" for name, dtype in frame.schema.items() if dtype == pl.Object)
        raise UnstorableError(f"Parquet cannot take its columns {kinds}" if kinds else str(error)) from error
    return buffer.getvalue()


def _from_parquet(data: bytes) -> "pl.DataFrame":
    import polars as pl

    try:
        return pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise CorruptArtifactError("These bytes are not a Parquet file.") from error


def _to_text(text: Any) -> bytes:
    """UTF-8 with exactly one newline at the end."""
    if not isinstance(text, str):
        raise UnstorableError(f"not text but {type(text).__name__}")
    try:
        return (text.rstrip("\n") + "\n").encode("utf-8")
    except UnicodeEncodeError:
        raise UnstorableError("holds half a character, which is no text") from None


def _from_text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptArtifactError("These bytes are not UTF-8 text.") from error


def _to_bytes(value: Any) -> bytes:
    """The bytes, or those of a file; of a number Python would make as many zeros."""
    if isinstance(value, Path):
        try:
            return value.read_bytes()
        except OSError as error:
            raise UnstorableError(
                f"the file {visible(str(value))} cannot be read: {error.strerror}"
            ) from error
    if not isinstance(value, bytes | bytearray | memoryview):
        raise UnstorableError(f"not bytes but {type(value).__name__}")
    return bytes(value)


def _is_path(annotation: Any) -> bool:
    cls = next(iter(get_args(annotation)), annotation)  # of Annotated[Path, ...] the first
    return isinstance(cls, type) and issubclass(cls, Path)


def _as_file(data: bytes) -> Path:
    """A file that holds these bytes until the process ends; it cannot be written, since others may read it."""
    folder = _folder(os.getpid())
    place = folder / f"{hashlib.sha256(data).hexdigest()}.bin"
    if not place.exists():
        descriptor, beside = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(beside).chmod(0o400)
        Path(beside).replace(place)
    return place


@cache
def _folder(process: int) -> Path:
    """A folder that goes with its process, be it a worker that was forked: such a one runs no `atexit`."""
    folder = Path(tempfile.mkdtemp(prefix=f"ml-assets-{process}-"))
    Finalize(None, shutil.rmtree, args=(folder, True), exitpriority=0)
    return folder


_FORMATS: dict[str, Format] = {
    "parquet": Format(
        extension="parquet",
        takes="a polars DataFrame",
        encode=_to_parquet,
        decode=_from_parquet,
        difference=same_value.frame_difference,
    ),
    "skops": Format(
        extension="skops",
        takes="an estimator of scikit-learn, or a mapping by text of these",
        encode=canonical_skops.dumps,
        decode=canonical_skops.loads,
    ),
    "json": Format(
        extension="json",
        takes="text, numbers (no NaN, no infinity, whole ones within 2**53), true, false, nothing, and lists and "
        "mappings by text of these",
        encode=json_values.dumps,
        decode=json_values.loads,
        difference=same_value.json_difference,
    ),
    "md": Format(
        extension="md",
        takes="text",
        encode=_to_text,
        decode=_from_text,
        difference=same_value.text_difference,
    ),
    "png": Format(
        extension="png",
        takes="bytes of a picture",
        encode=_to_bytes,
        decode=bytes,
        difference=same_value.bytes_difference,
    ),
    "safetensors": Format(
        extension="safetensors",
        takes="an array of NumPy, or a mapping by text of these",
        encode=arrays.dumps,
        decode=arrays.loads,
        difference=same_value.array_difference,
    ),
    "file": Format(
        extension="bin",
        takes="bytes, or the path of a file",
        encode=_to_bytes,
        decode=bytes,
        difference=same_value.bytes_difference,
    ),
}
_BUILT_IN = frozenset(_FORMATS)
FORMATS: Mapping[str, Format] = MappingProxyType(_FORMATS)
