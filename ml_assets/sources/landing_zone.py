"""The files of a landing zone: where they are and which day each is of. No file of rows is opened here."""

import datetime as dt
import os
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ml_assets.core.contract import DatasetContract
from ml_assets.core.foreign_text import visible
from ml_assets.core.s3_access import S3Access
from ml_assets.core.text_files import MAX_BYTES, check_size, parse_toml
from ml_assets.errors import RefusedError, SettingsError, SourceError, StoreError, capped
from ml_assets.sources.column_names import LONGEST_PLACE, check_names
from ml_assets.sources.day_files import Format, Refusal, Rows, place
from ml_assets.storage.again import list_here
from ml_assets.storage.buckets import is_bucket, open_bucket
from ml_assets.storage.explain import explain, is_missing_bucket
from ml_assets.storage.looking import LeftOut, Looked, look
from ml_assets.storage.object_store import local_path

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

_FACTS = "event_time, label, label_closes_at, ids and features"


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
class Landed:
    """All that lies in the folders of the days of a dataset, but for what is known to hold no rows; by day and name."""

    files: list[LandedFile]
    odd: list[OddFile]


@dataclass(frozen=True, kw_only=True)
class LandingZone:
    """An open landing zone: a store whose keys begin with the name of a dataset, on a disk or `remote`."""

    root: str
    store: "ObjectStore"
    remote: bool = False

    def files(self, dataset: str, *, first: dt.date, last: dt.date) -> list[LandedFile]:
        """Files of the days from `first` to `last`, both included, by day and then by name.

        Raises:
            SourceError: one of these days has a file that cannot be read as its rows, the dataset has no file of any day,
                or a folder `date=...` names no day. Days outside do not matter.
        """
        landed = self.landed(dataset)
        self.check(dataset, landed)
        if odd := [file for file in landed.odd if file.day and first <= file.day <= last]:
            raise SourceError(_told(odd))
        return [file for file in landed.files if first <= file.day <= last]

    def check(self, dataset: str, landed: Landed) -> None:
        """Raise SourceError where no day can be used: there are no rows, or there are some that are of no day."""
        if odd := [file for file in landed.odd if file.day is None or not landed.files]:
            raise SourceError(_told(odd))
        if not landed.files:
            raise SourceError(
                f"{self.locate(dataset)}: holds no rows. Land them as {dataset}/date=YYYY-MM-DD/<name>.parquet, .csv or "
                f".csv.gz."
            )

    def landed(self, dataset: str) -> Landed:
        """All files of all days, those that cannot be read among them. Raises SourceError where there is no listing."""
        looked = self._look(dataset)
        folders = _folders(looked)
        files, odd = [], []
        for meta in looked.objects:
            path = meta["path"].removeprefix(f"{dataset}/")
            verdict = place(path, size=meta["size"], is_folder=meta["path"] in folders)
            if isinstance(verdict, Rows):
                files.append(self._file(meta, verdict))
            elif verdict:
                odd.append(self._odd(meta["path"], verdict, mark=_mark(meta)))
        odd += [file for left in looked.left_out if (file := self._left_out(dataset, left))]
        return Landed(
            files=sorted(files), odd=sorted(odd, key=lambda file: (file.day or dt.date.min, file.key))
        )

    def contract(self, dataset: str) -> DatasetContract:
        """Read `dataset.toml`. Raises SourceError where it is missing or wrong."""
        key = f"{dataset}/dataset.toml"
        where = self.locate(key)
        try:
            self._check_is_file(key)
            values = parse_toml(self.read(key, longest=MAX_BYTES), name=where)
            contract = DatasetContract.model_validate(values)
        except FileNotFoundError:
            raise self._no_contract(dataset) from None
        except RefusedError as error:
            raise SourceError(f"{error.problems[0]} Mend the file.") from None
        except ValidationError as error:
            raise SourceError(f"{where}: {_problems(error)} See the README for an example.") from None
        check_names(contract, where=where)
        return contract

    def read(self, key: str, *, longest: int | None = None) -> bytes:
        """All bytes of one object.

        Raises:
            FileNotFoundError: there is none.
            RefusedError: it has more bytes than `longest`.
            SourceError: the store refuses.
        """
        import obstore
        from obstore.exceptions import BaseError

        try:
            response = obstore.get(self.store, key)
            if longest is not None:
                check_size(self.locate(key), response.meta["size"], longest=longest)
            return bytes(response.bytes())
        except (BaseError, OSError) as error:
            if isinstance(error, FileNotFoundError) and not is_missing_bucket(error):
                raise
            raise _unreachable(self.locate(key), error) from None

    def rows(self, key: str) -> bytes:
        """All bytes of one file of rows. Raises SourceError where they cannot be had."""
        try:
            return self.read(key)
        except FileNotFoundError:
            raise SourceError(
                f"{self.locate(key)}: went away while the source was read. Run it again."
            ) from None

    def locate(self, key: str) -> str:
        """The path or URI of a key, as a disk is read by it and people find it."""
        return posixpath.join(self.root, key)

    def _check_is_file(self, key: str) -> None:
        """Refuse what lies there and is no file: reading a pipe would never end."""
        looked = Looked() if self.remote else self._look(posixpath.dirname(key), deep=False)
        why = {left.name: left.why for left in looked.left_out} | dict.fromkeys(looked.folders, "a folder")
        if key in why:
            raise SourceError(f"{self.locate(key)}: is {why[key]}. Put a file there.")

    def _file(self, meta: Any, rows: Rows) -> LandedFile:
        key = meta["path"]
        return LandedFile(
            day=rows.day,
            location=self.locate(key),
            key=key,
            format=rows.format,
            size=meta["size"],
            mark=_mark(meta),
        )

    def _odd(self, key: str, refusal: Refusal, *, mark: str = "") -> OddFile:
        problem = f"{shown(self.locate(key))}: {refusal.why}."
        return OddFile(key=key, day=refusal.day, problem=problem, mark=mark or key)

    def _left_out(self, dataset: str, left: LeftOut) -> OddFile | None:
        """What no store can read; it matters where a file of its name would."""
        verdict = place(left.name.removeprefix(f"{dataset}/").removesuffix("/"), size=1)
        if verdict is None:
            return None
        why = f"cannot be read with the rows of its day ({left.why}). Replace it by a file, or remove it"
        return self._odd(left.name, Refusal(why=why, day=verdict.day))

    def _look(self, folder: str, *, deep: bool = True) -> Looked:
        from obstore.exceptions import BaseError

        try:
            return look(self.store, folder, deep=deep)
        except (BaseError, OSError, ValueError) as error:
            raise _unreachable(self.locate(folder), error) from None

    def _no_contract(self, dataset: str) -> SourceError:
        from obstore.exceptions import BaseError

        try:
            present = sorted(list_here(self.store)["common_prefixes"])
        except BaseError as error:
            return _unreachable(self.root, error)
        if dataset in present:
            return SourceError(
                f"{self.locate(dataset)}: has no dataset.toml. Write one that states {_FACTS}."
            )
        names = visible(", ".join(present)) or "none"
        return SourceError(
            f"{self.root}: has no dataset `{dataset}`. There are: {names}. Land it, or choose one of them."
        )


def open_zone(uri: str, *, access: S3Access) -> LandingZone:
    """Open a local path, `file://` or any URI that obstore knows, such as `s3://`. Raises SourceError."""
    from obstore.store import LocalStore

    try:
        folder = local_path(os.path.expanduser(uri))  # noqa: PTH111
    except (SettingsError, ValueError):
        raise SourceError(
            "A source's uri cannot be used. Allowed: a path, file:///absolute/path, or a URI such as s3://BUCKET/PREFIX. "
            "Mend it in the settings."
        ) from None
    if folder is None:
        return LandingZone(root=uri.rstrip("/"), store=_remote(uri, access), remote=True)
    if not folder.is_dir():
        raise SourceError(
            f"{folder}: is not a folder. Mend the source's uri in the settings, or create the folder."
        )
    return LandingZone(root=folder.as_posix(), store=LocalStore(prefix=folder))


def shown(location: str) -> str:
    """A path or URI as it may stand in a message."""
    return visible(location, longest=LONGEST_PLACE)


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


def _told(odd: list[OddFile]) -> str:
    """The first of these files, and how many others there are."""
    more = f" Likewise {len(odd) - 1} more." if len(odd) > 1 else ""
    return f"{odd[0].problem}{more}" if odd else ""


def _remote(uri: str, access: S3Access) -> "ObjectStore":
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    try:
        return open_bucket(uri, access) if is_bucket(uri) else from_url(uri)
    except (BaseError, ValueError, StoreError) as error:
        raise _unreachable(uri, error) from None


def _unreachable(where: str, error: Exception) -> SourceError:
    return SourceError(f"{where}: cannot be read: {explain(error)}.")


def _problems(error: ValidationError) -> str:
    lines = [
        (visible(".".join(map(str, e["loc"]))), e["msg"])
        for e in error.errors(include_input=False, include_url=False)
    ]
    told = [f"{field}: {message}." if field else f"{message}." for field, message in lines]
    return " ".join(capped(told))
