"""What a monitoring warns of, as it lies in the store."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from ml_assets.core.report.text import stretches
from ml_assets.pipeline.draft import Made
from ml_assets.pipeline.verdicts import Verdict
from ml_assets.storage.artifact_store import ArtifactStore

Document = Mapping[str, Any]
NOT_ASKED = "not asked of a model of this task"


def monitoring_verdicts(made: Made, store: ArtifactStore) -> dict[str, Verdict]:
    """What each check says of a monitoring, by the name of the check."""
    document = store.load(made.key)
    return {name: function(document) for name, function in MONITORING_CHECKS.items()}


def ranks_as_evaluated(document: Document) -> Verdict:
    """Where outcomes have closed, ROC AUC is not lower than the evaluation's by more than chance."""
    return _of_outcomes(document, "ranking")


def scores_are_calibrated(document: Document) -> Verdict:
    """Where outcomes have closed, scores are as large as the share of positives and neither too extreme nor too alike, but for chance."""
    return _of_outcomes(document, "calibration")


def log_loss_as_evaluated(document: Document) -> Verdict:
    """Where outcomes have closed, log loss is not higher than the evaluation's by more than chance."""
    return _of_outcomes(document, "log_loss")


def accuracy_as_evaluated(document: Document) -> Verdict:
    """Where outcomes of several classes have closed, accuracy is not lower than the evaluation's by more than chance."""
    return _of_outcomes(document, "accuracy")


def errors_as_evaluated(document: Document) -> Verdict:
    """Where outcomes that are numbers have closed, neither the absolute nor the squared errors are larger than the evaluation's by more than chance."""
    found = {name: _of_outcomes(document, name) for name in ("mae", "rmse")}
    told = {f"{name}_{key}": value for name, one in found.items() for key, value in one.metadata.items()}
    return Verdict(passed=all(one.passed for one in found.values()), metadata=told)


def predictions_are_unbiased(document: Document) -> Verdict:
    """Where outcomes that are numbers have closed, predictions are neither too large nor too small on average, but for chance."""
    return _of_outcomes(document, "bias")


def _of_outcomes(document: Document, name: str) -> Verdict:
    """One verdict with its numbers; what is not known yet is no alarm."""
    outcomes = document["outcomes"]
    own, look = outcomes["verdicts"].get(name), outcomes["look"] or {}
    if own is None:
        return Verdict(passed=True, metadata={"reason": NOT_ASKED})
    told = {key: value for key, value in own.items() if value not in (None, "")}
    return Verdict(
        passed=own["verdict"] != "worse", metadata={**told, **{f"look_{k}": v for k, v in look.items()}}
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
    for function in (
        ranks_as_evaluated,
        scores_are_calibrated,
        log_loss_as_evaluated,
        accuracy_as_evaluated,
        errors_as_evaluated,
        predictions_are_unbiased,
        scores_have_not_drifted,
        inputs_have_not_drifted,
    )
}
