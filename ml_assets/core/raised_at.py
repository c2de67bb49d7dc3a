"""Where an error comes from: the file and line of somebody else's code, and its kind; nothing that may hold a value."""

import sys
import traceback

LIBRARY = str(__package__).partition(".")[0]


def raised_at(error: BaseException) -> str:
    """`/home/ada/shop/demand.py, line 3: ModuleNotFoundError`, and what an import or the syntax lacks."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: {type(error).__name__}: {error.msg}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame.filename)]
    place = f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""
    missing = f": {error}" if isinstance(error, ImportError) else ""
    return f"{place}{type(error).__name__}{missing}"


def _is_ours(file: str) -> bool:
    """Whether a file is of this library, or of what imports modules."""
    folder = str(getattr(sys.modules[LIBRARY], "__file__", "")).rpartition("__init__")[0]
    shipped = f"{folder}pipelines"
    is_library = bool(folder) and file.startswith(folder) and not file.startswith(shipped)
    return is_library or file.startswith("<frozen importlib") or "importlib/__init__" in file
