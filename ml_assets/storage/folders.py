"""Which artifacts there are: found by their paths, so that what the path decides costs no read.

On a local disk only the folders that may lead to a wanted artifact are walked, in the order of their paths,
and each key is told as soon as it is found. Elsewhere one listing of every object is made, a thousand a
request, where a walk would ask once for each folder.
"""

import errno
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ml_assets.core.artifact import ArtifactKey, encode, parse_path
from ml_assets.core.as_of import parse as parse_day
from ml_assets.core.where import ANY, Filter, path_values
from ml_assets.storage.again import list_all
from ml_assets.storage.integrity import MANIFEST
from ml_assets.storage.names import problem_of
from ml_assets.storage.object_store import check_place, store_errors

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

SEGMENTS = {"model_version": "model_version", "dataset": "dataset", "as_of": "as_of", "run_id": "run"}
_RUN = re.compile(r"^run=[0-9a-f]{12}\Z")


Place = tuple[str, ArtifactKey]  # the folder, relative to the root, and the key that it spells


def listed(store: "ObjectStore", asset: str | None, where: Filter = ANY) -> Iterator[Place]:
    """The places of all committed artifacts that the filter admits by their path, by path."""
    found = list_all(store, encode(asset) if asset else None)
    end = f"/{MANIFEST}"
    paths = sorted(meta["path"].removesuffix(end) for meta in found if meta["path"].endswith(end))
    for path in paths:
        key = parse_path(path)
        if key and where.admits(path_values(key)):
            yield path, key


def walked(root: str, asset: str | None, where: Filter = ANY) -> Iterator[Place]:
    """The places of all artifact folders that the filter admits by their path, by path.

    A folder may hold no manifest yet, and one that was looked for by its name may not be there at all.
    """
    check_place(Path(root))
    for name in [encode(asset)] if asset else _children(root, ""):
        known = unquote(name)
        if encode(known) == name and where.admits({"asset": known}):
            yield from _below_asset(root, name, known, where)


def _below_asset(root: str, folder: str, asset: str, where: Filter) -> Iterator[Place]:
    """An asset's folder holds folders of model versions, or of datasets where it depends on no version."""
    for child in _children(root, folder):
        version = _value(child, "model_version", where)
        if version:
            for below in _candidates(root, f"{folder}/{child}", "dataset", where):
                yield from _below_dataset(root, f"{folder}/{child}/{below}", asset, version, where)
        elif where.admits({"model_version": None}):
            yield from _below_dataset(root, f"{folder}/{child}", asset, "", where)


def _below_dataset(root: str, folder: str, asset: str, version: str, where: Filter) -> Iterator[Place]:
    dataset = _value(folder.rpartition("/")[2], "dataset", where)
    if dataset is None:
        return
    for child in _candidates(root, folder, "as_of", where):
        as_of = parse_day(_value(child, "as_of", where) or "")
        if as_of is None:
            continue
        for run in _candidates(root, f"{folder}/{child}", "run_id", where):
            if _RUN.match(run) and where.admits({"run_id": run[4:]}):
                key = ArtifactKey(
                    asset=asset, model_version=version, dataset=dataset, as_of=as_of, run_id=run[4:]
                )
                yield f"{folder}/{child}/{run}", key


def _value(segment: str, name: str, where: Filter) -> str | None:
    """The value in a segment `name=value`, if it is written as we write it and the filter admits it."""
    start, _, text = segment.partition("=")
    value = unquote(text)
    well_written = start == name and value and encode(value) == text
    return value if well_written and where.admits({name: value}) else None


def _candidates(root: str, folder: str, name: str, where: Filter) -> Iterable[str]:
    """The folders in `folder` worth a look: all, or the one whose value the filter asks for."""
    wanted = where.exactly(name)
    return _children(root, folder) if wanted is None else [f"{SEGMENTS[name]}={encode(wanted)}"]


def _children(root: str, folder: str) -> list[str]:
    """The names of the folders in `folder`, in the order of their paths; none where it does not exist."""
    place = f"{root}/{folder}"
    with store_errors(place):
        try:
            with os.scandir(place) as entries:
                return sorted((entry.name for entry in entries if _may_lead_on(entry)), key=_as_path)
        except (FileNotFoundError, NotADirectoryError):
            return []


def _may_lead_on(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder of ours; a name that no store can be asked for, or a link to itself, is none."""
    if problem_of(entry.name):
        return False
    try:
        return entry.is_dir()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return False
        raise


def _as_path(name: str) -> str:
    """Whole paths are compared: in them a slash follows the name, and `-` comes before it."""
    return f"{name}/"
