"""How every picture of the project is begun, finished and stored: equal figures give equal bytes."""

import datetime as dt
import io
import math
from collections.abc import Sequence
from typing import Any

BLUE, GREY, DARK, ORANGE, RED = "#2f6fab", "#9aa5b1", "#33404d", "#d98324", "#c0392b"
DPI = 100
COLOURS = 32  # of the palette; the pictures are a third of their size then
MANY_COLOURS = 160  # where there is a scale of blues
LONGEST_NAME = 30
TICKS = 8


def figure_of(width: float, height: float) -> Any:
    """An empty figure of so many inches, at 100 pixels an inch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def finish(axes: Any, *, x: str, y: str, title: str = "") -> None:
    """Title, labels and ticks in the sizes and colours that all pictures have."""
    axes.set_title(title, fontsize=10, color=DARK)
    axes.set_xlabel(x, fontsize=9, color=DARK)
    axes.set_ylabel(y, fontsize=9, color=DARK)
    axes.tick_params(labelsize=8, colors=DARK)
    axes.spines[["top", "right"]].set_visible(False)


def day_ticks(axes: Any, days: Sequence[dt.date]) -> None:
    """At most eight days as ticks of an axis of ordinals."""
    chosen = days[:: max(1, math.ceil(len(days) / TICKS))]
    axes.set_xticks([day.toordinal() for day in chosen], [day.isoformat() for day in chosen])


def short(name: str, most: int = LONGEST_NAME) -> str:
    """A name as text of at most so many characters; `$` would start a formula."""
    cut = name if len(name) <= most else name[: most - 3] + "..."
    return cut.replace("$", r"\$")


def png(figure: Any, *, colours: int = COLOURS) -> bytes:
    """The figure as PNG, stored with a palette; neither date nor version is in the file."""
    from PIL import Image

    figure.canvas.draw()
    buffer, size = figure.canvas.buffer_rgba(), figure.canvas.get_width_height()
    picture = Image.frombuffer("RGBA", size, buffer).convert("RGB")
    file = io.BytesIO()
    # Not the usual median cut, nor `optimize`: together they take as long as the drawing, for no smaller a file.
    few = picture.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(file, format="png")
    return file.getvalue()


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
