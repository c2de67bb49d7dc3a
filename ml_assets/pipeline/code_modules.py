"""Modules as their text says, without importing them: where they lie, and which statements define which names."""

import ast
import functools
import hashlib
import importlib.machinery
import os
import re
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

INSTALLED = frozenset({"site-packages", "dist-packages"})
LIBRARIES = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
STANDARD = tuple({f"{item}{os.sep}" for path in LIBRARIES for item in (path, path.resolve())})
FIRST_PARTS = re.compile(r"^[^/,\n]+(?:/[^/,\n]+)?", re.MULTILINE)  # `polars/io` of the line of a RECORD
DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BINDS_NOTHING = (ast.Lambda, ast.Import, ast.ImportFrom)
NAMED = (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping)


@dataclass(frozen=True)
class Imported:
    """What an import statement binds: a module, or a name of it."""

    module: str
    name: str = ""


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement of a module, and the conditions under which it runs."""

    node: ast.stmt
    conditions: tuple[ast.expr, ...] = ()


@dataclass(eq=False)
class Module:
    """What the text of a module says; a function that encloses others is read like a module inside its own.

    Attributes:
        name: by which it is imported.
        body: its statements.
        bound: for each name what defines it, in the order of the text.
        stars: the modules that all names are imported from.
        effects: the statements that define no name: calls, and assignments to items and attributes.
        typing_only: names that only type checkers see.
        parent: the module around a function.
        values: what names hold that no text defines: arguments of an enclosing function, names of a notebook.
    """

    name: str
    package: str
    body: list[ast.stmt]
    parent: "Module | None" = None
    bound: dict[str, list[Statement | Imported]] = field(default_factory=lambda: defaultdict(list))
    stars: list[str] = field(default_factory=list)
    effects: list[Statement] = field(default_factory=list)
    typing_only: set[str] = field(default_factory=set)
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.body:
            self._read(node, ())

    def imports(self, node: ast.Import | ast.ImportFrom) -> dict[str, Imported]:
        """What an import statement binds, by name; `*` for all names of a module."""
        if isinstance(node, ast.Import):
            return {
                alias.asname or alias.name.partition(".")[0]: Imported(
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                for alias in node.names
            }
        package = self.package.rsplit(".", node.level - 1)[0] if node.level > 1 else self.package
        source = ".".join(filter(None, [package if node.level else "", node.module]))
        return {alias.asname or alias.name: Imported(source, alias.name) for alias in node.names}

    def _read(self, node: ast.stmt, conditions: tuple[ast.expr, ...]) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._read_import(node)
        elif isinstance(node, DEFINED):
            self.bound[node.name].append(Statement(node, conditions))
        elif isinstance(node, ast.If):
            self._read_if(node, conditions)
        elif isinstance(node, ast.Try):
            parts = [node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody]
            for inner in (inner for part in parts for inner in part):
                self._read(inner, conditions)
        else:
            self._read_statement(Statement(node, conditions))

    def _read_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, imported in self.imports(node).items():
            if name == "*":
                self.stars.append(imported.module)
            else:
                self.bound[name].append(imported)

    def _read_if(self, node: ast.If, conditions: tuple[ast.expr, ...]) -> None:
        names = {item.id for item in ast.walk(node.test) if isinstance(item, ast.Name)}
        names |= {item.attr for item in ast.walk(node.test) if isinstance(item, ast.Attribute)}
        if "TYPE_CHECKING" in names:
            unseen = Module(self.name, self.package, node.body)
            self.typing_only.update(unseen.bound)
        elif "__name__" not in names:
            for inner in node.body:
                self._read(inner, (*conditions, node.test))
        for inner in node.orelse:
            self._read(inner, (*conditions, ast.UnaryOp(ast.Not(), node.test)))

    def _read_statement(self, statement: Statement) -> None:
        if isinstance(statement.node, ast.Expr) and isinstance(statement.node.value, ast.Constant):
            return
        names = list(dict.fromkeys(stored_names(statement.node)))
        for name in names:
            self.bound[name].append(statement)
        for inner in ast.walk(statement.node):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                self._read_import(inner)
        if not names or has_effect(statement.node):
            self.effects.append(statement)


def stored_names(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds where it stands, without those of functions and comprehensions inside it."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, DEFINED):
        yield node.name
        return
    elif isinstance(node, COMPREHENSIONS):
        yield from (item.target.id for item in ast.walk(node) if isinstance(item, ast.NamedExpr))
        return
    elif isinstance(node, BINDS_NOTHING):
        return
    elif isinstance(node, NAMED):
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        yield from [name] if name else []
    for child in children(node):
        yield from stored_names(child)


def children(node: ast.AST) -> Iterator[ast.AST]:
    """What `ast.iter_child_nodes` yields, but for the many names and constants that are only read: in half of the time."""
    for name in node._fields:
        value = getattr(node, name, None)
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, ast.AST) and item._fields and not isinstance(item, ast.Constant):
                yield item


def has_effect(node: ast.stmt) -> bool:
    """Whether a statement assigns to an item or an attribute, or calls something for what it does."""
    return any(
        isinstance(item, ast.Expr)
        or (isinstance(item, ast.Subscript | ast.Attribute) and not isinstance(item.ctx, ast.Load))
        for item in ast.walk(node)
    )


def find_spec(name: str) -> importlib.machinery.ModuleSpec | None:
    """Where a module lies, without importing it or the packages around it."""
    loaded = getattr(sys.modules.get(name), "__spec__", None)
    if loaded is not None:
        return loaded  # type: ignore[no-any-return]
    around, path = name.rpartition(".")[0], None
    if around:
        package = find_spec(around)
        path = package.submodule_search_locations if package else None
        if path is None:
            return None
    finders = (getattr(finder, "find_spec", None) for finder in sys.meta_path)
    return next((spec for find in finders if find and (spec := find(name, path))), None)


def source_of(name: str) -> Path | None:
    """The file of a module's text; None where it has none."""
    if name == "__main__":
        file = getattr(sys.modules[name], "__file__", None)
        return Path(file) if file else None
    spec = find_spec(name)
    file = spec.origin if spec and spec.has_location else None
    return Path(file) if file and file.endswith(".py") else None


def is_installed(name: str) -> bool:
    """Whether a module came with Python or with an installed distribution; one in an editable install did not."""
    top = name.partition(".")[0]
    spec = None if top == "__main__" else find_spec(top)
    if spec is None:
        return top in sys.stdlib_module_names
    if spec.origin in ("built-in", "frozen"):
        return True
    places = [*(spec.submodule_search_locations or ()), spec.origin or ""]
    return any(INSTALLED.intersection(Path(place).parts) or place.startswith(STANDARD) for place in places)


def read_module(name: str) -> Module | None:
    """What a module's text says; None where no text can be found."""
    path = source_of(name)
    spec = None if name == "__main__" else find_spec(name)
    if path is None:
        return Module(name, name, []) if spec and spec.submodule_search_locations else None
    status = path.stat()
    return _parsed(path, _real_name(name), path.name == "__init__.py", status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=1_000)
def _parsed(path: Path, name: str, is_package: bool, _changed: int, _size: int) -> Module:  # noqa: FBT001
    try:
        body = ast.parse(path.read_bytes(), filename=str(path)).body
    except SyntaxError:  # whoever imports it hears of that
        body = []
    return Module(name, name if is_package else name.rpartition(".")[0], body)


def _real_name(name: str) -> str:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return spec.name if name == "__main__" and spec else name


def text_of(name: str) -> str:
    """What decides what `read_module` gives: the digest of the text, and as what it is read; "" where there is none."""
    path = source_of(name)
    if path is None:
        spec = None if name == "__main__" else find_spec(name)
        return "folder" if spec and spec.submodule_search_locations else ""
    return f"{digest_of(path)} {_real_name(name)} {path.name == '__init__.py'}"


def digest_of(path: Path) -> str:
    """SHA-256 over the content of a file as it is now; read again where its time or size is another."""
    status = path.stat()
    return _digest(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=1_000)
def _digest(path: Path, _changed: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def distribution_of(module: str) -> str:
    """The name of the installed distribution that brought a module; "" for one of Python's own or of none."""
    top, _, rest = module.partition(".")
    places = places_of(top)
    if not places:
        return ""
    is_shared = rest and not places[-1]  # distributions may share the folder of a namespace
    info = _owners(folder_of(top)).get(f"{top}/{rest.partition('.')[0]}" if is_shared else top)
    return _name(info) if info else ""


def places_of(top: str) -> list[str]:
    """The folders of a module that is in no package, and behind them its file or ""; none for one of Python's own."""
    spec = None if top in sys.stdlib_module_names or top == "__main__" else find_spec(top)
    return [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec else []


def folder_of(top: str) -> Path:
    """The folder in which a module lies that has places."""
    return next(Path(place).parent for place in places_of(top) if place)


def modules_in(package: str) -> list[str]:
    """The modules in the folders of a package, without those in packages inside it."""
    from pkgutil import iter_modules

    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return [f"{package}.{item.name}" for item in iter_modules(list(folders or ()))]


def exists(name: str) -> bool:
    """Whether a module is found, without importing it."""
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


@functools.cache
def _name(info: Path) -> str:
    return metadata.PathDistribution(info).name


@functools.cache
def installed_in(folder: Path) -> str:
    """A digest over which distributions lie in a folder, and since when; as it is when this is called first."""
    records = sorted(folder.glob("*.dist-info/RECORD"))
    states = [(str(path), status.st_mtime_ns, status.st_size) for path in records if (status := path.stat())]
    return hashlib.sha256(repr(states).encode()).hexdigest()


@functools.cache
def _owners(folder: Path) -> Mapping[str, Path]:
    """Which distribution brought what lies in a folder, and in its folders; importlib.metadata takes 0.3 s to tell."""
    installed_in(folder)  # before what it decides is read
    owners: dict[str, Path] = {}
    for record in sorted(folder.glob("*.dist-info/RECORD")):
        parts = {part.partition(".")[0] for part in FIRST_PARTS.findall(record.read_text("utf-8"))}
        owners |= dict.fromkeys(parts | {part.partition("/")[0] for part in parts}, record.parent)
    return owners
