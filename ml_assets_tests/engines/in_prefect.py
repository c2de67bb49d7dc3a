"""Runs the flows of `examples/prefect_flow.py` through a Prefect server and served deployments; prints JSON."""

import contextlib
import json
import os
import sys
from pathlib import Path

from ml_assets_tests.engines.cases import BAD, DEMAND, GOOD, OWN, SHARED, split
from ml_assets_tests.engines.servers import free_port, process, until

FLOW = Path(__file__).parents[2] / "examples" / "prefect_flow.py"
DEPLOYMENTS = TRAIN, FORECAST = f"tabular/{OWN}", f"demand/{OWN}"


def main():
    """Make the runs in both roots, then try what is wrong."""
    with server(), served():
        for environment in (OWN, SHARED):
            for deployment, values in ((TRAIN, GOOD), (FORECAST, DEMAND)):
                run = launch(values, environment, deployment)
                assert run.state.is_completed(), run.state
        print(json.dumps({"bad": {case: bad(values) for case, values in BAD.items()}}))


def bad(values):
    """How many flow runs there were, and what was said, by the API or by the run."""
    from prefect.exceptions import PrefectHTTPStatusError

    before = len(flow_runs())
    try:
        run = launch(values)
    except PrefectHTTPStatusError as error:
        told, work = error.response.text, False
    else:
        told, work = str(run.state.message), run.state.is_completed()
    return {"runs": len(flow_runs()) - before, "told": told, "trained": work}


def launch(values, environment=OWN, deployment=TRAIN):
    from prefect.deployments import run_deployment

    parameters, as_of = split(values)
    return run_deployment(
        deployment,
        parameters={"parameters": parameters, "as_of": as_of, "environment": environment},
        timeout=120,
        poll_interval=0.5,
    )


def flow_runs():
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return client.read_flow_runs()


@contextlib.contextmanager
def server():
    port = free_port()
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    with process(
        sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)
    ):
        until(healthy, "the server", seconds=300)
        yield


@contextlib.contextmanager
def served():
    with process(sys.executable, str(FLOW)):
        until(deployed, "the deployments", seconds=300)
        yield


def healthy():
    from prefect.client.orchestration import get_client

    with contextlib.suppress(Exception), get_client(sync_client=True) as client:
        return client.api_healthcheck() is None


def deployed():
    from prefect.client.orchestration import get_client

    with contextlib.suppress(Exception), get_client(sync_client=True) as client:
        return [client.read_deployment_by_name(name) for name in DEPLOYMENTS]


if __name__ == "__main__":
    main()
