"""What the README says of Dagster without this project: five things that a plain project of training runs does.

The project here is the one that Dagster's own pages lead to: an asset with a Config class, daily partitions, and the IO
manager that writes to a folder.
"""

import dagster as dg
import pytest
from pydantic import Field

DAYS = dg.DailyPartitionsDefinition("2025-12-01", end_date="2025-12-10")
FIRST, LAST = "2025-12-01", "2025-12-03"
MADE = []


class Training(dg.Config):
    """The parameters of a model."""

    strength: float = Field(1.0, ge=0.0, le=10.0)


@dg.asset(partitions_def=DAYS, code_version="1")
def model(config: Training) -> dict[str, float]:
    """A model, which is what it was trained with."""
    MADE.append(config.strength)
    return {"strength": config.strength}


@dg.asset(partitions_def=DAYS)
def models(context: dg.AssetExecutionContext) -> dict[str, int]:
    """The models of several days in one run."""
    return dict.fromkeys(context.partition_keys, 1)


def definitions(tmp_path, asset=model):
    manager = dg.FilesystemIOManager(base_dir=str(tmp_path / "store"))
    return dg.Definitions([asset], resources={"io_manager": manager})


@pytest.fixture
def train(tmp_path, instance):
    """What trains the model of a day with this strength."""
    MADE.clear()
    job = definitions(tmp_path).resolve_implicit_global_asset_job_def()

    def run(strength, **more):
        config = {"ops": {"model": {"config": {"strength": strength}}}}
        return job.execute_in_process(config, partition_key=FIRST, instance=instance, **more)

    return run


def stored(tmp_path, instance):
    """The model of the first day, as Dagster loads it."""
    return definitions(tmp_path).load_asset_value(model.key, instance=instance, partition_key=FIRST)


def files(tmp_path):
    return [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


def test_two_values_of_a_parameter_share_one_path_and_the_second_takes_the_place_of_the_first(
    train, tmp_path, instance
):
    train(0.5)
    train(0.9)

    assert len(files(tmp_path)) == 1
    assert stored(tmp_path, instance) == {"strength": 0.9}


def test_a_value_out_of_range_is_found_when_its_run_exists_already(train, instance):
    result = train(99.0, raise_on_error=False)

    assert not result.success
    assert instance.get_run_by_id(result.run_id).status is dg.DagsterRunStatus.FAILURE


def test_the_same_parameters_again_are_computed_again(train):
    train(0.5)
    train(0.5)

    assert MADE == [0.5, 0.5]


def test_what_is_stored_tells_nothing_of_its_parameters_or_of_the_code_that_made_it(train, tmp_path):
    train(0.5)

    (file,) = files(tmp_path)
    assert file.relative_to(tmp_path / "store").as_posix() == f"model/{FIRST}"


def test_several_days_in_one_run_cannot_be_stored(tmp_path, instance):
    job = definitions(tmp_path, models).resolve_implicit_global_asset_job_def()
    span = {"dagster/asset_partition_range_start": FIRST, "dagster/asset_partition_range_end": LAST}

    result = job.execute_in_process(tags=span, instance=instance, raise_on_error=False)

    assert not result.success
    assert files(tmp_path) == []
