"""The shipped pipeline: what is declared of it, and what the library knows of it by name."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.artifact import key_of
from ml_assets.core.catalog import CATALOG, PATH
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.run_id import run_id
from ml_assets.core.tabular import METRICS
from ml_assets.pipeline.code import code_of
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.strategies import parameters

days = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))


def test_the_library_knows_of_the_pipeline_what_it_declares():
    declared = {name: (asset.slice, asset.format, asset.inputs) for name, asset in tabular.assets.items()}

    assert declared == {name: (kind.slice, kind.format, kind.inputs) for name, kind in CATALOG.items()}
    assert list(declared) == list(CATALOG)
    assert (tabular.path, tabular.folder, tabular.parameters) == (PATH, "", TrainingParameters)
    assert tabular.metrics == METRICS.declared


@given(parameters(), days, st.sampled_from(sorted(CATALOG)))
def test_each_run_id_and_path_is_what_it_always_was(given, day, asset):
    assert tabular.key(asset, given, day) == key_of(asset, given, day)
    assert tabular.key(asset, given, day).exact == key_of(asset, given, day).exact
    assert tabular.run_id(given, day) == run_id(given, day)


@pytest.mark.parametrize("asset", CATALOG)
def test_all_code_that_makes_an_asset_can_be_followed(asset):
    assert code_of(tabular.assets[asset]).opaque == ()
