"""What commands keep in the user's cache folder, to be quicker the next time: it may be deleted at any time."""

import os
import tempfile
from pathlib import Path


def cache_folder(name: str) -> Path | None:
    """The folder of that name among those of ml_assets, which need not exist; None where the user has no cache folder.

    It is under `$XDG_CACHE_HOME`, by default `~/.cache`; one that is not absolute counts for none.
    """
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return Path(base, "ml_assets", name) if os.path.isabs(base) else None  # noqa: PTH117


def replace_file(path: Path, *parts: "bytes | memoryview") -> None:
    """Let a file consist of these parts, whole or not at all, whoever else writes it; it may not outlive a power cut.

    Raises:
        OSError: it cannot be written; then nothing has changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
