"""Equal parameters and equal run_ids are the same thing."""

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from ml_assets.core.parameters import from_identity, identity, omitted_when
from ml_assets.core.run_id import hash_identity, run_id
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters
from ml_assets_tests.conftest import output_of
from ml_assets_tests.strategies import days, json_values, parameters

VECTORS = json.loads(Path(__file__).with_name("vectors").joinpath("run_id.json").read_text(encoding="utf-8"))[
    "vectors"
]
NAMED = {vector["name"]: vector for vector in VECTORS}
DAY = dt.date(2025, 12, 1)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_published_vectors_hold(vector):
    assert hash_identity(vector["parameters"], dt.date.fromisoformat(vector["as_of"])) == vector["run_id"]
    assert hashlib.sha256(vector["canonical"].encode()).hexdigest()[:12] == vector["run_id"]


def test_a_run_without_flags_gets_the_vector_of_every_default():
    vector = NAMED["every default, v1"]

    assert run_id(TrainingParameters(), DAY) == vector["run_id"]
    assert identity(TrainingParameters(), of=TrainingParameters) == vector["parameters"]


def test_without_purging_a_run_id_is_what_it_was_before_there_was_purging():
    before = NAMED["every default of before `purged`, v1"]
    same = TrainingParameters(lookback_days=180, holdout_days=28, purged=False)

    assert run_id(same, DAY) == before["run_id"]
    assert from_identity(before["parameters"], cls=TrainingParameters) == same
    assert run_id(same.model_copy(update={"purged": True}), DAY) != before["run_id"]


@given(parameters(), parameters(), days, days)
def test_run_ids_are_equal_exactly_when_parameters_and_day_are(one, two, day, other):
    same = identity(one, of=TrainingParameters) == identity(two, of=TrainingParameters) and day == other

    assert (run_id(one, day) == run_id(two, other)) is same


@given(st.dictionaries(st.text(min_size=1), json_values, max_size=5), days)
def test_key_order_does_not_matter(values, day):
    turned = dict(reversed(values.items()))

    assert hash_identity(values, day) == hash_identity(turned, day)


@given(parameters(), days)
def test_a_run_id_survives_json_and_comes_back_as_parameters(drawn, day):
    stored = json.loads(json.dumps(identity(drawn, of=TrainingParameters)))

    assert run_id(from_identity(stored, cls=TrainingParameters), day) == run_id(drawn, day)


@given(parameters(), days)
def test_a_run_id_is_twelve_hex_digits(drawn, day):
    assert len(run_id(drawn, day)) == 12
    assert set(run_id(drawn, day)) <= set("0123456789abcdef")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_has_no_run_id(value):
    with pytest.raises(ValueError, match=r"nan|inf|NaN"):
        hash_identity({"C": value}, DAY)


def test_hyperparameters_do_not_change_the_training_sets_id():
    one, two = TrainingParameters(C=1.0), TrainingParameters(model_version="v2", max_depth=3)

    assert run_id(one, DAY, of=DatasetParameters) == run_id(two, DAY, of=DatasetParameters)
    assert run_id(one, DAY) != run_id(two, DAY)


@pytest.mark.parametrize("name", sorted(TrainingParameters.model_fields))
def test_changing_any_one_parameter_changes_the_run_id(name):
    changed = {
        "dataset": "customers", "source": "other", "lookback_days": 181, "holdout_days": 27, "model_version": "v2",
        "seed": 1, "C": 2.0, "learning_rate": 0.2, "max_iter": 99, "max_depth": 5, "max_leaf_nodes": 30,
        "min_samples_leaf": 21, "l2_regularization": 0.1, "calibrate": True, "purged": False,
            "n_estimators": 99, "max_features": 0.5, "min_samples_split": 2, "max_rows": 1000,
    }  # fmt: skip
    of_the_forest = name in ("n_estimators", "max_features", "min_samples_split")
    version = {} if name in ("C", "model_version") else {"model_version": "v3" if of_the_forest else "v2"}

    before, after = TrainingParameters(**version), TrainingParameters(**version, **{name: changed[name]})

    assert run_id(before, DAY) != run_id(after, DAY)


def test_a_parameter_added_later_changes_no_old_run_id_whatever_its_default_becomes():
    class Later(TrainingParameters):
        monotone: Annotated[bool, omitted_when(False)] = Field(default=False)

    class EvenLater(TrainingParameters):
        monotone: Annotated[bool, omitted_when(False)] = Field(default=True)

    old = run_id(TrainingParameters(), DAY)

    assert run_id(Later(), DAY, of=Later) == old
    assert run_id(EvenLater(monotone=False), DAY, of=EvenLater) == old
    assert run_id(EvenLater(), DAY, of=EvenLater) != old


def test_another_process_with_another_hash_seed_gets_the_same_run_id():
    program = (
        "import datetime as dt; from ml_assets.core.run_id import run_id;"
        "from ml_assets.pipelines.tabular.parameters import TrainingParameters as P;"
        "print(run_id(P(model_version='v2', max_depth=4), dt.date(2025, 12, 1)))"
    )

    ids = {output_of(program, PYTHONHASHSEED=seed) for seed in ("1", "2")}

    assert ids == {run_id(TrainingParameters(model_version="v2", max_depth=4), DAY) + "\n"}
