"""The ROC AUC, which an evaluation asks for some hundred times."""

from typing import Any


def roc_auc(y: Any, score: Any) -> float:
    """How often a positive scores higher than a negative (Mann and Whitney's U), ties counted half.

    It is scikit-learn's number in a tenth of the time, of which importance takes 30 an evaluation.

    Args:
        y: outcomes, 0 or 1, of shape (n,); both must occur.
        score: larger for a likelier outcome 1, of shape (n,).
    """
    from scipy.stats import rankdata  # type: ignore[import-untyped,unused-ignore]

    positives = int((y == 1).sum())
    above = rankdata(score)[y == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(y) - positives)))
