"""The same cold run in plain Python, Dagster, Prefect and Airflow, as whole processes in turn: medians, and ratios to plain.

    make test-engines                    # makes the environments under .engines
    python benchmarks/engines.py

Prefect starts the temporary server that a flow has without one; Airflow runs `dags test`. Neither's database is made within the
time. Environment: TURNS (3).
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import HERE, TURNS, environment, expect, timed

REPO = HERE.parent
AS_OF, VERSION = "2025-12-01", "v2"
PLAIN = f"""
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipeline.run import make, resolve
make(resolve(tabular, {{"model_version": "{VERSION}"}}, as_of="{AS_OF}"))
"""
FLOW = f"""
from prefect_flow import FLOWS
from ml_assets.pipelines.tabular.parameters import TrainingParameters
FLOWS["tabular"](TrainingParameters(model_version="{VERSION}"), as_of="{AS_OF}")
"""
CONF = f'{{"model_version": "{VERSION}", "as_of": "{AS_OF}"}}'


def main():
    with tempfile.TemporaryDirectory() as place:
        env = prepared(place)
        seconds = {name: [] for name in commands()}
        for _ in range(TURNS):
            for name, command in commands().items():
                shutil.rmtree(f"{place}/artifacts", ignore_errors=True)
                seconds[name].append(timed(command, env, place)[0])
                expect(
                    any(Path(place, "artifacts/model_card").rglob("manifest.json")), f"a run in {name}", ""
                )
    for name, taken in seconds.items():
        ratios = [own / plain for own, plain in zip(taken, seconds["plain Python"], strict=True)]
        print(
            f"{name:<13} {statistics.median(taken):6.2f} s   / plain Python: ratio {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f} in {TURNS} turns)"
        )


def commands():
    run = ("run", "--as-of", AS_OF, "--model-version", VERSION)
    return {
        "plain Python": [engine("plain"), "-c", PLAIN],
        "Dagster": [sys.executable, "-m", "ml_assets.cli.main", *run],
        "Prefect": [engine("prefect"), "-c", FLOW],
        "Airflow": [engine("airflow", "airflow"), "dags", "test", "ml_assets_tabular", "--conf", CONF],
    }


def engine(name, program="python"):
    return str(REPO / ".engines" / name / "bin" / program)


def prepared(place):
    """The variables of all of them; Airflow's database and the folder with its DAG are there before anything is timed."""
    dags = Path(place, "airflow/dags")
    dags.mkdir(parents=True)
    (dags / "airflow_dag.py").symlink_to(REPO / "examples/airflow_dag.py")
    env = environment(place) | {
        "PYTHONPATH": f"{REPO}{os.pathsep}{REPO / 'examples'}",
        "AIRFLOW_HOME": f"{place}/airflow",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "PREFECT_HOME": f"{place}/prefect",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # 20 s are few for its first start
        "DO_NOT_TRACK": "1",
    }
    subprocess.run([engine("airflow", "airflow"), "db", "migrate"], env=env, check=True, capture_output=True)
    subprocess.run([engine("prefect"), "-c", FLOW], env=env, cwd=place, check=True, capture_output=True)
    return env


if __name__ == "__main__":
    main()
