"""What a request would do, told beside a form: by the plan of the shell, and in a process of its own.

The functions of a pipeline that are called for a plan change what is of a whole process, such as the threads of its
libraries, and need memory: the process of the webserver is not theirs. A fresh one also has the code as it is now.
"""

import threading
from collections.abc import Mapping
from typing import Any

from ml_assets.core.pipeline import Declared
from ml_assets.core.sweep.search import LISTED_AT_MOST
from ml_assets.core.sweep.space import size
from ml_assets.core.sweep.sweep_parameters import space_of
from ml_assets.errors import MlAssetsError, RefusedError
from ml_assets.pipeline.budget import over_budget
from ml_assets.pipeline.days import workers_for
from ml_assets.pipeline.parallel import side_by_side
from ml_assets.pipeline.plan import Plan, plan
from ml_assets.settings import Settings, load_settings
from ml_assets.webserver.asked import Asked, read

MOST_ENTRIES = 400  # days, or trials and days: more than that takes longer than somebody at a form waits
WAIT_SECONDS = 60.0
_ONE_AT_A_TIME = threading.Lock()


def plan_document(asked: Asked, body: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The plan as JSON values, with how long it takes in words, and what the budget of the environment says of it.

    Args:
        asked: what is planned.
        body: what that was read from; the process that plans reads it again, by the code that is there by then.
        settings: those in force.

    Raises:
        RefusedError: there are too many days or trials to plan at once, or others are being planned.
        MlAssetsError: store or settings cannot be used.
    """
    if (count := _entries(asked, settings)) > MOST_ENTRIES:
        raise RefusedError(
            [f"plan: {count} days and trials. Allowed: at most {MOST_ENTRIES}; the shell plans more."]
        )
    if not _ONE_AT_A_TIME.acquire(timeout=WAIT_SECONDS):
        raise RefusedError(["plan: others are being made. Try again in a minute."])
    try:  # two workers, for one would be this process itself
        ((_, done),) = side_by_side(_document, {"": (asked.pipeline, dict(body))}, workers=2)
    finally:
        _ONE_AT_A_TIME.release()
    if isinstance(done, MlAssetsError):
        raise done
    return done


def _entries(asked: Asked, settings: Settings) -> int:
    """How many days, or trials and days, there are at most."""
    if asked.own is None:
        return len(asked.days)
    found = size(space_of(asked.own, cls=asked.pipeline.parameters)) or LISTED_AT_MOST
    trials = found if asked.own.search == "grid" else min(found, asked.own.trials)
    return trials * len(asked.window(first=settings.first_as_of))


def _document(pipeline: Declared, body: Mapping[str, Any]) -> dict[str, Any]:
    """In a worker."""
    settings = load_settings()
    asked = read(body, pipeline=pipeline, settings=settings)
    workspace = asked.workspace(settings)
    planned = _plan(asked, settings)
    return {
        **planned.document(workspace.environment),
        "time": planned.time_text,
        "over_budget": over_budget(planned, workspace),
    }


def _plan(asked: Asked, settings: Settings) -> Plan:
    workspace = asked.workspace(settings)
    if asked.own is None:
        workers = workers_for(asked.parameters, asked.days, workspace=workspace)
        return plan(asked.parameters, asked.days, workspace=workspace, workers=workers)
    from ml_assets.pipeline.sweep import Sweep
    from ml_assets.pipeline.sweep_plan import plan_sweep

    return plan_sweep(
        Sweep(
            parameters=asked.parameters,
            own=asked.own,
            days=asked.window(first=settings.first_as_of),
            pipeline=asked.pipeline,
            workspace=workspace,
            retry_failed=asked.options.retry_failed,
        )
    )
