"""A preset is a parameter set with a name, held to the rules of every other."""

import os
from pathlib import Path

import pytest

from ml_assets.adapter.parameters import refuse
from ml_assets.core.problems import check
from ml_assets.core.text_files import MAX_BYTES
from ml_assets.defs.training import VIEW
from ml_assets.errors import RefusedError
from ml_assets.parameter_files import parse_parameters
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.presets import Preset, load_preset, load_presets, read_presets
from ml_assets_tests.conftest import REPO
from ml_assets_tests.ticks import preset, write

SHIPPED = sorted(path.stem for path in (REPO / "presets").glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_preset_is_valid_in_a_fresh_clone(name):
    loaded = load_preset(name, REPO / "presets", cls=TrainingParameters)

    refuse(loaded.parameters, view=VIEW)
    parameters = check(loaded.parameters, TrainingParameters)
    assert name.startswith(f"{parameters.dataset}_{parameters.model_version}")


def test_the_shipped_presets_are_these_and_differ():
    presets = load_presets(REPO / "presets", cls=TrainingParameters)

    assert sorted(presets) == ["customers_v2", "customers_v2_calibrated", "orders_v1", "orders_v2"]
    assert len({check(each.parameters, TrainingParameters) for each in presets.values()}) == 4
    assert [name for name, each in presets.items() if each.daily] == ["orders_v1", "orders_v2"]


def test_a_preset_is_what_its_file_says():
    preset("mine", 'dataset = "customers"\nseed = 3', daily=True)

    assert load_preset("mine", cls=TrainingParameters) == Preset(
        name="mine", description="For a test.", parameters={"dataset": "customers", "seed": 3}, daily=True
    )


def test_without_a_folder_there_are_no_presets(tmp_path):
    assert load_presets(tmp_path / "nowhere", cls=TrainingParameters) == {}


def test_an_unknown_preset_gets_the_nearest_one():
    preset("orders_v1")
    preset("customers_v2")

    with pytest.raises(RefusedError) as refusal:
        load_preset("order_v1", cls=TrainingParameters)

    assert refusal.value.problems == (
        "preset: unknown. Known: customers_v2, orders_v1. Did you mean orders_v1?",
    )


@pytest.mark.kind("inputs larger than they look")
def test_of_very_many_presets_the_first_ones_and_the_nearest_are_told():
    for number in range(100):
        preset(f"p{number:02}")

    with pytest.raises(RefusedError) as refusal:
        load_preset("q99", cls=TrainingParameters)

    (line,) = refusal.value.problems
    assert line.endswith("p18, p19, and 80 more names. Did you mean p99?")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("description = ", "not valid TOML."),
        ("", "description: missing."),
        (
            'description = "x"\nmax_depth = 3',
            "max_depth: a parameter outside its table. Write it below [parameters].",
        ),
        ('description = "x"\n[subscribe]\ndaly = true', "subscribe.daly: unknown. Known: daily, landing."),
        ('description = "x"\n[subscribe]\ndaily = 1', "subscribe.daily: not true or false."),
        ('description = "x"\nsubscribe = true', "subscribe: not a table."),
        ('description = "x"\nparameters = 3', "parameters: not a table."),
        ('description = "x"\n[parameters]\nas_of = 2025-12-01', "as_of: unknown parameter."),
        ('description = "x"\n[parameters]\nmax_depth = 3', "max_depth: not used by model_version v1."),
        ('description = "AKIAIOSFODNN7EXAMPLE"', "description: looks like a credential."),
        ('description = "x"\nAKIAIOSFODNN7EXAMPLE = 1', "(a field name): looks like a credential."),
        (
            'description = "x"\n[parameters]\nsource = "AKIAIOSFODNN7EXAMPLE"',
            "source: looks like a credential.",
        ),
    ],
)
def test_a_preset_that_cannot_be_used_is_named_with_what_is_wrong(text, words):
    path = write(Path("presets/bad.toml"), text)

    with pytest.raises(RefusedError) as refusal:
        load_preset("bad", cls=TrainingParameters)

    assert f"{path}: {words}" in str(refusal.value)
    assert "AKIA" not in str(refusal.value)


def test_every_problem_of_every_file_is_told_and_the_sound_ones_are_read():
    preset("good")
    preset("bad", "seed = -1\nlookback_days = 1")
    preset("worse", "sed = 1")

    presets, problems = read_presets("presets", cls=TrainingParameters)

    assert list(presets) == ["good"]
    assert [line.split(": ")[:2] for line in problems] == [
        ["presets/bad.toml", "lookback_days"],
        ["presets/bad.toml", "seed"],
        ["presets/worse.toml", "sed"],
    ]
    with pytest.raises(RefusedError, match="3 problems"):
        load_presets("presets", cls=TrainingParameters)


def test_a_parameter_file_from_a_store_is_held_to_the_rules_of_one_on_disk():
    assert parse_parameters(b"\xef\xbb\xbfseed = 1\nas_of = 2025-12-01\n", name="a.toml") == {
        "seed": 1,
        "as_of": "2025-12-01",
    }
    with pytest.raises(RefusedError, match="larger than"):
        parse_parameters(b"#" * (MAX_BYTES + 1), name="a.toml")
    with pytest.raises(RefusedError, match="not a parameter file"):
        parse_parameters(b"", name="a.ini")


def test_a_folder_of_presets_that_cannot_be_read_is_told_and_no_folder_is_none(tmp_path):
    (tmp_path / "file").write_text("no folder")

    assert read_presets(tmp_path / "nowhere", cls=TrainingParameters) == ({}, [])
    (problem,) = read_presets(tmp_path / "file", cls=TrainingParameters)[1]
    assert problem.startswith(f"presets: {tmp_path}/file cannot be read")


@pytest.mark.kind("parameter files")
@pytest.mark.parametrize(
    "name", [".#x.toml", "._x.toml", ".x.toml", "#x.toml", "#x.toml#", "x.toml~", ".x.toml.swp", "~$x.toml"]
)
def test_what_editors_and_systems_keep_beside_a_file_is_no_preset(name):
    preset("good")
    write(Path("presets") / name, "\0\5\x16\7 no preset")

    assert read_presets("presets", cls=TrainingParameters) == (
        {"good": load_preset("good", cls=TrainingParameters)},
        [],
    )


@pytest.mark.kind("names in a folder")
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (os.mkfifo, "not a file."),
        (os.mkdir, "cannot be read (Is a directory)."),
        (
            lambda path: Path(path).symlink_to("bad.toml"),
            "cannot be read (Too many levels of symbolic links).",
        ),
        (lambda path: Path(path).symlink_to("nowhere"), "cannot be read (No such file or directory)."),
    ],
    ids=["pipe", "folder", "link to itself", "link to nowhere"],
)
def test_what_is_no_file_is_told_and_the_other_presets_are_there(make, words):
    preset("good")
    make("presets/bad.toml")

    presets, problems = read_presets("presets", cls=TrainingParameters)

    assert list(presets) == ["good"]
    assert problems == [f"presets/bad.toml: {words}"]


@pytest.mark.kind("names in a folder")
@pytest.mark.parametrize(
    ("name", "shown"),
    [(b"a\x1b[31m.toml", r"a\x1b[31m.toml"), (b"\xff.toml", r"\xff.toml"), (b"a\nb.toml", r"a\nb.toml")],
)
def test_a_name_that_cannot_be_seen_is_told_and_the_other_presets_are_there(name, shown):
    preset("good")
    write(Path("presets") / os.fsdecode(name), 'description = "x"')

    presets, problems = read_presets("presets", cls=TrainingParameters)

    assert list(presets) == ["good"]
    assert problems == [f"presets/{shown}: its name holds what cannot be seen. Rename it."]
