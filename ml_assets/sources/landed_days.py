"""Which days of a landing zone have files, and a signature of each that changes when its files do.

A day whose files cannot all be read is among them: its run says why, and the other days are not stopped.

Files are listed, not opened: that is cheap enough to be done often.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping

from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.sources.landing_zone import open_zone
from ml_assets.sources.registry import opener_of

LENGTH = 10
THERE = "there"  # of a day of a registered source, of whose rows only a run knows whether they changed


def day_signatures(uri: str, dataset: str, *, access: S3Access = USUAL_S3) -> Mapping[dt.date, str]:
    """The signature of each day that has a file, by day.

    Raises:
        SourceError: the zone cannot be listed, holds no rows of the dataset or some that are of no day, or has no sound
            dataset.toml.
    """
    if (open_uri := opener_of(uri)) is not None:
        from ml_assets.sources.own import OwnSource

        source = OwnSource(name="", uri=uri, open_uri=open_uri)
        source.contract(dataset)
        return dict.fromkeys(source.days(dataset, first=dt.date.min, last=dt.date.max), THERE)
    zone = open_zone(uri, access=access)
    zone.contract(dataset)
    landed = zone.landed(dataset)
    zone.check(dataset, landed)
    marks: dict[dt.date, list[str]] = {}
    states = [(file.day, file.mark) for file in landed.files] + [
        (file.day, file.mark) for file in landed.odd if file.day
    ]
    for day, mark in states:
        marks.setdefault(day, []).append(mark)
    return {day: _digest(marks[day]) for day in sorted(marks)}


def window_signature(signatures: Mapping[dt.date, str], *, first: dt.date, last: dt.date) -> str:
    """One signature for the days from `first` to `last`, both included."""
    return _digest([f"{day} {signatures[day]}" for day in sorted(signatures) if first <= day <= last])


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]
