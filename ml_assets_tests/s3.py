"""S3 for tests: a real server on 127.0.0.1 that is gone at the end, and what is in it."""

import datetime as dt
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ml_assets_tests.builders import ORDERS_TOML, order_day

VARIABLES = {
    "AWS_ACCESS_KEY_ID": "k",
    "AWS_SECRET_ACCESS_KEY": "s",
    "AWS_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "none",
    "AWS_SHARED_CREDENTIALS_FILE": "none",
}


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of a running S3, with no bucket in it yet."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # or it prints each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def client(url: str):
    """boto3's own client, which knows nothing of ours."""
    import boto3

    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s"}
    return boto3.client("s3", endpoint_url=url, region_name="eu-west-1", **keys)


def make_bucket(url: str, name: str, objects: dict[str, bytes] | None = None):
    """A bucket that holds these objects by key. Returns a client."""
    s3 = client(url)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for key, body in (objects or {}).items():
        s3.put_object(Bucket=name, Key=key, Body=body)
    return s3


def landed(prefix: str, day: dt.date) -> dict[str, bytes]:
    """A landing zone of one day's orders, in one Parquet file, as objects by key."""
    file = io.BytesIO()
    order_day(day).write_parquet(file)
    return {
        f"{prefix}/orders/dataset.toml": ORDERS_TOML.encode(),
        f"{prefix}/orders/date={day}/part.parquet": file.getvalue(),
    }


def make_read_only(url: str, name: str, objects: dict[str, bytes]) -> None:
    """A bucket that holds these objects and takes no others."""
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    make_bucket(url, name, objects).put_bucket_policy(Bucket=name, Policy=policy)


def objects_in(url: str, name: str, prefix: str = "") -> dict[str, int]:
    """The size of each object by key."""
    pages = client(url).get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=prefix)
    return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", ())}


def use(monkeypatch, url: str, **settings: object) -> None:
    """Let the settings and the variables of AWS point to the server."""
    for variable, value in VARIABLES.items():
        monkeypatch.setenv(variable, value)
    for name, value in {"endpoint_url": url, **settings}.items():
        monkeypatch.setenv(f"ML_ASSETS_S3__{name.upper()}", str(value))
