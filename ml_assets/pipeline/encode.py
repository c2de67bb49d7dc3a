"""A product as the files that are stored: the value first, then what is attached to it.

`encode` gives the bytes, `prepare` also loads them again: nothing is stored that would come back as something else.
"""

import contextlib
import io
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_origin, is_typeddict

from ml_assets.core.figures import DPI
from ml_assets.core.foreign_text import visible
from ml_assets.core.manifest import StoredFile
from ml_assets.core.product import Product
from ml_assets.core.signatures import spelled
from ml_assets.errors import (
    CorruptArtifactError,
    MlAssetsError,
    StoreError,
    UnstorableError,
    UntrustedTypesError,
)
from ml_assets.storage.artifact_store import stored_file
from ml_assets.storage.formats import FORMATS, by_extension, check_equal, read_back

TEXT = frozenset(
    {"csv", "html", "json", "md", "svg", "txt"}
)  # what text is attached as, by the end of its name
PICTURES: Mapping[str, Mapping[str, Any]] = {  # by the end of the name, without dates and versions
    "png": {"metadata": {"Software": None}},
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
}


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What can be committed of a product.

    Attributes:
        files: its files, the value first.
        contents: their bytes by file name on disk.
        value: the value as it was loaded from its bytes, which is what everything that is made of it gets.
    """

    files: tuple[StoredFile, ...]
    contents: Mapping[str, bytes]
    value: Any


def prepare(product: Product[Any], *, asset: str, format_name: str, annotation: Any = Any) -> Prepared:
    """Encode a product, load its value again, and compare the two.

    Args:
        product: what the asset's function returned.
        asset: its name.
        format_name: how its value is stored.
        annotation: the type of the value: a model of pydantic is loaded as such.

    Raises:
        StoreError: the value is none of its format, or does not come back equal. It names asset, type and place.
    """
    if annotation is not Any and not _is_of_its_kind(product.value, annotation):
        raise StoreError(
            f"{asset}: {_a(product.value)}, where {spelled(annotation)} is declared. Return what the function says that it "
            "returns. Nothing was written."
        )
    files, contents = encode(product, asset=asset, format_name=format_name)
    data = contents[files[0].file]
    loaded = _loaded(product.value, data, asset=asset, format_name=format_name, annotation=annotation)
    return Prepared(files=files, contents=contents, value=loaded)


def encode(
    product: Product[Any], *, asset: str, format_name: str
) -> tuple[tuple[StoredFile, ...], Mapping[str, bytes]]:
    """The files of a product, and their bytes by file name on disk.

    StoreError for a format that is not known, and of a value that is none of its format.
    """
    if format_name not in FORMATS:
        raise StoreError(f"format: unknown. Known: {', '.join(FORMATS)}. Nothing was written.")
    with _named(asset, product.value, format_name):
        main = FORMATS[format_name].encode(product.value)
    attached = {name: _attached(name, value, asset) for name, value in product.attachments.items()}
    own = f"{asset}.{FORMATS[format_name].extension}"
    if own in attached:
        raise StoreError(
            f"attachments: {own} of {asset} has the name of the file of its value. Give it another name. Nothing was written."
        )
    named = {own: main, **attached}
    files = tuple(stored_file(name, data, _extension(name)) for name, data in named.items())
    return files, {file.file: data for file, data in zip(files, named.values(), strict=True)}


def _is_of_its_kind(value: Any, annotation: Any) -> bool:
    """Whether a value is a mapping or a list where that is declared; what is inside is for its format to say."""
    kind = get_origin(annotation)
    if kind is dict:
        return isinstance(value, dict) and all(isinstance(key, str) for key in value)
    if kind is list:
        return isinstance(value, list | tuple)
    is_one = isinstance(annotation, type) and not is_typeddict(annotation) and isinstance(value, annotation)
    return is_one or is_typeddict(annotation) == isinstance(value, dict)


def _a(value: Any) -> str:
    if value is None:
        return "None"
    bad_key = isinstance(value, dict) and any(not isinstance(key, str) for key in value)
    return f"a {type(value).__name__}{' with a name that is no text' if bad_key else ''}"


def _loaded(value: Any, data: bytes, *, asset: str, format_name: str, annotation: Any) -> Any:
    try:
        loaded = read_back(format_name, data, annotation=annotation)
    except UntrustedTypesError as error:
        raise StoreError(_unregistered(asset, error.types)) from error
    except CorruptArtifactError as error:
        kind = type(value).__name__
        raise StoreError(
            f"{asset}: a {kind} that cannot be loaded again as {_said(annotation, kind)} ({error}). Nothing was written."
        ) from error
    if difference := check_equal(value, loaded, format_name=format_name, data=data):
        raise StoreError(
            f"{asset}{difference}. A {type(value).__name__} stored as {format_name} would not come back equal. "
            "Nothing was written."
        )
    return loaded


def _unregistered(asset: str, types: tuple[str, ...]) -> str:
    lines = "; ".join(f'formats.register("{name}", "skops")' for name in types)
    several = len(types) > 1
    return (
        f"{asset}: the model holds {'types' if several else 'a type'} that would not be loaded again: {', '.join(types)}. "
        f"Nothing was written. If you trust {'them' if several else 'it'}, register {'them' if several else 'it'} in the "
        f"module of the pipeline (from ml_assets import formats): {lines}"
    )


def _said(annotation: Any, kind: str) -> str:
    return kind if annotation is Any else getattr(annotation, "__name__", str(annotation))


@contextlib.contextmanager
def _named(asset: str, value: Any, format_name: str) -> Iterator[None]:
    """StoreError, which names the asset and the place, for whatever the writers raise of a value they cannot take."""
    takes = f"{format_name} takes {FORMATS[format_name].takes}. Nothing was written."
    try:
        yield
    except UnstorableError as error:
        raise StoreError(f"{asset}{error.place}: {error.problem}. {takes}") from error
    except MlAssetsError:
        raise
    except Exception as error:  # a value of others can make the writers of all formats raise anything
        what = visible(f"{type(error).__name__}: {error}")
        raise StoreError(
            f"{asset}: a {type(value).__name__}, which cannot be stored as {format_name} ({what}). {takes}"
        ) from error


def _attached(name: str, value: Any, asset: str) -> bytes:
    """What is attached as bytes: those that are given, text, a figure, or a value in the format of its name's extension."""
    extension = _extension(name)
    if isinstance(value, bytes):
        return value
    if isinstance(value, str) and extension in TEXT:
        return FORMATS["md"].encode(value) if extension == "md" else value.encode("utf-8")
    if _is_figure(value) and extension in PICTURES:
        return _picture(value, extension)
    known = by_extension()
    if extension not in known or _is_figure(value):
        raise StoreError(
            f"attachments: {visible(name)} of {asset} cannot be made of a {type(value).__name__}. Attach bytes, text as "
            f".md, .txt or .json, a figure as {', '.join(f'.{end}' for end in PICTURES)}, or a table as .parquet. "
            "Nothing was written."
        )
    where = f"attachments: {visible(name)} of {asset}"
    with _named(where, value, known[extension]):
        data = FORMATS[known[extension]].encode(value)
    _loaded(value, data, asset=where, format_name=known[extension], annotation=Any)
    return data


def _is_figure(value: Any) -> bool:
    matplotlib = sys.modules.get("matplotlib.figure")  # where it is not loaded, there is no figure
    return matplotlib is not None and isinstance(value, matplotlib.Figure)


def _picture(figure: Any, extension: str) -> bytes:
    """The figure at a fixed resolution, with neither date nor version in the file.

    `pyplot` lets go of it: a run of many days would hold those of all.
    """
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context({"savefig.bbox": None, "savefig.transparent": False, "svg.hashsalt": "ml_assets"}):
        figure.savefig(buffer, format=extension, dpi=DPI, **PICTURES[extension])
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)
    return buffer.getvalue()


def _extension(name: str) -> str:
    return name.rpartition(".")[2]
