"""Which pipeline a name means: MODULE:NAME, a name of the settings or of an installed package, or nothing at all."""

import sys
from collections.abc import Mapping
from pathlib import Path

from ml_assets.core.environment import ANY, safe_name
from ml_assets.core.nearest import nearest
from ml_assets.core.pipeline import Declared
from ml_assets.core.references import default_pipeline, find_pipeline, installed_pipelines
from ml_assets.errors import RefusedError, SettingsError
from ml_assets.settings import Settings


def pipeline_named(name: str, settings: Settings) -> Declared:
    """The pipeline that a name means; with no name the first of the settings, and where they name none, the shipped one.

    The working directory is searched for MODULE as Python itself does for a script.

    Raises:
        RefusedError: there is no such pipeline, and the known ones are listed; or its module cannot be loaded.
        MlAssetsError: what it declares is refused.
    """
    if not name:
        return _load(settings.first_pipeline) if settings.first_pipeline else default_pipeline()
    if ":" in name:
        return _load(name)
    known = known_pipelines(settings)
    if name not in known:
        near = nearest(name, known)
        hint = f" Did you mean {near}?" if near else ""
        raise RefusedError([f"pipeline: unknown. Allowed: {', '.join(known)}, or MODULE:NAME.{hint}"])
    return known[name]


def known_pipelines(settings: Settings) -> Mapping[str, Declared]:
    """Every pipeline that settings and installed packages name, by its own name; those of the settings come first."""
    references = dict.fromkeys([*settings.pipelines, *installed_pipelines().values()])
    found: dict[str, Declared] = {}
    for pipeline in map(_load, references):
        found.setdefault(pipeline.name, pipeline)
    return found


def refuse_unknown_overrides(settings: Settings) -> None:
    """SettingsError where an environment lets launches give what is a parameter of no known pipeline."""
    named = {place: set(held.overrides) - {ANY} for place, held in settings.environments.items()}
    if not any(named.values()):
        return  # no pipeline is loaded
    pipelines = [pipeline_named("", settings), *known_pipelines(settings).values()]
    fields = dict.fromkeys(name for pipeline in pipelines for name in pipeline.parameters.model_fields)
    known = ", ".join(fields)
    if problems := [
        f"environments.{place}.overrides: unknown: {', '.join(map(safe_name, sorted(wrong)))}. Allowed: * for all, or {known}"
        for place, names in named.items()
        if (wrong := names - fields.keys())
    ]:
        raise SettingsError("\n".join(["Settings cannot be used:", *problems]))


def _load(reference: str) -> Declared:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    return find_pipeline(reference)
