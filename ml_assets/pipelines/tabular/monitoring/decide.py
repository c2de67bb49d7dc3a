"""The verdicts on a model of a yes or no: scores and outcomes of the latest days against those of the evaluation."""

import math
from collections.abc import Mapping

from ml_assets.core.statistics.intervals import count_clusters, mean_interval
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.monitoring.change import (
    ALONE,
    DIGITS,
    NO_SCORES,
    Estimate,
    Rows,
    change,
    difference,
    estimate,
    metric_change,
)
from ml_assets.pipelines.tabular.monitoring.look import Look
from ml_assets.pipelines.tabular.monitoring.verdicts import (
    CalibrationTest,
    LogLoss,
    MetricChange,
    Verdicts,
)

FEWEST_ENTITIES = 10  # with rows of either outcome
AUC = METRICS.of_rows("roc_auc")
Z95 = 1.959963984540054
OF_THE_TEST = (
    "expected",
    "observed",
    "z",
    "z_limit",
    "slope",
    "slope_low",
    "slope_high",
    "intercept",
    "intercept_low",
    "intercept_high",
)


def verdicts_of(
    current: Rows,
    reference: Rows | None,
    *,
    metrics: Mapping[str, float],
    noun: str,
    look: Look,
) -> Verdicts:
    """All three verdicts.

    Args:
        current: the rows of the latest days.
        reference: those of the evaluation; entities have the same numbers. None where it kept none.
        metrics: of the evaluation.
        noun: what an entity is called: the column that names it.
        look: how wrong a verdict may be.
    """
    if reason := too_few(current, noun):
        return Verdicts.not_known(reason)
    if reference is not None and (few := too_few(reference, noun)):
        reason = f"of the evaluation: {few}"
        return Verdicts(
            ranking=MetricChange(reason=reason),
            calibration=calibration_test(current, None, look=look),
            log_loss=LogLoss(reason=reason),
        )
    return Verdicts(
        ranking=ranking(current, reference, metrics, look=look),
        calibration=calibration_test(current, reference, look=look),
        log_loss=log_loss(current, reference, look=look),
    )


def too_few(rows: Rows, noun: str) -> str:
    """`3 positives; verdicts need 10`, or `positives of 3 customer_id; ...`; "" where there are enough of either."""
    for outcome, name in ((1, "positives"), (0, "negatives")):
        entity = rows.entity[rows.y == outcome]
        many = count_clusters(entity)
        if many < FEWEST_ENTITIES:
            what = f"{many} {name if many != 1 else name[:-1]}"
            if many < len(entity):
                what = f"{name} of {many} {noun}"
            return f"{what}; verdicts need {FEWEST_ENTITIES}"
    return ""


def ranking(
    current: Rows, reference: Rows | None, metrics: Mapping[str, float], *, look: Look
) -> MetricChange:
    """ROC AUC against the evaluation's: of its rows, else of what it states."""
    if reference is not None:
        before = estimate(AUC, reference, error=look.error)
    elif {"roc_auc", "roc_auc_low", "roc_auc_high"} <= metrics.keys():
        before = _stated(metrics, error=look.error)
    else:
        return MetricChange(reason=NO_SCORES)
    return change(estimate(AUC, current, error=look.error), before, larger_is_better=True)


def calibration_test(current: Rows, reference: Rows | None, *, look: Look) -> CalibrationTest:
    """Whether scores are the probabilities that they are taken for, and whether those of the evaluation were."""
    from ml_assets.core.statistics.calibration import calibration

    test = calibration(*current, error=look.error)
    numbers = {name: getattr(test, name) for name in OF_THE_TEST}
    return CalibrationTest(
        verdict="no clear difference" if test.calibrated else "worse",
        without_slope=test.without_slope,
        evaluated=None if reference is None else calibration(*reference, error=ALONE).calibrated,
        **{name: round(value, DIGITS) + 0.0 for name, value in numbers.items() if value is not None},
    )


def log_loss(current: Rows, reference: Rows | None, *, look: Look) -> LogLoss:
    """Log loss against the evaluation's, beside that of always predicting the base rate."""
    if reference is None:
        return LogLoss(reason=NO_SCORES)
    shares = [_share(rows, error=look.error) for rows in (current, reference)]
    low, high = difference(*shares)
    return LogLoss(
        **metric_change("log_loss", current, reference, error=look.error).model_dump(),
        base_rate=round(shares[0].value, DIGITS),
        base_rate_evaluated=round(shares[1].value, DIGITS),
        base_rate_moved=not low <= 0 <= high,
        constant=_entropy(shares[0].value),
        constant_evaluated=_entropy(shares[1].value),
    )


def _stated(metrics: Mapping[str, float], *, error: float) -> Estimate:
    """The 95 % interval that an evaluation states, at another error; where it was cut off at 1, its lower half counts."""
    from scipy.stats import norm  # type: ignore[import-untyped,unused-ignore]

    auc = metrics["roc_auc"]
    margin = (
        max(auc - metrics["roc_auc_low"], metrics["roc_auc_high"] - auc) * float(norm.isf(error / 2)) / Z95
    )
    return Estimate(auc, auc - margin, auc + margin)


def _share(rows: Rows, *, error: float) -> Estimate:
    share = float(rows.y.mean())
    return Estimate(share, *mean_interval(share, (rows.y - share) / len(rows.y), rows.entity, error=error))


def _entropy(share: float) -> float:
    """The log loss of always predicting `share` where it is the base rate."""
    return round(-share * math.log(share) - (1 - share) * math.log(1 - share), DIGITS)
