"""An evaluation keeps the scores of its holdout: row by row, as exactly as they were, and only as committed."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from ml_assets.core.contract import DatasetContract
from ml_assets.core.parameters import identity
from ml_assets.core.product import Product
from ml_assets.core.scores import SCORES, scored_rows
from ml_assets.errors import CorruptArtifactError, SourceError
from ml_assets.pipeline.scores import stored_scores
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.evaluation import evaluate
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.training import fit, predict
from ml_assets.sources.column_names import OF_PAIRS, OF_SCORES, check_names
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.keys import key_of
from ml_assets_tests.store_value import store_value
from ml_assets_tests.tables import CONTRACT, training_table

PARAMETERS = TrainingParameters()
KEY = key_of("evaluation", PARAMETERS, dt.date(2025, 3, 1))
RELEASED = Path(__file__).parent / "vectors" / "store_1"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(
        pipeline=tabular,
        store=ArtifactStore(str(tmp_path / "store")),
        environment="dev",
        sources={},
    )


def stored(product, workspace):
    return store_value(
        product,
        key=KEY,
        parameters=identity(PARAMETERS, of=TrainingParameters),
        format_name="json",
        workspace=workspace,
    )


@pytest.fixture(scope="module")
def evaluated():
    table = training_table()
    model = fit(table, contract=CONTRACT, parameters=PARAMETERS).value
    return table, model, evaluate(model, table, contract=CONTRACT, parameters=PARAMETERS)


def test_the_scores_that_are_read_are_those_of_the_holdouts_rows_in_their_order(evaluated, workspace):
    table, model, product = evaluated
    holdout = table.filter(fold="holdout")

    found = stored_scores(KEY, stored(product, workspace), workspace.store)

    assert found.schema == {
        "day": pl.Date,
        "id": pl.String,
        "ts": pl.Datetime("us"),
        "score": pl.Float64,
        "outcome": pl.Int8,
    }
    assert found["id"].to_list() == holdout["id"].to_list()
    assert found["score"].to_list() == predict(model, holdout, CONTRACT).tolist()
    assert found["outcome"].to_list() == holdout["y"].to_list()
    assert found["day"].to_list() == holdout["day"].to_list()


def test_the_same_evaluation_has_the_same_bytes_of_scores(evaluated, workspace):
    table, model, product = evaluated
    again = evaluate(model, table, contract=CONTRACT, parameters=PARAMETERS)

    assert stored(product, workspace).files == stored(again, workspace).files


def test_an_evaluation_of_a_version_that_kept_no_scores_has_none():
    store = ArtifactStore(str(RELEASED))
    (key,) = store.keys("evaluation")

    assert stored_scores(key, store.verify(key), store) is None


@pytest.mark.parametrize("harm", ["change", "remove"])
def test_scores_that_are_not_those_that_were_committed_are_refused(evaluated, workspace, harm):
    manifest = stored(evaluated[2], workspace)
    name = next(file.file for file in manifest.files if file.name == SCORES)
    file = Path(workspace.store.uri(KEY, name))
    if harm == "remove":
        file.unlink()
    else:
        data = file.read_bytes()
        file.write_bytes(data[:99] + bytes([data[99] ^ 1]) + data[100:])

    with pytest.raises(CorruptArtifactError):
        stored_scores(KEY, manifest, workspace.store)


def test_scores_that_are_no_table_are_refused_by_their_place(workspace):
    manifest = stored(Product(value={}, attachments={SCORES: b"no table"}), workspace)

    with pytest.raises(
        CorruptArtifactError, match=r"data-[0-9a-f]{16}\.parquet: These bytes are not a Parquet"
    ):
        stored_scores(KEY, manifest, workspace.store)


def test_an_event_time_that_is_an_id_too_is_one_column():
    contract = CONTRACT.model_copy(update={"ids": ("ts", "id")})
    holdout = training_table().filter(fold="holdout")

    found = scored_rows(holdout, [0.5] * holdout.height, contract=contract)

    assert found.columns == ["day", "ts", "id", "score", "outcome"]


def test_the_names_of_the_columns_of_scores_are_those_that_are_refused():
    table = training_table()

    found = scored_rows(table, [0.5] * table.height, contract=CONTRACT)

    assert {*found.columns} - {"id", "ts"} == {"day", *OF_SCORES}


@pytest.mark.parametrize("name", [*OF_SCORES, *OF_PAIRS])
def test_an_id_or_event_time_may_not_have_the_name_of_a_column_of_scores(name):
    values = {"event_time": "t", "label": "y", "label_closes_at": "z", "ids": ("i",), "features": ("f",)}
    for own in ({"ids": (name,)}, {"event_time": name}):
        with pytest.raises(SourceError, match=f"`{name}` is a name this project uses itself"):
            check_names(DatasetContract(**{**values, **own}), where="here")
    for own in ({"label": name}, {"label_closes_at": name}, {"features": (name,)}):
        check_names(DatasetContract(**{**values, **own}), where="here")
