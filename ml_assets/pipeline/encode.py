"""A product as the files that are stored: the value first, then what is attached to it."""

from collections.abc import Mapping
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.core.manifest import StoredFile
from ml_assets.core.product import Product
from ml_assets.errors import StoreError
from ml_assets.storage.artifact_store import stored_file
from ml_assets.storage.formats import FORMATS


def encode(
    product: Product[Any], *, asset: str, format_name: str
) -> tuple[tuple[StoredFile, ...], Mapping[str, bytes]]:
    """The files of a product, and their bytes by file name on disk.

    StoreError for a format that is not known; of a value that is none of its format, what its encoder raises.
    """
    if format_name not in FORMATS:
        raise StoreError(f"format: unknown. Known: {', '.join(FORMATS)}. Nothing was written.")
    main = FORMATS[format_name]
    attached = {name: _attached(name, value) for name, value in product.attachments.items()}
    named = {f"{asset}.{main.extension}": main.encode(product.value), **attached}
    files = tuple(stored_file(name, data, _extension(name)) for name, data in named.items())
    return files, {file.file: data for file, data in zip(files, named.values(), strict=True)}


def _attached(name: str, value: Any) -> bytes:
    """What is attached as bytes: those that are given, or a table in the format of its name's extension."""
    if isinstance(value, bytes):
        return value
    known = {of.extension: of for of in FORMATS.values()}
    if (extension := _extension(name)) not in known:
        raise StoreError(f"attachments: of {visible(name)} only bytes can be stored. Nothing was written.")
    return known[extension].encode(value)


def _extension(name: str) -> str:
    return name.rpartition(".")[2]
