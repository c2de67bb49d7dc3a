"""What a launchpad opens with: the parameters that apply, in the order of their class, and a run can be launched so."""

import dagster as dg
import pytest
import yaml
from dagster._core.snap.job_snapshot import JobSnap
from dagster._core.snap.snap_to_yaml import default_values_yaml_from_type_snap
from dagster._serdes import deserialize_value, serialize_value

from ml_assets.core.marks import is_used
from ml_assets.definitions import defs
from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.scenario import DAY, failure_of
from ml_assets_tests.small_pipeline import load

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
SETTLED = {"environment": "default", "reuse": True}


def opened(definitions, job):
    """The config with which the pages open the launchpad of a job, which reaches them as text."""
    snapshot = deserialize_value(
        serialize_value(JobSnap.from_job_def(definitions.resolve_job_def(job))), JobSnap
    )
    schema = snapshot.config_schema_snapshot
    root = schema.get_config_snap(snapshot.mode_def_snaps[0].root_config_key)
    resources = schema.get_config_snap(root.get_field("resources").type_key)
    return (
        yaml.safe_load(default_values_yaml_from_type_snap(schema, root)),
        [field.name for field in resources.fields],
    )


def used(cls):
    defaults = {name: field.default for name, field in cls.model_fields.items()}
    return {name: value for name, value in defaults.items() if is_used(name, defaults, cls.model_fields)}


@pytest.mark.parametrize(
    ("job", "params", "pipeline"), [("train", "params", tabular), ("demand", "demand_params", demand)]
)
def test_a_launchpad_opens_with_what_applies_in_the_order_of_the_class(job, params, pipeline):
    config, _ = opened(defs, job)
    shown = config["resources"][params]["config"]

    assert list(shown.items()) == list(used(pipeline.parameters).items())
    assert list(shown) != sorted(shown)
    assert len(shown) < len(pipeline.parameters.model_fields)
    assert config["resources"] == {params: {"config": shown}, "options": {"config": SETTLED}}


def test_the_order_holds_for_any_pipeline(tmp_path, monkeypatch):
    shop = load(tmp_path, monkeypatch)

    config, _ = opened(shop.defs, "small")

    assert list(config["resources"]["small_params"]["config"]) == ["shop", "days", "level", "bad_day"]


@pytest.mark.parametrize("job", ["sweep", "demand_sweep", "report", "promote"])
def test_values_of_a_steps_own_come_in_their_order_too(job):
    config, _ = opened(defs, job)
    ((step, given),) = config["ops"].items()
    fields = list(defs.resolve_job_def(job).nodes[0].definition.config_schema.config_type.fields)

    assert step.endswith(("leaderboard", "backfill_report", "promotion"))
    assert list(given["config"]) == [name for name in fields if name in given["config"]]


@pytest.mark.parametrize("job", [job.name for job in defs.get_repository_def().get_all_jobs()])
def test_a_resource_that_takes_nothing_is_offered_nowhere(job):
    _, offered = opened(defs, job)

    assert not {"io_manager", "demand_io_manager", "s3"} & set(offered)
    assert "options" in offered


@pytest.mark.parametrize("job", ["promote", "demand_promote", "reproduce", "demand_reproduce"])
def test_a_job_that_takes_no_parameters_offers_none(job):
    assert opened(defs, job)[1] == ["options"]


def test_what_the_launchpad_of_any_pipeline_opens_with_can_be_launched_as_it_is(tmp_path, monkeypatch):
    shop = load(tmp_path, monkeypatch)
    both = dg.Definitions.merge(defs, shop.defs)
    config, _ = opened(both, "small")

    result = both.resolve_job_def("small").execute_in_process(
        run_config={**config, **QUIET}, partition_key=DAY, raise_on_error=False
    )

    assert result.success, failure_of(result)


def test_what_is_not_opened_is_told_beside_it_with_its_default():
    fields = defs.resources["params"].config_schema.config_type.fields

    assert fields["max_depth"].description.endswith("4 by default, used with model_version v2.")
    assert "by default" not in fields["model_version"].description
