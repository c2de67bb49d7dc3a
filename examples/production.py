"""From training to rollback on this machine: staging, blue and green in buckets of an S3 server over HTTP.

    make demo-production

Every step is a command of `ml-assets`, shown with its output. The server, its buckets and all else end with the
script.
"""

import json
import logging
import os
import shlex
import subprocess
import sys
import tempfile

import boto3
from moto.server import ThreadedMotoServer

AS_OF = "2025-12-01"  # rows of later days have closed outcomes by now: models are compared on them
BUCKETS = ("staging", "blue", "green", "releases")
WHERE = f"--environment staging --as-of {AS_OF}"


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request to S3 hides the steps
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        with tempfile.TemporaryDirectory() as place:
            production(Shell(place, environment(f"http://{host}:{port}", place)))
    finally:
        server.stop()


def production(shell):
    """The steps; the first one that fails ends the script with its exit code."""
    tell("Train in staging: the parameters that will serve first, and better ones.")
    shell(f"run {WHERE}")
    shell(f"run {WHERE} --model-version v2")
    first, second = (shell.run_id(version) for version in ("v1", "v2"))

    tell("The first model goes to blue and serves.")
    shell(f"promote {first} --from staging --to blue")
    shell("switch --to blue")

    tell("The better one goes to green, on evidence: both models on the same rows, which neither has seen.")
    shell(f"promote {second} --from staging --to green")
    shell("compare blue green")

    tell("Green serves, and scores a day.")
    shell("switch --to green")
    shell(f"score --environment green --as-of {AS_OF}")
    shell("live")

    tell("Taken back in one step.")
    shell("rollback")
    shell("live")


class Shell:
    """Runs `ml-assets` and shows what was typed and what came of it."""

    def __init__(self, place, env):
        self._place, self._env = place, env

    def __call__(self, words, *, quiet=False):
        if not quiet:
            print(f"\n$ ml-assets {words}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "ml_assets.cli.main", *shlex.split(words)],
            env=self._env,
            cwd=self._place,
            stdout=subprocess.PIPE if quiet else None,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(done.returncode)
        return done.stdout

    def run_id(self, version):
        """The run_id of a model version, as the store in staging lists it."""
        words = f"list --environment staging --json --where 'model_version={version} as_of={AS_OF}'"
        (found,) = json.loads(self(words, quiet=True))
        return found["run_id"]


def environment(endpoint, place):
    """The settings of the demonstration: one bucket an environment, credentials by reference only."""
    keys = {"AWS_ACCESS_KEY_ID": "demo", "AWS_SECRET_ACCESS_KEY": "demo", "AWS_DEFAULT_REGION": "eu-west-1"}
    roots = {
        f"ML_ASSETS_ENVIRONMENTS__{name.upper()}__ROOT": f"s3://{name}/artifacts" for name in BUCKETS[:-1]
    }
    s3 = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("ML_ASSETS_")},
        **keys,
        **roots,
        "DAGSTER_HOME": f"{place}/dagster_home",
        "ML_ASSETS_S3__ENDPOINT_URL": endpoint,
        "ML_ASSETS_S3__REGION": "eu-west-1",
        "ML_ASSETS_RELEASES": "s3://releases/log",
    }


def tell(text):
    print(f"\n# {text}", flush=True)


if __name__ == "__main__":
    main()
