"""The two floors: the library knows nothing of what is trained with it, neither by import nor by name."""

import re

from ml_assets_tests.conftest import REPO

PROJECT = ("pipelines", "defs", "definitions.py")
WORDS = re.compile(r"\b(training_set|roc_auc|model_version|TrainingParameters)\b")
NAMED = {  # where a word may still stand; a file that has none any more is to be taken out
    "core/artifact.py",
    "core/where.py",
    "pipeline/run.py",
}


def library():
    package = REPO / "ml_assets"
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] not in PROJECT:
            yield name.as_posix(), path.read_text()


def test_words_of_the_shipped_pipeline_stand_in_ever_fewer_files_of_the_library():
    assert {name for name, text in library() if WORDS.search(text)} == NAMED


def test_no_file_of_the_library_names_a_shipped_pipeline():
    named = {name for name, text in library() if re.search(r"ml_assets\.pipelines\.\w+(:|\.| import)", text)}

    assert named == set()
