"""Triggers the DAGs of `examples/airflow_dag.py` as a user would, for a scheduler of Airflow's to run; prints JSON."""

import contextlib
import json
import os
import secrets
import sqlite3
import subprocess
import sys
from pathlib import Path

from ml_assets_tests.engines.cases import AS_OF, BAD, DEMAND, GOOD, OWN, SHARED
from ml_assets_tests.engines.servers import free_port, process, until

EXAMPLE = Path(__file__).parents[2] / "examples" / "airflow_dag.py"
AIRFLOW = str(Path(sys.executable).with_name("airflow"))
TABULAR, FORECAST = "ml_assets_tabular", "ml_assets_demand"
ENDED = {"success", "failed"}


def main():
    """Make the runs in both roots, then try what is wrong."""
    home = Path(os.environ["AIRFLOW_HOME"])
    (home / "dags").mkdir(parents=True)
    (home / "dags" / EXAMPLE.name).symlink_to(EXAMPLE)
    with deployment():
        asked = {
            dag: {triggered(dag, {**values, "as_of": AS_OF, "environment": name}) for name in (OWN, SHARED)}
            for dag, values in ((TABULAR, GOOD), (FORECAST, DEMAND))
        }
        states = [come(lambda name=name: ended(name), name) for names in asked.values() for name in names]
        assert set(states) == {"success"}, logs()
        print(json.dumps({"bad": {case: bad(values) for case, values in BAD.items()}}))


def bad(values):
    """How many DAG runs triggering made; where it made one, what the run says of it."""
    before = runs()
    told = trigger(TABULAR, {"as_of": AS_OF, "environment": OWN, **values})
    new = [name for name in runs() if name not in before]
    if not new:
        return {"runs": 0, "trained": False, "told": told.stdout + told.stderr}
    state = come(lambda: ended(new[0]), "the run")
    return {"runs": len(new), "trained": state == "success", "told": logs(*new)}


def triggered(dag, conf):
    """The name of the run that triggering makes."""
    before = runs()
    trigger(dag, conf).check_returncode()
    (name,) = runs().keys() - before.keys()
    return name


def trigger(dag, conf):
    return airflow("dags", "trigger", dag, "--conf", json.dumps(conf))


def ended(name):
    """The state in which a run of the scheduler has ended, or nothing yet."""
    state = runs()[name]
    return state if state in ENDED else None


def runs():
    """The state of each run by its name, as Airflow's database has it: each command of its shell takes seconds."""
    return dict(read("select run_id, state from dag_run"))


def read(query):
    path = Path(os.environ["AIRFLOW_HOME"], "airflow.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def logs(*names):
    """What the tasks of these runs, by default of all, wrote."""
    folder = Path(os.environ["AIRFLOW_HOME"], "logs")
    files = [path for path in sorted(folder.rglob("*.log")) if "run_id=" in str(path)]
    return "\n".join(
        words(line)
        for path in files
        if not names or any(name in str(path) for name in names)
        for line in path.read_text().splitlines()
    )


def words(line):
    """What a line of a log, a JSON object, says: its event, and of exceptions the messages without the frames."""
    entry = json.loads(line)
    return "\n".join([entry["event"], *(error["exc_value"] for error in entry.get("error_detail", ()))])


@contextlib.contextmanager
def deployment():
    """A database, the API server, the scheduler and what reads the DAGs, until the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    os.environ |= {
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",  # seconds; 5 are few where others use the cores too
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "false",  # only what is triggered here
    }
    airflow("db", "migrate").check_returncode()
    with contextlib.ExitStack() as stack:
        for words in (
            ("api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
            ("dag-processor",),
            ("scheduler", "--skip-serve-logs"),
        ):
            stack.enter_context(process(AIRFLOW, *words))
        come(lambda: {TABULAR, FORECAST} <= known(), "what reads the DAGs")
        yield


def known():
    """The DAGs that Airflow has read."""
    return {name for (name,) in read("select dag_id from dag")}


def airflow(*words):
    return subprocess.run([AIRFLOW, *words], capture_output=True, text=True, check=False, timeout=300)


def come(ready, what):
    """What `ready` gives; tells what the tasks wrote where it takes too long."""
    return until(ready, what, seconds=600, told=logs)


if __name__ == "__main__":
    main()
