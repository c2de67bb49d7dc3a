"""One stored run a day, drawn by chance, made again and compared byte for byte."""

import random

import dagster as dg

from ml_assets.adapter.parameters import resources_of_act
from ml_assets.adapter.refusal import our_words
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.as_of import problem
from ml_assets.core.run_id import value_text
from ml_assets.pipeline.days import main_asset
from ml_assets.pipeline.lineage import keys_of
from ml_assets.pipeline.reproduce import Reproduced, reproduce
from ml_assets.pipeline.workspace import Workspace, open_workspace
from ml_assets.settings import load_settings

KIND = "reproduce"  # of its job


def reproduction(view: View) -> dg.Definitions:
    """The job that makes one stored run of a view again, and its schedule, off until somebody turns it on."""

    @dg.op(
        name=view.beside("reproduce_one"),
        required_resource_keys={OPTIONS},
        description="Draws one run of the environment, makes it again and compares every byte.",
    )
    def reproduce_one(context: dg.OpExecutionContext) -> None:
        with our_words():
            _reproduce_one(context, view)

    @dg.job(
        resource_defs=resources_of_act(view),
        name=view.beside(KIND),
        description="Make one stored run again and compare. Which environment: resources.options.",
    )
    def job() -> None:
        reproduce_one()

    schedule = dg.ScheduleDefinition(
        name=view.beside("reproduce_daily"),
        job_name=view.beside(KIND),
        cron_schedule="0 6 * * *",
        description="Reproduces one stored run, drawn by chance; the run fails where a byte differs",
    )
    return dg.Definitions(jobs=[job], schedules=[schedule])


def _reproduce_one(context: dg.OpExecutionContext, view: View) -> None:
    """Raise dg.Failure where a byte differs, with what has changed."""
    options, pipeline = context.resources.options, view.pipeline
    workspace = open_workspace(load_settings(), pipeline=pipeline, environment=options.environment)
    drawn, asset = _drawn(workspace, view, by=context.run.run_id), main_asset(pipeline)
    if drawn is None:
        context.log.info(
            "No %s is stored in %s: there is nothing to make again.", asset, workspace.environment
        )
        return
    keys = keys_of(drawn, workspace.store.manifest(drawn), pipeline=pipeline)
    found = reproduce(list(keys.values()), workspace=workspace)
    context.log.info("\n".join(_told(item) for item in found))
    if wrong := [item for item in found if not item.same]:
        raise dg.Failure(
            "\n".join(_told(item) for item in wrong),
            metadata={
                "run_id": drawn.run_id,
                "as_of": str(drawn.as_of),
                "path": workspace.store.uri(drawn),
            },
            allow_retries=False,
        )


def _drawn(workspace: Workspace, view: View, *, by: str) -> ArtifactKey | None:
    """One of the stored main artifacts of complete days, those of a view's pinned parameters; None where there is none."""
    pipeline, now = workspace.pipeline, workspace.now()
    pinned = {name: value_text(value) for name, value in view.pinned.items() if name in pipeline.path}
    keys = [
        key
        for key in workspace.store.keys(main_asset(pipeline), folder=pipeline.folder)
        if not problem(key.as_of, now=now, first=None)
        and all(key.value(name) in ("", None, text) for name, text in pinned.items())
    ]
    return random.Random(by).choice(sorted(keys, key=lambda key: key.path)) if keys else None  # noqa: S311


def _told(item: Reproduced) -> str:
    where = f"{item.key.asset} of run {item.key.run_id} (as_of {item.key.as_of})"
    return (
        f"{where}: same bytes"
        if item.same
        else f"{where}: other bytes in {', '.join(item.files)}: {item.reason}"
    )
