"""S3 that says no: each reason in plain words with the next step, nothing written, and no secret repeated."""

import contextlib
import datetime as dt
import os
import traceback

import pytest
from obstore.exceptions import UnauthenticatedError

from ml_assets.cli.main import main
from ml_assets.core.s3_access import S3Access
from ml_assets.errors import MlAssetsError, SourceError, StoreError
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets.sources.rows import open_source
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.buckets import find_session
from ml_assets.storage.explain import explain
from ml_assets_tests.browser import wait_for
from ml_assets_tests.faulty import Fault, faulty
from ml_assets_tests.keys import key_of
from ml_assets_tests.s3 import landed, make_bucket, make_read_only, objects_in, use
from ml_assets_tests.scenario import failure_of, train

KEY = key_of("model_card", TrainingParameters(), dt.date(2025, 12, 1))
BUCKET = "errors"

ANSWERS = [
    (
        403,
        "AccessDenied",
        "access is denied. Grant these credentials s3:ListBucket, s3:GetObject and s3:PutObject",
    ),
    (404, "NoSuchBucket", "there is no such bucket. Create it, or correct its name or the endpoint"),
    (
        403,
        "InvalidAccessKeyId",
        "the credentials are not valid. Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    (403, "SignatureDoesNotMatch", "the credentials are not valid."),
    (400, "ExpiredToken", "the credentials have expired. Renew them, for example by `aws sso login`"),
    (403, "RequestTimeTooSkewed", "the clock of this machine is wrong. Set it, for example by NTP"),
    (301, "PermanentRedirect", "the bucket is in another region. Set ML_ASSETS_S3__REGION"),
    (503, "SlowDown", "the store asks for fewer requests, again and again. Run it again later"),
    (500, "InternalError", "the store failed, again and again. Run it again later"),
    (418, "Teapot", "the store refused. Check the root, the endpoint and the region"),
]


@pytest.fixture(scope="module", autouse=True)
def _bucket(s3):
    make_bucket(s3, BUCKET)


@pytest.fixture
def behind(s3, monkeypatch):
    """The access to S3 behind a network that spoils every request alike."""
    with contextlib.ExitStack() as stack:

        def call(fault, **settings):
            network = stack.enter_context(faulty(s3, lambda _method, _path: fault))
            use(monkeypatch, network.url, **{"max_attempts": 2, **settings})
            return load_settings().s3, network

        yield call


def refusal(kind, act, *args, **more):
    """What an act fails with, once it is seen that neither its text nor its causes hold a secret."""
    with pytest.raises(kind) as caught:
        act(*args, **more)
    told = "".join(traceback.format_exception(caught.value))
    assert "c4n4ry" not in told
    assert "AKIAC4N4RYENV" not in told
    return str(caught.value)


@pytest.mark.parametrize(("status", "code", "words"), ANSWERS, ids=[code for _, code, _ in ANSWERS])
def test_an_answer_is_told_in_plain_words_by_the_store_and_by_the_source(behind, status, code, words):
    access, network = behind(Fault(kind="answer", status=status, code=code))
    root = f"s3://{BUCKET}/{code}"

    found = refusal(StoreError, ArtifactStore(root, access).find, KEY)
    listed = refusal(StoreError, ArtifactStore(root, access).keys)
    read = refusal(SourceError, open_source("shop", root, access=access).contract, "orders")

    assert found.startswith(f"Cannot use {root}/{KEY.path}/manifest.json: {words}")
    assert listed.startswith(f"Cannot use {root}: {words}")
    assert read.startswith(f"{root}/orders/dataset.toml: cannot be read: {words}")
    assert {text.rstrip(".").endswith(f"({code})") for text in (found, listed, read)} == {True}
    looks = 3 if status == 503 else 0  # at the head of an answer that may say how long to wait
    assert network.requests == (6 if status in {500, 503} else 3) + looks


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            Fault(kind="delay", seconds=0.5),
            (
                "the store does not answer in time. Run it again later, or raise ML_ASSETS_S3__CONNECT_TIMEOUT "
                "and ML_ASSETS_S3__READ_TIMEOUT"
            ),
        ),
        (
            Fault(kind="lost"),
            "the connection breaks off, again and again. Check the network, then run it again",
        ),
    ],
    ids=["slow", "broken"],
)
def test_a_store_that_does_not_answer_is_told_with_its_address(behind, fault, words):
    access, network = behind(fault, read_timeout=0.1 if fault.seconds else 60)

    assert refusal(StoreError, ArtifactStore(f"s3://{BUCKET}", access).find, KEY) == (
        f"Cannot use s3://{BUCKET}/{KEY.path}/manifest.json: {words} ({network.url})."
    )
    wait_for(lambda: network.requests == 2)  # a busy machine counts after the client has given up


@pytest.mark.slow
def test_a_file_of_rows_that_does_not_come_in_time_is_not_called_damaged(s3, monkeypatch):
    make_bucket(s3, "rowslate", landed("late", KEY.as_of))
    rule = lambda _method, path: Fault(kind="delay", seconds=0.6) if "parquet" in path else None  # noqa: E731

    with faulty(s3, rule) as network:
        use(monkeypatch, network.url, read_timeout=0.3, max_attempts=1)
        source = open_source("shop", "s3://rowslate/late", access=load_settings().s3)
        told = refusal(SourceError, source.scan, "orders", first=KEY.as_of, last=KEY.as_of)

    assert told.startswith(
        f"s3://rowslate/late/orders/date={KEY.as_of}/part.parquet: cannot be read: the store does not answer in time."
    )


def test_a_failed_run_holds_nothing_of_what_was_signed(behind, monkeypatch):
    behind(Fault(kind="answer", status=403, code="SignatureDoesNotMatch"))
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", f"s3://{BUCKET}/signed")

    told = failure_of(train())

    assert "the credentials are not valid. Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in told
    assert "c4n4ry" not in told
    assert "AKIAC4N4RYENV" not in told


def test_a_store_that_is_not_there_is_told_with_its_address(monkeypatch):
    use(monkeypatch, "http://127.0.0.1:9", max_attempts=1)

    assert refusal(StoreError, ArtifactStore(f"s3://{BUCKET}", load_settings().s3).find, KEY).endswith(
        "the store cannot be reached. Check ML_ASSETS_S3__ENDPOINT_URL or AWS_ENDPOINT_URL, and the network "
        "(http://127.0.0.1:9)."
    )


def test_without_credentials_the_ways_to_give_them_are_told(s3, monkeypatch):
    use(monkeypatch, s3)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    words = "There are no AWS credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

    assert refusal(StoreError, ArtifactStore("s3://one", load_settings().s3).find, KEY).startswith(words)
    source = open_source("shop", "s3://one/rows", access=load_settings().s3)
    assert refusal(SourceError, source.contract, "orders").startswith(
        f"s3://one/rows: cannot be read: {words}"
    )


@pytest.mark.parametrize(
    ("named", "variable"),
    [("nobody", "ML_ASSETS_S3__PROFILE, or that of the environment,"), ("", "AWS_PROFILE")],
)
def test_an_unknown_profile_is_told_by_what_names_it(s3, monkeypatch, named, variable):
    use(monkeypatch, s3, profile=named)
    monkeypatch.setenv("AWS_PROFILE", "nobody-else")

    assert refusal(StoreError, ArtifactStore("s3://one", load_settings().s3).find, KEY) == (
        f"There is no such AWS profile (ProfileNotFound). Correct {variable}, or add the profile to ~/.aws/config."
    )


def test_a_missing_bucket_is_missing_for_readers_and_writers(s3, monkeypatch, capsys):
    use(monkeypatch, s3)
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", "s3://nowhere/artifacts")

    assert main(["list"]) == 1
    assert capsys.readouterr().err == (
        "Failed: Cannot use s3://nowhere/artifacts: there is no such bucket. Create it, or correct its name or the "
        "endpoint (NoSuchBucket).\n"
    )
    assert "there is no such bucket" in failure_of(train(lookback_days=120))


def test_a_bucket_that_may_only_be_read_fails_the_run_with_the_reason_and_stays_as_it_was(
    s3, monkeypatch, capsys
):
    make_read_only(s3, "readonly", {"dev/here/already": b"1"})
    use(monkeypatch, s3)
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", "s3://readonly/dev")

    code = main(["run", "--as-of", "2025-12-01", "--lookback-days", "120"])

    assert code == 1
    assert "access is denied. Grant these credentials s3:ListBucket, s3:GetObject and s3:PutObject there" in (
        capsys.readouterr().err
    )
    assert objects_in(s3, "readonly") == {"dev/here/already": 1}


def test_a_root_that_names_no_bucket_is_refused():
    with pytest.raises(
        MlAssetsError, match=r"root: names no bucket\. Allowed: s3://BUCKET or s3://BUCKET/PREFIX"
    ):
        ArtifactStore("s3:///prefix", S3Access()).find(KEY)


@pytest.mark.parametrize(
    ("profile", "kind"),
    [
        ("credential_process = nowhere/to/be/found", "FileNotFoundError"),
        (
            "role_arn = arn:aws:iam::123456789012:role/x\nweb_identity_token_file = /nowhere/token",
            "FileNotFoundError",
        ),
    ],
)
def test_credentials_that_cannot_be_had_are_not_taken_for_something_that_is_missing(
    s3, monkeypatch, tmp_path, profile, kind
):
    use(monkeypatch, s3, profile="odd")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (tmp_path / "config").write_text(f"[profile odd]\n{profile}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    told = refusal(StoreError, ArtifactStore("s3://one", load_settings().s3).find, KEY)

    assert told.startswith(f"The AWS credentials cannot be had ({kind}).")


def test_a_credentials_file_that_was_renewed_is_read_again(s3, monkeypatch, tmp_path):
    use(monkeypatch, s3)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    keys = []
    for moment, key in ((1, "OLD"), (2, "NEW")):
        file.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = x\n")
        os.utime(file, (moment, moment))
        keys.append(find_session(load_settings().s3).provider()["access_key_id"])

    assert keys == ["OLD", "NEW"]


def test_credentials_that_cannot_be_renewed_later_are_told_by_their_kind_alone():
    error = UnauthenticatedError(
        "External AWS credential provider: botocore.exceptions.TokenRetrievalError: arn:aws:iam::123 said no"
    )

    assert explain(error) == (
        "the credentials could not be renewed. Renew them, for example by `aws sso login`, then run it again "
        "(TokenRetrievalError)"
    )


@pytest.mark.parametrize(("bucket", "name"), [("empty", "kept//odd.json"), ("dots", "kept/model/./odd.json")])
def test_an_object_whose_name_cannot_be_read_stops_no_listing_of_artifacts(bucket, name, s3, monkeypatch):
    use(monkeypatch, s3)
    make_bucket(s3, bucket, {name: b"{}"})
    store = ArtifactStore(f"s3://{bucket}/kept", load_settings().s3)

    assert list(store.keys(None)) == []
