"""Pictures of a comparison, as PNG bytes that are equal for equal ones."""

from typing import Any

from ml_assets.core.comparison.document import PASSED, Block, Comparison
from ml_assets.core.figures import BLUE, DARK, GREY, RED, day_ticks, figure_of, finish, png
from ml_assets.text import count


def degradation_png(comparison: Comparison) -> bytes:
    """By how much the candidate is worse, each KPI in units of its margin, or of its interval where that is 0: 700 pixels wide."""
    kpis = comparison.kpis
    height = 1.3 + 0.45 * len(kpis)
    figure = figure_of(7, height)
    axes = figure.add_axes((0.17, 0.55 / height, 0.79, 1 - 1.0 / height))
    axes.axvline(0, color=DARK, linewidth=1)
    if any(kpi.margin for kpi in kpis):
        axes.axvline(1, color=RED, linestyle="--", linewidth=1, label="margin")
    for place, kpi in enumerate(reversed(kpis)):
        unit = kpi.margin or max(abs(kpi.low), abs(kpi.high)) or 1
        colour = BLUE if kpi.verdict in PASSED else RED
        axes.plot([kpi.low / unit, kpi.high / unit], [place, place], color=colour, linewidth=3)
        axes.plot(kpi.degradation / unit, place, "o", color=colour, markersize=7)
        if not kpi.margin:
            axes.plot(0, place, "|", color=RED, markersize=18, markeredgewidth=2, label="margin of 0")
    axes.set_yticks(range(len(kpis)), [kpi.metric for kpi in reversed(kpis)])
    axes.set_ylim(-0.7, len(kpis) - 0.3)
    _legend(axes)
    title = f"Candidate against reference on {count(comparison.sample.rows, 'row')}: {comparison.verdict}"
    finish(axes, x="worse by, in margins; left of 0 the candidate is better", y="", title=title)
    return png(figure)


def by_block_png(comparison: Comparison) -> bytes:
    """Each KPI of both models by blocks of event days, one panel a KPI: 1000 pixels wide."""
    names = [kpi.metric for kpi in comparison.kpis]
    height = 0.5 + 1.9 * len(names)
    figure = figure_of(10, height)
    panels = figure.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
    figure.subplots_adjust(left=0.09, right=0.98, bottom=0.45 / height, top=1 - 0.35 / height, hspace=0.25)
    days = [block.first for block in comparison.blocks if block.candidate]
    for axes, name in zip(panels, names, strict=True):
        held = [block for block in comparison.blocks if name in block.candidate]
        _line(axes, held, [block.reference[name] for block in held], color=GREY, label="reference")
        _line(axes, held, [block.candidate[name] for block in held], color=BLUE, label="candidate")
        finish(axes, x="", y=name)
    day_ticks(panels[-1], days)
    panels[0].legend(loc="upper right", frameon=False, fontsize=8, ncols=2)
    panels[0].set_title("Both models on the same rows, by blocks of event days", fontsize=10, color=DARK)
    return png(figure)


def _legend(axes: Any) -> None:
    """Each label once."""
    labelled = {label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    axes.legend(labelled.values(), labelled.keys(), loc="lower right", frameon=False, fontsize=8)


def _line(axes: Any, blocks: list[Block], values: list[float], *, color: str, label: str) -> None:
    at = [block.first.toordinal() for block in blocks]
    axes.plot(at, values, "o-", color=color, markersize=4, label=label)
