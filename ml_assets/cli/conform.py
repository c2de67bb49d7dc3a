"""`ml-assets conform`: what of the promises a pipeline keeps, tried on it in a place of its own."""

from ml_assets.api import Pipeline
from ml_assets.cli.call import Call
from ml_assets.cli.request import read_request
from ml_assets.errors import RefusedError

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
    call.show(report.document(), lambda: print(report))
    return KEPT if report.kept else BROKEN
