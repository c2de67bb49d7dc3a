"""The trials of a sweep that are Dagster runs of their own: launched, waited for, and ranked by a sensor."""

import datetime as dt
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ml_assets.client.request import Progress, until
from ml_assets.client.sweep_request import Asked
from ml_assets.core.progress import tell_step
from ml_assets.core.result import run_config
from ml_assets.core.run_tags import RUN_ID_TAG
from ml_assets.core.shown_as import job_of, params_of
from ml_assets.core.sweep.as_runs import LAST_TAG, REQUEST_TAG, SWEEP_TAG, trial_tags
from ml_assets.core.sweep.search import trials_of
from ml_assets.core.sweep.sweep_parameters import space_of
from ml_assets.deployment import ENDED, Deployment, TaggedRun
from ml_assets.errors import RemoteError
from ml_assets.text import count

JOB, SENSOR = "sweep", "leaderboard_after_sweep"
SENSOR_SECONDS = 120  # it looks every half minute
POLL_SECONDS = 2.0
FAILED = ("FAILURE", "CANCELED", "CANCELING")


@dataclass(frozen=True, kw_only=True)
class Trials:
    """The runs of one sweep on one deployment."""

    deployment: Deployment
    asked: Asked
    told: Progress

    def launch(self, days: Sequence[dt.date], *, reuse: bool) -> list[str]:
        """Launch a run for each trial and day that has none yet; the ids of all of them."""
        asked, request = self.asked, self.asked.request
        trials = trials_of(asked.parameters, asked.own)
        axes = space_of(asked.own, cls=type(asked.parameters))
        fields = dict.fromkeys([*request["given"], *(axis.name for axis in axes)])
        latest, found = self._latest(), []
        about: dict[str, Any] = {"sweep": asked.name, "size": len(trials) * len(days), "request": request}
        for day, trial in itertools.product(days, trials):
            tags = trial_tags(trial, day, pipeline=asked.pipeline, **about)
            known = latest.get(tags[RUN_ID_TAG])
            if known is not None and known.status not in (FAILED if reuse else ENDED):
                found.append(known.id)
                continue
            values = {name: getattr(trial, name) for name in fields}
            options = {"environment": request["environment"], "reuse": reuse}
            config = run_config(values, params=params_of(asked.pipeline), **options)
            found.append(self.deployment.launch(config, str(day), tags=tags))
            self.told(f"{day} {tags[RUN_ID_TAG]} launched as Dagster run {found[-1]}")
        return found

    def wait(self, runs: Sequence[str], *, seconds: float | None) -> None:
        """Wait until all of these runs have ended; tells how many have whenever that changes."""
        before = -1

        def ended() -> bool:
            nonlocal before
            status = {run.id: run.status for run in self._tagged()}
            if gone := [run for run in runs if run not in status]:
                raise RemoteError(
                    f"The run {gone[0]} is not known any more on {self.deployment.url}: somebody deleted it."
                )
            done = sum(status[run] in ENDED for run in runs)
            if done != before:
                self.told(f"{done} of {count(len(runs), 'run')} ended")
                for _ in range(done - max(before, 0)):
                    tell_step("trial", total=len(runs))
            before = done
            return done == len(runs)

        until(ended, what="sweep", seconds=seconds)

    def ranking(self, *, after: Sequence[str]) -> str:
        """The run of the leaderboard that the sensor asks for after the latest of the trials, once it is there."""
        name, sensor = self.asked.name, job_of(self.asked.pipeline, SENSOR)
        self.told(f"All trials have ended; the sensor {sensor} ranks them")
        last = next((run.id for run in self._tagged() if run.id in after), "")
        tags, job = {SWEEP_TAG: name, LAST_TAG: last}, job_of(self.asked.pipeline, JOB)
        end = time.monotonic() + SENSOR_SECONDS
        while time.monotonic() < end:
            if found := self.deployment.runs_tagged(tags, job=job):
                return found[0].id
            time.sleep(POLL_SECONDS)
        raise RemoteError(
            f"All trials of sweep {name} have ended, but nothing ranks them on {self.deployment.url}. Turn on the "
            f"sensor {sensor}, or run the same sweep without --as-runs: it reuses them."
        )

    def _tagged(self) -> list[TaggedRun]:
        return self.deployment.runs_tagged({SWEEP_TAG: self.asked.name})

    def _latest(self) -> dict[str | None, TaggedRun]:
        """The latest run of each trial and day in the environment that is asked for, by run_id."""
        place = self.asked.request["environment"]
        runs = [run for run in reversed(self._tagged()) if _place(run) == place]
        return {run.tags.get(RUN_ID_TAG): run for run in runs}


def _place(run: TaggedRun) -> str | None:
    """The environment that a run's artifacts go to, which does not decide the run_id; None where its tags do not tell."""
    try:
        return str(json.loads(run.tags.get(REQUEST_TAG, ""))["environment"])
    except (KeyError, TypeError, ValueError):
        return None
