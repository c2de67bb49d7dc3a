"""How a value is stored follows from the type that the function says it returns."""

from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    import polars as pl
    from sklearn.base import BaseEstimator

    Frame = pl.DataFrame
    Estimator = BaseEstimator
else:  # loading these libraries takes longer than all of the definitions
    Frame = Annotated[Any, "parquet"]
    Estimator = Annotated[Any, "skops"]


def format_of(annotation: Any) -> str:
    """The name of the format in which values of a type are stored; "" where there is none."""
    return str(getattr(annotation, "__metadata__", ("",))[0])
