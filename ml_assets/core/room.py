"""How much memory the rows of one window may take: counted before they are decoded, as far as their files tell."""

import threading
from dataclasses import dataclass, field

from ml_assets.errors import SourceError

GIGABYTE = 10**9
USUAL_GB = 4.0
USUAL_CACHE_GB = 10.0
A_VALUE = 16  # bytes of memory: a number as it is read and as it is kept, or the place of a text


@dataclass(frozen=True, kw_only=True)
class CachePlace:
    """Where what was read of rows may be kept, to be read again the next time.

    Attributes:
        folder: it may be removed at any time; "" for nowhere, None for the user's own.
        gigabytes: how much may lie there.
    """

    folder: str | None = ""
    gigabytes: float = USUAL_CACHE_GB


NO_CACHE = CachePlace()


@dataclass(kw_only=True)
class Room:
    """What is left for the files of one window; several threads may take of it.

    Attributes:
        gigabytes: all that may be taken.
    """

    gigabytes: float = USUAL_GB
    _taken: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def left(self) -> int:
        """Bytes that nobody has taken yet."""
        return int(self.gigabytes * GIGABYTE) - self._taken

    def take(self, size: int, *, location: str) -> None:
        """Count `size` bytes of memory for a file. Raises SourceError where there is no room for them."""
        with self._lock:
            if size > self.left:
                raise self.too_small(location, size)
            self._taken += size

    def give_back(self, size: int) -> None:
        """Let others take `size` bytes of what was taken: those of a file that are not kept once it is read."""
        with self._lock:
            self._taken -= size

    def too_small(self, location: str, size: int | None = None) -> SourceError:
        """What is said of a file of `size` bytes of memory, or of more than there is room for."""
        amount = f"about {_told(size)}" if size is not None else f"more than {_told(self.left)}"
        before = f", beside {_told(self._taken)} of the files before it" if self._taken else ""
        return SourceError(
            f"{location}: its rows would take {amount} of memory{before}; the rows of one window may take "
            f"{self.gigabytes:g} GB. Read fewer days or columns, take a sample of the rows (`max_rows`, where the pipeline "
            f"has it), or allow more with ML_ASSETS_ROWS_GB (`rows_gb` in "
            f"ml_assets.toml)."
        )


def _told(size: int) -> str:
    return f"{size / GIGABYTE:.1f} GB" if size >= GIGABYTE / 10 else f"{size / 10**6:.1f} MB"
