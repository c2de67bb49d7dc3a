"""What comes before an estimator: the columns of a training set as the numbers that it takes."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
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
    """The same with numbers as they are."""
    import numpy as np
    from sklearn.preprocessing import FunctionTransformer

    return _with_codes(FunctionTransformer(np.positive), numbers, categories)


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


@dataclass(frozen=True)
class Prepared:
    """A fitted model in two parts, of which the first makes each column of numbers from one feature alone.

    Attributes:
        transform: gives the prepared columns of features as they were learned, of shape (rows, columns).
        model: what predicts from them.
        columns: the places among them of what is made from each feature, by the feature's place.
    """

    transform: Any
    model: Any
    columns: Mapping[int, Sequence[int]]


def prepared(model: Any) -> Prepared | None:
    """The two parts of a fitted pipeline that begins as `scaled` or `coded` do; None of any other model.

    A calibrated one is taken apart too, where one pipeline was fitted on all rows.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    calibrated = getattr(model, "calibrated_classifiers_", [])
    pipeline = calibrated[0].estimator if len(calibrated) == 1 else model
    if not isinstance(pipeline, Pipeline) or not isinstance(pipeline[0], ColumnTransformer):
        return None
    columns = _columns_of(pipeline[0])
    if columns is None:
        return None
    last = pipeline[1:]
    if calibrated:
        inner, last = copy(calibrated[0]), copy(model)
        inner.estimator = pipeline[1:]
        last.calibrated_classifiers_ = [inner]
    return Prepared(pipeline[0].transform, last, columns)


def _columns_of(prepare: Any) -> dict[int, list[int]] | None:
    found: dict[int, list[int]] = {}
    for name, part, places in prepare.transformers_:
        made = range(prepare.output_indices_[name].start, prepare.output_indices_[name].stop)
        is_fitted = len(places) > 0 and name != "remainder"  # what has no columns was fitted to nothing
        widths = _widths(part, len(places)) if is_fitted else []
        if widths is None or sum(widths) != len(made):
            return None
        for place, width in zip(places, widths, strict=False):
            found[place], made = list(made[:width]), made[width:]
    return found


def _widths(part: Any, count: int) -> list[int] | None:
    """How many columns a fitted transformer makes of each of `count`; None where one may depend on several."""
    from sklearn import preprocessing as pre
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline

    one_for_one = (
        SimpleImputer,
        pre.RobustScaler,
        pre.StandardScaler,
        pre.MinMaxScaler,
        pre.PowerTransformer,
        pre.OrdinalEncoder,
    )
    if isinstance(part, Pipeline):
        steps = [_widths(step, count) for _, step in part.steps]
        return steps[-1] if all(step == [1] * count for step in steps) else None
    if type(part) is pre.OneHotEncoder and part.drop is None:
        rares = getattr(part, "infrequent_categories_", [None] * count)
        together = [0 if rare is None else len(rare) - 1 for rare in rares]
        return [len(kept) - fewer for kept, fewer in zip(part.categories_, together, strict=True)]
    is_plain_function = type(part) is pre.FunctionTransformer and (
        part.func is None or hasattr(part.func, "nin")
    )
    return [1] * count if type(part) in one_for_one or is_plain_function else None
