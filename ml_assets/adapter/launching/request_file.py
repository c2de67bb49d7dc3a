"""One request file: which runs it asks for, or every reason why it is refused."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml_assets.adapter.parameters import refuse
from ml_assets.adapter.view import View
from ml_assets.core import as_of as days
from ml_assets.core.options import DEFAULT
from ml_assets.core.secrets import looks_like_credential
from ml_assets.errors import RefusedError
from ml_assets.parameter_files import parse_parameters
from ml_assets.presets import Preset, load_preset
from ml_assets.settings import Settings

MAX_DAYS = 366
DAYS = ("as_of", "from", "to")
TABLE = "parameters"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a sound request file asks for.

    Attributes:
        given: the parameters, the preset's among them; what the file states itself wins.
        days: each as_of, in order.
        environment: where the artifacts go, or `default`.
        preset: the preset's name, or "".
    """

    given: Mapping[str, Any]
    days: tuple[dt.date, ...]
    environment: str = "default"
    preset: str = ""


def read_order(data: bytes, *, name: str, view: View, settings: Settings, now: dt.datetime) -> Order:
    """The order in the bytes of a request file, or RefusedError with all problems, and no value among them."""
    values = parse_parameters(data, name=name)
    table = _table(values, view)
    asked = {key: values.pop(key) for key in DAYS if key in values}
    environment, preset_name = values.pop("environment", "default"), values.pop("preset", "")
    preset, problems = _preset(preset_name, view, settings)
    given = {**(preset.parameters if preset else {}), **table, **values}
    try:
        refuse(given, view=view)
    except RefusedError as error:
        problems += error.problems
    problems += _environment_problems(environment, settings)
    wanted, wrong = _days(asked, first=settings.first_as_of, now=now)
    problems += wrong
    if problems:
        raise RefusedError(problems)
    return Order(given=given, days=wanted, environment=environment, preset=preset.name if preset else "")


def _table(values: dict[str, Any], view: View) -> Mapping[str, Any]:
    """The parameters in a table of their own, taken out: so can one be given that is named like a day or a preset."""
    if TABLE in view.pipeline.parameters.model_fields or not isinstance(values.get(TABLE), Mapping):
        return {}
    table: Mapping[str, Any] = values.pop(TABLE)
    return table


def _preset(name: Any, view: View, settings: Settings) -> tuple[Preset | None, list[str]]:
    if name == "":
        return None, []
    if not isinstance(name, str):
        return None, ["preset: not text. Allowed: the name of a preset."]
    try:
        return load_preset(name, view.folder_in(settings.presets), cls=view.pipeline.parameters), []
    except RefusedError as error:
        return None, list(error.problems)


def _environment_problems(name: Any, settings: Settings) -> list[str]:
    known = [DEFAULT, *settings.environments]
    return [] if name in known else [f"environment: unknown. Allowed: {', '.join(known)}."]


def _days(
    asked: Mapping[str, Any], *, first: dt.date, now: dt.datetime
) -> tuple[tuple[dt.date, ...], list[str]]:
    """The days asked for, and what is wrong with them. None is implied: a file must mean the same at any time."""
    if set(asked) not in ({"as_of"}, {"from", "to"}):
        return (), ["as_of: state one day as as_of, or the first and the last one as from and to."]
    texts = {name: value if isinstance(value, str) else "" for name, value in asked.items()}
    read = {name: days.parse(text) for name, text in texts.items()}
    problems = []
    for name, day in read.items():
        if looks_like_credential(texts[name]):
            problems.append(f"{name}: looks like a credential. Give secrets by reference only.")
        elif problem := days.problem(day, now=now, first=first):
            problems.append(name + problem.removeprefix("as_of"))
    if problems:
        return (), problems
    start, end = read.get("as_of") or read["from"], read.get("as_of") or read["to"]
    assert start is not None
    assert end is not None
    return _span(start, end)


def _span(start: dt.date, end: dt.date) -> tuple[tuple[dt.date, ...], list[str]]:
    count = (end - start).days + 1
    if not 1 <= count <= MAX_DAYS:
        return (), [
            f"to: before from, or too long after it. Allowed: {start} to {start + dt.timedelta(days=MAX_DAYS - 1)}."
        ]
    return tuple(start + dt.timedelta(days=n) for n in range(count)), []
