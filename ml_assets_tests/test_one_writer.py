"""The IO manager is called for every asset that the jobs of the project make, in runs of one day and of several."""

import datetime as dt
import gc
import weakref

import dagster as dg
import polars as pl
import pytest

from ml_assets import Field, Frame, Parameters, Pipeline
from ml_assets.adapter.io_manager import ArtifactIOManager
from ml_assets.core.run_id import run_id
from ml_assets.definitions import defs
from ml_assets.pipeline.draft import Draft
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.scenario import failure_of, materializations
from ml_assets_tests.scored import AS_OF, GIVEN, PARAMETERS, QUIET, Shop

DAYS = [AS_OF + dt.timedelta(days=n) for n in (1, 2)]
SMALL = {**GIVEN, "lookback_days": 92, "holdout_days": 8}
OTHER = PARAMETERS.model_copy(update={"C": 0.5})
JOBS = {
    "train": ("training_set", "model", "evaluation", "model_card"),
    "report": ("backfill_report",),
    "sweep": ("leaderboard",),
    "score": ("predictions",),
    "monitor": ("monitoring",),
    "compare": ("kpi_comparison",),
    "demand": ("demand/history", "demand/forecast", "demand/accuracy"),
    "demand_report": ("demand/backfill_report",),
    "demand_sweep": ("demand/leaderboard",),
}
OWN = {
    "demand_report": {"window_days": 2},
    "demand_sweep": {"grid": {"method": "naive,ets"}},
    "report": {"window_days": 2},
    "sweep": {"grid": {"C": "0.5,1.0"}, "window_days": 1},
    "compare": {"candidate": run_id(OTHER, AS_OF), "reference": "live", "window_days": 56},
}


class Size(Parameters):
    rows: int = Field(3, ge=1, le=9, description="rows of the table")


large = Pipeline("large", Size)
TABLES = []


@large.asset
def table(params: Size) -> Frame:
    made = pl.DataFrame({"number": range(params.rows)})
    TABLES.append(weakref.ref(made))
    return made


@large.asset
def held(table: Frame) -> list[bool]:
    gc.collect()
    return [made() is not None for made in TABLES]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A shop with two models, of which one serves."""
    shop = Shop(tmp_path_factory.mktemp("trained"))
    write_landing(shop.zone, rows_by_day=order_days(last=DAYS[-1], rows=12))
    shop.release(shop.train())
    shop.train(C=0.5)
    return shop


@pytest.fixture
def handled(monkeypatch):
    """(asset, day) -> how often the IO manager was given it."""
    calls, handle = {}, ArtifactIOManager.handle_output

    def counted(self, context, obj):
        for day in context.asset_partition_keys:
            name = (context.asset_key.to_user_string(), day)
            calls[name] = calls.get(name, 0) + 1
        yield from handle(self, context, obj)

    monkeypatch.setattr(ArtifactIOManager, "handle_output", counted)
    return calls


@pytest.fixture
def committed(monkeypatch):
    """The names of the artifacts that were written, by the one function that writes."""
    names, commit = [], Draft.commit

    def counted(self):
        fresh = self._made is None
        made = commit(self)
        names.extend([self.key.asset] * fresh)
        return made

    monkeypatch.setattr(Draft, "commit", counted)
    return names


@pytest.mark.parametrize("days", [DAYS[:1], DAYS], ids=["one day", "several"])
@pytest.mark.parametrize("job", JOBS)
def test_each_asset_of_each_job_goes_through_the_io_manager(  # noqa: PLR0917
    trained, tmp_path, monkeypatch, handled, committed, job, days
):
    trained.copied(tmp_path / "shop", monkeypatch)
    first, last = str(days[0]), str(days[-1])
    span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}

    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def(job).execute_in_process(
            run_config={
                "resources": {
                    **(
                        {"demand_params": {"config": {"weeks": 9}}}
                        if "demand" in job
                        else {"params": {"config": SMALL}}
                    ),
                    "options": {"config": {"environment": "green"}},
                },
                "ops": {JOBS[job][0].replace("/", "__"): {"config": OWN[job]}} if job in OWN else {},
                "loggers": QUIET,
            },
            partition_key=first if first == last else None,
            tags=None if first == last else span,
            instance=instance,
            raise_on_error=False,
        )

    assert result.success, failure_of(result)
    expected = {(asset, str(day)) for asset in JOBS[job] for day in days}
    assert handled == dict.fromkeys(expected, 1)
    made = {name: event.metadata for name, event in materializations(result).items() if name in expected}
    assert set(made) == expected
    for (asset, day), told in made.items():
        assert f"{asset}/" in told["path"].value
        assert f"as_of={day}/run={told['run_id'].value}" in told["path"].value
    assert {asset.rpartition("/")[2] for asset in JOBS[job]} <= set(committed)
    assert all(day is not None for _, _, day in _checks(result))


def _checks(result):
    return {(e.asset_key, e.check_name, e.partition) for e in result.get_asset_check_evaluations()}


def test_every_asset_of_the_project_that_has_days_is_one_of_these():
    graph = defs.resolve_asset_graph()
    with_days = {k.to_user_string() for k in graph.get_all_asset_keys() if graph.get(k).partitions_def}

    assert with_days == {asset for assets in JOBS.values() for asset in assets}
    assert set(tabular.assets) == set(JOBS["train"])


def test_a_table_is_not_held_as_it_was_given_once_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    made = large.make(large.resolve({}, as_of=AS_OF))

    assert made["held"].value == [False]
