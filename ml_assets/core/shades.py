"""Numbers as shades of blue, the same in every picture that has them."""

from collections.abc import Sequence
from typing import Any

from ml_assets.core.figures import BLUE


def shades(*, better_is_dark: bool = True, pale: str = "#dfeaf5") -> Any:
    """A colour map of Matplotlib, from pale to dark, or the other way where the smallest value is the best."""
    from matplotlib.colors import LinearSegmentedColormap

    blues = [pale, BLUE, "#0e2a47"]
    return LinearSegmentedColormap.from_list("blues", blues if better_is_dark else blues[::-1])


def ends(values: Sequence[float]) -> tuple[float, float]:
    """The values that the first and the last shade stand for; equal values have some width all the same."""
    low, high = min(values), max(values)
    margin = 0.0 if high - low > 1e-9 else max(abs(high) * 0.01, 0.001)  # noqa: PLR2004 - rounding
    return low - margin, high + margin
