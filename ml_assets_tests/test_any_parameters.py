"""Every surface that reads parameters takes any class of them: flags, filters, presets, commands, settings."""

import argparse
import datetime as dt
import shlex
from typing import Annotated, Literal

import pytest
from hypothesis import given
from pydantic import Field

from ml_assets.adapter.schema import shown
from ml_assets.cli.flags import Parser, add_parameter_flags, given_parameters
from ml_assets.cli.parser import build_parser
from ml_assets.client.request import checked_request
from ml_assets.core.command import OPTIONS, run_command
from ml_assets.core.parameters import Parameters, used_when
from ml_assets.core.problems import check
from ml_assets.core.where import Condition, parse
from ml_assets.errors import RefusedError
from ml_assets.presets import load_preset
from ml_assets.settings import load_settings
from ml_assets_tests.test_marks import Forecast, forecasts

DAY = dt.date(2025, 12, 1)


class Odd(Parameters):
    """Parameters that are named like options of the shell."""

    metric: Literal["mape", "rmse"] = Field("mape", description="What is made small")
    search: bool = Field(False, description="Whether to search")
    names: list[Annotated[str, Field(pattern="^.{1,9}$")]] = Field(["a"], description="Names")
    last: Annotated[int, used_when(search=True)] = Field(3, ge=1, le=9, description="How many")


def from_flags(*words, cls):
    parser = Parser(prog="x", add_help=False)
    add_parameter_flags(parser, cls=cls)
    return given_parameters(parser.parse_args(words), cls=cls)


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["--hidden", "12,6"], {"hidden": [12, 6]}),
        (["--hidden", "[12, 6]"], {"hidden": [12, 6]}),
        (["--hidden", "12,x"], {"hidden": [12, "x"]}),
        (["--weights", '{"mon": 0.5}'], {"weights": {"mon": 0.5}}),
        (["--weights", "mon"], {"weights": "mon"}),
        (["--set", "method=ets", "--set", "damped=true"], {"method": "ets", "damped": True}),
        (["--damped", "--phi", "0.5"], {"damped": True, "phi": 0.5}),
        (["--set", "weekz=3"], {"weekz": "3"}),
    ],
)
def test_a_flag_is_read_as_its_field(words, values):
    assert from_flags(*words, cls=Forecast) == values


def test_a_parameter_named_like_an_option_is_given_by_set_alone():
    assert from_flags("--set", "metric=rmse", "--set", "last=4", "--names", "b,c", cls=Odd) == {
        "metric": "rmse",
        "last": 4,
        "names": ["b", "c"],
    }
    with pytest.raises(RefusedError, match="--set: not an assignment"):
        from_flags("--set", "metric", cls=Odd)


def test_the_options_of_the_shell_are_all_known():
    parser = build_parser()
    commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices
    flags = {
        option.removeprefix("--").removeprefix("no-").replace("-", "_")
        for name in ("run", "backfill", "sweep", "report", "form")
        for group in commands[name]._action_groups
        if not str(group.title).startswith("parameters")
        for action in group._group_actions
        for option in action.option_strings
        if option.startswith("--")
    }

    assert flags <= OPTIONS
    assert OPTIONS - flags <= {"set", "again"}  # which `--asset` gives


@given(forecasts())
def test_a_command_gives_the_parameters_that_it_was_made_of(drawn):
    words = shlex.split(run_command(drawn, DAY))
    rest = words[words.index("2025-12-01") + 1 :]

    assert check(from_flags(*rest, cls=Forecast), Forecast) == drawn


@pytest.mark.parametrize(
    "odd", [Odd(metric="rmse", search=True, last=5), Odd(names=["a,b", "c"]), Odd(names=["d", "e"])], ids=str
)
def test_a_command_gives_names_of_options_and_texts_with_commas(odd):
    words = shlex.split(run_command(odd, DAY))

    assert check(from_flags(*words[words.index("2025-12-01") + 1 :], cls=Odd), Odd) == odd


def test_a_filter_knows_the_fields_of_the_class():
    (condition,) = parse("hidden=[12,6]", cls=Forecast)

    assert condition == Condition(name="hidden", op="=", value="[12,6]")
    assert condition.holds({"hidden": [12, 6]})
    assert not condition.holds({"hidden": [6, 12]})
    with pytest.raises(RefusedError) as refusal:
        parse("seed=1 hidden=x hidden>[1] weeks=x weks=3", cls=Forecast)
    assert refusal.value.problems == (
        "where: seed is unknown. Known: weeks, fill, days, method, season, damped, phi, hidden, weights.",
        "where: hidden is a list or a table. Allowed: JSON without spaces.",
        "where: hidden has no order. Allowed: = and !=.",
        "where: weeks is a number and is compared with text.",
        "where: weks is unknown. Did you mean weeks?",
    )


def test_a_preset_is_checked_by_the_class(tmp_path):
    (tmp_path / "good.toml").write_text(
        'description = "x"\n[parameters]\nmethod = "net"\nhidden = [8, 4]\n[parameters.weights]\nmon = 0.5\n'
    )
    (tmp_path / "bad.toml").write_text('description = "x"\nweeks = 9\n[parameters]\nhidden = [0]\n')

    assert check(load_preset("good", tmp_path, cls=Forecast).parameters, Forecast).hidden == [8, 4]
    with pytest.raises(RefusedError) as refusal:
        load_preset("bad", tmp_path, cls=Forecast)
    assert [line.partition(".toml: ")[2] for line in refusal.value.problems] == [
        "weeks: a parameter outside its table. Write it below [parameters].",
        "hidden[0]: too small. Allowed: a whole number from 1 to 512.",
    ]


def test_a_request_is_checked_by_the_class():
    checked, days = checked_request({"weeks": 9}, ["2025-12-01"], cls=Forecast)

    assert (checked, days) == (Forecast(weeks=9), [DAY])
    with pytest.raises(RefusedError, match="seed: unknown parameter"):
        checked_request({"seed": 9}, ["2025-12-01"], cls=Forecast)


def test_what_an_environment_forbids_is_a_field_of_the_class(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__GREEN__OVERRIDES", '["seed"]')

    assert load_settings().override_problems(
        ["weeks", "seed", "as_of"], cls=Forecast, environment="green"
    ) == ["weeks: may not be given in the environment green. Given there may be: seed."]


def test_dagster_shows_lists_and_tables():
    schema = shown(Forecast.model_fields)

    assert not schema.fields["hidden"].default_provided  # what the defaults do not use is not opened with
    assert "each a whole number from 1 to 512" in schema.fields["hidden"].config_type.given_name
