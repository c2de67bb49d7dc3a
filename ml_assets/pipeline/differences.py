"""What differs between two artifacts of one asset, each difference by name: was, and is."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from ml_assets.core.catalog import CATALOG
from ml_assets.core.contract import DatasetContract
from ml_assets.core.manifest import PYTHON, InputSource, Manifest, SourceDay
from ml_assets.core.where import omitted_values

What = Literal["parameter", "as_of", "code", "package", "input", "contract", "input day"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not what it was.

    Attributes:
        what: what kind of thing it is.
        name: its name: of the parameter, the package, the input, the field of `dataset.toml`; the day, for rows of a source.
        was: its value for the earlier artifact, None where it had none.
        now: its value for the artifact itself, None where it has none. For an input day both are
            `{"rows": 8, "fingerprint": "..."}`.
    """

    what: What
    name: str
    was: Any
    now: Any

    def __str__(self) -> str:
        if self.what == "input day":
            return f"input day {self.name}: {_rows(self.was, self.now)}"
        head = self.what if self.name == self.what else f"{self.what} {self.name}"
        return f"{head}: {_told(self.was)} -> {_told(self.now)}"


def parameter_differences(asset: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """The parameters whose values differ; one that is left out at some value has that value."""
    before, after = {**omitted_values(asset), **was}, {**omitted_values(asset), **now}
    return [
        Difference(what="parameter", name=name, was=before.get(name), now=after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def version_differences(was: Manifest, now: Manifest) -> list[Difference]:
    """Code and packages, as far as they can change the asset's bytes."""
    found = []
    if was.code_version != now.code_version:
        found.append(Difference(what="code", name="code", was=was.code_version, now=now.code_version))
    names = CATALOG[now.asset].packages if now.asset in CATALOG else sorted(now.packages)
    for name in [name for name in names if name != PYTHON]:  # told, but it does not decide
        before, after = was.packages.get(name), now.packages.get(name)
        if before != after:
            found.append(Difference(what="package", name=name, was=before, now=after))
    return found


def input_differences(was: Manifest, now: Manifest) -> list[Difference]:
    """The inputs that are not what they were: artifacts by SHA-256, the contract by field, rows of sources by day."""
    before, after = ({item.asset: item.sha256 for item in m.artifacts} for m in (was, now))
    found = [
        Difference(what="input", name=name, was=before.get(name), now=after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    found += contract_differences(was.facts.get("contract"), now.facts.get("contract"))
    return [*found, *_day_differences(_days(was.sources), _days(now.sources))]


def contract_differences(
    was: Mapping[str, Any] | None, now: Mapping[str, Any] | None
) -> Iterator[Difference]:
    """What `dataset.toml` says of a column that it did not say before; nothing where one of the two is not known."""
    if was is None or now is None:
        return
    before, after = _contract(was), _contract(now)
    for name in DatasetContract.model_fields:
        if before.get(name) != after.get(name):
            yield Difference(what="contract", name=name, was=before.get(name), now=after.get(name))


def _contract(told: object) -> dict[str, Any]:
    """Its fields as JSON values; none where it cannot be understood."""
    try:
        return DatasetContract.model_validate(told).model_dump(mode="json")
    except ValidationError:
        return {}


def _days(sources: tuple[InputSource, ...]) -> dict[dt.date, SourceDay]:
    return {day.date: day for source in sources for day in source.days}


def _day_differences(
    was: Mapping[dt.date, SourceDay], now: Mapping[dt.date, SourceDay]
) -> Iterator[Difference]:
    for day in sorted(was.keys() | now.keys()):
        before, after = _known(was.get(day)), _known(now.get(day))
        if before != after:
            yield Difference(what="input day", name=str(day), was=before, now=after)


def _known(day: SourceDay | None) -> dict[str, Any] | None:
    return {"rows": day.rows, "fingerprint": day.fingerprint} if day else None


def _rows(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    before, after = was["rows"] if was else 0, now["rows"] if now else 0
    if before == after:
        return f"{after} rows as before, but others"
    return f"{before} -> {after} rows ({after - before:+d})"


def _told(value: Any) -> str:
    """A value as a person writes it; a digest is as good when it is short."""
    if value is None:
        return "(none)"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{text[:12]}..." if len(text) == 64 else text  # noqa: PLR2004  (a SHA-256)
