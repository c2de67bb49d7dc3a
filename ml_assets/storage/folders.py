"""Which artifacts there are: found by their paths, so that what the path decides costs no read.

On a local disk only the folders that may lead to a wanted artifact are walked, in the order of their paths,
and each key is told as soon as it is found. What is elsewhere is listed (`listed_days`).
"""

import datetime as dt
import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ml_assets.core.artifact import AS_OF, RUN, ArtifactKey, encode, parse_path, segments
from ml_assets.core.as_of import parse as parse_day
from ml_assets.core.run_id import LENGTH
from ml_assets.core.where import ANY, Filter
from ml_assets.storage.index import NO_INDEX, Index, KnownDay, disk_state
from ml_assets.storage.names import problem_of
from ml_assets.storage.object_store import check_place, store_errors

_DAY, _RUN = f"{AS_OF}=", f"{RUN}="
_RUN_FOLDER = re.compile(rf"^{_RUN}[0-9a-f]{{{LENGTH}}}\Z")
Values = tuple[tuple[str, str], ...]
Place = tuple[str, ArtifactKey]  # the folder, relative to the root, and the key that it spells


@dataclass(frozen=True, kw_only=True, eq=False)
class DayFolder:
    """Runs that differ in their last folder only: a hundred thousand of them are told without a key of each.

    Attributes:
        place: the folder that holds theirs, relative to the root.
        asset: what kind of artifact they are.
        folder: the first part of the paths of the pipeline; "" for none.
        values: what their path tells of parameters.
        as_of: their day.
        run_ids: theirs, in order.
        state: of the folder when it was looked at; "" where that is not known, or not all of its runs are here.
        known: what an index has of them in this state; None where that is nothing.
        histories: the paths of earlier and present manifests, as far as a listing told them.
    """

    place: str
    asset: str
    folder: str
    values: Values
    as_of: dt.date
    run_ids: tuple[str, ...]
    state: str = ""
    known: KnownDay | None = None
    histories: frozenset[str] = frozenset()

    def key(self, run_id: str) -> ArtifactKey:
        """The key of one of them."""
        return ArtifactKey(
            asset=self.asset, values=self.values, as_of=self.as_of, run_id=run_id, folder=self.folder
        )

    def path(self, run_id: str) -> str:
        """The folder of one of them, relative to the root."""
        return f"{self.place}/{_RUN}{run_id}"

    def admitted(self, where: Filter) -> "DayFolder":
        """Those whose path a filter admits; where it says nothing of run_ids, all of one day are alike to it."""
        if not where.conditions:
            return self
        if any(condition.name == "run_id" for condition in where.conditions):
            held = tuple(run_id for run_id in self.run_ids if where.admits(self.key(run_id)))
            return replace(self, run_ids=held, state="")
        is_admitted = self.run_ids and where.admits(self.key(self.run_ids[0]))
        return self if is_admitted else replace(self, run_ids=(), state="")


def walked_days(
    root: str, asset: str | None, where: Filter = ANY, *, folder: str = "", index: Index = NO_INDEX
) -> Iterator["DayFolder"]:
    """The folders that hold the runs of one day each, by path; one run in them that the filter admits at least.

    The folder of a run may hold no manifest yet, and one that was looked for by its name may not be there at all.
    """
    check_place(Path(root))
    start, top = start_of(asset, folder), _Top(root=root, where=where, index=index)
    yield from top.below_asset(start) if start else top.below_root()


def start_of(asset: str | None, folder: str) -> str:
    """Where the artifacts of an asset begin, relative to the root; "" for those of all."""
    return "/".join(encode(part) for part in (folder, asset) if part) if asset else ""


@dataclass(frozen=True, kw_only=True)
class _Top:
    """What lies right below a root: the folders of assets, and of pipelines, which hold those of their assets."""

    root: str
    where: Filter
    index: Index

    def below_root(self) -> Iterator[DayFolder]:
        for name in _children(self.root, ""):
            for child in _children(self.root, name):
                yield from self.below_asset(name if "=" in child else f"{name}/{child}", child)

    def below_asset(self, place: str, child: str = "") -> Iterator[DayFolder]:
        """What the folder of an asset holds, or one folder in it; nothing where it is none of ours."""
        any_run = parse_path(f"{place}/{_DAY}{dt.date.min}/{_RUN}{'0' * LENGTH}")
        if any_run and self.where.admits_value("asset", any_run.asset):
            walk = _Walk(top=self, asset=any_run.asset, folder=any_run.folder)
            yield from walk.segment(place, child, ()) if "=" in child else walk.below(place, ())


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """Through the folders of one asset: those of the values of one parameter within another's, of days, of runs."""

    top: _Top
    asset: str
    folder: str

    def below(self, place: str, values: Values) -> Iterator[DayFolder]:
        day = self.top.where.exactly(AS_OF)
        for name in _children(self.top.root, place, skipped=_DAY if day else "", but=f"{_DAY}{day}"):
            yield from self.segment(place, name, values)

    def segment(self, place: str, name: str, values: Values) -> Iterator[DayFolder]:
        """What lies in a folder `name=value`, if it is written as we write it, tells something new, and is admitted."""
        where = self.top.where
        if name.startswith(_DAY):
            as_of = parse_day(name.removeprefix(_DAY))
            if as_of and where.admits_value(AS_OF, str(as_of)):
                day = self.runs(f"{place}/{name}", values, as_of).admitted(where)
                yield from (day,) if day.run_ids else ()
            return
        told = segments([name, _RUN, *(f"{before}=" for before, _ in values)])
        if told and name == f"{told[0][0]}={encode(told[0][1])}" and where.admits_value(*told[0]):
            yield from self.below(f"{place}/{name}", (*values, told[0]))

    def runs(self, place: str, values: Values, as_of: dt.date) -> DayFolder:
        """The runs of one day: all, or the one that the filter asks for."""
        top, wanted = self.top, self.top.where.exactly("run_id")
        state = disk_state(f"{top.root}/{place}") if wanted is None and top.index.file else ""
        known = top.index.day(place, state)
        if known is None:
            names = _children(top.root, place) if wanted is None else [f"{_RUN}{encode(wanted)}"]
            found = tuple(name.removeprefix(_RUN) for name in names if _RUN_FOLDER.match(name))
        return DayFolder(
            place=place,
            asset=self.asset,
            folder=self.folder,
            values=values,
            as_of=as_of,
            run_ids=known.run_ids if known else found,
            state=state,
            known=known,
        )


def _children(root: str, folder: str, *, skipped: str = "", but: str = "") -> list[str]:
    """The names of the folders in `folder`, in the order of their paths; none where it does not exist.

    Left out, and not even looked at, is what begins with `skipped`, but for one name.
    """
    place = f"{root}/{folder}"
    with store_errors(place):
        try:
            with os.scandir(place) as entries:
                names = (
                    entry.name
                    for entry in entries
                    if not (skipped and entry.name.startswith(skipped) and entry.name != but)
                    and _may_lead_on(entry)
                )
                return sorted(names, key=_as_path)
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
