"""Pipelines whose parameters are of every type, and whose texts are hostile: for the form, which knows none of them."""

import datetime as dt
import math
import struct
from typing import Annotated, Any, Literal

from pydantic import ValidationError

from ml_assets import Field, Parameters, Pipeline, omitted_when, used_when
from ml_assets.core.field_types import field_type
from ml_assets.core.marks import is_used

LETTERS = (
    "a",
    "Z",
    "7",
    "_",
    "-",
    ".",
    "/",
    " ",
    "'",
    '"',
    "\\",
    "$",
    "#",
    ":",
    "&",
    "=",
    "+",
    "%",
    ",",
    "é",
    "e\u0301",
    "Å",
    "ß",
    "中",
    "😀",
)
WORDS = ("yes", "null", "1e3", "0x1f", "2025-12-01", "~", "- x", "x: y", "", "true", "Off", "=", "@x")
HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>\u2028\u202e\"'`&amp;{{7*7}}"


class First(Parameters):
    """What decides the first asset."""

    mode: Literal["plain", "yes", "null", "a b", "1e3"] = Field("plain", description="How")
    order: Literal[1, 2, 3, 5, 8, 13] = Field(2, description="Which order")
    count: int = Field(0, ge=-(2**53) + 1, le=2**53 - 1, description="A whole number")
    later: Annotated[float, omitted_when(0.5)] = Field(1.0, ge=0, le=1, description="One that came later")


class All(First):
    """What decides the rest."""

    level: float = Field(1.0, ge=-1e300, le=1e300, description="Any number")
    tiny: float = Field(1e-5, gt=0, lt=1, description="A small number")
    step: int = Field(4, ge=0, le=1000, multiple_of=4, description="In steps")
    note: str = Field("nothing", pattern="^[^\n]*$", max_length=30, description="Any text on one line")
    flag: bool = Field(False, description="Whether")
    hidden: list[Annotated[int, Field(ge=1, le=64)]] = Field(
        [6], min_length=1, max_length=4, description="Layers"
    )
    shares: list[Annotated[float, Field(ge=-10, le=10)]] = Field([], max_length=3, description="Shares")
    tags: list[Literal["red", "green, blue", "[x", " y"]] = Field(["red"], description="Tags")
    weights: dict[str, Annotated[float, Field(ge=0, le=1e9)]] = Field(
        {"b": 1.0, "a": 2.0}, max_length=4, description="Weights"
    )
    names: dict[str, Annotated[str, Field(pattern="^[a-z ]*$")]] = Field({}, description="Names")
    metric: Literal["mape", "mae"] = Field("mape", description="One that the shell has a flag of already")
    inner: Annotated[int, used_when(mode=("plain", "yes"))] = Field(
        1, ge=1, le=9, description="Not always used"
    )
    chained: Annotated[float, used_when(inner=(3, 4), flag=True)] = Field(
        0.25, ge=0, le=1, description="Seldom used"
    )


mixed = Pipeline("mixed", All, path=("mode", "order"))


@mixed.asset
def first(params: First, as_of: dt.date) -> dict[str, Any]:
    """What comes first."""
    return {"mode": params.mode}


@mixed.asset
def rest(params: All, first: dict[str, Any]) -> dict[str, Any]:
    """What comes then."""
    return {**first, "level": params.level}


weekly = Pipeline("weekly", First, every="week on monday")
weekly.asset(first)


class Odd(Parameters):
    """</script><b>odd</b>"""

    choice: Literal["plain", "</script><script>window.hacked = 3</script>", "\u202eevil", "a\u2028b"] = Field(
        "plain", description=HOSTILE
    )
    text: str = Field(
        "</textarea><svg onload=window.hacked=4>", pattern="^[^\n]*$", description="{{ config }} ${7*7} <!-- "
    )
    table: dict[str, Annotated[str, Field(pattern="^[^\n]*$")]] = Field(
        {"</script>": "<b>"}, description="javascript:window.hacked=5"
    )


odd = Pipeline("odd", Odd)


@odd.asset
def thing(params: Odd) -> dict[str, Any]:
    """</script><script>window.hacked = 6</script>"""
    return {"choice": params.choice}


def drawn(cls, rng, *, pools=None):
    """Sound parameters of any class; `pools` are what is drawn from for some fields, by name."""
    while True:
        names = [name for name in cls.model_fields if rng.random() < 0.5]
        values = {name: _value(cls.model_fields[name], (pools or {}).get(name), rng) for name in names}
        whole = {name: values.get(name, field.default) for name, field in cls.model_fields.items()}
        for name in list(cls.model_fields):
            if not is_used(name, whole, cls.model_fields):
                values.pop(name, None)
                whole[name] = cls.model_fields[name].default
        try:
            return cls.model_validate(values)
        except ValidationError:
            continue


def _value(field, pool, rng):
    if pool:
        return rng.choice(pool)
    kind = field_type(field)
    if kind.container:
        items = [_scalar(kind.item, rng) for _ in range(rng.randint(0, 4))]
        return items if kind.container == "list" else {_text(rng) or "k": item for item in items}
    return _scalar(kind, rng)


def _scalar(kind, rng):
    if kind.choices:
        return rng.choice(kind.choices)
    if kind.scalar is bool:
        return rng.random() < 0.5
    if kind.scalar is str:
        return rng.choice(("abc", "x y", "s1", "orders")) if rng.random() < 0.3 else _text(rng)
    if kind.scalar is int:
        return rng.choice(
            (
                kind.low,
                kind.high,
                rng.randint(kind.low, kind.high),
                rng.randint(max(kind.low, -9), min(kind.high, 99)),
            )
        )
    return _float(kind, rng)


def _float(kind, rng):
    """Any number of a range: even ones, those near its ends, and bits as they come."""
    low, high = kind.low, kind.high
    bits = struct.unpack("<d", rng.randbytes(8))[0]
    near = (low + rng.random() * (high - low)) if math.isfinite(high - low) else bits
    drawn = rng.choice(
        (
            low,
            high,
            bits,
            near,
            float(rng.randint(0, 20)),
            10.0 ** rng.randint(-12, 22),
            round(rng.random(), 2),
        )
    )
    return drawn if math.isfinite(drawn) and low <= drawn <= high else near if low <= near <= high else low


def _text(rng):
    return (
        rng.choice(WORDS)
        if rng.random() < 0.2
        else "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, 12)))
    )
