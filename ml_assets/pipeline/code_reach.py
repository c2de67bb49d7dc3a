"""All that a function reaches, as texts in which nothing depends on where they stand."""

import ast
import functools
import inspect
import linecache
import types
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from ml_assets.core.parameters import Parameters
from ml_assets.core.resource import Resource
from ml_assets.pipeline.code_asked import Asked
from ml_assets.pipeline.code_effects import Effects, loaded_for_what_they_do
from ml_assets.pipeline.code_functions import around, in_memory, inside
from ml_assets.pipeline.code_modules import (
    Imported,
    Module,
    Statement,
)
from ml_assets.pipeline.code_names import (
    LIBRARY,
    WITH_INSTALLED,
    Definition,
    Held,
    Names,
    Outside,
    Target,
    Whole,
    entry_of,
    members,
    statements,
    value_of,
)
from ml_assets.pipeline.code_text import Writer

RUNS_TEXT = frozenset({"builtins.exec", "builtins.eval", "builtins.globals", "builtins.compile"})
IMPORTS_BY_NAME = frozenset({"builtins.__import__", "importlib.import_module"})
NAMED = "it is named in code="
HOOKS = ("open", "close")  # of a resource, which the library calls
PLAIN = (str, bytes, int, float, complex, bool, type(None))

Key = tuple[Module, "str | Statement"]
ALL = "*"


class Reach:
    """All that a function reaches: each definition once, numbered as it is found.

    A text names what it uses by these numbers. So two asset functions have equal texts exactly where they and all that
    they reach say the same, whichever files it stands in.

    Attributes:
        texts: what is reached, in the order in which it is found.
        packages: the distributions that are reached.
        opaque: the modules taken whole, and why.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        classes: Sequence[type[Parameters | Resource]],
        values: Mapping[str, Any],
        *,
        modules: Sequence[str] = (),
    ) -> None:
        """Follow a function.

        Args:
            function: what makes an asset.
            classes: those of its arguments whose members it may call.
            values: those of the parameters, which choose from registries.
            modules: those of which all counts, because the asset names them.
        """
        self._values = values
        self._given = classes
        self._chosen: set[Key] = set()
        self._cells: dict[object, Module] = {}
        self.texts: dict[Key, str] = {}
        self.packages: set[str] = set()
        self.opaque: dict[str, str] = {}
        self._numbers: dict[Key, int] = {}
        self._queue: deque[Key] = deque()
        self._attributes: set[str] = set()
        self._touched: dict[Module, None] = {}
        self._names = Names(function.__module__, also=modules)
        self._effects = functools.cache(lambda module: [*Effects(self._names).of_module(module)])
        self._number_of_function(function)
        self._number_of_wrappers(function)
        if any(issubclass(cls, Resource) for cls in classes):
            self._attributes.update(HOOKS)
        for name in modules:
            self._whole_by_name(name, NAMED)
        while self._queue:
            while self._queue:
                key = self._queue.popleft()
                self.texts[key] = self._text(key)
            self._follow_effects()
            self._follow_members()

    @property
    def asked(self) -> Asked:
        """What was asked of the disk; all that is reached follows from the answers, where files say all of it."""
        return self._names.asked

    @property
    def is_of_files(self) -> bool:
        """Whether files say all that is reached: no cell of a notebook, no value of an enclosing function."""
        return not self._cells and not any(module.values for module in self._touched)

    # What the writer of a text asks.

    def name(self, module: Module, name: str, attributes: Sequence[str]) -> str:
        """What stands for a name of the module and the attributes behind it."""
        return self._token(module, self._names.named(module, name, tuple(attributes)))

    def imported(self, module: Module, imported: Imported, attributes: Sequence[str]) -> str:
        """What stands for something that is imported inside a function."""
        return self._token(module, self._names.imported(imported, tuple(attributes)))

    def attribute(self, name: str) -> None:
        """An attribute of something that is known at run time only: a member of the parameters, perhaps."""
        self._attributes.add(name)

    def is_declaration(self, module: Module, decorator: ast.expr) -> bool:
        """Whether a decorator only declares the function as an asset or a check of a pipeline."""
        return self._names.is_declaration(module, decorator)

    def is_parameters(self, module: Module, annotation: ast.expr) -> bool:
        """Whether an argument with this annotation holds the parameters of the asset."""
        classes = {(cls.__module__, cls.__qualname__) for cls in self._classes(Parameters)}
        targets = self._names.expression(module, annotation)
        return any(
            isinstance(item, Definition) and (item.module.name, item.name) in classes for item in targets
        )

    def entry(self, module: Module, registry: ast.expr, field: str) -> str:
        """What stands for the one entry of a registry that a parameter chooses; "" where all of it counts."""
        value = self._values.get(field)
        targets = self._names.expression(module, registry) if value is not None else []
        if len(targets) != 1 or not isinstance(targets[0], Definition) or targets[0].rest:
            return ""
        written = value_of(targets[0])
        group, written = self._with_installed(targets[0].module, written)
        chosen = entry_of(written, value)
        installed = "" if chosen or not group else self._names.installed_entry(group, str(value))
        if chosen is None and not installed:
            return ""
        key = (targets[0].module, targets[0].name)
        self._chosen.add(key)
        self._touch(key[0])
        if chosen:
            return self._number((key[0], chosen))
        name, _, attribute = installed.partition(":")
        return self._token(key[0], self._names.attribute(name, tuple(attribute.split("."))))

    def _with_installed(self, module: Module, value: ast.expr | None) -> tuple[str, ast.expr | None]:
        """The group of entry points that add to a registry, "" for none, and the expression of its own entries."""
        if not isinstance(value, ast.Call) or Outside(WITH_INSTALLED) not in self._names.expression(
            module, value.func
        ):
            return "", value
        group = value.args[0]
        return (str(group.value) if isinstance(group, ast.Constant) else ""), value.args[1]

    def call(self, module: Module, node: ast.Call, function: str) -> None:
        """A call that imports by name, or runs a text, takes the modules whole that it may lead to."""
        if function in RUNS_TEXT:
            self._whole(module, f"{function.removeprefix('builtins.')} is called")
        elif function in IMPORTS_BY_NAME:
            start, is_all = _start_of_text(node.args[0] if node.args else None)
            if is_all and not start.startswith("."):
                self._token(module, self._names.attribute(start, ()))
            else:
                self._whole_package(module, start.rpartition(".")[0] or module.package)

    # What a name leads to.

    def _token(self, module: Module, targets: Sequence[Target]) -> str:
        return "|".join([self._token_of(module, target) for target in targets])

    def _token_of(self, module: Module, target: Target) -> str:
        if isinstance(target, Outside):
            return self._outside(module, target.name)
        if isinstance(target, Whole):
            return self._whole(target.module, target.why)
        self._attributes.update(target.rest)
        if isinstance(target, Held):
            return self._held(target)
        return ".".join([self._number((target.module, target.name)), *target.rest])

    def _outside(self, module: Module, name: str) -> str:
        """A name of another distribution. The library's own names have versions elsewhere: formats, rows."""
        top, _, rest = name.partition(".")
        inner = ".".join(name.split(".")[:2])
        if top == "sys" and rest.startswith("modules"):
            self._whole(module, "sys.modules is used")
        elif top != "builtins" and (top != LIBRARY or self._names.exists(inner)):
            self.packages.add(self._names.distribution_of(inner))
        return name

    def _held(self, target: Held) -> str:
        """A value that no text defines: of an argument of an enclosing function, or in a notebook."""
        value = target.module.values[target.name]
        if isinstance(value, types.ModuleType):
            return self._token(target.module, self._names.attribute(value.__name__, target.rest))
        if isinstance(value, types.FunctionType):
            return ".".join([self._number_of_function(value), *target.rest])
        if isinstance(value, type) and (module := self._names.module(value.__module__)):
            return self._token(
                module, self._names.named(module, value.__qualname__.split(".")[0], target.rest)
            )
        if not _is_plain(value):
            self.opaque.setdefault(f"{target.module.name}.{target.name}", "its value cannot be read")
        return f"{value!r}" if _is_plain(value) else target.name

    def _whole(self, module: Module, why: str) -> str:
        while module.parent:
            module = module.parent
        self.opaque.setdefault(module.name, why)
        return self._number((module, ALL))

    def _whole_package(self, module: Module, package: str) -> None:
        why = f"{module.name} imports by a name that is known at run time only"
        self._whole(module, why)
        for submodule in self._names.modules_in(package):
            self._whole(submodule, why)

    def _whole_by_name(self, name: str, why: str) -> None:
        """All of a module, and of those inside it where it is a package."""
        module = self._names.module(name)
        if module:
            self._whole(module, why)
            for inner in self._names.modules_in(name):
                self._whole_by_name(inner.name, why)

    def _number_of_function(self, function: Callable[..., Any]) -> str:
        """Of the definition of a function; of one that is defined inside another, of the inner one."""
        line = inspect.unwrap(function).__code__.co_firstlineno
        module = self._names.module(function.__module__) or self._cell(function)
        *enclosing, name = function.__qualname__.replace("<locals>.", "").split(".")
        for part in enclosing:
            module = inside(module, part, line) or module
        if name in module.bound:
            return self._number((module, name))
        return self._whole(module, f"no statement of it defines {name}")

    def _cell(self, function: Callable[..., Any]) -> Module:
        where = inspect.unwrap(function).__code__.co_filename
        key = where if linecache.getlines(where) else function
        if key not in self._cells:
            self._cells[key] = in_memory(function)
        if key is function:
            self.opaque.setdefault(function.__module__, "its text cannot be found")
        return self._cells[key]

    def _number_of_wrappers(self, function: Callable[..., Any]) -> None:
        """Of what a function was wrapped in where it was declared, as in `pipeline.asset(timed(function))`."""
        while wrapped := getattr(function, "__wrapped__", None):
            code = getattr(function, "__code__", None)
            module = self._names.module(function.__globals__["__name__"]) if code else None
            if module and code:
                for name in around(module, code.co_firstlineno):
                    self._number((module, name))
            function = wrapped

    def _number(self, key: Key) -> str:
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers)
            self._queue.append(key)
            self._touch(key[0])
        return f"@{self._numbers[key]}"

    def _touch(self, module: Module) -> None:
        if module in self._touched:
            return
        self._touched[module] = None
        if module.parent:
            self._touch(module.parent)
        for loaded in loaded_for_what_they_do(module, self._names):
            self._touch(loaded)

    # What is reached, as a text.

    def _text(self, key: Key) -> str:
        module, name = key
        writer = Writer(module, self)
        if isinstance(name, Statement):
            return _with_conditions(writer, name)
        if name == ALL:
            return self._text_of_all(writer, module)
        return " ".join(_with_conditions(writer, item) for item in statements(Definition(module, name)))

    def _text_of_all(self, writer: Writer, module: Module) -> str:
        for name in module.bound:
            self.name(module, name, ())
        for star in module.stars:
            self._token(module, self._names.attribute(star, ()))
        return " ".join(_with_conditions(writer, item) for item in module.effects)

    def _follow_effects(self) -> None:
        for module in [*self._touched]:
            for name, acted_on in self._effects(module):
                if acted_on is None or not acted_on.isdisjoint(self._numbers.keys() | self._chosen):
                    self._number((module, name))

    def _follow_members(self) -> None:
        """The properties and methods of arguments that something reached may call; fields are values, not code."""
        for cls in self._classes(BaseModel):
            module = self._names.module(cls.__module__)
            if module:
                for statement in members(module, cls, self._attributes):
                    self._number((module, statement))

    def _classes(self, kind: type[BaseModel]) -> list[type[BaseModel]]:
        """The classes of its arguments that are of a kind, and those they are made of, but for the library's."""
        classes = dict.fromkeys(
            cls for given in self._given if issubclass(given, kind) for cls in given.__mro__
        )
        return [
            cls
            for cls in classes
            if issubclass(cls, Parameters | Resource) and cls not in (Parameters, Resource)
        ]


def _with_conditions(writer: Writer, statement: Statement) -> str:
    return " ".join([*map(writer.write, statement.conditions), writer.write(statement.node)])


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(_is_plain(item) for pair in value.items() for item in pair)
    return isinstance(value, PLAIN)


def _start_of_text(node: ast.AST | None) -> tuple[str, bool]:
    """How a text begins that is put together at run time, and whether that is all of it."""
    if isinstance(node, ast.Constant):
        return str(node.value), True
    if isinstance(node, ast.BinOp):
        return _start_of_text(node.left)[0], False
    if isinstance(node, ast.JoinedStr) and node.values:
        return _start_of_text(node.values[0])[0], False
    return "", False
