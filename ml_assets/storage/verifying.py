"""Every file under a root held against every manifest: what is damaged, what lacks, what nobody knows.

Nothing is deleted. What is set aside keeps its path under `quarantine/`, where no reader looks.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ml_assets.core.artifact import ArtifactKey, parse_path
from ml_assets.core.manifest import Manifest
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, StoreError
from ml_assets.storage.again import again, list_all
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.integrity import HISTORY, MANIFEST
from ml_assets.storage.object_store import open_store, store_errors

QUARANTINE = "quarantine"
LENGTHS = (5, 4)  # segments of an artifact's folder, with and without a model version

Kind = Literal["damaged", "lineage", "leftover", "foreign"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        kind: `damaged`: a committed artifact cannot be read as it was committed. `lineage`: what it was made of is
            not here. `leftover`: files of a commit that never became visible. `foreign`: a file that is nobody's.
        path: of the artifact or the file, relative to the root.
        told: what is wrong.
        files: what is set aside by a repair; lineage and foreign files are left alone.
    """

    kind: Kind
    path: str
    told: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was looked at: artifacts that are sound, files and bytes under the root, and what is wrong."""

    sound: int
    files: int
    bytes: int
    findings: tuple[Finding, ...]


def verify_all(store: ArtifactStore) -> Verified:
    """Look at every file under the root of a store and read every committed byte.

    Raises:
        StoreError: the root cannot be listed. A file that cannot be read is a finding.
    """
    with store_errors(store.root):
        sizes = {
            str(meta["path"]): int(meta["size"])
            for meta in list_all(open_store(store.root, access=store.access))
        }
    folders, foreign = _folders(sizes)
    manifests: dict[ArtifactKey, list[Manifest]] = {}
    findings = [Finding(kind="foreign", path=path, told="belongs to no artifact") for path in foreign]
    sound = 0
    for key, files in sorted(folders.items(), key=lambda item: item[0].path):
        found, known = _artifact(key, files, store)
        manifests[key] = known
        findings += found
        sound += bool(known) and not any(item.kind == "damaged" for item in found)
    findings += _lineage(manifests)
    return Verified(sound=sound, files=len(sizes), bytes=sum(sizes.values()), findings=tuple(findings))


def set_aside(store: ArtifactStore, finding: Finding) -> None:
    """Move the files of a finding to `quarantine/`, path and bytes as they are. StoreError where that cannot be done."""
    with store_errors(store.root):
        place = open_store(store.root, access=store.access)
        manifests_first = sorted(finding.files, key=lambda path: not path.endswith(f"/{MANIFEST}"))
        for path in manifests_first:  # so that no reader finds a manifest whose files are gone
            again(lambda path=path: place.rename(path, f"{QUARANTINE}/{path}"))  # type: ignore[misc]


def _folders(sizes: Mapping[str, int]) -> tuple[dict[ArtifactKey, list[str]], list[str]]:
    """The files of each artifact's folder, and those that are in none."""
    found: defaultdict[ArtifactKey, list[str]] = defaultdict(list)
    foreign = []
    for path in sizes:
        if path.startswith(f"{QUARANTINE}/"):
            continue
        parts = path.split("/")
        keys = (parse_path("/".join(parts[:length])) for length in LENGTHS if len(parts) > length)
        key = next((key for key in keys if key), None)
        if key:
            found[key].append(path)
        else:
            foreign.append(path)
    return dict(found), sorted(foreign)


def _artifact(
    key: ArtifactKey, files: list[str], store: ArtifactStore
) -> tuple[list[Finding], list[Manifest]]:
    """What is wrong with one artifact, and every manifest of it that can be read, the committed one last."""
    try:
        current = store.verify(key)
        known = [*store.history(key), current]
    except ArtifactNotFoundError:
        return [_leftover(key, files, "it was never committed")], []
    except CorruptArtifactError as error:
        return [Finding(kind="damaged", path=key.path, told=str(error), files=tuple(files))], []
    except StoreError as error:
        return [Finding(kind="damaged", path=key.path, told=str(error))], []
    named = {f"{key.path}/{stored.file}" for manifest in known for stored in manifest.files}
    extra = [path for path in files if path not in named and not _is_ours(path, key)]
    return ([_leftover(key, extra, "no manifest names them")] if extra else []), known


def _is_ours(path: str, key: ArtifactKey) -> bool:
    inside = path.removeprefix(f"{key.path}/")
    return inside == MANIFEST or (inside.startswith(f"{HISTORY}/") and inside.endswith(".json"))


def _leftover(key: ArtifactKey, files: list[str], told: str) -> Finding:
    many = f"{len(files)} file{'s' if len(files) != 1 else ''}"
    return Finding(kind="leftover", path=key.path, told=f"{many}: {told}", files=tuple(sorted(files)))


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
