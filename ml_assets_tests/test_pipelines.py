"""What a pipeline's functions say of it: slices, inputs, formats, keys and paths; and what is frozen once it is used."""

import datetime as dt
import functools
import gc
import importlib
import json
import pickle  # noqa: TID251  (as multiprocessing does)
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ml_assets
from ml_assets import (
    Estimator,
    Field,
    Frame,
    Metric,
    Parameters,
    Pipeline,
    Product,
    Rows,
    Verdict,
    omitted_when,
    used_when,
)
from ml_assets.cli.parser import read
from ml_assets.core.artifact import ArtifactKey, parse_path, split_path
from ml_assets.core.manifest import Manifest
from ml_assets.core.run_id import hash_identity
from ml_assets.core.where import Condition, Filter
from ml_assets.errors import CorruptArtifactError, DefinitionError, MlAssetsError
from ml_assets.storage.artifact_store import ArtifactStore, stored_file
from ml_assets.storage.verifying import verify_all

DAY = dt.date(2025, 12, 1)
NAMES = (
    "Estimator",
    "Field",
    "Frame",
    "Metric",
    "Parameters",
    "Pipeline",
    "Product",
    "Rows",
    "Verdict",
    "formats",
)
FUNCTIONS = ("make", "omitted_when", "refuse", "resolve", "used_when")
HEAVY = ("dagster", "polars", "numpy", "sklearn", "scipy", "matplotlib", "obstore", "boto3")


class Series(Parameters):
    """What decides the history."""

    source: str = Field("sample", pattern=r"^[a-z]{1,9}$", description="Where rows come from")
    shop: str = Field("north", pattern="^[^\n]{1,40}$", description="Which shop")
    weeks: int = Field(52, ge=8, le=520, description="Weeks of history")


class Forecast(Series):
    """What decides a forecast."""

    method: Literal["naive", "ets", "both"] = Field("naive", description="How the future is drawn")
    season: Annotated[int, used_when(method=("ets", "both"))] = Field(7, ge=2, le=366, description="Days")
    damped: Annotated[bool, omitted_when(False)] = Field(False, description="Whether trends end")
    share: float = Field(0.5, ge=0.0, le=1e9, description="Of the latest days")


demand = Pipeline(
    "demand",
    Forecast,
    path=("method", "shop", "season", "damped", "share", "weeks"),
    promotes="forecast",
    metrics=[Metric("mape", better="smaller", margin=0.01), Metric("mape.week1")],
)


@demand.asset
def calendar(as_of: dt.date) -> list[str]:
    """The days of the year."""
    return [as_of.isoformat()]


@demand.asset
def history(params: Series, rows: Rows, as_of: dt.date) -> pl.DataFrame:
    """Daily sums of the shop up to as_of."""
    return rows.scan("sales", source=params.source, first=as_of, last=as_of).collect()


@demand.asset
def weekly(history: pl.DataFrame, calendar: list[str]) -> Frame:
    """Weekly sums."""
    return history.head(len(calendar))


@demand.asset(threads=2)
def forecast(settings: Forecast, weekly: Product[pl.DataFrame]) -> Product[dict[str, Any]]:
    """The next days."""
    return Product({"shop": settings.shop, "days": weekly.value.height})


@demand.check(blocking=True)
def enough_rows(history: pl.DataFrame, params: Series) -> bool:
    """At least eight weeks."""
    return history.height >= params.weeks


@demand.check
def no_longer_than_its_history(forecast: dict[str, Any], history: pl.DataFrame) -> Verdict:
    """Not more days than are known."""
    return Verdict(forecast["days"] <= history.height, "as long as its history")


@demand.sample
def sales(first: dt.date, last: dt.date) -> pl.DataFrame:
    """Three pieces a day."""
    return pl.DataFrame({"day": pl.date_range(first, last, eager=True), "pieces": 3})


files = Pipeline("files", Series)
PLACES: list[Path] = []


@files.asset
def page(params: Series, tmp: Path) -> Path:
    """A file with the name of the shop."""
    PLACES.append(tmp)
    (tmp / "page.txt").write_text(params.shop)
    if params.shop == "burnt":
        raise ValueError("nothing is left of it")
    return tmp / "page.txt"


def test_what_was_decorated_stays_a_function():
    assert enough_rows(pl.DataFrame({"a": [1]}), Series()) is False
    assert calendar(DAY) == ["2025-12-01"]
    assert sales(DAY, DAY).rows() == [(DAY, 3)]
    assert demand.assets["calendar"].function is calendar
    assert demand.samples["sales"].function is sales


def test_all_that_an_asset_needs_is_read_from_its_signature():
    asset = demand.assets["forecast"]

    assert (asset.name, asset.slice, asset.inputs) == ("forecast", Forecast, ("weekly",))
    assert asset.takes == {"settings": "parameters", "weekly": "product"}
    assert (asset.format, asset.returns) == ("json", dict[str, Any])
    assert (asset.threads, demand.assets["history"].threads) == (2, 1)
    assert asset.description == "The next days."
    assert demand.assets["history"].takes == {"params": "parameters", "rows": "rows", "as_of": "as_of"}


def test_without_parameters_the_slice_is_that_of_the_upstream_with_the_largest_class():
    assert demand.slice("weekly") is Series
    assert demand.assets["weekly"].inputs == ("history", "calendar")


def test_what_no_parameter_decides_has_the_day_alone_in_its_identity():
    key = demand.key("calendar", Forecast(weeks=9), DAY)

    assert demand.identity(Forecast(), "calendar") == {}
    assert key.run_id == hash_identity({}, DAY)
    assert key.path == f"demand/calendar/as_of=2025-12-01/run={key.run_id}"
    assert parse_path(key.path) == key


def test_a_check_is_of_the_last_asset_that_it_takes():
    assert [*demand.checks] == [("history", "enough_rows"), ("forecast", "no_longer_than_its_history")]
    assert demand.checks["history", "enough_rows"].blocking
    assert not demand.checks["forecast", "no_longer_than_its_history"].blocking
    assert demand.checks["history", "enough_rows"].description == "At least eight weeks."


def test_a_path_tells_the_parameters_that_are_part_of_the_identity_as_canonical_json_has_them():
    plain = demand.key("forecast", Forecast(), DAY)
    other = demand.key("forecast", Forecast(method="ets", shop="Ost/West 1", damped=True, share=2), DAY)

    assert plain.path.startswith(
        "demand/forecast/method=naive/shop=north/share=0.5/weeks=52/as_of=2025-12-01/run="
    )
    assert other.path.startswith(
        "demand/forecast/method=ets/shop=Ost%2FWest%201/season=7/damped=true/share=2/weeks=52/as_of=2025-12-01/run="
    )
    assert demand.key("history", Forecast(), DAY).path.startswith("demand/history/shop=north/weeks=52/as_of=")


any_parameters = st.builds(
    Forecast,
    shop=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=40),
    weeks=st.integers(8, 520),
    share=st.floats(0, 1e9),
    damped=st.booleans(),
)


@given(any_parameters, any_parameters, st.dates(), st.sampled_from([*demand.assets]))
def test_keys_are_equal_where_identities_are_and_their_paths_parse_back(one, other, day, asset):
    keys = demand.key(asset, one, day), demand.key(asset, other, day)

    same = hash_identity(demand.identity(one, asset), day) == hash_identity(
        demand.identity(other, asset), day
    )
    assert (keys[0] == keys[1]) == (keys[0].path == keys[1].path) == same
    assert parse_path(keys[0].path) == keys[0]
    assert unquote(keys[0].path).split("/as_of=")[1] == f"{day}/run={demand.run_id(one, day, asset)}"


def test_an_asset_beside_the_pipeline_is_decided_by_all_parameters():
    assert demand.slice("report") is Forecast
    assert demand.run_id(Forecast(), DAY, "report") == demand.run_id(Forecast(), DAY)


def test_a_pipeline_without_a_folder_keeps_its_assets_at_the_root():
    bare = Pipeline("bare", Series, folder="")
    bare.asset(history)

    assert bare.key("history", Series(), DAY).path.startswith("history/as_of=2025-12-01/run=")


@pytest.mark.parametrize(
    ("annotation", "stored"),
    [
        (pl.DataFrame, "parquet"),
        (Frame, "parquet"),
        (Estimator, "skops"),
        (dict[str, float], "json"),
        (list[dict[str, Any]], "json"),
        (str, "md"),
        (np.ndarray, "safetensors"),
        (dict[str, np.ndarray], "safetensors"),
        (bytes, "file"),
        (Product[list[int]], "json"),
    ],
)
def test_the_returned_type_says_how_a_value_is_stored(annotation, stored):
    pipeline = Pipeline("stored", Series)

    def value(params: Series) -> Any: ...

    value.__annotations__["return"] = annotation
    pipeline.asset(value)

    assert pipeline.assets["value"].format == stored


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a user's own decorator gives."""

    @functools.wraps(function)
    def wrapper(**arguments: Any) -> Any:
        return function(**arguments)

    return wrapper


def test_a_decorated_function_is_read_as_what_it_decorates():
    pipeline = Pipeline("wrapped", Series)

    @pipeline.asset
    @decorated
    def lines(params: Series) -> list[str]:
        return [params.shop]

    assert lines(params=Series()) == ["north"]
    assert pipeline.assets["lines"].takes == {"params": "parameters"}


def test_nothing_is_added_once_a_pipeline_is_used():
    pipeline = Pipeline("late", Series)
    pipeline.asset(calendar)
    assert [*pipeline.assets] == ["calendar"]  # to look at it is no use of it
    pipeline.asset(history)

    pipeline.key("history", Series(), DAY)

    for add, function in ((pipeline.asset, weekly), (pipeline.check, enough_rows), (pipeline.sample, sales)):
        with pytest.raises(DefinitionError, match="late has been used already"):
            add(function)
    assert [*pipeline.assets] == ["calendar", "history"]
    with pytest.raises(TypeError):
        pipeline.assets["other"] = pipeline.assets["history"]


def test_a_pipeline_is_found_again_where_it_was_defined_and_not_copied():
    assert (demand.module, demand.reference) == (__name__, f"{__name__}:demand")
    assert pickle.loads(pickle.dumps(demand)) is demand
    assert pickle.loads(pickle.dumps({"of": [demand]}))["of"][0] is demand


def test_a_pipeline_that_no_module_holds_is_carried_with_its_functions():
    pipeline = Pipeline("carried", Forecast, path=("shop",))
    pipeline.asset(history)

    copy = pickle.loads(pickle.dumps(pipeline))

    assert pipeline.reference == ""
    assert copy.key("history", Forecast(), DAY) == pipeline.key("history", Forecast(), DAY)
    assert copy.assets["history"].function is history


USERS_FILE = '''
from __future__ import annotations

import datetime as dt
from typing import Any

from shared_steps import history
from ml_assets import Field, Frame, Parameters, Pipeline, Product, Rows


class Series(Parameters):
    weeks: int = Field(52, ge=8, le=520, description="Weeks of history")


shop = Pipeline("shop", Series, path=("weeks",))
shop.asset(history)


@shop.asset
def accuracy(params: Series, history: Product[Frame]) -> Product[dict[str, Any]]:
    """A backtest."""


@shop.check(blocking=True)
def enough(history: Frame) -> bool:
    """Some rows."""
'''
SHARED = '''
import datetime as dt

from ml_assets import Frame, Rows


def history(rows: Rows, as_of: dt.date) -> Frame:
    """What there is."""
'''


def test_a_users_file_with_annotations_as_texts_and_imported_functions_is_read_alike(tmp_path, monkeypatch):
    (tmp_path / "users_pipeline.py").write_text(USERS_FILE)
    (tmp_path / "shared_steps.py").write_text(SHARED)
    monkeypatch.syspath_prepend(tmp_path)

    shop = importlib.import_module("users_pipeline").shop

    assert {asset.name: asset.format for asset in shop.assets.values()} == {
        "history": "parquet",
        "accuracy": "json",
    }
    assert shop.assets["accuracy"].takes == {"params": "parameters", "history": "product"}
    assert (shop.slice("history"), shop.module) == (Parameters, "users_pipeline")
    assert pickle.loads(pickle.dumps(shop)) is shop


def test_what_the_package_exports_is_there_and_its_definitions_load_nothing_heavy(tmp_path):
    (tmp_path / "users_pipeline.py").write_text(USERS_FILE)
    (tmp_path / "shared_steps.py").write_text(SHARED)
    script = "import json, sys, users_pipeline; print(json.dumps(sorted(sys.modules)))"

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert not {*HEAVY} & {*json.loads(done.stdout)}
    assert all(getattr(ml_assets, name) is not None for name in (*NAMES, *FUNCTIONS))
    assert {*NAMES, *FUNCTIONS} <= {*dir(ml_assets)}
    with pytest.raises(AttributeError, match="module 'ml_assets' has no attribute 'Pipelin'"):
        _ = ml_assets.Pipelin


def test_the_assets_of_a_pipeline_are_a_mapping_that_cannot_be_changed():
    assert len(demand.assets) == 4
    assert "history" in demand.assets
    assert "accuracy" not in demand.assets
    assert repr(demand.assets) == "Assets(calendar, history, weekly, forecast)"
    assert repr(demand) == "Pipeline('demand')"


def test_a_file_is_written_into_a_folder_that_is_there_until_it_is_stored():
    made = files.make(files.resolve({"shop": "south"}, as_of="2025-12-01"), store=None)["page"]

    assert made.value.read_bytes() == b"south"
    gc.collect()
    assert not PLACES.pop().exists()
    with pytest.raises(MlAssetsError, match="nothing is left of it"):
        files.make(files.resolve({"shop": "burnt"}, as_of="2025-12-01"), store=None)
    assert not PLACES.pop().exists()


def test_a_pipeline_is_shown_to_dagster_as_one_step_of_all_its_assets():
    assets, definitions = demand.assets(), demand.definitions()

    assert {key.to_user_string() for key in assets.keys} == {f"demand/{name}" for name in demand.assets}
    assert {key.to_user_string() for key in definitions.resolve_all_asset_keys()} >= {"demand/forecast"}


SETS = [
    Forecast(weeks=9, shop="north"),
    Forecast(weeks=52, shop="a/b"),
    Forecast(weeks=100, method="ets", damped=True),
]


@pytest.fixture(params=["disk", "memory"])
def store(request, tmp_path) -> ArtifactStore:
    """With a forecast and a calendar of each parameter set, and an asset of the same name that is no pipeline's."""
    store = ArtifactStore(str(tmp_path / "store") if request.param == "disk" else f"memory://{tmp_path}")
    for parameters in SETS:
        commit(store, demand.key("forecast", parameters, DAY), demand.identity(parameters, "forecast"))
    commit(store, demand.key("calendar", SETS[0], DAY), {})
    bare = Pipeline("bare", Series, folder="", path=("shop",))
    bare.asset(forecasted())
    commit(store, bare.key("forecast", Series(), DAY), bare.identity(Series(), "forecast"))
    return store


def forecasted() -> Callable[..., Any]:
    """An asset function of another pipeline."""

    def forecast(params: Series) -> dict[str, Any]: ...

    return forecast


def commit(store: ArtifactStore, key: ArtifactKey, parameters: dict[str, Any], **changes: Any) -> None:
    """An artifact whose value is an empty table."""
    file = stored_file(f"{key.asset}.json", b"{}", "json")
    now = dt.datetime.now(dt.timezone.utc)
    manifest = Manifest(
        asset=key.asset,
        run_id=key.run_id,
        as_of=key.as_of,
        parameters=parameters,
        environment="dev",
        files=(file,),
        code_version="c0de",
        packages={},
        started_at=now,
        created_at=now,
        metrics={},
    ).model_copy(update=changes)
    store.commit(key, manifest, {file.file: b"{}"})


def where(*conditions: tuple[str, str, str]) -> Filter:
    return Filter(tuple(Condition(name=name, op=op, value=value) for name, op, value in conditions))


def test_artifacts_of_all_pipelines_are_listed_by_path_and_those_of_one_by_its_folder(store):
    every = [key.path for key in store.keys(None)]

    assert every == sorted(every, key=lambda path: f"{path}/")
    assert len(every) == 5
    assert {key.path for key in store.keys("forecast", folder="demand")} == {
        demand.key("forecast", parameters, DAY).path for parameters in SETS
    }
    assert [key.folder for key in store.keys("forecast")] == [""]
    assert [entry.key.path for entry in store.entries()] == every


@pytest.mark.parametrize(
    ("conditions", "weeks"),
    [
        ([("weeks", "=", "9")], [9]),
        ([("weeks", "=", "9.0")], [9]),
        ([("weeks", ">", "10")], [52, 100]),
        ([("weeks", "<=", "52")], [9, 52]),
        ([("shop", "=", "a/b")], [52]),
        ([("shop", "!=", "a/b")], [9, 100]),
        ([("weeks", "!=", "9")], [52, 100]),
        ([("weeks", "=", "nine")], []),
        ([("season", ">", "1")], [100]),
        ([("share", ">=", "0.5"), ("method", "=", "naive")], [9, 52]),
        ([("as_of", "<", "2025-12-01")], []),
    ],
)
def test_a_filter_compares_what_a_path_tells_as_what_it_is(store, conditions, weeks):
    of = Filter(where(*conditions).conditions, path=("season",))

    assert sorted(int(key.value("weeks")) for key in store.keys("forecast", of, folder="demand")) == weeks
    entries = store.entries("forecast", of, folder="demand")
    assert sorted(entry.parameters["weeks"] for entry in entries) == weeks


def test_what_a_path_tells_only_under_some_values_is_decided_by_the_manifest(store):
    of = where(("damped", "=", "TRUE"))

    assert len([*store.keys("forecast", of, folder="demand")]) == len(SETS)
    assert [entry.parameters["weeks"] for entry in store.entries("forecast", of, folder="demand")] == [100]


def test_an_artifact_of_any_pipeline_is_found_by_its_run_id_and_by_its_folder(store, tmp_path):
    key = demand.key("forecast", SETS[1], DAY)

    assert store.find_run(key.run_id) == [key]
    assert store.find_run("0" * 12) == []
    root, at_root = split_path(f"{store.root}/{key.path}")
    assert (root, at_root.path) == (f"{store.root}/demand", key.path.removeprefix("demand/"))
    assert split_path(f"{store.root}/{key.path}/history") is None
    if store.root.startswith("/"):
        there = read(["show", store.uri(key)])[1].find_artifacts()[1]
        assert there.store.manifest(*there.keys) == store.manifest(key)


def test_every_file_of_any_pipeline_belongs_to_its_artifact(store):
    verified = verify_all(store)

    assert (verified.sound, verified.findings) == (5, ())


def test_a_manifest_at_the_path_of_another_value_is_not_taken(tmp_path):
    store, key = ArtifactStore(str(tmp_path)), demand.key("forecast", SETS[0], DAY)
    commit(store, key, demand.identity(SETS[0], "forecast"))
    moved = key.path.replace("weeks=9", "weeks=10")
    (tmp_path / moved).parent.mkdir(parents=True)
    (tmp_path / key.path).rename(tmp_path / moved)

    with pytest.raises(CorruptArtifactError, match="the manifest states another weeks"):
        store.manifest(parse_path(moved))
