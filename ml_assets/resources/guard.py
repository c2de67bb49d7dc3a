"""What was typed is what runs: refuse a run whose config names something that the run does not know.

Dagster drops such keys in some launches (asset backfills, `dg launch --assets`), so that a mistyped
`prams:` would run with the defaults.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ml_assets.errors import RefusedError

SECTIONS = ("resources", "ops", "execution", "loggers", "inputs")


def guard(run_config: Mapping[str, Any], *, resources: Iterable[str], ops: Iterable[str]) -> None:
    """Raise RefusedError naming each unknown key of a raw run config and the nearest known one."""
    problems = list(_unknown(run_config, SECTIONS, at=""))
    problems += _unknown(run_config.get("resources"), resources, at="resources.")
    problems += _unknown(run_config.get("ops"), ops, at="ops.")
    if problems:
        raise RefusedError(problems)


def given(run_config: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the parameters that were given, not left at their default."""
    params = _mapping(_mapping(run_config.get("resources")).get("params"))
    return tuple(sorted(_mapping(params.get("config"))))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _unknown(section: Any, known: Iterable[str], *, at: str) -> Iterator[str]:
    names = sorted(known)
    if section is not None and not isinstance(section, Mapping):
        yield f"{at or 'run config'}: not a mapping. Allowed: {', '.join(names)}."
        return
    for key in sorted(set(section or {}) - set(names)):
        near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
        hint = f"Did you mean {at}{near[0]}?" if near else f"Known: {', '.join(names)}."
        yield f"{at}{key}: unknown key in the run config. {hint}"
