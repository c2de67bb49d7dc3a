"""The files of a landing zone: where they are and which day each is of. No file of rows is opened here."""

import datetime as dt
import os
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ml_assets.core.contract import DatasetContract
from ml_assets.core.foreign_text import visible
from ml_assets.core.nearest import nearest
from ml_assets.core.s3_access import S3Access
from ml_assets.core.text_files import MAX_BYTES, check_size, parse_toml
from ml_assets.errors import RefusedError, SettingsError, SourceError, StoreError, capped
from ml_assets.sources.column_names import check_names
from ml_assets.sources.day_listing import LandedFile, Listing, shown, sort_files
from ml_assets.storage.again import again, list_here
from ml_assets.storage.answers import head, read_body, strange
from ml_assets.storage.buckets import is_bucket, open_bucket
from ml_assets.storage.explain import explain, is_missing_bucket
from ml_assets.storage.looking import Looked, look
from ml_assets.storage.object_store import local_path
from ml_assets.text import count

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

_FACTS = "event_time and, for models that learn from outcomes, label, label_closes_at, ids and features"


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
        landed.check_window(first, last)
        return [file for file in landed.files if first <= file.day <= last]

    def check(self, dataset: str, landed: Listing) -> None:
        """Raise SourceError where no day can be used: there are no rows, or there are some that are of no day."""
        landed.check_days()
        if not landed.files:
            raise SourceError(
                f"{self.locate(dataset)}: holds no rows. Land them as {dataset}/date=YYYY-MM-DD/<name>.parquet, .csv or "
                f".csv.gz."
            )

    def landed(self, dataset: str) -> Listing:
        """All files of all days, those that cannot be read among them. Raises SourceError where there is no listing."""
        return sort_files(self._look(dataset), dataset=dataset, locate=self.locate)

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
            raise SourceError(f"{where}: {_problems(error)} See docs/extending.md for an example.") from None
        check_names(contract, where=where)
        return contract

    def read(self, key: str, *, longest: int | None = None) -> bytes:
        """All bytes of one object.

        Raises:
            FileNotFoundError: there is none.
            RefusedError: it has more bytes than `longest`.
            SourceError: the store refuses.
        """
        from obstore.exceptions import BaseError

        try:
            return again(lambda: self._whole(key, longest))
        except (BaseError, OSError) as error:
            if isinstance(error, FileNotFoundError) and not is_missing_bucket(error):
                raise
            raise _unreachable(self.locate(key), error) from None

    def _whole(self, key: str, longest: int | None) -> bytes:
        """All bytes of one object. Where there is a limit they are as many as its head tells, if that may be had."""
        if longest is None:
            return read_body(self.store, key)
        body = read_body(
            self.store, key, admit=lambda found: check_size(self.locate(key), found, longest=longest)
        )
        if (size := self._size(key)) not in (len(body), None):
            raise strange(self.store, key, f"{count(len(body), 'byte')} came of an object of {size}")
        return body

    def _size(self, key: str) -> int | None:
        """The size that the store tells without sending the object; None where it refuses."""
        from obstore.exceptions import BaseError

        try:
            return int(head(self.store, key)["size"])
        except (BaseError, FileNotFoundError):
            return None

    def rows(self, file: LandedFile) -> bytes:
        """All bytes of one file of rows, as many as were listed. Raises SourceError where they cannot be had."""
        try:
            data = self.read(file.key)
        except FileNotFoundError:
            raise SourceError(
                f"{shown(file.location)}: went away while the source was read. Run it again."
            ) from None
        if len(data) != file.size:
            raise SourceError(
                f"{shown(file.location)}: {count(len(data), 'byte')} came of {file.size} that were listed: it was written meanwhile, "
                "or the store does not send all of it. Run it again."
            )
        return data

    def locate(self, key: str) -> str:
        """The path or URI of a key, as a disk is read by it and people find it."""
        return posixpath.join(self.root, key)

    def _check_is_file(self, key: str) -> None:
        """Refuse what lies there and is no file: reading a pipe would never end."""
        looked = Looked() if self.remote else self._look(posixpath.dirname(key), deep=False)
        why = {left.name: left.why for left in looked.left_out} | dict.fromkeys(looked.folders, "a folder")
        if key in why:
            raise SourceError(f"{self.locate(key)}: is {why[key]}. Put a file there.")

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
        except (BaseError, OSError) as error:
            return _unreachable(self.root, error)
        if dataset in present:
            return SourceError(
                f"{self.locate(dataset)}: has no dataset.toml. Write one that states {_FACTS}."
            )
        names = visible(", ".join(present)) or "none"
        near = nearest(dataset, present)
        hint = f"Did you mean {visible(near)}?" if near else "Land it, or choose one of them."
        return SourceError(f"{self.root}: has no dataset `{dataset}`. There are: {names}. {hint}")


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
