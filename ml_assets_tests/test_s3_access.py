"""How S3 is reached: by settings and by reference, and the same for the store, the rows and the resource `s3`."""

import os
import subprocess
import sys

import dagster as dg
import pytest
from dagster_aws.s3 import S3Resource
from pydantic import ValidationError

from ml_assets.core.s3_access import S3Access
from ml_assets.errors import SettingsError, StoreError
from ml_assets.resources.s3 import s3_resource
from ml_assets.settings import load_settings
from ml_assets.sources.rows import open_source
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.buckets import find_session
from ml_assets_tests.conftest import REPO
from ml_assets_tests.faulty import faulty
from ml_assets_tests.s3 import landed, make_bucket, use
from ml_assets_tests.test_s3_errors import KEY

CONFIG = """\
[profile shop]
region = eu-north-1
aws_access_key_id = AKIDSHOP
aws_secret_access_key = of-the-shop
"""


@pytest.fixture
def network(s3):
    """S3 behind a network that spoils nothing and knows who has asked."""
    with faulty(s3, lambda _method, _path: None) as found:
        yield found


@pytest.fixture
def profile(tmp_path, monkeypatch, network):
    """A profile of its own credentials and region, and an endpoint, by settings; variables name others."""
    use(monkeypatch, network.url, profile="shop")
    monkeypatch.delenv("AWS_REGION")
    for name in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / "config").write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


def test_the_store_the_rows_and_the_resource_ask_the_same_place_as_the_same_user(s3, network, profile):
    make_bucket(s3, "access", landed("rows", KEY.as_of))
    access = load_settings().s3
    asked = []

    ArtifactStore("s3://access/dev", access).find(KEY)
    asked.append(network.signers())
    source = open_source("shop", "s3://access/rows", access=access)
    assert source.scan("orders", first=KEY.as_of, last=KEY.as_of).collect().height == 8
    asked.append(network.signers())
    with dg.build_resources({"s3": s3_resource}) as resources:
        resources.s3.list_objects_v2(Bucket="access")
    asked.append(network.signers())

    assert asked == [{("AKIDSHOP", "eu-north-1")}] * 3


READ_AND_WAIT = f"""
import datetime as dt, time
from ml_assets.settings import load_settings
from ml_assets.sources.rows import open_source

day = dt.date.fromisoformat("{KEY.as_of}")
print(open_source("shop", "s3://waits/rows", access=load_settings().s3).scan("orders", first=day, last=day).collect().height)
time.sleep(0.5)
"""


def test_once_rows_were_read_no_thread_reads_the_variables_of_the_process_again_and_again(s3, monkeypatch):
    """The thread of polars that did would tell what it is doing, and end the process where a variable is set."""
    use(monkeypatch, s3)
    make_bucket(s3, "waits", landed("rows", KEY.as_of))

    done = subprocess.run(
        [sys.executable, "-c", READ_AND_WAIT],
        env={**os.environ, "PYTHONPATH": str(REPO), "POLARS_LOG_CONCURRENCY": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout, done.stderr) == ("8\n", "")


def test_an_asset_of_ones_own_gets_dagsters_resource(s3, monkeypatch):
    use(monkeypatch, s3, max_attempts=3)
    make_bucket(s3, "own")

    @dg.asset
    def mine(s3: S3Resource) -> None:
        s3.get_client().put_object(Bucket="own", Key="mine", Body=b"1")
        assert (s3.endpoint_url, s3.region_name, s3.max_attempts) == (
            load_settings().s3.endpoint_url,
            "eu-west-1",
            3,
        )

    assert dg.materialize([mine], resources={"s3": s3_resource}).success


def test_what_the_settings_leave_open_is_decided_by_the_variables_of_aws(monkeypatch):
    use(monkeypatch, "")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://everything.example")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://objects.example")

    found = find_session(load_settings().s3)
    set_by_us = find_session(S3Access(endpoint_url="https://ours.example", region="eu-south-2"))

    assert (found.endpoint, found.region) == ("https://objects.example", "eu-west-1")
    assert (set_by_us.endpoint, set_by_us.region) == ("https://ours.example", "eu-south-2")


@pytest.mark.kind("secrets in places")
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
@pytest.mark.parametrize("url", ["https://hunter22@objects.example", "https://objects.example/?sig=hunter22"])
def test_an_endpoint_of_a_variable_that_holds_a_credential_is_refused_and_not_repeated(
    variable, url, monkeypatch
):
    use(monkeypatch, "")
    monkeypatch.setenv(variable, url)

    with pytest.raises(StoreError, match="The endpoint of S3 holds a credential") as error:
        find_session(load_settings().s3)

    assert "hunter22" not in str(error.value)


def test_aws_itself_is_asked_in_the_region_of_the_settings(monkeypatch):
    use(monkeypatch, "", region="cn-north-1")

    assert find_session(load_settings().s3).endpoint == "https://s3.cn-north-1.amazonaws.com.cn"


def test_requests_to_a_public_bucket_need_no_credentials(s3, network, monkeypatch):
    use(monkeypatch, network.url)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    make_bucket(s3, "public")

    assert ArtifactStore("s3://public", load_settings().s3).find(KEY) is None
    assert network.signers() == {("", "")}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("endpoint_url", "ftp://host"),
        ("endpoint_url", "http://host/?a=b"),
        ("endpoint_url", "http://user:hunter22@host"),
        ("region", "Frankfurt"),
        ("profile", "AKIAC4N4RYENV0000001"),
        ("max_attempts", 0),
        ("connect_timeout", 0),
        ("read_timeout", float("inf")),
        ("secret", "hunter22"),
    ],
)
def test_access_that_cannot_be_used_is_refused_and_not_repeated(field, value):
    with pytest.raises(ValidationError) as error:
        S3Access(**{field: value})

    assert "hunter22" not in str(error.value)
    assert "AKIA" not in str(error.value)


def test_the_settings_name_the_field_that_holds_a_credential(monkeypatch):
    use(monkeypatch, "http://user:hunter22@host")

    with pytest.raises(SettingsError, match=r"s3\.endpoint_url: holds a credential") as error:
        load_settings()

    assert "hunter22" not in str(error.value)


def test_every_field_has_a_default_and_a_description():
    assert all(field.description and not field.is_required() for field in S3Access.model_fields.values())
