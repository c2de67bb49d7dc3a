"""Where a name of a module leads: to a definition of the project, to a whole module, or out of the project."""

import ast
import builtins
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ml_assets.core.pipeline import Declared
from ml_assets.pipeline.code_asked import Asked
from ml_assets.pipeline.code_modules import (
    DEFINED,
    Imported,
    Module,
    Statement,
    distribution_of,
    folder_of,
    is_installed,
    places_of,
    read_module,
    stored_names,
)

LIBRARY = "ml_assets"
WITH_INSTALLED = f"{LIBRARY}.with_installed"  # what adds the entries of installed packages to a registry
OF_EACH_MODULE = frozenset(
    {"__name__", "__file__", "__doc__", "__package__", "__spec__", "__path__", "__class__"}
)
DECLARES = frozenset({"asset", "check", "dagster_asset", "sample"})
PIPELINES = frozenset({f"{LIBRARY}.Pipeline", f"{LIBRARY}.api.Pipeline", f"{LIBRARY}.core.pipeline.Declared"})


@dataclass(frozen=True)
class Definition:
    """A name that statements of a module of the project define; `rest` are the attributes behind it."""

    module: Module
    name: str
    rest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Whole:
    """A module of which nobody can tell what is used, and why."""

    module: Module
    why: str


@dataclass(frozen=True)
class Held:
    """A name whose value is known at run time only."""

    module: Module
    name: str
    rest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outside:
    """A name of Python, of the library or of another distribution."""

    name: str


Target = Definition | Whole | Held | Outside


class Names:
    """Follows names as Python would, through imports under whatever name, without importing anything.

    Args:
        root: the module that the asset's function stands in; the distribution that brought it is the project's own.
        also: modules that are followed too, whoever brought them.
    """

    def __init__(self, root: str, *, also: Sequence[str] = ()) -> None:
        self.asked = Asked()
        self.tops = {name.partition(".")[0] for name in (root, *also)}
        self.module = functools.cache(self._module)
        self.distribution_of = functools.cache(self._distribution_of)
        self.distribution = self.distribution_of(root) if self._is_installed(root) else ""

    def _module(self, name: str) -> Module | None:
        """The text of a module of the project; None of any other."""
        if not self._is_own(name):
            return None
        self.asked("text", name)
        return read_module(name)

    def _is_own(self, name: str) -> bool:
        if name.partition(".")[0] in self.tops or not self._is_installed(name):
            return True
        return bool(self.distribution) and self.distribution_of(name) == self.distribution

    def _is_installed(self, name: str) -> bool:
        self.asked("place", name.partition(".")[0])
        return is_installed(name)

    def _distribution_of(self, name: str) -> str:
        """The name of the installed distribution that brought a module; "" for one of Python's own or of none."""
        top = name.partition(".")[0]
        if self.asked("place", top) and places_of(top):
            self.asked("installed", str(folder_of(top)))
        return distribution_of(name)

    def exists(self, name: str) -> bool:
        """Whether a module is found, without importing it."""
        return bool(self.asked("exists", name))

    def modules_in(self, package: str) -> list[Module]:
        """The modules of the project in a package of it."""
        names = self.asked("modules", package) if package and self.module(package) else []
        return [module for name in names if (module := self.module(name))] if isinstance(names, list) else []

    def installed_entry(self, group: str, name: str) -> str:
        """Where an installed package has an entry of a registry, `package.module:name`; "" where none has."""
        return str(self.asked("entry", f"{group} {name}"))

    def named(
        self, module: Module, name: str, rest: tuple[str, ...] = (), seen: frozenset[Imported] = frozenset()
    ) -> list[Target]:
        """What a name that the module's text uses may be: all of its definitions, whichever condition holds."""
        found = module.bound.get(name)
        if found:
            imported = dict.fromkeys(item for item in found if isinstance(item, Imported))
            is_defined = any(isinstance(item, Statement) for item in found)
            own: list[Target] = [Definition(module, name, rest)] if is_defined else []
            return own + [target for item in imported for target in self.imported(item, rest, seen)]
        if name in module.values:
            return [Held(module, name, rest)]
        if module.parent:
            return self.named(module.parent, name, rest, seen)
        if name in module.typing_only:
            return [Outside(name)]
        return self._unbound(module, name, rest, seen)

    def _unbound(
        self, module: Module, name: str, rest: tuple[str, ...], seen: frozenset[Imported]
    ) -> list[Target]:
        for star in reversed(module.stars):
            source = None if star == LIBRARY else self.module(star)
            if source and self._has(source, name):
                return self.named(source, name, rest, seen)
        if hasattr(builtins, name):
            return [Outside(".".join(["builtins", name, *rest]))]
        if name in OF_EACH_MODULE:
            return [Outside(name)]
        outside = [star for star in module.stars if star == LIBRARY or not self.module(star)]
        if outside:
            return [Outside(".".join([star, name, *rest])) for star in outside]
        return [Whole(module, f"no statement of it defines {name}")]

    def _has(self, module: Module, name: str, seen: tuple[str, ...] = ()) -> bool:
        if name in module.bound or name in module.values or name in module.typing_only:
            return True
        sources = (self.module(star) for star in module.stars if star not in seen)
        return any(source and self._has(source, name, (*seen, *module.stars)) for source in sources)

    def imported(
        self, imported: Imported, rest: tuple[str, ...] = (), seen: frozenset[Imported] = frozenset()
    ) -> list[Target]:
        """What an import statement binds, and the attributes behind it."""
        path = (imported.name, *rest) if imported.name else rest
        if imported in seen:
            inner = f"{imported.module}.{imported.name}"
            return self.attribute(inner, rest) if self.exists(inner) else [Outside(inner)]
        return self.attribute(imported.module, path, seen | ({imported} if imported.name else set()))

    def attribute(
        self, name: str, path: tuple[str, ...], seen: frozenset[Imported] = frozenset()
    ) -> list[Target]:
        """What lies behind a module under a path of attributes."""
        module = self.module(name)
        if module is None:
            return [Outside(".".join([name, *path]))]
        if not path:
            return [Whole(module, "it is used as a value")]
        inner = f"{name}.{path[0]}"
        if name != LIBRARY and self._has(module, path[0]):
            return self.named(module, path[0], path[1:], seen)
        if self.exists(inner):
            return self.attribute(inner, path[1:], seen)
        if name == LIBRARY or path[0] in OF_EACH_MODULE:
            return [Outside(".".join([name, *path]))]
        return [Whole(module, f"no statement of it defines {path[0]}")]

    def expression(self, module: Module, node: ast.AST) -> list[Target]:
        """What a name with attributes behind it leads to; nothing of other expressions."""
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        return self.named(module, node.id, tuple(path)) if isinstance(node, ast.Name) else []

    def is_declaration(self, module: Module, node: ast.expr) -> bool:
        """Whether an expression is `pipeline.asset`, `pipeline.asset(...)` or the like: it declares, and computes nothing."""
        while isinstance(node, ast.Call):
            node = node.func
        if not isinstance(node, ast.Attribute) or node.attr not in DECLARES:
            return False
        return any(self._is_pipeline(target) for target in self.expression(module, node.value))

    def _is_pipeline(self, target: Target) -> bool:
        if isinstance(target, Held):
            return isinstance(target.module.values[target.name], Declared)
        if not isinstance(target, Definition) or target.rest:
            return False
        values = (getattr(item.node, "value", None) for item in statements(target))
        makers = [value.func for value in values if isinstance(value, ast.Call)]
        return any(self._is_pipeline_class(target.module, maker) for maker in makers)

    def _is_pipeline_class(self, module: Module, node: ast.AST) -> bool:
        for target in self.expression(module, node):
            if isinstance(target, Outside) and target.name in PIPELINES:
                return True
            if isinstance(target, Definition):
                if f"{target.module.name}.{target.name}" in PIPELINES:
                    return True
                classes = [item.node for item in statements(target) if isinstance(item.node, ast.ClassDef)]
                if any(
                    self._is_pipeline_class(target.module, base) for item in classes for base in item.bases
                ):
                    return True
        return False


def statements(definition: Definition) -> Iterator[Statement]:
    """The statements that define a name."""
    return (item for item in definition.module.bound[definition.name] if isinstance(item, Statement))


def is_function(definition: Definition) -> bool:
    """Whether a name is that of a function or class, and of nothing else."""
    return all(isinstance(item.node, DEFINED) for item in statements(definition))


def members(module: Module, cls: type, names: set[str]) -> list[Statement]:
    """The methods and constants of a class that have one of these names, without its fields."""
    found = [node for node in ast.walk(ast.Module(module.body, [])) if isinstance(node, ast.ClassDef)]
    bodies = [node.body for node in found if node.name == cls.__name__]
    return [
        _statement_of(node)
        for body in bodies
        for node in body
        if not isinstance(node, ast.AnnAssign) and not names.isdisjoint(stored_names(node))
    ]


@functools.cache
def _statement_of(node: ast.stmt) -> Statement:
    return Statement(node)


def value_of(registry: Definition) -> ast.expr | None:
    """The expression that one statement assigns to a name; None where it is something else."""
    found = [*statements(registry)]
    node = found[0].node
    is_one = len(registry.module.bound[registry.name]) == 1
    return node.value if is_one and isinstance(node, ast.Assign | ast.AnnAssign) else None


def entry_of(value: ast.expr | None, key: object) -> Statement | None:
    """The entry of a dictionary that is written with all of its keys; None where it is something else."""
    if not isinstance(value, ast.Dict):
        return None
    entries = {
        item.value: entry
        for item, entry in zip(value.keys, value.values, strict=True)
        if isinstance(item, ast.Constant)
    }
    return _returned(entries[key]) if key in entries and len(entries) == len(value.keys) else None


@functools.cache
def _returned(node: ast.expr) -> Statement:
    return Statement(ast.Return(node))
