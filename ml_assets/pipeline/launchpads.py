"""Links into Dagster's launchpad, filled in: the same run again, a trial on other days, its promotion."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from ml_assets.core.launch_link import Launchpad, launch_config
from ml_assets.core.leaderboard.document import Leaderboard, RankedTrial
from ml_assets.core.manifest import Manifest
from ml_assets.core.options import Options
from ml_assets.core.parameters import Parameters, from_identity
from ml_assets.core.pipeline import Declared
from ml_assets.core.promotion.parameters import ASSET as PROMOTION
from ml_assets.core.shown_as import job_of, params_of, step_of
from ml_assets.settings import Settings

LOCAL = "http://127.0.0.1:3000"  # where Dagster's pages are on one's own machine
PROMOTE = "promote"  # the kind of the job that promotes


@dataclass(frozen=True, kw_only=True)
class Launchpads:
    """The launchpads of a pipeline's jobs; those of a view have its names.

    Attributes:
        pipeline: whose runs are launched.
        pages: a launchpad of them, which says in which code location and at which address they are.
        job: the job that makes its assets.
        params: the resource that holds its parameters.
        beside: the name of its job of a kind, such as `promote`.
        step: the name of the step of an asset beside it.
        without: the parameters that cannot be given there.
        options: how the runs are carried out.
    """

    pipeline: Declared
    pages: Launchpad
    job: str
    params: str
    beside: Callable[[str], str]
    step: Callable[[str], str]
    without: Collection[str] = ()
    options: Options = field(default_factory=Options)

    def run(self, parameters: Parameters, day: dt.date | None = None) -> str:
        """That of the pipeline's assets with these parameters; without a day, which one has to choose then."""
        return self.of_job(self.job, parameters, day)

    def of_job(
        self,
        job: str,
        parameters: Parameters | None,
        day: dt.date | None = None,
        *,
        own: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> str:
        """That of a job by its name, where there is one; `own` is what steps take of their own, by the name of the step."""
        if not job:
            return ""
        config = launch_config(
            parameters, resource=self.params, without=self.without, options=self.options, own=own
        )
        return replace(self.pages, job=job).link(config, day=day)

    def promote(self, run_id: str) -> str:
        """That of the job that promotes what has this run_id."""
        return self.of_job(self.beside(PROMOTE), None, own={self.step(PROMOTION): {"model": run_id}})

    def again(self, manifest: Manifest) -> str:
        """That which makes a stored artifact of the pipeline again; "" where the code knows no such parameters."""
        parameters = self._parameters(manifest.parameters)
        return self.run(parameters, manifest.as_of) if parameters else ""

    def trial(self, trial: RankedTrial) -> dict[str, str]:
        """Those of a row of a leaderboard, by what they are for: `run`, and `promote` where the pipeline promotes."""
        parameters = self._parameters(trial.parameters)
        if parameters is None:
            return {}
        links = {"run": self.run(parameters)}
        if promotes := self.pipeline.promotes:
            links["promote"] = self.promote(self.pipeline.run_id(parameters, trial.as_of, promotes))
        return {name: link for name, link in links.items() if link}

    def days(self, parameters: Parameters, days: Iterable[dt.date]) -> dict[str, str]:
        """Those of single days, by day."""
        links = {str(day): self.run(parameters, day) for day in days}
        return {day: link for day, link in links.items() if link}

    def _parameters(self, values: Mapping[str, Any]) -> Parameters | None:
        try:
            return from_identity(values, cls=self.pipeline.parameters)
        except ValidationError:
            return None


def launchpad_of(pipeline: Declared, settings: Settings) -> Launchpad:
    """That of the job that makes a pipeline's assets, at the address that the settings say, or on one's own machine."""
    return Launchpad(
        job=job_of(pipeline), location=settings.code_location, base=settings.dagster_url or LOCAL
    )


def printed_launchpads(
    pipeline: Declared, settings: Settings, *, environment: str, base: str = ""
) -> Launchpads:
    """Those of a pipeline for a terminal or a message, whose links name the whole address.

    Args:
        pipeline: whose runs are launched.
        settings: where Dagster's pages are.
        environment: where the runs write.
        base: the address of the pages, where it is not the one of the settings.
    """
    pages = launchpad_of(pipeline, settings)
    return Launchpads(
        pipeline=pipeline,
        pages=replace(pages, base=(base or pages.base).rstrip("/").removesuffix("/graphql")),
        job=pages.job,
        params=params_of(pipeline),
        beside=lambda kind: job_of(pipeline, kind),
        step=lambda asset: step_of(pipeline, asset),
        without=not_allowed(pipeline, settings, environment=environment),
        options=Options(environment=settings.in_a_command(environment)),
    )


def not_allowed(pipeline: Declared, settings: Settings, *, environment: str) -> frozenset[str]:
    """The parameters that no launch may give in an environment, not even at their default."""
    place = settings.place(settings.named(environment))
    return frozenset(name for name in pipeline.parameters.model_fields if not place.may_be_given(name))


def leaderboard_document(board: Leaderboard, launchpads: Launchpads) -> dict[str, Any]:
    """A leaderboard as JSON values, each ranked trial with its links under `launch`."""
    document = board.document()
    rows = zip(document["trials"], board.trials, strict=True)
    return {**document, "trials": [{**row, "launch": launchpads.trial(trial)} for row, trial in rows]}
