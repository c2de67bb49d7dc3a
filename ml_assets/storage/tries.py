"""How often two artifacts were compared for a promotion: numbered files that are only ever added.

    <root>/<line>/tries/<pair>/000001.json, 000002.json, ...

Each file names the rows and bytes that were looked at. The same ones asked again are the same try; others take the next
number that is free, so that two who ask at once never have the same number for different rows.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from ml_assets.core.release_line import ReleaseLine
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.errors import StoreError
from ml_assets.storage.create_only import refuse_overwriting_store
from ml_assets.storage.looking import look
from ml_assets.storage.object_store import open_store, store_errors
from ml_assets.storage.putting import put_once
from ml_assets.storage.reading import get

ATTEMPTS = 100  # tries of others that one writer may find in its way


@dataclass(frozen=True)
class TryLog:
    """The tries of all pairs of one release line.

    Attributes:
        root: of the log of releases: a local path, or a URI that `open_store` knows.
        line: whose.
        access: how S3 is reached, where the log is there.
    """

    root: str
    line: ReleaseLine
    access: S3Access = USUAL_S3

    def number(self, pair: str, sample: str, record: Mapping[str, Any]) -> int:
        """The number of the try that looks at `sample`, from 1 on; a new one is written down with `record`.

        StoreError where the log cannot be read or written.
        """
        for _ in range(ATTEMPTS):
            samples = self.samples(pair)
            if sample in samples:
                return samples.index(sample) + 1
            refuse_overwriting_store(self.root, self.line.folder, self.access)
            self._put_new(pair, len(samples) + 1, {**record, "schema_version": 1, "sample": sample})
        raise StoreError(
            f"{self.uri(pair)}: others were faster {ATTEMPTS} times. Nothing was changed. Try again."
        )

    def samples(self, pair: str) -> list[str]:
        """What each try looked at, in order; of a damaged file that is not known, and it counts all the same."""
        folder = self._folder(pair)
        with store_errors(self.uri(pair)):
            store = open_store(self.root, access=self.access)
            looked = look(store, folder, deep=False)
            bodies = {path: get(store, path) for path in (meta["path"] for meta in looked.objects)}
        taken = [*bodies, *looked.folders, *(left.name for left in looked.left_out)]
        last = max((_number(path.removeprefix(f"{folder}/")) for path in taken), default=0)
        return [_sample(bodies.get(f"{folder}/{_name(number)}")) for number in range(1, last + 1)]

    def uri(self, pair: str) -> str:
        """Where the tries of a pair are, for people."""
        return f"{self.root.rstrip('/')}/{self._folder(pair)}"

    def _folder(self, pair: str) -> str:
        return f"{self.line.folder}/tries/{pair}"

    def _put_new(self, pair: str, number: int, record: Mapping[str, Any]) -> None:
        """Write a file unless there is one of that number: whoever reads the folder then sees whose it is."""
        from obstore.exceptions import AlreadyExistsError

        path = f"{self._folder(pair)}/{_name(number)}"
        with store_errors(self.uri(pair)):
            store = open_store(self.root, create=True, access=self.access)
            try:
                put_once(store, path, rfc8785.dumps(dict(record)))
            except AlreadyExistsError:
                return


def _name(number: int) -> str:
    return f"{number:06d}.json"


def _number(name: str) -> int:
    """That of a file of a try; 0 of anything else that lies there."""
    return int(found[1]) if (found := re.fullmatch(r"([0-9]{6})\.json", name)) else 0


def _sample(body: bytes | None) -> str:
    try:
        return str(json.loads(body or b"")["sample"])
    except (ValueError, KeyError, TypeError):
        return ""
