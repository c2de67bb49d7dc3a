"""Which artifacts there are: found by their paths, so that what the path decides costs no read.

On a local disk only the folders that may lead to a wanted artifact are walked, in the order of their paths,
and each key is told as soon as it is found. Elsewhere one listing of every object is made, a thousand a
request, where a walk would ask once for each folder.
"""

import errno
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ml_assets.core.artifact import AS_OF, RUN, ArtifactKey, encode, parse_path, segments
from ml_assets.core.as_of import parse as parse_day
from ml_assets.core.run_id import LENGTH
from ml_assets.core.where import ANY, Filter
from ml_assets.storage.again import list_all
from ml_assets.storage.integrity import MANIFEST
from ml_assets.storage.names import problem_of
from ml_assets.storage.object_store import check_place, store_errors

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

_RUN = re.compile(rf"^{RUN}=[0-9a-f]{{{LENGTH}}}\Z")
Values = tuple[tuple[str, str], ...]
Place = tuple[str, ArtifactKey]  # the folder, relative to the root, and the key that it spells


def listed(
    store: "ObjectStore", asset: str | None, where: Filter = ANY, *, folder: str = ""
) -> Iterator[Place]:
    """The places of all committed artifacts that the filter admits by their path, by path."""
    found = list_all(store, _start(asset, folder) or None)
    end = f"/{MANIFEST}"
    paths = sorted(meta["path"].removesuffix(end) for meta in found if meta["path"].endswith(end))
    for path in paths:
        key = parse_path(path)
        if key and where.admits(key):
            yield path, key


def walked(root: str, asset: str | None, where: Filter = ANY, *, folder: str = "") -> Iterator[Place]:
    """The places of all artifact folders that the filter admits by their path, by path.

    A folder may hold no manifest yet, and one that was looked for by its name may not be there at all.
    """
    check_place(Path(root))
    start = _start(asset, folder)
    yield from _below(root, start, (), where) if start else _below_root(root, where)


def _start(asset: str | None, folder: str) -> str:
    """Where the artifacts of an asset begin, relative to the root; "" for those of all."""
    return "/".join(encode(part) for part in (folder, asset) if part) if asset else ""


def _below_root(root: str, where: Filter) -> Iterator[Place]:
    """A root holds the folders of assets, and of pipelines, which hold those of their assets."""
    for name in _children(root, ""):
        for child in _children(root, name):
            if "=" in child:
                yield from _below(root, name, (), where, child=child)
            else:
                yield from _below(root, f"{name}/{child}", (), where)


def _below(root: str, place: str, values: Values, where: Filter, *, child: str = "") -> Iterator[Place]:
    """An asset's folder holds folders of the values of one parameter within another's, then days, then runs."""
    for segment in [child] if child else _children(root, place):
        value = _value(segment, {name for name, _ in values}, where)
        if value is None:
            continue
        below, name = f"{place}/{segment}", value[0]
        if name != AS_OF:
            yield from _below(root, below, (*values, value), where)
        elif parse_day(value[1]):
            yield from _runs(root, below, where)


def _runs(root: str, place: str, where: Filter) -> Iterator[Place]:
    """The runs of one day: all, or the one that the filter asks for."""
    wanted, day = where.exactly("run_id"), parse_path(f"{place}/{RUN}={'0' * LENGTH}")
    for name in _children(root, place) if wanted is None else [f"{RUN}={encode(wanted)}"]:
        if day and _RUN.match(name):
            key = replace(day, run_id=name.removeprefix(f"{RUN}="))
            if where.admits(key):
                yield f"{place}/{name}", key


def _value(segment: str, before: Collection[str], where: Filter) -> tuple[str, str] | None:
    """What a segment `name=value` tells, if it is written as we write it, tells something new, and is admitted."""
    values = segments([segment])  # no text in no UTF-8 comes here: such names are no folders of ours
    name = values[0][0] if values else RUN
    return values[0] if values and name not in {*before, RUN} and where.admits_value(*values[0]) else None


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
