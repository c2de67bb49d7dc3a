"""The failure notice: which parameters failed, why, and the command to try again, sent to a webhook.

Each view tells of its own runs, and the main one of all that are of no other, so that each failed run is told once.
"""

import dagster as dg

from ml_assets.adapter.launching.failure_text import failure_text
from ml_assets.adapter.launching.in_time import in_time
from ml_assets.adapter.launching.notice import SECRET_VARIABLE, URL_VARIABLE, notice_resource
from ml_assets.adapter.view import View

UNSET = f"No notice was sent: neither {URL_VARIABLE} nor {SECRET_VARIABLE} is set where the code runs."
KNOWN: dict[str, View] = {}
"""The views of the code location, by name."""


def failure_sensor(view: View) -> dg.SensorDefinition:
    """The sensor of the failed runs of a view."""
    KNOWN[view.name] = view
    name = view.beside("failure_notice")
    whose = "this project" if view.is_main else view.name
    return dg.run_failure_sensor(
        name=name,
        minimum_interval_seconds=30,
        description=f"Every run of {whose} that fails is told to a Slack-compatible webhook: its parameters, the "
        f"reason and the command to try again. The webhook's address stands in {URL_VARIABLE}, or in AWS Secrets "
        f"Manager under the name in {SECRET_VARIABLE}.",
    )(in_time(_tell, view, name=name))


def _tell(context: dg.RunFailureSensorContext, view: View) -> dg.SkipReason | None:
    """Send the notice of one failed run; trouble with the webhook is logged, and the notice is then given up.

    The webhook is no resource of the definitions: there, Dagster would offer its fields in every launchpad.
    """
    run = context.dagster_run
    owner = _owner(run)
    if owner is not view and not (view.is_main and owner is None):
        return dg.SkipReason(f"It is no run of {view.name}.")
    with notice_resource().process_config_and_initialize_cm() as notice:
        if not notice.is_set():
            return dg.SkipReason(UNSET)
        # a run that was refused before its first step has no failure of a step
        failures = context.get_step_failure_events() or [context.failure_event]
        trouble = notice.send(failure_text(run, failures, view=view))
    if trouble:
        context.log.error("The notice of run %s did not reach the webhook: %s.", run.run_id, trouble)
    else:
        context.log.info("The webhook was told of run %s.", run.run_id)
    return None


def _owner(run: dg.DagsterRun) -> View | None:
    """The view to which a run belongs by its job or its assets, the main one aside; None where to no other."""
    others = [view for view in KNOWN.values() if not view.is_main and view.owns(run)]
    return max(others, key=lambda view: len(view.name), default=None)
