"""Prefect 3 flows that train or forecast one day: form, API and deployments validate by our own parameters.

python examples/prefect_flow.py        # serves one deployment of each for each environment of the settings
"""

from datetime import date

from prefect import flow, serve, task

from ml_assets.core.parameters import TrainingParameters
from ml_assets.pipeline.run import Run, make, resolve
from ml_assets.pipelines.demand import Forecast, demand
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings

USUAL, PLAIN = TrainingParameters(), Forecast()


@task(task_run_name="{run.as_of} {run.run_id}")
def training_set(run: Run) -> None:
    """Read the rows of the window."""
    make(run, ["training_set"])


@task(task_run_name="{run.as_of} {run.run_id}")
def model(run: Run) -> dict[str, dict[str, object]]:
    """Fit, evaluate and document the model."""
    made = make(run, ["model", "evaluation", "model_card"])
    return {asset: {"sha256": item.manifest.sha256, "reused": item.reused} for asset, item in made.items()}


@flow(log_prints=True)
def train(
    parameters: TrainingParameters = USUAL,
    as_of: date | None = None,
    environment: str = "default",
) -> dict[str, dict[str, object]]:
    """Train one day; by default the last complete one, in UTC."""
    run = resolve(
        tabular, parameters.model_dump(exclude_defaults=True), as_of=as_of or "", environment=environment
    )
    print(f"run_id {run.run_id}  as_of {run.as_of}  environment {run.environment}")
    training_set(run)
    return model(run)


@task(task_run_name="{run.as_of} {run.run_id}")
def made(run: Run, assets: list[str]) -> dict[str, dict[str, object]]:
    """Some assets of a run of any pipeline; what they need of the others is stored."""
    return {
        asset: {"sha256": item.sha256, "reused": item.reused} for asset, item in make(run, assets).items()
    }


@flow(log_prints=True)
def forecast(
    parameters: Forecast = PLAIN,
    as_of: date | None = None,
    environment: str = "default",
) -> dict[str, dict[str, object]]:
    """Forecast demand: each asset in a task of its own."""
    run = demand.resolve(
        parameters.model_dump(exclude_defaults=True), as_of=as_of or "", environment=environment
    )
    print(f"run_id {run.run_id}  as_of {run.as_of}  environment {run.environment}")
    done: dict[str, dict[str, object]] = {}
    for asset in demand.assets:
        done |= made(run, [asset])
    return done


if __name__ == "__main__":
    serve(
        *(
            each.to_deployment(name, parameters={"environment": name})
            for each in (train, forecast)
            for name in load_settings().environments
        )
    )
