"""What can change the bytes of predictions: the modules, and the packages."""

ASSET = "predictions"
CODE = (
    "core.contract",
    "pipelines.tabular.scoring.contract",
    "pipelines.tabular.scoring.score",
    "pipelines.tabular.training",
    "sources.normalise",
    "sources.number_text",
    "sources.roles",
    "sources.time_text",
    "storage.canonical_skops",
    "storage.formats",
)
PACKAGES = ("numpy", "polars", "scikit-learn", "scipy", "skops")
