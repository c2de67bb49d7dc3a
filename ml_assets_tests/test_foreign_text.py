"""Names and words of others in our messages: nothing in them reaches a terminal as a command."""

import os

from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.foreign_text import visible


@given(st.text())
def test_what_is_shown_has_one_line_and_can_be_written_anywhere(text: str) -> None:
    shown = visible(text)
    assert shown.splitlines() in ([], [shown])
    assert shown.isprintable() or " " in shown or not shown.isascii()
    shown.encode("utf-8")


@given(st.binary(min_size=1))
def test_any_name_of_a_disk_is_shown(name: bytes) -> None:
    visible(os.fsdecode(name)).encode("utf-8")


def test_escapes_are_told_and_plain_names_stay() -> None:
    assert visible("días ü.toml") == "días ü.toml"
    assert visible("a\x1b[31m\nb\u202e") == r"a\x1b[31m\nb\u202e"
    assert visible(os.fsdecode(b"caf\xe9.toml")) == r"caf\xe9.toml"
    assert visible("one\ntwo\x07", keep="\n") == "one\ntwo\\x07"
    assert visible("x" * 400) == "x" * 300 + "…"
