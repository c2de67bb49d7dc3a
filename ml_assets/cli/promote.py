"""`ml-assets promote`: evaluate an artifact, and copy it to a slot where nothing speaks against it."""

import getpass

from ml_assets.cli.call import Call
from ml_assets.cli.subjects import command_about, given_own, refuse_other_line
from ml_assets.core.metrics import Metrics
from ml_assets.core.promotion.decision import HEAD, Decision
from ml_assets.core.promotion.parameters import PromotionParameters, check_promotion
from ml_assets.errors import RefusedError
from ml_assets.pipeline import promotion
from ml_assets.settings import Settings
from ml_assets.terminal.progress import reading
from ml_assets.terminal.tables import print_table, print_text

DONE, REFUSED = 0, 2
_PLAN = "No slot was changed: this is a plan."


def promote(call: Call) -> int:
    """Promote, or with `--plan` only tell what would be decided, and print it; 2 where it is refused."""
    own = check_promotion(
        given_own(call, PromotionParameters), metrics=Metrics.of(call.pipeline), slots=call.settings.slots
    )
    request = promotion.Promotion(
        pipeline=call.pipeline,
        own=own,
        source=call.settings.named(call.options.environment),
        by=actor(call.settings),
        settings=call.settings,
    )
    refuse_other_line(call, own.model, environment=request.source)
    if not call.args.plan:
        return _promote(call, request)
    with reading("Comparing", json=call.args.json):
        decision = promotion.evaluate(request).decision
    call.show(decision.record(), lambda: _print_plan(decision))
    return REFUSED if decision.verdict == "refused" else DONE


def actor(settings: Settings) -> str:
    """Who acts: as the settings say, else the user of the operating system; RefusedError where it has no name."""
    try:
        return settings.actor or getpass.getuser()
    except (KeyError, OSError):  # a user of a container need not be known to its system
        raise RefusedError(["actor: this user has no name here. Say who acts: ML_ASSETS_ACTOR."]) from None


def _promote(call: Call, request: promotion.Promotion) -> int:
    with reading("Comparing", json=call.args.json):
        outcome = promotion.promote(request)
    entry = outcome.entry
    logged = entry and entry.model_dump(mode="json")
    document = {"decision": outcome.decision.record(), "sha256": outcome.digest, "entry": logged}
    call.show(document, lambda: _print_outcome(call, outcome))
    return DONE if entry else REFUSED


def _print_outcome(call: Call, outcome: promotion.Outcome) -> None:
    decision, log = outcome.decision, outcome.log
    _print(decision, summary=decision.summary())
    print(f"decision {log.decision_uri(outcome.digest)}")
    if outcome.entry is None:
        print("The slot is as it was.")
        return
    print(f"log      {log.uri(outcome.entry.number)}")
    print(f"It does not serve yet: {command_about(call, log.line, 'switch', '--to', decision.to)}")


def _print_plan(decision: Decision) -> None:
    _print(decision, summary=f"would be {decision.summary()}")
    print(_PLAN if decision.try_number is None else f"{_PLAN} Its look at the KPIs counts as a try.")


def _print(decision: Decision, *, summary: str) -> None:
    print_text(summary, bold=True)
    print_table(HEAD, decision.rows())
