"""How each asset is made from its inputs: one function an asset, each a call into the core."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ml_assets.core.contract import DatasetContract
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.product import Product
from ml_assets.core.run_id import run_id
from ml_assets.pipeline.workspace import Workspace


class Inputs(Protocol):
    """What a step may read: the run's parameters, and upstream artifacts made or stored."""

    parameters: TrainingParameters
    as_of: dt.date
    workspace: Workspace

    def value(self, asset: str) -> object:
        """The value of an upstream asset."""

    def manifest(self, asset: str) -> Manifest:
        """The manifest of an upstream asset."""


def make_training_set(inputs: Inputs) -> Product[Any]:
    """Read the window's rows and keep those whose outcome was known at the end of as_of."""
    from ml_assets.core.training_set import training_set

    parameters = inputs.parameters
    source = inputs.workspace.source(parameters.source)
    contract = source.contract(parameters.dataset)
    first = inputs.as_of - dt.timedelta(days=parameters.lookback_days - 1)
    product = training_set(
        source.scan(parameters.dataset, first=first, last=inputs.as_of),
        contract=contract,
        parameters=parameters,
        as_of=inputs.as_of,
        origin=f"{source.uri}/{parameters.dataset}",
    )
    return Product(value=product.value, facts={**product.facts, "contract": contract.model_dump(mode="json")})


def make_model(inputs: Inputs) -> Product[Any]:
    """Fit the model version on the training rows."""
    from ml_assets.core.training import fit

    return fit(inputs.value("training_set"), contract=_contract(inputs), parameters=inputs.parameters)  # type: ignore[arg-type]


def make_evaluation(inputs: Inputs) -> Product[Any]:
    """Measure the model on the holdout."""
    from ml_assets.core.evaluation import evaluate

    return evaluate(
        inputs.value("model"),
        inputs.value("training_set"),  # type: ignore[arg-type]
        contract=_contract(inputs),
        parameters=inputs.parameters,
    )


def make_model_card(inputs: Inputs) -> Product[Any]:
    """Write down what a person should know."""
    from ml_assets.core.model_card import model_card

    return model_card(
        inputs.value("evaluation"),  # type: ignore[arg-type]
        parameters=inputs.parameters,
        as_of=inputs.as_of,
        facts=inputs.manifest("training_set").facts,
        run_id=run_id(inputs.parameters, inputs.as_of),
    )


def _contract(inputs: Inputs) -> DatasetContract:
    return DatasetContract.model_validate(inputs.manifest("training_set").facts["contract"])


STEPS: Mapping[str, Callable[[Inputs], Product[Any]]] = {
    "training_set": make_training_set,
    "model": make_model,
    "evaluation": make_evaluation,
    "model_card": make_model_card,
}
