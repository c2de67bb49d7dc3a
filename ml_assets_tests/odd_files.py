"""What may lie in a folder and is no file that a store can read: a way to make each, and what is told of it."""

import os
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

CONTROL = "its name holds a control character"
ABOVE = "a link into a folder that holds it"


def _file(name: bytes) -> Callable[[Path], None]:
    return lambda folder: Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"x") and None


def _link(to: str, *, name: str = "odd.toml") -> Callable[[Path], None]:
    return lambda folder: (folder / name).symlink_to(to)


def _socket(folder: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as endpoint:
        endpoint.bind(os.path.relpath(folder / "odd.toml"))


ODD: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a pipe": (lambda folder: os.mkfifo(folder / "odd.toml"), "odd.toml", "a named pipe"),
    "a socket": (_socket, "odd.toml", "a socket"),
    "a link to itself": (_link("odd.toml"), "odd.toml", "a link that leads to itself"),
    "a link to nowhere": (_link("nowhere"), "odd.toml", "a link that leads nowhere"),
    "a link through a file": (_link("good.toml/x"), "odd.toml", "a link that leads nowhere"),
    "a link to its folder": (_link("."), "odd.toml", ABOVE),
    "a link to the folder above": (_link(".."), "odd.toml", ABOVE),
    "a link to the root of the disk": (_link("/"), "odd.toml", ABOVE),
    "a link to a device": (_link("/dev/zero"), "odd.toml", "a link to a device"),
    "a terminal's command": (_file(b"\x1b[31modd.toml"), "\x1b[31modd.toml", CONTROL),
    "a tab": (_file(b"odd\t.toml"), "odd\t.toml", CONTROL),
    "a newline": (_file(b"odd\n.toml"), "odd\n.toml", CONTROL),
    "a rubout": (_file(b"odd\x7f.toml"), "odd\x7f.toml", CONTROL),
    "bytes that are no text": (_file(b"odd\xff.toml"), "odd\udcff.toml", "its name is not UTF-8"),
}
