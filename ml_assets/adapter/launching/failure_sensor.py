"""The failure notice: which parameters failed, why, and the command to try again, sent to a webhook.

There is one sensor for all pipelines of a code location, so that each failed run is told once.
"""

import dagster as dg

from ml_assets.adapter.launching.failure_text import failure_text
from ml_assets.adapter.launching.in_time import in_time
from ml_assets.adapter.launching.notice import SECRET_VARIABLE, URL_VARIABLE, notice_resource
from ml_assets.adapter.view import View

UNSET = f"No notice was sent: neither {URL_VARIABLE} nor {SECRET_VARIABLE} is set where the code runs."
KNOWN: dict[str, View] = {}
"""The views of the code location, by name: a notice tells of a run in the words of its view."""


def failure_sensor(view: View) -> dg.SensorDefinition:
    """The sensor, which from here on knows the view. Dagster fact: one object may be in several definitions."""
    KNOWN[view.name] = view
    return failure_notice


@dg.run_failure_sensor(
    name="failure_notice",
    minimum_interval_seconds=30,
    description="Every run of this project that fails is told to a Slack-compatible webhook: its parameters, the "
    f"reason and the command to try again. The webhook's address stands in {URL_VARIABLE}, or in AWS Secrets Manager "
    f"under the name in {SECRET_VARIABLE}.",
)
@in_time
def failure_notice(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Send the notice of one failed run; trouble with the webhook is logged, and the notice is then given up.

    The webhook is no resource of the definitions: there, Dagster would offer its fields in every launchpad.
    """
    with notice_resource().process_config_and_initialize_cm() as notice:
        if not notice.is_set():
            return dg.SkipReason(UNSET)
        run = context.dagster_run
        # a run that was refused before its first step has no failure of a step
        failures = context.get_step_failure_events() or [context.failure_event]
        trouble = notice.send(failure_text(run, failures, views=KNOWN.values()))
    if trouble:
        context.log.error("The notice of run %s did not reach the webhook: %s.", run.run_id, trouble)
    else:
        context.log.info("The webhook was told of run %s.", run.run_id)
    return None
