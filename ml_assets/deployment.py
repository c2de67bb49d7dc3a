"""A running deployment of ml_assets, as its GraphQL API shows it: what can be launched there, and what came of it."""

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ml_assets.core.pipeline import Declared
from ml_assets.core.result import reasons_by_day
from ml_assets.core.shown_as import job_of, key_of
from ml_assets.errors import RemoteError
from ml_assets.graphql import ERROR, Endpoint, endpoint, innermost, raise_refusal, refusal_in
from ml_assets.launch_request import (
    Place,
    backfill_request,
    launched,
    listed,
    raise_unless,
    run_request,
    the_place,
)

ENDED = ("SUCCESS", "FAILURE", "CANCELED")
BACKFILL_ENDED = ("COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED")

PLACES = f"""{{ repositoriesOrError {{ ... on RepositoryConnection {{ nodes {{ name location {{ name }} jobs {{ name }} }} }}
  {ERROR} }} }}"""
RUNS = """query($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs { results { runId status
  tags { key value }
  eventConnection { events { ... on ErrorEvent { error { message errorChain { error { message } } } }
    ... on ExecutionStepFailureEvent { failureMetadata { description metadataEntries { label
      ... on JsonMetadataEntry { jsonString } } } } } }
  assetMaterializations { assetKey { path } partition metadataEntries { label __typename
    ... on TextMetadataEntry { text } ... on PathMetadataEntry { path }
    ... on BoolMetadataEntry { boolValue } ... on FloatMetadataEntry { floatValue } } } } }
  ... on PythonError { message } } }"""
STATUS = f"""query($filter: RunsFilter!) {{ runsOrError(filter: $filter) {{ ... on Runs {{ results {{
  runId status }} }} {ERROR} }} }}"""
TAGGED = f"""query($filter: RunsFilter!) {{ runsOrError(filter: $filter) {{ ... on Runs {{ results {{
  runId status tags {{ key value }} }} }} {ERROR} }} }}"""
MADE = """query($key: AssetKeyInput!, $partitions: [String!]) { assetOrError(assetKey: $key) { ... on Asset {
  assetMaterializations(partitions: $partitions, limit: 20) { runId metadataEntries { label __typename
    ... on TextMetadataEntry { text } ... on PathMetadataEntry { path } ... on MarkdownMetadataEntry { mdStr }
    ... on BoolMetadataEntry { boolValue } ... on FloatMetadataEntry { floatValue } } } } } }"""
FIRST = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
  partitionKeyConnection(limit: 1, ascending: true) { results } } ... on AssetNotFoundError { message } } }"""
BACKFILL_STATUS = f"""query($id: String!) {{ partitionBackfillOrError(backfillId: $id) {{ __typename
  ... on PartitionBackfill {{ status error {{ message errorChain {{ error {{ message }} }} }} }} {ERROR} }} }}"""


@dataclass(kw_only=True)
class Outcome:
    """What came of some runs.

    Attributes:
        seen: the metadata of what was made, by asset and day.
        runs: the run that made it, by day.
        failed: why a day failed, by day.
        reasons: what each failed run says, in words.
        otherwise: what the first of those says that names no day.
    """

    seen: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    otherwise: str = ""

    def run_of(self, day: dt.date) -> str:
        """The Dagster run that made the artifacts of a day."""
        return self.runs.get(str(day), "")


@dataclass(frozen=True, kw_only=True)
class TaggedRun:
    """A run as a list of runs tells of it."""

    id: str
    status: str
    tags: Mapping[str, str]


@dataclass(kw_only=True)
class Deployment:
    """One place that serves the job of a pipeline."""

    api: Endpoint
    place: Place
    pipeline: Declared
    _told: dict[str, str] = field(default_factory=dict)

    @property
    def job(self) -> str:
        """The job that makes the pipeline's assets."""
        return job_of(self.pipeline)

    @property
    def url(self) -> str:
        """Its address."""
        return self.api.url

    def first_day(self) -> dt.date:
        """The first day of its partitions, which its settings name; a run of an earlier one would fail."""
        answer = self.api.query(FIRST, key={"path": key_of(self.pipeline, next(iter(self.pipeline.assets)))})[
            "assetNodeOrError"
        ]
        days = _part(answer, "partitionKeyConnection", url=self.url)["results"]
        if not days:
            raise RemoteError(f"{self.url} has no day yet: its first one, by its settings, is still to come.")
        return dt.date.fromisoformat(days[0])

    def launch(
        self,
        config: Mapping[str, Any],
        day: str,
        *,
        job: str = "",
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """The Dagster run id of a new run of one day, of another job than the pipeline's own if wanted."""
        request = run_request(self.place, job=job or self.job, config=config, day=day, tags=tags)
        return launched("run", self.api.mutate(request["query"], **request["variables"]), url=self.url)

    def launch_backfill(
        self,
        config: Mapping[str, Any],
        days: Sequence[str],
        *,
        assets: Collection[str] | None,
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """The id of a new backfill: of the job, or of some assets. Its page, and each of its runs, has the tags."""
        keys = [key_of(self.pipeline, asset) for asset in self.pipeline.assets if asset in (assets or ())]
        request = backfill_request(self.place, job=self.job, config=config, days=days, assets=keys, tags=tags)
        return launched("backfill", self.api.mutate(request["query"], **request["variables"]), url=self.url)

    def run_ended(self, run: str, told: Callable[[str], None]) -> bool:
        """Whether a run has ended; tells each change of its status."""
        found = self._tell({"runIds": [run]}, told)
        if run not in found:
            raise RemoteError(f"The run {run} is not known any more on {self.url}: somebody deleted it.")
        return found[run] in ENDED

    def backfill_ended(self, backfill: str, told: Callable[[str], None]) -> bool:
        """Whether a backfill has ended; RefusedError where its parameters were refused and no run was made."""
        answer = self.api.query(BACKFILL_STATUS, id=backfill)["partitionBackfillOrError"]
        raise_unless(answer, "PartitionBackfill", url=self.url)
        self._tell(_of_backfill(backfill), told)
        if answer["status"] == "FAILED" and answer["error"]:
            raise_refusal(answer["error"], url=self.url)
        return answer["status"] in BACKFILL_ENDED

    def runs_tagged(self, tags: Mapping[str, str], *, job: str = "") -> list[TaggedRun]:
        """The runs of a job, by default the pipeline's own, that have these tags, the latest first."""
        found = self._runs(TAGGED, {"tags": listed(tags), "pipelineName": job or self.job})
        return [
            TaggedRun(id=run["runId"], status=run["status"], tags={t["key"]: t["value"] for t in run["tags"]})
            for run in found
        ]

    def made(self, asset: str, day: str, *, by: str) -> dict[str, Any] | None:
        """The metadata of an asset's materialization by one run, Markdown included; None where it made none."""
        answer = self.api.query(MADE, key={"path": key_of(self.pipeline, asset)}, partitions=[day])[
            "assetOrError"
        ]
        found = [event for event in answer.get("assetMaterializations", []) if event["runId"] == by]
        return dict(_plain(found[0]["metadataEntries"])) if found else None

    def outcome_of_run(self, run: str) -> Outcome:
        """What came of a run."""
        return self._outcome({"runIds": [run]})

    def outcome_of_backfill(self, backfill: str) -> Outcome:
        """What came of all runs of a backfill."""
        return self._outcome(_of_backfill(backfill))

    def _runs(self, query: str, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        answer = self.api.query(query, filter=wanted)["runsOrError"]
        found: list[dict[str, Any]] = _part(answer, "results", url=self.url)
        return found

    def _tell(self, wanted: Mapping[str, Any], told: Callable[[str], None]) -> dict[str, str]:
        found = {run["runId"]: run["status"] for run in self._runs(STATUS, wanted)}
        for run, status in found.items():
            if self._told.get(run) != status:
                told(f"Dagster run {run} {status.lower()}")
        self._told.update(found)
        return found

    def _outcome(self, wanted: Mapping[str, Any]) -> Outcome:
        outcome = Outcome()
        for run in self._runs(RUNS, wanted):
            for event in run["assetMaterializations"]:
                day = event["partition"] or ""
                outcome.runs[day] = run["runId"]
                path = event["assetKey"]["path"]
                first = len(key_of(self.pipeline, "")) if path[:-1] else 0
                outcome.seen["/".join(path[first:]), day] = dict(_plain(event["metadataEntries"]))
            if run["status"] != "SUCCESS":
                reason = _reason(run)
                failed = _failed(run, reason)
                outcome.reasons.append(reason)
                outcome.failed |= failed
                outcome.otherwise = outcome.otherwise or ("" if failed else reason)
        return outcome


def connect(url: str, *, pipeline: Declared) -> Deployment:
    """The deployment at an address that serves a pipeline; RemoteError where nothing there has its job, or several."""
    api, job = endpoint(url), job_of(pipeline)
    nodes = _part(api.query(PLACES)["repositoriesOrError"], "nodes", url=api.url)
    places = [
        Place(location=node["location"]["name"], repository=node["name"])
        for node in nodes
        if job in {item["name"] for item in node["jobs"]}
    ]
    return Deployment(api=api, place=the_place(places, job=job, url=api.url), pipeline=pipeline)


def _part(answer: Mapping[str, Any], name: str, *, url: str) -> Any:
    """A part of an answer, which an error has not; RemoteError with what it says."""
    if name not in answer:
        why = innermost([answer]) if "message" in answer else "no reason was given"
        raise RemoteError(f"{url} cannot answer: {why}")
    return answer[name]


def _of_backfill(backfill: str) -> dict[str, Any]:
    return {"tags": [{"key": "dagster/backfill", "value": backfill}]}


def _plain(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The metadata that a result is made of, as plain values; of a run, Markdown was not asked for: it holds pictures."""
    names = {
        "TextMetadataEntry": "text",
        "MarkdownMetadataEntry": "mdStr",
        "PathMetadataEntry": "path",
        "BoolMetadataEntry": "boolValue",
        "FloatMetadataEntry": "floatValue",
    }
    for entry in entries:
        if (field := names.get(entry["__typename"], "")) in entry:
            yield entry["label"], entry[field]


def _reason(run: Mapping[str, Any]) -> str:
    """Why a run failed, in our own words where they are ours."""
    for event in run["eventConnection"]["events"]:
        failure, error = event.get("failureMetadata"), event.get("error")
        if failure and failure["description"]:
            return str(failure["description"])
        if error:
            return innermost_words(error)
    return f"the Dagster run {run['runId']} ended as {run['status'].lower()}; its log says why"


def _failed(run: Mapping[str, Any], reason: str) -> dict[str, str]:
    """Why each day of a failed run failed: as its step says, else, of a run of one day, as the run does."""
    for event in run["eventConnection"]["events"]:
        for entry in (event.get("failureMetadata") or {}).get("metadataEntries", ()):
            if entry["label"] == "failed_days" and "jsonString" in entry:
                return reasons_by_day(json.loads(entry["jsonString"]), description=reason)
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    day = tags.get("dagster/partition") or tags.get("dagster/asset_partition_range_start", "")
    alone = day == tags.get("dagster/asset_partition_range_end", day)
    return {day: reason} if day and alone else {}


def innermost_words(error: Mapping[str, Any]) -> str:
    """The innermost message, whole where it is a refusal of ours."""
    chain = [error, *(item["error"] for item in error.get("errorChain") or [])]
    message = str(chain[-1]["message"]).strip()
    return refusal_in(message) or innermost(chain)
