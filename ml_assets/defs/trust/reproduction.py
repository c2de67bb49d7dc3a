"""One stored run a day, drawn by chance, made again and compared byte for byte."""

import random

import dagster as dg

from ml_assets.adapter.refusal import our_words
from ml_assets.config import OptionsConfig
from ml_assets.core.as_of import problem
from ml_assets.pipeline.lineage import keys_of
from ml_assets.pipeline.reproduce import Reproduced, reproduce
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings

JOB = "reproduce"


@dg.op(description="Draws one model of the environment, makes its run again and compares every byte.")
@our_words()
def reproduce_one(context: dg.OpExecutionContext, options: OptionsConfig) -> None:
    """Raise dg.Failure where a byte differs, with what has changed."""
    workspace = open_workspace(load_settings(), pipeline=tabular, environment=options.environment)
    store = workspace.store
    now = workspace.now()
    complete = (key for key in store.keys("model") if not problem(key.as_of, now=now, first=None))
    models = sorted(complete, key=lambda key: key.path)
    if not models:
        context.log.info("No model is stored in %s: there is nothing to make again.", workspace.environment)
        return
    model = random.Random(context.run.run_id).choice(models)  # noqa: S311
    found = reproduce(
        list(keys_of(model, store.manifest(model), pipeline=tabular).values()), workspace=workspace
    )
    context.log.info("\n".join(_told(item) for item in found))
    if wrong := [item for item in found if not item.same]:
        raise dg.Failure(
            "\n".join(_told(item) for item in wrong),
            metadata={"run_id": model.run_id, "as_of": str(model.as_of), "path": store.uri(model)},
            allow_retries=False,
        )


@dg.job(name=JOB, description="Make one stored run again and compare. Which environment: resources.options.")
def reproduce_job() -> None:
    """One op."""
    reproduce_one()


reproduce_daily = dg.ScheduleDefinition(
    name="reproduce_daily",
    job=reproduce_job,
    cron_schedule="0 6 * * *",
    description="Reproduces one stored run, drawn by chance; the run fails where a byte differs",
)


def _told(item: Reproduced) -> str:
    where = f"{item.key.asset} of run {item.key.run_id} (as_of {item.key.as_of})"
    return (
        f"{where}: same bytes"
        if item.same
        else f"{where}: other bytes in {', '.join(item.files)}: {item.reason}"
    )
