"""Where one artifact lives: a pure function of what made it."""

import datetime as dt
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ml_assets.core.catalog import CATALOG
from ml_assets.core.parameters import DatasetParameters, TrainingParameters, identity
from ml_assets.core.run_id import run_id

_RUN_ID = re.compile(r"^[0-9a-f]{12}$")
_SEGMENT = re.compile(r"^(?P<name>[a-z_]+)=(?P<value>.+)$")


@dataclass(frozen=True, kw_only=True)
class ArtifactKey:
    """Names one artifact: the asset, the parameters worth seeing in a path, the day, the run_id."""

    asset: str
    dataset: str
    as_of: dt.date
    run_id: str
    model_version: str = ""

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
    return ArtifactKey(
        asset=asset,
        dataset=values["dataset"],
        model_version=values.get("model_version", ""),
        as_of=as_of,
        run_id=run_id(parameters, as_of, of=slice_),
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
    except (KeyError, ValueError):
        return None
    return key if _RUN_ID.match(key.run_id) and key.path == path.strip("/") else None


def encode(value: str) -> str:
    """Percent-encode one path segment; `/`, `.`-only names and control characters cannot leave their folder."""
    quoted = quote(value, safe="")
    return quoted.replace(".", "%2E") if set(value) <= {"."} else quoted
