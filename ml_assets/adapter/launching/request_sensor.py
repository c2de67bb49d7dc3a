"""The request sensor: each sound parameter file in a folder becomes runs, once."""

import datetime as dt
import hashlib
import itertools
import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import dagster as dg

from ml_assets.adapter.launching.in_time import in_time
from ml_assets.adapter.launching.request_file import Order, read_order
from ml_assets.adapter.launching.request_folder import (
    READ_WITHIN,
    Dropped,
    RequestFolder,
    is_secret,
    note_of,
    shown,
)
from ml_assets.adapter.launching.request_memory import Memory, mark, remembered
from ml_assets.adapter.launching.request_notes import CORRECT, RELOAD, WAIT, tell_left_out, write_note
from ml_assets.adapter.launching.run_requests import PRESET_TAG, not_requested_yet, run_request
from ml_assets.adapter.partitions import loaded_problem
from ml_assets.adapter.view import View
from ml_assets.core.foreign_text import visible
from ml_assets.errors import MlAssetsError, RefusedError
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import Settings, load_settings
from ml_assets.storage.deadline import time_left

FILE_TAG = "ml_assets/request_file"
OPENED = 500  # files a tick, so that it ends in time on a slow store as well
LONGEST_KEY = 1024  # characters of a name in a bucket
TRIES = 3  # ticks in which a file could not be read, after which its note says why


def request_sensor(view: View) -> dg.SensorDefinition:
    """The sensor of the request files of a view.

    Each view has a folder of its own: the main one that of the setting, any other the one of its name in there. Folders
    in folders are not looked at, so no file is taken twice.
    """
    name, where = view.beside("request_files"), "" if view.is_main else f"`{view.name}` in the "
    return dg.sensor(
        name=name,
        job_name=view.job_name,
        minimum_interval_seconds=30,
        description=f"Parameter files dropped into the folder {where}of the setting `requests` become runs, once each. "
        "A file that is refused gets a note with the reasons beside it.",
    )(in_time(_requested, view, name=name))


def _requested(context: dg.SensorEvaluationContext, view: View) -> dg.SensorResult:
    """Request the runs of new and changed files, at most so many a tick; the cursor holds what is done."""
    settings, now = load_settings(), utc_now()
    folder = RequestFolder(root=view.folder_in(settings.requests), access=settings.s3)
    try:
        listing = folder.look(now=now)
    except MlAssetsError as error:
        return dg.SensorResult(skip_reason=f"{error}", cursor=context.cursor)
    if listing.older:
        context.log.warning(
            "%s: %d older files are not looked at. Move what is done away.", folder.root, listing.older
        )
    tell_left_out(folder, listing, at_most=OPENED, log=context.log)
    memory = remembered(context.cursor, listing.files)
    desk = Desk(
        view=view,
        folder=folder,
        notes=listing.notes,
        memory=memory,
        settings=settings,
        log=context.log,
        instance=context.instance,
        now=now,
    )
    requests = list(itertools.islice(desk.in_turns(listing.files), settings.requests_per_tick))
    return dg.SensorResult(
        run_requests=requests,
        cursor=memory.cursor(),
        skip_reason=None if requests else f"{folder.root}: {len(listing.files)} request files, nothing new",
    )


@dataclass(frozen=True, kw_only=True)
class Job:
    """An open file, and the runs of it that were not requested yet."""

    file: Dropped
    waiting: list[dg.RunRequest]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where files are opened: sound ones become requests, the others get their note."""

    view: View
    folder: RequestFolder
    notes: frozenset[str]
    memory: Memory
    settings: Settings
    log: logging.Logger
    instance: dg.DagsterInstance
    now: dt.datetime

    def in_turns(self, files: Iterable[Dropped]) -> Iterator[dg.RunRequest]:
        """One request of each file after the other, first those of the files that had the fewest turns.

        So a long range holds nobody up, and no more files are opened than are needed.
        """
        waiting = [file for file in files if mark(file) not in self.memory.done]
        waiting.sort(key=self.memory.turns)
        there_is_time = itertools.takewhile(lambda _: time_left() > READ_WITHIN, waiting[:OPENED])
        opened, begun = map(self._open, there_is_time), deque[Job]()
        while job := next(opened, None) or (begun.popleft() if begun else None):
            request = self._next(job)
            if job.waiting:
                begun.append(job)
            if request:
                yield request

    def _next(self, job: Job) -> dg.RunRequest | None:
        """The next request of a file for which there is no run yet."""
        while job.waiting:
            request = job.waiting.pop(0)
            self.memory.served(job.file).runs += 1
            if not job.waiting:
                self.memory.finish(job.file)
            if list(not_requested_yet([request], self.instance)):
                return request
        return None

    def _open(self, file: Dropped) -> Job:
        """The work that is left of a file: none where it is refused, or cannot be read now."""
        served = self.memory.served(file)
        served.turns += 1
        try:
            if file.ahead and served.turns == 1:
                self.log.info(
                    "%s: its time lies in the future. It is read unless it changes", shown(file.name)
                )
            else:
                return Job(file=file, waiting=self._sound(file, done=served.runs))
        except RefusedError as error:
            self._refused(file, error.problems)
            self.memory.finish(file)
        except MlAssetsError as error:  # a later tick tries again
            self.log.warning("%s", error)
            if served.turns == TRIES:
                self._refused(file, [f"{error}"], hint=WAIT)
        except Exception as error:  # a defect that one file finds must not stop the others
            self.log.exception("%s was left out", shown(file.name))
            if served.turns >= TRIES:
                self._refused(
                    file, [f"A defect of ml_assets was met ({type(error).__name__}). Please report it."]
                )
                self.memory.finish(file)
        return Job(file=file, waiting=[])

    def _sound(self, file: Dropped, *, done: int) -> list[dg.RunRequest]:
        if is_secret(file.name):
            raise RefusedError(["(a file name): looks like a credential. Give secrets by reference only."])
        data = self.folder.read(file)
        order = read_order(data, name=file.name, view=self.view, settings=self.settings, now=self.now)
        if problem := loaded_problem(order.days[0]):
            if self.memory.served(file).turns == 1 or note_of(file.name) not in self.notes:
                self._refused(file, [problem], hint=RELOAD)
            return []  # and not finished: a later tick, after a reload, tries again
        if note_of(file.name) in self.notes:
            self.folder.accept(file)
        if not done:
            self.log.info("%s: %d runs", shown(file.name), len(order.days))
        requests = list(_requests(order, file, data, view=self.view))
        return requests[done:] or requests  # a file of which nothing is left is no longer opened

    def _refused(self, file: Dropped, problems: Sequence[str], *, hint: str = CORRECT) -> None:
        self.log.warning("%s was refused: %s", shown(file.name), "; ".join(problems))
        write_note(self.folder, file.name, problems, hint=hint, log=self.log)


def _requests(order: Order, file: Dropped, data: bytes, *, view: View) -> Iterator[dg.RunRequest]:
    digest = hashlib.sha256(data).hexdigest()[:12]
    name = visible(file.name, longest=LONGEST_KEY)
    tags = {FILE_TAG: name, **({PRESET_TAG: order.preset} if order.preset else {})}
    for day in order.days:
        yield run_request(
            order.given,
            day,
            view=view,
            event=f"request:{name}:{digest}",
            tags=tags,
            environment=order.environment,
        )
