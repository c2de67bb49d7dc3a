"""What was committed, and nothing else: every check that a manifest and its files must pass."""

import datetime as dt
import hashlib
import shlex

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest, StoredFile
from ml_assets.core.run_id import hash_identity
from ml_assets.errors import CorruptArtifactError

MANIFEST = "manifest.json"
HISTORY = "history"
OTHER_BYTES = "its bytes are not those that were committed"


def history_name(created_at: dt.datetime, body: bytes) -> str:
    """`history/20251201T101530123456Z-<12 hex of the manifest's SHA-256>.json`."""
    moment = created_at.astimezone(dt.timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
    return f"{HISTORY}/{moment}-{hashlib.sha256(body).hexdigest()[:12]}.json"


def parse_manifest(key: ArtifactKey, body: bytes, uri: str) -> Manifest:
    """A manifest that is valid and belongs to `key`; CorruptArtifactError otherwise."""
    try:
        manifest = Manifest.model_validate_json(body)
    except ValueError:
        raise corrupt(key, uri, "it is not a valid manifest") from None
    problem = mismatch(key, manifest)
    if problem:
        raise corrupt(key, uri, problem)
    return manifest


def mismatch(key: ArtifactKey, manifest: Manifest) -> str:
    """Why the manifest is not one of `key`, or nothing."""
    problem = misplaced(key, manifest.asset, manifest.as_of, manifest.run_id, manifest.parameters)
    if problem:
        return problem
    try:
        hashed = hash_identity(manifest.parameters, manifest.as_of)
    except ValueError:
        hashed = ""
    return "" if hashed == key.run_id else "the manifest's parameters are not those of its run_id"


def misplaced(
    key: ArtifactKey, asset: str, as_of: dt.date, run_id: str, parameters: dict[str, object]
) -> str:
    """Why what a manifest states is not what its path says, or nothing."""
    if (asset, as_of, run_id) != (key.asset, key.as_of, key.run_id):
        return "the manifest states another asset, as_of or run_id"
    for name, value in (("dataset", key.dataset), ("model_version", key.model_version)):
        if parameters.get(name, value) != value:
            return f"the manifest states another {name}"
    return ""


def difference(stored: StoredFile, data: bytes) -> str:
    """How `data` differs from what the manifest says of it, or nothing."""
    if len(data) != stored.bytes:
        return f"it has {len(data)} bytes, the manifest says {stored.bytes}"
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        return "its SHA-256 is not the one in the manifest"
    return ""


def corrupt(key: ArtifactKey, uri: str, problem: str) -> CorruptArtifactError:
    """The error for a bad file: where it is, what is wrong, what to do."""
    return CorruptArtifactError(
        f"{uri} is corrupt: {problem}. It was not loaded. "
        f"Remove {MANIFEST} from its folder and train it again: {train_command(key)}"
    )


def train_command(key: ArtifactKey) -> str:
    """The shortest command that makes an artifact of this dataset and day."""
    return f"ml-assets run --dataset {shlex.quote(key.dataset)} --as-of {key.as_of}"
