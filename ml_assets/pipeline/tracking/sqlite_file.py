"""Opening a SQLite tracking store: quickly refused where it cannot be, and by one process at a time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

PREFIX = "sqlite:///"
PATIENCE = 30.0  # seconds that one process waits while another makes the tables: ten on a busy machine


@contextmanager
def opened_alone(uri: str) -> Iterator[None]:
    """While MLflow opens the file of `uri`, and makes its tables where there are none, no other process does.

    Two that make the tables at once leave a file that neither can use. Where SQLite itself cannot open the file this
    raises sqlite3.Error or OSError at once; MLflow would try again for minutes. Other URIs need none of it.
    """
    if not uri.startswith(PREFIX):
        yield
        return
    path = Path(uri.removeprefix(PREFIX).partition("?")[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as file:
        file.execute("SELECT count(*) FROM sqlite_master").fetchall()
    with closing(sqlite3.connect(f"{path}.lock", timeout=PATIENCE, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
