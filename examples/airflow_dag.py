"""An Airflow 3 DAG for each pipeline: its form and its API validate by the JSON schema of the pipeline's own parameters.

Put it, or a link to it, into the DAGs folder. `airflow dags trigger ml_assets_demand --conf '{"method": "ets"}'`

The pipelines are those that installed packages and the setting `pipelines` name: yours has its DAG without a line here.
"""

from datetime import datetime, timezone

from airflow.sdk import DAG, Param, dag, task

from ml_assets import Pipeline, make
from ml_assets.finding import known_pipelines
from ml_assets.pipeline.run import Run
from ml_assets.settings import load_settings

SETTINGS = load_settings()
AS_OF = Param(
    None, type=["null", "string"], format="date", description="By default the last complete day, UTC"
)
ENVIRONMENT = Param("default", enum=["default", *SETTINGS.environments])


def resolve(pipeline: Pipeline, params: dict[str, object]) -> str:
    """The run that is asked for, refused before any work where a value is wrong."""
    as_of, environment = params.pop("as_of"), params.pop("environment")
    run = pipeline.resolve(changed(params, pipeline), as_of=as_of or "", environment=environment)
    print(f"run_id {run.run_id}  as_of {run.as_of}  environment {run.environment}")
    return run.model_dump_json()


@task
def made(asset: str, run: str) -> str:
    """One asset of a run; what it needs of the others is stored."""
    result = make(Run.model_validate_json(run), [asset])[asset]
    print(f"{asset}  sha256 {result.sha256}  {'reused' if result.reused else 'made'}")
    return run


def changed(params: dict[str, object], pipeline: Pipeline) -> dict[str, object]:
    """What differs from the defaults; names that are no parameters stay, for Airflow takes any and we refuse them."""
    fields = schema(pipeline)
    return {n: value for n, value in params.items() if n not in fields or value != fields[n]["default"]}


def schema(pipeline: Pipeline) -> dict[str, dict[str, object]]:
    """The JSON schema of each parameter."""
    properties: dict[str, dict[str, object]] = pipeline.parameters.model_json_schema()["properties"]
    return properties


def dag_of(pipeline: Pipeline) -> DAG:
    """The DAG that makes one day of a pipeline, a task for each asset; what differs from the defaults is its conf."""

    @dag(
        dag_id=f"ml_assets_{pipeline.name}",
        schedule="@daily",
        start_date=datetime(2025, 1, 1, tzinfo=timezone.utc),
        catchup=False,
        params={
            **{name: Param(**field) for name, field in schema(pipeline).items()},
            "as_of": AS_OF,
            "environment": ENVIRONMENT,
        },
    )
    def make_one_day() -> None:
        @task(task_id="resolved")
        def run_of(params: dict[str, object]) -> str:
            return resolve(pipeline, params)

        run = run_of()
        for asset in pipeline.assets:
            run = made.override(task_id=asset)(asset, run)

    return make_one_day()


for name, pipeline in known_pipelines(SETTINGS).items():
    globals()[f"ml_assets_{name}"] = dag_of(pipeline)
