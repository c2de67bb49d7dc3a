"""The resources that functions take: each made once a process, of the settings of that process, and closed at its end."""

import os
import threading
from collections.abc import Collection, Iterable, Mapping
from multiprocessing.util import Finalize
from typing import Any

from ml_assets.core.pipeline import Declared
from ml_assets.core.resource import Resource, made_resource, name_of_resource
from ml_assets.errors import MlAssetsError, RefusedError, SettingsError
from ml_assets.settings import load_settings

_OPENED: dict[tuple[int, type[Resource]], tuple[Resource, Resource]] = {}
"""What is open, by process and class: what a fork inherits is another process's. Beside each, the settings it was made of."""
_LOCK = threading.Lock()


def resource_classes(pipeline: Declared, assets: Collection[str] | None = None) -> list[type[Resource]]:
    """The classes of the resources that assets take, by default all of the pipeline's; each once."""
    taken = (pipeline.assets[name] for name in pipeline.assets if assets is None or name in assets)
    return list(dict.fromkeys(cls for asset in taken for cls in asset.resources.values()))


def resource_problems(classes: Iterable[type[Resource]], *, given: Collection[str] = ()) -> list[str]:
    """One line for each thing that the settings lack or have wrong for these; those that are `given` need none."""
    wanted = [cls for cls in classes if name_of_resource(cls) not in given]
    settings = load_settings().resources if wanted else {}
    return [line for cls in wanted for line in made_resource(cls, settings.get(name_of_resource(cls), {}))[1]]


def given_problems(given: Collection[str], pipeline: Declared) -> list[str]:
    """One line where a resource is handed in that no asset of the pipeline takes."""
    pipelines = [pipeline, *pipeline.uses.values()]
    known = [name_of_resource(cls) for each in pipelines for cls in resource_classes(each)]
    wrong = sorted(set(given) - set(known))
    return (
        [f"resources: {', '.join(wrong)}: unknown. Allowed: {', '.join(known) or 'none'}."] if wrong else []
    )


def resource(cls: type[Resource], *, given: Mapping[str, Any]) -> Any:
    """The resource of a class: what was handed in, or what the settings make of it, opened once a process.

    Raises:
        RefusedError: the settings lack something for it.
        SettingsError: it cannot be opened.
    """
    name = name_of_resource(cls)
    if name in given:
        return given[name]
    made, problems = made_resource(cls, load_settings().resources.get(name, {}))
    if made is None:
        raise RefusedError(problems)
    with _LOCK:
        key = (os.getpid(), cls)
        settings, opened = _OPENED.get(key, (None, made))
        if settings != made:
            opened = made.model_copy()
            _open(opened, name)
            _OPENED[key] = made, opened
            Finalize(None, opened.close, exitpriority=1)  # a worker that was forked runs no `atexit`
        return opened


def _open(made: Resource, name: str) -> None:
    """Of a foreign error only the kind is told: clients like to repeat what they were given."""
    try:
        made.open()
    except MlAssetsError:
        raise
    except Exception as error:  # noqa: BLE001  (a client is foreign code, and may raise anything)
        raise SettingsError(
            f"resources.{name}: cannot be opened ({type(error).__name__}). Check its settings, and whether the service "
            "can be reached."
        ) from None
