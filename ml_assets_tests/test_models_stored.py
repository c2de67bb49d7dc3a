"""Any estimator of scikit-learn is stored and loaded; one of another library is refused until it is registered."""

import hashlib
import io
import json
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from skops import io as skops_io
from threadpoolctl import threadpool_limits

import ml_assets
from ml_assets.core import value_types
from ml_assets.core.product import Product
from ml_assets.errors import CorruptArtifactError, StoreError, UnstorableError
from ml_assets.pipeline.encode import encode, prepare
from ml_assets.storage import canonical_skops
from ml_assets.storage.formats import FORMATS, register
from ml_assets_tests.foreign_estimator import Booster, Leaves

PROCESSES = 5


def columns() -> ColumnTransformer:
    return ColumnTransformer([("scaled", StandardScaler(), [0, 1]), ("kinds", OneHotEncoder(), [3])])


MODELS = {
    "forest": RandomForestClassifier(20, random_state=0),
    "boosting": GradientBoostingRegressor(n_estimators=10, random_state=0),
    "histogram boosting": HistGradientBoostingRegressor(max_iter=5, random_state=0),
    "segments": KMeans(3, random_state=0),
    "ridge": Ridge(),
    "net": MLPClassifier((8,), max_iter=20, random_state=0),
    "neighbours": KNeighborsClassifier(),
    "steps": Pipeline([("columns", columns()), ("model", RandomForestClassifier(5, random_state=0))]),
}


def rows():
    rng = np.random.default_rng(0)
    features = np.column_stack([rng.normal(size=(200, 3)), rng.integers(0, 3, 200)])
    return features, (features[:, 0] > 0).astype(int)


def fitted(name):
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clone(MODELS[name]).fit(*rows())


def digests():
    return {name: hashlib.sha256(FORMATS["skops"].encode(fitted(name))).hexdigest() for name in MODELS}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_loaded_before_it_is_stored_and_predicts_the_same(name):
    model = fitted(name)

    loaded = prepare(Product(model), asset="model", format_name="skops").value

    assert loaded is not model
    assert np.array_equal(loaded.predict(rows()[0]), model.predict(rows()[0]))


@pytest.mark.slow
def test_models_have_the_same_bytes_whenever_they_are_fitted_and_in_every_process():
    home = str(Path(ml_assets.__file__).parents[1])
    script = "from ml_assets_tests import test_models_stored as here; print(here.digests())"
    found = {str(digests()), str(digests())}
    for seed in range(PROCESSES):
        environment = os.environ | {"PYTHONPATH": home, "PYTHONHASHSEED": str(seed)}
        command = [sys.executable, "-c", script]
        found.add(
            subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            ).stdout.strip()
        )

    assert len(found) == 1


@pytest.mark.parametrize("name", MODELS)
def test_what_is_written_is_what_skops_itself_writes(name):
    model = fitted(name)
    with zipfile.ZipFile(io.BytesIO(skops_io.dumps(model))) as archive:
        members = {entry: archive.read(entry) for entry in archive.namelist()}
    schema = json.loads(members.pop("schema.json"))

    assert canonical_skops.canonical(schema, members) == canonical_skops.dumps(model)


def test_models_by_name_are_stored_together_in_whatever_order_they_come():
    ridge, forest = fitted("ridge"), fitted("forest")

    one = FORMATS["skops"].encode({"south": ridge, "north": forest})
    prepared = prepare(Product({"north": forest, "south": ridge}), asset="models", format_name="skops")

    assert prepared.contents == {prepared.files[0].file: one}
    assert list(prepared.value) == ["north", "south"]


def test_a_model_of_another_library_is_refused_until_its_types_are_registered(monkeypatch):
    monkeypatch.setattr(value_types, "_registered", {})
    product = Product(Leaves(rounds=7).fit([[1]]))

    with pytest.raises(StoreError) as refused:
        prepare(product, asset="model", format_name="skops")

    assert str(refused.value) == (
        "model: the model holds types that would not be loaded again: ml_assets_tests.foreign_estimator.Booster, "
        "ml_assets_tests.foreign_estimator.Leaves. Nothing was written. If you trust them, register them in the module "
        "of the pipeline (from ml_assets import formats): "
        'formats.register("ml_assets_tests.foreign_estimator.Booster", "skops"); '
        'formats.register("ml_assets_tests.foreign_estimator.Leaves", "skops")'
    )

    register(Booster, "skops")
    register("ml_assets_tests.foreign_estimator.Leaves", "skops")

    assert prepare(product, asset="model", format_name="skops").value.predict([[1]]) == [7]


def test_what_is_registered_for_another_format_is_not_trusted_in_a_model(monkeypatch):
    monkeypatch.setattr(value_types, "_registered", {})
    register(Booster, "json")
    register(Leaves, "skops")
    data = FORMATS["skops"].encode(Leaves().fit([[1]]))

    with pytest.raises(
        CorruptArtifactError, match=r"does not trust: ml_assets_tests\.foreign_estimator\.Booster\."
    ):
        FORMATS["skops"].decode(data)


def test_a_model_that_skops_cannot_take_is_told():
    model = Leaves()
    model.rounds = (number for number in range(3))

    with pytest.raises(UnstorableError, match="skops cannot store it"):
        FORMATS["skops"].encode(model)
    with pytest.raises(StoreError, match=r"model: skops cannot store it .*Nothing was written"):
        encode(Product(model), asset="model", format_name="skops")
