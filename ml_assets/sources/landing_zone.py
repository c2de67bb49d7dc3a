"""The files of a landing zone: where they are and which day each is of. No file of rows is opened here."""

import datetime as dt
import difflib
import os
import posixpath
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from ml_assets.core.contract import DatasetContract
from ml_assets.core.s3_access import S3Access
from ml_assets.errors import SettingsError, SourceError, StoreError
from ml_assets.sources.column_names import check_names
from ml_assets.storage.again import list_all, list_here
from ml_assets.storage.buckets import is_bucket, open_bucket
from ml_assets.storage.explain import explain, is_missing_bucket
from ml_assets.storage.object_store import local_path

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_KEY = re.compile(
    r"^[^/]+/date=(?P<day>[^/]*)/(?P<name>[^/._][^/]*)\.(?P<format>parquet|csv)$", re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True, order=True)
class LandedFile:
    """One file of rows: its day, its name within the day, where it is, and its key in the store."""

    day: dt.date
    location: str
    key: str
    format: Literal["parquet", "csv"]


@dataclass(frozen=True, kw_only=True)
class LandingZone:
    """An open landing zone: a store whose keys begin with the name of a dataset, on a disk or `remote`."""

    root: str
    store: "ObjectStore"
    remote: bool = False

    def files(self, dataset: str, *, first: dt.date, last: dt.date) -> list[LandedFile]:
        """Files of the days from `first` to `last`, both included, by day and then by name.

        Raises:
            SourceError: when the dataset has no file of any day, or a folder `date=...` names no day.
        """
        keys = [match for meta in self._list(dataset) if (match := _KEY.match(meta))]
        if not keys:
            raise SourceError(
                f"{self.locate(dataset)}: holds no rows. Land them as {dataset}/date=YYYY-MM-DD/<name>.parquet or .csv."
            )
        files = [self._landed(match) for match in keys]
        return sorted(file for file in files if first <= file.day <= last)

    def contract(self, dataset: str) -> DatasetContract:
        """Read `dataset.toml`. Raises SourceError where it is missing or wrong."""
        key = f"{dataset}/dataset.toml"
        where = self.locate(key)
        try:
            data = self.read(key)
        except FileNotFoundError:
            raise self._no_contract(dataset) from None
        try:
            contract = DatasetContract.model_validate(tomllib.loads(data.decode("utf-8-sig")))
        except ValidationError as error:
            raise SourceError(f"{where}: {_problems(error)} See the README for an example.") from None
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{where}: is not valid TOML: {error}. Mend the file.") from None
        check_names(contract, where=where)
        return contract

    def read(self, key: str) -> bytes:
        """All bytes of one object. Raises FileNotFoundError, or SourceError where the store refuses."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            return bytes(obstore.get(self.store, key).bytes())
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

    def _landed(self, match: re.Match[str]) -> LandedFile:
        location = self.locate(match.string)
        day = _day(match["day"])
        if day is None:
            raise SourceError(
                f"{location}: its folder names no day. Rename the folder to date=YYYY-MM-DD, or remove it."
            )
        format_: Literal["parquet", "csv"] = "csv" if match["format"].lower() == "csv" else "parquet"
        return LandedFile(day=day, location=location, key=match.string, format=format_)

    def _list(self, dataset: str) -> Iterable[str]:
        from obstore.exceptions import BaseError

        try:
            return [meta["path"] for meta in list_all(self.store, dataset)]
        except BaseError as error:
            raise _unreachable(self.locate(dataset), error) from None

    def _no_contract(self, dataset: str) -> SourceError:
        from obstore.exceptions import BaseError

        try:
            present = sorted(list_here(self.store)["common_prefixes"])
        except BaseError as error:
            return _unreachable(self.root, error)
        if dataset in present:
            return SourceError(
                f"{self.locate(dataset)}: has no dataset.toml. Write one that states event_time, label, "
                f"label_closes_at, ids and features."
            )
        names = ", ".join(present) or "none"
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


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def nearest(column: str, existing: Sequence[str]) -> str:
    """` Did you mean ...?` for the most similar existing column, or nothing."""
    lower = {name.strip().lower(): name for name in existing}
    close = difflib.get_close_matches(column.lower(), lower, n=1, cutoff=0.6)
    return f" The nearest existing column is `{lower[close[0]]}`." if close else ""


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
        (".".join(map(str, e["loc"])), e["msg"]) for e in error.errors(include_input=False, include_url=False)
    ]
    return " ".join(f"{field}: {message}." if field else f"{message}." for field, message in lines)
