"""The manifest: the small JSON that commits an artifact and holds its lineage."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

SCHEMA_VERSION: Final = 1
PYTHON: Final = "python"  # among the packages of a manifest: its version is told, and does not decide


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        protected_namespaces=(),
        defer_build=True,
        ser_json_inf_nan="constants",  # else pydantic writes null, and nobody hears of a metric that is no number
    )


def _without(fields: dict[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """The fields but for those at their usual value: what was stored before there were any stays as it was."""
    return {name: value for name, value in fields.items() if name not in usual or value != usual[name]}


class StoredFile(_Part):
    """One file of an artifact: `name` for people, `file` on disk (content-addressed)."""

    name: str = Field(max_length=200)
    file: str = Field(pattern=r"^data-[0-9a-f]{16}\.[a-z0-9]{1,12}$")
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class InputArtifact(_Part):
    """An artifact that was read.

    Attributes:
        asset: what kind of artifact it is.
        run_id: of the artifact.
        sha256: the digest of its value.
        path: of one of another pipeline: where it is kept, relative to the root; "" of one of the same pipeline.
    """

    asset: str
    run_id: str = Field(pattern=r"^[0-9a-f]{12}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    path: str = ""

    @property
    def name(self) -> str:
        """`history`, and `demand/history` of another pipeline."""
        return self.path.partition("=")[0].rpartition("/")[0] or self.asset

    @model_serializer(mode="wrap")
    def _without_what_is_new(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without(handler(self), {"path": ""})


class SourceDay(_Part):
    """What was known of one day of a source at the end of as_of."""

    date: dt.date
    rows: int = Field(ge=0)
    fingerprint: str = Field(pattern=r"^[0-9a-f]{16}$")


class InputSource(_Part):
    """Rows that were read: logical name, where they physically were, and a fingerprint a day.

    Attributes:
        source: the logical name.
        dataset: of the source.
        uri: where the rows were.
        days: count and fingerprint of each day that had rows.
        first: the first day that was asked for; None where it was the newest day up to `last`.
        last: the last day that was asked for; None in manifests of versions that did not tell it.
        closed: whether only rows whose outcome was closed were asked for.
        coded: whether features were asked for as numbers and categories, and the label as 0, 1 or 2.
        contract: what `dataset.toml` said of the columns.
        max_rows: how many rows were asked for at most, those of the smallest hash; 0 where all were.
    """

    source: str
    dataset: str
    uri: str
    days: tuple[SourceDay, ...]
    first: dt.date | None = None
    last: dt.date | None = None
    closed: bool = False
    coded: bool = False
    contract: dict[str, Any] | None = None
    max_rows: int = Field(default=0, ge=0)

    @model_serializer(mode="wrap")
    def _without_what_is_new(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without(handler(self), {"max_rows": 0})

    @property
    def fingerprints(self) -> dict[dt.date, str]:
        """The fingerprint of each day that had rows."""
        return {day.date: day.fingerprint for day in self.days}


class StoredVerdict(_Part):
    """What a check said of an artifact before it was committed.

    Attributes:
        passed: whether it holds.
        message: what it says, in words; of one that does not hold, never empty.
        metadata: the numbers that say so.
    """

    passed: bool
    message: str = ""
    metadata: dict[str, Any] = Field(default_factory=dict)


class Manifest(_Part):
    """All that is known of one artifact: the JSON that is stored beside it.

    Attributes:
        schema_version: of this format.
        asset: what kind of artifact it is.
        run_id: 12 hex digits over its parameters and day.
        as_of: the day up to whose end (UTC) things were known.
        parameters: its identity: the values of the asset's slice that decide it.
        given: the parameters that somebody gave; the others were at their default.
        environment: where it was made.
        files: its value first, then what is attached.
        artifacts: the artifacts that it was made of.
        sources: the rows that it was made of.
        code_version: 12 hex digits over the modules that can change its bytes.
        packages: the version of each package that can, and of Python.
        hardware: what of the processor can change the last digits of linear algebra: its `machine`, the kernels of
            `blas` and the `simd` instructions of NumPy. It is told, and does not decide; empty where it cannot matter,
            or the artifact is of a version that did not tell it.
        dagster_run_id: the Dagster run that made it, or "".
        started_at: when making it was begun (UTC).
        created_at: when it was committed (UTC).
        facts: JSON values about it, such as row counts.
        metrics: numbers by which it is compared.
        checks: what each of its checks said, by name; empty of an artifact of a version that did not keep it.
        recorded: whether it is an answer that is kept whatever becomes of code and packages.
        code_files: 12 hex digits over each file that is named as code, by its path beside the module.
        code_modules: the modules of which all counts as code, and why.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    asset: str
    run_id: str = Field(pattern=r"^[0-9a-f]{12}$")
    as_of: dt.date
    parameters: dict[str, Any]
    given: tuple[str, ...] = ()
    environment: str
    files: tuple[StoredFile, ...] = Field(min_length=1)
    artifacts: tuple[InputArtifact, ...] = ()
    sources: tuple[InputSource, ...] = ()
    code_version: str
    packages: dict[str, str]
    hardware: dict[str, str] = Field(default_factory=dict)
    dagster_run_id: str = ""
    started_at: AwareDatetime
    created_at: AwareDatetime
    facts: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, float] = Field(default_factory=dict)
    checks: dict[str, StoredVerdict] = Field(default_factory=dict)
    recorded: bool = False
    code_files: dict[str, str] = Field(default_factory=dict)
    code_modules: dict[str, str] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _without_what_is_new(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without(handler(self), {"recorded": False, "code_files": {}, "code_modules": {}})

    @property
    def main(self) -> StoredFile:
        """The file that is the artifact's value; the others are attachments."""
        return self.files[0]

    @property
    def sha256(self) -> str:
        """The digest of the artifact's value."""
        return self.main.sha256

    @property
    def as_input(self) -> InputArtifact:
        """What another artifact tells of this one where it is made of it."""
        return InputArtifact(asset=self.asset, run_id=self.run_id, sha256=self.sha256)

    def input_of(self, asset: str) -> InputArtifact | None:
        """The artifact of that asset which this one was made of; the first, where there are several."""
        return next((item for item in self.artifacts if item.asset == asset), None)

    def made_of(self, other: "Manifest") -> bool:
        """Whether this artifact was made of that very one: its digest decides."""
        return any(item.asset == other.asset and item.sha256 == other.sha256 for item in self.artifacts)
