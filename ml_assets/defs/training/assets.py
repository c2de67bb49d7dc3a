"""The four assets of a training run, as Dagster knows them."""

from collections.abc import Mapping
from typing import Any

from ml_assets.adapter.assets import assets_of_view
from ml_assets.adapter.view import View
from ml_assets.core.catalog import CATALOG
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.pipeline import Asset, Declared
from ml_assets.pipeline.steps import STEPS


class _Tabular(Declared):
    @property
    def assets(self) -> Mapping[str, Any]:
        return {
            name: Asset(
                name=name,
                function=STEPS[name],
                slice=kind.slice,
                takes={},
                inputs=kind.inputs,
                returns=None,
                format=kind.format,
                description=kind.description,
            )
            for name, kind in CATALOG.items()
        }


tabular = _Tabular("tabular", TrainingParameters, path=("dataset", "model_version"), folder="")
VIEW = View(pipeline=tabular, step="training", job="train")
training = assets_of_view(VIEW, group="training")
