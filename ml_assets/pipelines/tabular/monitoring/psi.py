"""The population stability index of two sets of counts, and how large it is where nothing has changed.

PSI is the sum over bins of (b - a) ln(b / a), where a and b are the shares of the bin then and now. It is never
exactly 0 for two samples of one distribution: with B bins, n rows then and m now, it is about
(B - 1)(1/n + 1/m) on average, and (1/n + 1/m) times a chi-squared number with B - 1 degrees of freedom
(Yurdakul and Naranjo, 2020). The usual bands, 0.1 and 0.25, are rules of thumb for large samples.
"""

import math
from collections.abc import Sequence
from typing import Literal

from ml_assets.core.report.record import Part

SMALL, LARGE = 0.10, 0.25
PSEUDO = 0.5  # of a row in each bin, so that an empty one has a logarithm
CONFIDENCE = 0.95
DIGITS = 10
Band = Literal["within chance", "small", "moderate", "large"]
RULE = (
    f"within chance: no larger than it is {CONFIDENCE:.0%} of the times where nothing changed; else by what is beyond "
    f"the size expected then: small below {SMALL:g}, moderate from {SMALL:g}, large from {LARGE:g} on (rules of thumb)"
)


class Stability(Part):
    """How far two sets of counts are apart.

    Attributes:
        psi: the index.
        expected: its mean where nothing has changed, which is its bias.
        limit: what it exceeds once in twenty times where nothing has changed.
        band: how large it is, in words.
    """

    psi: float
    expected: float
    limit: float
    band: Band


def psi(then: Sequence[int], now: Sequence[int]) -> float:
    """The index of two sequences of counts over the same bins; each needs one row at least."""
    return sum(
        (b - a) * math.log(b / a) for a, b in zip(_shares(then), _shares(now), strict=True)
    )  # no term is negative


def stability(then: Sequence[int], now: Sequence[int]) -> Stability:
    """The index with what chance alone makes of it."""
    from scipy.stats import chi2  # type: ignore[import-untyped,unused-ignore]

    index, spread = psi(then, now), 1 / sum(then) + 1 / sum(now)
    free = len(then) - 1
    expected = free * spread
    limit = float(chi2.ppf(CONFIDENCE, free)) * spread if free else 0.0
    return Stability(
        psi=round(index, DIGITS),
        expected=round(expected, DIGITS),
        limit=round(limit, DIGITS),
        band=_band(index, beyond=index - expected, limit=limit),
    )


def _band(index: float, *, beyond: float, limit: float) -> Band:
    if index <= limit:
        return "within chance"
    if beyond < SMALL:
        return "small"
    return "moderate" if beyond < LARGE else "large"


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + PSEUDO * len(counts)
    return [(count + PSEUDO) / total for count in counts]
