"""`ml-assets runs`: a page that lists and compares the runs of a pipeline, as one file that needs no server."""

import sys
from typing import Any

from ml_assets.cli.call import Call
from ml_assets.cli.form import write_page
from ml_assets.core.where import Filter, parse


def runs(call: Call) -> int:
    """Write the page of the runs that the filter admits; 1 where some of them are damaged, which it tells."""
    conditions = parse(call.args.where, cls=call.pipeline.parameters)
    where = Filter.of(conditions, pipeline=call.pipeline)
    from ml_assets.pages.runs import StoredRuns, links_of, runs_file_document, runs_page

    workspace = call.workspace
    stored = StoredRuns(workspace.store, pipeline=call.pipeline, environment=workspace.environment)
    links = links_of(call.pipeline, call.settings, environment=workspace.environment)
    document = runs_file_document(stored, where, links=links, text=call.args.where, now=call.now)
    write_page(call.args.out, runs_page(document))
    _print_counts(document)
    return 1 if document["damaged"]["count"] else 0


def _print_counts(document: dict[str, Any]) -> None:
    shown, cut, damaged = document["total"], document["cut"], document["damaged"]
    of = f"the newest {shown:,} of {cut['of']:,} runs. Narrow them by --where" if cut else _runs(shown)
    print(f"It holds {of}.")
    for problem in damaged["first"]:
        print(problem, file=sys.stderr)
    if count := damaged["count"]:
        print(
            f"Failed: {_runs(count)} could not be read and {'is' if count == 1 else 'are'} not listed.",
            file=sys.stderr,
        )


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"
