"""A model reaches a slot only as exactly what was evaluated, on evidence; a refusal leaves the slot as it was."""

import contextlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from ml_assets.adapter.refusal import LaunchRefusedError
from ml_assets.cli.main import main
from ml_assets.core.promotion.decision import verdict
from ml_assets.core.promotion.gates import GATES, Gate
from ml_assets.core.run_id import hash_identity, run_id
from ml_assets.definitions import defs
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, RefusedError, StoreError
from ml_assets.pipeline import promotion
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.promotion import evaluate, promote
from ml_assets.pipeline.releases import roll_back, switch, verify_release
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings
from ml_assets.storage.copying import copy_artifact
from ml_assets_tests import s3 as buckets
from ml_assets_tests.beside import check_promotion
from ml_assets_tests.faulty import faulty, shuffled
from ml_assets_tests.released import BAD, DAYS, GOOD, LAST, ORDERS, OTHER, THROUGH, Place, copied, tree


@pytest.fixture
def place(staging, tmp_path, monkeypatch):
    found = copied(staging, tmp_path / "place")
    found.settings(monkeypatch)
    return found


@pytest.fixture
def serving(place):
    """GOOD serves in blue."""
    place.promote(GOOD, to="blue")
    switch(ORDERS, to="blue", by="ada", settings=load_settings())
    return place


def failed(decision):
    return {gate.name: gate.told for gate in decision.gates if not gate.passed}


def test_the_slot_holds_the_run_byte_for_byte_and_the_log_says_so(place):
    outcome = place.promote(GOOD, to="blue", reason="first model")

    entry = outcome.entry
    here = tree(f"{place.root}/staging")
    assert tree(f"{place.root}/blue") == {
        path: digest
        for path, digest in here.items()
        if any(path.startswith(place.key(asset).path) for asset in tabular.assets)
    }
    assert entry.release.sha256 == place.store().manifest(place.key("model")).sha256
    assert set(entry.release.manifests) == set(tabular.assets)
    assert (entry.by, entry.why, entry.action, entry.number) == ("ada", "first model", "promoted", 1)
    assert place.log.state().live is None, "it does not serve before somebody switches"
    verify_release(entry.release, load_settings(), pipeline=tabular)


def test_the_decision_that_is_kept_says_who_what_why_and_on_which_grounds(serving):
    outcome = serving.promote(OTHER, reason="less regularised")

    record = json.loads(serving.log.decision(outcome.entry.decision))
    assert record["verdict"] == "promoted"
    assert (record["by"], record["reason"], record["to"], record["source"]) == (
        "ada",
        "less regularised",
        "green",
        "staging",
    )
    assert [gate["name"] for gate in record["gates"]] == [*GATES, "not worse"]
    assert all(gate["passed"] for gate in record["gates"])
    comparison = record["comparison"]
    assert all(kpi["low"] <= kpi["degradation"] <= kpi["high"] <= kpi["margin"] for kpi in comparison["kpis"])
    assert (record["try_number"], comparison["error"], comparison["sample"]["through"]) == (1, 0.05, THROUGH)
    assert record["reference_sha256"] == serving.log.state().live.sha256
    assert record["parameters"] == serving.store().manifest(serving.key("model", OTHER)).parameters
    assert record["artifacts"] == {
        asset: serving.store().manifest(serving.key(asset, OTHER)).sha256 for asset in tabular.assets
    }


def test_promoting_again_changes_no_byte_of_the_slot(place):
    place.promote(GOOD, to="blue")
    before = tree(f"{place.root}/blue")

    again = place.promote(GOOD, to="blue")

    assert tree(f"{place.root}/blue") == before
    assert again.entry.number == 2


def not_evaluated(place):
    shutil.rmtree(Path(place.store().uri(place.key("evaluation", OTHER))))
    return "evaluated", "there is no evaluation: ml-assets run --dataset orders --as-of 2025-12-01"


def byte_changed(place):
    (file,) = Path(place.store().uri(place.key("model", OTHER))).glob("data-*")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    return "bytes", "its SHA-256 is not the one in the manifest"


def other_bytes_than_evaluated(place):
    """A model that was made again and committed as it should be, after its evaluation."""
    store, key = place.store(), place.key("model", OTHER)
    another = place.key("model", GOOD)
    manifest = store.manifest(another)
    files = {stored.file: store.read_file(another, stored) for stored in manifest.files}
    store.commit(key, store.manifest(key).model_copy(update={"files": manifest.files}), files)
    return "evaluated", "the evaluation is of other bytes than the model's"


def made_again(place, asset, **changes):
    """An artifact as other code, or other packages, would have committed it."""
    store, key = place.store(), place.key(asset, OTHER)
    manifest = store.manifest(key)
    files = {stored.file: store.read_file(key, stored) for stored in manifest.files}
    store.commit(key, manifest.model_copy(update=changes), files)


def other_code(place):
    made_again(place, "model", code_version="0123456789ab")
    return "code", "model was made by 0123456789ab, here is "


def other_packages(place):
    held = place.store().manifest(place.key("evaluation", OTHER)).packages
    made_again(place, "evaluation", packages={**held, "numpy": "1.0.0"})
    return "packages", "numpy 1.0.0 then, "


def other_training_set(place):
    held = place.store().manifest(place.key("model", OTHER)).artifacts
    made_again(place, "model", artifacts=tuple(item.model_copy(update={"sha256": "0" * 64}) for item in held))
    return "inputs", "model was made of another training_set"


def evaluation_names_no_training_set(place):
    held = place.store().manifest(place.key("evaluation", OTHER)).artifacts
    made_again(place, "evaluation", artifacts=tuple(item for item in held if item.asset == "model"))
    return "inputs", "evaluation does not say of which training_set it was made"


def no_baseline(place):
    made_again(place, "evaluation", metrics={"roc_auc": 0.99})
    return "baseline", "the evaluation has no metric with a baseline beside it"


WRONG = (
    not_evaluated,
    byte_changed,
    other_bytes_than_evaluated,
    other_code,
    other_packages,
    other_training_set,
    evaluation_names_no_training_set,
    no_baseline,
)


@pytest.mark.parametrize("spoil", WRONG, ids=lambda spoil: spoil.__name__)
def test_what_is_not_exactly_what_was_evaluated_is_refused_and_the_slots_stay_as_they_were(serving, spoil):
    gate, told = spoil(serving)
    before = {name: tree(f"{serving.root}/{name}") for name in ("blue", "green")}
    entries = len(list(serving.log.entries()))

    outcome = serving.promote(OTHER)

    assert outcome.entry is None
    assert told in failed(outcome.decision)[gate]
    assert {name: tree(f"{serving.root}/{name}") for name in ("blue", "green")} == before
    assert len(list(serving.log.entries())) == entries
    assert json.loads(serving.log.decision(outcome.digest))["verdict"] == "refused"


def test_a_candidate_that_is_worse_beyond_the_margin_is_refused_with_the_numbers(serving):
    outcome = serving.promote(BAD)

    told = failed(outcome.decision)
    assert "not worse" in told
    assert "roc_auc: " in told["not worse"]
    assert "allowed 0.01: worse beyond chance, not within its margin" in told["not worse"]
    assert outcome.entry is None
    assert tree(f"{serving.root}/green") == {}


def test_models_of_another_holdout_and_lookback_are_compared_on_the_same_rows(serving):
    other_days = GOOD.model_copy(update={"holdout_days": 50, "lookback_days": 140})
    workspace = Workspace(
        pipeline=tabular,
        store=serving.store(),
        environment="staging",
        sources={"sample": "sample:"},
    )
    assert attempt(other_days, LAST, workspace=workspace).error is None

    outcome = serving.promote(other_days)

    assert [kpi.metric for kpi in outcome.decision.comparison.kpis] == list(outcome.decision.margins)
    assert outcome.decision.comparison.sample.rows > 0


def test_a_model_of_another_source_is_not_compared(serving):
    held = serving.store().manifest(serving.key("model", OTHER)).parameters
    store, key = serving.store(), serving.key("model", OTHER)
    manifest = store.manifest(key)
    parameters = {**held, "source": "shop"}
    name = hash_identity(parameters, LAST)
    files = {stored.file: store.read_file(key, stored) for stored in manifest.files}
    other = manifest.model_copy(update={"parameters": parameters, "run_id": name})
    store.commit(replace(key, run_id=name), other, files)

    assert (
        "source: shop and sample, so that they are about other rows. Compare models of which it is the same."
        in failed(evaluate(serving.request(model=name)).decision)["not worse"]
    )


def test_the_slot_that_serves_is_never_changed(serving):
    before = tree(serving.root)

    with pytest.raises(RefusedError, match=r"blue serves now\. Promote to green"):
        serving.promote(OTHER, to="blue")

    assert tree(serving.root) == before


@pytest.mark.parametrize(
    "lose", [shutil.rmtree, lambda folder: Path(folder, "manifest.json").write_bytes(b"")]
)
def test_what_serves_but_is_lost_can_be_replaced_with_a_reason(serving, lose):
    lose(serving.store("blue").uri(serving.key("model")))

    refused = serving.promote(OTHER)
    forced = serving.promote(OTHER, force=True, reason="what serves is lost")

    assert failed(refused.decision)["not worse"].startswith(
        "what serves is gone from its slot, or damaged there"
    )
    assert (refused.entry, forced.entry.release.slot) == (None, "green")
    assert run_id(GOOD, LAST) in forced.decision.reference


SHARED = {
    "{root}/blue/": "has the same root as blue",
    "{root}/staging": "has the same root as staging",
    "{root}//staging/.": "has the same root as staging",
    "{root}/blue/../staging": "has the same root as staging",
    "file://{root}/staging": "has the same root as staging",
    "FILE://localhost{root}/%73taging": "has the same root as staging",
    "{root}/link": "has the same root as staging",
    "{root}/link/../staging": "has the same root as staging",
    "../place/blue": "has the same root as blue",
    "artifacts/dev": "has the same root as dev",
    "{root}/staging/inside": "lies in the root of staging",
    "{root}/link/inside": "lies in the root of staging",
    "{root}": "holds the root of staging",
    "/": "holds the root of staging",
}


@pytest.mark.kind("releases", inputs=len(SHARED))
def test_a_slot_without_a_root_of_its_own_is_not_promoted_to(serving, monkeypatch, tmp_path):
    (tmp_path / "place" / "link").symlink_to(tmp_path / "place" / "staging")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    before = tree(serving.root)

    for root, words in SHARED.items():
        monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__GREEN__ROOT", root.format(root=serving.root))
        with pytest.raises(RefusedError, match=f"to: green {words}.* Give each a root of its own: ML_ASSETS"):
            serving.promote(OTHER)

    assert tree(serving.root) == before


@pytest.mark.kind("releases")
def test_a_switch_can_be_held_to_the_candidate_that_is_meant(serving, capsys):
    serving.promote(OTHER)
    entries = len(list(serving.log.entries()))

    assert main(["switch", "--if-candidate", run_id(GOOD, LAST)]) == 2
    told = capsys.readouterr().err
    assert f"if_candidate: another model is the candidate: {run_id(OTHER, LAST)} (v1" in told
    assert main(["switch", "--if-candidate", "newest"]) == 2
    assert "--if-candidate: has characters that are not allowed" in capsys.readouterr().err
    assert len(list(serving.log.entries())) == entries

    assert main(["switch", "--if-candidate", run_id(OTHER, LAST)]) == 0
    assert serving.log.state().live.run_id == run_id(OTHER, LAST)


def test_a_model_that_is_not_there_is_named_as_such(place):
    with pytest.raises(ArtifactNotFoundError, match="No model of run 000000000000"):
        evaluate(place.request(GOOD, model="000000000000"))


def test_a_model_that_does_not_say_what_it_was_made_of_is_not_promoted(place):
    made_again(place, "model", artifacts=())

    with pytest.raises(CorruptArtifactError, match="does not say of which training set it was made"):
        place.promote(OTHER)


def test_a_model_whose_parameters_are_not_known_here_is_refused_in_plain_words(place):
    store, key = place.store(), place.key("model", OTHER)
    manifest = store.manifest(key)
    parameters = {**manifest.parameters, "model_version": "v9"}
    name = hash_identity(parameters, LAST)
    files = {stored.file: store.read_file(key, stored) for stored in manifest.files}
    newer = manifest.model_copy(update={"parameters": parameters, "run_id": name})
    store.commit(
        replace(key, values=(("model_version", "v9"), ("dataset", "orders")), run_id=name), newer, files
    )

    with pytest.raises(
        RefusedError, match=f"{name}: the ml_assets that is here does not know its parameters"
    ):
        evaluate(place.request(model=name))


def test_another_artifact_under_the_same_key_is_not_overwritten_and_the_slot_stays_as_it_was(place):
    place.promote(OTHER, to="blue")
    shutil.rmtree(Path(place.store("blue").uri(place.key("training_set", OTHER))))
    before = tree(f"{place.root}/blue")
    other_code(place)

    request = place.request(OTHER, to="blue", force=True, reason="made by older code")
    for act in (evaluate, promote):
        with pytest.raises(
            StoreError, match=r"holds another model under this run_id\. Nothing was overwritten"
        ):
            act(request)

    assert tree(f"{place.root}/blue") == before


def test_another_python_makes_no_other_artifact(place):
    place.promote(OTHER, to="blue")
    before = tree(f"{place.root}/blue")
    held = place.store().manifest(place.key("model", OTHER)).packages
    made_again(place, "model", packages={**held, "python": "3.9.0"})

    assert place.promote(OTHER, to="blue").entry.number == 2
    assert tree(f"{place.root}/blue") == before


def test_what_was_damaged_in_the_slot_is_mended_by_promoting_it_again(place):
    place.promote(OTHER, to="blue")
    before = tree(f"{place.root}/blue")
    (file,) = Path(place.store("blue").uri(place.key("model", OTHER))).glob("data-*")
    file.write_bytes(b"rotten")

    outcome = place.promote(OTHER, to="blue")

    assert tree(f"{place.root}/blue") == before
    verify_release(outcome.entry.release, load_settings(), pipeline=tabular)


def test_a_damaged_manifest_in_the_slot_is_not_overwritten_and_the_way_out_is_told(place):
    place.promote(OTHER, to="blue")
    manifest = Path(place.store("blue").uri(place.key("model", OTHER), "manifest.json"))
    manifest.write_bytes(b"rotten")

    with pytest.raises(CorruptArtifactError, match="Remove it, then promote again"):
        place.promote(OTHER, to="blue")

    assert manifest.read_bytes() == b"rotten"
    manifest.unlink()
    verify_release(place.promote(OTHER, to="blue").entry.release, load_settings(), pipeline=tabular)


def test_a_candidate_is_not_taken_that_was_compared_with_what_serves_no_more(place, monkeypatch):
    place.promote(GOOD, to="blue")  # nothing serves yet, so that there is nothing to compare OTHER with
    real = promotion._copied

    def meanwhile(*judged):
        switch(ORDERS, to="blue", by="bob", settings=load_settings())
        return real(*judged)

    monkeypatch.setattr(promotion, "_copied", meanwhile)
    with pytest.raises(RefusedError, match="another model serves since this one was compared"):
        place.promote(OTHER, to="green")

    assert place.log.state().candidates.get("green") is None
    monkeypatch.undo()
    place.settings(monkeypatch)
    assert place.promote(OTHER, to="green").decision.reference is not None


def test_what_was_made_again_after_it_was_judged_is_not_copied(place):
    judged = place.store().manifest(place.key("evaluation", OTHER))
    made_again(place, "evaluation", metrics={**judged.metrics, "roc_auc": 0.99})

    with pytest.raises(StoreError, match="was made again while it was promoted"):
        copy_artifact(
            place.key("evaluation", OTHER), judged, source=place.store(), target=place.store("blue")
        )

    assert tree(f"{place.root}/blue") == {}


def test_a_reason_overrules_what_may_be_overruled_and_is_recorded(serving):
    outcome = serving.promote(BAD, force=True, reason="the old one may not be used any more")

    assert outcome.decision.verdict == "forced"
    assert outcome.entry.why == "the old one may not be used any more"
    assert ("not worse", "overruled") in [row[:2] for row in outcome.decision.rows()]


def test_a_margin_that_is_widened_needs_a_reason_and_does_away_with_no_other(serving):
    with pytest.raises(
        RefusedError, match="A margin wider than the default needs one, which is recorded: roc_auc"
    ):
        serving.promote(BAD, margins="roc_auc=1")

    outcome = serving.promote(BAD, margins="roc_auc=1", reason="its ranks do not matter")

    assert outcome.decision.margins == {"roc_auc": 1.0, "log_loss": 0.01, "brier": 0.005}
    assert outcome.decision.comparison.kpis[0].passed
    assert "log_loss" in failed(outcome.decision)["not worse"]
    assert outcome.entry is None


def test_nobody_overrules_bytes(serving):
    byte_changed(serving)

    assert serving.promote(OTHER, force=True, reason="we are in a hurry").entry is None


@pytest.mark.parametrize("name", [*GATES, "not worse"])
def test_force_opens_only_the_gates_that_are_about_how_good_it_is_or_by_what_it_was_made(name):
    gates = [Gate(name=name, passed=False, told="no")]

    assert verdict(gates, force=False) == "refused"
    forced = "forced" if name in ("code", "packages", "baseline", "leak", "not worse") else "refused"
    assert verdict(gates, force=True) == forced


def test_the_parameter_set_that_serves_is_compared_when_it_is_renewed(serving):
    own = check_promotion({"model": run_id(GOOD, DAYS[-2])})
    request = replace(serving.request(), own=own)

    outcome = promote(request)

    assert outcome.entry.release.slot == "green"
    assert outcome.decision.comparison.verdict in ("better", "not worse")


def test_a_bucket_that_may_only_be_read_stays_as_it_was(s3, staging, monkeypatch):
    for name in ("staging", "blue", "releases"):
        objects = {}
        if name == "staging":
            objects = {f"a/{path}": (staging / path).read_bytes() for path in tree(staging)}
        buckets.make_bucket(s3, f"release-{name}", objects)
    buckets.make_read_only(s3, "release-green", {"a/held": b"1"})
    buckets.use(monkeypatch, s3)
    for name in ("staging", "blue", "green"):
        monkeypatch.setenv(f"ML_ASSETS_ENVIRONMENTS__{name.upper()}__ROOT", f"s3://release-{name}/a")
    monkeypatch.setenv("ML_ASSETS_RELEASES", "s3://release-releases/log")
    place = Place("unused")

    with pytest.raises(StoreError, match="access is denied"):
        place.promote(GOOD, to="green")

    assert buckets.objects_in(s3, "release-green") == {"a/held": 1}
    assert place.log.last() is None
    outcome = place.promote(GOOD, to="blue")
    switch(ORDERS, to="blue", by="ada", settings=load_settings())
    assert place.log.state().live == outcome.entry.release
    verify_release(outcome.entry.release, load_settings(), pipeline=tabular)


def test_through_a_bad_network_every_act_is_done_once(s3, staging, monkeypatch):
    for name in ("blue", "green", "releases"):
        buckets.make_bucket(s3, f"faulty-{name}")
    for name in ("blue", "green"):
        monkeypatch.setenv(f"ML_ASSETS_ENVIRONMENTS__{name.upper()}__ROOT", f"s3://faulty-{name}/a")
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__STAGING__ROOT", str(staging))
    monkeypatch.setenv("ML_ASSETS_RELEASES", "s3://faulty-releases/log")
    place = Place("unused")

    with faulty(s3, shuffled(each=5, seed=1)) as network:
        buckets.use(monkeypatch, network.url)
        settings = load_settings()
        place.promote(GOOD, to="blue")
        switch(ORDERS, to=None, by="ada", settings=settings)
        place.promote(OTHER)
        switch(ORDERS, to=None, by="ada", settings=settings)
        roll_back(ORDERS, by="ada", settings=settings)

    buckets.use(monkeypatch, s3)
    acts = [entry.action for entry in place.log.entries()]
    assert acts == ["rolled_back", "switched", "promoted", "switched", "promoted"]
    verify_release(place.log.state().live, load_settings(), pipeline=tabular)
    assert sum(network.spoiled.values()) > network.requests / 6


AWS = """\
[profile {name}]
region = {name}-1
aws_access_key_id = AKID{name}
aws_secret_access_key = of-{name}
"""


@pytest.mark.kind("releases")
def test_each_slot_is_reached_by_credentials_and_an_endpoint_of_its_own(s3, staging, monkeypatch, tmp_path):
    names = ("blue", "green", "all")
    buckets.use(monkeypatch, s3)
    (tmp_path / "config").write_text("".join(AWS.format(name=name) for name in names))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__STAGING__ROOT", str(staging))
    monkeypatch.setenv("ML_ASSETS_RELEASES", "s3://own-all/log")
    place, asked = Place("unused"), {}
    with contextlib.ExitStack() as stack:
        networks = {name: stack.enter_context(faulty(s3, lambda *_: None)) for name in names}
        for name in names:
            buckets.make_bucket(s3, f"own-{name}")
            prefix = "ML_ASSETS_S3" if name == "all" else f"ML_ASSETS_ENVIRONMENTS__{name.upper()}__S3"
            monkeypatch.setenv(f"{prefix}__PROFILE", name)
            monkeypatch.setenv(f"{prefix}__ENDPOINT_URL", networks[name].url)
            if name != "all":
                monkeypatch.setenv(f"ML_ASSETS_ENVIRONMENTS__{name.upper()}__ROOT", f"s3://own-{name}/a")
        for slot, parameters in (("blue", GOOD), ("green", OTHER)):
            place.promote(parameters, to=slot)
            switch(ORDERS, to=slot, by="ada", settings=load_settings())
        roll_back(ORDERS, by="ada", settings=load_settings())
        for name in names:
            asked[name] = networks[name].signers()
        for words in (["list"], ["verify"], ["show", run_id(GOOD, LAST)]):
            assert main([*words, "--environment", "blue"]) == 0
        uri = f"s3://own-green/a/{place.key('model', OTHER).path}"
        assert main(["show", uri]) == 0
        again = {name: networks[name].signers() for name in names}

    assert asked == {name: {(f"AKID{name}", f"{name}-1")} for name in names}
    assert again == {**asked, "all": set()}
    assert place.key("model", OTHER).path in "".join(buckets.objects_in(s3, "own-green"))


def test_the_shell_plans_promotes_switches_tells_and_goes_back(place, capsys):
    good, other = (run_id(parameters, LAST) for parameters in (GOOD, OTHER))
    before = tree(place.root)

    assert main(["promote", good, "--from", "staging", "--to", "blue", "--plan"]) == 0
    assert "No slot was changed: this is a plan." in capsys.readouterr().out
    assert tree(place.root) == before
    assert main(["live"]) == 0
    assert "Nothing was promoted for orders yet" in capsys.readouterr().out
    for words in (
        ["promote", good, "--from", "staging", "--to", "blue"],
        ["switch"],
        ["promote", other, "--from", "staging", "--reason", "less regularised", "--through", THROUGH],
        ["switch", "--reason", "better"],
    ):
        assert main(words) == 0, words
    capsys.readouterr()

    assert main(["rollback", "--if-live", good]) == 2
    assert "another model serves" in capsys.readouterr().err
    assert main(["rollback", "--if-live", other]) == 0
    assert f"rolled back to {good} (v1, as_of 2025-12-01) in blue: it serves now." in capsys.readouterr().out
    assert main(["live"]) == 0
    told = capsys.readouterr().out
    assert f"orders: {good} (v1, as_of 2025-12-01) in blue serves since" in told
    assert f"could be switched to: {other}" in told
    assert main(["live", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    assert [entry["action"] for entry in entries] == [
        "rolled_back",
        "switched",
        "promoted",
        "switched",
        "promoted",
    ]


def test_each_act_of_the_shell_is_there_as_json(place, capsys):
    def told(*words):
        assert main([*words, "--json"]) == 0, words
        return json.loads(capsys.readouterr().out)

    good, other = (run_id(parameters, LAST) for parameters in (GOOD, OTHER))
    plan = told("promote", good, "--from", "staging", "--to", "blue", "--plan")
    done = told("promote", good, "--from", "staging", "--to", "blue")

    assert (plan["verdict"], plan["gates"]) == (done["decision"]["verdict"], done["decision"]["gates"])
    assert (done["entry"]["action"], done["entry"]["release"]["run_id"]) == ("promoted", good)
    assert told("live")["state"]["live"] is None
    assert main(["live"]) == 0
    assert "Nothing serves for orders yet." in capsys.readouterr().out
    assert told("switch")["state"]["live"]["run_id"] == good
    told("promote", other, "--from", "staging", "--reason", "less regularised", "--through", THROUGH)
    assert told("switch")["state"]["live"]["run_id"] == other
    assert main(["live"]) == 0
    assert f"could be gone back to: {good}" in capsys.readouterr().out
    assert told("rollback")["state"]["live"]["run_id"] == good


def test_what_is_in_a_slot_is_not_promoted_to_it_again(place, capsys):
    good = run_id(GOOD, LAST)
    assert main(["promote", good, "--from", "staging", "--to", "blue"]) == 0

    assert main(["promote", good, "--from", "blue", "--to", "blue"]) == 2

    assert "to: the model is in blue already. Promote from where it was evaluated." in capsys.readouterr().err


def test_the_shell_says_what_is_refused_and_ends_with_2(serving, capsys):
    assert main(["promote", run_id(BAD, LAST), "--from", "staging", "--through", THROUGH]) == 2
    told = capsys.readouterr().out
    assert told.startswith("refused: ")
    assert "The slot is as it was." in told

    assert main(["promote", "nonsense", "--force", "--margin", "x=1", "--days", "2"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "Refused: 3 problems. Nothing was started.",
        "model: has characters that are not allowed. Allowed: the 12 hex digits of a model's run_id.",
        "window_days: too small. Allowed: a whole number from 56 to 3650.",
        "reason: missing. What is forced needs a reason, which is recorded.",
    ]


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("x" * 501, "reason: too long. Allowed: up to 500 characters"),
        ("\x1b[2J", "reason: has characters that are not allowed"),
        ("password=hunter2", "reason: looks like a credential"),
        ("see https://ada:hunter2@host/x", "reason: looks like a credential"),
        ("\udcff", "reason: not text"),
    ],
)
def test_a_reason_that_is_not_to_be_kept_is_refused_everywhere_and_not_repeated(
    serving, reason, line, capsys
):
    entries = len(list(serving.log.entries()))

    for words in (["promote", run_id(OTHER, LAST), "--from", "staging"], ["switch"], ["rollback"]):
        assert main([*words, "--reason", reason]) == 2
        told = capsys.readouterr()
        assert line in told.err
        assert "hunter2" not in told.out + told.err
    assert len(list(serving.log.entries())) == entries


def test_a_user_without_a_name_has_to_say_who_acts(serving, monkeypatch, capsys):
    def nobody():
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.delenv("ML_ASSETS_ACTOR")
    monkeypatch.setattr("getpass.getuser", nobody)

    assert main(["switch"]) == 2
    assert "actor: this user has no name here. Say who acts: ML_ASSETS_ACTOR." in capsys.readouterr().err


def test_a_candidate_that_was_damaged_in_its_slot_does_not_go_live(serving):
    serving.promote(OTHER)
    (file,) = Path(serving.store("green").uri(serving.key("model", OTHER))).glob("data-*")
    file.write_bytes(b"rotten")

    name = run_id(OTHER, LAST)
    with pytest.raises(
        CorruptArtifactError,
        match=f"is corrupt, or gone.* ml-assets promote {name} --from ENVIRONMENT --to green",
    ):
        switch(ORDERS, to="green", by="ada", settings=load_settings())

    assert serving.log.state().live.slot == "blue"


def test_what_served_before_and_was_removed_is_not_gone_back_to(serving):
    serving.promote(OTHER)
    switch(ORDERS, to=None, by="ada", settings=load_settings())
    shutil.rmtree(f"{serving.root}/blue/evaluation")

    with pytest.raises(
        CorruptArtifactError,
        match=f"evaluation.* is corrupt, or gone.* {run_id(GOOD, LAST)} --from ENVIRONMENT --to blue",
    ):
        roll_back(ORDERS, by="ada", settings=load_settings())

    assert serving.log.state().live.slot == "green"


def launch(tags=None, **own):
    return defs.resolve_job_def("promote").execute_in_process(
        tags=tags,
        run_config={
            "resources": {"options": {"config": {"environment": "staging"}}},
            "ops": {"promotion": {"config": {"through": THROUGH, **own}}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def test_the_job_shows_the_decision_and_a_refusal_fails_it_with_the_reasons(serving):
    done = launch(model=run_id(OTHER, LAST))

    (event,) = done.asset_materializations_for_node("promotion")
    assert event.metadata["verdict"].value.startswith("promoted: ")
    assert all(f"| {gate} | passed |" in event.metadata["gates"].value for gate in [*GATES, "not worse"])
    assert "| roc_auc | " in event.metadata["comparison"].value
    assert Path(event.metadata["decision"].value).is_file()
    assert serving.log.last().release.run_id == run_id(OTHER, LAST)

    refused = launch(model=run_id(BAD, LAST))

    assert not refused.success
    (failure,) = [event for event in refused.all_events if event.is_step_failure]
    told = failure.step_failure_data.user_failure_data
    assert "not worse: " in told.description
    assert told.metadata["verdict"].value.startswith("refused: ")


def test_the_run_says_who_promoted_however_long_the_name_is(serving, monkeypatch):
    monkeypatch.delenv("ML_ASSETS_ACTOR")

    assert launch(model=run_id(OTHER, LAST), tags={"user": "ada" * 100}).success
    assert serving.log.last().by == ("ada" * 100)[:200]


@pytest.mark.parametrize(
    ("own", "line"),
    [
        ({}, "model: missing"),
        ({"model": "0123456789ab", "to": "dev"}, "to: unknown. Allowed: idle, blue, green."),
        ({"model": "0123456789ab", "margins": "speed=1"}, "margins: an unknown metric"),
    ],
)
def test_the_job_refuses_what_is_wrong_before_a_run_exists(own, line):
    with pytest.raises(LaunchRefusedError) as error:
        launch(**own)

    assert line in str(error.value)


@pytest.mark.kind("release log")
@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"{}")])
def test_the_record_of_a_decision_that_is_lost_is_told_after_what_serves(serving, spoil, capsys):
    spoil(Path(serving.log.decision_uri(list(serving.log.entries())[-1].decision)))

    assert main(["live"]) == 1

    told = capsys.readouterr()
    assert f"orders: {run_id(GOOD, LAST)} (v1, as_of 2025-12-01) in blue serves since" in told.out
    assert "is missing or is not what was stored. Restore the file from a copy" in told.err
