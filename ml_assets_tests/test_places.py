"""Which roots are one place, and which lie in one another, however they are written."""

import os

import pytest

from ml_assets.core.s3_access import S3Access
from ml_assets.storage.places import location, overlap

HERE = S3Access(endpoint_url="http://127.0.0.1:9000")
THERE = S3Access(endpoint_url="http://127.0.0.1:9001")
SAME, INSIDE, AROUND, APART = "has the same root as", "lies in the root of", "holds the root of", ""
kind = pytest.mark.kind("releases")


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "k")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")


@kind
@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("s3://b/x", "s3://b/x/", SAME),
        ("s3://b/x", "S3://b//x//", SAME),
        ("s3://b", "s3://b/", SAME),
        ("s3://b/x y", "s3://b/x%20y", SAME),
        ("s3://b/x/green", "s3://b/x", INSIDE),
        ("s3://b/x", "s3://b", INSIDE),
        ("s3://b", "s3://b/x", AROUND),
        ("s3://b/x", "s3://b/xy", APART),
        ("s3://b/x", "s3://c/x", APART),
        ("s3://b/x", "gs://b/x", APART),
        ("gs://b/x", "GS://b/x/", SAME),
        ("memory://a", "memory://b", APART),
        ("s3://b/x", "/b/x", APART),
        ("file:///b/x", "/b/x", SAME),
        ("/b/y/../x", "/b/x", SAME),
        ("/b/x", "/b/xy", APART),
        ("ftp://b/x", "/b/x", APART),
        ("/", "/b", AROUND),
    ],
)
def test_roots_are_compared_by_what_they_are(first, second, words):
    assert overlap(location(first, HERE), location(second, HERE)) == words


@kind
@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (HERE, THERE, APART),
        (HERE, S3Access(endpoint_url="http://localhost:9000/", region="x"), SAME),
        (HERE, S3Access(endpoint_url="http://0.0.0.0:9000"), SAME),
        (HERE, S3Access(endpoint_url="http://localhost.:9000"), SAME),
        (HERE, S3Access(endpoint_url="http://127.0.0.1:9000/another"), APART),
        (S3Access(region="eu-west-1"), S3Access(region="us-east-1"), SAME),
        (S3Access(), S3Access(endpoint_url="https://s3.eu-north-1.amazonaws.com"), SAME),
        (S3Access(), S3Access(profile="is-not-there"), SAME),
        (S3Access(), HERE, APART),
    ],
)
def test_a_bucket_is_one_place_by_its_store_however_that_is_reached(first, second, words):
    assert overlap(location("s3://b/x", first), location("s3://b/x", second)) == words


@kind
def test_a_folder_is_one_place_under_any_name(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    real = location(str(tmp_path / "real"), HERE)

    assert overlap(location(str(tmp_path / "link"), HERE), real) == SAME
    assert overlap(location(str(tmp_path / "link" / "not-yet"), HERE), real) == INSIDE
    assert overlap(location(os.path.relpath(tmp_path / "link"), HERE), real) == SAME
    assert overlap(location(str(tmp_path / "loop"), HERE), real) == APART
    assert overlap(location(str(tmp_path), HERE), real) == AROUND
