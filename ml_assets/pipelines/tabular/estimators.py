"""The unfitted estimator of each model version, and how it is calibrated."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml_assets.pipelines.tabular.parameters import TrainingParameters

RARE = 20  # a category seen in fewer training rows than this is treated as "other"
MAX_CATEGORIES = 200  # histogram gradient boosting takes at most 255
FOLDS = 5


def calibrated(estimator: Any, parameters: "TrainingParameters") -> Any:
    """The unfitted estimator, calibrated once it is fitted, where the parameters say so."""
    if not parameters.calibrate:
        return estimator
    from sklearn.calibration import CalibratedClassifierCV

    return CalibratedClassifierCV(estimator, method="sigmoid", cv=folds(parameters), ensemble=False)


def folds(parameters: "TrainingParameters") -> Any:
    """How calibration divides the training rows: five parts with equal shares of either class."""
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(FOLDS, shuffle=True, random_state=parameters.seed)


def iterations(fitted: Any) -> int:
    """How many steps the solver took, or how many trees were grown: of an estimator that was `calibrated`, or not."""
    calibrated = getattr(fitted, "calibrated_classifiers_", None)
    count = (calibrated[0].estimator if calibrated else fitted)[-1].n_iter_
    return int(count if isinstance(count, int) else count.max())


def logistic_regression(
    parameters: "TrainingParameters", numbers: Sequence[int], categories: Sequence[int]
) -> Any:
    """Impute numbers and bring them near to a normal shape, one column a frequent category, then a linear model."""
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    encoded = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE)
    prepare = ColumnTransformer(
        [("numbers", _normal_shape(), list(numbers)), ("categories", encoded, list(categories))]
    )
    return Pipeline(
        [
            ("prepare", prepare),
            ("model", LogisticRegression(C=parameters.C, max_iter=5000, random_state=parameters.seed)),
        ]
    )


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


def gradient_boosting(
    parameters: "TrainingParameters", numbers: Sequence[int], categories: Sequence[int]
) -> Any:
    """Category codes and numbers as they are, missing ones included, then histogram gradient boosting."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OrdinalEncoder

    encoded = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=float("nan"),
        min_frequency=RARE,
        max_categories=MAX_CATEGORIES,
    )
    prepare = ColumnTransformer(
        [("categories", encoded, list(categories)), ("numbers", "passthrough", list(numbers))]
    )
    boosting = HistGradientBoostingClassifier(
        learning_rate=parameters.learning_rate,
        max_iter=parameters.max_iter,
        max_depth=parameters.max_depth,
        max_leaf_nodes=parameters.max_leaf_nodes,
        min_samples_leaf=parameters.min_samples_leaf,
        l2_regularization=parameters.l2_regularization,
        early_stopping=False,
        random_state=parameters.seed,
        categorical_features=list(range(len(categories))),
    )
    return Pipeline([("prepare", prepare), ("model", boosting)])
