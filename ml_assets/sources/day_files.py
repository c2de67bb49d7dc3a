"""What each name in the folder of a dataset is: rows of a day, nothing that holds rows, or a reason to refuse the day.

Below `<dataset>/date=YYYY-MM-DD/` there is nothing else: a file that is neither read nor known to hold no rows would
make of its day one with fewer rows, in silence. Only names and sizes are looked at.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ml_assets.core.foreign_text import visible

Format: TypeAlias = Literal["parquet", "csv"]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A file of rows of a day."""

    day: dt.date
    format: Format


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a day cannot be used as it is, and what to do; without a day, why no day can."""

    why: str
    day: dt.date | None = None


Verdict: TypeAlias = Rows | Refusal | None

_FORMATS: dict[str, Format] = {
    "parquet": "parquet",
    "parq": "parquet",
    "pq": "parquet",
    "csv": "csv",
    "csv.gz": "csv",
}
_ROWS = re.compile(r".*\.(?P<format>parquet|parq|pq|csv|csv\.gz)", re.IGNORECASE | re.DOTALL)
_COMPRESSED = re.compile(
    r".*\.(zip|zst|zstd|bz2|xz|lzma|lz4|lzo|snappy|sz|br|7z|rar|z|gz|gzip|tar|tgz)", re.IGNORECASE | re.DOTALL
)
_UNFINISHED = re.compile(
    r".*\.(tmp|temp|part|partial|filepart|crdownload|download|incomplete|inprogress(\.[^.]*)?)|_temporary",
    re.IGNORECASE | re.DOTALL,
)
_NO_ROWS = re.compile(
    r"_success|_(common_)?metadata|_(committed|started)_(vacuum)?\d+"  # of Spark, Databricks and Dask
    r"|.*\.(crc|md5|sha1|sha256|sha512)|(md5|sha1|sha256|sha512)sums?(\.txt)?"  # sums of files
    r"|\._.*|\.ds_store|\.localized|thumbs\.db|ehthumbs\.db|desktop\.ini|\.directory|\.nfs[0-9a-f]+"  # of desktops
    r"|\.#.*|#.*#|.*~|\.~lock\..*#|~\$.*|\..*\.sw[a-p]"  # of editors
    r"|\.(git|hg)?(ignore|keep|attributes)|\.dropbox(\.attr)?|\.st(folder|ignore)|.*\.dvc"  # of versions and copies
    r"|_?(done|ready|ok|finished|completed?)|\.?_?lock|.*\.(ok|ready|lock|flag|trigger|trg|ctl)"  # marks of loaders
    r"|_?manifest|.*\.manifest|(.*[-_.])?(manifest|schema)\.json|.*\.csv\.metadata"  # of Redshift, Athena and others
    r"|.*\.(asc|sig|p7s)|.*\.(log|sql|ya?ml|toml|pdf|html?|png|jpe?g|svg)"  # signatures, what is for people
    r"|(readme|notes?|licen[cs]e|notice|changelog)(\.(md|txt|rst|html))?|.*\.md",
    re.IGNORECASE | re.DOTALL,
)
_FOLDERS_WITHOUT_ROWS = ("__macosx", ".appledouble", ".ipynb_checkpoints", "@eadir", "__pycache__")
_TABLES = {"_delta_log": "Delta", ".hoodie": "Hudi", ".hoodie_partition_metadata": "Hudi"}

_DATE_FOLDER = re.compile(r"date=(?P<day>.*)", re.IGNORECASE | re.DOTALL)
_KEY_FOLDER = re.compile(r"[^=._][^=]*=.*", re.DOTALL)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LOOSE_DAY = re.compile(r"\s*(\d{4})([-_./]?)(\d{1,2})\2(\d{1,2})(?!\d)", re.ASCII)
_MISNAMED = re.compile(  # how others call the folder of a day
    r"(?P<above>(?:[^=/._][^=/]*=[^/]*/)*?)"
    r"(?:(?:[^=/._][^=/]*(?:=|%3D)|(?:date|day|dt|ds)[-_:. ]?)?"
    r"(?P<day>\d{4}([-_.]?)\d{2}\3\d{2})(?:[-_T :]\d{2}[^/]*)?/"
    r"|(?:y(?:ear|yyy)?=)?(?P<y>\d{4})/(?:m(?:onth|m)?=)?(?P<m>\d{1,2})/(?:d(?:ay|d)?=)?(?P<d>\d{1,2})/)",
    re.ASCII | re.IGNORECASE,
)

_MOVE = "move it out of the folder of the day"
_LAND = "Land .parquet, .csv or .csv.gz"


def place(path: str, *, size: int, is_folder: bool = False) -> Verdict:
    """What a file is; None for one that holds no rows, or is of no day.

    Args:
        path: below the folder of the dataset.
        size: its bytes.
        is_folder: whether other files lie below it, as they do below the mark of a folder in a bucket.
    """
    head, *below = path.split("/")
    if below and (table := _table_of(head, below[-1])):
        return Refusal(why=_is_of_a_table(table))
    if not (match := _DATE_FOLDER.fullmatch(head)):
        return _in_a_misnamed_folder(path, below, size=size)
    if not below:
        return _instead_of_a_folder(match["day"], size=size, is_folder=is_folder)
    verdict = _in_a_day(below, size=size, is_folder=is_folder)
    if verdict is None:
        return None
    day = day_of(match["day"])
    if day is None:
        named = "its folder names no day. Rename the folder to date=YYYY-MM-DD, or remove it"
        return Refusal(why=named, day=_loose_day(match["day"]))
    return replace(verdict, day=day) if isinstance(verdict, Refusal) else Rows(day=day, format=verdict)


def day_of(text: str) -> dt.date | None:
    """The day that a text names as YYYY-MM-DD."""
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _in_a_day(below: Sequence[str], *, size: int, is_folder: bool) -> Format | Refusal | None:
    *folders, name = below
    if table := next((_TABLES[part.lower()] for part in below if part.lower() in _TABLES), None):
        return Refusal(why=_is_of_a_table(table))
    if any(folder.lower() in _FOLDERS_WITHOUT_ROWS for folder in folders) or (is_folder and not size):
        return None
    verdict = _named(name, size=size)
    odd = next((folder for folder in folders if not _may_hold_rows(folder)), None)
    return Refusal(why=_odd_folder(odd)) if verdict and odd is not None else verdict


def _named(name: str, *, size: int) -> Format | Refusal | None:
    if (match := _ROWS.fullmatch(name)) and _is_of_rows(name):
        return _FORMATS[match["format"].lower()]
    return _without_rows(name, size=size)


def _may_hold_rows(folder: str) -> bool:
    """Whether a folder below that of a day is one in which writers put its rows."""
    if _DATE_FOLDER.fullmatch(folder) or _UNFINISHED.fullmatch(folder):
        return False
    return bool(_KEY_FOLDER.fullmatch(folder)) or _is_of_rows(folder)


def _is_of_rows(name: str) -> bool:
    return bool(_ROWS.fullmatch(name)) and name[0] not in "._"


def _without_rows(name: str, *, size: int) -> Refusal | None:
    """Nothing for a file that is known to hold no rows, such as an empty one; otherwise the reason to refuse it."""
    if _NO_ROWS.fullmatch(name):
        return None
    if _UNFINISHED.fullmatch(name):
        return Refusal(why="is an upload that is not finished. Finish it, or remove the file")
    if name[:1] in {"_", "."} and (size or _ROWS.fullmatch(name)):
        hidden = "has a name with a leading _ or ., as files have that hold no rows"
        return Refusal(why=f"{hidden}. Rename it if it holds rows, or {_MOVE}")
    if not size:
        return None
    if match := _COMPRESSED.fullmatch(name):
        packed = f"is compressed in a way that is not read (.{match[1]})"
        return Refusal(why=f"{packed}. {_LAND}, or {_MOVE}")
    return Refusal(
        why=f"has a format that is not read, but lies where the rows of a day are. {_LAND}, or {_MOVE}"
    )


def _odd_folder(folder: str) -> str:
    if _UNFINISHED.fullmatch(folder):
        return "is of an upload that is not finished. Finish it, or remove the folder"
    if _DATE_FOLDER.fullmatch(folder):
        return "lies in a folder date=... of another one. Move one of them beside the other"
    return (
        "lies in a folder that is neither KEY=VALUE nor NAME.parquet or NAME.csv. Move the file up if it holds rows, "
        "or the folder out of that of the day"
    )


def _instead_of_a_folder(text: str, *, size: int, is_folder: bool) -> Refusal | None:
    """A file that is called as the folder of a day is; empty ones mark a folder in a bucket."""
    day = _loose_day(text)
    if day is None or is_folder or not size:
        return None
    return Refusal(why=f"is a file. Land it as date={day}/<name>.parquet, .csv or .csv.gz", day=day)


def _in_a_misnamed_folder(path: str, below: Sequence[str], *, size: int) -> Refusal | None:
    match = _MISNAMED.match(path)
    day = _loose_day(match["day"] or f"{match['y']}-{match['m']}-{match['d']}") if match else None
    if day is None or match is None or _in_a_day([below[-1]], size=size, is_folder=False) is None:
        return None
    if above := visible(match["above"]):
        named = f"its folder of the day lies in {above}, so that its rows would be of no day"
        return Refusal(why=f"{named}. Land them in date={day}/{above}", day=day)
    named = f"its folder is not called date={day}, so that its rows would be of no day"
    return Refusal(why=f"{named}. Rename the folder, or move it out of that of the dataset", day=day)


def _loose_day(text: str) -> dt.date | None:
    """The day that a text means which does not name it as it should, such as 2025-7-1."""
    match = _LOOSE_DAY.match(text)
    try:
        return dt.date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        return None


def _table_of(head: str, name: str) -> str | None:
    """The make of the table whose own folder this is."""
    if head.lower() == "metadata" and name.lower().endswith(".metadata.json"):
        return "Iceberg"
    return _TABLES.get(head.lower())


def _is_of_a_table(make: str) -> str:
    return (
        f"is of a table of {make}, beside whose rows lie files that it does not count any more. Land the rows of each "
        f"day as files of their own, or remove what makes the folder a table of {make}"
    )
