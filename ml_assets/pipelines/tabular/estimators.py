"""The unfitted estimator of each model version, by task, and how it is calibrated."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ml_assets.pipelines.tabular.preparation import coded, coded_as_they_are, scaled

if TYPE_CHECKING:
    from ml_assets.pipelines.tabular.parameters import TrainingParameters

FOLDS = 5


def calibrated(estimator: Any, parameters: "TrainingParameters") -> Any:
    """The unfitted estimator, calibrated once it is fitted, where the parameters say so."""
    if not parameters.calibrate:
        return estimator
    from sklearn.calibration import CalibratedClassifierCV

    return CalibratedClassifierCV(estimator, method="sigmoid", cv=folds(parameters), ensemble=False)


def folds(parameters: "TrainingParameters") -> Any:
    """How calibration divides the training rows: five parts with equal shares of each class."""
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(FOLDS, shuffle=True, random_state=parameters.seed)


def iterations(fitted: Any) -> int | None:
    """How many steps the solver took, or trees were grown, of an estimator that was `calibrated`, or not; None if it has none."""
    import numpy as np

    calibrated = getattr(fitted, "calibrated_classifiers_", None)
    inner = calibrated[0].estimator if calibrated else fitted
    last = inner[-1] if hasattr(inner, "steps") else inner
    count = getattr(last, "n_iter_", None)
    count = getattr(last, "n_estimators", None) if count is None else count
    return None if count is None else int(np.max(count))


def is_boosting(model: Any) -> bool:
    """Whether it is histogram gradient boosting and nothing else that may compute with several threads, fitted or not."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

    inner = model.estimator if isinstance(model, CalibratedClassifierCV) else model
    if not isinstance(inner, Pipeline):
        return False
    *before, last = (step for _, step in inner.steps)
    parts = [
        part for step in before if isinstance(step, ColumnTransformer) for _, part, _ in step.transformers
    ]
    return (
        isinstance(last, HistGradientBoostingClassifier | HistGradientBoostingRegressor)
        and all(isinstance(step, ColumnTransformer) for step in before)
        and all(isinstance(part, OrdinalEncoder | FunctionTransformer) for part in parts)
    )


def logistic_regression(
    parameters: "TrainingParameters", numbers: Sequence[int], categories: Sequence[int]
) -> Any:
    """Classes by a linear model."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=parameters.C, max_iter=5000, random_state=parameters.seed)
    return _pipeline(scaled(numbers, categories), model)


def ridge_regression(
    parameters: "TrainingParameters", numbers: Sequence[int], categories: Sequence[int]
) -> Any:
    """Numbers by a linear model; alpha is 1 / C where the losses are half of the squares."""
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=1 / parameters.C, solver="lsqr", tol=1e-8, random_state=parameters.seed)
    return _pipeline(scaled(numbers, categories), model)


def boosted_classes(
    parameters: "TrainingParameters", numbers: Sequence[int], categories: Sequence[int]
) -> Any:
    """Classes by histogram gradient boosting."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return _boosting(HistGradientBoostingClassifier, parameters, numbers, categories)


def boosted_numbers(
    parameters: "TrainingParameters", numbers: Sequence[int], categories: Sequence[int]
) -> Any:
    """Numbers by histogram gradient boosting."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return _boosting(HistGradientBoostingRegressor, parameters, numbers, categories)


def forest_of_classes(
    parameters: "TrainingParameters", numbers: Sequence[int], categories: Sequence[int]
) -> Any:
    """Classes by a random forest."""
    from sklearn.ensemble import RandomForestClassifier

    return _forest(RandomForestClassifier, parameters, numbers, categories)


def forest_of_numbers(
    parameters: "TrainingParameters", numbers: Sequence[int], categories: Sequence[int]
) -> Any:
    """Numbers by a random forest."""
    from sklearn.ensemble import RandomForestRegressor

    return _forest(RandomForestRegressor, parameters, numbers, categories)


def _boosting(
    kind: Any, parameters: "TrainingParameters", numbers: Sequence[int], categories: Sequence[int]
) -> Any:
    boosting = kind(
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
    return _pipeline(coded_as_they_are(numbers, categories), boosting)


def _forest(
    kind: Any, parameters: "TrainingParameters", numbers: Sequence[int], categories: Sequence[int]
) -> Any:
    forest = kind(
        n_estimators=parameters.n_estimators,
        max_features=parameters.max_features,
        min_samples_split=parameters.min_samples_split,
        random_state=parameters.seed,
    )
    return _pipeline(coded(numbers, categories), forest)


def _pipeline(prepare: Any, model: Any) -> Any:
    from sklearn.pipeline import Pipeline

    return Pipeline([("prepare", prepare), ("model", model)])
