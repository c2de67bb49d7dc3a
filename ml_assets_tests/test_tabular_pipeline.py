"""The shipped pipeline: its paths and run_ids, and the code that makes its assets."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.run_id import run_id
from ml_assets.pipeline.code import code_of
from ml_assets.pipelines.tabular import DatasetParameters, TrainingParameters, tabular
from ml_assets_tests.strategies import parameters

days = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))


@given(parameters(), days, st.sampled_from(sorted(tabular.assets)))
def test_each_run_id_and_path_is_what_it_always_was(given, day, asset):
    of_rows = asset == "training_set"
    name = run_id(given, day, of=DatasetParameters if of_rows else TrainingParameters)
    version = "" if of_rows else f"model_version={given.model_version}/"

    assert (
        tabular.key(asset, given, day).path
        == f"{asset}/{version}dataset={given.dataset}/as_of={day}/run={name}"
    )
    assert tabular.run_id(given, day) == run_id(given, day)


@pytest.mark.parametrize("asset", tabular.assets)
def test_all_code_that_makes_an_asset_can_be_followed(asset):
    assert code_of(tabular.assets[asset]).opaque == {}
