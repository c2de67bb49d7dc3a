"""The store is held to its word: every byte, what it was made of, and what belongs to nothing."""

import datetime as dt
import json
import os
import platform
import shutil
import time
from collections import defaultdict
from pathlib import Path

import dagster as dg
import pytest

from ml_assets.cli.main import main
from ml_assets.core.run_id import run_id
from ml_assets.definitions import defs
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.differences import differences, made_of
from ml_assets.pipeline.reproduce import Reproduced, reproduce
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.storage.artifact_store import ArtifactStore, stored_file
from ml_assets.storage.verifying import QUARANTINE, set_aside, verify_all
from ml_assets_tests import s3 as buckets
from ml_assets_tests.released import DAYS, GOOD, LAST, OTHER, copied, tree
from ml_assets_tests.scenario import failure_of

RELEASED = Path(__file__).parent / "vectors" / "store_1"


@pytest.fixture
def place(staging, tmp_path, monkeypatch):
    found = copied(staging, tmp_path / "place", days=[LAST])
    found.settings(monkeypatch)
    return found


def folder(place, asset, parameters=GOOD):
    return Path(place.store().uri(place.key(asset, parameters)))


def kinds(found):
    return sorted(finding.kind for finding in found.findings)


def test_a_store_in_which_nothing_is_wrong_is_read_whole_and_left_as_it_is(place, capsys):
    before = tree(place.root)

    found = verify_all(place.store())

    assert found.findings == ()
    assert found.files == len(tree(f"{place.root}/staging"))
    assert found.sound == 3 * 3 + 1, "models, evaluations and cards; the training set is shared"
    assert main(["verify", "--environment", "staging", "--repair"]) == 0
    assert "nothing wrong" in capsys.readouterr().out
    assert tree(place.root) == before


@pytest.mark.parametrize("asset", tabular.assets)
@pytest.mark.parametrize("how", ["a bit flips", "it is cut", "it is gone"])
def test_each_kind_of_damage_to_each_kind_of_file_is_found(place, asset, how):
    for file in sorted(folder(place, asset).glob("data-*")):
        data = file.read_bytes()
        if how == "it is gone":
            file.unlink()
        else:
            spoiled = bytearray(data)
            spoiled[len(data) // 2] ^= 1
            file.write_bytes(spoiled if how == "a bit flips" else data[: len(data) // 2])

        (found,) = [item for item in verify_all(place.store()).findings if item.kind == "damaged"]

        assert found.path == place.key(asset).path
        assert "is corrupt" in found.told
        file.write_bytes(data)
    assert verify_all(place.store()).findings == ()


@pytest.mark.parametrize(
    "change", [lambda text: text.replace("orders", "0rders", 1), lambda _: "{", lambda _: ""]
)
def test_a_manifest_that_was_changed_is_found(place, change):
    manifest = folder(place, "model") / "manifest.json"
    manifest.write_text(change(manifest.read_text()))

    found = verify_all(place.store())

    assert "damaged" in kinds(found)
    assert place.key("model").path in [item.path for item in found.findings if item.kind == "damaged"]


def test_what_a_killed_writer_left_is_set_aside_with_its_path_and_nothing_else(place, capsys):
    (folder(place, "model") / "manifest.json").unlink()
    stray = folder(place, "evaluation") / "data-0123456789abcdef.json"
    stray.write_text("half")
    before = tree(f"{place.root}/staging")

    assert main(["verify", "--environment", "staging", "--repair", "--idle"]) == 1

    after = tree(f"{place.root}/staging")
    moved = {path.split("/", 2)[2]: digest for path, digest in after.items() if path.startswith(QUARANTINE)}
    kept = {path: digest for path, digest in after.items() if not path.startswith(QUARANTINE)}
    assert {**moved, **kept} == before, "not one byte is lost"
    assert str(stray.relative_to(f"{place.root}/staging")) in moved
    assert all(path.startswith((place.key("model").path, place.key("evaluation").path)) for path in moved)
    capsys.readouterr()
    assert main(["verify", "--environment", "staging"]) == 1
    told = capsys.readouterr().out
    assert "lineage" in told
    assert "was made of what is not here: model of run" in told
    assert "leftover" not in told


def test_after_a_repair_a_run_makes_the_same_bytes_and_all_is_well(place):
    digest = place.store().manifest(place.key("model", OTHER)).sha256
    (file,) = folder(place, "model", OTHER).glob("data-*")
    file.write_bytes(b"rotten")
    assert set_aside(place.store(), verify_all(place.store()).findings) == 1
    words = ["--lookback-days", "150", "--holdout-days", "56", "--C", "0.5", "--environment", "staging"]

    assert main(["run", "--as-of", str(LAST), *words]) == 0

    assert place.store().manifest(place.key("model", OTHER)).sha256 == digest
    assert verify_all(place.store()).findings == ()


def test_an_input_that_is_not_here_is_told(place):
    shutil.rmtree(folder(place, "training_set"))

    found = verify_all(place.store())

    told = {item.path: item.told for item in found.findings}
    assert set(kinds(found)) == {"lineage"}
    assert "training_set of run" in told[place.key("model").path]


def test_a_file_of_somebody_else_is_told_and_left_alone(place, capsys):
    Path(place.root, "staging", "notes.txt").write_text("mine")

    assert main(["verify", "--environment", "staging", "--repair", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["findings"] == [{"kind": "foreign", "path": "notes.txt", "told": "belongs to no artifact"}]
    assert Path(place.root, "staging", "notes.txt").read_text() == "mine"


def test_a_bucket_is_verified_and_repaired_like_a_folder(s3, place, monkeypatch):
    source = Path(place.root, "staging", place.key("model").path)
    objects = {
        f"x/{path.relative_to(Path(place.root, 'staging'))}": path.read_bytes()
        for path in source.rglob("*")
        if path.is_file()
    }
    name = next(key for key in objects if "data-" in key)
    buckets.make_bucket(s3, "verified", {**objects, name: b"rotten"})
    buckets.use(monkeypatch, s3)
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__STAGING__ROOT", "s3://verified/x")

    assert main(["verify", "--environment", "staging", "--repair"]) == 1

    kept = [key.split("/", 3) for key in buckets.objects_in(s3, "verified")]
    assert {(root, aside, path) for root, aside, _, path in kept} == {
        ("x", QUARANTINE, key.removeprefix("x/")) for key in objects
    }


def other_commit(place, asset):
    """Commit what is there once more, as a run of another day would; the earlier entry of the history."""
    store, key = place.store(), place.key(asset)
    manifest = store.manifest(key)
    (earlier,) = folder(place, asset).glob("history/*")
    files = {stored.file: store.read_file(key, stored) for stored in manifest.files}
    store.commit(key, manifest.model_copy(update={"created_at": dt.datetime.now(dt.timezone.utc)}), files)
    return earlier


def test_a_rotten_earlier_manifest_is_set_aside_and_the_artifact_stays(place):
    earlier = other_commit(place, "model")
    earlier.write_text("{rotten")
    store = place.store()

    (found,) = verify_all(store).findings

    assert found.kind == "history"
    assert "the artifact beside it is not concerned" in found.told
    assert set_aside(store, [found]) == 1
    assert verify_all(store).findings == ()
    assert not earlier.exists()
    assert store.verify(place.key("model"))


def test_the_rotten_history_of_what_is_committed_is_made_again_from_its_manifest(place):
    (entry,) = folder(place, "model").glob("history/*")
    before = entry.read_bytes()
    entry.write_text("{rotten")
    store = place.store()

    assert set_aside(store, verify_all(store).findings) == 1

    assert entry.read_bytes() == before
    (kept,) = Path(place.root, "staging", QUARANTINE).rglob("history/*.json")
    assert kept.read_text() == "{rotten"
    assert verify_all(store).findings == ()


def test_files_of_a_commit_that_goes_on_are_told_and_left_alone(place, capsys):
    stray = folder(place, "model") / "data-0123456789abcdef.skops"
    stray.write_text("a writer has just put this")

    assert main(["verify", "--environment", "staging", "--repair"]) == 1

    assert "a run may still be at it" in capsys.readouterr().out
    assert stray.exists()
    old = time.time() - 2 * 3600
    os.utime(stray, (old, old))
    assert main(["verify", "--environment", "staging", "--repair"]) == 1
    assert not stray.exists()


def test_what_a_run_has_healed_since_is_not_set_aside(place):
    (file,) = folder(place, "evaluation").glob("data-*.json")
    good = file.read_bytes()
    file.write_bytes(b"rotten")
    found = verify_all(place.store()).findings
    file.write_bytes(good)

    assert set_aside(place.store(), found) == 0
    assert place.store().verify(place.key("evaluation"))


def test_what_was_set_aside_twice_is_kept_twice(place):
    (file,) = folder(place, "model").glob("data-*.skops")
    for text in ("first", "second"):
        file.write_text(text)
        set_aside(place.store(), verify_all(place.store(), settled=dt.timedelta()).findings)
        file.parent.mkdir(exist_ok=True)

    kept = Path(place.root, "staging", QUARANTINE).rglob(file.name)
    assert sorted(path.read_text() for path in kept) == ["first", "second"]


def test_the_half_file_of_a_killed_put_is_found(place):
    half = folder(place, "model") / "data-0123456789abcdef.skops#1"  # as obstore names it until it is whole
    half.write_text("half")

    (found,) = verify_all(place.store(), settled=dt.timedelta()).findings

    assert found.kind == "leftover"
    assert set_aside(place.store(), [found]) == 1
    assert not half.exists()


def test_a_moment_beyond_the_calendar_is_told_and_hides_no_other_artifact(place, capsys):
    manifest = folder(place, "evaluation") / "manifest.json"
    moment = json.loads(manifest.read_text())["created_at"]
    manifest.write_text(manifest.read_text().replace(moment, "0001-01-01T00:00:00+23:00"))

    assert main(["list", "--environment", "staging"]) == 1
    assert "beyond the calendar" in capsys.readouterr().err
    assert place.key("evaluation").path in [found.path for found in verify_all(place.store()).findings]


def test_a_run_is_reproduced_from_its_manifests_with_the_same_bytes(place, capsys):
    assert main(["reproduce", run_id(GOOD, LAST), "--environment", "staging", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert [item["asset"] for item in found] == list(tabular.assets)
    assert all(item["same"] and item["sha256"] == item["sha256_again"] for item in found)
    assert all(item["changed"] == [] for item in found)


def test_an_artifact_is_reproduced_by_its_folder(place, capsys):
    assert main(["reproduce", str(folder(place, "training_set"))]) == 0
    assert "same bytes" in capsys.readouterr().out


def made_again(root):
    """Every artifact of a store, made again run by run."""
    store = ArtifactStore(str(root))
    workspace = Workspace(pipeline=tabular, store=store, environment="staging", sources={"sample": "sample:"})
    runs = defaultdict(list)
    for key in store.keys(None):
        runs[key.as_of, key.run_id].append(key)
    assert runs
    return [item for keys in runs.values() for item in reproduce(keys, workspace=workspace)]


@pytest.mark.slow
def test_every_artifact_of_two_days_and_three_parameter_sets_is_reproduced(staging, tmp_path):
    root = f"{copied(staging, tmp_path, days=[DAYS[0], LAST]).root}/staging"
    found = made_again(root)

    assert [item for item in found if not item.same] == []
    assert {item.key for item in found} == set(ArtifactStore(root).keys(None))


def test_every_artifact_that_an_earlier_release_has_stored_is_reproduced_or_what_has_changed_is_named():
    unnamed = "nothing that is recorded has changed"

    assert [item for item in made_again(RELEASED) if unnamed in item.reason] == []


def recommit(place, asset, **changes):
    store, key = place.store(), place.key(asset)
    manifest = store.manifest(key)
    files = {stored.file: store.read_file(key, stored) for stored in manifest.files}
    store.commit(key, manifest.model_copy(update=changes), files)


def test_a_package_of_another_version_is_named_where_bytes_differ(place, capsys):
    """The stored model is that of other parameters, as if scikit-learn had fitted it otherwise then."""
    store, key, another = place.store(), place.key("model"), place.key("model", OTHER)
    manifest, other = store.manifest(key), store.manifest(another)
    files = {stored.file: store.read_file(another, stored) for stored in other.files}
    then = manifest.model_copy(
        update={"files": other.files, "packages": {**manifest.packages, "scikit-learn": "1.2.3"}}
    )
    store.commit(key, then, files)

    assert main(["reproduce", run_id(GOOD, LAST), "--environment", "staging"]) == 1

    told = capsys.readouterr().out
    assert "other bytes in model.skops" in told
    assert "package scikit-learn: 1.2.3 -> " in told


def test_a_change_that_moves_no_byte_is_no_difference(place, capsys):
    recommit(place, "model", packages={**place.store().manifest(place.key("model")).packages, "numpy": "1.0"})

    assert main(["reproduce", run_id(GOOD, LAST), "--environment", "staging", "--json"]) == 0

    (model,) = [item for item in json.loads(capsys.readouterr().out) if item["asset"] == "model"]
    assert model["same"]
    assert [line.split(":")[0] for line in model["changed"]] == ["package numpy"]


def test_another_processor_is_named_and_is_no_difference_where_bytes_are_the_same(place, capsys):
    recommit(place, "model", hardware={"machine": "vax", "blas": "openblas Haswell"})

    assert main(["reproduce", run_id(GOOD, LAST), "--environment", "staging", "--json"]) == 0
    (model,) = [item for item in json.loads(capsys.readouterr().out) if item["asset"] == "model"]
    assert main(["show", run_id(GOOD, LAST), "--environment", "staging"]) == 0
    shown = capsys.readouterr().out
    assert main(["why", run_id(GOOD, LAST), "--environment", "staging"]) == 0
    why = capsys.readouterr().out

    assert f"hardware machine: vax -> {platform.machine()}" in model["changed"]
    assert "hardware  blas openblas Haswell, machine vax" in shown
    assert f"hardware machine: {platform.machine()} -> vax" in why
    assert "nothing had changed, so reuse was off or the stored one was damaged" in why


@pytest.mark.parametrize(
    ("hardware", "line"),
    [
        ({"machine": "vax"}, "hardware machine: vax -> "),
        ({}, "nothing that is recorded has changed, but the hardware was not recorded; here it is blas "),
        (None, "nothing that is recorded has changed, hardware included (blas "),
    ],
    ids=["another", "not recorded", "the same"],
)
def test_where_bytes_differ_the_hardware_is_named(place, hardware, line):
    manifest = place.store().manifest(place.key("model"))
    stored = manifest if hardware is None else manifest.model_copy(update={"hardware": hardware})

    found = Reproduced(
        key=place.key("model"),
        stored=stored,
        again=manifest,
        files=("model.skops",),
        changed=tuple(differences(made_of(stored), made_of(manifest))),
    )

    assert line in found.reason


def test_hardware_does_not_decide_whether_an_artifact_is_used(place):
    recommit(place, "model", hardware={"machine": "vax"})
    workspace = Workspace(
        pipeline=tabular,
        store=place.store(),
        environment="staging",
        sources={"sample": "sample:"},
    )

    made = attempt(GOOD, LAST, workspace=workspace).made

    assert all(item.reused for item in made)
    # the card reaches the registry of model versions, and with it what builds them
    assert [bool(item.manifest.hardware) for item in made] == [False, True, True, True]


def test_the_store_is_only_read(place):
    before = tree(place.root)

    main(["reproduce", run_id(GOOD, LAST), "--environment", "staging"])

    assert tree(place.root) == before


@pytest.mark.parametrize(
    ("what", "code", "line"),
    [
        ("0123456789ab", 1, "No artifact of run 0123456789ab"),
        ("bogus", 2, "RUN_ID|PATH: neither."),
    ],
)
def test_what_cannot_be_reproduced_is_told(place, what, code, line, capsys):
    assert main(["reproduce", what, "--environment", "staging"]) == code
    assert line in capsys.readouterr().err


def launch():
    return defs.resolve_job_def("reproduce").execute_in_process(
        run_config={
            "resources": {"options": {"config": {"environment": "staging"}}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def test_the_job_makes_one_run_again_and_fails_where_a_byte_differs(place):
    for key in list(place.store().keys("model")):
        if key != place.key("model"):
            shutil.rmtree(place.store().uri(key))
    assert launch().success

    store, key = place.store(), place.key("model_card")
    manifest = store.manifest(key)
    stored = stored_file(manifest.main.name, b"# Another card", "md")
    store.commit(key, manifest.model_copy(update={"files": (stored,)}), {stored.file: b"# Another card"})
    done = launch()

    assert not done.success
    assert "model_card of run" in failure_of(done)
    assert "other bytes in model_card.md" in failure_of(done)


def test_where_nothing_is_stored_the_job_has_nothing_to_do(place):
    shutil.rmtree(f"{place.root}/staging")

    assert launch().success
