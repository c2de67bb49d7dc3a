"""How a monitoring is said, the same in every rendering."""

from ml_assets.core.monitoring.document import Monitoring
from ml_assets.core.monitoring.drift import Shift
from ml_assets.core.monitoring.measure import Compared, Outcomes
from ml_assets.core.report.words import count, number, stretches

SHOWN = ("roc_auc", "average_precision", "log_loss", "brier", "calibration_error", "base_rate")
BY_VERDICT = {
    "not known yet": "It is not known yet whether the model is as good as it was evaluated",
    "worse": "The model is WORSE than it was evaluated, by more than chance",
    "better": "The model is better than it was evaluated, by more than chance",
    "no clear difference": "The model is as good as it was evaluated, as far as these rows tell",
}


def title(of: Monitoring) -> str:
    """`orders of source sample: model 3fa9c1d2e0ab (v2, as_of 2025-12-01) at the end of 2026-01-31`."""
    model = of.model
    return (
        f"{of.dataset} of source {of.source}: model {model.run_id} ({model.model_version}, as_of {model.as_of}) "
        f"at the end of {of.as_of}"
    )


def outcomes(of: Outcomes) -> str:
    """Which days, how many rows, and what they say."""
    auc = of.compared.get("roc_auc")
    told = f": ROC AUC {difference(auc)}" if auc else f": {of.overall.reason}"
    return f"{BY_VERDICT[of.verdict]}{told}."


def window(of: Outcomes) -> str:
    """`2025-12-01 to 2025-12-28, whose outcomes have closed (30 days later): 28 days scored, 1800 rows`."""
    if of.first is None:
        return (
            f"No day after the rows that the model learned from has closed outcomes yet; they close "
            f"{count(of.closing_days, 'day')} later"
        )
    left_out = {
        "scored rows have no outcome": of.waiting,
        "outcomes have no score": of.unscored,
        "rows are not told apart by ids and event time, and left out": of.ambiguous,
    }
    aside = "".join(f"; {many} {what}" for what, many in left_out.items() if many)
    return (
        f"{of.first} to {of.last}, whose outcomes have closed ({count(of.closing_days, 'day')} later): "
        f"{count(of.days_scored, 'day')} scored, {count(of.overall.rows, 'row')} with an outcome{aside}"
    )


def difference(of: Compared) -> str:
    """`0.7000, evaluated 0.7200, difference -0.0200 (95 %: -0.0500 to +0.0100)`."""
    interval = "" if of.low is None or of.high is None else f" (95 %: {of.low:+.4f} to {of.high:+.4f})"
    return f"{number(of.now)}, evaluated {number(of.evaluated)}, difference {of.difference:+.4f}{interval}"


def drift(of: Monitoring) -> str:
    """What the scores and the inputs of the latest days say."""
    if of.drift is None:
        return f"No day from {of.drift_first} to {of.as_of} is scored, so nothing is known of drift."
    moved = [item.name for item in of.drift.inputs if item.band in ("moderate", "large")]
    inputs = f"inputs that have moved: {', '.join(moved)}" if moved else "no input has moved by much"
    scores = of.drift.scores
    return f"Scores: PSI {scores.psi:.4f}, {scores.band}; {inputs}."


def shift(of: Shift) -> tuple[str, str, str, str]:
    """PSI, what it is where nothing changed, its limit, and its band."""
    band = of.band.upper() if of.band == "large" else of.band
    return f"{of.psi:.4f}", f"{of.expected:.4f}", f"{of.limit:.4f}", band


def missing(of: Monitoring) -> str:
    """Which days are not scored."""
    return (
        f"{count(len(of.missing), 'day')} with rows and without scores of this model: {stretches(of.missing)}"
    )
