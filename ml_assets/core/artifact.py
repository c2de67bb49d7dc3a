"""Where one artifact lives: a pure function of what made it."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from ml_assets.core.catalog import CATALOG
from ml_assets.core.parameters import DatasetParameters, TrainingParameters, identity
from ml_assets.core.run_id import canonical, hash_identity

_RUN_ID = re.compile(r"^[0-9a-f]{12}$")
_SEGMENT = re.compile(r"^(?P<name>[a-z_]+)=(?P<value>.+)$")


@dataclass(frozen=True, kw_only=True)
class ArtifactKey:
    """Names one artifact: the asset, the parameters worth seeing in a path, the day, the run_id.

    Attributes:
        asset: what kind of artifact it is.
        dataset: whose rows it is of.
        as_of: its day.
        run_id: 12 hex digits over its identity and day.
        model_version: its recipe; "" for an asset that has none.
        identity: the values that the run_id hashes, where they are known. The store gives nothing of others: twelve
            digits are no proof.
    """

    asset: str
    dataset: str
    as_of: dt.date
    run_id: str
    model_version: str = ""
    identity: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def exact(self) -> str:
        """The path with the identity, where it is known: two parameter sets never share it."""
        return self.path if self.identity is None else f"{self.path}#{canonical(self.identity).decode()}"

    @property
    def path(self) -> str:
        """`<asset>/model_version=v2/dataset=orders/as_of=2025-12-01/run=3fa9c1d2e0ab`, relative to a root."""
        version = [f"model_version={encode(self.model_version)}"] if self.model_version else []
        return "/".join(
            [
                encode(self.asset),
                *version,
                f"dataset={encode(self.dataset)}",
                f"as_of={self.as_of}",
                f"run={encode(self.run_id)}",
            ]
        )


def key_of(asset: str, parameters: DatasetParameters, as_of: dt.date) -> ArtifactKey:
    """The key of `asset` for these parameters: its own slice decides; all of them for an asset of others."""
    slice_ = CATALOG[asset].slice if asset in CATALOG else TrainingParameters
    values = identity(parameters, of=slice_)
    return key_of_identity(
        asset,
        values,
        as_of,
        dataset=values["dataset"],
        model_version=values.get("model_version", ""),
    )


def key_of_identity(
    asset: str, values: Mapping[str, Any], as_of: dt.date, *, dataset: str, model_version: str = ""
) -> ArtifactKey:
    """The key of an asset that these values decide."""
    return ArtifactKey(
        asset=asset,
        dataset=dataset,
        model_version=model_version,
        as_of=as_of,
        run_id=hash_identity(values, as_of),
        identity=values,
    )


def parse_path(path: str) -> ArtifactKey | None:
    """The key whose path this is, or None where it is not an artifact's folder."""
    asset, *segments = path.strip("/").split("/")
    matches = [_SEGMENT.match(segment) for segment in segments]
    values = {m["name"]: unquote(m["value"]) for m in matches if m}
    try:
        key = ArtifactKey(
            asset=unquote(asset),
            dataset=values["dataset"],
            model_version=values.get("model_version", ""),
            as_of=dt.date.fromisoformat(values["as_of"]),
            run_id=values["run"],
        )
        is_ours = _RUN_ID.match(key.run_id) and key.path == path.strip("/")
    except (KeyError, ValueError):  # among them a name that is no UTF-8
        return None
    return key if is_ours else None


def encode(value: str) -> str:
    """Percent-encode one path segment; `/`, `.`-only names and control characters cannot leave their folder."""
    quoted = quote(value, safe="")
    return quoted.replace(".", "%2E") if set(value) <= {"."} else quoted
