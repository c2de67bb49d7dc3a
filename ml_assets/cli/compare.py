"""`ml-assets compare`: two models on the same days, read from what is stored."""

import datetime as dt
import json
from typing import TYPE_CHECKING

from ml_assets.core.comparison.margins import read_margins
from ml_assets.core.comparison.parameters import ComparisonParameters
from ml_assets.core.comparison.words import HEAD, other_rows, rows, scope, verdict
from ml_assets.pipeline.comparison import compare_models
from ml_assets.pipeline.released import named_model
from ml_assets.settings import load_settings

if TYPE_CHECKING:
    from ml_assets.pipeline.comparison import Compared


def compare(
    own: ComparisonParameters, dataset: str, *, last: dt.date | None, environment: str, as_json: bool
) -> int:
    """Print the comparison; raises the error that stopped it."""
    settings = load_settings()
    reference, candidate = (
        named_model(name, dataset, settings=settings, environment=settings.named(environment))
        for name in (own.reference, own.candidate)
    )
    found = compare_models(
        candidate,
        reference,
        days=own.window_days,
        last=last,
        margins=read_margins(own.margins),
        settings=settings,
    )
    if as_json:
        told = {
            "candidate": candidate.told,
            "reference": reference.told,
            "other_rows": list(map(str, found.other_rows)),
            "commands": list(found.commands),
        }
        print(json.dumps({**told, **found.comparison.model_dump(mode="json")}, indent=2))
    else:
        _print(found)
    return 0


def _print(found: "Compared") -> None:
    from rich.table import Table

    from ml_assets.cli.tables import console

    out, comparison = console(), found.comparison
    out.print(f"candidate  {found.candidate.told}\nreference  {found.reference.told}\n", markup=False)
    if comparison.kpis:
        table = Table(*HEAD, box=None, padding=(0, 2))
        for row in rows(comparison):
            table.add_row(*row)
        out.print(table)
    out.print(f"{scope(comparison)}.\n[bold]{verdict(comparison)}[/bold]")
    if found.other_rows:
        out.print(f"\n{other_rows(found.other_rows)}", markup=False)
    if found.commands:
        lines = "\n".join(f"  {command}" for command in found.commands)
        out.print(
            f"\nNot every day counts: both need an evaluation of it, on the same rows. To make what is missing:\n{lines}",
            markup=False,
        )
