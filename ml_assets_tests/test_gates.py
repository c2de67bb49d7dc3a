"""The gates of a promotion, each by itself: what it is asked, what it answers, and what may be overruled."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from ml_assets.core.manifest import PYTHON, InputArtifact, Manifest
from ml_assets.core.promotion.decision import Decision, verdict
from ml_assets.core.promotion.gates import FORCEABLE, GATES, Evidence, Gate, check
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.beside import check_promotion

ROOT = Path(__file__).parent / "vectors" / "store_1"
RUN = "0123456789ab"
SAID = {
    "evaluated": "the evaluation is of these bytes",
    "bytes": "every SHA-256 is that of its manifest",
    "parameters": "all have the model's parameters",
    "inputs": "each was made of the others as they are stored",
    "code": "made by the code that is here",
    "packages": "made by the packages that are here",
    "baseline": "better than its baseline",
    "leak": "no feature alone tells the outcome",
}


def manifests():
    store = ArtifactStore(str(ROOT))
    return {key.asset: store.manifest(key) for key in store.keys(None)}


def changed(manifest, **values):
    """The manifest with other values in it."""
    return Manifest.model_validate({**manifest.model_dump(), **values})


@pytest.fixture(scope="module")
def sound():
    """A whole run, and code and packages that are those it was made by."""
    found = manifests()
    table, card = found["training_set"], found["model_card"]  # which said nothing of its training set then
    used = InputArtifact(asset=table.asset, run_id=table.run_id, sha256=table.sha256)
    found[card.asset] = changed(card, artifacts=(*card.artifacts, used))
    facts = found["evaluation"].facts  # nor did it say whether a feature alone tells the outcome
    found["evaluation"] = changed(found["evaluation"], facts={**facts, "suspects": []})
    return Evidence(
        manifests=found,
        code={asset: manifest.code_version for asset, manifest in found.items()},
        packages={asset: dict(manifest.packages) for asset, manifest in found.items()},
        pipeline=tabular,
    )


def with_one(sound, asset, **values):
    """The evidence with one manifest changed."""
    return dataclasses.replace(
        sound, manifests={**sound.manifests, asset: changed(sound.manifests[asset], **values)}
    )


def without(sound, *assets, **more):
    """The evidence without some manifests."""
    kept = {asset: manifest for asset, manifest in sound.manifests.items() if asset not in assets}
    return dataclasses.replace(sound, manifests=kept, **more)


def told(evidence):
    """What the gates that do not let it through say."""
    return {gate.name: gate.told for gate in check(evidence) if not gate.passed}


def test_a_manifest_tells_its_inputs_by_asset_and_by_bytes(sound):
    model, evaluation = sound.manifests["model"], sound.manifests["evaluation"]
    table = sound.manifests["training_set"]

    assert evaluation.input_of("model").sha256 == model.sha256
    assert evaluation.input_of("training_set").sha256 == table.sha256
    assert table.input_of("model") is None
    assert evaluation.made_of(model)
    assert not evaluation.made_of(changed(model, asset="evaluation"))
    other = changed(model, files=({**model.main.model_dump(), "sha256": "0" * 64},))
    assert not evaluation.made_of(other)


def test_a_whole_run_passes_every_gate_and_each_says_what_it_has_seen(sound):
    found = check(sound)

    assert [(gate.name, gate.passed, gate.told) for gate in found] == [
        (name, True, told) for name, told in SAID.items()
    ]
    assert list(SAID) == list(GATES)
    assert sound.promoted is sound.manifests["model"]


def test_what_is_missing_is_told_with_its_command(sound):
    evidence = without(
        sound, "evaluation", "model_card", missing={"evaluation": "make it", "model_card": "and it"}
    )

    assert told(evidence) == {
        "evaluated": "there is no evaluation: make it; there is no model_card: and it",
        "baseline": "not known, for there is no evaluation that can be read",
        "leak": "not known, for there is no evaluation that can be read",
    }


@pytest.mark.parametrize("asset", ["model", "evaluation"])
def test_what_is_damaged_is_told_and_what_depends_on_it_is_not_known(sound, asset):
    evidence = without(sound, asset, damaged={asset: "SHA-256 differs", "model_card": "cut short"})
    found = told(evidence)

    assert found["bytes"] == "SHA-256 differs; cut short"
    assert found["evaluated"] == "not known, for what is stored is damaged"
    assert (found.get("parameters") == "not known, for the model cannot be read") is (asset == "model")
    assert (found.get("baseline") == "not known, for there is no evaluation that can be read") is (
        asset == "evaluation"
    )
    assert (found.get("leak") == found.get("baseline")) is True
    assert (evidence.promoted is None) is (asset == "model")


def test_an_evaluation_of_other_bytes_is_refused_for_both_reasons(sound):
    inputs = [
        InputArtifact(
            asset=item.asset, run_id=item.run_id, sha256="0" * 64 if item.asset == "model" else item.sha256
        )
        for item in sound.manifests["evaluation"].artifacts
    ]

    assert told(with_one(sound, "evaluation", artifacts=inputs)) == {
        "evaluated": "the evaluation is of other bytes than the model's",
        "inputs": "evaluation was made of another model",
    }


def test_an_input_that_is_not_named_and_rows_that_are_not_named_are_told(sound):
    card = with_one(sound, "model_card", artifacts=[])
    rows = with_one(sound, "training_set", sources=[])
    sources = [{**source.model_dump(), "days": []} for source in sound.manifests["training_set"].sources]

    both = with_one(card, "evaluation", artifacts=[])
    assert (
        told(both)["inputs"].count("; ")
        == sum(len(tabular.assets[asset].inputs) for asset in ("evaluation", "model_card")) - 1
    )
    assert told(card) == {
        "inputs": "; ".join(
            f"model_card does not say of which {used} it was made"
            for used in tabular.assets["model_card"].inputs
        )
    }
    assert told(rows) == told(with_one(sound, "training_set", sources=sources))
    assert told(rows) == {"inputs": "training_set names no rows of a source"}


@pytest.mark.parametrize("asset", ["training_set", "evaluation", "model_card"])
def test_other_parameters_or_another_day_are_told(sound, asset):
    manifest = sound.manifests[asset]
    seed = with_one(sound, asset, parameters={**manifest.parameters, "lookback_days": 99})
    day = with_one(sound, asset, as_of=manifest.as_of + dt.timedelta(days=1))

    assert told(seed) == told(day) == {"parameters": f"those of {asset} are others than the model's"}
    both = with_one(
        with_one(sound, "evaluation", as_of=dt.date(2020, 1, 1)), "model_card", as_of=dt.date(2020, 1, 1)
    )
    assert told(both) == {"parameters": "those of evaluation, model_card are others than the model's"}


def test_other_code_and_packages_do_not_count_for_what_is_recorded(sound):
    other = with_one(sound, "model", code_version="0" * 12, packages={"scikit-learn": "0.1"}, recorded=True)

    assert told(other) == {}


def test_other_code_is_told_with_both_versions(sound):
    code = {**sound.code, "model": "new", "model_card": "newer"}
    model, card = sound.code["model"], sound.code["model_card"]

    assert told(dataclasses.replace(sound, code=code)) == {
        "code": f"model was made by {model}, here is new; model_card was made by {card}, here is newer"
    }


def test_other_packages_are_told_once_and_python_does_not_decide(sound):
    packages = {
        asset: {**found, "scikit-learn": "9.9", "zlib": "1", PYTHON: "2.7"}
        for asset, found in sound.packages.items()
    }
    then = sound.packages["model"]["scikit-learn"]
    found = told(dataclasses.replace(sound, packages=packages))["packages"].split("; ")

    assert found[-3:] == [
        f"scikit-learn {then} then, 9.9 here",
        "scikit-learn none then, 9.9 here",
        "zlib none then, 1 here",
    ]
    assert found == sorted(set(found))
    python = {asset: {**found, PYTHON: "2.7"} for asset, found in sound.packages.items()}
    assert told(dataclasses.replace(sound, packages=python)) == {}


@pytest.mark.parametrize(
    ("metrics", "line"),
    [
        ({"log_loss": 0.5, "baseline_log_loss": 0.5}, "log_loss 0.5000 is not below 0.5000"),
        (
            {"log_loss": 0.6, "baseline_log_loss": 0.5, "brier": 0.2, "baseline_brier": 0.1},
            "log_loss 0.6000 is not below 0.5000; brier 0.2000 is not below 0.1000",
        ),
        (
            {"log_loss": 0.4, "brier": 0.1},
            "not known, for the evaluation has no metric with a baseline beside it",
        ),
        ({"brier": 0.1, "baseline_brier": 0.2, "log_loss": 9}, None),
    ],
)
def test_a_model_no_better_than_the_base_rate_is_told_with_the_numbers(sound, metrics, line):
    assert told(with_one(sound, "evaluation", metrics=metrics)).get("baseline") == line


def test_a_feature_that_tells_the_outcome_alone_is_named(sound):
    facts = sound.manifests["evaluation"].facts

    assert told(with_one(sound, "evaluation", facts={**facts, "suspects": ["refund", "reason"]})) == {
        "leak": "suspected to be the outcome itself, for it tells it alone: refund, reason"
    }


def test_an_evaluation_that_did_not_look_for_such_a_feature_passes_with_these_words(sound):
    evidence = with_one(sound, "evaluation", facts=manifests()["evaluation"].facts)

    (leak,) = [gate for gate in check(evidence) if gate.name == "leak"]
    assert (leak.passed, leak.told) == (True, "not asked: the evaluation looked at no feature alone")


def gate(name, passed):
    return Gate(name=name, passed=passed, told=f"about {name}")


def test_only_what_is_forceable_can_be_overruled():
    names = [
        "evaluated",
        "bytes",
        "parameters",
        "inputs",
        "code",
        "packages",
        "baseline",
        "leak",
        "not worse",
    ]

    assert [name for name in names if gate(name, False).forceable] == list(FORCEABLE)
    for name in names:
        own = [gate("bytes", True), gate(name, False)]
        assert verdict(own, force=False) == "refused"
        assert verdict(own, force=True) == ("forced" if name in FORCEABLE else "refused")
        assert (
            verdict([gate(name, True)], force=False) == verdict([gate(name, True)], force=True) == "promoted"
        )
    assert verdict([gate("code", False), gate("bytes", False)], force=True) == "refused"


@pytest.mark.parametrize(("said", "mark"), [("forced", "overruled"), ("refused", "failed")])
def test_a_decision_says_what_was_decided_and_comes_back_equal(said, mark):
    decision = Decision(
        verdict=said,
        run_id=RUN,
        pipeline="tabular",
        asset="model",
        line={"dataset": "orders"},
        values={"model_version": "v2"},
        as_of=dt.date(2025, 12, 1),
        source="staging",
        to="blue",
        gates=(gate("bytes", True), gate("code", False)),
        parameters={"model_version": "v2"},
        reference="",
        reference_sha256="",
        comparison=None,
        try_number=None,
        margins={"roc_auc": 0.01},
        window_days=366,
        through=dt.date(2026, 2, 28),
        by="ada",
        at=dt.datetime(2025, 12, 2, tzinfo=dt.timezone.utc),
        reason="because",
        artifacts={"model": "0" * 64},
    )

    assert decision.summary() == f"{said}: {RUN} (v2, as_of 2025-12-01) from staging to blue"
    assert decision.objections == ["code: about code"]
    assert decision.rows() == [("bytes", "passed", "about bytes"), ("code", mark, "about code")]
    assert decision.record()["at"] == "2025-12-02T00:00:00Z"
    assert Decision.model_validate(decision.record()) == decision


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ({}, ["model: missing. Allowed: the 12 hex digits of a model's run_id."]),
        (
            {"model": "nope"},
            ["model: has characters that are not allowed. Allowed: the 12 hex digits of a model's run_id."],
        ),
        ({"model": 0}, ["model: not text. Allowed: the 12 hex digits of a model's run_id."]),
        (
            {"model": RUN, "force": True},
            ["reason: missing. What is forced needs a reason, which is recorded."],
        ),
        (
            {"model": RUN, "force": True, "reason": " " * 501},
            ["reason: too long. Allowed: up to 500 characters, none of them a control character."],
        ),
        (
            {"force": True, "reason": "  "},
            [
                "model: missing. Allowed: the 12 hex digits of a model's run_id.",
                "reason: missing. What is forced needs a reason, which is recorded.",
            ],
        ),
        (
            {"model": RUN, "force": True, "reason": "a\x07"},
            [
                "reason: has characters that are not allowed. Allowed: up to 500 characters, none of them a control character."
            ],
        ),
        (
            {"model": RUN, "margins": "roc_auc=0.5"},
            ["reason: missing. A margin wider than the default needs one, which is recorded: roc_auc."],
        ),
        (
            {"model": RUN, "margins": "roc_auc=0.5,log_loss=0.5", "reason": " "},
            [
                "reason: missing. A margin wider than the default needs one, which is recorded: roc_auc, log_loss."
            ],
        ),
        ({"model": RUN, "to": "prod"}, ["to: unknown. Allowed: idle, blue, green."]),
        (
            {"model": RUN, "window_days": 55},
            ["window_days: too small. Allowed: a whole number from 56 to 3650."],
        ),
        (
            {"model": RUN, "through": "2025-02-30"},
            ["through: not a real day. Allowed: a complete day, YYYY-MM-DD."],
        ),
        (
            {"model": RUN, "through": "soon"},
            ["through: has characters that are not allowed. Allowed: a complete day, YYYY-MM-DD."],
        ),
        ({"model": RUN, "window_day": 4}, ["window_day: unknown parameter. Did you mean window_days?"]),
    ],
)
def test_what_a_promotion_does_not_take_is_told_at_once(values, lines):
    with pytest.raises(RefusedError) as refusal:
        check_promotion(values)

    assert list(refusal.value.problems) == lines


def test_a_margin_that_is_given_leaves_the_others_as_they_are():
    own = check_promotion({"model": RUN, "margins": "roc_auc=0.5", "reason": "a season", "force": False})

    assert own.allowed(METRICS) == {**METRICS.margins, "roc_auc": 0.5}
    assert check_promotion({"model": RUN}).allowed(METRICS) == METRICS.margins
    assert check_promotion({"model": RUN, "margins": "roc_auc=0"}).allowed(METRICS) == {
        **METRICS.margins,
        "roc_auc": 0,
    }
    assert check_promotion({"model": RUN, "force": True, "reason": "now"}).force
