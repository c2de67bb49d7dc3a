"""What the API of the pages answers, as JSON values; each takes a request that was read, and none starts anything."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dagster._core.workspace.context import BaseWorkspaceRequestContext

from ml_assets.core.pipeline import Declared
from ml_assets.core.shown_as import job_of
from ml_assets.errors import RefusedError, RemoteError
from ml_assets.launch_request import Kind, Place, launched, the_place
from ml_assets.settings import Settings
from ml_assets.webserver.asked import field_problems, read
from ml_assets.webserver.planned import plan_document

PERMISSIONS = {"run": "launch_pipeline_execution", "backfill": "launch_partition_backfill"}
READ_ONLY = (
    "This server only shows: it was started with --read-only. Launch where that is not so, or from the shell."
)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks, and about what.

    Attributes:
        pipeline: what it is about.
        settings: those in force.
        context: what Dagster lets whoever asks see and do.
        body: what is asked.
        base: the path below which Dagster's pages are; "" for none.
    """

    pipeline: Declared
    settings: Settings
    context: BaseWorkspaceRequestContext
    body: Mapping[str, Any]
    base: str

    @property
    def place(self) -> Place:
        """Where the jobs of the pipeline are; RemoteError where no code location has them, or several."""
        return place_of(self.context, job_of(self.pipeline))


def check(asker: Asker) -> dict[str, Any]:
    """Every problem of what is asked, in the words of a refusal; none where it could be launched."""
    try:
        asked = read(asker.body, pipeline=asker.pipeline, settings=asker.settings)
    except RefusedError as error:
        return {"problems": field_problems(error.problems, asker.pipeline)}
    run_id = asker.pipeline.run_id(asked.parameters, asked.days[-1])
    return {"problems": [], "kind": asked.kind, "days": len(asked.days), "run_id": run_id}


def plan(asker: Asker) -> dict[str, Any]:
    """What is stored already, new, reused or stale and why, and how long the rest would take."""
    asked = read(asker.body, pipeline=asker.pipeline, settings=asker.settings)
    return {"kind": asked.kind, **plan_document(asked, asker.body, asker.settings)}


def prepare(asker: Asker) -> dict[str, Any]:
    """The GraphQL request that launches it, the same that `ml_assets.client` sends."""
    asked = read(asker.body, pipeline=asker.pipeline, settings=asker.settings)
    return {"kind": asked.kind, "request": asked.prepared(asker.place)}


def outcome(asker: Asker) -> dict[str, Any]:
    """What the answer of Dagster's API to a prepared request means: the id and the page of what was launched.

    The body holds `kind`, and `answer` as it came.

    Raises:
        RefusedError: it was refused, in our words.
        RemoteError: it was not launched for another reason.
    """
    kind: Kind = "backfill" if asker.body.get("kind") == "backfill" else "run"
    answer = asker.body.get("answer")
    try:
        name = launched(kind, _data(answer), url="this server")
    except (KeyError, TypeError, AttributeError):
        raise RemoteError(
            "Dagster's answer cannot be understood. Look at its runs before you launch again."
        ) from None
    return {"id": name, "page": f"{asker.base}/runs/{'b/' if kind == 'backfill' else ''}{name}"}


ANSWERS: Mapping[str, Callable[[Asker], dict[str, Any]]] = {
    "check": check,
    "plan": plan,
    "prepare": prepare,
    "outcome": outcome,
}


def place_of(context: BaseWorkspaceRequestContext, job: str) -> Place:
    """The code location and repository that have a job; RemoteError where none has, or several."""
    places = [
        Place(location=location.name, repository=name)
        for location in context.code_locations
        for name, repository in location.get_repositories().items()
        if repository.has_job(job)
    ]
    return the_place(places, job=job, url="This server")


def refused(context: BaseWorkspaceRequestContext, place: Place) -> dict[str, str]:
    """Why whoever asks may not launch a run or a backfill there, by these words; "" where they may."""
    return {
        kind: "" if context.has_permission_for_location(permission, place.location) else READ_ONLY
        for kind, permission in PERMISSIONS.items()
    }


def _data(answer: Any) -> Mapping[str, Any]:
    """The data of an answer; RemoteError where Dagster did not understand the request."""
    data = answer.get("data")
    if not isinstance(data, Mapping) or answer.get("errors"):
        raise RemoteError("Dagster does not understand the request. Load this page again.")
    return data


def as_json(value: Mapping[str, Any]) -> bytes:
    """It as the body of an answer."""
    return json.dumps(value, allow_nan=False, ensure_ascii=True).encode()
