"""What was typed is what runs: refuse a run whose config names something that the run does not know.

Dagster drops such keys in some launches (asset backfills, `dg launch --assets`), so that a mistyped
`prams:` would run with the defaults. Text that it cannot read it drops whole in every backfill, and so it does
with the config of a job backfill that is run again: such a run looks like one for which nothing was typed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.core.nearest import first_of, nearest
from ml_assets.core.secrets import looks_like_credential
from ml_assets.errors import RefusedError

SECTIONS = ("resources", "ops", "execution", "loggers", "inputs")
INSIDE: Mapping[str, tuple[str, ...]] = {"resources": ("config",), "ops": ("config", "inputs", "outputs")}
BACKFILL_TAG = "dagster/backfill"
PARAMS = "params"
UNSTATED = (
    "resources.{params}: not stated. A backfill states its parameters, for Dagster drops a config that it cannot "
    "read. For the defaults: resources: {{{params}: {{config: {{}}}}}}"
)


def guard(
    run_config: Mapping[str, Any],
    *,
    resources: Iterable[str],
    ops: Iterable[str],
    tags: Mapping[str, str] = MappingProxyType({}),
    params: str = PARAMS,
    needed: Collection[str] = (),
    is_free: bool = True,
) -> None:
    """Raise RefusedError naming each unknown key of a raw run config and the nearest known one.

    The run of a backfill, which its tags tell, must state its parameters, be it as `{}`.

    Args:
        run_config: as it was launched.
        resources: those that the job has.
        ops: the steps that the job has.
        tags: of the run.
        params: the resource from which the run takes its parameters.
        needed: the resources that its steps take, where that is known: parameters that only another pipeline
            takes would be dropped.
        is_free: whether that resource takes any; where all are pinned, a backfill has none to state.
    """
    problems = list(_unknown(run_config, SECTIONS, at=""))
    for section, known in (("resources", resources), ("ops", ops)):
        named = run_config.get(section)
        problems += _unknown(named, known, at=f"{section}.")
        for name in sorted(set(_mapping(named)) & set(known)):
            problems += _unknown(_mapping(named)[name], INSIDE[section], at=f"{section}.{name}.")
    problems += _of_other_pipelines(run_config, resources, params=params, needed=needed)
    if is_free and not problems and BACKFILL_TAG in tags and not _states_parameters(run_config, params):
        problems.append(UNSTATED.format(params=params))
    if problems:
        raise RefusedError(problems)


def given(run_config: Mapping[str, Any], *, params: str = PARAMS) -> tuple[str, ...]:
    """The names of the parameters that were given, not left at their default."""
    return tuple(sorted(_config(run_config, params)))


def option(run_config: Mapping[str, Any], name: str) -> Any:
    """The value of an option in a raw run config, or None where it is not given."""
    return _config(run_config, "options").get(name)


def _states_parameters(run_config: Mapping[str, Any], params: str) -> bool:
    return isinstance(_mapping(_mapping(run_config.get("resources")).get(params)).get("config"), Mapping)


def _of_other_pipelines(
    run_config: Mapping[str, Any], resources: Iterable[str], *, params: str, needed: Collection[str]
) -> Iterator[str]:
    """One line for each other pipeline whose parameters were given to a run that makes nothing of it."""
    for name in sorted(resources):
        of_a_pipeline = name == PARAMS or name.endswith(f"_{PARAMS}")
        if of_a_pipeline and params in needed and name not in needed and _config(run_config, name):
            yield f"resources.{name}: no step of this run takes these parameters. Did you mean resources.{params}?"


def _config(run_config: Mapping[str, Any], resource: str) -> Mapping[str, Any]:
    return _mapping(_mapping(_mapping(run_config.get("resources")).get(resource)).get("config"))


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
