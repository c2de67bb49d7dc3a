"""A Prefect 3 flow for each pipeline: form, API and deployments validate by the pipeline's own parameters.

python examples/prefect_flow.py        # serves one deployment of each for each environment of the settings

The pipelines are those that installed packages and the setting `pipelines` name: yours has its flow without a line here.
"""

from datetime import date
from typing import Any

from prefect import Flow, flow, serve, task

from ml_assets import Pipeline, make
from ml_assets.finding import known_pipelines
from ml_assets.pipeline.run import Run
from ml_assets.settings import load_settings

SETTINGS = load_settings()


@task(task_run_name="{run.as_of} {run.run_id} {assets}")
def made(run: Run, assets: list[str]) -> dict[str, dict[str, object]]:
    """Some assets of a run; what they need of the others is stored."""
    return {
        asset: {"sha256": item.sha256, "reused": item.reused} for asset, item in make(run, assets).items()
    }


def flow_of(pipeline: Pipeline) -> Flow[Any, Any]:
    """The flow that makes one day of a pipeline; its parameters are the class of the pipeline's own."""
    parameters_class: Any = pipeline.parameters

    def run_one_day(
        parameters: parameters_class = parameters_class(),  # noqa: B008 (it is frozen)
        as_of: date | None = None,
        environment: str = "default",
    ) -> dict[str, dict[str, object]]:
        """Make one day; by default the last complete one, in UTC."""
        values = parameters.model_dump(exclude_defaults=True)
        run = pipeline.resolve(values, as_of=as_of or "", environment=environment)
        print(f"run_id {run.run_id}  as_of {run.as_of}  environment {run.environment}")
        done: dict[str, dict[str, object]] = {}
        for asset in pipeline.assets:
            done |= made(run, [asset])
        return done

    run_one_day.__name__ = run_one_day.__qualname__ = (
        pipeline.name
    )  # Prefect finds a flow in its file by this name
    return flow(run_one_day, name=pipeline.name, log_prints=True)


FLOWS = {name: flow_of(pipeline) for name, pipeline in known_pipelines(SETTINGS).items()}
globals().update(FLOWS)

if __name__ == "__main__":
    serve(
        *(
            each.to_deployment(name, parameters={"environment": name})
            for each in FLOWS.values()
            for name in SETTINGS.environments
        )
    )
