"""Sample rows, as the signature of their function and what is said of its columns declare them."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from ml_assets.core.asset import Sample
from ml_assets.core.contract import DatasetContract
from ml_assets.core.definition_rules import known_names, name_problem
from ml_assets.core.signatures import read_signature
from ml_assets.core.value_types import format_of


def read_sample(function: Callable[..., Any], roles: Mapping[str, Any]) -> Sample:
    """The sample rows that a function makes of a first and a last day; `roles` are what their columns are for."""
    signature = read_signature(function)
    if problem := name_problem(signature.name):
        raise signature.refused(problem)
    if dict(signature.arguments) != {"first": dt.date, "last": dt.date}:
        raise signature.refused(
            "sample rows are made of two days. Write (first: datetime.date, last: datetime.date)."
        )
    if format_of(signature.returns) != "parquet":
        raise signature.refused("sample rows are a table. Write -> polars.DataFrame.")
    if unknown := next((name for name in roles if name not in DatasetContract.model_fields), None):
        known = known_names(unknown, DatasetContract.model_fields, what="Roles")
        raise signature.refused(f"{unknown} is no role of a column. {known}")
    try:
        contract = DatasetContract(**{"event_time": "day", **roles})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise signature.refused(": ".join((*map(str, first["loc"]), f"{first['msg']}."))) from None
    return Sample(dataset=signature.name, function=function, contract=contract)
