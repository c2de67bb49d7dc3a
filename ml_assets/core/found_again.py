"""How another process finds a pipeline: by its module and name, be the module a script or on no path.

A process that works for a script has another `__main__`. The script is loaded there from its file, under the name that
multiprocessing gives it, and so is a module that only the folder of the first process led to.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

_SCRIPT = "__mp_main__"  # the name that a script has in the processes it starts, as multiprocessing has it
_loading: list[object] = []


def script_is_loading() -> bool:
    """Whether the script is being loaded for the first time in this process, which works for it."""
    return sys.modules.get(_SCRIPT) in _loading


def found_again(reference: str, file: str = "") -> Any:
    """The pipeline of a reference; `file` is what defines it, for a script and what is on no path."""
    module, _, name = reference.partition(":")
    return getattr(_module(module, file), name)


def _module(name: str, file: str) -> ModuleType:
    known = sys.modules.get(name)
    if known is not None and (name != "__main__" or getattr(known, "__file__", "") == file):
        return known
    if name == "__main__":
        return _of_file(file, _SCRIPT)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name or not file:
            raise
    return _of_file(file, name)


def _of_file(file: str, name: str) -> ModuleType:
    """A module that is loaded from its file; a script is what it was started as, whose classes are then found there."""
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{name}: there is no module in {file}", name=name)
    sys.modules[name] = made = importlib.util.module_from_spec(spec)
    if name == _SCRIPT:
        sys.modules["__main__"] = made
    _loading.append(made)
    try:
        spec.loader.exec_module(made)
    finally:
        _loading.remove(made)
    return made
