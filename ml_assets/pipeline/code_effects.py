"""Statements that change what others define: entries of registries, and what a module does when it is loaded."""

import ast
from collections.abc import Iterator

from ml_assets.pipeline.code_modules import DEFINED, Imported, Module, Statement
from ml_assets.pipeline.code_names import Definition, Names, is_function, statements
from ml_assets.pipeline.code_text import scope_of

CHANGES = frozenset(
    [
        "add",
        "append",
        "appendleft",
        "extend",
        "insert",
        "pop",
        "popitem",
        "register",
        "remove",
        "setdefault",
        "subscribe",
        "update",
        "__setitem__",
    ]
)


class Effects:
    """What statements act on.

    Args:
        names: where names lead.
    """

    def __init__(self, names: Names) -> None:
        self.names = names

    def of_module(
        self, module: Module
    ) -> Iterator[tuple[Statement | str, frozenset[tuple[Module, str]] | None]]:
        """Each statement or definition that acts on something, and the definitions it acts on; None for whatever is loaded."""
        for statement in module.effects:
            value = statement.node.value if isinstance(statement.node, ast.Expr) else None
            if value is not None and self.names.is_declaration(module, value):
                continue
            acted_on = frozenset(self._acted_on(module, statement.node))
            if acted_on or module.parent is None:
                yield statement, acted_on or None
        for name, targets in [*module.bound.items()]:
            nodes = [item.node for item in targets if isinstance(item, Statement)]
            acted_on = frozenset(
                item for node in nodes if isinstance(node, DEFINED) for item in self._registered(module, node)
            )
            if acted_on:
                yield name, acted_on

    def _registered(
        self, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> Iterator[tuple[Module, str]]:
        """What a definition is entered in: by a decorator, or by a base class that keeps its subclasses."""
        for decorator in node.decorator_list:
            if not self.names.is_declaration(module, decorator):
                inner = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
                yield from self._acted_on(module, inner)
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            for definition in self._definitions(module, base):
                if any(_keeps_subclasses(item.node) for item in statements(definition)):
                    yield definition.module, definition.name

    def _acted_on(self, module: Module, node: ast.AST) -> Iterator[tuple[Module, str]]:
        for item in ast.walk(node):
            if isinstance(item, ast.Subscript | ast.Attribute) and not isinstance(item.ctx, ast.Load):
                yield from self._bases(module, item)
            elif isinstance(item, ast.Call):
                yield from self._called(module, item)

    def _called(self, module: Module, call: ast.Call) -> Iterator[tuple[Module, str]]:
        for definition in self._definitions(module, call.func):
            if is_function(definition) and not definition.rest:
                yield from self._changed_by(definition, frozenset())
            else:
                yield definition.module, definition.name
        for argument in call.args:
            for definition in self._definitions(module, argument):
                if not is_function(definition):
                    yield definition.module, definition.name

    def _changed_by(
        self, function: Definition, seen: frozenset[tuple[Module, str]]
    ) -> Iterator[tuple[Module, str]]:
        """The definitions outside of it that a function changes when it is called."""
        key = (function.module, function.name)
        nodes = [item.node for item in statements(function) if isinstance(item.node, DEFINED)]
        for node in nodes if key not in seen else ():
            arguments = {item.arg for item in ast.walk(node) if isinstance(item, ast.arg)}
            scope = scope_of(function.module, node.body)
            for item in ast.walk(node):
                name = _changed_name(item)
                if name and name not in scope.names | arguments:
                    yield from self._of_name(function.module, name)
                elif isinstance(item, ast.Call) and isinstance(item.func, ast.Name | ast.Attribute):
                    for inner in self._definitions(function.module, item.func):
                        if is_function(inner):
                            yield from self._changed_by(inner, seen | {key})
            for name in scope.outer:
                yield from self._of_name(function.module, name)

    def _of_name(self, module: Module, name: str) -> Iterator[tuple[Module, str]]:
        for target in self.names.named(module, name):
            if isinstance(target, Definition):
                yield target.module, target.name

    def _bases(self, module: Module, node: ast.AST) -> Iterator[tuple[Module, str]]:
        while isinstance(node, ast.Subscript | ast.Attribute):
            node = node.value
        yield from ((item.module, item.name) for item in self._definitions(module, node))

    def _definitions(self, module: Module, node: ast.AST) -> list[Definition]:
        targets = self.names.expression(module, node)
        return [target for target in targets if isinstance(target, Definition)]


def _changed_name(node: ast.AST) -> str:
    """The name whose items or attributes a statement assigns to, or of which a method is called that changes it."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
        node = node.func.value
    elif not isinstance(node, ast.Subscript | ast.Attribute) or isinstance(node.ctx, ast.Load):
        return ""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _keeps_subclasses(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any(
        isinstance(item, ast.FunctionDef) and item.name == "__init_subclass__" for item in node.body
    )


def loaded_for_what_they_do(module: Module, names: Names) -> Iterator[Module]:
    """Modules that a module imports and never names: they are loaded for what they do, as plugins are."""
    candidates = {
        name: loaded
        for name, targets in module.bound.items()
        for item in targets
        if isinstance(item, Imported) and (loaded := _module_of(item, names))
    }
    if candidates:
        used = {item.id for node in module.body for item in ast.walk(node) if isinstance(item, ast.Name)}
        yield from (loaded for name, loaded in candidates.items() if name not in used)


def _module_of(imported: Imported, names: Names) -> Module | None:
    """The module of the project that an import statement binds; None where it binds something of one, or of none."""
    source = names.module(imported.module)
    if source is None or not imported.name:
        return source
    inner = f"{imported.module}.{imported.name}"
    return names.module(inner) if imported.name not in source.bound and names.exists(inner) else None
