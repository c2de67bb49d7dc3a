"""What reports, sweeps and promotions of the pipeline take: its metrics are those that they can name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from ml_assets.core.comparison.margins import PATTERN, allowed_text
from ml_assets.core.metrics import Metrics
from ml_assets.core.options import SLOTS
from ml_assets.core.parameters import Parameters
from ml_assets.core.promotion import parameters as promotion
from ml_assets.core.report import parameters as report
from ml_assets.core.sweep import sweep_parameters as sweep
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.parameters import TrainingParameters

if TYPE_CHECKING:
    Shown = str
    Ranking = str
else:
    Shown = Literal[METRICS.names]
    Ranking = Literal[METRICS.ranked]


class ReportParameters(report.ReportParameters):
    """The parameters that only a report has; those of the run decide it as well."""

    metric: Shown = Field(default=METRICS.names[0], description="The metric that the pictures show")


class SweepParameters(sweep.SweepParameters):
    """The parameters that only a sweep has; those of the runs decide it as well."""

    metric: Ranking = Field(default=METRICS.ranked[0], description=sweep.ranks(METRICS))


class PromotionParameters(promotion.PromotionParameters):
    """The parameters of a promotion. Where the model is, the option `environment` says."""

    margins: str = Field(
        default="",
        pattern=PATTERN,
        max_length=500,
        description="By how much it may be worse, metric by metric; what is not named keeps its default margin",
        json_schema_extra={"allowed": allowed_text(METRICS)},
    )


def check_report(values: Mapping[str, Any]) -> ReportParameters:
    """The validated parameters, or RefusedError with every problem and no value that was given."""
    return report.check_report(values, model=ReportParameters)


def check_sweep(values: Mapping[str, Any], *, cls: type[Parameters] = TrainingParameters) -> SweepParameters:
    """The validated parameters of a sweep, or RefusedError with every problem and no value that was given."""
    return sweep.check_sweep(values, cls=cls, model=SweepParameters)


def check_promotion(
    values: Mapping[str, Any], *, metrics: Metrics = METRICS, slots: tuple[str, str] = SLOTS
) -> PromotionParameters:
    """The validated parameters, or RefusedError with every problem and no value that was given."""
    return promotion.check_promotion(values, metrics=metrics, model=PromotionParameters, slots=slots)
