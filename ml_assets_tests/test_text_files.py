"""One reader of TOML, YAML and JSON: what is written is what is meant, and a small file cannot hold up a tick."""

import copy
import math

import pytest

from ml_assets.core.problems import diagnose
from ml_assets.core.text_files import MAX_BYTES, parse_file, parse_toml
from ml_assets.errors import (
    LONGEST_MESSAGE,
    LONGEST_PROBLEM,
    MOST_PROBLEMS,
    ArtifactNotFoundError,
    RefusedError,
    SettingsError,
    SourceError,
    StoreError,
)
from ml_assets.pipelines.tabular.parameters import TrainingParameters

MEANT = {
    "0123": 123,
    "-0": 0,
    "+12": 12,
    "0o17": 15,
    "0x1f": 31,
    "0b11": 3,
    "1_000": 1000,
    "1e-3": 0.001,
    "1E3": 1000.0,
    ".5": 0.5,
    "1.": 1.0,
    "-.inf": -math.inf,
    "1:40": "1:40",
    "1__0": "1__0",
    "0o8": "0o8",
    "\u0663": "\u0663",
    "yes": "yes",
    "No": "No",
    "on": "on",
    "off": "off",
    "y": "y",
    "true": True,
    "False": False,
    "~": None,
    "": None,
    "null": None,
    "2025-12-01": "2025-12-01",
    "'7'": "7",
    '"1e-3"': "1e-3",
    "!!str 7": "7",
    "!!int '7'": 7,
    "&a 7": 7,
    "|\n  7": "7",
}
TWICE = {
    "a.yaml": "seed: 1\nsweep:\n  search: tpe\nseed: 2",
    "b.yaml": "{seed: 1,\n\n\n seed: 2}",
    "c.json": '{"seed": 1,\n\n\n"seed": 2}',
    "d.json": '{"x": {"other": {},\n\n"seed": 1,\n"\\u0073eed": 2}}',
    "e.toml": "seed = 1\nC = 1.0\n\nseed = 2",
    "g.toml": "C = 1.0\n\n\nx = {seed = 1, seed = 2}",
    "h.toml": 'seed = 1\nC = 1.0\n\n"seed" = 2',
    "i.toml": "seed = 1\nC = 1.0\n\nseed = [\n2]",
    "f.toml": "[seed]\nx = 1\n\n[seed]\ny = 1",
}
REFUSED = {
    "merge.yaml": (
        "seed: 1\n<<: *x",
        "line 2: a merge key (<<) stands there. Aliases and merge keys are not taken.",
    ),
    "alias.yaml": ("a: &x 1\nb: *x", "line 2: an alias (*) stands there."),
    "loop.yaml": ("a: &x\n  b: *x", "line 2: an alias (*) stands there."),
    "tag.yaml": ("a: !!python/object/apply:os.system [x]", "line 1: a tag (!) stands there"),
    "no_number.yaml": ("a: !!int x", "line 1: a tag (!) stands there that does not fit."),
    "documents.yaml": ("---\na: 1\n---\nb: 2", "line 3: a second document begins."),
    "key.yaml": ("a: 1\n? [b]\n: 2", "line 2: a key that is not text."),
    "number.yaml": ("1: 2", "line 1: a key that is not text."),
    "open.yaml": ("a: 1\nb: [1", "not valid YAML. Look at line 2."),
    "open.json": ('{"a": 1,\n"b"}', "not valid JSON. Look at line 2."),
    "open.toml": ("a = 1\nb = ", "not valid TOML. Look at line 2."),
    "end.toml": ("a = [1,\n", "not valid TOML. It ends too early."),
    "nan.json": ('{"a":\nNaN}', "line 2: NaN and Infinity are not JSON."),
    "infinity.json": ('{"a": -Infinity}', "line 1: NaN and Infinity are not JSON."),
    "zero.yaml": ("a: 1\nb: \0", "line 2: a zero byte."),
    "levels.json": ("[" * 9 + "]" * 9, "holds more than 8 levels"),
    "levels.yaml": ("[" * 9 + "]" * 9, "holds more than 8 levels"),
    "levels.toml": ("a.b.c.d.e.f.g.h.i = 1", "holds more than 8 levels"),
}
LONG = 900_000
LARGER_THAN_THEY_LOOK = {
    "dotted.toml": ".".join("a" * 20_000) + " = 1",
    "quoted.toml": '"a".' * 200_000 + "b = 1",
    "header.toml": f"[{'.'.join('a' * 20_000)}]",
    "lists.toml": "a = " + "[" * LONG,
    "tables.toml": "a = " + "{a=" * 300_000,
    "keys.toml": "".join(f"a{n} = 1\n" for n in range(60_000)),
    "more_tables.toml": "".join(f"[a{n}]\n" for n in range(60_000)),
    "more_lists.toml": "[[a]]\n" * 150_000,
    "digits.toml": "a = " + "9" * LONG,
    "hex.toml": "a = 0x" + "f" * 9_000,
    "values.toml": "a = [" + "1," * 450_000 + "1]",
    "values.json": "[" + "1," * 450_000 + "1]",
    "unclosed.toml": "'''" + "''x" * 300_000,
    "escapes.toml": '"""' + '""\\' * 300_000,
    "quotes.toml": '"' * LONG,
    "lists.json": "[" * LONG,
    "tables.json": '{"a":' * 150_000,
    "keys.json": "{" + ",".join(f'"a{n}":1' for n in range(60_000)) + "}",
    "digits.json": '{"seed": ' + "9" * LONG + "}",
    "unclosed.json": '"' + '\\"' * 450_000,
    "lists.yaml": "[" * LONG,
    "tables.yaml": "{a: " * 200_000,
    "dashes.yaml": "- " * 400_000,
    "marks.yaml": "? " * 400_000,
    "keys.yaml": "".join(f"a{n}: 1\n" for n in range(60_000)),
    "values.yaml": "[" + "1," * 450_000 + "1]",
    "digits.yaml": "a: " + "9" * LONG,
    "base_60.yaml": "a: " + "1:" * 200_000 + "1",
    "hex.yaml": "as_of: 0x" + "f" * 9_000,
    "bytes.json": " " * (MAX_BYTES + 1),
}


@pytest.mark.kind("parameter files")
@pytest.mark.parametrize("word", MEANT)
def test_a_word_of_yaml_is_what_the_core_schema_of_1_2_says(word):
    found = parse_file(f"a: {word}".encode(), name="x.yaml")["a"]

    assert found == MEANT[word]
    assert type(found) is type(MEANT[word])


@pytest.mark.kind("parameter files")
@pytest.mark.parametrize("name", TWICE)
def test_a_key_that_is_there_twice_is_refused_by_name_and_line(name):
    with pytest.raises(RefusedError) as refusal:
        parse_file(TWICE[name].encode(), name=name)

    assert refusal.value.problems == (f"{name}: line 4: seed is there twice. Write each key once.",)


@pytest.mark.kind("parameter files")
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_taken_is_refused_in_words_with_its_line(name):
    text, words = REFUSED[name]

    with pytest.raises(RefusedError) as refusal:
        parse_file(text.encode(), name=name)

    assert refusal.value.problems[0].startswith(f"{name}: {words}")


@pytest.mark.kind("parameter files")
@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_that_is_not_utf_8_is_told_to_be_saved_as_such(encoding):
    with pytest.raises(RefusedError, match=r"Save it as UTF-8\.\Z"):
        parse_file('a = "é"'.encode(encoding), name="x.toml")


@pytest.mark.kind("parameter files")
@pytest.mark.parametrize("name", ["x.toml", "x.yaml", "x.json"])
def test_a_byte_order_mark_is_no_part_of_the_text(name):
    text = {"x.toml": "a = 1", "x.yaml": "a: 1", "x.json": '{"a": 1}'}[name]

    assert parse_file(text.encode("utf-8-sig"), name=name) == {"a": 1}


@pytest.mark.kind("inputs larger than they look")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", LARGER_THAN_THEY_LOOK)
def test_a_file_that_would_hold_a_core_for_long_is_refused_before_it_is_parsed(name):
    with pytest.raises(RefusedError) as refusal:
        parse_file(LARGER_THAN_THEY_LOOK[name].encode(), name=name)

    assert refusal.value.problems[0].startswith(f"{name}: ")
    assert len(str(refusal.value)) < 300


def test_brackets_dots_and_digits_in_texts_and_comments_are_not_counted():
    words = "[" * 5_000 + "." * 5_000 + "{" * 5_000 + "=" * 50_000
    text = f'a = "{words}\\""\nb = \'{words}\'\nc = """\n{words}"""" # {words}\nd = \'\'\'{words}\'\'\'\ne = 1 # {words}'

    assert parse_toml(text.encode(), name="x")["e"] == 1
    assert parse_file(f'{{"a": "{words}", "b": "\\"{words}"}}'.encode(), name="x.json").keys() == {"a", "b"}


def test_a_list_of_40_000_names_is_read():
    names = [f"feature_{n}" for n in range(40_000)]

    assert parse_toml(f"features = {names}".encode(), name="dataset.toml") == {"features": names}


def test_the_bytes_that_are_looked_at_can_be_fewer_or_more():
    text = b"a = 1 #" + b"x" * MAX_BYTES

    assert parse_toml(text, name="dataset.toml", longest=2 * MAX_BYTES) == {"a": 1}
    with pytest.raises(RefusedError, match=r"dataset\.toml: larger than 100 bytes"):
        parse_toml(text, name="dataset.toml", longest=100)


@pytest.mark.kind("inputs larger than they look")
def test_a_refusal_has_a_longest_length_and_says_how_much_more_there_is():
    problems = [f"a{n}: {'unknown. ' * 1_000}" for n in range(90_000)]

    refusal = RefusedError(problems)

    assert len(refusal.problems) == MOST_PROBLEMS
    assert max(map(len, refusal.problems)) == LONGEST_PROBLEM
    assert refusal.problems[-1] == "and 89951 more."
    assert copy.copy(refusal).problems == refusal.problems
    assert str(refusal).startswith("Refused: 90000 problems.")


@pytest.mark.kind("inputs larger than they look")
@pytest.mark.parametrize("error", [SourceError, StoreError, SettingsError, ArtifactNotFoundError])
def test_no_message_of_any_error_is_endless(error):
    assert len(str(error("x" * 1_000_000))) == LONGEST_MESSAGE
    assert str(error("x")) == "x"


def test_a_name_that_holds_half_a_character_is_told_as_one_that_is_no_text():
    _, problems = diagnose(parse_file(b'{"\\ud800": 1}', name="x.json"), TrainingParameters)

    assert problems == ["(a parameter's name): not text. Parameters are named as the schema names them."]


@pytest.mark.kind("parameter files")
def test_no_key_that_looks_like_a_credential_and_no_escape_of_a_terminal_is_repeated():
    with pytest.raises(RefusedError) as secret:
        parse_file(b"AKIAIOSFODNN7EXAMPLE: 1\nAKIAIOSFODNN7EXAMPLE: 2", name="x.yaml")
    with pytest.raises(RefusedError) as escape:
        parse_file(b'{"\\u001b[31m": 1, "\\u001b[31m": 2}', name="\x1b.json")

    assert secret.value.problems == ("x.yaml: line 2: a key is there twice. Write each key once.",)
    assert escape.value.problems == (r"\x1b.json: line 1: \x1b[31m is there twice. Write each key once.",)
