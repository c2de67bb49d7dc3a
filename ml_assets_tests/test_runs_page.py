"""The document of the page of runs: what is listed, in which order, what is refused, and what is compared."""

import datetime as dt
import itertools
import json

import pytest

from ml_assets.core.where import Filter, parse
from ml_assets.pages.runs import MOST_ROWS, PAGE, StoredRuns, links_of, runs_document, runs_file_document
from ml_assets.pipeline.run import make, resolve
from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings
from ml_assets.storage import object_store
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.noted import document, noted, stored
from ml_assets_tests.test_list import DAYS, SETS, fill

NOW = dt.datetime(2025, 12, 31, 8, 30, tzinfo=dt.timezone.utc)
RATES = ({"rate": 1}, {"rate": 3}, {"rate": 2, "loud": True, "pitch": 4.0})


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(str(tmp_path / "artifacts"))


@pytest.fixture(params=["disk", "memory"])
def tabular_runs(request, tmp_path):
    """The runs of five parameter sets on three days, of which nothing was computed."""
    found = ArtifactStore(str(tmp_path / "artifacts") if request.param == "disk" else f"memory://{tmp_path}")
    fill(found)
    return StoredRuns(found, pipeline=tabular)


def rows(found):
    return [(row["parameters"]["rate"], row["as_of"]) for row in found["rows"]]


def file_of(runs, where=""):
    conditions = Filter.of(parse(where, cls=runs.pipeline.parameters), pipeline=runs.pipeline)
    links = links_of(runs.pipeline, load_settings())
    return runs_file_document(runs, conditions, links=links, text=where, now=NOW)


def test_the_newest_runs_come_first_each_with_its_parameters_and_metrics(tabular_runs):
    found = document(tabular_runs)

    days = [row["as_of"] for row in found["rows"]]
    row = next(row for row in found["rows"] if row["parameters"].get("max_depth") == 6)
    assert found["total"] == len(found["rows"]) == len(SETS) * len(DAYS)
    assert days == sorted(days, reverse=True)
    assert row["metrics"] == {"auc": 0.75}
    assert row["parameters"]["dataset"] == "orders"
    assert row["parameters"]["calibrate"] is False, "what the identity leaves out has its value"
    assert "C" not in row["parameters"], "what a run does not use is not told of it"
    assert row["show"] == f"ml-assets show {row['run_id']}"
    assert found["differs"] == ["model_version", "dataset"]
    assert (found["problems"], found["reading"], found["damaged"]["count"]) == ([], None, 0)


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("", 15),
        ("dataset=customers", 3),
        ("calibrate=false", 12),
        ("model_version=v2 max_depth>3", 3),
        ("as_of=2025-12-01", 5),
        ("seed=1 as_of>2025-12-01", 2),
        ("asset=model", 0),
    ],
)
def test_the_words_of_list_filter(tabular_runs, where, count):
    assert document(tabular_runs, where=where)["total"] == count
    assert len(file_of(tabular_runs, where)["rows"]) == count


def test_what_cannot_be_asked_for_is_told_in_the_words_of_the_shell_all_at_once(tabular_runs):
    found = document(
        tabular_runs, where="sed=1 calibrate>false", order="up", page="0", compare="x", sort="a b"
    )

    assert found["problems"] == [
        "where: sed is unknown. Did you mean seed?",
        "where: calibrate has no order. Allowed: = and !=.",
        "sort: no name. Allowed: as_of, run_id, a parameter or a metric.",
        "order: unknown. Allowed: asc, desc.",
        "page: not a page. Allowed: a whole number from 1.",
        "compare: not run_ids. Allowed: up to 8, with commas between them.",
    ]
    assert found["rows"] == []
    assert found["where"] == "sed=1 calibrate>false"


def test_a_name_that_nothing_has_orders_nothing(store):
    runs = stored(store, {})

    assert document(runs, sort="gian")["problems"] == ["sort: gian is unknown. Did you mean gain?"]
    assert document(runs, sort="unasked")["problems"] == []


def test_runs_are_ordered_by_parameters_and_metrics_and_those_without_come_last(store):
    runs = stored(store, *RATES)

    assert rows(document(runs, sort="rate", order="asc")) == [(n, "2025-12-01") for n in (1, 2, 3)]
    assert rows(document(runs, sort="gain")) == [(n, "2025-12-01") for n in (3, 2, 1)]
    assert rows(document(runs, sort="loss")) == [(n, "2025-12-01") for n in (1, 2, 3)]
    for order in ("asc", "desc"):
        assert rows(document(runs, sort="pitch", order=order))[0] == (2, "2025-12-01")


def test_orders_by_path_and_by_manifest_agree(tabular_runs):
    for name, order in itertools.product(("as_of", "dataset", "model_version", "run_id"), ("asc", "desc")):
        by_path = document(tabular_runs, sort=name, order=order)["rows"]
        by_manifest = document(tabular_runs, sort=name, order=order, where="seed>=0")["rows"]
        values = [
            [row.get(name) or row["parameters"][name] for row in found] for found in (by_path, by_manifest)
        ]
        assert values[0] == values[1] == sorted(values[0], reverse=order == "desc")


def test_a_metric_is_told_with_its_direction_margin_and_interval(store):
    found = document(stored(store, {}))

    told = {metric["name"]: metric for metric in found["metrics"]}
    assert list(told) == ["gain", "loss", "unasked"]
    assert (told["gain"]["better"], told["gain"]["margin"], told["gain"]["interval"]) == (
        "larger",
        0.05,
        ["gain_low", "gain_high"],
    )
    assert (told["loss"]["better"], told["loss"]["interval"]) == ("smaller", None)
    assert (told["unasked"]["declared"], told["unasked"]["better"]) == (False, "none")
    assert "gain_low" in found["rows"][0]["metrics"]


def test_pages_follow_each_other_and_leave_no_run_out(tabular_runs, monkeypatch):
    monkeypatch.setattr("ml_assets.pages.runs.PAGE", 4)

    pages = [document(tabular_runs, page=str(number)) for number in (1, 2, 3, 4, 5)]

    ids = [row["run_id"] for page in pages for row in page["rows"]]
    assert [len(page["rows"]) for page in pages] == [4, 4, 4, 3, 0]
    assert len(set(ids)) == 15
    assert {page["total"] for page in pages} == {15}


def test_a_page_reads_the_manifests_of_its_runs_only(tabular_runs, monkeypatch):
    monkeypatch.setattr("ml_assets.pages.runs.PAGE", 5)
    newest = max(DAYS)
    for key in list(tabular_runs.store.keys("evaluation")):
        if key.as_of != newest:
            object_store.open_store(tabular_runs.store.root).put(f"{key.path}/manifest.json", b"not read")

    first, second = (document(tabular_runs, page=page) for page in ("1", "2"))

    assert ({row["as_of"] for row in first["rows"]}, first["damaged"]["count"]) == ({str(newest)}, 0)
    assert (second["rows"], second["damaged"]["count"]) == ([], 5)


def test_what_needs_all_manifests_goes_on_where_time_ran_out(store, monkeypatch):
    stored(store, *RATES)
    monkeypatch.setattr("ml_assets.pages.stored_runs._AT_A_TIME", 1)
    runs = StoredRuns(store, pipeline=noted)
    links = links_of(noted, load_settings())

    answers = [runs_document(runs, {"sort": "gain"}, links=links, seconds=0) for _ in range(4)]

    assert [answer["reading"] for answer in answers] == [
        {"read": 1, "of": 3},
        {"read": 2, "of": 3},
        None,
        None,
    ]
    assert [answer["total"] for answer in answers] == [1, 2, 3, 3]


def test_a_run_that_was_made_again_is_shown_as_it_is_now(store):
    runs = stored(store, {})
    assert document(runs, sort="gain")["rows"][0]["created_at"]
    key = next(iter(store.keys("score", folder="noted")))
    manifest = store.manifest(key)
    other = manifest.model_copy(update={"metrics": {"gain": 9.5}, "created_at": NOW})

    store.commit(key, other, {item.file: store.read_file(key, item) for item in manifest.files})

    assert document(runs, sort="gain")["rows"][0]["metrics"] == {"gain": 9.5}


def test_what_was_read_long_ago_is_read_again_for_the_order(store):
    seconds = itertools.count(0, 10_000)
    stored(store, {}, {"rate": 3})
    runs = StoredRuns(store, pipeline=noted, clock=lambda: next(seconds))
    assert rows(document(runs, sort="gain"))[0][0] == 3
    key = next(
        key for key in store.keys("score", folder="noted") if store.manifest(key).parameters["rate"] != 3
    )
    manifest = store.manifest(key)
    other = manifest.model_copy(update={"metrics": {"gain": 9.5}, "created_at": NOW})

    store.commit(key, other, {item.file: store.read_file(key, item) for item in manifest.files})

    links = links_of(noted, load_settings())
    found = runs_document(runs, {"sort": "gain"}, links=links, seconds=None)
    assert found["rows"][0]["metrics"] == {"gain": 9.5}


def test_a_damaged_run_is_named_and_hides_no_other(tabular_runs):
    bad = next(iter(tabular_runs.store.keys("evaluation")))
    object_store.open_store(tabular_runs.store.root).put(f"{bad.path}/manifest.json", b"{}")

    for found in (document(tabular_runs), document(tabular_runs, sort="auc"), file_of(tabular_runs)):
        assert len(found["rows"]) == 14
        assert found["damaged"]["count"] == 1
        assert "is corrupt" in found["damaged"]["first"][0]


def test_compared_runs_have_their_lineage_and_the_other_days_of_their_parameters(store):
    runs = stored(store, *RATES[:2], days=3)
    by_rate = {row["parameters"]["rate"]: row for row in document(runs, where="as_of=2025-12-02")["rows"]}
    wanted = [by_rate[3]["run_id"], by_rate[1]["run_id"]]

    found = document(runs, compare=",".join(wanted))

    first, second, *others = found["rows"]
    assert found["compared"] == 2
    assert [first["run_id"], second["run_id"]] == wanted
    assert sorted((row["set"] == first["set"], row["as_of"]) for row in others) == [
        (of_first, f"2025-12-0{day}") for of_first in (False, True) for day in (1, 3)
    ]
    lineages = [dict(found["lineages"][number] for number in row["lineage"]) for row in (first, second)]
    assert lineages[0] == lineages[1], "both were made of the same words by the same code"
    assert {"score: code version", "score: input words", "words: code version"} <= lineages[0].keys()
    assert not any("lineage" in row for row in others)


def test_a_run_that_is_not_there_cannot_be_compared(store):
    runs = stored(store, {})

    assert document(runs, compare="0123456789ab")["problems"] == [
        f"compare: no score of run 0123456789ab is under {store.root}."
    ]


def test_a_file_holds_the_newest_runs_and_says_where_it_is_cut(tabular_runs, monkeypatch):
    monkeypatch.setattr("ml_assets.pages.runs.MOST_ROWS", 7)

    found = file_of(tabular_runs)

    days = {row["as_of"] for row in found["rows"]}
    assert MOST_ROWS == 5_000 > PAGE
    assert (len(found["rows"]), found["cut"]) == (7, {"of": 15})
    assert days == {str(day) for day in sorted(DAYS)[1:]}
    assert found["written_at"] == "2025-12-31 08:30 UTC"


def test_demand_has_its_rows_in_the_lineage_and_its_own_launchpad(store):
    for day in ("2025-12-01", "2025-12-02"):
        make(resolve(demand, {"weeks": 9}, as_of=day), store=store)
    runs = StoredRuns(store, pipeline=demand)

    found = file_of(runs)

    pairs = dict(found["lineages"][number] for number in found["rows"][0]["lineage"])
    assert [row["as_of"] for row in found["rows"]] == ["2025-12-02", "2025-12-01"]
    assert [metric["name"] for metric in found["metrics"]] == ["mape", "mape.week1"]
    assert {metric["better"] for metric in found["metrics"]} == {"smaller"}
    assert "rows of 64 days, 2025-09-30 to 2025-12-02" in pairs["history: rows of sample/sales"]
    assert (found["launchpad"]["job"], found["launchpad"]["resource"]) == ("demand", "demand_params")
    assert found["rows"][0]["show"].endswith("--pipeline demand")


def test_a_pipeline_that_is_imported_for_a_test_is_named_as_it_is_found(store):
    found = file_of(stored(store, {"note": "</script>", "weights": {"a": 1}, "steps": [1, 2]}))

    row = found["rows"][0]
    assert row["show"] == f"ml-assets show {row['run_id']} --pipeline ml_assets_tests.noted:noted"
    assert row["parameters"]["weights"] == {"a": 1}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_shell_writes_the_page_and_refuses_a_wrong_filter(shell, tmp_path, store):
    fill(ArtifactStore(str(tmp_path / "artifacts" / "dev")))

    written = shell("runs", "--out", "some.html", "--where", "dataset=customers")
    refused = shell("runs", "--where", "sed=1")

    assert (written.returncode, written.stdout) == (
        0,
        "Wrote some.html. Open it in a browser; it needs no server.\nIt holds 3 runs.\n",
    )
    assert (tmp_path / "some.html").read_text().count("<script") > 3
    assert refused.returncode == 2
    assert "where: sed is unknown. Did you mean seed?" in refused.stderr
    assert not (tmp_path / "runs.html").exists()


def test_a_store_without_runs_has_an_empty_page(store):
    runs = StoredRuns(store, pipeline=noted)

    for found in (file_of(runs), document(runs), document(runs, sort="gain")):
        assert (found["rows"], found["total"], found["problems"]) == ([], 0, [])
