"""What the project shows to Dagster, spelled out: a rename shows here as a difference."""

import json

import dagster as dg

from ml_assets.definitions import defs
from ml_assets.defs.configs import DatasetConfig, TrainingConfig
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.conftest import output_of


def repository():
    return defs.get_repository_def()


def test_the_assets_are():
    specs = defs.resolve_asset_graph()

    assert sorted(key.to_user_string() for key in specs.get_all_asset_keys()) == [
        "backfill_report",
        "demand/accuracy",
        "demand/backfill_report",
        "demand/forecast",
        "demand/history",
        "demand/leaderboard",
        "demand/promotion",
        "evaluation",
        "kpi_comparison",
        "leaderboard",
        "model",
        "model_card",
        "monitoring",
        "predictions",
        "promotion",
        "training_set",
    ]


def test_the_jobs_and_resources_are():
    assert sorted(job.name for job in repository().get_all_jobs() if not job.name.startswith("__")) == [
        "compare",
        "demand",
        "demand_promote",
        "demand_report",
        "demand_reproduce",
        "demand_sweep",
        "demand_verify",
        "monitor",
        "promote",
        "report",
        "reproduce",
        "score",
        "sweep",
        "train",
        "verify",
    ]
    assert sorted(defs.resources) == [
        "demand_io_manager",
        "demand_params",
        "io_manager",
        "options",
        "params",
        "s3",
    ]


def test_the_sensors_and_schedules_are_and_each_is_off_until_somebody_turns_it_on():
    sensors, schedules = repository().sensor_defs, repository().schedule_defs

    assert sorted(sensor.name for sensor in sensors) == [
        "demand_failure_notice",
        "demand_landed_days",
        "demand_leaderboard_after_sweep",
        "demand_report_after_backfill",
        "demand_request_files",
        "failure_notice",
        "landed_days",
        "leaderboard_after_sweep",
        "report_after_backfill",
        "request_files",
    ]
    assert sorted((schedule.name, schedule.cron_schedule) for schedule in schedules) == [
        ("catch_up", "0 5 * * *"),
        ("daily_training", "0 3 * * *"),
        ("demand_catch_up", "0 5 * * *"),
        ("demand_daily", "0 3 * * *"),
        ("demand_reproduce_daily", "0 6 * * *"),
        ("reproduce_daily", "0 6 * * *"),
    ]
    assert {sensor.default_status for sensor in sensors} == {dg.DefaultSensorStatus.STOPPED}
    assert {schedule.default_status for schedule in schedules} == {dg.DefaultScheduleStatus.STOPPED}


def test_the_checks_are():
    keys = repository().asset_graph.asset_check_keys

    assert sorted(f"{key.asset_key.to_user_string()}:{key.name}" for key in keys) == [
        "demand/accuracy:bytes_verify",
        "demand/forecast:bytes_verify",
        "demand/history:bytes_verify",
        "demand/history:enough_rows",
        "evaluation:beats_the_baseline",
        "evaluation:bytes_verify",
        "model:bytes_verify",
        "model_card:bytes_verify",
        "monitoring:accuracy_as_evaluated",
        "monitoring:errors_as_evaluated",
        "monitoring:inputs_have_not_drifted",
        "monitoring:log_loss_as_evaluated",
        "monitoring:predictions_are_unbiased",
        "monitoring:ranks_as_evaluated",
        "monitoring:scores_are_calibrated",
        "monitoring:scores_have_not_drifted",
        "training_set:bytes_verify",
        "training_set:enough_rows",
        "training_set:nothing_after_as_of",
        "training_set:rows_can_be_right",
    ]


def test_every_asset_has_the_same_daily_partitions_and_depends_on_its_inputs():
    graph = defs.resolve_asset_graph()

    for asset, kind in tabular.assets.items():
        node = graph.get(dg.AssetKey(asset))
        assert isinstance(node.partitions_def, dg.DailyPartitionsDefinition)
        assert {key.to_user_string() for key in node.parent_keys} == set(kind.inputs)
        assert node.code_version


def test_config_classes_are_the_parameters_mixed_into_dagsters():
    assert issubclass(TrainingConfig, DatasetConfig)
    assert issubclass(TrainingConfig, dg.Config)
    assert set(TrainingParameters.model_fields) <= set(TrainingConfig.model_fields)


def test_the_launchpad_shows_description_default_and_allowed_values_of_every_parameter():
    fields = defs.resources["params"].config_schema.config_type.fields

    for name, declared in TrainingParameters.model_fields.items():
        is_opened = fields[name].default_provided
        beside = (
            "" if is_opened else f". {json.dumps(declared.default)} by default, used with model_version v"
        )
        assert fields[name].description.startswith(f"{declared.description}{beside}")
        assert not is_opened or fields[name].default_value == declared.default
    assert (
        fields["dataset"].config_type.given_name
        == "(small letters, digits and _, starting with a letter, at most 40)"
    )
    assert fields["max_depth"].config_type.given_name == "(a whole number from 1 to 16)"


def test_importing_the_definitions_loads_neither_scikit_learn_nor_polars_nor_plotting_nor_aws():
    program = (
        "import sys, ml_assets.definitions;"
        "print(sorted({'sklearn', 'polars', 'matplotlib', 'skops', 'scipy', 'pandas', 'boto3', 'dagster_aws'} & set(sys.modules)))"
    )

    assert output_of(program) == "[]\n"
