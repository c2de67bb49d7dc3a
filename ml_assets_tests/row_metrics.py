"""The metrics of the shipped pipeline on rows, by their names."""

from ml_assets.pipelines.tabular.metrics import METRICS, of_task

BINARY = of_task("binary")


def row_values(metric, y, score, *, base_rate):
    return METRICS.of_rows(metric).values(y, score, base_rate)


def only(*names):
    """What these metrics are of rows, by name."""
    return {name: METRICS.of_rows(name) for name in names}
