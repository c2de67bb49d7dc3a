"""Where the definition of a function stands that is at hand: in a module, inside another function, in a notebook."""

import ast
import inspect
import linecache
import types
from collections.abc import Callable
from typing import Any

from ml_assets.pipeline.code_modules import DEFINED, Module, Statement
from ml_assets.pipeline.code_names import Definition, statements


def inside(module: Module, name: str, line: int) -> Module | None:
    """The body of the function or class of this name around a line, read like a module."""
    for item in module.bound.get(name, ()):
        node = item.node if isinstance(item, Statement) else None
        if isinstance(node, DEFINED) and _is_around(node, line):
            arguments = [item.arg for item in ast.walk(node) if isinstance(item, ast.arg)]
            return Module(
                module.name, module.package, node.body, parent=module, values=dict.fromkeys(arguments, ...)
            )
    return None


def around(module: Module, line: int) -> list[str]:
    """The names of the definitions around a line."""
    return [
        name
        for name in [*module.bound]
        if any(_is_around(item.node, line) for item in statements(Definition(module, name)))
    ]


def _is_around(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def in_memory(function: Callable[..., Any]) -> Module:
    """The cell of a notebook that a function was defined in; what other cells define is looked up where it runs."""
    function = inspect.unwrap(function)
    text = "".join(linecache.getlines(function.__code__.co_filename))
    body: list[ast.stmt] = [ast.Assign([ast.Name(function.__name__, ast.Store())], _compiled(function))]
    if text:
        body = ast.parse(text).body
    return Module(function.__module__, "", body, values=function.__globals__)


def _compiled(function: Callable[..., Any]) -> ast.expr:
    """What a function without any text does, and the names that it uses."""
    codes = [function.__code__]
    for code in codes:
        codes += [item for item in code.co_consts if isinstance(item, types.CodeType)]
    constants = [item for code in codes for item in code.co_consts if not isinstance(item, types.CodeType)]
    names = [name for code in codes for name in code.co_names if name in function.__globals__]
    does = f"{[code.co_code for code in codes]} {constants}"
    return ast.Tuple([ast.Constant(does), *(ast.Name(name, ast.Load()) for name in names)], ast.Load())
