"""What comes before an estimator: the columns of a training set as the numbers that it takes."""

from collections.abc import Sequence
from typing import Any

RARE = 20  # a category seen in fewer training rows than this is treated as "other"
MAX_CATEGORIES = 200  # histogram gradient boosting takes at most 255


def scaled(numbers: Sequence[int], categories: Sequence[int]) -> Any:
    """For linear models: numbers without gaps and near to a normal shape, and one column a frequent category.

    Args:
        numbers: positions of the columns that hold numbers.
        categories: positions of those that hold text.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder

    encoded = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE)
    return ColumnTransformer(
        [("numbers", _normal_shape(), list(numbers)), ("categories", encoded, list(categories))]
    )


def coded(numbers: Sequence[int], categories: Sequence[int]) -> Any:
    """For trees: codes of the frequent categories, then numbers in their order, missing ones included, all as floats.

    Numbers are centred and their tails drawn in: forests work with floats of 32 bits, which end at 3e38.

    Args:
        numbers: positions of the columns that hold numbers.
        categories: positions of those that hold text; they come first, from 0 on.
    """
    import numpy as np
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer, RobustScaler

    return _with_codes(
        Pipeline([("centre", RobustScaler()), ("tails", FunctionTransformer(np.arcsinh))]),
        numbers,
        categories,
    )


def coded_as_they_are(numbers: Sequence[int], categories: Sequence[int]) -> Any:
    """The same with numbers as they are, in an array of objects, for an estimator that makes floats of 64 bits of them."""
    return _with_codes("passthrough", numbers, categories)


def _with_codes(kept: Any, numbers: Sequence[int], categories: Sequence[int]) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OrdinalEncoder

    encoded = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=float("nan"),
        min_frequency=RARE,
        max_categories=MAX_CATEGORIES,
    )
    return ColumnTransformer([("categories", encoded, list(categories)), ("numbers", kept, list(numbers))])


def _normal_shape() -> Any:
    """Medians for what is missing, then numbers of any unit and origin in a shape near to normal.

    The power transform of Yeo and Johnson (2000) takes a column whose mean is large beside its spread, such as a year,
    for a constant, and its powers overflow on tiny units and on values that were not trained on. So columns come to it
    between 0 and 1: from their median in units of their quartiles, through arcsinh, that one outlier leaves the others
    apart. A value beyond those of training counts as the outermost of them.
    """
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import (
        FunctionTransformer,
        MinMaxScaler,
        PowerTransformer,
        RobustScaler,
        StandardScaler,
    )

    return Pipeline(
        [
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
            ("centre", RobustScaler()),
            ("tails", FunctionTransformer(np.arcsinh)),
            ("unit", StandardScaler()),  # MinMaxScaler takes a range below 1e-15 for none
            ("clip", MinMaxScaler(clip=True)),
            ("shape", PowerTransformer()),
        ]
    )
