"""What a monitoring warns of, as it lies in the store."""

from collections.abc import Callable, Mapping
from typing import Any

from ml_assets.pipeline.day import Made
from ml_assets.pipeline.verdicts import Verdict
from ml_assets.storage.artifact_store import ArtifactStore

Document = Mapping[str, Any]


def monitoring_verdicts(made: Made, store: ArtifactStore) -> dict[str, Verdict]:
    """What each check says of a monitoring, by the name of the check."""
    document = store.load(made.key)
    return {name: function(document) for name, function in MONITORING_CHECKS.items()}


def as_good_as_evaluated(document: Document) -> Verdict:
    """Where outcomes have closed, ROC AUC is not lower than the evaluation's by more than chance."""
    outcomes = document["outcomes"]
    compared = outcomes["compared"].get("roc_auc", {})
    numbers = {name: value for name, value in compared.items() if value is not None}
    reason = outcomes["overall"]["reason"]
    return Verdict(
        passed=outcomes["verdict"] != "worse",
        metadata={"verdict": outcomes["verdict"], **numbers, **({"reason": reason} if reason else {})},
    )


def scores_have_not_drifted(document: Document) -> Verdict:
    """The latest days are scored, and their scores are distributed as on the holdout: no moderate or large drift."""
    drift = document["drift"]
    if drift is None:
        return Verdict(passed=False, metadata={"reason": "no day of the drift window is scored"})
    scores = drift["scores"]
    numbers = {name: scores[name] for name in ("psi", "expected", "limit", "band")}
    return Verdict(passed=scores["band"] not in ("moderate", "large"), metadata=numbers)


def inputs_have_not_drifted(document: Document) -> Verdict:
    """No input of the latest days has drifted far from the training rows: none that is large."""
    drift = document["drift"]
    if drift is None:
        return Verdict(passed=False, metadata={"reason": "no day of the drift window is scored"})
    far = [item["name"] for item in drift["inputs"] if item["band"] == "large"]
    moderate = [item["name"] for item in drift["inputs"] if item["band"] == "moderate"]
    return Verdict(passed=not far, metadata={"large": ", ".join(far), "moderate": ", ".join(moderate)})


MONITORING_CHECKS: Mapping[str, Callable[[Document], Verdict]] = {
    function.__name__: function
    for function in (as_good_as_evaluated, scores_have_not_drifted, inputs_have_not_drifted)
}
