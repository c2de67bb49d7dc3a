"""An Airflow 3 DAG that trains one day: its form and its API validate by the JSON schema of our own parameters.

Put it, or a link to it, into the DAGs folder. `airflow dags trigger ml_assets_train --conf '{"model_version": "v2"}'`
"""

from datetime import datetime, timezone

from airflow.sdk import Param, dag, task

from ml_assets.pipeline.run import Run, make, resolve
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings

FIELDS = TrainingParameters.model_json_schema()["properties"]
ENVIRONMENTS = ["default", *load_settings().environments]
AS_OF = Param(
    None, type=["null", "string"], format="date", description="By default the last complete day, UTC"
)


def changed(params: dict[str, object]) -> dict[str, object]:
    """What differs from the defaults; names that are no parameters stay, for Airflow takes any and we refuse them."""
    return {n: value for n, value in params.items() if n not in FIELDS or value != FIELDS[n]["default"]}


@dag(
    dag_id="ml_assets_train",
    schedule="@daily",
    start_date=datetime(2025, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    params={
        **{name: Param(**field) for name, field in FIELDS.items()},
        "as_of": AS_OF,
        "environment": Param("default", enum=ENVIRONMENTS),
    },
)
def train() -> None:
    """Train one day; what differs from the defaults comes with the run's conf."""

    @task
    def resolved(params: dict[str, object]) -> str:
        as_of, environment = params.pop("as_of"), params.pop("environment")
        run = resolve(tabular, changed(params), as_of=as_of or "", environment=environment)
        print(f"run_id {run.run_id}  as_of {run.as_of}  environment {run.environment}")
        return run.model_dump_json()

    @task
    def loaded(run: str) -> str:
        make(Run.model_validate_json(run), ["training_set"])
        return run

    @task
    def trained(run: str) -> dict[str, dict[str, object]]:
        made = make(Run.model_validate_json(run), ["model", "evaluation", "model_card"])
        return {
            asset: {"sha256": item.manifest.sha256, "reused": item.reused} for asset, item in made.items()
        }

    trained(loaded(resolved()))


train()
