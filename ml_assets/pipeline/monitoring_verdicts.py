"""What a monitoring warns of, as it lies in the store."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from ml_assets.core.report.words import stretches
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
    """Each of the latest days that has rows is scored, and scores are distributed as on the holdout: no moderate or large drift."""
    drift, reason = document["drift"], _not_scored(document)
    if drift is None:
        return Verdict(passed=False, metadata=reason)
    scores = drift["scores"]
    numbers = {name: scores[name] for name in ("psi", "expected", "limit", "band")}
    passed = not reason and scores["band"] not in ("moderate", "large")
    return Verdict(passed=passed, metadata={**numbers, **reason})


def inputs_have_not_drifted(document: Document) -> Verdict:
    """Each of the latest days that has rows is scored, and no input has drifted far from the training rows: none that is large."""
    drift, reason = document["drift"], _not_scored(document)
    if drift is None:
        return Verdict(passed=False, metadata=reason)
    far = [item["name"] for item in drift["inputs"] if item["band"] == "large"]
    moderate = [item["name"] for item in drift["inputs"] if item["band"] == "moderate"]
    told = {"large": ", ".join(far), "moderate": ", ".join(moderate), **reason}
    return Verdict(passed=not reason and not far, metadata=told)


def _not_scored(document: Document) -> dict[str, str]:
    """Why drift cannot be told of all of its window: where no day of it is scored, or some that landed are not."""
    landed = [day for day in document["missing"] if day >= document["drift_first"]]
    if landed:
        days = stretches(tuple(map(dt.date.fromisoformat, landed)))
        return {
            "reason": f"landed and not scored: {days}. The monitoring names the command that scores them."
        }
    return {"reason": "no day of the drift window is scored"} if document["drift"] is None else {}


MONITORING_CHECKS: Mapping[str, Callable[[Document], Verdict]] = {
    function.__name__: function
    for function in (as_good_as_evaluated, scores_have_not_drifted, inputs_have_not_drifted)
}
