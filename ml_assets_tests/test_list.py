"""`ml-assets list`: filters decided by path or by manifest, damage that hides nothing, order that never changes."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore

from ml_assets.cli.main import main
from ml_assets.core.parameters import identity
from ml_assets.core.where import Condition, Filter, path_values
from ml_assets.errors import CorruptArtifactError, StoreError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage import object_store
from ml_assets.storage.artifact_store import ArtifactStore, Entry
from ml_assets_tests.keys import key_of
from ml_assets_tests.strategies import days, parameters
from ml_assets_tests.test_artifact_store import a_commit

DAY = dt.date(2025, 12, 1)
SETS = (
    TrainingParameters(),
    TrainingParameters(seed=1),
    TrainingParameters(dataset="customers", calibrate=True),
    TrainingParameters(model_version="v2", max_depth=3),
    TrainingParameters(model_version="v2", max_depth=6),
)
DAYS = (DAY, DAY + dt.timedelta(days=1), DAY + dt.timedelta(days=40))


def fill(store: ArtifactStore) -> None:
    for asset in ("evaluation", "training_set"):
        for of in SETS:
            for day in DAYS:
                store.commit(*a_commit(key=key_of(asset, of, day), of=of))


@pytest.fixture(params=["disk", "memory"])
def store(request, tmp_path):
    found = ArtifactStore(
        str(tmp_path / "artifacts/dev") if request.param == "disk" else f"memory://{tmp_path}"
    )
    fill(found)
    return found


@pytest.fixture
def disk(tmp_path):
    found = ArtifactStore(str(tmp_path / "artifacts" / "dev"))
    fill(found)
    return found


def manifest_path(store, of, day=DAY):
    return Path(store.uri(key_of("evaluation", of, day), "manifest.json"))


values = {
    "asset": st.sampled_from(["evaluation", "training_set", "model"]),
    "dataset": st.sampled_from(["orders", "customers", "other/..", ""]),
    "model_version": st.sampled_from(["v1", "v2", "v3"]),
    "as_of": st.sampled_from([str(day) for day in DAYS]) | days.map(str),
    "run_id": st.sampled_from([key_of("evaluation", of, DAY).run_id for of in SETS]) | st.just("0" * 12),
    "max_depth": st.sampled_from(["3", "4", "6"]),
    "calibrate": st.sampled_from(["true", "false"]),
    "seed": st.sampled_from(["0", "1"]),
}
any_condition = st.sampled_from(sorted(values)).flatmap(
    lambda name: st.builds(
        Condition,
        name=st.just(name),
        op=st.sampled_from(["=", "!=", ">", ">=", "<", "<="]),
        value=values[name],
    )
)
any_filter = st.lists(any_condition, max_size=3).map(lambda found: Filter(tuple(found), tabular.path))


@given(parameters(), days, st.sampled_from(sorted(tabular.assets)), any_filter)
def test_what_a_path_decides_the_whole_manifest_would_decide_too(of, day, asset, where):
    key = key_of(asset, of, day)
    known = {*tabular.path, *path_values(key)}
    stated = identity(of, of=tabular.assets[asset].slice)
    only_path = Filter(tuple(c for c in where.conditions if c.name in known), tabular.path)

    assert only_path.admits(key) == only_path.holds(key.asset, key.as_of, key.run_id, stated)
    assert where.admits(key) or not where.holds(key.asset, key.as_of, key.run_id, stated)


@given(where=any_filter)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_filtered_listing_is_the_whole_listing_filtered(store, where):
    whole = list(store.entries())

    expected = [e for e in whole if where.holds(e.key.asset, e.key.as_of, e.key.run_id, e.parameters)]

    assert list(store.entries(where=where)) == expected
    assert list(store.keys(where=where)) == [e.key for e in whole if where.admits(e.key)]


def test_a_listing_says_what_the_manifests_say_by_path(store):
    found = list(store.entries())

    manifests = [store.manifest(entry.key) for entry in found]
    assert len(found) == 15 + 6  # training sets of orders are shared by all but one parameter set
    assert [entry.key.path for entry in found] == sorted(entry.key.path for entry in found)
    assert found == [
        Entry(e.key, m.parameters, m.metrics, store.uri(e.key), m.sha256, m.created_at)
        for e, m in zip(found, manifests, strict=True)
    ]


def test_names_of_which_one_starts_the_other_come_by_their_whole_path(tmp_path):
    disk, memory = ArtifactStore(str(tmp_path / "store")), ArtifactStore(f"memory://{tmp_path}")
    for name in ("a", "a-b", "a=b", "ab", "a b", "a.b"):
        for folder in (f"model_card/dataset={name}", f"model_card/model_version={name}/dataset=x"):
            path = f"{folder.replace('=b', '%3Db').replace(' ', '%20')}/as_of=2025-12-01/run=0123456789ab"
            for one in (disk, memory):
                object_store.open_store(one.root, create=True).put(f"{path}/manifest.json", b"{}")

    paths, others = ([key.path for key in list(store.keys())] for store in (disk, memory))

    assert len(paths) == 12
    assert paths == sorted(paths) == others


def test_a_filter_decided_by_the_path_opens_no_other_manifest(disk, capsys):
    for of in SETS:
        if of.dataset == "orders":
            manifest_path(disk, of).write_bytes(b"not read")

    assert main(["list", "--where", "dataset=customers", "--json"]) == 0

    shown = capsys.readouterr()
    assert len(json.loads(shown.out)) == len(DAYS)
    assert shown.err == ""


@pytest.mark.parametrize("damage", ["cut", "bit", "metric", "empty", "other key", "no history"])
def test_a_damaged_manifest_is_named_and_hides_no_other(disk, capsys, damage):
    bad, other = manifest_path(disk, SETS[0]), manifest_path(disk, SETS[1])
    body = bad.read_bytes()
    if damage == "no history":
        shutil.rmtree(bad.parent / "history")
    else:
        changed = {
            "cut": body[:-9],
            "bit": body.replace(b'"seed":0', b'"seed":1'),
            "metric": body.replace(b"0.75", b"0.95"),
            "empty": b"",
            "other key": other.read_bytes(),
        }
        bad.write_bytes(changed[damage])

    code = main(["list", "--json"])

    shown = capsys.readouterr()
    rows = json.loads(shown.out)
    assert code == 1
    assert len(rows) == 14
    assert str(bad.parent) not in {row["uri"] for row in rows}
    assert f"{bad} is corrupt" in shown.err
    assert "1 artifact could not be read" in shown.err


def test_a_damaged_manifest_elsewhere_than_on_a_disk_is_told_in_its_place(tmp_path):
    store = ArtifactStore(f"memory://{tmp_path}")
    fill(store)
    keys = list(store.keys("evaluation"))
    object_store.open_store(store.root).put(f"{keys[4].path}/manifest.json", b"{}")

    found = list(store.entries("evaluation"))

    assert isinstance(object_store.open_store(store.root), MemoryStore)
    assert [getattr(entry, "key", None) for entry in found] == [*keys[:4], None, *keys[5:]]
    assert isinstance(found[4], CorruptArtifactError)


def test_a_manifest_that_cannot_be_opened_is_told_in_its_place(disk):
    bad = manifest_path(disk, SETS[0])
    bad.unlink()
    bad.mkdir()

    found = list(disk.entries("evaluation"))

    assert [str(bad) in str(error) for error in found if isinstance(error, StoreError)] == [True]
    assert len(found) == 15


def test_an_artifact_that_is_not_committed_yet_is_not_listed(disk):
    manifest_path(disk, SETS[0]).unlink()

    assert len(list(disk.entries("evaluation"))) == 14


def test_a_parameter_left_out_at_a_value_is_found_by_that_value(disk, capsys):
    assert main(["list", "--where", "calibrate=false", "--json"]) == 0

    assert len(json.loads(capsys.readouterr().out)) == 12


def test_the_lines_of_a_list_are_one_an_artifact_and_a_count(disk, capsys):
    assert main(["list", "--where", "model_version=v2 max_depth>3"]) == 0

    lines = capsys.readouterr().out.splitlines()
    key = key_of("evaluation", SETS[4], DAY)
    assert lines[0].split() == ["run_id", "as_of", "roc_auc", "parameters"]
    assert lines[1].startswith(f"{key.run_id}  2025-12-01  ")
    assert "max_depth=6" in lines[1]
    assert lines[-1] == "3 artifacts under artifacts/dev"


@pytest.mark.parametrize("where", ["as_of>2025-13-01", "as_of=yesterday", "as_of>=2025-6-1"])
def test_a_day_that_is_none_is_refused_and_not_compared_as_text(where, capsys):
    assert main(["list", "--where", where]) == 2

    assert "where: as_of is compared with what is no real day" in capsys.readouterr().err


def test_every_listing_has_the_same_order(disk, capsys):
    shown = set()
    for _ in range(3):
        main(["list"])
        shown.add(capsys.readouterr().out)

    assert len(shown) == 1
