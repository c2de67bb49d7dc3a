"""Everything in S3: rows, requests and artifacts; the same run_ids and bytes as on disk."""

import datetime as dt
from pathlib import Path

import pytest

from ml_assets.cli.main import main
from ml_assets.core.s3_access import S3Access
from ml_assets.pipeline.days import attempts
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.faulty import USUAL, faulty, shuffled
from ml_assets_tests.s3 import VARIABLES, client, make_bucket, objects_in, use
from ml_assets_tests.scenario import materializations, train
from ml_assets_tests.shown import landed_days, request_files
from ml_assets_tests.ticks import days, preset, tick

LAST = dt.date(2025, 8, 20)
GIVEN = {"source": "shop", "lookback_days": 76, "holdout_days": 5}
ROWS = order_days(LAST - dt.timedelta(days=81), LAST)


def run_on(root, rows, **more):
    """One day through Dagster: (asset, day) -> its run_id and the SHA-256 of its bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", root)
        patch.setenv("ML_ASSETS_SOURCES__SHOP", rows)
        if more:
            use(patch, more["url"])
        done = train(str(LAST), **GIVEN)
    assert done.success
    made = materializations(done)
    return {
        key: (event.metadata["run_id"].value, event.metadata["sha256"].value) for key, event in made.items()
    }


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def zone(s3, tmp_path_factory):
    """A landing zone on disk, and the same in the bucket `rows`."""
    place = tmp_path_factory.mktemp("rows")
    shop = write_landing(place / "shop", rows_by_day=ROWS)
    make_bucket(
        s3, "rows", {str(p.relative_to(place)): p.read_bytes() for p in shop.rglob("*") if p.is_file()}
    )
    make_bucket(s3, "artifacts")
    return shop


@pytest.fixture(scope="module")
def on_disk(zone, tmp_path_factory):
    """What a run made on disk, and where."""
    root = str(tmp_path_factory.mktemp("artifacts"))
    return run_on(root, str(zone)), root


@pytest.fixture(scope="module")
def in_s3(s3, zone):
    """What the same run made in the bucket `artifacts`."""
    return run_on("s3://artifacts/dev", "s3://rows/shop", url=s3)


def test_a_run_in_s3_has_the_run_ids_and_the_bytes_of_one_on_disk(on_disk, in_s3):
    assert set(in_s3) == {(asset, str(LAST)) for asset in tabular.assets}
    assert in_s3 == on_disk[0]


def test_the_layout_of_a_bucket_is_that_of_a_folder(s3, on_disk, in_s3):
    here = files_in(on_disk[1])

    there = objects_in(s3, "artifacts", "dev/")

    assert data_files(key.removeprefix("dev/") for key in there) == data_files(here)
    assert len(there) == len(here)
    assert {key.split("/")[1] for key in there} == set(tabular.assets)


def files_in(root):
    return [str(path.relative_to(root)) for path in Path(root).rglob("*") if path.is_file()]


def data_files(paths):
    return sorted(path for path in paths if "/data-" in path)


@pytest.mark.slow
def test_a_run_of_which_every_fifth_request_fails_makes_the_same_bytes(s3, zone, on_disk):
    with faulty(s3, shuffled(each=5, seed=20)) as network:
        made = run_on("s3://artifacts/stormy", "s3://rows/shop", url=network.url)

    assert made == on_disk[0]
    assert set(network.spoiled) == {fault.name for fault in USUAL}
    assert network.spoiled.total() == pytest.approx(network.requests / 5, abs=1)
    store = ArtifactStore("s3://artifacts/stormy", S3Access(endpoint_url=s3, region="eu-west-1"))
    assert [store.verify(key) for key in store.keys(None)] == [
        store.history(key)[0] for key in store.keys(None)
    ]
    assert data_files(objects_in(s3, "artifacts", "stormy/")) == [
        f"stormy/{path}" for path in data_files(files_in(on_disk[1]))
    ]
    assert client(s3).list_multipart_uploads(Bucket="artifacts").get("Uploads") is None


def test_the_shell_lists_shows_and_reuses_what_is_in_s3(s3, in_s3, monkeypatch, capsys):
    use(monkeypatch, s3)
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", "s3://artifacts/dev")
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", "s3://rows/shop")
    run_id, sha256 = in_s3["model", str(LAST)]

    assert main(["list"]) == 0
    assert run_id in capsys.readouterr().out
    assert main(["show", run_id]) == 0
    assert f"SHA-256 {sha256}" in " ".join(capsys.readouterr().out.split())
    words = [f"--{name.replace('_', '-')}={value}" for name, value in GIVEN.items()]
    assert main(["run", "--as-of", str(LAST), *words]) == 0
    assert capsys.readouterr().out.count("reused s3://artifacts/dev/") == len(tabular.assets)


def test_an_artifact_is_shown_by_its_uri(s3, in_s3, monkeypatch, capsys):
    use(monkeypatch, s3)
    run_id, _ = in_s3["model", str(LAST)]
    path = f"s3://artifacts/dev/model/model_version=v1/dataset=orders/as_of={LAST}/run={run_id}"

    assert main(["show", path]) == 0

    assert run_id in capsys.readouterr().out


@pytest.mark.slow
def test_worker_processes_reach_s3_as_their_run_does(s3, zone, on_disk, monkeypatch):
    use(monkeypatch, s3)
    store = ArtifactStore("s3://artifacts/workers", S3Access(endpoint_url=s3, region="eu-west-1"))
    workspace = Workspace(
        pipeline=tabular, store=store, environment="dev", sources={"shop": "s3://rows/shop"}
    )
    monkeypatch.delenv("ML_ASSETS_S3__ENDPOINT_URL")  # so that nothing but what is sent tells where S3 is

    done = list(
        attempts(
            TrainingParameters(**GIVEN), [LAST - dt.timedelta(days=1), LAST], workspace=workspace, workers=2
        )
    )

    assert [attempt.error for attempt in done] == [None, None]
    made = {
        key.asset: (key.run_id, store.verify(key).sha256) for key in store.keys(None) if key.as_of == LAST
    }
    assert made == {asset: told for (asset, _), told in on_disk[0].items()}


def test_request_files_are_watched_in_s3(s3, monkeypatch):
    sound, wrong = b"C = 2\nas_of = 2025-12-01\n", b"seed = -1"
    make_bucket(s3, "requests", {"in/good.toml": sound, "in/bad.toml": wrong})
    use(monkeypatch, s3)
    monkeypatch.setenv("ML_ASSETS_REQUESTS", "s3://requests/in")
    monkeypatch.setattr("ml_assets.adapter.launching.request_folder.SETTLED", dt.timedelta(0))

    first = tick(request_files)
    again = tick(request_files, cursor=first.cursor)

    assert days(first.run_requests) == ["2025-12-01"]
    assert not again.run_requests
    assert set(objects_in(s3, "requests")) == {"in/good.toml", "in/bad.toml", "in/bad.toml.rejected"}


def test_landed_days_are_seen_in_s3(s3, zone, monkeypatch):
    use(monkeypatch, s3)
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", "s3://rows/shop")
    monkeypatch.setattr("ml_assets.adapter.launching.landing_plan.LOOKED_AT", 100)
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", str(LAST - dt.timedelta(days=1)))
    preset("shop", 'source = "shop"\nlookback_days = 76\nholdout_days = 5\n', landing=True)

    first = tick(landed_days)

    assert days(first.run_requests) == ["2025-08-19", "2025-08-20"]
    assert not tick(landed_days, cursor=first.cursor).run_requests
