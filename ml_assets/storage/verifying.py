"""Every file under a root held against every manifest: what is damaged, what lacks, what nobody knows.

Nothing is deleted. What is set aside keeps its path under `quarantine/<moment>/`, where no reader looks.
"""

import datetime as dt
import errno
import stat
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ml_assets.core.artifact import RUN, ArtifactKey, parse_path
from ml_assets.core.foreign_text import visible
from ml_assets.core.manifest import Manifest
from ml_assets.core.progress import steps
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, StoreError
from ml_assets.storage.again import again, list_all
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.integrity import HISTORY, MANIFEST, history_moment
from ml_assets.storage.looking import LeftOut, look
from ml_assets.storage.object_store import local_path, open_store, store_errors
from ml_assets.storage.putting import move, put
from ml_assets.text import count

QUARANTINE = "quarantine"
LONGEST_PATH = 4096  # characters, on most disks
SETTLED = dt.timedelta(hours=1)  # no commit takes longer: what nothing names after that, nobody will name

MANY = 5  # damaged artifacts, and more than half of all: then rather the store answers badly

Kind = Literal["damaged", "unread", "history", "lineage", "leftover", "foreign"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        kind: `damaged`: a committed artifact is not what was committed. `unread`: the store does not give it, so that
            nothing is known of it. `history`: what tells of a commit cannot be read, and the artifact can. `lineage`: what it was made of is not here. `leftover`: files of a
            commit that never became visible. `foreign`: a file that is nobody's.
        path: of the artifact or the file, relative to the root.
        told: what is wrong.
        files: what is set aside by a repair. Lineage and foreign files are left alone, and so are files that a
            writer may still be about to name.
        again: the file that holds the bytes which the one in `files` should hold, where there is one: a repair
            copies it there.
    """

    kind: Kind
    path: str
    told: str
    files: tuple[str, ...] = ()
    again: str = ""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was looked at: artifacts that are sound, files and bytes under the root, and what is wrong."""

    sound: int
    files: int
    bytes: int
    findings: tuple[Finding, ...]

    def document(self, root: str, *, moved: int) -> dict[str, object]:
        """It as JSON values, with the root that was looked at and how much was set aside."""
        return {
            "root": root,
            "sound": self.sound,
            "files": self.files,
            "bytes": self.bytes,
            "findings": [{"kind": item.kind, "path": item.path, "told": item.told} for item in self.findings],
            "set_aside": moved,
        }


@dataclass(frozen=True)
class _File:
    bytes: int
    written: dt.datetime


def verify_all(store: ArtifactStore, *, settled: dt.timedelta = SETTLED) -> Verified:
    """Look at every file under the root of a store and read every committed byte.

    Listings read every manifest once more after it.

    Args:
        store: what is looked at.
        settled: how old a file is that no writer is about to name; nothing, where nobody writes.

    Raises:
        StoreError: the root cannot be listed. A file that cannot be read is a finding.
    """
    with store_errors(store.root):
        under = _files(store)
    store.forget_index()
    recent = _recent(under, settled)
    folders, foreign = _folders(under)
    manifests: dict[ArtifactKey, list[Manifest]] = {}
    findings = [_foreign(path, "belongs to no artifact") for path in foreign]
    findings += [_foreign(odd.name, odd.why) for odd in _odd(store) if odd.name not in under]
    sound = 0
    by_path = sorted(folders.items(), key=lambda item: item[0].path)
    for key, files in steps(by_path, "artifact", total=len(by_path)):
        found, known = _artifact(key, files, store, recent=recent)
        manifests[key] = known
        findings += found
        sound += bool(known) and not any(item.kind in ("damaged", "unread") for item in found)
    findings += _lineage(manifests)
    many = sum(file.bytes for file in under.values())
    return Verified(sound=sound, files=len(under), bytes=many, findings=tuple(findings))


def refuse_many(found: Verified) -> None:
    """StoreError where so much is damaged at once that rather the store, or what is before it, is at fault."""
    damaged = sum(finding.kind in ("damaged", "unread") for finding in found.findings)
    if damaged >= MANY and damaged > found.sound:
        raise StoreError(
            f"{damaged} of {count(damaged + found.sound, 'artifact')} cannot be read as they were committed. That much at once is "
            "rather the fault of the disk, the store or what is before it. Nothing was set aside. Look at some of them; "
            "if they are damaged, add --force."
        )


def set_aside(store: ArtifactStore, findings: Sequence[Finding]) -> int:
    """Move the files of findings to `quarantine/<moment>/`, path and bytes as they are; how many findings had any.

    Each artifact is looked at once more before: what a run has healed since stays. Raises StoreError where files
    cannot be moved; those before have been.
    """
    moment, moved = history_moment(dt.datetime.now(tz=dt.timezone.utc)), 0
    with store_errors(store.root):
        for finding in findings:
            files = _still_wrong(finding, store)
            manifests_first = sorted(files, key=lambda path: not path.endswith(f"/{MANIFEST}"))
            for path in manifests_first:  # so that no reader finds a manifest whose files are gone
                aside = f"{QUARANTINE}/{moment}/{path}"
                if finding.again:
                    _replace(store, path, aside, finding.again)
                else:
                    move(open_store(store.root, access=store.access), path, aside)
            moved += bool(files)
    return moved


def _still_wrong(finding: Finding, store: ArtifactStore) -> set[str]:
    key = parse_path(finding.path)
    if key is None:
        return set()
    files = [path for path in _files(store, below=key.path) if path.startswith(f"{key.path}/")]
    found, _ = _artifact(key, files, store)
    return {path for item in found for path in item.files} & {*finding.files}


def _files(store: ArtifactStore, below: str = "") -> dict[str, _File]:
    """Every file by its path. On a disk with those of killed writers, which a store's client does not list."""
    root = local_path(store.root)
    if root is None:
        found = list_all(open_store(store.root, access=store.access), below or None)
        return {str(meta["path"]): _File(int(meta["size"]), meta["last_modified"]) for meta in found}
    seen = {path: _on_disk(path) for path in sorted((root / below).rglob("*"))}
    return {path.relative_to(root).as_posix(): file for path, file in seen.items() if file}


def _on_disk(path: Path) -> _File | None:
    try:
        status = path.stat()
    except FileNotFoundError:  # a writer has just given it its name
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise
    written = dt.datetime.fromtimestamp(status.st_mtime, tz=dt.timezone.utc)
    return _File(status.st_size, written) if stat.S_ISREG(status.st_mode) else None


def _odd(store: ArtifactStore) -> list[LeftOut]:
    """What lies under the root and is no file, or none that the store can be asked for."""
    with store_errors(store.root):
        left_out = look(open_store(store.root, access=store.access)).left_out
    return [odd for odd in left_out if not odd.name.startswith(f"{QUARANTINE}/")]


def _foreign(path: str, told: str) -> Finding:
    return Finding(kind="foreign", path=visible(path, longest=LONGEST_PATH), told=told)


def _recent(files: Mapping[str, _File], settled: dt.timedelta) -> frozenset[str]:
    oldest = dt.datetime.now(tz=dt.timezone.utc) - settled
    return frozenset(path for path, file in files.items() if settled and file.written > oldest)


def _replace(store: ArtifactStore, path: str, to: str, by: str) -> None:
    """Keep a copy of a file, then put the bytes of another in its place: it is never missing."""
    place = open_store(store.root, access=store.access)
    again(lambda: put(place, to, bytes(place.get(path).bytes())))
    again(lambda: put(place, path, bytes(place.get(by).bytes())))


def _folders(paths: Collection[str]) -> tuple[dict[ArtifactKey, list[str]], list[str]]:
    """The files of each artifact's folder, and those that are in none."""
    found: defaultdict[ArtifactKey, list[str]] = defaultdict(list)
    foreign = []
    for path in paths:
        if path.startswith(f"{QUARANTINE}/"):
            continue
        parts = path.split("/")
        run = next((number for number, part in enumerate(parts[:-1]) if part.startswith(f"{RUN}=")), None)
        key = None if run is None else parse_path("/".join(parts[: run + 1]))
        if key:
            found[key].append(path)
        else:
            foreign.append(path)
    return dict(found), sorted(foreign)


def _artifact(
    key: ArtifactKey, files: list[str], store: ArtifactStore, *, recent: frozenset[str] = frozenset()
) -> tuple[list[Finding], list[Manifest]]:
    """What is wrong with one artifact, and every manifest of it that can be read, the committed one last."""
    try:
        current = store.verify(key)
    except ArtifactNotFoundError:
        if _is_given(key, store):
            told = f"the store lists {MANIFEST} and does not give it, or it came in this moment"
            return [Finding(kind="unread", path=key.path, told=told)], []
        return [_leftover(key, files, "it was never committed", recent)], []
    except CorruptArtifactError as error:
        return [Finding(kind="damaged", path=key.path, told=str(error), files=tuple(files))], []
    except StoreError as error:
        return [Finding(kind="unread", path=key.path, told=str(error))], []
    earlier, findings = _history(key, current, files, store)
    known = [*earlier, current]
    named = {f"{key.path}/{stored.file}" for manifest in known for stored in manifest.files}
    extra = [path for path in files if path not in named and not _is_ours(path, key)]
    if extra:
        findings.append(_leftover(key, extra, "no manifest names them", recent))
    return findings, known


def _is_given(key: ArtifactKey, store: ArtifactStore) -> bool:
    """Whether a manifest is listed now, although a reader was told that there is none."""
    return f"{key.path}/{MANIFEST}" in _files(store, below=key.path)


def _history(
    key: ArtifactKey, current: Manifest, files: list[str], store: ArtifactStore
) -> tuple[list[Manifest], list[Finding]]:
    """The manifests under `history/` that can be read, and a finding for each other."""
    earlier, findings = [], []
    committed = f"{key.path}/{HISTORY}/{history_moment(current.created_at)}-"
    for path in files:
        if not _is_history(path, key):
            continue
        try:
            earlier.append(store.earlier(key, path))
        except StoreError as error:
            same = f"{key.path}/{MANIFEST}" if path.startswith(committed) else ""
            findings.append(
                Finding(kind="history", path=key.path, told=str(error), files=(path,), again=same)
            )
    return earlier, findings


def _is_ours(path: str, key: ArtifactKey) -> bool:
    return path == f"{key.path}/{MANIFEST}" or _is_history(path, key)


def _is_history(path: str, key: ArtifactKey) -> bool:
    return path.startswith(f"{key.path}/{HISTORY}/") and path.endswith(".json")


def _leftover(key: ArtifactKey, files: list[str], told: str, recent: frozenset[str]) -> Finding:
    many = f"{len(files)} file{'s' if len(files) != 1 else ''}"
    if recent.isdisjoint(files):
        return Finding(kind="leftover", path=key.path, told=f"{many}: {told}", files=tuple(sorted(files)))
    perhaps = (
        f"{many}: {told}. Written within the last hour: a run may still be at it, so that they are left alone"
    )
    return Finding(kind="leftover", path=key.path, told=perhaps)


def _lineage(manifests: Mapping[ArtifactKey, list[Manifest]]) -> Iterator[Finding]:
    """An input counts as here in any version that its history knows."""
    here = {(m.asset, m.run_id, m.sha256) for known in manifests.values() for m in known}
    for key, known in manifests.items():
        if not known:
            continue
        missing = [used for used in known[-1].artifacts if (used.asset, used.run_id, used.sha256) not in here]
        if missing:
            told = ", ".join(f"{used.asset} of run {used.run_id}" for used in missing)
            yield Finding(kind="lineage", path=key.path, told=f"was made of what is not here: {told}")
