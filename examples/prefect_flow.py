"""A Prefect 3 flow that trains one day: its form, its API and its deployments validate by our own parameters.

python examples/prefect_flow.py        # serves one deployment for each environment of the settings
"""

from datetime import date

from prefect import flow, serve, task

from ml_assets.core.parameters import TrainingParameters
from ml_assets.pipeline.run import Run, make, resolve
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings

USUAL = TrainingParameters()


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


if __name__ == "__main__":
    serve(
        *(
            train.to_deployment(name, parameters={"environment": name})
            for name in load_settings().environments
        )
    )
