"""`ml-assets conform`: what of the promises a pipeline keeps, tried on it in a place of its own."""

import sys
from typing import TYPE_CHECKING

from ml_assets.api import Pipeline
from ml_assets.cli.call import Call
from ml_assets.cli.request import read_request
from ml_assets.errors import RefusedError
from ml_assets.terminal.tables import print_table, print_text
from ml_assets.terminal.wrapping import columns

if TYPE_CHECKING:  # it loads all that the promises need
    from ml_assets.conformance.report import Report

KEPT, BROKEN = 0, 1


def conform(call: Call) -> int:
    """Try the promises on the pipeline with these parameters, and print the table; BROKEN where one is not kept."""
    request = read_request(call)
    if not isinstance(call.pipeline, Pipeline):
        raise RefusedError(
            [f"pipeline: {call.pipeline.name} is only declared. Make it with ml_assets.Pipeline."]
        )
    from ml_assets.conformance import conform as tried
    from ml_assets.terminal.progress import reading

    with reading("Trying", json=call.args.json, unit="promise"):
        report = tried(
            call.pipeline,
            values=request.given,
            as_of=request.as_of,
            environment=call.options.environment,
            quick=call.args.quick,
        )
    call.show(report.document(), lambda: _print(report))
    return KEPT if report.kept else BROKEN


def _print(report: "Report") -> None:
    """As the report says it, or on a terminal as a table that fits."""
    if columns(sys.stdout) is None:
        print(report)
        return
    print_table(("", "promise", "what was tried"), [(p.word, p.name, p.message) for p in report.promises])
    print_text("", report.counts)
