"""One definition as a text that says what it does: without comments, positions, and names by which others are imported."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from ml_assets.pipeline.code_modules import DEFINED, Imported, Module, children, stored_names

NODE = (ast.AST, type(None))
IMPORTS = (ast.Import, ast.ImportFrom)
UNSAID = frozenset({"ctx", "kind", "type_comment", "type_params", "annotation", "returns", "decorator_list"})
READ_NO_ANNOTATIONS = frozenset(
    [
        "builtins.property",
        "builtins.staticmethod",
        "builtins.classmethod",
        "functools.cache",
        "functools.lru_cache",
        "functools.wraps",
        "functools.cached_property",
        "contextlib.contextmanager",
        "abc.abstractmethod",
        "typing.overload",
        "typing.override",
    ]
)


class Follow(Protocol):
    """What is asked about the names that a definition uses."""

    def name(self, module: Module, name: str, attributes: Sequence[str]) -> str:
        """What stands for a name of the module and the attributes behind it."""

    def imported(self, module: Module, imported: Imported, attributes: Sequence[str]) -> str:
        """What stands for something that is imported inside a function."""

    def attribute(self, name: str) -> None:
        """An attribute of something that is known at run time only."""

    def call(self, module: Module, node: ast.Call, function: str) -> None:
        """A call, and what stands for the function."""

    def is_parameters(self, module: Module, annotation: ast.expr) -> bool:
        """Whether an argument with this annotation holds the parameters of the asset."""

    def entry(self, module: Module, registry: ast.expr, field: str) -> str:
        """What stands for the one entry of a registry that a parameter chooses; "" where all of it counts."""

    def is_declaration(self, module: Module, decorator: ast.expr) -> bool:
        """Whether a decorator only declares the function as an asset or a check of a pipeline."""


@dataclass
class Scope:
    """The names that a function, class or comprehension has for itself; those that it imports lead further.

    `parameters` are the arguments that hold the parameters of the asset, and nothing else.
    """

    names: set[str]
    parameters: set[str] = field(default_factory=set)
    is_class: bool = False
    imported: dict[str, list[Imported]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)


class Writer:
    """Writes definitions of one module, and asks `follow` about each name that is not the definition's own."""

    def __init__(self, module: Module, follow: Follow) -> None:
        self.module = module
        self.follow = follow
        self.scopes: list[Scope] = []

    def write(self, node: ast.AST | None) -> str:
        """The text of a node; equal where two do the same with the same."""
        return "None" if node is None else WRITERS.get(type(node), Writer.plain)(self, node)

    def all(self, nodes: Sequence[ast.AST | None]) -> str:
        """The texts of several nodes."""
        return f"[{' '.join(filter(None, map(self.write, nodes)))}]"

    def plain(self, node: ast.AST) -> str:
        """A node by the name of its type and its fields; those that are empty are not told, so no version of Python matters."""
        parts = [type(node).__name__]
        for name, value in ast.iter_fields(node):
            if name in UNSAID or value is None or value == []:
                continue
            if isinstance(value, list):
                text = self.all(value) if isinstance(value[0], NODE) else repr(value)
            else:
                text = (
                    self.write(value) if isinstance(value, ast.AST) else f"{type(value).__name__} {value!r}"
                )
            parts.append(f"{name}={text}")
        return f"({' '.join(parts)})"

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> str:
        """A function by its name, the names of its arguments, their defaults and its body."""
        decorators = [] if isinstance(node, ast.Lambda) else self._decorators(node)
        arguments = [
            *node.args.posonlyargs,
            *node.args.args,
            *node.args.kwonlyargs,
            *filter(None, [node.args.vararg, node.args.kwarg]),
        ]
        head = f"{type(node).__name__} {getattr(node, 'name', '')} {'[' + ' '.join(decorators) + ']'} {self._arguments(node.args)}"
        if set(decorators) - READ_NO_ANNOTATIONS:
            head += self.all([item.annotation for item in arguments] + [getattr(node, "returns", None)])
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
        scope = scope_of(self.module, body)
        scope.parameters = {item.arg for item in arguments if self._is_parameters(item)} - scope.names
        scope.names |= {item.arg for item in arguments}
        with self.inside(scope):
            return f"({head} {self.all(body)})"

    def _is_parameters(self, argument: ast.arg) -> bool:
        return argument.annotation is not None and self.follow.is_parameters(self.module, argument.annotation)

    def _arguments(self, node: ast.arguments) -> str:
        kinds = (
            node.posonlyargs,
            node.args,
            [node.vararg] if node.vararg else [],
            node.kwonlyargs,
            [node.kwarg] if node.kwarg else [],
        )
        names = "/".join(",".join(item.arg for item in kind) for kind in kinds)
        return f"{names} {self.all(node.defaults)} {self.all(node.kw_defaults)}"

    def _decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[str]:
        kept = [item for item in node.decorator_list if not self.follow.is_declaration(self.module, item)]
        return [self.write(item) for item in kept]

    def class_(self, node: ast.ClassDef) -> str:
        """A class by its name, its bases, and its body with the annotations of its fields."""
        head = f"ClassDef {node.name} [{' '.join(self._decorators(node))}] {self.all(node.bases)} {self.all(node.keywords)}"
        scope = scope_of(self.module, node.body)
        scope.is_class = True
        with self.inside(scope):
            return f"({head} {self.all(node.body)})"

    def annotated(self, node: ast.AnnAssign) -> str:
        """An assignment with an annotation, which counts in the body of a class: pydantic and dataclasses read it."""
        is_field = bool(self.scopes) and self.scopes[-1].is_class
        if node.value is None and not is_field:
            return ""
        annotation = self.write(node.annotation) if is_field else ""
        return f"(Assign targets=[{self.write(node.target)}] value={self.write(node.value)}{annotation})"

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> str:
        """A comprehension, whose first iterable is read outside of it."""
        first = self.write(node.generators[0].iter)
        names = {name for item in node.generators for name in stored_names(item.target)}
        with self.inside(Scope(names)):
            return f"({first} {self.plain(node)})"

    def reference(self, node: ast.Name | ast.Attribute) -> str:
        """A name and the attributes behind it, by what they lead to."""
        attributes: list[str] = []
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            attributes.insert(0, base.attr)
            base = base.value
        if isinstance(base, ast.Name) and (isinstance(base.ctx, ast.Load) or self._is_outer(base.id)):
            return self._named(base.id, attributes)
        for name in attributes:
            self.follow.attribute(name)
        text = base.id if isinstance(base, ast.Name) else self.write(base)
        return ".".join([text, *attributes])

    def _named(self, name: str, attributes: Sequence[str]) -> str:
        for scope in reversed(self.scopes):
            if scope.is_class and scope is not self.scopes[-1]:
                continue  # methods do not see the names of their class
            if name in scope.outer:
                break
            if name in scope.imported:
                return "|".join(
                    self.follow.imported(self.module, item, attributes) for item in scope.imported[name]
                )
            if name in scope.names and not (scope.is_class and name in self.module.bound):
                for attribute in attributes:
                    self.follow.attribute(attribute)
                return ".".join([name, *attributes])
        return self.follow.name(self.module, name, attributes)

    def _is_outer(self, name: str) -> bool:
        return bool(self.scopes) and name in self.scopes[-1].outer

    def call(self, node: ast.Call) -> str:
        """A call; one that imports by name, or runs a text, leads where no one can follow."""
        function = self.write(node.func)
        self.follow.call(self.module, node, function)
        return f"(Call {function} {self.all(node.args)} {self.all(node.keywords)})"

    def subscript(self, node: ast.Subscript) -> str:
        """An item; of a registry from which a parameter chooses, the entry that it chooses."""
        by, holder = node.slice, getattr(node.slice, "value", None)
        if (
            isinstance(by, ast.Attribute)
            and isinstance(holder, ast.Name)
            and self._holds_parameters(holder.id)
        ):
            entry = self.follow.entry(self.module, node.value, by.attr)
            if entry:
                return entry
        return self.plain(node)

    def _holds_parameters(self, name: str) -> bool:
        scopes = [scope for scope in reversed(self.scopes) if name in scope.names and not scope.is_class]
        return bool(scopes) and name in scopes[0].parameters

    def import_(self, node: ast.Import | ast.ImportFrom) -> str:
        """An import inside a function: its names count where they are used, the module for what it does when it is loaded."""
        for imported in self.module.imports(node).values():
            self.follow.imported(self.module, Imported(imported.module), ["__name__"])
        return ""

    def expression(self, node: ast.Expr) -> str:
        """A statement that is an expression; a text alone is a docstring or a comment."""
        return "" if isinstance(node.value, ast.Constant) else f"(Expr {self.write(node.value)})"

    @contextmanager
    def inside(self, scope: Scope) -> Iterator[None]:
        """Write what stands inside a function, class or comprehension."""
        self.scopes.append(scope)
        yield
        self.scopes.pop()


def scope_of(module: Module, body: Sequence[ast.AST]) -> Scope:
    """The names that a function has for itself, besides its arguments."""
    scope, nonlocals = Scope(set()), set[str]()
    for node in body:
        for item in _of_this_scope(node):
            if isinstance(item, IMPORTS):
                for name, imported in module.imports(item).items():
                    scope.imported.setdefault(name, []).append(imported)
            elif isinstance(item, ast.Global):
                scope.outer.update(item.names)
            elif isinstance(item, ast.Nonlocal):
                nonlocals.update(item.names)
        scope.names.update(stored_names(node))
    scope.names -= scope.outer | nonlocals
    return scope


def _of_this_scope(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, SCOPES):
        for child in children(node):
            yield from _of_this_scope(child)


SCOPES = (*DEFINED, ast.Lambda)
WRITERS: Mapping[type[ast.AST], Callable[[Writer, Any], str]] = {
    **dict.fromkeys((ast.Name, ast.Attribute), Writer.reference),
    ast.Call: Writer.call,
    ast.Subscript: Writer.subscript,
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda), Writer.function),
    ast.ClassDef: Writer.class_,
    ast.AnnAssign: Writer.annotated,
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), Writer.comprehension),
    **dict.fromkeys((ast.Import, ast.ImportFrom), Writer.import_),
    ast.Expr: Writer.expression,
}
