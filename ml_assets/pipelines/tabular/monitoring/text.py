"""How a monitoring is said, the same in every rendering."""

from collections.abc import Sequence

from ml_assets.core.report.text import stretches
from ml_assets.core.statistics.tries import ALL_LOOKS
from ml_assets.pipelines.tabular.monitoring.document import Monitoring
from ml_assets.pipelines.tabular.monitoring.drift import Shift
from ml_assets.pipelines.tabular.monitoring.measure import Outcomes
from ml_assets.pipelines.tabular.monitoring.verdicts import (
    BiasTest,
    CalibrationTest,
    ClassCalibration,
    ClassVerdicts,
    LogLoss,
    MetricChange,
    NumberVerdicts,
    Verdict,
)
from ml_assets.text import count, number, signed

SHOWN = (
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "calibration_error",
    "calibration_error_expected",
    "base_rate",
    "accuracy",
    "balanced_accuracy",
    "mae",
    "rmse",
    "r2",
)
METRICS = ("metric", "outcomes", "evaluation", "difference")
OVERALL: dict[Verdict, str] = {
    "not known yet": "It is not known yet whether the model is as good as it was evaluated",
    "worse": "The model is NOT as good as it should be",
    "better": "The model is better than it was evaluated",
    "no clear difference": "The model is as good as it was evaluated, as far as these rows tell",
}
WITHOUT_SLOPE = {
    "few_entities": "too few entities of either outcome",
    "constant_scores": "all scores are equal",
    "separated": "one score parts all positives from all negatives",
}


_BEFORE = {
    None: "",
    True: "; on the holdout it was calibrated",
    False: "; on the holdout it was not calibrated either",
}


def title(of: Monitoring) -> str:
    """`orders of source sample: model 3fa9c1d2e0ab (v2, as_of 2025-12-01) at the end of 2026-01-31`."""
    model = of.model
    return (
        f"{of.dataset} of source {of.source}: model {model.run_id} ({model.model_version}, as_of {model.as_of}) "
        f"at the end of {of.as_of}"
    )


def outcomes(outcomes: Outcomes) -> str:
    """What they say in few sentences: which verdicts are bad or good, and which are not known."""
    overall, unknown = outcomes.verdict, tuple(outcomes.verdicts.reasons())
    if overall == "not known yet":
        return f"{OVERALL[overall]}: {outcomes.verdicts.reasons()[unknown[0]]}."
    names = [name for name, verdict in outcomes.verdicts.by_name().items() if verdict == overall]
    detail = f": {_listed(names)} {'is' if len(names) == 1 else 'are'} {overall} by more than chance"
    rest = f" Not known yet: {_listed(unknown)}." if unknown else ""
    return f"{OVERALL[overall]}{'' if overall == 'no clear difference' else detail}.{rest}"


def _listed(names: Sequence[str]) -> str:
    """`ranking, calibration and log loss`."""
    *first, last = (name.replace("_", " ") for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def verdicts(outcomes: Outcomes) -> tuple[str, ...]:
    """Each verdict with its numbers, one line each."""
    own = outcomes.verdicts
    if isinstance(own, ClassVerdicts):
        return (
            _verdict("Log loss", own.log_loss, difference(own.log_loss)),
            _verdict("Accuracy", own.accuracy, difference(own.accuracy)),
            _verdict("Calibration", own.calibration, _class_calibration(own.calibration)),
        )
    if isinstance(own, NumberVerdicts):
        return (
            _verdict("Mean absolute error", own.mae, difference(own.mae)),
            _verdict("Root of mean squared error", own.rmse, difference(own.rmse)),
            _verdict("Bias", own.bias, _bias(own.bias)),
        )
    return (
        _verdict("Ranking", own.ranking, f"ROC AUC {difference(own.ranking)}"),
        _verdict("Calibration", own.calibration, _calibration(own.calibration)),
        _verdict("Log loss", own.log_loss, f"{difference(own.log_loss)}{_base_rate(own.log_loss)}"),
    )


def _verdict(
    name: str, verdict: MetricChange | CalibrationTest | ClassCalibration | BiasTest, numbers: str
) -> str:
    if verdict.verdict == "not known yet":
        return f"{name}: not known yet: {verdict.reason}."
    return f"{name}: {'WORSE' if verdict.verdict == 'worse' else verdict.verdict}: {numbers}."


def _class_calibration(test: ClassCalibration) -> str:
    """`basic: mean score 0.1330, share 0.1400 (z +0.9, limit 3.7), slope 0.97; pro: ...`."""
    return "; ".join(f"{name}: {_of_class(of)}" for name, of in test.classes.items())


def _of_class(test: CalibrationTest) -> str:
    if test.z is None or test.z_limit is None:
        return ""
    slope = "" if test.slope is None else f", slope {test.slope:.2f}"
    numbers = f"mean score {number(test.expected)}, share {number(test.observed)} (z {test.z:+.1f}, limit {test.z_limit:.1f}){slope}"
    return numbers + (", WORSE" + _BEFORE[test.evaluated] if test.verdict == "worse" else "")


def _bias(test: BiasTest) -> str:
    """`predictions are too large by 12.3 on average (-1.0 to +25.6; unbiased: 0)`."""
    if test.current is None or test.low is None or test.high is None:
        return ""
    side = "small" if test.current < 0 else "large"
    text = (
        f"predictions are too {side} by {number(abs(test.current))} on average ({signed(test.low)} to {signed(test.high)}; "
        "unbiased: 0)"
    )
    before = {
        None: "",
        True: "; on the holdout there was none",
        False: "; on the holdout there was one already",
    }
    return text + (before[test.evaluated] if test.verdict == "worse" else "")


def _calibration(test: CalibrationTest) -> str:
    """`mean score 0.1330, share of positives 0.1400 (z +0.9, limit 3.7); slope 0.97 (...), intercept ...`."""
    if test.z is None or test.z_limit is None:
        return ""
    level = (
        f"mean score {number(test.expected)}, share of positives {number(test.observed)} "
        f"(z {test.z:+.1f}, limit {test.z_limit:.1f})"
    )
    slope = f"no slope: {WITHOUT_SLOPE.get(test.without_slope or '', '')}"
    if test.slope is not None and test.slope_low is not None and test.slope_high is not None:
        slope = f"slope {test.slope:.2f} ({test.slope_low:.2f} to {test.slope_high:.2f}; calibrated: 1)"
    intercept = "" if test.intercept is None else f", intercept {test.intercept:+.2f} (calibrated: 0)"
    return f"{level}; {slope}{intercept}{_BEFORE[test.evaluated] if test.verdict == 'worse' else ''}"


def _base_rate(log_loss: LogLoss) -> str:
    """What the base rate alone makes of the log loss, where it moved."""
    if not log_loss.base_rate_moved:
        return ""
    return (
        f"; the base rate moved from {number(log_loss.base_rate_evaluated)} to {number(log_loss.base_rate)}, and with it the "
        f"log loss of always predicting it, from {number(log_loss.constant_evaluated)} to {number(log_loss.constant)}"
    )


def metrics(outcomes: Outcomes) -> list[tuple[str, str, str, str]]:
    """The metrics under `METRICS`; without a difference where the evaluation has no such metric."""
    rows = []
    for name in SHOWN:
        if name in outcomes.compared:
            item = outcomes.compared[name]
            rows.append((name, number(item.now), number(item.evaluated), signed(item.difference)))
        elif name in outcomes.overall.metrics:
            rows.append((name, number(outcomes.overall.metrics[name]), "-", "-"))
    return rows


def look(outcomes: Outcomes) -> str:
    """Which look at the model it is, and how often a verdict of any look is wrong; "" of an earlier version."""
    look = outcomes.look
    if look is None:
        return ""
    return (
        f"Look {look.number} at this model: each verdict is made at an error of {100 * look.error:.2g} %, so that over all "
        f"looks together at most {100 * ALL_LOOKS:.0f} % of the models that have not changed get a wrong one."
    )


def difference(change: MetricChange) -> str:
    """`0.7000, evaluated 0.7200, difference -0.0200 (-0.0500 to +0.0100)`."""
    if change.difference is None:
        return number(change.current)
    numbers = f"{number(change.current)}, evaluated {number(change.evaluated)}, difference {signed(change.difference)}"
    low, high = change.low, change.high
    return numbers if low is None or high is None else f"{numbers} ({signed(low)} to {signed(high)})"


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
