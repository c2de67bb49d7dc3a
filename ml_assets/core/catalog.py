"""What the library itself still knows of the shipped pipeline: its four assets, in the order they are made.

The pipeline is declared in `ml_assets.pipelines.tabular`, and a test holds the two against each other.
"""

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
    """

    slice: type[DatasetParameters]
    format: str
    inputs: tuple[str, ...] = ()


PATH = ("model_version", "dataset")  # the parameters that are worth seeing in a path, in this order

CATALOG: Mapping[str, Kind] = {
    "training_set": Kind(slice=DatasetParameters, format="parquet"),
    "model": Kind(slice=TrainingParameters, format="skops", inputs=("training_set",)),
    "evaluation": Kind(slice=TrainingParameters, format="json", inputs=("model", "training_set")),
    "model_card": Kind(slice=TrainingParameters, format="md", inputs=("evaluation", "training_set")),
}


def unknown_assets(assets: Collection[str]) -> list[str]:
    """One line where something else than assets of the catalog is asked for, or nothing at all; else none."""
    if assets and not isinstance(assets, str) and set(assets) <= CATALOG.keys():
        return []
    return [f"assets: not a list of known assets. Allowed: some of {', '.join(CATALOG)}."]
