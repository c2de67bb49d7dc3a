"""Presets: named parameter sets, one TOML file each, checked like any others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.core.nearest import first_of, nearest
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import diagnose
from ml_assets.core.secrets import looks_like_credential
from ml_assets.errors import RefusedError
from ml_assets.parameter_files import is_parameter_file, read_file

SECTIONS = ("description", "subscribe", "parameters")
SUBSCRIPTIONS = ("daily", "landing")


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One named parameter set.

    Attributes:
        name: the name of its file, without `.toml`.
        description: one line for people.
        parameters: what it gives; all else is at its default.
        daily: whether it is trained each day, by the schedules.
        landing: whether it is trained when rows of its source and dataset land.
    """

    name: str
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    daily: bool = False
    landing: bool = False


def load_presets(folder: str | Path, *, cls: type[Parameters]) -> Mapping[str, Preset]:
    """Every preset of the folder by name; RefusedError names each file and problem. No folder, no presets."""
    presets, problems = read_presets(folder, cls=cls)
    if problems:
        raise RefusedError(problems)
    return presets


def read_presets(folder: str | Path, *, cls: type[Parameters]) -> tuple[Mapping[str, Preset], list[str]]:
    """The sound presets of the folder, and one line for each problem of the others."""
    try:
        read = {path.stem: _attempt(path, cls) for path in _files(folder)}
    except RefusedError as error:
        return {}, list(error.problems)
    presets = {name: found for name, found in read.items() if isinstance(found, Preset)}
    return presets, [
        line for found in read.values() if isinstance(found, RefusedError) for line in found.problems
    ]


def _attempt(path: Path, cls: type[Parameters]) -> Preset | RefusedError:
    try:
        return _read(path, cls)
    except RefusedError as error:
        return error


def load_preset(name: str, folder: str | Path | None = None, *, cls: type[Parameters]) -> Preset:
    """The preset of that name; RefusedError tells the nearest one, or what is wrong with its file.

    Without a folder, the one that the settings name.
    """
    if folder is None:
        from ml_assets.settings import load_settings  # late, so that a refusal elsewhere does not load it

        folder = load_settings().presets
    known = {path.stem: path for path in _files(folder)}
    if name not in known:
        near = nearest(name, known)
        hint = f" Did you mean {visible(near)}?" if near else ""
        shown, more = first_of([*known])
        names = ", ".join([*map(visible, shown), *(line.rstrip(".") for line in more)]) or f"none in {folder}"
        raise RefusedError([f"preset: unknown. Known: {names}.{hint}"])
    return _read(known[name], cls)


def _files(folder: str | Path) -> list[Path]:
    """The preset files of a folder, none where there is no such folder; RefusedError where it cannot be read."""
    try:
        found = [path for path in Path(folder).iterdir() if path.suffix == ".toml"]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RefusedError([f"presets: {folder} cannot be read ({error.strerror})."]) from None
    return sorted(path for path in found if is_parameter_file(path.name))


def _read(path: Path, cls: type[Parameters]) -> Preset:
    if visible(path.stem) != path.stem:
        raise RefusedError([f"{visible(str(path))}: its name holds what cannot be seen. Rename it."])
    content = read_file(path)
    assert isinstance(content, dict)  # TOML holds nothing else
    subscribe, parameters = content.get("subscribe", {}), content.get("parameters", {})
    problems = [*_unknown(content, SECTIONS, cls), *_about(content.get("description"))]
    problems += _unsound_subscriptions(subscribe, cls)
    if isinstance(parameters, dict):
        problems += diagnose(parameters, cls)[1]
    else:
        problems.append("parameters: not a table. Write [parameters] above them.")
    if problems:
        raise RefusedError([f"{path}: {line}" for line in problems])
    return Preset(
        name=path.stem, description=content["description"].strip(), parameters=parameters, **subscribe
    )


def _about(description: Any) -> list[str]:
    if not isinstance(description, str) or not description.strip():
        return ["description: missing. Say in one line what the preset is for."]
    if looks_like_credential(description):
        return ["description: looks like a credential. Give secrets by reference only."]
    return []


def _unsound_subscriptions(subscribe: Any, cls: type[Parameters]) -> list[str]:
    if not isinstance(subscribe, dict):
        return ["subscribe: not a table. Write [subscribe] above daily and landing."]
    wrong = [name for name in SUBSCRIPTIONS if not isinstance(subscribe.get(name, False), bool)]
    return [
        *_unknown(subscribe, SUBSCRIPTIONS, cls, at="subscribe."),
        *(f"subscribe.{name}: not true or false. Allowed: true, false." for name in wrong),
    ]


def _unknown(
    content: Mapping[str, Any], known: tuple[str, ...], cls: type[Parameters], *, at: str = ""
) -> list[str]:
    """One line for each name that has no meaning there; a parameter above its table is told where it belongs."""
    lines = []
    for name in content:
        if name in known:
            continue
        if looks_like_credential(name):
            lines.append("(a field name): looks like a credential. Give secrets by reference only.")
        elif name in cls.model_fields:
            lines.append(f"{at}{name}: a parameter outside its table. Write it below [parameters].")
        else:
            lines.append(f"{at}{visible(name)}: unknown. Known: {', '.join(known)}.")
    return lines
