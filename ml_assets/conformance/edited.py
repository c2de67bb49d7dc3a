"""A pipeline as it would be after an edit of its file: the file is copied, changed and loaded under another name."""

import ast
import importlib.util
import inspect
import itertools
import sys
from pathlib import Path
from types import ModuleType

from ml_assets.api import Pipeline
from ml_assets.conformance.report import NotAskedError

_NUMBERS = itertools.count()


def edited(pipeline: Pipeline, asset: str, folder: Path, *, line: str = "") -> Pipeline:
    """The pipeline out of a copy of its file in which the function of an asset has another docstring.

    Args:
        pipeline: at the top level of a module.
        asset: the one whose function is edited.
        folder: where the copy is kept.
        line: a statement that is added as the first one of the function.

    Raises:
        NotAskedError: its file cannot be read, or not be loaded a second time.
    """
    function = inspect.unwrap(pipeline.assets[asset].function)
    module, _, name = pipeline.reference.partition(":")
    file = getattr(sys.modules.get(module), "__file__", None)
    if not file or module == "__main__":
        raise NotAskedError("it is found nowhere by name, so that its file cannot be edited")
    tree = ast.parse(Path(file).read_text("utf-8"))
    found = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function.__name__
    ]
    if not found or function.__module__ != module:
        raise NotAskedError(f"{asset}: its function is not defined in the file of the pipeline")
    _edit(found[-1], line)
    changed = getattr(_loaded(tree, sys.modules[module].__package__ or "", folder), name, None)
    if not isinstance(changed, Pipeline):
        raise NotAskedError(f"its file, loaded once more, has no {name}")
    changed._samples.update(pipeline.samples)  # noqa: SLF001  (those that other files declare)
    return changed


def _edit(function: ast.FunctionDef, line: str) -> None:
    documented = ast.get_docstring(function) is not None
    rest = function.body[1:] if documented else function.body
    docstring = ast.Expr(ast.Constant("Says something else."))
    function.body = [docstring, *ast.parse(line).body, *(rest or [ast.Pass()])]


def _loaded(tree: ast.Module, package: str, folder: Path) -> ModuleType:
    """The changed file; a part of the same package, so that relative imports lead where they did."""
    stem = f"conformance_copy_{next(_NUMBERS)}"
    path = folder / f"{stem}.py"
    path.write_text(ast.unparse(ast.fix_missing_locations(tree)), "utf-8")
    named = f"{package}.{stem}" if package else stem
    spec = importlib.util.spec_from_file_location(named, path)
    assert spec is not None
    assert spec.loader is not None
    copied = importlib.util.module_from_spec(spec)
    sys.modules[named] = copied
    try:
        spec.loader.exec_module(copied)
    except Exception as error:  # noqa: BLE001  (what a file does when it is loaded once more is its own affair)
        del sys.modules[named]
        raise NotAskedError(f"its file cannot be loaded once more ({type(error).__name__})") from None
    return copied
