"""A simulated model that is evaluated and then watched daily, with outcomes of which the truth is known."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr

from ml_assets.core.statistics.tries import error_of_look
from ml_assets.pipelines.tabular.monitoring.change import Rows
from ml_assets.pipelines.tabular.monitoring.decide import calibration_test, log_loss, ranking, too_few
from ml_assets.pipelines.tabular.monitoring.look import Look
from ml_assets.pipelines.tabular.monitoring.verdicts import Verdicts

VERDICTS = tuple(Verdicts.model_fields)
SOUND = (-2.23, 0.97)  # log odds of an outcome: 13 % positives, ROC AUC 0.74


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A calibrated model, and what becomes wrong with it.

    Attributes:
        looks: days after the evaluation's.
        evaluation: days of the evaluation's holdout.
        rows: a day.
        entities: whose rows these are, before and after; half of a score's variance is its entity's.
        alike: correlation of the outcomes of one entity beyond what scores say.
        window: days that a look is at.
        at: the first day with other scores or outcomes; the whole window is sound before it.
        divided: by what scores are then divided.
        truth: intercept and slope of the log odds of an outcome then.
        error: of the n-th look.
    """

    looks: int = 365
    evaluation: int = 56
    rows: int = 60
    entities: int = 1500
    alike: float = 0.2
    window: int = 28
    at: int = 0
    divided: float = 1.0
    truth: tuple[float, float] = SOUND

    def alarms(self, random, *, every=1, error=error_of_look, until=VERDICTS):
        """The first look, from 1, at which each verdict was worse or better: a dict of (verdict, word).

        Looks at each `every`-th day from `at` on, until those of `until` are all worse.
        """
        days, y, score, entity = self._drawn(random)
        reference = Rows(*(part[days < 0] for part in (y, score, entity)))
        first = {}
        for look in range(self.at + every, self.looks + 1, every):
            inside = slice(*np.searchsorted(days, (max(0, look - self.window), look)))
            current = Rows(*(part[inside] for part in (y, score, entity)))
            for name, word in _verdicts(current, reference, Look(number=look, error=error(look))):
                if word in ("worse", "better"):
                    first.setdefault((name, word), look)
            if all((name, "worse") in first for name in until):
                break
        return first

    def _drawn(self, random):
        """Days (below 0: the evaluation's), outcomes, scores and entities of all rows."""
        days = np.repeat(np.arange(-self.evaluation, self.looks), self.rows)
        entity = random.integers(0, self.entities, len(days))
        x, latent = (
            np.sqrt(share) * random.standard_normal(self.entities)[entity]
            + np.sqrt(1 - share) * random.standard_normal(len(days))
            for share in (0.5, self.alike)
        )
        later = days >= self.at
        chance = expit(
            np.where(later, self.truth[0], SOUND[0]) + np.where(later, self.truth[1], SOUND[1]) * x
        )
        score = expit(SOUND[0] + SOUND[1] * x) / np.where(later, self.divided, 1.0)
        return days, (ndtr(latent) < chance).astype(np.int8), score, entity


def _verdicts(current, reference, look):
    """Those of `verdicts_of`, without asking anew at each look whether the evaluation was calibrated."""
    if too_few(current, ""):
        return []
    found = (ranking(current, reference, {}, look=look), calibration_test(current, None, look=look))
    return [
        (name, one.verdict)
        for name, one in zip(VERDICTS, (*found, log_loss(current, reference, look=look)), strict=True)
    ]
