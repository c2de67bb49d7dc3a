"""`ml-assets promote`: evaluate a model, and copy it to a slot where nothing speaks against it."""

import getpass
import json

from ml_assets.core.command import command
from ml_assets.core.promotion.decision import HEAD, Decision
from ml_assets.core.promotion.parameters import PromotionParameters
from ml_assets.errors import RefusedError
from ml_assets.pipeline import promotion
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import Settings, load_settings

DONE, REFUSED = 0, 2
_PLAN = "No slot was changed: this is a plan."


def plan(own: PromotionParameters, *, environment: str, as_json: bool) -> int:
    """Print what a promotion would come to; 2 where it would be refused."""
    decision = promotion.evaluate(_request(own, environment, load_settings())).decision
    if as_json:
        print(json.dumps(decision.record(), indent=2))
    else:
        _print(decision, summary=f"would be {decision.summary()}")
        print(_PLAN if decision.try_number is None else f"{_PLAN} Its look at the KPIs counts as a try.")
    return REFUSED if decision.verdict == "refused" else DONE


def promote(own: PromotionParameters, *, environment: str, as_json: bool) -> int:
    """Promote, and print the decision; 2 where it was refused, which leaves the slot as it was."""
    outcome = promotion.promote(_request(own, environment, load_settings()))
    decision, entry = outcome.decision, outcome.entry
    if as_json:
        record = {"decision": decision.record(), "sha256": outcome.digest}
        print(json.dumps({**record, "entry": entry and entry.model_dump(mode="json")}, indent=2))
    else:
        _print(decision, summary=decision.summary())
        print(f"decision {outcome.log.decision_uri(outcome.digest)}")
        print(f"log      {outcome.log.uri(entry.number)}" if entry else "The slot is as it was.")
        if entry:
            words = outcome.log.line.words
            print(f"It does not serve yet: {command('switch', '--to', decision.to, *words)}")
    return DONE if entry else REFUSED


def actor(settings: Settings) -> str:
    """Who acts: as the settings say, else the user of the operating system; RefusedError where it has no name."""
    try:
        return settings.actor or getpass.getuser()
    except (KeyError, OSError):  # a user of a container need not be known to its system
        raise RefusedError(["actor: this user has no name here. Say who acts: ML_ASSETS_ACTOR."]) from None


def _request(own: PromotionParameters, environment: str, settings: Settings) -> promotion.Promotion:
    return promotion.Promotion(
        pipeline=tabular,
        own=own,
        source=settings.named(environment),
        by=actor(settings),
        settings=settings,
    )


def _print(decision: Decision, *, summary: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ml_assets.cli.tables import console

    table = Table(*HEAD, box=None, padding=(0, 2))
    for row in decision.rows():
        table.add_row(*map(escape, row))
    out = console()
    out.print(f"[bold]{summary}[/bold]")
    out.print(table)
