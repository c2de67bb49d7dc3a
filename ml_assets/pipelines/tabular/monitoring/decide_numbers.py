"""The verdicts on a model of a number: how large its errors are, and whether they are 0 on average."""

import math

from ml_assets.core.statistics import numbers
from ml_assets.core.statistics.row_values import RowMetric
from ml_assets.pipelines.tabular.monitoring.change import (
    ALONE,
    DIGITS,
    Rows,
    careful_change,
    careful_estimates,
    estimate,
    too_few_entities,
)
from ml_assets.pipelines.tabular.monitoring.look import Look
from ml_assets.pipelines.tabular.monitoring.verdicts import BiasTest, NumberVerdicts

BIAS = RowMetric(values=numbers.bias, lowest=-math.inf)


def verdicts_of_numbers(
    current: Rows,
    reference: Rows | None,
    *,
    noun: str,
    look: Look,
) -> NumberVerdicts:
    """All of them; the arguments are those of `decide.verdicts_of`."""
    if reason := too_few_entities(current, noun):
        return NumberVerdicts.not_known(reason)
    if reference is not None and (few := too_few_entities(reference, noun)):
        found = NumberVerdicts.not_known(f"of the evaluation: {few}")
        return found.model_copy(update={"bias": bias_test(current, None, look=look)})
    return NumberVerdicts(
        mae=careful_change("mae", current, reference, error=look.error),
        rmse=careful_change("rmse", current, reference, error=look.error),
        bias=bias_test(current, reference, look=look),
    )


def bias_test(current: Rows, reference: Rows | None, *, look: Look) -> BiasTest:
    """Whether predictions are too large or too small on average, and whether those of the evaluation were."""
    if reference is None:
        found = estimate(BIAS, current, error=look.error)
    else:
        found, _ = careful_estimates(BIAS, current, reference, error=look.error)
    return BiasTest(
        verdict="no clear difference" if found.low <= 0 <= found.high else "worse",
        **{
            name: round(value, DIGITS) + 0.0
            for name, value in zip(("current", "low", "high"), found, strict=True)
        },
        evaluated=None if reference is None else _unbiased(reference),
    )


def _unbiased(rows: Rows) -> bool:
    found = estimate(BIAS, rows, error=ALONE)
    return found.low <= 0 <= found.high
