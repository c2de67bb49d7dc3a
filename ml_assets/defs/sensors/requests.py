"""The request sensor: each sound parameter file in a folder becomes runs, once."""

import datetime as dt
import hashlib
import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import dagster as dg

from ml_assets.defs.requests import PRESET_TAG, not_requested_yet, run_request
from ml_assets.defs.sensors.cursor import read_cursor, write_cursor
from ml_assets.defs.sensors.request_file import Order, read_order
from ml_assets.defs.sensors.request_folder import Dropped, RequestFolder, handle, shown
from ml_assets.defs.training.jobs import train
from ml_assets.errors import MlAssetsError, RefusedError
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import Settings, load_settings

FILE_TAG = "ml_assets/request_file"


@dg.sensor(
    name="request_files",
    job=train,
    minimum_interval_seconds=30,
    description="Parameter files dropped into the folder of the setting `requests` become runs, once each. "
    "A file that is refused gets a note with the reasons beside it.",
)
def request_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Request the runs of new and changed files, at most so many a tick; the cursor holds what is done."""
    settings = load_settings()
    folder = RequestFolder(root=settings.requests, access=settings.s3)
    try:
        files, older = folder.files(now=utc_now())
    except MlAssetsError as error:
        return dg.SensorResult(skip_reason=f"{error}", cursor=context.cursor)
    if older:
        context.log.warning(
            "%s: %d older files are not looked at. Move what is done away.", folder.root, older
        )
    desk = Desk(folder=folder, settings=settings, log=context.log, now=utc_now())
    seen = read_cursor(context.cursor)
    jobs = [desk.open(file, seen.get(handle(file.name))) for file in files]
    requests = list(itertools.islice(_in_turns(jobs, context.instance), settings.requests_per_tick))
    memory = {handle(job.file.name): job.memory for job in jobs if job.memory}
    return dg.SensorResult(
        run_requests=requests,
        cursor=write_cursor(memory),
        skip_reason=None if requests else f"{folder.root}: {len(files)} request files, nothing new",
    )


@dataclass(kw_only=True)
class Job:
    """One file being worked on: `memory` is its signature and how many of its runs were requested, -1 for all."""

    file: Dropped
    memory: list[str | int]
    waiting: list[dg.RunRequest] = field(default_factory=list)

    def take(self) -> dg.RunRequest:
        """The next request; the memory says that it was made."""
        request = self.waiting.pop(0)
        self.memory = [self.file.signature, int(self.memory[1]) + 1 if self.waiting else -1]
        return request


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where files are opened: sound ones become requests, the others get their note."""

    folder: RequestFolder
    settings: Settings
    log: logging.Logger
    now: dt.datetime

    def open(self, file: Dropped, before: list[str | int] | None) -> Job:
        """The work that is left of a file."""
        done = int(before[1]) if before and before[0] == file.signature else 0
        if done < 0:
            return Job(file=file, memory=[file.signature, -1])
        try:
            return self._sound(file, done)
        except RefusedError as error:
            return self._refused(file, error)
        except MlAssetsError as error:  # it cannot be read now: the next tick tries again
            self.log.warning("%s", error)
            return Job(file=file, memory=[])

    def _sound(self, file: Dropped, done: int) -> Job:
        if shown(file.name) != file.name:
            raise RefusedError(["(a file name): looks like a credential. Give secrets by reference only."])
        data = self.folder.read(file)
        order = read_order(data, name=file.name, settings=self.settings, now=self.now)
        self.folder.accept(file)
        if not done:
            self.log.info("%s: %d runs", file.name, len(order.days))
        waiting = list(_requests(order, file, data))[done:]
        return Job(file=file, memory=[file.signature, done], waiting=waiting)

    def _refused(self, file: Dropped, refusal: RefusedError) -> Job:
        self.log.warning("%s was refused: %s", shown(file.name), "; ".join(refusal.problems))
        try:
            self.folder.reject(file, refusal.problems)
        except MlAssetsError as error:
            self.log.warning("%s The reasons stand in this log only.", error)
        return Job(file=file, memory=[file.signature, -1])


def _requests(order: Order, file: Dropped, data: bytes) -> Iterator[dg.RunRequest]:
    digest = hashlib.sha256(data).hexdigest()[:12]
    tags = {FILE_TAG: file.name, **({PRESET_TAG: order.preset} if order.preset else {})}
    for day in order.days:
        yield run_request(
            order.given,
            day,
            event=f"request:{file.name}:{digest}",
            tags=tags,
            environment=order.environment,
        )


def _in_turns(jobs: list[Job], instance: dg.DagsterInstance) -> Iterator[dg.RunRequest]:
    """One request of each file after the other, so that a long range holds nobody up."""
    while any(job.waiting for job in jobs):
        for job in jobs:
            while job.waiting:
                taken = list(not_requested_yet([job.take()], instance))
                if taken:
                    yield taken[0]
                    break
