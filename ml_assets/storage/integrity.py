"""What was committed, and nothing else: every check that a manifest and its files must pass."""

import contextlib
import datetime as dt
import hashlib
import shlex

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.command import flag_words, run_command
from ml_assets.core.manifest import Manifest, StoredFile
from ml_assets.core.run_id import hash_identity, same_identity, value_text
from ml_assets.errors import CorruptArtifactError, SharedRunIdError
from ml_assets.text import count

MANIFEST = "manifest.json"
HISTORY = "history"
OTHER_BYTES = "its bytes are not those that were committed"


def history_name(created_at: dt.datetime, body: bytes) -> str:
    """`history/20251201T101530123456Z-<12 hex of the manifest's SHA-256>.json`."""
    return f"{HISTORY}/{history_moment(created_at)}-{hashlib.sha256(body).hexdigest()[:12]}.json"


def history_moment(moment: dt.datetime) -> str:
    """`20251201T101530123456Z`, which sorts by time. ValueError for one that is beyond the calendar in UTC."""
    try:
        return moment.astimezone(dt.timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
    except OverflowError:
        raise ValueError("its created_at is beyond the calendar") from None


def parse_manifest(key: ArtifactKey, body: bytes, uri: str) -> Manifest:
    """A manifest that is valid and belongs to `key`; CorruptArtifactError otherwise."""
    found = manifest_of(key, body)
    if isinstance(found, str):
        raise corrupt(key, uri, found)
    return found


def manifest_of(key: ArtifactKey, body: bytes) -> Manifest | str:
    """A manifest that is valid and belongs to `key`, or why there is none in these bytes."""
    try:
        manifest = Manifest.model_validate_json(body)
    except ValueError:
        return "it is not a valid manifest"
    return mismatch(key, manifest) or manifest


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
    for name, value in key.values:
        if name in parameters and _told(parameters[name]) != value:
            return f"the manifest states another {name}"
    return ""


def _told(value: object) -> str | None:
    """What a path tells of a value; None where it can be none that is hashed."""
    try:
        return value_text(value)
    except ValueError:
        return None


def refuse_other_identity(key: ArtifactKey, manifest: Manifest, uri: str) -> None:
    """SharedRunIdError where the manifest, found at `uri`, is of other parameters than those the key was made of."""
    if key.identity is None or same_identity(manifest.parameters, key.identity):
        return
    names = sorted(
        name
        for name in {**manifest.parameters, **key.identity}
        if manifest.parameters.get(name) != key.identity.get(name)
    )
    stored, asked = (
        ", ".join(f"{name}={values.get(name)}" for name in names)
        for values in (manifest.parameters, key.identity)
    )
    raise SharedRunIdError(
        f"{uri}: two parameter sets share the run_id {key.run_id} on {key.as_of}. Stored is the one with {stored}; asked "
        f"for is the one with {asked}. The stored one was not used and stays as it is. Change a parameter, such as the seed."
    )


def difference(stored: StoredFile, data: bytes | None) -> str:
    """How `data` differs from what the manifest says of it, or nothing."""
    if data is None:
        return "the file is missing"
    if len(data) != stored.bytes:
        return f"it has {count(len(data), 'byte')}, the manifest says {stored.bytes}"
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        return "its SHA-256 is not the one in the manifest"
    return ""


def corrupt(key: ArtifactKey, uri: str, problem: str) -> CorruptArtifactError:
    """The error for a bad file: where it is, what is wrong, what to do."""
    return CorruptArtifactError(
        f"{uri} is corrupt: {problem}. It was not loaded. To see what else is: ml-assets verify. In its environment, "
        f"{how_to_make(key, again=' again')}"
    )


def corrupt_history(uri: str, problem: str) -> CorruptArtifactError:
    """The error for a bad file of the history, which the artifact beside it does not need."""
    return CorruptArtifactError(
        f"{uri} is corrupt: {problem}. It only tells of a commit; the artifact beside it is not concerned. "
        "Set it aside: ml-assets verify --repair."
    )


def how_to_make(key: ArtifactKey, *, again: str = "") -> str:
    """What to do for an artifact to be there: a command, with all parameters where they are known."""
    pipeline = key.pipeline
    if pipeline and key.identity is not None:
        with contextlib.suppress(ValueError):  # it is an asset of others, with parameters of its own
            parameters = pipeline.parameters.model_validate(dict(key.identity))
            return f"train it{again}: {run_command(parameters, key.as_of, pipeline=pipeline)}"
    words = [word for name, value in reversed(key.values) for word in flag_words(name, value)]
    named = ["--pipeline", key.folder] if key.folder else []
    at = shlex.join([*words, "--as-of", str(key.as_of), *named])
    return f"train it{again}: ml-assets run {at}, with the other parameters of run {key.run_id}"
