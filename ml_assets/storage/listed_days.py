"""Which artifacts an object store holds, by day: listed a thousand objects a request, where a walk would ask for each folder.

Where a filter says nothing that folders tell, all of an asset is one listing. Where it does, only the folders that it admits
are listed, several at once: of days that are asked for the requests do not grow with the days that are not.
"""

import contextvars
import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ml_assets.core.artifact import AS_OF, ArtifactKey, parse_path, segments
from ml_assets.core.where import Filter
from ml_assets.storage.again import list_all, list_here
from ml_assets.storage.folders import DayFolder, start_of
from ml_assets.storage.index import Index
from ml_assets.storage.integrity import HISTORY, MANIFEST

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

T = TypeVar("T")

AT_ONCE = 16  # requests to an object store, which answers each of them slowly
_OF_NO_FOLDER = ("asset", "run_id")  # the listing begins at the one, and ends before the other


def listed_days(
    store: "ObjectStore", asset: str | None, where: Filter, *, folder: str = "", index: Index
) -> Iterator[DayFolder]:
    """The folders that hold the committed runs of one day each, by path; one that the filter admits at least."""
    start = start_of(asset, folder)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for found in _in_order(pool, store, _prefixes(pool, store, start, where)):
            yield from _days(found, where, index)


def submit(pool: ThreadPoolExecutor, act: Callable[[], T]) -> "Future[T]":
    """Let a thread of the pool do this, with the deadline of whoever asks for it."""
    return pool.submit(contextvars.copy_context().run, act)


def _prefixes(pool: ThreadPoolExecutor, store: "ObjectStore", start: str, where: Filter) -> list[str]:
    """The folders that are listed with all in them, by path."""
    if all(condition.name in _OF_NO_FOLDER for condition in where.conditions):
        return [start]
    whole: list[str] = []
    level = [start]
    while level:
        below = [submit(pool, partial(list_here, store, place or None)) for place in level]
        following: list[str] = []
        for place, found in zip(level, below, strict=True):
            names = found.result()["common_prefixes"]
            admitted = [name for name in names if _admitted(name, where)]
            days = [name for name in admitted if _last(name).startswith(f"{AS_OF}=")]
            is_whole = len(admitted) == len(names) == len(days)
            whole += [place] if is_whole and names else days
            following += [name for name in admitted if not _last(name).startswith(f"{AS_OF}=")]
        level = following
    return sorted(whole, key=lambda place: f"{place}/")


def _admitted(place: str, where: Filter) -> bool:
    """Whether a filter may admit what lies in a folder, as its last part tells it."""
    told = segments([_last(place)])
    return where.admits_value(*told[0]) if told else True


def _last(place: str) -> str:
    return place.rpartition("/")[2]


def _in_order(pool: ThreadPoolExecutor, store: "ObjectStore", places: Iterable[str]) -> Iterator[list[Any]]:
    """What lies in each folder, in their order, with some listings under way."""
    waiting: deque[Future[list[Any]]] = deque()
    for place in places:
        waiting.append(submit(pool, partial(list_all, store, place or None)))
        if len(waiting) >= 2 * AT_ONCE:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _days(found: Iterable[Any], where: Filter, index: Index) -> Iterator[DayFolder]:
    """The days of the objects of a listing, by path."""
    keys: defaultdict[str, list[ArtifactKey]] = defaultdict(list)
    told: defaultdict[str, list[Any]] = defaultdict(list)
    for meta in found:
        run, _, file = meta["path"].partition(f"/{HISTORY}/")
        run = run if file else run.removesuffix(f"/{MANIFEST}")
        if run == meta["path"]:
            continue
        day = run.rpartition("/")[0]
        told[day].append(meta)
        if not file and (key := parse_path(run)):
            keys[day].append(key)
    for day in sorted(keys, key=lambda place: f"{place}/"):
        folder = _day(day, sorted(keys[day], key=lambda key: key.run_id), told[day], index)
        if (admitted := folder.admitted(where)).run_ids:
            yield admitted


def _day(place: str, keys: list[ArtifactKey], told: Iterable[Any], index: Index) -> DayFolder:
    first, state = keys[0], _state(told) if index.file else ""
    return DayFolder(
        place=place,
        asset=first.asset,
        folder=first.folder,
        values=first.values,
        as_of=first.as_of,
        run_ids=tuple(key.run_id for key in keys),
        state=state,
        known=index.day(place, state),
        histories=frozenset(meta["path"] for meta in told if not meta["path"].endswith(f"/{MANIFEST}")),
    )


def _state(told: Iterable[Any]) -> str:
    """What a listing tells of the manifests of a day and of their histories; "" where that is not enough."""
    marks = sorted((meta["path"], str(meta["e_tag"]), str(meta["last_modified"])) for meta in told)
    if any(not meta["e_tag"] for meta in told):
        return ""
    return hashlib.sha256(repr(marks).encode("utf-8", "surrogatepass")).hexdigest()
