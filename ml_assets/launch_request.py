"""What is sent to a deployment that it launches something, and what its answer means: whoever sends it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypedDict

from ml_assets.core.launch_link import PARTITION
from ml_assets.errors import RefusedError, RemoteError
from ml_assets.graphql import ERROR, raise_refusal

Kind = Literal["run", "backfill"]

LAUNCH = f"""mutation($params: ExecutionParams!) {{ launchRun(executionParams: $params) {{ __typename
  ... on LaunchRunSuccess {{ run {{ runId }} }} ... on RunConfigValidationInvalid {{ errors {{ reason }} }} {ERROR} }} }}"""
BACKFILL = f"""mutation($params: LaunchBackfillParams!) {{ launchPartitionBackfill(backfillParams: $params) {{ __typename
  ... on LaunchBackfillSuccess {{ backfillId }} {ERROR} }} }}"""
_ANSWERS: Mapping[Kind, str] = {"run": "launchRun", "backfill": "launchPartitionBackfill"}
_MAY_NOT = "launch: may not be done here. Ask who runs {url}: it is read-only, or you may only look."


class Prepared(TypedDict):
    """One GraphQL request."""

    query: str
    variables: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a deployment has its jobs.

    Attributes:
        location: the code location.
        repository: the repository in it.
    """

    location: str
    repository: str

    @property
    def selector(self) -> dict[str, str]:
        """It, as requests name it."""
        return {"repositoryLocationName": self.location, "repositoryName": self.repository}


def the_place(found: Sequence[Place], *, job: str, url: str) -> Place:
    """The only place that has a job; RemoteError where none has it, or several."""
    if len(found) != 1:
        raise RemoteError(f"{url} serves the job {job} {len(found)} times; it must do so once.")
    return found[0]


def run_request(
    place: Place,
    *,
    job: str,
    config: Mapping[str, Any],
    day: str,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> Prepared:
    """The request that launches a run of a job for one day, `YYYY-MM-DD`."""
    params = {
        "selector": {**place.selector, "pipelineName": job},
        "runConfigData": config,
        "executionMetadata": {"tags": listed({**tags, PARTITION: day})},
    }
    return Prepared(query=LAUNCH, variables={"params": params})


def backfill_request(
    place: Place,
    *,
    job: str,
    config: Mapping[str, Any],
    days: Sequence[str],
    assets: Sequence[Sequence[str]] = (),
    tags: Mapping[str, str] = MappingProxyType({}),
) -> Prepared:
    """The request that launches a backfill of these days: of a job, or of the assets with these keys.

    Its page, and each of its runs, has the tags.
    """
    params: dict[str, Any] = {
        "partitionNames": list(days),
        "runConfigData": config,
        "fromFailure": False,
        "tags": listed(tags),
    }
    if assets:
        params["assetSelection"] = [{"path": list(path)} for path in assets]
    else:
        params["selector"] = {
            "partitionSetName": f"{job}_partition_set",
            "repositorySelector": place.selector,
        }
    return Prepared(query=BACKFILL, variables={"params": params})


def launched(kind: Kind, data: Mapping[str, Any], *, url: str) -> str:
    """The id of the run or backfill, from the data of the answer.

    Raises:
        RefusedError: it was refused; nothing was started.
        RemoteError: it was not launched for another reason.
    """
    answer = data[_ANSWERS[kind]]
    raise_unless(answer, "LaunchRunSuccess" if kind == "run" else "LaunchBackfillSuccess", url=url)
    return str(answer["run"]["runId"] if kind == "run" else answer["backfillId"])


def raise_unless(answer: Mapping[str, Any], success: str, *, url: str) -> None:
    """Raise what a deployment answered with, in our words, unless it is a success.

    Raises:
        RefusedError: it was refused; nothing was started.
        RemoteError: it was not done for another reason.
    """
    kind = answer["__typename"]
    if kind == "RunConfigValidationInvalid":
        raise RefusedError([f"{url} has other rules for the run config: is its version another one?"])
    if kind == "UnauthorizedError":
        raise RefusedError([_MAY_NOT.format(url=url)])
    if "message" in answer:
        raise_refusal(answer, url=url)
    if kind != success:
        raise RemoteError(f"{url} did not launch it: {kind}.")


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags, as requests name them."""
    return [{"key": key, "value": value} for key, value in tags.items()]
