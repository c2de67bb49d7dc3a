"""Runs the DAG of `examples/airflow_dag.py`: each case is triggered as a user would, then run; prints JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

from ml_assets_tests.engines.cases import AS_OF, BAD, GOOD, OWN, SHARED

EXAMPLE = Path(__file__).parents[2] / "examples" / "airflow_dag.py"
AIRFLOW = str(Path(sys.executable).with_name("airflow"))
DAG_ID = "ml_assets_train"


def main():
    """Make the run in both roots, then try what is wrong."""
    dags = Path(os.environ["AIRFLOW_HOME"], "dags")
    dags.mkdir(parents=True)
    dags.joinpath(EXAMPLE.name).symlink_to(EXAMPLE)
    for words in (("db", "migrate"), ("dags", "reserialize")):
        airflow(*words).check_returncode()
    for environment in (OWN, SHARED):
        done = run({**GOOD, "as_of": AS_OF, "environment": environment})
        assert done.returncode == 0, done.stdout
    print(json.dumps({"bad": {case: bad(values) for case, values in BAD.items()}}))


def bad(values):
    """How many DAG runs triggering made; where it made one, what the run says of it."""
    conf = {"as_of": AS_OF, "environment": OWN, **values}
    before = len(runs())
    told = airflow("dags", "trigger", DAG_ID, "--conf", json.dumps(conf))
    triggered = len(runs()) - before
    if not triggered:
        return {"runs": 0, "trained": False, "told": told.stdout + told.stderr}
    done = run(conf)
    return {"runs": triggered, "trained": done.returncode == 0, "told": done.stdout + done.stderr}


def run(conf):
    """One DAG run, its tasks executed one after the other in a process of its own."""
    return airflow("dags", "test", DAG_ID, "--conf", json.dumps(conf))


def runs():
    """The DAG runs that exist; logs stand before them in the output."""
    told = airflow("dags", "list-runs", DAG_ID, "--output", "json").stdout
    return json.loads(told[told.rindex("\n[") if "\n[" in told else 0 :])


def airflow(*words):
    return subprocess.run([AIRFLOW, *words], capture_output=True, text=True, check=False, timeout=300)


if __name__ == "__main__":
    main()
