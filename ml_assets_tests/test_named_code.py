"""What an asset names as its code: files beside its module, and modules that nothing in its text leads to."""

import importlib

import pytest

from ml_assets.errors import DefinitionError
from ml_assets.pipeline.code import code_of
from ml_assets.pipeline.why import why
from ml_assets_tests.written import PROJECT, codes, importable, written

DEMAND = "shop/demand.py"
HISTORY = "@demand.asset\ndef history"
FILES = {"shop/prompts/a.md": "Say.\n", "shop/prompts/deep/b.md": "More.\n", "shop/prompts/c.txt": "No.\n"}


def project(named, **files):
    text = PROJECT[DEMAND].replace(HISTORY, f"@demand.asset({named})\ndef history")
    return {**PROJECT, **FILES, **files, DEMAND: text}


def history(folder, files):
    return codes(folder, files)["history"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("prompts/*.md", ["prompts/a.md"]),
        ("prompts/**/*.md", ["prompts/a.md", "prompts/deep/b.md"]),
        ("prompts/a.md", ["prompts/a.md"]),
        ("**/*.txt", ["prompts/c.txt"]),
    ],
)
def test_a_pattern_names_files_beside_the_module(tmp_path, pattern, names):
    assert [*history(tmp_path, project(f'files=["{pattern}"]')).files] == names


def test_a_file_that_is_named_and_edited_makes_another_version_and_no_other_does(tmp_path):
    named = 'files=["prompts/*.md"]'
    before = history(tmp_path / "a", project(named))

    edited = history(tmp_path / "b", project(named, **{"shop/prompts/a.md": "Tell.\n"}))
    other = history(tmp_path / "c", project(named, **{"shop/prompts/c.txt": "Yes.\n"}))
    more = history(tmp_path / "d", project(named, **{"shop/prompts/z.md": "And.\n"}))

    assert edited.version != before.version
    assert other.version == before.version
    assert more.version != before.version


def test_a_file_counts_as_it_is_now_also_in_the_process_that_asked_before(tmp_path):
    written(tmp_path, project('files=["prompts/*.md"]'))
    with importable(tmp_path):
        asset = importlib.import_module("shop.demand").demand.assets["history"]
        before = code_of(asset).version
        (tmp_path / "shop/prompts/a.md").write_text("Other words.\n")

        assert code_of(asset).version != before


def test_a_module_that_is_named_counts_whole_and_why_says_so(tmp_path):
    named, lib = (
        'code=["shared_lib"]',
        {"shared_lib/__init__.py": "", "shared_lib/more.py": "def f():\n    return 1\n"},
    )
    without = history(tmp_path / "a", project("threads=1", **lib))

    before = history(tmp_path / "b", project(named, **lib))
    edited = history(
        tmp_path / "c", project(named, **{**lib, "shared_lib/more.py": "def f():\n    return 2\n"})
    )
    commented = history(
        tmp_path / "d", project(named, **{**lib, "shared_lib/more.py": "# one\ndef f():\n    return 1\n"})
    )

    assert len({without.version, before.version, edited.version}) == 3
    assert commented.version == before.version
    assert before.opaque == dict.fromkeys(["shared_lib", "shared_lib.more"], "it is named in code=")


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (
            'files=["prompts/*.txts"]',
            "history: files: prompts/*.txts matches no file beside shop.demand. Correct the pattern, or leave it out.",
        ),
        (
            'code=["shared_lob"]',
            "history: code: no text of a module shared_lob is found. Name one that can be imported, or leave it out.",
        ),
    ],
)
def test_what_is_named_and_not_there_is_refused_when_the_file_is_loaded(tmp_path, named, words):
    with pytest.raises(DefinitionError) as refusal:
        history(tmp_path, project(named))

    assert str(refusal.value) == words


def test_why_says_which_modules_count_whole_and_for_what_reason(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = PROJECT[DEMAND].replace("    return scaled(params.days, DAYS)", "    return eval('FRAME')")
    text = text.replace("DAYS = 7", "DAYS = 7\nimport polars as pl\nFRAME = pl.DataFrame({'a': [1]})")
    written(tmp_path, {**PROJECT, DEMAND: text})

    with importable(tmp_path):
        demand = importlib.import_module("shop.demand").demand
        made = demand.make(demand.resolve({}, as_of="2025-12-01"), ["history"])["history"]
        told = why(made.workspace.store, made.key, pipeline=demand)

    assert "all of shop.demand counts as code: eval is called" in told.notes
