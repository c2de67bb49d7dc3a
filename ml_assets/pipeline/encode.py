"""A product as the files that are stored: the value first, then what is attached to it."""

from collections.abc import Mapping

from ml_assets.core.manifest import StoredFile
from ml_assets.core.product import Product
from ml_assets.storage.artifact_store import stored_file
from ml_assets.storage.formats import FORMATS


def encode(
    product: Product, *, asset: str, format_name: str
) -> tuple[tuple[StoredFile, ...], Mapping[str, bytes]]:
    """The files of a product, and their bytes by file name on disk."""
    main = FORMATS[format_name]
    named = {f"{asset}.{main.extension}": main.encode(product.value), **product.attachments}
    files = tuple(stored_file(name, data, name.rpartition(".")[2]) for name, data in named.items())
    return files, {file.file: data for file, data in zip(files, named.values(), strict=True)}
