"""The engine makes any pipeline: a small one that each test writes into a module of its own."""

import datetime as dt
import importlib
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_limits

from ml_assets import Field, Parameters, Pipeline, Product, Verdict
from ml_assets.core.manifest import StoredVerdict
from ml_assets.core.problems import check
from ml_assets.errors import ArtifactNotFoundError, AssetFunctionError, RefusedError, StoreError
from ml_assets.pipeline import day as day_module
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.checking import verdict_of
from ml_assets.pipeline.days import attempts
from ml_assets.pipeline.plan import plan_day
from ml_assets.pipeline.reproduce import reproduce
from ml_assets.pipeline.run import Run, make, resolve
from ml_assets.pipeline.verdicts import verdicts
from ml_assets.pipeline.workspace import Workspace
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.builders import land, write_landing

DAY = dt.date(2025, 8, 10)
DAYS = [DAY - dt.timedelta(days=n) for n in range(4, -1, -1)]
TOML = 'event_time = "at"\n'
MODULE = '''
import datetime as dt
from pathlib import Path
from typing import Any, Literal

import polars as pl

from ml_assets import Field, Metric, Parameters, Pipeline, Product, Rows, Verdict

FACTOR = 1


class Series(Parameters):
    """What decides the history."""

    source: str = Field("shop", pattern=r"^[a-z]+$", description="Where rows come from")
    shop: Literal["north", "south"] = Field("north", description="Which shop")
    days: int = Field(7, ge=2, le=100, description="Days of history")


class Forecast(Series):
    """What decides a forecast."""

    method: Literal["naive", "mean"] = Field("naive", description="How the future is drawn")
    scale: float = Field(1.0, ge=0.0, le=9.0, description="By what it is multiplied")


demand = Pipeline(
    "demand", Forecast, path=("method", "shop"), promotes="forecast", metrics=[Metric("mape", better="smaller", margin=0.01)]
)


def called(name):
    with Path("calls.txt").open("a") as out:
        out.write(f"{name}\\n")


@demand.asset
def history(params: Series, rows: Rows, as_of: dt.date) -> pl.DataFrame:
    """Pieces a day."""
    called("history")
    first = as_of - dt.timedelta(days=params.days - 1)
    sales = rows.scan("sales", source=params.source, first=first, last=as_of)
    table = sales.filter(shop=params.shop).group_by("day").agg(pl.col("pieces").sum()).sort("day").collect()
    if table.is_empty() or table["pieces"].sum() > 1_000:
        raise ValueError("no shop sells so much")
    return table


@demand.asset
def forecast(params: Forecast, history: pl.DataFrame) -> dict[str, Any]:
    """The next days."""
    called("forecast")
    history.insert_column(0, pl.lit(0).alias("of_my_own"))
    return {"level": float(history["pieces"][-1] * FACTOR * params.scale), "pair": (1, 2), "spare": []}


@demand.asset
def accuracy(params: Forecast, history: Product[pl.DataFrame], forecast: dict[str, Any]) -> Product[dict[str, Any]]:
    """How good it is."""
    called("accuracy")
    kinds = [type(forecast["level"]).__name__, type(forecast["pair"]).__name__]
    document = {"kinds": kinds, "columns": history.value.columns}
    return Product(document, metrics={"mape": 0.25})


@demand.check
def enough_rows(history: pl.DataFrame) -> bool:
    """At least two days."""
    called("enough_rows")
    return history.height >= 2


@demand.check(blocking=True)
def plausible(forecast: dict[str, Any], params: Forecast) -> Verdict:
    """A forecast is below 500."""
    called("plausible")
    return Verdict(forecast["level"] < 500, f"level {forecast['level']}", metadata={"level": forecast["level"]})
'''


def day_of(day, *, pieces=10):
    """The rows of one day: of either shop one."""
    at = dt.datetime.combine(day, dt.time(9))
    return pl.DataFrame({"at": [at, at], "shop": ["north", "south"], "pieces": [pieces, 2 * pieces]})


@pytest.fixture
def zone(tmp_path):
    days = [DAY - dt.timedelta(days=n) for n in range(20)]
    return write_landing(tmp_path / "zone", "sales", {day: day_of(day) for day in days}, toml=TOML)


@pytest.fixture
def shop(tmp_path, zone, monkeypatch):
    """A place with rows, and what writes a module and makes what is in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
    return Shop(tmp_path, zone)


class Shop(SimpleNamespace):
    def __init__(self, place, zone):
        super().__init__(place=place, zone=zone, modules=0, store=ArtifactStore(str(place / "store")))
        self.demand = self.pipeline()

    def pipeline(self, *changes):
        """The pipeline of the module, in which each change is a text and what takes its place."""
        text = MODULE
        for was, now in changes:
            assert was in text
            text = text.replace(was, now)
        self.modules += 1
        name = f"shop_{self.place.name}_{self.modules}"
        (self.place / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module(name).demand

    def workspace(self, pipeline=None):
        return Workspace(
            pipeline=pipeline or self.demand,
            store=self.store,
            environment="dev",
            sources={"shop": str(self.zone)},
            workers=2,
        )

    def make(self, pipeline=None, as_of=DAY, **given):
        """What came of each asset: a reason, "reused", or the error."""
        place = self.workspace(pipeline)
        done = attempt(check(given, place.pipeline.parameters), as_of, workspace=place)
        told = {m.key.asset: "reused" if m.reused else m.reason for m in done.made}
        return told | ({"error": str(done.error)} if done.error else {})

    def calls(self):
        """How often each function was called since this was asked last."""
        file = self.place / "calls.txt"
        found = Counter(file.read_text().split()) if file.exists() else Counter()
        file.unlink(missing_ok=True)
        return dict(found)


FEW = '''
@demand.check
def few(history: pl.DataFrame) -> bool:
    """At most two days."""
    return history.height <= 2


@demand.check(blocking=True)'''
THREADS = """
def threads():
    import numpy.linalg
    from threadpoolctl import threadpool_info

    return sorted({item["num_threads"] for item in threadpool_info() if item["user_api"] == "blas"})


def called(name):"""
ONCE = {"history": 1, "enough_rows": 1, "forecast": 1, "plausible": 1, "accuracy": 1}
NEW = dict.fromkeys(("history", "forecast", "accuracy"), "new")
REUSED = dict.fromkeys(NEW, "reused")


def test_what_nothing_has_changed_is_reused_and_no_function_is_called(shop):
    assert shop.make() == NEW
    assert shop.calls() == ONCE
    assert shop.make() == REUSED
    assert shop.calls() == {}


def test_runs_share_what_their_other_parameters_do_not_decide(shop):
    shop.make()
    shop.calls()

    assert shop.make(method="mean", scale=2.0) == NEW | {"history": "reused"}
    assert shop.calls() == {name: 1 for name in ONCE if name not in ("history", "enough_rows")}


def test_a_path_names_the_pipeline_and_the_parameters_that_it_tells(shop):
    shop.make()
    shop.make(scale=2.0)
    paths = [key.path.rpartition("/run=")[0] for key in shop.store.keys(None)]

    assert Counter(paths) == {
        f"demand/history/shop=north/as_of={DAY}": 1,
        f"demand/forecast/method=naive/shop=north/as_of={DAY}": 2,
        f"demand/accuracy/method=naive/shop=north/as_of={DAY}": 2,
    }


def test_each_function_gets_what_was_stored_and_nobody_else_has_it(shop):
    run = resolve(shop.demand, {}, as_of=DAY)

    fresh = make(run, store=None)["accuracy"].value

    assert fresh == {"kinds": ["int", "list"], "columns": ["day", "pieces"]}


def test_what_is_not_there_of_a_pipeline_is_told_by_a_command_that_names_it(shop):
    with pytest.raises(
        ArtifactNotFoundError, match=rf"ml-assets run --shop north --as-of {DAY} --pipeline \w+:demand$"
    ):
        make(resolve(shop.demand, {}, as_of=DAY), ["accuracy"], store=shop.store)


def test_other_code_makes_anew_what_it_makes_and_no_more(shop):
    shop.make()
    other = shop.pipeline(("FACTOR = 1", "FACTOR = 2"))

    assert shop.make(other) == {
        "history": "reused",
        "forecast": "code changed",
        "accuracy": "input forecast changed",
    }


def test_equal_bytes_of_other_code_leave_what_is_behind_them_as_it_is(shop):
    shop.make()
    other = shop.pipeline(('"spare": []', '"spare": list()'))

    assert shop.make(other) == REUSED | {"forecast": "code changed"}


def test_another_package_makes_anew(shop, monkeypatch):
    shop.make()
    real = day_module.packages_of
    monkeypatch.setattr(day_module, "packages_of", lambda names: {**real(names), "polars": "0.1"})

    assert shop.make()["history"].startswith("package polars changed: ")


def test_rows_that_changed_make_anew_and_only_they_are_asked_for_again(shop):
    shop.make()
    land(shop.zone, DAY - dt.timedelta(days=10), day_of(DAY, pieces=7), dataset="sales")
    assert shop.make() == REUSED
    shop.calls()
    changed = DAY - dt.timedelta(days=3)
    land(shop.zone, changed, day_of(changed, pieces=7), dataset="sales")

    assert shop.make() == {
        "history": f"input rows changed on 1 of 7 days ({changed}; +0 rows)",
        "forecast": "input history changed",
        "accuracy": "input history changed",
    }
    assert shop.calls() == ONCE


def test_a_contract_that_changed_makes_anew(shop):
    shop.make()
    (shop.zone / "sales" / "dataset.toml").write_text(TOML + 'ids = ["shop"]\n')

    assert shop.make()["history"] == "dataset.toml changed: ids"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_day_of_five_leaves_the_others_alone_and_names_the_place(shop, workers):
    bad = DAYS[1]
    land(shop.zone, bad - dt.timedelta(days=1), day_of(bad, pieces=2_000), dataset="sales")
    given = check({"days": 2}, shop.demand.parameters)

    done = sorted(
        attempts(given, DAYS, workspace=shop.workspace(), workers=workers), key=lambda item: item.as_of
    )

    assert [len(item.made) for item in done] == [3, 0, 3, 3, 3]
    module = shop.demand.module
    assert str(done[1].error).startswith(
        f"history of {bad} failed: ValueError: no shop sells so much ({module}, line "
    )
    assert "no shop sells so much" in done[1].trace


def test_a_check_that_must_hold_ends_its_day_and_its_asset_is_not_stored(shop):
    land(shop.zone, DAY, day_of(DAY, pieces=300), dataset="sales")

    told = shop.make(scale=2.0)

    assert told == {
        "history": "new",
        "error": f"forecast of {DAY}: the check plausible does not hold: A forecast is below 500 (level 600). "
        "Nothing was stored.",
    }
    assert {key.asset for key in shop.store.keys(None)} == {"history"}


def test_what_checks_say_is_stored_with_the_artifact(shop):
    land(shop.zone, DAY, day_of(DAY, pieces=3), dataset="sales")
    place = shop.workspace(shop.pipeline(("history.height >= 2", "history.height >= 200")))

    made = {item.key.asset: item for item in attempt(place.pipeline.parameters(), DAY, workspace=place).made}
    shop.calls()
    told = {asset: verdicts(item, place) for asset, item in made.items()}

    assert made["history"].manifest.checks["enough_rows"].model_dump() == {
        "passed": False,
        "message": "At least two days.",
        "metadata": {},
    }
    assert told["history"]["enough_rows"].message == "At least two days."
    assert (told["forecast"]["plausible"].passed, told["forecast"]["plausible"].metadata) == (
        True,
        {"level": 3},
    )
    assert {name: set(item) for name, item in told.items()} == {
        "history": {"bytes_verify", "enough_rows"},
        "forecast": {"bytes_verify", "plausible"},
        "accuracy": {"bytes_verify"},
    }
    assert shop.calls() == {}


def test_a_check_that_nobody_asked_before_is_judged_when_it_is_asked_for(shop):
    shop.make()
    later = shop.pipeline(
        (
            "@demand.check(blocking=True)",
            FEW,
        )
    )
    place = shop.workspace(later)
    done = attempt(later.parameters(), DAY, workspace=place)

    assert [item.reused for item in done.made] == [True] * 3
    assert not done.verdicts["history"]["few"].passed
    assert done.verdicts["history"]["few"].message == "At most two days."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('"mape": 0.25', '"mape": float("nan")'), "the metric mape is not a number"),
        (('metrics={"mape": 0.25}', "metrics={}"), "no asset told mape"),
        (('"kinds": kinds', '"kinds": {1, 2}'), "accuracy.kinds"),
    ],
)
def test_what_cannot_be_told_or_stored_is_refused(shop, change, message):
    told = shop.make(shop.pipeline(change))

    assert list(told) == ["history", "forecast", "error"]
    assert message in told["error"]
    assert "Nothing was" in told["error"]


def test_a_metric_may_be_told_by_its_groups_or_not_at_all_with_a_reason(shop):
    assert "error" not in shop.make(shop.pipeline(('"mape": 0.25', '"mape.week1": 0.25')))
    excused = ('metrics={"mape": 0.25}', 'facts={"not_measured": {"mape": "no week is over"}}')
    assert "error" not in shop.make(shop.pipeline(excused), scale=2.0)


def test_a_plan_says_what_a_run_would_do(shop):
    place = shop.workspace()
    given = place.pipeline.parameters()

    assert plan_day(given, DAY, workspace=place).state == "new"
    shop.make()
    assert plan_day(given, DAY, workspace=place).state == "reused"
    land(shop.zone, DAY, day_of(DAY, pieces=11), dataset="sales")
    planned = plan_day(given, DAY, workspace=place)
    assert planned.state == "stale"
    assert [line.partition(":")[0] for line in planned.why] == ["history", "forecast", "accuracy"]


def test_what_is_stored_is_made_again_byte_for_byte(shop):
    shop.make()
    place = shop.workspace()
    (forecast,) = (key for key in shop.store.keys(None) if key.asset == "forecast")

    again = reproduce(place.store.find_run(forecast.run_id), workspace=place)

    assert [(item.key.asset, item.same) for item in again] == [
        ("history", True),
        ("accuracy", True),
        ("forecast", True),
    ]


def test_a_run_goes_from_task_to_task_as_json_and_is_made_there(shop):
    run = resolve(shop.demand, {"scale": 2}, as_of=DAY)
    sent = Run.model_validate_json(run.model_dump_json())

    first = make(sent, ["history"], store=shop.store)
    rest = make(run, ["forecast", "accuracy"], store=shop.store)

    assert (sent, sent.run_id) == (run, run.run_id)
    assert sent.pipeline is shop.demand
    assert list(first) == ["history"]
    assert rest["forecast"].key.run_id == run.run_id
    assert (rest["accuracy"].metrics, rest["accuracy"].reused) == ({"mape": 0.25}, False)
    assert first["history"].value["pieces"].to_list() == [10] * 7


def test_what_is_made_nowhere_is_gone_with_its_results(shop):
    before = set(Path.cwd().iterdir())
    made = make(resolve(shop.demand, {}, as_of=DAY), store=None)
    place = Path(made["forecast"].workspace.store.root)

    assert made["forecast"].value["level"] == 10
    assert len(made["forecast"].sha256) == 64
    assert place.is_dir()
    assert set(Path.cwd().iterdir()) - before <= {Path.cwd() / "calls.txt"}
    del made
    assert not place.exists()


def test_other_assets_than_those_of_the_pipeline_are_refused(shop):
    with pytest.raises(RefusedError, match="Allowed: some of history, forecast, accuracy"):
        make(resolve(shop.demand, {}, as_of=DAY), ["model"])


def test_what_is_needed_and_not_stored_is_named(shop):
    with pytest.raises(StoreError, match="history"):
        make(
            resolve(shop.demand, {}, as_of=DAY), ["forecast"], store=ArtifactStore(str(shop.place / "empty"))
        )


@pytest.mark.parametrize(("asset", "limit"), [("@demand.asset", 1), ("@demand.asset(threads=2)", 2)])
def test_linear_algebra_has_as_many_threads_as_the_asset_says(shop, asset, limit):
    forecast = "@demand.asset\ndef forecast"
    told = shop.pipeline(
        ("def called(name):", THREADS),
        ('"spare": []', '"spare": threads()'),
        (forecast, forecast.replace("@demand.asset", asset)),
    )
    with threadpool_limits(3):  # neither the limit of the tests, nor one of the two
        made = make(resolve(told, {}, as_of=DAY), store=None)

    assert made["forecast"].value["spare"] == [limit]


def test_an_artifact_that_does_not_say_which_rows_it_asked_for_is_made_to_know(shop):
    shop.make()
    (key,) = shop.store.keys("history", folder="demand")
    manifest = shop.store.manifest(key)
    before = tuple(
        source.model_copy(update={"first": None, "last": None, "contract": None})
        for source in manifest.sources
    )
    file = manifest.main
    old = manifest.model_copy(update={"sources": before})
    shop.store.commit(key, old, {file.file: shop.store.read_file(key, file)})
    shop.calls()

    assert shop.make() == REUSED
    assert shop.calls() == {"history": 1}
    changed = DAY - dt.timedelta(days=3)
    land(shop.zone, changed, day_of(changed, pieces=7), dataset="sales")
    assert shop.make()["history"] == f"input rows changed on 1 of 7 days ({changed}; +0 rows)"


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"rows": np.int64(3), "share": np.float32(0.5)}, ""),
        ({"share": float("nan")}, "gave metadata.share: not a num"),
    ],
)
def test_the_numbers_of_a_check_are_stored_as_facts_are(metadata, says):
    class Count(Parameters):
        n: int = Field(3, ge=1, le=9, description="How many")

    counted = Pipeline("counted", Count)

    @counted.asset
    def count(params: Count) -> dict[str, int]:
        return {"n": params.n}

    @counted.check
    def told(count: dict[str, int]) -> Verdict:
        return Verdict(passed=True, metadata=count)

    day = SimpleNamespace(parameters=Count(), as_of=DAY, pipeline=counted)
    with pytest.raises(AssetFunctionError, match=says) if says else nullcontext():
        verdict = verdict_of(counted.checks["count", "told"], day, lambda _: Product(metadata))
        assert (
            StoredVerdict(passed=True, metadata=verdict.metadata).model_dump(mode="json")["metadata"]
            == metadata
        )
