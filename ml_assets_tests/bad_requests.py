"""Request files of every kind of badness, drawn from a seed: none of them asks for a run, and each can be told."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

from ml_assets_tests.odd_files import ODD

DAY = "as_of = 2025-12-01\n"
PARAMETERS = ("dataset", "model_version", "source", "lookback_days", "C", "seed", "max_depth", "features")
NOT_A_DAY = (
    "true",
    "17",
    "1e400",
    "[]",
    "{}",
    '"tomorrow"',
    '""',
    "2025-02-30",
    "99999-01-01",
    "2025-12-01T08:00:00Z",
)
WRONG = ("[1, [2]]", "{a = 1}", "nan", "-inf", '"\\u0000"', "9223372036854775808", '""', "2025-12-01")

Draw = Callable[[random.Random], bytes]


def _text(make: Callable[[random.Random], str]) -> Draw:
    return lambda rng: make(rng).encode()


def _deep(rng: random.Random) -> str:
    levels = rng.randint(50, 20_000)
    return '{"as_of": ' + "[" * levels + "]" * rng.choice([0, levels]) + "}"


def _many_keys(rng: random.Random) -> str:
    return "".join(f"k{number} = {number}\n" for number in range(rng.randint(2_000, 40_000)))


def _twice(rng: random.Random) -> str:
    name = rng.choice(PARAMETERS)
    return f'{{"as_of": "2025-12-01", "{name}": 1, "{name}": 2}}'


TOML: dict[str, Draw] = {
    "nothing": lambda _: b"",
    "any bytes": lambda rng: rng.randbytes(rng.randint(1, 4_000)),
    "zeros": lambda rng: bytes(rng.randint(1, 5_000)),
    "another encoding": lambda _: DAY.encode("utf-16"),
    "half a file": lambda rng: DAY.encode()[: rng.randint(1, 8)],
    "too large": lambda rng: b"#" * 1_000_001 + b"\n" * rng.randint(0, 9),
    "no day": _text(lambda rng: f"seed = {rng.randint(0, 99)}\n"),
    "a day that is none": _text(lambda rng: f"as_of = {rng.choice(NOT_A_DAY)}\n"),
    "a number of many digits as a day": _text(lambda rng: f"as_of = 0x{'f' * rng.randint(4_000, 9_000)}\n"),
    "a number of many digits": _text(lambda rng: f"{DAY}seed = 0x{'f' * rng.randint(4_000, 9_000)}\n"),
    "a day to come": _text(lambda rng: f"as_of = {rng.randint(2100, 9999)}-01-01\n"),
    "a day too early": _text(lambda rng: f"as_of = {rng.randint(1, 2024):04d}-01-01\n"),
    "a range backwards": _text(lambda rng: f"from = 2025-12-{rng.randint(10, 28)}\nto = 2025-12-01\n"),
    "a wrong value": _text(lambda rng: f"{DAY}{rng.choice(PARAMETERS)} = {rng.choice(WRONG)}\n"),
    "an unknown name": _text(lambda rng: f"{DAY}sed{rng.randint(0, 99)} = 1\n"),
    "many unknown names": _text(_many_keys),
    "a long dotted key": _text(lambda rng: f"{DAY}{'.'.join(['a'] * rng.randint(1_000, 20_000))} = 1\n"),
    "a key of many characters": _text(lambda rng: f"{DAY}{'k' * rng.randint(10_000, 400_000)} = 1\n"),
    "a secret": _text(lambda _: f'{DAY}source = "AKIAIOSFODNN7EXAMPLE"\n'),
    "a terminal's command": _text(lambda _: f'{DAY}"\\u001b[31m" = 1\nsource = "\\u001b[2J"\n'),
    "an unknown preset": _text(lambda rng: f'{DAY}preset = "{"p" * rng.randint(1, 9_000)}"\n'),
    "an unknown environment": _text(lambda rng: f"{DAY}environment = {rng.choice(WRONG)}\n"),
}
YAML: dict[str, Draw] = {
    "aliases": _text(lambda _: "a: &a [x, x]\nb: &b [*a, *a]\nas_of: [*b, *b]\n"),
    "an endless alias": _text(lambda _: "dataset: &a\n  x: *a\n"),
    "a tag": _text(
        lambda rng: (
            f'as_of: 2025-12-01\nseed: !!{rng.choice(["int", "python/object/apply:os.system"])} ["ls"]\n'
        )
    ),
    "a base of sixty": _text(lambda rng: f"as_of: 2025-12-01\nseed: 1{':59' * rng.randint(100, 50_000)}\n"),
    "no mapping": _text(lambda rng: "- 1\n" * rng.randint(1, 2_000)),
    "two documents": _text(lambda _: "as_of: 2025-12-01\n---\nas_of: 2025-12-01\n"),
}
JSON: dict[str, Draw] = {
    "depth": _text(_deep),
    "a name twice": _text(_twice),
    "a word": _text(lambda rng: json.dumps(rng.choice([None, True, 1, "x", [], [{}]]))),
    "no number": _text(
        lambda rng: f'{{"as_of": "2025-12-01", "C": {rng.choice(["NaN", "-Infinity", "1e999"])}}}'
    ),
    "half a character": _text(lambda _: '{"as_of": "2025-12-01", "source": "\\ud800"}'),
}
CONTENTS = [*((".toml", draw) for draw in TOML.values()), *((".yaml", draw) for draw in YAML.values())]
CONTENTS += [(".json", draw) for draw in JSON.values()]


def lay_bad_requests(folder: Path, *, seed: int, count: int, moment: float) -> None:
    """Write as many of them, each kind in its turn; one in five of the sound names has a time in the future."""
    rng = random.Random(seed)
    kinds = [*CONTENTS, *ODD.values()]
    for number in range(count):
        kind = kinds[number % len(kinds)]
        if len(kind) == 2:
            _lay_file(folder, f"bad{number}{kind[0]}", kind[1](rng), rng=rng, moment=moment)
        else:
            _lay_odd(folder, number, kind)


def _lay_file(folder: Path, name: str, content: bytes, *, rng: random.Random, moment: float) -> None:
    name = rng.choice(["", "", "", "", "\u202e", "ünï ", "l" * 230]) + name
    path = folder / name
    path.write_bytes(content)
    written = moment + rng.choice([-3600, -3600, -3600, -60, 10_000_000])
    os.utime(path, (written, written))


def _lay_odd(folder: Path, number: int, kind: tuple[Callable[[Path], object], str, str]) -> None:
    """Made in a folder of its own, so that no name is there twice, and then moved."""
    make, name, _ = kind
    place = folder.parent / f"made{number}"
    place.mkdir()
    make(place)
    raw = os.fsencode(name)
    os.rename(  # noqa: PTH104  # a name that is no text
        os.fsencode(place) + b"/" + raw, os.fsencode(folder) + b"/" + f"{number}".encode() + raw
    )
