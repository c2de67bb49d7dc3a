"""Which assets an edit makes stale: exactly those that can come out differently for it."""

import dataclasses
import linecache
import subprocess
import sys
import types

import pytest

from ml_assets.pipeline.code import code_of
from ml_assets.pipelines.tabular import tabular
from ml_assets.storage import formats
from ml_assets_tests.conftest import REPO
from ml_assets_tests.written import PROJECT, Edits, codes, written

DEMAND, AMOUNTS, MODELS = "shop/demand.py", "shop/amounts.py", "shop/models.py"
NOTHING = set()


@pytest.fixture
def edits(tmp_path):
    return Edits(tmp_path)


@pytest.mark.parametrize(
    "edit",
    [
        (AMOUNTS, '    """So many times more."""\n', ""),
        (AMOUNTS, "So many times more.", "Rather many."),
        (
            AMOUNTS,
            "    return value * by",
            "    # the product\n    return (\n        value * by  # so\n    )",
        ),
        (AMOUNTS, '"""Numbers."""\n', '"""Other numbers."""\n\n\n\n'),
        (AMOUNTS, "", "\n\ndef unreached():\n    return 1\n\n\nUNREACHED = {'a': unreached}\n"),
        (AMOUNTS, "def scaled(value, by):", "def scaled(value: float, by: 'int') -> float:"),
        (DEMAND, "Sums of each day.", "Sums."),
        (DEMAND, "Weeks of history", "How many weeks of history"),
        (DEMAND, "ge=8", "ge=9"),
        (DEMAND, "        return 0", "        return 1"),
        (DEMAND, '"demand", Forecast', '"demand", Forecast, promotes="forecast"'),
        (
            DEMAND,
            "",
            "\n\n@demand.asset\ndef later(report: Frame) -> Frame:\n    return None\n",
        ),
        (DEMAND, "", '\n\nif __name__ == "__main__":\n    print(history)\n'),
        (DEMAND, "from shop import models\n", "from shop import models\nimport json, colorsys\n"),
        (DEMAND, "", "\n\nOTHERS = {}\nOTHERS['a'] = scaled\nOTHERS.update(b=1)\n"),
        (DEMAND, "", "\n\nclass Other(Forecast):\n    more: int = Field(1, ge=1, description='More')\n"),
    ],
)
def test_what_an_asset_cannot_come_out_differently_for_makes_none_stale(edits, edit):
    assert edits.stale(edit) == NOTHING


@pytest.mark.parametrize(
    ("edit", "stale"),
    [
        ((AMOUNTS, "value * by", "value * by * 1"), {"history"}),
        ((AMOUNTS, "round(value, DIGITS)", "round(value, DIGITS + 0)"), {"forecast"}),
        ((AMOUNTS, "DIGITS = 2", "DIGITS = 3"), {"forecast"}),
        ((AMOUNTS, "DIGITS = 2", "DIGITS = 2\nDIGITS += 1"), {"forecast"}),
        ((AMOUNTS, "def scaled(value, by)", "def scaled(value, by=2)"), {"history"}),
        ((DEMAND, "DAYS = 7", "DAYS = 6"), {"history"}),
        ((DEMAND, "return self.weeks * 7", "return self.weeks * 6"), {"history"}),
        ((DEMAND, "    return forecast", "    return forecast[:]"), {"report"}),
        ((MODELS, "values[-season:]", "values[:season]"), {"forecast"}),
        ((MODELS, "", "\n\nMODELS['other'] = naive\n"), {"forecast"}),
        ((MODELS, "", "\n\nMODELS.update(other=naive)\n"), {"forecast"}),
        ((MODELS, "", "\n\nfor name in 'ab':\n    MODELS[name] = naive\n"), {"forecast"}),
        ((MODELS, "", "\n\n@register('new')\ndef new(values, season):\n    return 1\n"), {"forecast"}),
        ((MODELS, "", "\n\nimport warnings\nwarnings.simplefilter('error')\n"), {"forecast"}),
        ((AMOUNTS, "", "\n\nif DIGITS > 1:\n    DIGITS = 1\n"), {"forecast"}),
        ((DEMAND, "@demand.asset\ndef history", "@demand.asset\n@staticmethod\ndef history"), {"history"}),
    ],
)
def test_an_edit_makes_exactly_the_assets_stale_that_reach_it(edits, edit, stale):
    assert edits.stale(edit) == stale


HELPER = '''\
def scaled(value, by):
    """So many times more."""
    return value * by
'''


@pytest.mark.parametrize(
    ("moved", "where"),
    [
        (
            [(DEMAND, "import rounded, scaled", "import rounded\nfrom shop.other import scaled")],
            "shop/other.py",
        ),
        ([(DEMAND, "import rounded, scaled", "import rounded\nfrom beside import scaled")], "beside.py"),
        (
            [(DEMAND, "import rounded, scaled", "import rounded\nfrom .deep.er import scaled")],
            "shop/deep/er.py",
        ),
        ([(DEMAND, "import rounded, scaled", "import rounded")], DEMAND),
        (
            [
                (DEMAND, "import rounded, scaled", "import rounded\nimport shop.other as o"),
                (DEMAND, "scaled(p", "o.scaled(p"),
            ],
            "shop/other.py",
        ),
        (
            [
                (DEMAND, "import rounded, scaled", "import rounded\nimport shop.deep.er"),
                (DEMAND, "scaled(p", "shop.deep.er.scaled(p"),
            ],
            "shop/deep/er.py",
        ),
        ([(DEMAND, "import rounded, scaled", "import rounded\nfrom beside import *")], "beside.py"),
        (
            [
                (DEMAND, "import rounded, scaled", "import rounded"),
                (DEMAND, "    return scaled(", "    from beside import scaled as s\n    return s("),
            ],
            "beside.py",
        ),
    ],
)
def test_a_helper_that_moves_changes_nothing_and_edited_there_it_changes_its_users(edits, moved, where):
    move = [(AMOUNTS, HELPER, ""), *moved, (where, "", "\n\n" + HELPER)]

    assert edits.stale(*move) == NOTHING
    assert edits.stale((where, "value * by", "value * by * 1"), before=move) == {"history"}


def test_two_helpers_of_one_name_are_told_apart(edits):
    two = [
        ("a.py", "", "def f(x):\n    return x\n"),
        ("b.py", "", "def f(x):\n    return -x\n"),
        (DEMAND, "import rounded, scaled", "import rounded, scaled\nimport a, b"),
        (DEMAND, "scaled(params.days, DAYS)", "a.f(params) / b.f(params)"),
    ]

    swapped = edits.stale((DEMAND, "a.f(params) / b.f(params)", "b.f(params) / a.f(params)"), before=two)

    assert swapped == {"history"}


def test_an_argument_named_like_an_asset_is_not_a_use_of_its_function(edits):
    assert edits.stale((DEMAND, "return scaled(", "return 1 + scaled(")) == {"history"}


def test_a_property_of_the_parameters_counts_where_a_helper_reads_it(edits):
    reads = [(AMOUNTS, "value * by", "value.unused * by"), (DEMAND, "scaled(params.days", "scaled(params")]

    assert edits.stale((DEMAND, "return 0", "return 1"), before=reads) == {"history"}


PARTS = """
from dataclasses import dataclass
import functools


class Base:
    def inherited(self):
        return 1


class Kept(Base):
    def given(self):
        return self.inherited()


@dataclass
class Row:
    number: int = 1
    text: "str" = ""


def doubled(function):
    @functools.wraps(function)
    def inner(*args):
        return 2 * function(*args)
    return inner


@doubled
def decorated(x):
    return x


INVERSE = lambda x: 1 / x


def with_default(x, by=INVERSE):
    return by(x)


def enclosing(x):
    rows = [unrelated for unrelated in range(x)]
    def inner():
        return inside(rows)
    return inner()


def inside(x):
    return x


def unrelated():
    return 0


def cycle(x):
    return circle(x - 1) if x else 0


def circle(x):
    return cycle(x - 1) if x else 1


try:
    import colorsys as maybe
except ImportError:
    maybe = None


def conditional(x):
    return maybe


def twice(x):
    return x


def twice(x):
    return x + 1


first, (second, *others) = 1, (2, 3)


def unpacked():
    return others


def shadowing(inside):
    unrelated = inside
    for circle in unrelated:
        pass
    return [cycle for cycle in circle], lambda twice: twice


def counted():
    global second
    second = 2
    return second
"""


@pytest.mark.parametrize(
    ("use", "was", "becomes"),
    [
        ("Kept().given()", "return 1\n", "return 2\n"),
        ("Row()", "number: int = 1", "number: int = 2"),
        ("Row()", "number: int", "number: float"),
        ("Row()", 'text: "str"', 'text: "int"'),
        ("decorated(1)", "2 * function", "3 * function"),
        ("with_default(1)", "lambda x: 1 / x", "lambda x: 2 / x"),
        ("enclosing(1)", "def inside(x):\n    return x", "def inside(x):\n    return -x"),
        ("cycle(2)", "x else 1", "x else 2"),
        ("circle(2)", "x else 0", "x else 2"),
        ("conditional(2)", "maybe = None", "maybe = 1"),
        ("conditional(2)", "import colorsys as maybe", "import cmath as maybe"),
        ("twice(2)", "return x + 1", "return x + 2"),
        ("twice(2)", "def twice(x):\n    return x\n", "def twice(x):\n    return 0\n"),
        ("unpacked()", "(2, 3)", "(2, 4)"),
        ("counted()", "1, (2", "0, (2"),
    ],
)
def test_whatever_form_a_definition_has_its_edit_counts(edits, use, was, becomes):
    uses = [
        ("shop/parts.py", "", PARTS),
        (DEMAND, "DAYS = 7", "DAYS = 7\nimport shop.parts"),
        (DEMAND, "    return forecast", f"    return shop.parts.{use}"),
    ]

    assert edits.stale(("shop/parts.py", was, becomes), before=uses) == {"report"}


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("def inside(x):\n    return x", "def inside(x):\n    return -x"),
        ("def unrelated():\n    return 0", "def unrelated():\n    return 1"),
        ("x else 1", "x else 2"),
        ("return x + 1", "return x + 2"),
    ],
)
def test_a_local_name_is_no_use_of_what_is_called_like_it(edits, was, becomes):
    uses = [
        ("shop/parts.py", "", PARTS),
        (DEMAND, "DAYS = 7", "DAYS = 7\nfrom shop.parts import shadowing"),
        (DEMAND, "    return forecast", "    return shadowing(forecast)"),
    ]

    assert edits.stale(("shop/parts.py", was, becomes), before=uses) == NOTHING


@pytest.mark.parametrize(
    ("use", "why"),
    [
        ("getattr(models, 'fi' + 'tted')", "shop.models: it is used as a value"),
        ("importlib.import_module('shop.models').fitted", "shop.models: it is used as a value"),
        ("__import__('shop.models')", "shop.models: it is used as a value"),
        ("importlib.import_module(f'shop.{DAYS}')", "shop.models: shop.demand imports by a name"),
        ("importlib.import_module(DAYS)", "shop.models: shop.demand imports by a name"),
        ("models.loads", "shop.models: no statement of it defines loads"),
    ],
)
def test_what_cannot_be_followed_takes_the_whole_module_and_says_why(edits, use, why):
    uses = [
        (DEMAND, "DAYS = 7", "DAYS = 7\nimport importlib"),
        (DEMAND, "    return forecast", f"    return {use}"),
    ]

    found = edits.codes(*uses)["report"].opaque
    assert any(f"{name}: {told}".startswith(why) for name, told in found.items())
    assert edits.stale((MODELS, "", "\n\nMORE = 1\n"), before=uses) == {"report"}


@pytest.mark.parametrize("use", ["exec('x = 1')", "eval('DAYS')", "globals()['DAYS']"])
def test_a_text_that_is_run_takes_the_module_whole_in_which_it_is_run(edits, use):
    uses = [(DEMAND, "    return forecast", f"    return {use}")]

    told = f"{use.partition('(')[0]} is called"
    assert edits.codes(*uses)["report"].opaque["shop.demand"] == told
    assert "report" in edits.stale((DEMAND, "", "\n\nMORE = 1\n"), before=uses)


def test_modules_that_are_imported_for_what_they_register_count(edits):
    plugin = [
        (
            "shop/plugin.py",
            "",
            "from shop.models import register\n\n\n@register('p')\ndef p(values, season):\n    return 1\n",
        ),
        (MODELS, "", "\n\nfrom shop import plugin\n"),
    ]

    assert edits.stale(("shop/plugin.py", "return 1", "return 2"), before=plugin) == {"forecast"}


def test_names_through_packages_lead_to_where_they_are_defined(edits):
    through = [
        ("shop/deep/__init__.py", "", "from .er import *\nfrom . import er as e\n"),
        ("shop/deep/er.py", "", HELPER),
        (AMOUNTS, HELPER, ""),
        (DEMAND, "import rounded, scaled", "import rounded\nfrom shop.deep import scaled"),
    ]

    assert edits.stale(*through) == NOTHING
    assert edits.stale(("shop/deep/er.py", "value * by", "by * value"), before=through) == {"history"}


def test_packages_are_those_that_are_reached_and_those_of_the_format(edits):
    uses = [
        (DEMAND, "DAYS = 7", "DAYS = 7\nimport yaml\nimport PIL.Image as image\nimport json"),
        (
            AMOUNTS,
            "    return value * by",
            "    from sklearn.linear_model import Ridge\n    return Ridge(by)",
        ),
        (DEMAND, "    return forecast", "    return image.open(json)"),
    ]

    found = edits.codes(*uses)

    assert found["history"].packages == ("numpy", "polars", "scikit-learn", "scipy")
    assert found["report"].packages == ("pillow", "polars")


def test_what_is_imported_from_the_library_itself_is_not_followed(edits):
    assert edits.codes(
        (DEMAND, "    return forecast", "    import ml_assets\n    return ml_assets.Product(1)")
    )["report"].packages == ("polars",)


def test_a_format_that_writes_other_bytes_makes_what_is_stored_so_stale(monkeypatch):
    before = {name: code_of(asset).version for name, asset in tabular.assets.items()}
    newer = dataclasses.replace(formats.FORMATS["parquet"], version=2)
    monkeypatch.setitem(formats._FORMATS, "parquet", newer)

    after = {name: code_of(asset).version for name, asset in tabular.assets.items()}

    assert {name for name in before if before[name] != after[name]} == {"training_set"}


def test_the_same_code_has_the_same_version_in_every_process(edits, tmp_path):
    here = {name: code.version for name, code in edits.codes().items()}
    program = (
        "from ml_assets_tests.written import *; import pathlib, sys\n"
        "print({name: code.version for name, code in codes(pathlib.Path(sys.argv[1]), PROJECT).items()})"
    )

    there = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "again"],
        env={"PYTHONPATH": str(REPO), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert there.stdout.strip() == str(here)


def test_a_project_that_is_installed_has_the_versions_of_its_checkout(tmp_path):
    files = PROJECT | {
        "beside.py": HELPER,
        AMOUNTS: PROJECT[AMOUNTS].replace(HELPER, "from beside import scaled\n"),
        "shop-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: shop\nVersion: 1\n",
        "shop-1.dist-info/RECORD": "shop/__init__.py,,\nshop/demand.py,,\nbeside.py,,\n",
    }

    checkout = codes(tmp_path / "checkout", files)

    assert codes(tmp_path / "site-packages", files) == checkout
    edited = codes(tmp_path / "2" / "site-packages", files | {"beside.py": HELPER.replace("* by", "- by")})
    assert {name for name in edited if edited[name] != checkout[name]} == {"history"}


def test_a_file_that_is_run_has_the_version_that_it_has_when_imported(edits, tmp_path):
    here = {name: code.version for name, code in edits.codes().items()}
    run = "\nfrom ml_assets.pipeline.code import code_of\nprint({n: code_of(a).version for n, a in demand.assets.items()})\n"
    folder = written(
        tmp_path / "run",
        PROJECT
        | {
            DEMAND: PROJECT[DEMAND]
            + f"\n\nif __name__ == '__main__':{run.replace(chr(10), chr(10) + '    ')}\n"
        },
    )

    there = subprocess.run(
        [sys.executable, "shop/demand.py"],
        cwd=folder,
        env={"PYTHONPATH": f"{REPO}:{folder}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert there.stdout.strip() == str(here)


def test_nothing_is_imported_to_be_read(tmp_path):
    files = PROJECT | {
        DEMAND: PROJECT[DEMAND].replace("    return forecast\n", "    import bomb\n    return bomb.f()\n"),
        "bomb.py": "raise SystemExit\n\n\ndef f():\n    return 1\n",
    }

    found = codes(tmp_path, files)

    assert "bomb" not in sys.modules
    assert found["report"].opaque == {}


def test_assets_that_a_function_declares_are_told_apart(tmp_path):
    head, body = PROJECT[DEMAND].split("demand = Pipeline")
    inner = ("demand = Pipeline" + body).replace("\n", "\n    ").rstrip()
    text = f"{head}def built():\n    {inner}\n    return demand\n\n\ndemand = built()\n"

    def versions(folder, text):
        found = codes(tmp_path / folder, PROJECT | {DEMAND: text})
        return {name: code.version for name, code in found.items()}

    was = versions("1", text)
    now = versions("2", text.replace("scaled(params.days", "scaled(1 + params.days"))

    assert len(set(was.values())) == 3
    assert {name for name in was if was[name] != now[name]} == {"history"}


def test_what_a_function_is_wrapped_in_where_it_is_declared_counts(edits):
    later = "from ml_assets import Frame\n\n\ndef later(report: Frame) -> Frame:\n    return report\n"
    wrapped = [
        ("shop/parts.py", "", PARTS),
        ("shop/later.py", "", later),
        (DEMAND, "DAYS = 7", "DAYS = 7\nfrom shop.parts import doubled\nfrom shop.later import later"),
        (DEMAND, "", "\n\ndemand.asset(doubled(later))\n"),
    ]

    assert edits.stale(("shop/parts.py", "2 * function", "3 * function"), before=wrapped) == {"later"}
    assert edits.stale(("shop/later.py", "return report", "return 1"), before=wrapped) == {"later"}


REGISTRY = """
from shop.demand import Forecast

KINDS = {"one": lambda x: 1, "two": lambda x: 2}


def chosen(values, params: Forecast):
    return KINDS[params.kind](values)


def copied(values, params: Forecast):
    params = params.model_copy(update={"kind": "two"})
    return KINDS[params.kind](values)


def others(values, params):
    return KINDS[params.kind](values)


def listed(values, params: Forecast):
    return KINDS[params.kind](values), len(KINDS)
"""


def of_registry(use):
    return [
        ("shop/registry.py", "", REGISTRY),
        (
            DEMAND,
            "    season: int",
            "    kind: Literal['one', 'two'] = Field('one', description='Which')\n    season: int",
        ),
        (DEMAND, "DAYS = 7", "DAYS = 7\nfrom typing import Literal"),
        (
            DEMAND,
            "    return models.fitted(",
            f"    from shop.registry import {use}\n    return {use}(history, params) or (",
        ),
    ]


NEW = ("shop/registry.py", '"two": lambda x: 2', '"two": lambda x: 2, "three": lambda x: 3')
SECOND = ("shop/registry.py", '"two": lambda x: 2', '"two": lambda x: 4')
LATE = ("shop/registry.py", "", "\n\nKINDS['one'] = str\n")


def test_of_a_registry_only_the_entry_counts_that_a_parameter_chooses(edits):
    before = of_registry("chosen")

    assert edits.stale(NEW, before=before, kind="one") == NOTHING
    assert edits.stale(SECOND, before=before, kind="one") == NOTHING
    assert edits.stale(SECOND, before=before, kind="two") == {"forecast"}
    assert edits.stale(LATE, before=before, kind="one") == {"forecast"}
    assert edits.stale(NEW, before=before) == {"forecast"}


@pytest.mark.parametrize("use", ["copied", "others", "listed"])
def test_all_of_a_registry_counts_where_nobody_can_tell_that_a_parameter_chooses(edits, use):
    assert edits.stale(NEW, before=of_registry(use), kind="one") == {"forecast"}


HEAD, *BODIES = (
    PROJECT[DEMAND]
    .replace("from shop import models\nfrom shop.amounts import rounded, scaled\n", "")
    .split("\n@demand.asset\n")
)
CELLS = (PROJECT[AMOUNTS], HEAD, *(f"@demand.asset\n{body}" for body in BODIES))


def in_cells(cells, *, has_text):
    """The versions of assets that a notebook defines, which is no module of any file."""
    notebook = types.ModuleType("notebook_of_a_test")
    sys.modules[notebook.__name__] = notebook
    for number, text in enumerate(cells):
        name = f"<cell {number} {hash(text)} {has_text}>"
        if has_text:
            linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec"), vars(notebook))
    try:
        found = {name: code_of(asset) for name, asset in notebook.demand.assets.items() if name != "forecast"}
    finally:
        del sys.modules[notebook.__name__]
    assert all(bool(code.opaque) is not has_text for code in found.values())
    return {name: code.version for name, code in found.items()}


@pytest.mark.parametrize("has_text", [True, False])
def test_in_a_notebook_functions_of_other_cells_count(has_text):
    was = in_cells(CELLS, has_text=has_text)
    now = in_cells((CELLS[0].replace("value * by", "by - value"), *CELLS[1:]), has_text=has_text)
    later = in_cells((CELLS[0].replace("round(", "abs("), *CELLS[1:]), has_text=has_text)

    assert {name for name in was if was[name] != now[name]} == {"history"}
    assert later == was


def test_a_module_that_is_no_python_is_left_to_whoever_imports_it(edits):
    uses = [
        ("broken.py", "", "def f(:"),
        (DEMAND, "    return forecast", "    import broken\n    return broken.f"),
    ]

    assert edits.codes(*uses)["report"].opaque == {"broken": "no statement of it defines f"}


@pytest.mark.parametrize("text", ["x" + " + x" * 2000, "x" + ".f()" * 900])
def test_long_chains_are_read(edits, text):
    assert edits.stale((DEMAND, "    return forecast", f"    x = 1\n    return {text}")) == {"report"}
