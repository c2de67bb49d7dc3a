"""What was typed is what runs: refuse a run whose config names something that the run does not know.

Dagster drops such keys in some launches (asset backfills, `dg launch --assets`), so that a mistyped
`prams:` would run with the defaults. Text that it cannot read it drops whole in every backfill, and so it does
with the config of a job backfill that is run again: such a run looks like one for which nothing was typed.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.core.nearest import first_of, nearest
from ml_assets.core.secrets import looks_like_credential
from ml_assets.errors import RefusedError

SECTIONS = ("resources", "ops", "execution", "loggers", "inputs")
INSIDE: Mapping[str, tuple[str, ...]] = {"resources": ("config",), "ops": ("config", "inputs", "outputs")}
BACKFILL_TAG = "dagster/backfill"
UNSTATED = (
    "resources.params: not stated. A backfill states its parameters, for Dagster drops a config that it cannot "
    "read. For the defaults: resources: {params: {config: {}}}"
)


def guard(
    run_config: Mapping[str, Any],
    *,
    resources: Iterable[str],
    ops: Iterable[str],
    tags: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Raise RefusedError naming each unknown key of a raw run config and the nearest known one.

    The run of a backfill, which its tags tell, must state its parameters, be it as `{}`.
    """
    problems = list(_unknown(run_config, SECTIONS, at=""))
    for section, known in (("resources", resources), ("ops", ops)):
        named = run_config.get(section)
        problems += _unknown(named, known, at=f"{section}.")
        for name in sorted(set(_mapping(named)) & set(known)):
            problems += _unknown(_mapping(named)[name], INSIDE[section], at=f"{section}.{name}.")
    if not problems and BACKFILL_TAG in tags and not _states_parameters(run_config):
        problems.append(UNSTATED)
    if problems:
        raise RefusedError(problems)


def given(run_config: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the parameters that were given, not left at their default."""
    params = _mapping(_mapping(run_config.get("resources")).get("params"))
    return tuple(sorted(_mapping(params.get("config"))))


def option(run_config: Mapping[str, Any], name: str) -> Any:
    """The value of an option in a raw run config, or None where it is not given."""
    options = _mapping(_mapping(run_config.get("resources")).get("options"))
    return _mapping(options.get("config")).get(name)


def _states_parameters(run_config: Mapping[str, Any]) -> bool:
    return isinstance(_mapping(_mapping(run_config.get("resources")).get("params")).get("config"), Mapping)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _unknown(section: Any, known: Iterable[str], *, at: str) -> Iterator[str]:
    names = sorted(known)
    if section is not None and not isinstance(section, Mapping):
        yield f"{at or 'run config'}: not a mapping. Allowed: {', '.join(names)}."
        return
    keys, more = first_of(sorted(set(map(str, section or {})) - set(names)))
    for key in keys:
        if looks_like_credential(key):
            yield f"{at}(a key): looks like a credential. Give secrets by reference only."
            continue
        near = nearest(key, names, cutoff=0.5)
        hint = f"Did you mean {at}{near}?" if near else f"Known: {', '.join(names)}."
        yield f"{at}{visible(key)}: unknown key in the run config. {hint}"
    yield from more
