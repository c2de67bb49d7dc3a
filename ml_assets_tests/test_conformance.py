"""Any pipeline keeps the promises: those that are shipped, and small ones of kinds that nobody had in mind."""

import datetime as dt
import importlib
import json

import pytest

from ml_assets.cli.main import main
from ml_assets.conformance import Promise, Report, conform
from ml_assets.conformance.suite import PROMISES
from ml_assets.core.pipeline import Declared
from ml_assets.errors import RefusedError
from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.conftest import REPO, output_of
from ml_assets_tests.three_tasks import AS_OF, TASKS, land_tasks

DAY = dt.date(2025, 12, 1)
KINDS = {
    "answers": {"threads are limited", "other rows make what asked for them"},
    "clustering": set(),
    "hourly": {"threads are limited"},
    "net": set(),
    "nothing_promoted": {
        "threads are limited",
        "a leaderboard ranks each trial",
        "a promotion is refused for cause",
    },
    "ranking": {"threads are limited"},
}
"""By kind, what cannot be asked of it."""


def kind(name):
    """The pipeline of a kind."""
    module = importlib.import_module(f"ml_assets_tests.kinds.{name}")
    return next(value for value in vars(module).values() if isinstance(value, Declared))


def not_asked(report):
    assert not report.broken, str(report)
    return {promise.name for promise in report.promises if promise.kept is None}


@pytest.mark.parametrize("name", KINDS)
def test_a_small_pipeline_of_any_kind_keeps_every_promise_that_can_be_asked_of_it(name):
    report = conform(kind(name), as_of=DAY, quick=True)

    assert not_asked(report) == KINDS[name]
    assert [promise.name for promise in report.promises] == list(PROMISES)


@pytest.mark.slow(minutes=1)
def test_demand_keeps_every_promise():
    assert not_asked(conform(demand, values={"weeks": 9, "method": "both"}, as_of=DAY, quick=True)) == set()


@pytest.mark.slow
@pytest.mark.parametrize("dataset", TASKS)
def test_tabular_keeps_every_promise_for_a_price_for_three_classes_and_for_0_or_1(
    dataset, tmp_path, monkeypatch
):
    zone = land_tasks(tmp_path / "zone", a_day=5)
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
    values = {"source": "shop", "dataset": dataset, "lookback_days": 60, "holdout_days": 20}

    assert not_asked(conform(tabular, values=values, as_of=AS_OF, quick=True)) == set()


def test_all_files_of_kinds_are_tried():
    files = {path.stem for path in (REPO / "ml_assets_tests" / "kinds").glob("[a-z]*.py")}

    assert files == set(KINDS)


def test_values_that_are_refused_are_refused_before_anything_is_tried():
    with pytest.raises(RefusedError, match="days: too small"):
        conform(kind("nothing_promoted"), values={"days": 0}, as_of=DAY)


def test_the_shell_refuses_a_bad_value_before_anything_is_tried(capsys):
    code = main(["conform", "--pipeline", "ml_assets_tests.kinds.nothing_promoted:pages", "--days", "0"])

    assert code == 2
    assert "days: too small. Allowed: a whole number from 1 to 60." in capsys.readouterr().err


def test_nothing_is_written_where_anything_else_lies(tmp_path):
    conform(kind("nothing_promoted"), as_of=DAY, only=["a bad day hurts no other", "verify finds every harm"])

    assert list(tmp_path.iterdir()) == []


def test_the_table_tells_what_was_kept_what_was_not_and_what_was_not_asked():
    report = Report(
        "shop",
        (
            Promise("one", kept=True, message="3 assets"),
            Promise("another", kept=False, message="words " * 30),
            Promise("a third", kept=None, message="it has no rows"),
        ),
    )
    first, second, more, third, empty, counts = str(report).splitlines()

    assert first == "kept       one      3 assets"
    assert second.startswith("BROKEN     another  words words")
    assert more.startswith("                    words")
    assert (third, empty) == ("not asked  a third  it has no rows", "")
    assert counts == "shop: 1 kept, 1 BROKEN, 1 not asked"
    assert (report.kept, [promise.name for promise in report.broken]) == (False, ["another"])
    assert json.loads(json.dumps(report.document()))["promises"][2]["kept"] is None


def test_to_import_it_loads_neither_dagster_nor_numbers():
    code = "import sys, ml_assets.conformance; print([n for n in ('dagster', 'polars', 'sklearn') if n in sys.modules])"
    done = output_of(code)

    assert done == "[]\n"
