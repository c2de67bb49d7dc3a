"""What was read of a day, kept on a disk under the digest of all that decides it: it may be thrown away at any time.

An entry that is missing, damaged or cannot be written is only made again.
"""

import contextlib
import functools
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from ml_assets.core.contract import DatasetContract
from ml_assets.core.room import GIGABYTE, CachePlace
from ml_assets.core.row_choice import Piece
from ml_assets.sources.day_listing import LandedFile
from ml_assets.storage.user_cache import cache_folder, replace_file

_FORMAT = 2
_GRAIN = 2 * 10**9  # nanoseconds: a file that changed so shortly before may change again under the same time
_SUFFIX = ".rows"
_DIGEST = 32  # bytes of the SHA-256 of what follows it
_SIZE = 8  # bytes of the length of the rows, which come next; then comes the tally
_FULL = 0.9  # of the room: how much is left when some must go
_BROKEN = (PolarsError, PanicException, OSError, ValueError)
_UNFINISHED = 3600  # seconds after which the file of a writer that is gone is removed


@dataclass(frozen=True, kw_only=True)
class RowsCache:
    """Pieces of days by a key.

    Attributes:
        folder: where they lie.
        gigabytes: how much may lie there.
    """

    folder: Path
    gigabytes: float

    @staticmethod
    def at(place: CachePlace) -> "RowsCache | None":
        """The cache of a place, or of the user where it names no folder; None for nowhere."""
        folder = cache_folder("rows") if place.folder is None else place.folder
        return RowsCache(folder=Path(folder), gigabytes=place.gigabytes) if folder else None

    def get(self, key: str) -> Piece | None:
        """The piece of a key; None where there is none that is sound."""
        try:
            path = self._path(key)
            with path.open("rb") as file:
                digest = file.read(_DIGEST)
                head = file.read(_SIZE)
                whole = os.fstat(file.fileno()).st_size  # a length that is damaged may be any
                rows = file.read(min(int.from_bytes(head, "little"), whole))
                tally = file.read()
            if digest != _digest(head, rows, tally):
                return None
            os.utime(path)
            return Piece(rows=pl.read_ipc_stream(rows), tally=pl.read_ipc_stream(tally))
        except _BROKEN:
            return None

    def put(self, key: str, piece: Piece) -> None:
        """Keep a piece, if the disk lets it be kept."""
        rows, tally = BytesIO(), BytesIO()
        piece.rows.write_ipc_stream(rows, compression="lz4")  # which are read sooner than files of Arrow IPC
        piece.tally.write_ipc_stream(tally)
        body = (len(rows.getbuffer()).to_bytes(_SIZE, "little"), rows.getbuffer(), tally.getbuffer())
        with contextlib.suppress(OSError):
            replace_file(self._path(key), _digest(*body), *body)

    def trim(self) -> None:
        """Remove what was used longest ago, where more lies there than may."""
        with contextlib.suppress(OSError):
            found = sorted(self._entries())
            left = sum(size for _, size, _ in found)
            most = self.gigabytes * GIGABYTE
            if left <= most:
                return
            for _, size, path in found:
                with contextlib.suppress(OSError):
                    path.unlink()
                left -= size
                if left <= most * _FULL:
                    return

    def _entries(self) -> "list[tuple[float, int, Path]]":
        """When each entry was used last, its bytes and its path; what writers left behind is removed."""
        found = []
        for item in self.folder.glob("*/*"):
            with contextlib.suppress(OSError):
                stat = item.stat()
                if item.suffix == _SUFFIX:
                    found.append((stat.st_mtime, stat.st_size, item))
                elif item.name.startswith("tmp") and time.time() - stat.st_mtime > _UNFINISHED:
                    item.unlink()
        return found

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}{_SUFFIX}"


def key_of(
    states: Sequence[Mapping[str, object]],
    *,
    contract: DatasetContract,
    decision: Mapping[str, object],
    zeros: int,
) -> str:
    """The key of a day: the digest of its files' states and of all that says how they are read.

    Args:
        states: of its files; see `state_of`.
        contract: what the columns are for.
        decision: what they hold.
        zeros: with how many zero bits the hash of a row begins that is kept.
    """
    document = {
        "format": _FORMAT,
        "code": _code(),
        "polars": pl.__version__,
        "files": list(states),
        "contract": contract.model_dump(mode="json"),
        "decision": decision,
        "zeros": zeros,
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def state_of(file: LandedFile, *, remote: bool) -> dict[str, object] | None:
    """What tells one state of a file from another; None where that cannot be told, since it has changed just now.

    Of an object in a bucket it is the ETag, which follows from the content.
    """
    told: dict[str, object] = {"location": file.location, "size": file.size}
    if remote:
        return {**told, "mark": file.mark}
    try:
        stat = os.stat(file.location)  # noqa: PTH116
    except OSError:
        return None
    changed = max(stat.st_mtime_ns, stat.st_ctime_ns)
    if not 0 <= changed < time.time_ns() - _GRAIN or stat.st_size != file.size:
        return None
    return {**told, "inode": stat.st_ino, "mtime_ns": stat.st_mtime_ns, "ctime_ns": stat.st_ctime_ns}


def told(decision: object) -> dict[str, object]:
    """A frozen dataclass of mappings and sets as JSON has them."""
    values = asdict(decision)  # type: ignore[call-overload]
    return {
        name: sorted(value) if isinstance(value, frozenset) else dict(value) for name, value in values.items()
    }


@functools.cache
def _code() -> str:
    """A digest of the code that decides what a piece holds."""
    here = Path(__file__).parent
    files = sorted([*here.glob("*.py"), *(here.parent / "core").glob("*.py")])
    return _digest(*(file.read_bytes() for file in files)).hex()


def _digest(*parts: "bytes | memoryview") -> bytes:
    """The SHA-256 of all of them, one behind the other."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()
