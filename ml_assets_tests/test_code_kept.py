"""What one process found of an asset's code, another takes exactly where it would find the same."""

import json

import pytest

from ml_assets.pipeline import code, code_kept
from ml_assets_tests.conftest import output_of
from ml_assets_tests.written import PROJECT, codes, written

ELSEWHERE = "0" * 12  # a version that only a kept file can say
ALL = {"history", "forecast", "report"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    code._code.cache_clear()  # as in a process that has just begun
    return tmp_path / "cache" / "ml_assets" / "code"


@pytest.fixture
def marked(tmp_path, folder):
    """The project once its code was found; whatever is taken of what was kept says so."""
    codes(tmp_path / "here", PROJECT)
    for path in folder.iterdir():
        document = json.loads(path.read_text())
        path.write_text(json.dumps(document | {"found": {**document["found"], "version": ELSEWHERE}}))
    code._code.cache_clear()
    return tmp_path / "here"


def taken(folder, files=PROJECT, **options):
    return {name for name, found in codes(folder, files, **options).items() if found.version == ELSEWHERE}


def test_what_one_process_found_the_next_one_takes(marked):
    assert taken(marked) == ALL


@pytest.mark.parametrize(
    ("edit", "still_taken"),
    [
        ({"shop/amounts.py": PROJECT["shop/amounts.py"] + "\n\nMORE = 1\n"}, set()),
        ({"shop/models.py": PROJECT["shop/models.py"].replace("-season", "season")}, set()),
        ({"shop/demand.py": "import json\n" + PROJECT["shop/demand.py"]}, set()),
        ({"shop/unrelated.py": "1 / 0\n"}, ALL),
        ({"shop/models/__init__.py": PROJECT["shop/models.py"] + "\n# a package now\n"}, set()),
    ],
)
def test_what_would_be_found_otherwise_is_found_again(marked, edit, still_taken):
    assert taken(marked, PROJECT | edit) == still_taken


def test_values_of_parameters_and_another_place_have_answers_of_their_own(marked, tmp_path):
    assert not taken(marked, values={"method": "naive"})
    assert not taken(tmp_path / "there")


@pytest.mark.parametrize("text", ["", "[]", '{"found": {}}', '{"found": null, "asked": 1}', "{"])
def test_a_kept_file_that_is_damaged_is_none(marked, folder, text):
    for path in folder.iterdir():
        path.write_text(text)

    assert not taken(marked)


def test_where_nothing_can_be_kept_the_code_is_the_same(tmp_path, monkeypatch):
    here = codes(tmp_path / "here", PROJECT)
    code._code.cache_clear()
    monkeypatch.setenv("XDG_CACHE_HOME", str(written(tmp_path, {"no_folder": ""}) / "no_folder"))

    assert codes(tmp_path / "here", PROJECT) == here


def test_the_folder_stays_small(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(code_kept, "MOST", 4)

    for value in "abcdef":
        codes(tmp_path / "here", PROJECT, values={"method": value})

    assert len([*folder.iterdir()]) <= 4


def test_definitions_whose_code_is_known_follow_none_of_it(tmp_path):
    program = (
        f"import os; os.environ['XDG_CACHE_HOME'] = {str(tmp_path)!r}; import sys, ml_assets.definitions;"
        "print('ml_assets.pipeline.code_reach' in sys.modules)"
    )

    assert [output_of(program) for _ in range(2)] == ["True\n", "False\n"]
