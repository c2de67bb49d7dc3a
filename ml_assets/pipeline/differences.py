"""What differs between two artifacts of one asset, each difference by name: was, and is."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from ml_assets.core.contract import DatasetContract
from ml_assets.core.manifest import PYTHON, InputArtifact, InputSource, Manifest, SourceDay
from ml_assets.core.pipeline import Declared
from ml_assets.core.where import with_omitted
from ml_assets.text import count

Key = TypeVar("Key", bound=tuple[Any, ...])
Value = TypeVar("Value")
What = Literal["parameter", "as_of", "code", "package", "hardware", "input", "contract", "input day"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not what it was.

    Attributes:
        what: what kind of thing it is.
        name: its name: of the parameter, the package, the part of the hardware, the input, the field of `dataset.toml`; the day, for rows of a source.
            Of several inputs of one asset each has its run_id beside it, and days of several datasets have theirs.
        was: its value for the earlier artifact, None where it had none.
        now: its value for the artifact itself, None where it has none. For an input day both are
            `{"rows": 8, "fingerprint": "..."}`.
    """

    what: What
    name: str
    was: Any
    now: Any

    @property
    def rows(self) -> int:
        """How many rows more (or fewer) there are; 0 of what is no input day."""
        before, after = self._count
        return after - before

    @property
    def _count(self) -> tuple[int, int]:
        before, after = (
            told["rows"] if told and self.what == "input day" else 0 for told in (self.was, self.now)
        )
        return before, after

    def __str__(self) -> str:
        if self.what == "input day":
            return f"input day {self.name}: {_rows(*self._count)}"
        head = self.what if self.name == self.what else f"{self.what} {self.name}"
        return f"{head}: {_told(self.was)} -> {_told(self.now)}"


def parameter_differences(
    asset: str, was: Mapping[str, Any], now: Mapping[str, Any], *, pipeline: Declared
) -> list[Difference]:
    """The parameters whose values differ; one that is left out at some value has that value."""
    before, after = (with_omitted(asset, values, pipeline=pipeline) for values in (was, now))
    return [
        Difference(what="parameter", name=name, was=before.get(name), now=after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


@dataclass(frozen=True, kw_only=True)
class MadeOf:
    """All that can change the bytes of an artifact of given parameters: where it is the same, so are they.

    Attributes:
        code_version: of the code that makes it.
        packages: the version of each package that can change it; Python's is told there, and does not decide.
        hardware: what of the processor can change last digits; empty where that is not known. It does not decide either.
        code_files: a digest of each file that is named as code.
        artifacts: the artifacts it is made of.
        sources: the rows it is made of.
    """

    code_version: str
    packages: Mapping[str, str]
    code_files: Mapping[str, str] = field(default_factory=dict)
    hardware: Mapping[str, str] = field(default_factory=dict)
    artifacts: Sequence[InputArtifact] = ()
    sources: Sequence[InputSource] = ()


def made_of(manifest: Manifest) -> MadeOf:
    """What a stored artifact was made of; what `dataset.toml` said stood among its facts in earlier versions."""
    told = manifest.facts.get("contract") if len(manifest.sources) == 1 else None
    return MadeOf(
        code_version=manifest.code_version,
        packages=manifest.packages,
        code_files=manifest.code_files,
        hardware=manifest.hardware,
        artifacts=manifest.artifacts,
        sources=tuple(
            source if source.contract is not None else source.model_copy(update={"contract": told})
            for source in manifest.sources
        ),
    )


def differences(was: MadeOf, now: MadeOf) -> list[Difference]:
    """Code, packages and hardware first, then the inputs: artifacts by SHA-256, the contract by field, rows of sources by day."""
    return [
        *version_differences(was, now),
        *_input_differences(was.artifacts, now.artifacts),
        *contract_differences(was.sources, now.sources),
        *_day_differences(was.sources, now.sources),
    ]


def version_differences(was: MadeOf, now: MadeOf) -> Iterator[Difference]:
    """Code, packages and hardware, as far as they can change the asset's bytes; hardware where it is known of both."""
    if was.code_version != now.code_version:
        yield Difference(what="code", name="code", was=was.code_version, now=now.code_version)
        yield from _file_differences(was.code_files, now.code_files)
    for name in sorted(now.packages.keys() - {PYTHON}):
        before, after = was.packages.get(name), now.packages[name]
        if before != after:
            yield Difference(what="package", name=name, was=before, now=after)
    for name in sorted(was.hardware.keys() & now.hardware.keys()):
        if was.hardware[name] != now.hardware[name]:
            yield Difference(what="hardware", name=name, was=was.hardware[name], now=now.hardware[name])


def _file_differences(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            yield Difference(what="code", name=name, was=was.get(name), now=now.get(name))


def contract_differences(was: Iterable[InputSource], now: Iterable[InputSource]) -> Iterator[Difference]:
    """What `dataset.toml` says of a column that it did not say before; nothing where one of the two is not known."""
    before, after = _contracts(was), _contracts(now)
    datasets = before.keys() | after.keys()
    for key in sorted(before.keys() & after.keys()):
        old, new = _contract(before[key]), _contract(after[key])
        for field_name in DatasetContract.model_fields:
            if old.get(field_name) != new.get(field_name):
                name = field_name if len(datasets) == 1 else f"{field_name} of {'/'.join(key)}"
                yield Difference(what="contract", name=name, was=old.get(field_name), now=new.get(field_name))


def _contracts(sources: Iterable[InputSource]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """What `dataset.toml` says, by source and data set."""
    return {(item.source, item.dataset): item.contract for item in sources if item.contract is not None}


def _contract(told: object) -> dict[str, Any]:
    """Its fields as JSON values; none where it cannot be understood."""
    try:
        return DatasetContract.model_validate(told).model_dump(mode="json")
    except ValidationError:
        return {}


def _input_differences(was: Iterable[InputArtifact], now: Iterable[InputArtifact]) -> Iterator[Difference]:
    before, after = ([((i.asset, i.run_id), i.sha256) for i in items] for items in (was, now))
    runs = Counter(asset for asset, _ in {key for key, _ in (*before, *after)})
    for (asset, run_id), gone, come in _unlike(before, after):
        name = f"{asset} {run_id}" if runs[asset] > 1 else asset
        yield Difference(what="input", name=name, was=gone, now=come)


def _day_differences(was: Iterable[InputSource], now: Iterable[InputSource]) -> Iterator[Difference]:
    before, after = list(_days(was)), list(_days(now))
    datasets = {key[1:] for key, _ in (*before, *after)}
    for (day, source, dataset), gone, come in _unlike(before, after):
        name = str(day) if len(datasets) == 1 else f"{day} of {source}/{dataset}"
        yield Difference(what="input day", name=name, was=_known(gone), now=_known(come))


def _days(sources: Iterable[InputSource]) -> Iterator[tuple[tuple[dt.date, str, str], SourceDay]]:
    for source in sources:
        yield from (((day.date, source.source, source.dataset), day) for day in source.days)


def _unlike(
    was: Iterable[tuple[Key, Value]], now: Iterable[tuple[Key, Value]]
) -> Iterator[tuple[Key, Value | None, Value | None]]:
    """What only one side has, by key, paired with what only the other has there: one key may stand for several.

    The same day is read twice for a monitoring, and a comparison may be of two models of one run.
    """
    before, after = _by_key(was), _by_key(now)
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, []), after.get(key, [])
        if old != new:
            gone, come = [v for v in old if v not in new], [v for v in new if v not in old]
            yield from ((key, *pair) for pair in zip_longest(gone, come))


def _by_key(items: Iterable[tuple[Key, Value]]) -> Mapping[Key, list[Value]]:
    found = defaultdict[Key, list[Value]](list)
    for key, value in items:
        found[key].append(value)
    return found


def _known(day: SourceDay | None) -> dict[str, Any] | None:
    return {"rows": day.rows, "fingerprint": day.fingerprint} if day else None


def _rows(before: int, after: int) -> str:
    if before == after:
        return f"{count(after, 'row')} as before, but others"
    return f"{before} -> {count(after, 'row')} ({after - before:+d})"


def _told(value: Any) -> str:
    """A value as a person writes it; a digest is as good when it is short."""
    if value is None:
        return "(none)"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{text[:12]}..." if len(text) == 64 else text  # noqa: PLR2004  (a SHA-256)
