"""How many days an asset may ask for, and for which days a pipeline is made."""

import datetime as dt
import json

import dagster as dg
import polars as pl
import pytest

from ml_assets import Field, Parameters, Pipeline, Rows
from ml_assets.cli.main import main
from ml_assets.core.as_of import last_complete_day
from ml_assets.errors import RefusedError, SourceError, TrainingError
from ml_assets.pipeline.compute import windows_of
from ml_assets.pipeline.plan import plan_day
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.settings import load_settings

MONDAY = dt.date(2025, 12, 1)


class Window(Parameters):
    """What decides the rows."""

    source: str = Field("sample", pattern=r"^[a-z]{1,9}$", description="Where rows come from")
    days: int = Field(7, ge=1, le=60, description="Days of rows")
    more: int = Field(0, ge=0, le=9, description="Days beyond the window that are asked for")


weekly = Pipeline("weekly", Window, every="week on monday")


@weekly.sample
def sales(first: dt.date, last: dt.date) -> pl.DataFrame:
    """A row a day."""
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    return pl.DataFrame({"day": days, "pieces": [1] * len(days)})


@weekly.asset
def start(params: Window) -> dict[str, int]:
    """Something small that rows are joined with."""
    return {"days": params.days}


@weekly.asset(window=lambda params: {"sales": params.days if params.days < 60 else "all"})
def total(params: Window, start: dict[str, int], rows: Rows, as_of: dt.date) -> dict[str, int]:
    """All pieces."""
    first = as_of - dt.timedelta(days=start["days"] + params.more)
    return {"pieces": rows.scan("sales", source=params.source, first=first, last=as_of).collect().height}


def make(**values):
    return weekly.make(weekly.resolve(values, as_of=MONDAY), store=None)


def test_what_lies_in_the_window_is_given():
    assert make()["total"].value == {"pieces": 8}


def test_what_lies_beyond_it_fails_in_words():
    with pytest.raises(SourceError) as error:
        make(more=1)

    assert str(error.value) == (
        "sales: rows from 2025-11-23 on were asked for, and the window of the asset begins 7 days before as_of, on "
        "2025-11-24. Widen the window, or ask for fewer days."
    )


def test_a_data_set_that_it_does_not_name_is_refused():
    rows = Rows.of(prices=sales(MONDAY, MONDAY), as_of=MONDAY)
    rows.window = {"sales": 7}

    with pytest.raises(
        SourceError, match=r"prices: its rows were asked for, and the window .* names only sales\."
    ):
        rows.scan("prices", source="x", first=MONDAY, last=MONDAY)


def test_one_that_is_wrong_for_these_parameters_only_fails_their_run():
    with pytest.raises(TrainingError, match="total: its window gives sales no whole number of days"):
        make(days=60)


def test_the_widest_window_by_data_set_is_told():
    assert windows_of(weekly, Window(days=9)) == {"sales": 9}


def test_a_plan_reads_the_rows_of_the_window(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(tmp_path / "nothing"))
    workspace = open_workspace(load_settings(), pipeline=weekly)

    planned = plan_day(Window(source="shop"), MONDAY, workspace=workspace)

    assert planned.state == "invalid"
    assert "nothing: is not a folder" in planned.why[0]


def test_another_day_of_the_week_is_refused():
    with pytest.raises(RefusedError) as refusal:
        weekly.resolve({}, as_of="2025-12-02")

    [line] = refusal.value.problems
    assert line.startswith(
        "as_of: not a day of its pipeline, which is made every week on monday. Allowed: such as "
    )


def test_without_a_day_the_last_complete_monday_is_meant():
    assert weekly.resolve({}).as_of.weekday() == 0
    now = dt.datetime(2025, 12, 2, tzinfo=dt.timezone.utc)
    assert last_complete_day(now, every="week on monday") == MONDAY
    assert last_complete_day(now - dt.timedelta(seconds=1), every="week on monday") == dt.date(2025, 11, 24)


def test_dagster_offers_these_days_only():
    days = weekly.assets().partitions_def

    keys = days.get_partition_keys(current_time=dt.datetime(2025, 12, 2, 1, tzinfo=dt.timezone.utc))

    assert keys[-2:] == ["2025-11-24", "2025-12-01"]


def test_a_backfill_over_a_range_makes_these_days_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        done = (
            weekly.definitions()
            .resolve_job_def("weekly")
            .execute_in_process(
                instance=instance,
                tags={
                    "dagster/asset_partition_range_start": "2025-11-24",
                    "dagster/asset_partition_range_end": "2025-12-01",
                },
            )
        )

    told = {event.partition for event in done.get_asset_materialization_events()}
    assert told == {"2025-11-24", "2025-12-01"}


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys):
    """Run a command about the pipeline in this process; what it prints as JSON, or of a refusal the text."""
    monkeypatch.chdir(tmp_path)
    reference = f"{__name__}:weekly"

    def call(*words):
        code = main([*words, "--pipeline", reference, "--json"])
        printed = capsys.readouterr()
        assert code == (2 if printed.err.startswith("Refused") else 0), printed.err
        return printed.err if code else json.loads(printed.out)

    return call


@pytest.mark.usefixtures("ready_home")
def test_the_shell_makes_these_days_only(shell):
    last = last_complete_day(dt.datetime.now(tz=dt.timezone.utc), every="week on monday")

    assert shell("run")["as_of"] == str(last)
    made = shell("backfill", "--last", "3")
    assert [day["as_of"] for day in made["days"]] == [str(last - dt.timedelta(weeks=n)) for n in (2, 1, 0)]
    spanned = shell("backfill", "--from", "2025-11-24", "--to", "2025-12-01")
    assert [day["as_of"] for day in spanned["days"]] == ["2025-11-24", "2025-12-01"]
    assert shell("report", "--from", "2025-11-24", "--to", "2025-12-01")["done"] == 2
    planned = shell("run", "--as-of", "2025-12-01", "--plan")
    assert planned["counts"]["reused"] == 1


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("run", "--as-of", "2025-12-02"), "as_of"),
        (("backfill", "--from", "2025-11-25", "--to", "2025-12-01"), "--from"),
        (("backfill", "--from", "2025-11-24", "--to", "2025-12-02"), "--to"),
    ],
)
def test_the_shell_refuses_another_day_of_the_week(shell, words, name, tmp_path):
    assert f"{name}: not a day of its pipeline, which is made every week on monday. Allowed:" in shell(*words)
    assert not (tmp_path / "artifacts").exists()
