"""An asset of one pipeline in another: one path, one key, one owner, and one artifact for both."""

import datetime as dt

import dagster as dg
import pytest

from ml_assets.core.artifact import parse_path
from ml_assets.errors import RefusedError
from ml_assets.pipeline.plan import plan_day
from ml_assets.pipeline.reproduce import reproduce
from ml_assets.pipeline.verdicts import verdicts
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.settings import load_settings
from ml_assets_tests.shared_pipelines import load

DAY = dt.date(2025, 12, 1)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ML_ASSETS_RESOURCES__ORACLE__TOKEN", "words")
    return load(tmp_path, monkeypatch)


@pytest.fixture
def instance(tmp_path):
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        yield instance


def make(pipeline, **values):
    return pipeline.make(pipeline.resolve(values, as_of=DAY))


def run(shop, job, instance, *, days=("2025-12-01", "2025-12-01"), **values):
    config = {f"{job}_params": {"config": values}} if values else {}
    first, last = days
    tags = {"dagster/partition": first} if first == last else {}
    tags |= (
        {}
        if tags
        else {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    )
    job_def = shop.merged().resolve_job_def(job)
    return job_def.execute_in_process(
        run_config={"resources": config}, tags=tags, instance=instance, raise_on_error=False
    )


def test_path_key_and_run_id_are_those_of_its_owner(shop):
    asked, series = shop.Asked(), shop.Series()

    assert shop.advice.key("history", asked, DAY) == shop.stock.key("history", series, DAY)
    assert shop.advice.key("history", asked, DAY).path.startswith("stock/history/shop=north/")


def test_plain_python_makes_it_once_for_both(shop):
    make(shop.advice)

    found = make(shop.stock)["history"]

    assert found.reused
    assert shop.CALLS == ["history", "answers", "score"]


def test_plain_python_takes_what_its_owner_made(shop):
    owned = make(shop.stock)["history"]

    made = make(shop.advice)["answers"]

    assert shop.CALLS.count("history") == 1
    assert made.manifest.artifacts[0].sha256 == owned.sha256


def test_lineage_names_the_owner_and_leads_to_the_artifact(shop):
    used = make(shop.advice)["answers"].manifest.artifacts[0]

    assert used.name == "stock/history"
    assert parse_path(used.path) == make(shop.stock)["history"].key


def test_what_is_not_of_another_pipeline_is_told_as_before(shop):
    used = make(shop.advice)["score"].manifest.artifacts[0]

    assert (used.name, used.model_dump()) == (
        "answers",
        {"asset": "answers", "run_id": used.run_id, "sha256": used.sha256},
    )


def test_values_that_decide_only_the_owner_are_shared_by_all_others(shop):
    make(shop.advice)
    make(shop.advice, question="long")

    assert shop.CALLS == ["history", "answers", "score", "answers", "score"]


def test_a_plan_says_that_it_is_not_stored(shop, tmp_path):
    made = make(shop.advice)["answers"]
    workspace = open_workspace(load_settings(), pipeline=shop.advice)
    for file in (tmp_path / "artifacts" / "dev" / made.manifest.artifacts[0].path).iterdir():
        file.unlink() if file.is_file() else None

    planned = plan_day(shop.Asked(), DAY, workspace=workspace)

    assert "answers: history of stock is not stored" in planned.why


def test_it_is_not_made_again_to_reproduce_what_uses_it(shop):
    made = make(shop.advice)
    shop.CALLS.clear()

    found = reproduce([made["score"].key], workspace=open_workspace(load_settings(), pipeline=shop.advice))

    assert all(item.same for item in found)
    assert "history" not in shop.CALLS


def test_checks_of_its_own_are_told_as_ever(shop):
    made = make(shop.advice)["answers"]

    assert verdicts(made, made.workspace)["bytes_verify"].passed


def test_in_dagster_it_is_upstream_and_external_to_the_step(shop):
    defs = shop.merged()
    graph = defs.resolve_asset_graph()
    answers, history = dg.AssetKey(["advice", "answers"]), dg.AssetKey(["stock", "history"])

    assert graph.get(answers).parent_keys == {history}
    assert history not in shop.advice.assets().keys
    assert [key for key in graph.get_all_asset_keys() if key.path[-1] == "history"] == [history]


def test_in_dagster_it_is_loaded_from_the_store(shop, instance):
    assert run(shop, "stock", instance).success

    done = run(shop, "advice", instance)

    assert done.success
    assert shop.CALLS == ["history", "answers", "score"]
    [told] = [
        event.materialization.metadata["inputs"].value
        for event in done.get_asset_materialization_events()
        if event.asset_key.path[-1] == "answers"
    ]
    assert "`stock/history`" in told


def test_in_dagster_what_is_missing_fails_and_names_it(shop, instance):
    done = run(shop, "advice", instance)

    assert not done.success
    [failed] = [event for event in done.all_events if event.is_step_failure]
    assert "No history for shop=north as_of=2025-12-01" in str(failed.event_specific_data.user_failure_data)


def test_several_days_in_workers_take_it_and_the_resource(shop, instance):
    days = ("2025-11-29", "2025-12-01")
    assert run(shop, "stock", instance, days=days).success

    done = run(shop, "advice", instance, days=days)

    assert done.success
    assert len(done.get_asset_materialization_events()) == 6
    assert "words" not in "".join(map(str, instance.all_logs(done.run_id)))


def test_in_dagster_a_missing_setting_is_refused_before_anything_is_made(
    shop, instance, monkeypatch, tmp_path
):
    assert run(shop, "stock", instance).success
    monkeypatch.delenv("ML_ASSETS_RESOURCES__ORACLE__TOKEN")

    done = run(shop, "advice", instance)

    assert not done.success
    assert "answers" not in shop.CALLS
    assert not [*tmp_path.glob("artifacts/dev/advice/**/manifest.json")]


def test_fakes_reach_what_is_used_too(shop):
    with pytest.raises(RefusedError, match=r"unknown\. Allowed: none\."):
        shop.stock.make(shop.stock.resolve({}, as_of=DAY), store=None, resources={"oracle": object()})
