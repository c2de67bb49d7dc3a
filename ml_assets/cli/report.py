"""`ml-assets report`: how a window of days went, from the store alone; nothing is written."""

from ml_assets.cli.call import Call
from ml_assets.cli.request import names_several, read_request
from ml_assets.terminal.progress import reading
from ml_assets.terminal.report import print_report

ONLY_STORED = "Read from the store alone: a day that failed counts as missing, a reused one as made."
USUAL_DAYS = "14"


def report(call: Call) -> int:
    """Print the report of the requested days."""
    if not names_several(call.args):
        call.args.last = USUAL_DAYS
    request = read_request(call)
    from ml_assets.pipeline.report import report as read_report

    with reading("Reading", json=call.args.json, unit="day", total=len(request.days)):
        found = read_report(
            request.parameters, request.days, pipeline=call.pipeline, workspace=call.workspace
        )
    undone = [day.as_of for day in found.days if not day.done]
    launch = call.launchpads(found.environment).days(request.parameters, undone or [found.last])
    document = {**found.document(), "launch": launch}
    call.show(document, lambda: print_report(found, pipeline=call.pipeline, note=ONLY_STORED, launch=launch))
    return 0
