"""Marked secrets, and a search for them in every byte that was written."""

import gzip
import os
import zlib

MARK = "c4n4ry"
TYPED = {
    "aws_key": "AKIAC4N4RYEXAMPLE123",
    "password": "zebra7c4n4ryhorse",
    "name": "c4n4ry_zebra",
    "token": "ghp_c4n4ryAbCdEf0123456789AbCdEf01",
    "url": "https://someone:c4n4rypass@example.org/x",
}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAC4N4RYENV0000001",
    "AWS_SECRET_ACCESS_KEY": "c4n4ry/AbCdEf0123456789/AbCdEf0123456789",
    "ML_ASSETS_WEBHOOK_URL": "http://127.0.0.1:9/services/T0/B0/c4n4ryhook",
    "POSTGRES_PASSWORD": "c4n4rypostgres",
}


def traces(data):
    """The places in some bytes where a marked secret stands, plain or packed, with what is around it."""
    found = []
    for text in _readings(data):
        lowered, at = text.lower(), -1
        while (at := lowered.find(MARK.encode(), at + 1)) >= 0:
            found.append(text[max(0, at - 80) : at + 60].decode(errors="replace"))
    return found


def _readings(data):
    """The bytes as they are, and unpacked where they are packed; SQLite keeps some of Dagster's rows packed."""
    yield data
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            yield unpack(data)
        except (OSError, EOFError, zlib.error):  # noqa: PERF203
            continue


def spread(root):
    """Path -> traces, for each file under a folder whose bytes or name hold a marked secret."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118
            with open(path, "rb") as file:  # noqa: PTH123
                seen = traces(file.read()) + (traces(os.fsencode(path)))
            if path.endswith(".db"):
                seen += _packed_cells(path)
            if seen:
                found[os.path.relpath(path, root)] = seen
    return found


def _packed_cells(path):
    """Traces in the cells of a SQLite file that are stored packed."""
    import contextlib
    import sqlite3

    found = []
    with contextlib.closing(sqlite3.connect(path)) as base:
        for (table,) in base.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in base.execute(f'select * from "{table}"'):
                for cell in row:
                    data = cell if isinstance(cell, bytes) else str(cell).encode()
                    found += traces(data) if isinstance(cell, bytes) or MARK in str(cell).lower() else []
    return found
