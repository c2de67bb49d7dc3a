"""Registries that installed packages add to, by entry points."""

from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import TypeVar

from ml_assets.core.foreign_text import visible
from ml_assets.errors import DefinitionError

Entry = TypeVar("Entry")


def with_installed(group: str, shipped: Mapping[str, Entry]) -> Mapping[str, Entry]:
    """The entries of a registry, and behind them those that installed packages name under entry points of a group.

    Where a parameter chooses an entry, as in `MODELS[params.model]`, the code version of an asset follows the chosen one
    into the package that it comes from; others count for nothing.

    Args:
        group: of the entry points; the name of each is that of its entry, and it names an object of the same class.
        shipped: the entries that are here already; at least one.

    Raises:
        DefinitionError: with one line for each entry that cannot be used.
    """
    found, problems = dict(shipped), list[str]()
    kind = type(next(iter(shipped.values())))
    for point in sorted(points(group), key=lambda point: (point.name, point.value)):
        where = f"{visible(point.name)} ({visible(point.value)}, entry point of {group})"
        if point.name in found:
            problems.append(f"{where}: the name is taken. Give the entry point another name.")
            continue
        try:
            entry = point.load()
        except Exception as error:  # noqa: BLE001  (what a package does while it is loaded is foreign code)
            problems.append(
                f"{where}: cannot be loaded ({type(error).__name__}: {visible(str(error))}). Mend the package, or uninstall it."
            )
            continue
        if isinstance(entry, kind):
            found[point.name] = entry
        else:
            problems.append(f"{where}: is no {kind.__name__}. Name one there.")
    if problems:
        raise DefinitionError("\n".join(problems))
    return found


def reference_of(group: str, name: str) -> str:
    """Where the entry of a name is found, `package.module:name`; "" where no installed package names one."""
    return next((point.value for point in points(group) if point.name == name), "")


def points(group: str) -> Iterator[metadata.EntryPoint]:
    """The entry points of a group; one that two folders of one distribution name alike is one."""
    found = metadata.entry_points(group=group)
    yield from {(point.name, point.value): point for point in found}.values()
