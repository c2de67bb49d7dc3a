"""The names that are followed are those that Python itself looks for outside of a definition."""

import ast
import asyncio
import copy
import dis
import types
from pathlib import Path

import pytest

from ml_assets.pipeline.code_modules import DEFINED, Module, Statement
from ml_assets.pipeline.code_text import Writer
from ml_assets_tests.conftest import REPO

STANDARD = Path(asyncio.__file__).parent
FILES = [
    *(REPO / "ml_assets" / "core").glob("*.py"),
    *STANDARD.glob("*.py"),
    *STANDARD.parent.glob("[d-h]*.py"),
]
LOADS = {"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}


class Asked:
    """Remembers which names a writer asks for, and leaves decorators out, as those that declare an asset."""

    def __init__(self):
        self.names = set()

    def name(self, _module, name, _attributes):
        self.names.add(name)
        return name

    def imported(self, *_):
        return ""

    def is_declaration(self, *_):
        return True

    def is_parameters(self, *_):
        return False

    def attribute(self, _name):
        pass

    def call(self, *_):
        pass


class Bare(ast.NodeTransformer):
    """Takes away what a writer leaves out: decorators, and the annotations of functions."""

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns, node.decorator_list = None, []
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        node.decorator_list = []
        return node


def loaded(code):
    for item in dis.get_instructions(code):
        if item.opname in LOADS:
            yield item.argval
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from loaded(inner)


def looked_for(node):
    bare = Bare().visit(copy.deepcopy(node))
    return set(loaded(compile(ast.fix_missing_locations(ast.Module([bare], [])), "bare", "exec")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_names_that_are_followed_are_those_that_python_looks_for(path):
    module = Module("module", "", ast.parse(path.read_bytes()).body)
    definitions = [
        (name, item.node)
        for name, found in [*module.bound.items()]
        for item in found
        if isinstance(item, Statement) and isinstance(item.node, DEFINED)
    ]

    for name, node in definitions:
        asked = Asked()
        Writer(module, asked).write(node)

        outside = module.bound.keys() - {name, "__name__"}  # a class asks for the name of its module
        assert asked.names & outside == looked_for(node) & outside
