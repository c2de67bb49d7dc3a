"""Where one artifact lives: a pure function of what made it."""

import datetime as dt
import itertools
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from ml_assets.core.run_id import canonical, hash_identity, value_text

if TYPE_CHECKING:  # it needs keys
    from ml_assets.core.pipeline import Declared

_RUN_ID = re.compile(r"^[0-9a-f]{12}\Z")
_FOLDER = re.compile(r"^[a-z0-9_]*\Z")  # a name of ours: an odd link to where artifacts lie is none
_SEGMENT = re.compile(r"^(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)\Z", re.DOTALL)
AS_OF, RUN = "as_of", "run"


@dataclass(frozen=True, kw_only=True)
class ArtifactKey:
    """Names one artifact: the asset, the parameters worth seeing in a path, the day, the run_id.

    Attributes:
        asset: what kind of artifact it is.
        values: the parameters that its path tells and the texts of their values, in the order of the path. One that is
            no part of the identity is left out.
        as_of: its day.
        run_id: 12 hex digits over its identity and day.
        folder: the first part of the paths of its pipeline; "" for none.
        identity: the values that the run_id hashes, where they are known. The store gives nothing of others: twelve
            digits are no proof.
        pipeline: what makes it, where that is known; only messages tell of it.
    """

    asset: str
    values: tuple[tuple[str, str], ...] = ()
    as_of: dt.date
    run_id: str
    folder: str = ""
    identity: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    pipeline: "Declared | None" = field(default=None, compare=False, repr=False)

    @property
    def exact(self) -> str:
        """The path with the identity, where it is known: two parameter sets never share it."""
        return self.path if self.identity is None else f"{self.path}#{canonical(self.identity).decode()}"

    @property
    def path(self) -> str:
        """`<folder>/<asset>/<name>=<value>/as_of=2025-12-01/run=3fa9c1d2e0ab`, relative to a root."""
        names = [self.folder, self.asset] if self.folder else [self.asset]
        values = [*self.values, (AS_OF, str(self.as_of)), (RUN, self.run_id)]
        return "/".join([*map(encode, names), *(f"{name}={encode(value)}" for name, value in values)])

    @property
    def summary(self) -> str:
        """`dataset=orders model_version=v2 as_of=2025-12-01 run=3fa9c1d2e0ab`."""
        values = [*reversed(self.values), (AS_OF, str(self.as_of)), (RUN, self.run_id)]
        return " ".join(f"{name}={value}" for name, value in values)

    def value(self, name: str) -> str:
        """The text of a parameter that the path tells; "" where it tells none."""
        return dict(self.values).get(name, "")

    def beside(self, asset: str, *, run_id: str, names: Collection[str], path: str = "") -> "ArtifactKey":
        """The key of another asset of the same day, whose path tells only the parameters `names`; or which is at `path`."""
        if (elsewhere := parse_path(path) if path else None) is not None:
            return elsewhere
        values = tuple((name, value) for name, value in self.values if name in names)
        return ArtifactKey(asset=asset, values=values, as_of=self.as_of, run_id=run_id, folder=self.folder)


def key_of_identity(
    asset: str,
    values: Mapping[str, Any],
    as_of: dt.date,
    *,
    path: Mapping[str, Any] | None = None,
    names: Iterable[str],
    folder: str = "",
    pipeline: "Declared | None" = None,
) -> ArtifactKey:
    """The key of an asset that `values` decide; its path tells those of `names` that are among them, or in `path`."""
    known = {**values, **(path or {})}
    return ArtifactKey(
        asset=asset,
        values=tuple((name, value_text(known[name])) for name in names if name in known),
        as_of=as_of,
        run_id=hash_identity(values, as_of),
        folder=folder,
        identity=values,
        pipeline=pipeline,
    )


def parse_path(path: str) -> ArtifactKey | None:
    """The key whose path this is, or None where it is not an artifact's folder."""
    parts = path.strip("/").split("/")
    names = list(itertools.takewhile(lambda part: "=" not in part, parts))
    try:
        values = segments(parts[len(names) :])
        if values is None or [name for name, _ in values[-2:]] != [AS_OF, RUN]:
            return None
        folder, asset = names if len(names) > 1 else ("", *names)
        key = ArtifactKey(
            asset=unquote(asset),
            values=tuple(values[:-2]),
            as_of=dt.date.fromisoformat(values[-2][1]),
            run_id=values[-1][1],
            folder=folder,
        )
        is_ours = _RUN_ID.match(key.run_id) and _FOLDER.match(folder) and key.path == path.strip("/")
    except ValueError:  # among them no name or three of them, and one that is no UTF-8
        return None
    return key if is_ours else None


def segments(parts: Iterable[str]) -> list[tuple[str, str]] | None:
    """The names and values of segments `name=value`; None where one is none, or a name is there twice."""
    matches = [_SEGMENT.match(part) for part in parts]
    values = [(match["name"], unquote(match["value"])) for match in matches if match]
    return values if len({name for name, _ in values}) == len(matches) else None


def split_path(place: str) -> tuple[str, ArtifactKey] | None:
    """The root of a longer path, and the key of the artifact in whose folder it ends; None where in none.

    All before the asset is told to be the root: there, a pipeline's folder is a part of it.
    """
    parts = place.rstrip("/").split("/")
    asset = next((number for number in reversed(range(len(parts))) if "=" not in parts[number]), 0)
    key = parse_path("/".join(parts[asset:]))
    return ("/".join(parts[:asset]) or "/", key) if key else None


def encode(value: str) -> str:
    """Percent-encode one path segment; `/`, `.`-only names and control characters cannot leave their folder."""
    quoted = quote(value, safe="")
    return quoted.replace(".", "%2E") if set(value) <= {"."} else quoted
