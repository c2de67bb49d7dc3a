"""The command that is printed makes the same run."""

import datetime as dt
import shlex
from dataclasses import replace

from hypothesis import given

from ml_assets.cli.parser import read
from ml_assets.cli.request import read_request
from ml_assets.core.command import about_words, command, run_command
from ml_assets.pipelines.demand import Forecast, demand
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import SAMPLES
from ml_assets_tests.strategies import parameters

NOW = dt.datetime(2026, 1, 5, tzinfo=dt.timezone.utc)


@given(parameters())
def test_a_printed_command_reads_back_as_the_parameters_it_was_made_from(drawn):
    dataset = drawn.dataset if drawn.dataset in SAMPLES else "customers"
    known = drawn.model_copy(update={"source": "sample", "dataset": dataset})
    words = shlex.split(run_command(known, dt.date(2025, 12, 1)))

    _, call = read(words[1:])

    request = read_request(replace(call, now=NOW))
    assert request.parameters == known
    assert request.as_of == dt.date(2025, 12, 1)


def test_a_command_names_dataset_and_environment_where_they_are_not_the_usual():
    assert about_words(tabular, {"dataset": "orders"}) == []
    assert about_words(tabular, {"dataset": "customers"}) == ["--dataset", "customers"]
    assert about_words(demand, {"shop": "south"}) == ["--pipeline", "demand", "--shop", "south"]
    assert command("verify", "--repair", environment="staging") == (
        "ml-assets verify --repair --environment staging"
    )


def test_a_command_names_the_pipeline_where_another_one_would_be_meant_without():
    run = run_command(Forecast(method="ets"), dt.date(2025, 12, 1), pipeline=demand)

    assert run == "ml-assets run --shop north --as-of 2025-12-01 --method ets --pipeline demand"
    assert command("live", pipeline=tabular) == "ml-assets live"
    first = "ml_assets.pipelines.demand:demand"
    assert command("live", pipeline=tabular, first=first) == "ml-assets live --pipeline tabular"
    assert command("live", pipeline=demand, first=first) == "ml-assets live"
