"""Which days of a landing zone have files, and a signature of each that changes when its files do.

Files are listed, not opened: that is cheap enough to be done often.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.errors import SourceError
from ml_assets.sources.landing_zone import open_zone
from ml_assets.storage.again import list_all
from ml_assets.storage.explain import explain

LENGTH = 10


def day_signatures(uri: str, dataset: str, *, access: S3Access = USUAL_S3) -> Mapping[dt.date, str]:
    """The signature of each day that has a file, by day.

    Raises:
        SourceError: the zone cannot be listed, holds no rows of the dataset, or has no sound dataset.toml.
    """
    from obstore.exceptions import BaseError

    zone = open_zone(uri, access=access)
    zone.contract(dataset)
    files = zone.files(dataset, first=dt.date.min, last=dt.date.max)
    try:
        listed = {meta["path"]: meta for meta in list_all(zone.store, dataset)}
    except BaseError as error:
        raise SourceError(f"{zone.locate(dataset)}: cannot be listed: {explain(error)}.") from None
    marks: dict[dt.date, list[str]] = {}
    for file in files:
        marks.setdefault(file.day, []).append(_mark(file.key, listed.get(file.key)))
    return {day: _digest(marks[day]) for day in sorted(marks)}


def window_signature(signatures: Mapping[dt.date, str], *, first: dt.date, last: dt.date) -> str:
    """One signature for the days from `first` to `last`, both included."""
    return _digest([f"{day} {signatures[day]}" for day in sorted(signatures) if first <= day <= last])


def _mark(key: str, meta: Any) -> str:
    """What a listing tells of one file; nothing where it went away in between."""
    return f"{key} {meta['size']} {meta['e_tag'] or meta['last_modified'].isoformat()}" if meta else key


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:LENGTH]
