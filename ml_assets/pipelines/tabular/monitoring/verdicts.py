"""The verdicts on a model in use: is it as good as it was evaluated? What is asked depends on what it predicts."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field
from typing_extensions import Self

from ml_assets.core.contract import Task
from ml_assets.core.report.record import Part

Verdict = Literal["not known yet", "worse", "better", "no clear difference"]


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


class ClassCalibration(Part):
    """Whether the probabilities of several classes are those that they are taken for.

    Attributes:
        verdict: "worse" where those of a class are not; never "better".
        reason: why it is not known yet.
        classes: of each class that enough entities have and enough have not, its probabilities against whether it was that
            class, at an equal part of the error of the look.
    """

    verdict: Verdict = "not known yet"
    reason: str = ""
    classes: dict[str, CalibrationTest] = Field(default={})


class BiasTest(Part):
    """Whether predicted numbers are too large or too small on average. It needs no evaluation.

    Attributes:
        verdict: "worse" where the interval leaves out 0; never "better".
        reason: why it is not known yet.
        current: the mean of prediction - outcome.
        low: where its interval begins, at the error of the look.
        high: where it ends.
        evaluated: whether that of the evaluation's holdout was 0 but for chance, at 5 %; None where not known.
    """

    verdict: Verdict = "not known yet"
    reason: str = ""
    current: float | None = None
    low: float | None = None
    high: float | None = None
    evaluated: bool | None = None


class AnyVerdicts(Part):
    """All of one model, each under its name."""

    def numbers(self) -> dict[str, float]:
        """Those beside the metrics that are worth a line over time."""
        return {}

    def by_name(self) -> dict[str, Verdict]:
        """`{"ranking": "worse", ...}`."""
        return {name: getattr(self, name).verdict for name in type(self).model_fields}

    def reasons(self) -> dict[str, str]:
        """Why one is not known yet, of those that are not."""
        reasons = {name: getattr(self, name).reason for name in type(self).model_fields}
        return {name: reason for name, reason in reasons.items() if reason}

    def overall(self) -> Verdict:
        """Worse where one of them is, else better where one is; not known yet where none is known."""
        order: tuple[Verdict, ...] = ("worse", "better", "no clear difference")
        given = self.by_name().values()
        return next((verdict for verdict in order if verdict in given), "not known yet")

    @classmethod
    def not_known(cls, reason: str) -> Self:
        """None of them, for one reason."""
        return cls(**{name: field.annotation(reason=reason) for name, field in cls.model_fields.items()})  # type: ignore[misc]


class Verdicts(AnyVerdicts):
    """Those on a model of a yes or no."""

    ranking: MetricChange = MetricChange()
    calibration: CalibrationTest = CalibrationTest()
    log_loss: LogLoss = LogLoss()

    def numbers(self) -> dict[str, float]:
        """Those of calibration, where they are known."""
        test = self.calibration
        found = {"calibration_z": test.z, "calibration_slope": test.slope}
        return {name: value for name, value in found.items() if value is not None}


class ClassVerdicts(AnyVerdicts):
    """Those on a model of several classes."""

    log_loss: MetricChange = MetricChange()
    accuracy: MetricChange = MetricChange()
    calibration: ClassCalibration = ClassCalibration()


class NumberVerdicts(AnyVerdicts):
    """Those on a model of a number."""

    mae: MetricChange = MetricChange()
    rmse: MetricChange = MetricChange()
    bias: BiasTest = BiasTest()

    def numbers(self) -> dict[str, float]:
        """The bias, where it is known."""
        return {} if self.bias.current is None else {"bias": self.bias.current}


OF_TASK: Mapping[Task, type[AnyVerdicts]] = {
    "binary": Verdicts,
    "multiclass": ClassVerdicts,
    "regression": NumberVerdicts,
}
