"""Paths: what names an artifact is found again in its path, and nothing leaves the root."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.core.artifact import ArtifactKey, encode, parse_path
from ml_assets.core.pipeline import asset_problems
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.keys import key_of

HOSTILE = [
    "..",
    ".",
    "...",
    "../../etc/passwd",
    "/etc/passwd",
    "a/../../b",
    "..\\..\\b",
    "a\x00b",
    "a\nb",
    "%2e%2e",
    "%2F",
    "a=b",
    "name#1",
    "é",
    "e\u0301",
    "~root",
    "C:\\x",
    "😀",
    " ",
]
any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40) | st.sampled_from(
    HOSTILE
)
any_name = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True).filter(
    lambda name: name not in ("as_of", "run")
)
any_key = st.builds(
    ArtifactKey,
    asset=any_text,
    values=st.dictionaries(any_name, any_text | st.just(""), max_size=3).map(
        lambda values: tuple(values.items())
    ),
    as_of=st.dates(),
    run_id=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    folder=st.from_regex(r"[a-z0-9_]{0,9}", fullmatch=True),
)


def test_a_path_is_spelled_as_documented():
    key = ArtifactKey(
        asset="model",
        values=(("model_version", "v2"), ("dataset", "orders")),
        as_of=dt.date(2025, 12, 1),
        run_id="3fa9c1d2e0ab",
    )

    assert key.path == "model/model_version=v2/dataset=orders/as_of=2025-12-01/run=3fa9c1d2e0ab"
    assert parse_path(key.path) == parse_path(f"/{key.path}/") == key


def test_an_asset_of_others_is_named_by_all_parameters():
    day, own = dt.date(2025, 12, 1), TrainingParameters(max_depth=3, model_version="v2")

    assert key_of("an_asset_of_others", own, day).run_id == key_of("model", own, day).run_id
    assert key_of("an_asset_of_others", own, day).value("model_version") == "v2"


@given(any_key)
def test_a_path_parses_back_to_its_key(key):
    assert parse_path(key.path) == key


@given(any_key, any_key)
def test_two_keys_never_share_a_path(one, other):
    assert (one.path == other.path) == (one == other)


@given(any_key)
def test_hostile_values_never_leave_the_root(key):
    root = Path("/srv/store")
    parts = key.path.split("/")

    assert root in Path(f"{root}/{key.path}").resolve().parents
    assert len(parts) == 3 + len(key.values) + bool(key.folder)
    assert all(part.isascii() and part.isprintable() and part.strip(".") for part in parts)


@given(any_text)
@settings(max_examples=50)
def test_one_value_is_one_segment(value):
    assert not {"/", "\\", "\0"} & set(encode(value))
    assert encode(value) not in {"", ".", ".."}


def test_what_is_no_letter_or_number_is_written_as_its_bytes():
    assert [encode(value) for value in ("orders", "a/b", "..", "v1.2", "é")] == [
        "orders",
        "a%2Fb",
        "%2E%2E",
        "v1.2",
        "%C3%A9",
    ]


@pytest.mark.parametrize("assets", [["model"], ("evaluation", "model"), set(tabular.assets), tabular.assets])
def test_some_of_the_assets_or_all_of_them_are_known(assets):
    assert asset_problems(assets, tabular) == []


@pytest.mark.parametrize("assets", [[], "", "model", ["model", "modle"], ["modle"]])
def test_what_is_no_list_of_assets_is_answered_with_those_there_are(assets):
    assert asset_problems(assets, tabular) == [
        "assets: not a list of known assets. Allowed: some of training_set, model, evaluation, model_card."
    ]


@pytest.mark.parametrize("asset", tabular.assets)
def test_the_path_of_every_asset_parses_back(asset):
    key = key_of(asset, TrainingParameters(), dt.date(2025, 12, 1))

    assert parse_path(key.path) == key


@pytest.mark.parametrize(
    "path",
    [
        "",
        "model",
        "model/dataset=orders",
        "model/dataset=orders/as_of=2025-13-01/run=3fa9c1d2e0ab",
        "model/as_of=2025-12-01/dataset=orders/run=3fa9c1d2e0ab",
        "model/dataset=orders/as_of=2025-12-01/run=3fa9c1d2e0ab/history",
        "a/b/model/dataset=orders/as_of=2025-12-01/run=3fa9c1d2e0ab",
        "dataset=orders/as_of=2025-12-01/run=3fa9c1d2e0ab",
        "Model/model/dataset=orders/as_of=2025-12-01/run=3fa9c1d2e0ab",
        "m.l/model/dataset=orders/as_of=2025-12-01/run=3fa9c1d2e0ab",
        "model/x=1/x=1/as_of=2025-12-01/run=3fa9c1d2e0ab",
        "model/as_of=2025-12-01/as_of=2025-12-01/run=3fa9c1d2e0ab",
        "model/x-y=1/as_of=2025-12-01/run=3fa9c1d2e0ab",
        "model/dataset=%6Frders/as_of=2025-12-01/run=3fa9c1d2e0ab",
        "../model/dataset=orders/as_of=2025-12-01/run=3fa9c1d2e0ab",
    ],
)
def test_a_foreign_path_is_no_artifact(path):
    assert parse_path(path) is None


@pytest.mark.parametrize("dataset", HOSTILE)
@pytest.mark.parametrize("scheme", ["disk", "memory"])
def test_a_store_looks_for_hostile_names_inside_its_root_only(tmp_path, scheme, dataset):
    root = str(tmp_path / "store") if scheme == "disk" else f"memory://{tmp_path}{dataset.encode().hex()}"
    key = ArtifactKey(
        asset="model", values=(("dataset", dataset),), as_of=dt.date(2025, 12, 1), run_id="3fa9c1d2e0ab"
    )
    store = ArtifactStore(root)

    assert store.find(key) is None
    assert store.uri(key).startswith(f"{root}/model/")
    assert not (tmp_path / "store").exists()
