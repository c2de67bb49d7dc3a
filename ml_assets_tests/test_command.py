"""The command that is printed makes the same run."""

import datetime as dt
import shlex

from hypothesis import given

from ml_assets.cli.parser import build_parser
from ml_assets.cli.request import read_request
from ml_assets.core.command import command, run_command
from ml_assets_tests.strategies import parameters

NOW = dt.datetime(2026, 1, 5, tzinfo=dt.timezone.utc)


@given(parameters())
def test_a_printed_command_reads_back_as_the_parameters_it_was_made_from(drawn):
    known = drawn.model_copy(update={"source": "sample"})
    words = shlex.split(run_command(known, dt.date(2025, 12, 1)))

    parser = build_parser()
    args, unknown = parser.parse_known_args(words[1:])

    request = read_request(args, unknown, parser, now=NOW)
    assert request.parameters == known
    assert request.as_of == dt.date(2025, 12, 1)


def test_a_command_names_dataset_and_environment_where_they_are_not_the_usual():
    assert command("switch", "--to", "blue", dataset="orders") == "ml-assets switch --to blue"
    assert command("rollback", dataset="customers") == "ml-assets rollback --dataset customers"
    assert command("verify", "--repair", environment="staging") == (
        "ml-assets verify --repair --environment staging"
    )
