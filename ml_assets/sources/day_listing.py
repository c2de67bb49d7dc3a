"""What lies in the folder of a dataset, sorted: files of rows by day, and those for which a day is refused."""

import datetime as dt
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.errors import SourceError
from ml_assets.sources.column_names import LONGEST_PLACE
from ml_assets.sources.day_files import Format, Refusal, Rows, place
from ml_assets.storage.looking import LeftOut, Looked


@dataclass(frozen=True, kw_only=True, order=True)
class LandedFile:
    """One file of rows: its day, its name within the day, where it is, its key in the store, and its bytes.

    `mark` tells one state of the file from another.
    """

    day: dt.date
    location: str
    key: str
    format: Format
    size: int = field(default=0, compare=False)
    mark: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True)
class OddFile:
    """A file for which its day is refused, or each day where it names none; `problem` is a whole sentence or two."""

    key: str
    day: dt.date | None
    problem: str
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All that lies in the folders of the days of a dataset, but for what is known to hold no rows; by day and name."""

    files: list[LandedFile]
    odd: list[OddFile]

    def check_window(self, first: dt.date, last: dt.date) -> None:
        """Raise SourceError where a day from `first` to `last` has a file that cannot be read."""
        _refuse([file for file in self.odd if file.day and first <= file.day <= last])

    def check_days(self) -> None:
        """Raise SourceError where a file is of no day, or none can be read."""
        _refuse([file for file in self.odd if file.day is None or not self.files])


def sort_files(looked: Looked, *, dataset: str, locate: Callable[[str], str]) -> Listing:
    """Sort what a look at the folder of a dataset found.

    Args:
        looked: what lies there.
        dataset: the first part of each key.
        locate: makes a path or URI of a key.
    """
    folders = _folders(looked)
    files, odd = [], []
    for meta in looked.objects:
        key = meta["path"]
        verdict = place(key.removeprefix(f"{dataset}/"), size=meta["size"], is_folder=key in folders)
        if isinstance(verdict, Rows):
            files.append(_landed(meta, verdict, location=locate(key)))
        elif verdict:
            odd.append(_odd(key, verdict, location=locate(key), mark=_mark(meta)))
    odd += [
        _odd(left.name, refusal, location=locate(left.name), mark=left.name)
        for left in looked.left_out
        if (refusal := _left_out(left, dataset))
    ]
    odd.sort(key=lambda file: (file.day or dt.date.min, file.key))
    return Listing(files=sorted(files), odd=odd)


def shown(location: str) -> str:
    """A path or URI as it may stand in a message."""
    return visible(location, longest=LONGEST_PLACE)


def _landed(meta: Any, rows: Rows, *, location: str) -> LandedFile:
    return LandedFile(
        day=rows.day,
        location=location,
        key=meta["path"],
        format=rows.format,
        size=meta["size"],
        mark=_mark(meta),
    )


def _odd(key: str, refusal: Refusal, *, location: str, mark: str) -> OddFile:
    return OddFile(key=key, day=refusal.day, problem=f"{shown(location)}: {refusal.why}.", mark=mark)


def _left_out(left: LeftOut, dataset: str) -> Refusal | None:
    """Why what no store can read refuses a day: it lies where a file of its name would be one of rows, or refused."""
    verdict = place(left.name.removeprefix(f"{dataset}/").removesuffix("/"), size=1)
    if verdict is None or verdict.day is None:
        return None
    why = f"cannot be read with the rows of its day ({left.why}). Replace it by a file, or remove it"
    return Refusal(why=why, day=verdict.day)


def _folders(looked: Looked) -> set[str]:
    """Every key that has others below it."""
    found: set[str] = set()
    for meta in looked.objects:
        folder = posixpath.dirname(meta["path"])
        while folder and folder not in found:
            found.add(folder)
            folder = posixpath.dirname(folder)
    return found


def _mark(meta: Any) -> str:
    """What a listing tells of one file."""
    return f"{meta['path']} {meta['size']} {meta['e_tag'] or meta['last_modified'].isoformat()}"


def _refuse(odd: Sequence[OddFile]) -> None:
    """Raise SourceError for the first of these files, if there are any."""
    if odd:
        more = f" Likewise {len(odd) - 1} more." if len(odd) > 1 else ""
        raise SourceError(f"{odd[0].problem}{more}")
