"""What somebody at a terminal is asked before much is made: what that is, how long it takes, and whether to go on.

Nobody is asked where standard input or output is no terminal, in CI, with `--json` or with `--yes`.
"""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from ml_assets.cli.call import Call
from ml_assets.cli.request import Request

if TYPE_CHECKING:  # it loads what the questions are made of
    from ml_assets.pipeline.plan import Plan

MOST_RUNS = 20
MOST_MINUTES = 2.0
NOTHING = "Nothing was started."
YES = ("y", "yes")


def goes_on(call: Call, most: Callable[[], int], plan: "Callable[[], Plan]") -> bool:
    """Whether to go on: yes where nobody is asked, or little is to be made; else what is answered.

    Args:
        call: what is asked for.
        most: counts the runs, stored ones included; of a deployment, whose store is elsewhere, no more is known.
        plan: looks at what is stored.
    """
    if not is_asked(call) or (many := most()) == 1:
        return True
    if call.args.on:
        told = f"up to {many} to make on {call.args.on}; what is stored there is reused"
        return many <= MOST_RUNS or _answer(told)
    planned = plan()
    return not is_long(planned) or _answer(
        f"{many} runs in {call.workspace.environment}: {planned.time_text}; {planned.count('reused')} stored already"
    )


def is_asked(call: Call) -> bool:
    """Whether there is somebody to ask, who has not answered yet."""
    if call.args.yes or call.args.json or os.environ.get("CI"):
        return False
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def is_long(plan: "Plan") -> bool:
    """Whether a plan makes more than MOST_RUNS runs, or takes longer than MOST_MINUTES as far as past runs tell."""
    return plan.to_make > MOST_RUNS or (plan.hours or 0) * 60 > MOST_MINUTES


def quick_plan_of(call: Call, request: Request) -> "Plan":
    """What a look at the store tells of a run over the days of a request."""
    from ml_assets.pipeline.plan import quick_plan
    from ml_assets.pipeline.processes import cores
    from ml_assets.terminal.progress import reading

    workers = call.workspace.workers or cores()
    with reading("Looking", json=False):
        return quick_plan(request.parameters, request.days, workspace=call.workspace, workers=workers)


def _answer(told: str) -> bool:
    print(f"{told}.\nWhat and why, one by one: the same with --plan. Not asked with --yes.")
    print("Go on? [y/N] ", end="", flush=True)
    line = sys.stdin.readline()
    if not line:  # the end of what somebody types
        print()
    if line.strip().lower() in YES:
        return True
    print(NOTHING, file=sys.stderr)
    return False
