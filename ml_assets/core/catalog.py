"""What is made of which parameters: the four assets of a training run, in the order they are made."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ml_assets.core.parameters import DatasetParameters, TrainingParameters


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is fixed about an asset.

    Attributes:
        slice: the parameters that are its identity.
        format: how its value is stored: `parquet`, `skops`, `json` or `md`.
        inputs: the assets it is made from.
        code: the modules whose text can change its bytes; together they are its code version.
        packages: the distributions whose version can change its bytes.
        description: one line for people.
    """

    slice: type[DatasetParameters]
    format: str
    inputs: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    description: str


PATH = ("model_version", "dataset")  # the parameters that are worth seeing in a path, in this order
BYTES = ("pipelines.tabular.pipeline", "storage.formats")

CATALOG: Mapping[str, Kind] = {
    "training_set": Kind(
        slice=DatasetParameters,
        format="parquet",
        code=(
            "core.contract",
            "core.entities",
            "core.folds",
            "core.impossible_rows",
            "core.point_in_time",
            "core.training_set",
            "sources.normalise",
            "sources.number_text",
            "sources.roles",
            "sources.time_text",
            *BYTES,
        ),
        packages=("polars",),
        description="Rows whose outcome was known at the end of as_of, each marked train, purged or holdout",
    ),
    "model": Kind(
        slice=TrainingParameters,
        format="skops",
        inputs=("training_set",),
        code=(
            "core.contract",
            "core.recipes",
            "core.estimators",
            "core.training",
            "storage.canonical_skops",
            *BYTES,
        ),
        packages=("numpy", "scikit-learn", "scipy", "skops"),
        description="The fitted classifier",
    ),
    "evaluation": Kind(
        slice=TrainingParameters,
        format="json",
        inputs=("model", "training_set"),
        code=(
            "core.contract",
            "core.training",
            "core.evaluation",
            "core.entities",
            "core.importance",
            "core.scores",
            "core.single_features",
            "core.statistics.calibration",
            "core.statistics.intervals",
            "core.statistics.row_values",
            "core.figures",
            "core.plots",
            *BYTES,
        ),
        packages=("matplotlib", "numpy", "pillow", "polars", "scikit-learn", "scipy"),
        description="Metrics with intervals, curves, feature importance and the scores of the holdout",
    ),
    "model_card": Kind(
        slice=TrainingParameters,
        format="md",
        inputs=("evaluation", "training_set"),
        code=(
            "core.command",
            "core.recipes",
            "core.parameters",
            "core.single_features",
            "core.model_card",
            *BYTES,
        ),
        description="What a person should know before using the model",
    ),
}


def unknown_assets(assets: Collection[str]) -> list[str]:
    """One line where something else than assets of the catalog is asked for, or nothing at all; else none."""
    if assets and not isinstance(assets, str) and set(assets) <= CATALOG.keys():
        return []
    return [f"assets: not a list of known assets. Allowed: some of {', '.join(CATALOG)}."]
