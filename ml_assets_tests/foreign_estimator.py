"""An estimator as another library has them: its fitted part is of a type that no skops knows."""

from sklearn.base import BaseEstimator


class Booster:
    """What a fitted `Leaves` is made of."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds


class Leaves(BaseEstimator):
    def __init__(self, rounds: int = 3) -> None:
        self.rounds = rounds

    def fit(self, features, outcome=None):
        self.booster_ = Booster(self.rounds)
        return self

    def predict(self, features):
        return [self.booster_.rounds] * len(features)
