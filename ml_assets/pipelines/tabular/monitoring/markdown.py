"""A monitoring as Markdown."""

from collections.abc import Mapping

from ml_assets.core.markup import bullets, plain, table
from ml_assets.pipelines.tabular.monitoring import text
from ml_assets.pipelines.tabular.monitoring.document import Monitoring
from ml_assets.pipelines.tabular.monitoring.psi import RULE
from ml_assets.pipelines.tabular.monitoring.verdicts import (
    AnyVerdicts,
    ClassVerdicts,
    NumberVerdicts,
    Verdicts,
)
from ml_assets.text import count, number

MOST_DAYS = 31
DAILY: Mapping[type[AnyVerdicts], tuple[str, ...]] = {
    Verdicts: ("roc_auc", "log_loss", "brier", "base_rate"),
    ClassVerdicts: ("log_loss", "accuracy"),
    NumberVerdicts: ("mae", "rmse"),
}


def markdown(of: Monitoring) -> str:
    """The whole of it as text; equal ones give equal text."""
    parts = [
        f"# {text.title(of)}\n\n{text.outcomes(of.outcomes)} {plain(text.drift(of))}",
        _missing(of),
        _verdicts(of),
        _outcomes(of),
        _drift(of),
        _days(of),
        f"## How far to trust it\n\n{bullets(of.notes)}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _missing(of: Monitoring) -> str:
    if not of.missing:
        return ""
    return f"## Not scored\n\n{text.missing(of)}.\n\n```\n" + "\n".join(of.commands) + "\n```"


def _outcomes(of: Monitoring) -> str:
    rows = text.metrics(of.outcomes)
    shown = table(text.METRICS, rows) if rows else of.outcomes.overall.reason
    return f"## Outcomes\n\n{text.window(of.outcomes)}.\n\n{shown}"


def _verdicts(of: Monitoring) -> str:
    if of.outcomes.first is None:
        return ""
    lines = bullets(map(plain, text.verdicts(of.outcomes)))
    return "\n\n".join(filter(None, ("## Verdicts", lines, text.look(of.outcomes))))


def _drift(of: Monitoring) -> str:
    if of.drift is None:
        return ""
    shifts = (of.drift.scores, *of.drift.inputs)
    rows = [(plain(item.name), *text.shift(item)) for item in shifts]
    scope = (
        f"{count(of.drift.rows, 'row', grouped=True)} of {count(len(of.drift.days), 'day')}, {of.drift.days[0]} to {of.drift.days[-1]}. Inputs against "
        f"{count(of.drift.training_rows, 'training row', grouped=True)}, scores against those of {count(of.drift.holdout_rows, 'row', grouped=True)} of the holdout."
    )
    head = ("column", "PSI", "expected without change", "limit of chance", "drift")
    return f"## Drift\n\n{scope}\n\n{table(head, rows)}\n\n{RULE}."


def _days(of: Monitoring) -> str:
    days = of.outcomes.days[-MOST_DAYS:]
    if not days:
        return ""
    names = DAILY[type(of.outcomes.verdicts)]
    rows = [
        (str(day.day), str(day.rows), *(number(day.metrics.get(name)) for name in names), day.reason)
        for day in days
    ]
    return "## Days\n\n" + table(("day", "rows", *names, ""), rows)
