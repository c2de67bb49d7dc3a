"""The verdicts on a model in use: is it as good as it was evaluated, in ranking, in calibration and in log loss?"""

from typing import Literal

from ml_assets.core.report.record import Part

Verdict = Literal["not known yet", "worse", "better", "no clear difference"]
VERDICTS = ("ranking", "calibration", "log_loss")


class MetricChange(Part):
    """One metric of the outcomes against that of the evaluation.

    Attributes:
        verdict: what the interval says.
        reason: why it is not known yet.
        current: the metric of the outcomes.
        evaluated: that of the evaluation.
        difference: current - evaluated.
        low: where the interval of the difference begins, at the error of the look.
        high: where it ends.
    """

    verdict: Verdict = "not known yet"
    reason: str = ""
    current: float | None = None
    evaluated: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None


class LogLoss(MetricChange):
    """Log loss, with what the base rate alone makes of it.

    Attributes:
        base_rate: share of positives among the outcomes.
        base_rate_evaluated: that of the evaluation.
        base_rate_moved: whether they differ by more than chance, at the error of the look.
        constant: log loss of always predicting `base_rate`.
        constant_evaluated: log loss of always predicting `base_rate_evaluated`.
    """

    base_rate: float | None = None
    base_rate_evaluated: float | None = None
    base_rate_moved: bool = False
    constant: float | None = None
    constant_evaluated: float | None = None


class CalibrationTest(Part):
    """Whether scores are the probabilities that they are taken for. It needs no evaluation.

    Attributes:
        verdict: "worse" where they are not, by the level or by the slope (`core.statistics.calibration`), each at half
            the error of the look; never "better".
        reason: why it is not known yet.
        expected: the mean score.
        observed: the share of positives.
        z: by how many standard errors `observed` is above `expected`.
        z_limit: beyond which it counts.
        slope: of the log odds of the outcome on those of the score: 1 where calibrated, below 1 where scores are too
            extreme. None where it cannot be told.
        slope_low: where its interval begins.
        slope_high: where it ends.
        intercept: log odds of the outcome where the score is 0.5: 0 where calibrated.
        intercept_low: where its interval begins.
        intercept_high: where it ends.
        without_slope: why there is no slope.
        evaluated: whether the scores of the evaluation's holdout were calibrated, at 5 %; None where not known.
    """

    verdict: Verdict = "not known yet"
    reason: str = ""
    expected: float | None = None
    observed: float | None = None
    z: float | None = None
    z_limit: float | None = None
    slope: float | None = None
    slope_low: float | None = None
    slope_high: float | None = None
    intercept: float | None = None
    intercept_low: float | None = None
    intercept_high: float | None = None
    without_slope: str | None = None
    evaluated: bool | None = None


class Verdicts(Part):
    """All three."""

    ranking: MetricChange = MetricChange()
    calibration: CalibrationTest = CalibrationTest()
    log_loss: LogLoss = LogLoss()

    def by_name(self) -> dict[str, Verdict]:
        """`{"ranking": "worse", ...}`."""
        return {name: getattr(self, name).verdict for name in VERDICTS}

    def reasons(self) -> dict[str, str]:
        """Why one is not known yet, of those that are not."""
        reasons = {name: getattr(self, name).reason for name in VERDICTS}
        return {name: reason for name, reason in reasons.items() if reason}

    def overall(self) -> Verdict:
        """Worse where one of them is, else better where one is; not known yet where none is known."""
        order: tuple[Verdict, ...] = ("worse", "better", "no clear difference")
        given = self.by_name().values()
        return next((verdict for verdict in order if verdict in given), "not known yet")


def not_known(reason: str) -> Verdicts:
    """None of them, for one reason."""
    return Verdicts(
        ranking=MetricChange(reason=reason),
        calibration=CalibrationTest(reason=reason),
        log_loss=LogLoss(reason=reason),
    )
