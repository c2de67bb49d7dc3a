"""Runs through Dagster: what is refused before a run exists, and what a finished one tells."""

import traceback

import dagster as dg
import pytest

from ml_assets.adapter.refusal import LaunchRefusedError
from ml_assets.core.metrics import Metrics
from ml_assets.definitions import defs
from ml_assets.pipelines.tabular import tabular
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.scenario import DAY, failure_of, materializations, train, train_days


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One run of defaults, and the instance that recorded it."""
    place = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.local_temp(str(place)) as instance:
        patch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", str(place / "artifacts"))
        yield train(instance=instance, lookback_days=180), instance


def test_each_asset_states_what_made_it(finished):
    result, _ = finished
    made = materializations(result)

    assert result.success
    assert sorted(made) == sorted((asset, DAY) for asset in tabular.assets)
    for (asset, _day), event in made.items():
        assert f"/{asset}/" in event.metadata["path"].value
        assert f"run={event.metadata['run_id'].value}" in event.metadata["path"].value
        rows = {record.data["parameter"]: record.data for record in event.metadata["parameters"].records}
        assert (rows["lookback_days"]["value"], rows["lookback_days"]["origin"]) == ("180", "given")
        assert (rows["dataset"]["value"], rows["dataset"]["origin"]) == ("orders", "default")
        assert ("seed" in rows) is (asset != "training_set")


def test_metrics_are_numbers_and_pictures_are_inline(finished):
    result, _ = finished
    evaluation = materializations(result)["evaluation", DAY].metadata

    assert isinstance(evaluation["roc_auc"].value, float)
    assert evaluation["curves"].value.startswith("![curves](data:image/png;base64,")
    assert "feature_importance" in evaluation
    assert "scores" not in evaluation
    assert materializations(result)["training_set", DAY].metadata["dagster/row_count"].value > 1000


def test_metrics_stand_in_one_table_with_their_intervals_whose_ends_come_last(finished):
    result, _ = finished
    made = materializations(result)
    evaluation = made["evaluation", DAY].metadata
    rows = {record.data["metric"]: record.data for record in evaluation["metrics"].records}
    names = list(evaluation)

    assert rows["roc_auc"]["95 % interval"] == (
        f"{evaluation['roc_auc_low'].value:#.4g} to {evaluation['roc_auc_high'].value:#.4g}"
    )
    assert rows["skill"] == {
        "metric": "skill",
        "value": f"{evaluation['skill'].value:#.4g}",
        "95 % interval": "",
    }
    assert names.index("metrics") < names.index("curves") < names.index("roc_auc") < names.index("parameters")
    assert names[names.index("inputs") + 1 : names.index("environment")] == [
        f"{name}_{end}" for name in ("roc_auc", "log_loss", "brier") for end in ("low", "high")
    ]
    assert names[-3:] == ["path", "code_version", "sha256"]
    assert list(rows) == Metrics.of(tabular).in_order(rows)
    assert "metrics" not in made["model", DAY].metadata


def test_the_runs_tags_say_what_it_is_a_run_of(finished):
    result, instance = finished
    tags = instance.get_run_by_id(result.run_id).tags

    assert tags["ml_assets/run_id"] == materializations(result)["model", DAY].metadata["run_id"].value
    assert tags["ml_assets/dataset"] == "orders"
    assert tags["ml_assets/model_version"] == "v1"


def test_the_first_log_line_states_the_effective_parameters(finished):
    result, instance = finished
    lines = [
        entry.user_message
        for entry in instance.all_logs(result.run_id)
        if entry.user_message.startswith("run_id ")
    ]

    assert "lookback_days=180 (given)" in lines[0]
    assert 'model_version="v1" (default)' in lines[0]


def test_all_checks_are_evaluated_and_pass(finished):
    result, _ = finished
    checks = {
        f"{e.asset_key.to_user_string()}:{e.check_name}": e.passed
        for e in result.get_asset_check_evaluations()
    }

    assert len(checks) == 8
    assert all(checks.values()), checks


@pytest.mark.slow
def test_data_versions_carry_parameters_and_content(finished):
    result, instance = finished
    again = train(instance=instance, lookback_days=180)
    other = train(instance=instance, lookback_days=180, C=0.5)

    versions = [
        materializations(run)["model", DAY].tags["dagster/data_version"] for run in (result, again, other)
    ]
    assert versions[0] == versions[1] != versions[2]


@pytest.mark.slow
def test_a_run_over_several_days_records_each_day_with_its_own_metadata(tmp_path):
    result = train_days("2025-12-01", "2025-12-03", lookback_days=160)

    made = materializations(result)
    assert result.success
    assert len(made) == 12
    days = ["2025-12-01", "2025-12-02", "2025-12-03"]
    assert len({made["model", day].metadata["run_id"].value for day in days}) == 3
    assert all(f"as_of={day}/" in made["model", day].metadata["path"].value for day in days)


@pytest.mark.slow
def test_the_data_version_of_a_batch_does_not_depend_on_its_size():
    two = train_days("2025-12-01", "2025-12-02", lookback_days=160)
    three = train_days("2025-12-01", "2025-12-03", lookback_days=160)

    versions = {
        event.tags["dagster/data_version"]
        for run in (two, three)
        for (a, _), event in materializations(run).items()
        if a == "model"
    }
    assert len(versions) == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"holdout_days": 500}, "holdout_days: too large. Allowed: a whole number from 1 to 365."),
        ({"max_depth": 3}, "max_depth: not used by model_version v1."),
        ({"dataset": "akia_by_mistake"}, "dataset: unknown. Allowed: orders, customers."),
        ({"dataset": "AKIA-by-mistake"}, "dataset: has characters that are not allowed."),
        ({"seed": "AKIA-by-mistake"}, "seed: not a whole number."),
        ({"lookback_day": 9}, "lookback_day: unknown parameter. Did you mean lookback_days?"),
        ({"source": "nowhere"}, "source: unknown. Known: sample."),
        ({"source": "AKIAIOSFODNN7EXAMPLE"}, "source: looks like a credential."),
    ],
)
def test_a_bad_value_is_refused_before_a_run_exists(values, words):
    instance = dg.DagsterInstance.ephemeral()

    with pytest.raises(LaunchRefusedError) as error:
        train(instance=instance, **values)

    assert words in str(error.value)
    assert "AKIA" not in "".join(traceback.format_exception(error.value)).upper()
    assert instance.get_runs_count() == 0


def test_a_launch_without_a_partition_is_told_what_is_missing():
    result = train(tags={})

    assert not result.success
    assert "as_of: missing. Launch with a partition" in failure_of(result)


def test_a_subset_of_the_assets_uses_what_is_stored():
    instance = dg.DagsterInstance.ephemeral()
    train(instance=instance, lookback_days=160, selection=[dg.AssetKey("training_set")])

    result = train(instance=instance, lookback_days=160, selection=[dg.AssetKey("model")])

    assert result.success, failure_of(result)
    assert [asset for asset, _ in materializations(result)] == ["model"]


def test_a_subset_whose_input_is_not_stored_names_the_command_that_makes_it():
    result = train(lookback_days=160, selection=[dg.AssetKey("model")])

    assert not result.success
    assert "ml-assets run" in failure_of(result)


@pytest.mark.filterwarnings("ignore:Parameter `backfill_policy`")
def test_an_asset_downstream_gets_the_value_of_the_runs_own_parameters_and_stores_its_own(tmp_path):
    training = defs.resolve_assets_def("model")

    @dg.asset(
        partitions_def=training.partitions_def,
        backfill_policy=training.backfill_policy,
        metadata={"format": "json"},
    )
    def shape(evaluation: dict, training_set) -> dict:
        return {"auc": evaluation["metrics"]["roc_auc"], "rows": training_set.height}

    extended = dg.Definitions.merge(
        defs,
        dg.Definitions(
            assets=[shape],
            jobs=[dg.define_asset_job("all_of_it", dg.AssetSelection.assets("shape").upstream())],
        ),
    )
    config = {"resources": {"params": {"config": {"lookback_days": 160}}}}

    result = extended.resolve_job_def("all_of_it").execute_in_process(partition_key=DAY, run_config=config)

    assert result.success, failure_of(result)
    files = list((tmp_path / "artifacts/dev/shape").rglob("manifest.json"))
    assert len(files) == 1
    assert 'lookback_days":160' in files[0].read_text()


@pytest.mark.filterwarnings("ignore:Parameter `backfill_policy`")
def test_assets_downstream_over_several_days_tell_what_they_were_made_of(tmp_path):
    training = defs.resolve_assets_def("model")
    same = {"partitions_def": training.partitions_def, "backfill_policy": training.backfill_policy}

    def each(context, value):
        return {day: value(day) for day in context.partition_keys}

    @dg.asset(**same)
    def length(context) -> dict:
        return each(context, lambda day: {"day": day})

    @dg.asset(**same, ins={"length": dg.AssetIn(partition_mapping=dg.TimeWindowPartitionMapping(-1, -1))})
    def day_before(context, length) -> dict:
        return each(context, lambda _: sorted(length))

    @dg.asset(**same)
    def forgetful() -> dict:
        return {"2025-12-01": 1}

    extended = dg.Definitions.merge(
        defs,
        dg.Definitions(
            assets=[length, day_before, forgetful],
            jobs=[
                dg.define_asset_job(name, dg.AssetSelection.assets(name))
                for name in ("length", "day_before", "forgetful")
            ],
        ),
    )

    def run(name, first, last):
        span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        return extended.resolve_job_def(name).execute_in_process(tags=span, raise_on_error=False)

    assert run("length", "2025-11-28", "2025-12-01").success
    made = run("day_before", "2025-11-30", "2025-12-01")
    lost = run("forgetful", "2025-11-30", "2025-12-01")

    assert made.success, failure_of(made)
    for (_, day), event in materializations(made).items():
        assert f"as_of={day}/run={event.metadata['run_id'].value}" in event.metadata["path"].value
    store = ArtifactStore(str(tmp_path / "artifacts/dev"))
    digests = {key.as_of.isoformat(): store.manifest(key).sha256 for key in store.keys("length")}
    for key in store.keys("day_before"):
        inputs = {item.sha256 for item in store.manifest(key).artifacts}
        assert inputs == {digests["2025-11-29"], digests["2025-11-30"]}
    assert "it must return a mapping from each partition key to its value" in failure_of(lost)
    assert not list(store.keys("forgetful"))
