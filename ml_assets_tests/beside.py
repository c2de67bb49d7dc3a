"""What reports, sweeps and promotions of the shipped pipeline take, under short names."""

from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared, Metric
from ml_assets.core.promotion import parameters as promotion
from ml_assets.core.report import parameters as report
from ml_assets.core.sweep import sweep_parameters as sweep
from ml_assets.pipelines.tabular import tabular

METRICS = Metrics.of(tabular)
ReportParameters = report.report_parameters(METRICS)
SweepParameters = sweep.sweep_parameters(METRICS)
PromotionParameters = promotion.promotion_parameters(METRICS)


def check_report(values):
    """The parameters of a report."""
    return report.check_report(values, metrics=METRICS)


def check_sweep(values, *, cls=tabular.parameters):
    """The parameters of a sweep, over the fields of another class too."""
    others = Declared("others", cls, metrics=[Metric("error", better="smaller")])
    return sweep.check_sweep(values, pipeline=tabular if cls is tabular.parameters else others)


def check_promotion(values):
    """The parameters of a promotion."""
    return promotion.check_promotion(values, metrics=METRICS)
