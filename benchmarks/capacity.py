"""What one run costs a deployment on PostgreSQL and S3, and what 10,000 runs a day and 10 million artifacts would.

    python benchmarks/capacity.py

Webserver, daemon and code server run over `deploy/postgres/dagster.yaml` with an embedded PostgreSQL and an S3
server, all on this machine: single runs first, then a backfill of other days, then the same backfill again.
What it counts (events, bytes, requests) does not depend on the machine; CPU seconds do. Each run makes its days in
its own process, for the CPU time of further processes could not be counted.
"""

import contextlib
import datetime as dt
import logging
import os
import re
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ml_assets.client import submit, submit_backfill
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.postgres import postgres
from ml_assets_tests.production import BUCKET, aws_server, production

RUNS, DAYS = 16, 31
SETTLE = 5
LAST = dt.date(2025, 12, 1)
ARTIFACTS = "artifacts"
REQUEST = re.compile(r'"(?P<verb>[A-Z]+) /(?P<bucket>[^/? ]+)(?P<rest>[^ ]*) HTTP')
VERBS = ("PUT", "GET", "HEAD", "LIST", "POST")
WRITES = ("PUT", "LIST", "POST")  # priced alike
TABLES = "select coalesce(sum(pg_total_relation_size(oid)), 0) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
EVENTS = "select count(*), coalesce(sum(octet_length(event)), 0) from event_logs"
KINDS = """select coalesce(dagster_event_type, 'log line'), count(*), sum(octet_length(event)) from event_logs
    group by 1 order by 3 desc limit 3"""
LAST_ASSET = tuple(tabular.assets)[-1]
PER_DAY, WANTED = 10_000, 10_000_000


class Requests(logging.Handler):
    """Counts what the S3 server logs, by bucket and verb."""

    def __init__(self):
        super().__init__()
        self.seen = Counter()

    def emit(self, record):
        if told := REQUEST.search(record.getMessage()):
            listed = told["verb"] == "GET" and "list-type" in told["rest"]
            self.seen[told["bucket"], "LIST" if listed else told["verb"]] += 1

    def forget(self, bucket, verb, count):
        """Leave out requests of our own."""
        self.seen[bucket, verb] -= count


@dataclass(frozen=True)
class Seen:
    """The totals at one moment."""

    events: int
    event_bytes: int
    database: int
    cpu: float
    requests: Counter
    objects: int
    cards: int
    stored: int


def cpu_of(pid):
    """CPU seconds of a process and of all that it started, whether they have ended or not."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task").glob("*/children")
    return own + sum(cpu_of(child) for found in children for child in found.read_text().split())


def look(database, requests, code, s3):
    ((events, event_bytes),) = database.ask(EVENTS)
    ((size,),) = database.ask(TABLES)
    counted = Counter(requests.seen)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=ARTIFACTS)
    found = {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", ())}
    cards = sum(f"/{LAST_ASSET}/" in key for key in found)
    requests.forget(ARTIFACTS, "LIST", requests.seen[ARTIFACTS, "LIST"] - counted[ARTIFACTS, "LIST"])
    time.sleep(SETTLE)  # a run has ended some moments before its process has
    return Seen(
        events, int(event_bytes), int(size), cpu_of(code.pid), counted, len(found), cards, sum(found.values())
    )


def tell(name, before, after, count):
    """Print what one of `count` cost; the CPU seconds and requests of one are returned."""
    new = after.requests - before.requests
    per = {verb: new[ARTIFACTS, verb] / count for verb in VERBS}
    cpu = (after.cpu - before.cpu) / count
    size = (after.database - before.database) / count
    print(
        f"{name:<22} events {(after.events - before.events) / count:6.1f}, "
        f"of {(after.event_bytes - before.event_bytes) / count / 1024:6.1f} KiB; "
        f"database {size / 1024:6.1f} KiB; CPU {cpu:5.2f} s; "
        f"objects {(after.objects - before.objects) / count:5.1f}, {(after.stored - before.stored) / count / 1024:7.1f} KiB"
    )
    logs = sum(new[BUCKET, verb] for verb in VERBS) / count
    told = ", ".join(f"{verb} {number:.1f}" for verb, number in per.items() if number)
    print(f"{'':<22} requests for artifacts: {told}; for logs: {logs:.1f}", flush=True)
    return {
        "cpu": cpu,
        "database": size,
        "writes": sum(per[v] for v in WRITES),
        "reads": per["GET"] + per["HEAD"],
    }


def day(cost):
    """What 10,000 of them a day come to."""
    print(
        f"  {cost['cpu'] * PER_DAY / 86400:.1f} cores busy all day; "
        f"database {cost['database'] * PER_DAY / 2**30:.2f} GiB a day, {cost['database'] * PER_DAY * 365 / 2**30:.0f} GiB a year; "
        f"S3 {cost['writes'] * PER_DAY:,.0f} writes and {cost['reads'] * PER_DAY:,.0f} reads a day, "
        f"{(cost['writes'] + cost['reads']) * PER_DAY / 86400:.1f} a second"
    )


def span(last, count):
    return [last - dt.timedelta(days=n) for n in reversed(range(count))]


def single_runs(url):
    with ThreadPoolExecutor(RUNS) as pool:
        asked = [pool.submit(submit, url, parameters={}, as_of=day) for day in span(LAST, RUNS)]
        assert all(len(run.result()["artifacts"]) == len(tabular.assets) for run in asked)


def backfill(url):
    result = submit_backfill(url, parameters={}, days=span(LAST - dt.timedelta(days=RUNS), DAYS))
    assert not result["failed"], result["failed"]


def measure(place):
    import boto3

    requests = Requests()
    logging.getLogger("werkzeug").addHandler(requests)  # the first handler: werkzeug prints nothing itself
    with postgres() as database, aws_server() as aws:
        os.environ.update(aws)
        s3 = boto3.client("s3")
        for bucket in (BUCKET, ARTIFACTS):
            s3.create_bucket(Bucket=bucket)
        logging.getLogger("werkzeug").setLevel(logging.INFO)
        variables = {
            **database.environ,
            "ML_ASSETS_ENVIRONMENT": "blue",
            "ML_ASSETS_ENVIRONMENTS__BLUE__ROOT": f"s3://{ARTIFACTS}/blue",
            "ML_ASSETS_WORKERS": "1",
        }
        with production(place, variables) as deployment, deployment.daemon():
            url = deployment.live.url
            seen = [look(database, requests, deployment.code, s3)]
            for step in (single_runs, backfill, backfill):
                step(url)
                seen.append(look(database, requests, deployment.code, s3))
        kinds = database.ask(KINDS)
    return seen, kinds


def main():
    with tempfile.TemporaryDirectory() as place, contextlib.suppress(KeyboardInterrupt):
        (start, single, batch, reused), kinds = measure(Path(place) / "deployment")
        one = tell("a run of one day", start, single, RUNS)
        many = tell(f"a day of {DAYS} in a run", single, batch, DAYS)
        none = tell("the same, all reused", batch, reused, DAYS)
        print(f"{PER_DAY:,} days a day, each a run of its own:")
        day(one)
        print(f"{PER_DAY:,} days a day, {DAYS} in a run:")
        day(many)
        print(f"{PER_DAY:,} days a day, all reused, {DAYS} in a run:")
        day(none)
        for kind, count, size in kinds:
            print(f"{kind}: {count} events, {int(size) / reused.event_bytes:.0%} of the bytes of all")
        made = len(tabular.assets) * (RUNS + DAYS)
        objects, cards, stored = (n / made * WANTED for n in (batch.objects, batch.cards, batch.stored))
        print(f"{WANTED:,} artifacts: {objects:,.0f} objects, {stored / 2**40:.2f} TiB")
        print(f"requests to list all of them: {objects / 1000:,.0f}; each {LAST_ASSET}: {cards / 1000:,.0f}")


if __name__ == "__main__":
    main()
