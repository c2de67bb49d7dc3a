"""Fields that not every run uses: they stay at their default, and are no part of what a run is."""

import copy
import datetime as dt
import json
import warnings
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError, field_validator, model_validator

from ml_assets.core.parameters import (
    Parameters,
    from_identity,
    identity,
    omitted_when,
    part_of,
    refuse,
    unused,
    used_when,
)
from ml_assets.core.problems import allowed, diagnose
from ml_assets.core.run_id import hash_identity, same_identity
from ml_assets_tests.test_run_id import VECTORS

DAY = dt.date(2025, 12, 1)
Size = Annotated[int, Field(ge=1, le=512)]


class Series(Parameters):
    """What decides the history."""

    weeks: int = Field(52, ge=8, le=520, description="Weeks of history")
    fill: Literal["none", "zero", "mean"] = Field("none", description="What is written where nothing is")
    days: Annotated[int, used_when(fill="mean")] = Field(7, ge=1, le=28, description="Days of the mean")


class Forecast(Series):
    """What decides a forecast."""

    method: Literal["naive", "ets", "net"] = Field("naive", description="How the future is drawn")
    season: Annotated[int, used_when(method=("ets", "net"))] = Field(7, ge=2, le=366, description="Season")
    damped: Annotated[bool, used_when(method="ets")] = Field(False, description="Does the trend end?")
    phi: Annotated[float, used_when(damped=True, season=(7, 14))] = Field(
        0.9, ge=0, le=1, description="How soon"
    )
    hidden: Annotated[list[Size], used_when(method="net"), omitted_when([12])] = Field(
        [12, 6], min_length=1, max_length=3, description="Sizes of the layers"
    )
    weights: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field({}, description="Of days")


def another_default(name, default):
    """The same class, of which one field has another default."""
    field = copy.copy(Forecast.model_fields[name])
    field.default = default
    return type("Forecast", (Forecast,), {"__annotations__": {name: field.annotation}, name: field})


values = st.fixed_dictionaries(
    {},
    optional={
        "weeks": st.integers(8, 520),
        "fill": st.sampled_from(["none", "zero", "mean"]),
        "days": st.integers(1, 28),
        "method": st.sampled_from(["naive", "ets", "net"]),
        "season": st.sampled_from([7, 14, 30]),
        "damped": st.booleans(),
        "phi": st.floats(0, 1),
        "hidden": st.lists(st.integers(1, 512), min_size=1, max_size=3),
        "weights": st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=2),
    },
)


@st.composite
def forecasts(draw):
    """Sound parameters: what is refused of them is left out."""
    drawn = draw(values)
    _, problems = diagnose(drawn, Forecast)
    refused = {line.split(":")[0] for line in problems}
    return Forecast(**{name: value for name, value in drawn.items() if name not in refused})


@given(forecasts(), forecasts())
def test_equal_identities_and_equal_run_ids_are_the_same_thing(one, two):
    first, second = identity(one, of=Forecast), identity(two, of=Forecast)

    assert (hash_identity(first, DAY) == hash_identity(second, DAY)) is same_identity(first, second)
    assert same_identity(first, second) is (one == two)


@pytest.mark.parametrize(
    ("given_", "name"),
    [
        ({}, "every default"),
        ({"method": "net", "hidden": [12]}, "a list at the value at which it is left out"),
        (
            {"method": "net", "hidden": [12, 6, 3], "weights": {"mon": 0.5, "sun": 1}},
            "lists and tables, and nothing of what is not used",
        ),
    ],
)
def test_published_vectors_hold_for_another_class(given_, name):
    vector = next(vector for vector in VECTORS if vector["name"] == f"another pipeline: {name}")

    assert identity(Forecast(**given_), of=Forecast) == vector["parameters"]
    assert hash_identity(identity(Forecast(**given_), of=Forecast), DAY) == vector["run_id"]


@given(forecasts(), st.data())
def test_another_default_of_what_is_not_used_changes_no_run_id(drawn, data):
    aside = unused(drawn, of=Forecast)
    others = {"days": 3, "season": 30, "damped": True, "phi": 0.5, "hidden": [3]}
    name = data.draw(st.sampled_from(sorted(others)))
    later = another_default(name, others[name])
    used = {field: getattr(drawn, field) for field in Forecast.model_fields if field not in aside}

    same = identity(later(**used), of=later) == identity(drawn, of=Forecast)

    assert same or name not in aside
    assert hash_identity(identity(later(**used), of=later), DAY) == hash_identity(
        identity(drawn, of=Forecast), DAY
    )


@given(forecasts())
def test_an_identity_stands_for_the_parameters_that_it_is_of(drawn):
    stored = json.loads(json.dumps(identity(drawn, of=Forecast)))

    assert from_identity(stored, cls=Forecast) == drawn
    assert copy.deepcopy(drawn) == drawn
    assert hash(from_identity(stored, cls=Forecast)) == hash(drawn)


@given(forecasts())
def test_a_part_of_the_parameters_has_the_identity_of_the_slice(drawn):
    part = part_of(drawn, Series)

    assert type(part) is Series
    assert identity(part, of=Series) == identity(drawn, of=Series)
    assert part_of(drawn, Forecast) is drawn


@given(values)
def test_exactly_what_is_used_or_at_its_default_is_taken(drawn):
    parsed, problems = diagnose(drawn, Forecast)
    whole = {name: drawn.get(name, field.default) for name, field in Forecast.model_fields.items()}
    ets, net = whole["method"] == "ets", whole["method"] == "net"
    used = {
        "days": whole["fill"] == "mean",
        "season": ets or net,
        "damped": ets,
        "phi": ets and whole["damped"] and whole["season"] in (7, 14),
        "hidden": net,
    }
    wrong = [
        name
        for name, is_used in used.items()
        if not is_used and whole[name] != Forecast.model_fields[name].default
    ]

    assert sorted(line.split(":")[0] for line in problems) == sorted(wrong)
    assert (parsed is None) is bool(wrong)


@pytest.mark.parametrize(
    ("given_", "line"),
    [
        ({"season": 9}, "season: not used by method naive. Allowed: leave it out, or use ets, net."),
        ({"damped": True}, "damped: not used by method naive. Allowed: leave it out, or use ets."),
        (
            {"method": "ets", "phi": 0.5},
            "phi: not used by damped false. Allowed: leave it out, or use true.",
        ),
        (
            {"method": "net", "season": 30, "phi": 0.5},
            (
                "phi: not used by method net and damped false and season 30. "
                "Allowed: leave it out, or use method ets with damped true and season 7, 14."
            ),
        ),
    ],
)
def test_what_is_not_used_is_refused_with_what_would_use_it(given_, line):
    assert diagnose(given_, Forecast) == (None, [line])


def test_whether_a_field_is_used_is_not_asked_where_what_decides_it_is_wrong():
    assert diagnose({"method": "magic", "phi": 0.5, "days": 3}, Forecast)[1] == [
        "method: unknown. Allowed: naive, ets, net.",
        "days: not used by fill none. Allowed: leave it out, or use mean.",
    ]


def test_what_parameters_hold_cannot_be_changed():
    sizes = [12, 3]
    drawn = Forecast(method="net", hidden=sizes, weights={"mon": 1})
    sizes.append(9)

    assert drawn.hidden == [12, 3]
    assert drawn.weights == {"mon": 1.0}
    for change in (lambda: drawn.hidden.append(1), lambda: drawn.weights.update(tue=1), drawn.hidden.sort):
        with pytest.raises(TypeError, match="cannot be changed"):
            change()
    assert Forecast().hidden is not Forecast.model_fields["hidden"].default


def test_the_order_of_a_list_counts_and_that_of_a_table_does_not():
    one, two = Forecast(method="net", hidden=[12, 6]), Forecast(method="net", hidden=[6, 12])
    table, turned = Forecast(weights={"a": 1, "b": 0}), Forecast(weights={"b": 0, "a": 1})

    assert identity(one, of=Forecast) != identity(two, of=Forecast)
    assert hash_identity(identity(table, of=Forecast), DAY) == hash_identity(
        identity(turned, of=Forecast), DAY
    )


def test_two_and_two_point_nought_are_one_float():
    class Rate(Parameters):
        rate: float = Field(2, ge=0, le=9, description="Rate")
        rates: list[Annotated[float, Field(ge=0, le=9)]] = Field([2], description="Rates")
        by_name: dict[str, Annotated[float, Field(ge=0, le=9)]] = Field({"a": 2}, description="Rates by name")

    assert [type(rate.rate) for rate in (Rate(), Rate(rate=2), Rate(rate=2.0))] == [float] * 3
    assert [type(value) for value in (Rate().rates[0], Rate().by_name["a"])] == [float] * 2
    one, two = Forecast(weights={"a": 1}), Forecast(weights={"a": 1.0})

    assert hash_identity(identity(one, of=Forecast), DAY) == hash_identity(identity(two, of=Forecast), DAY)


def test_two_spellings_of_one_text_are_one_value():
    class Named(Parameters):
        town: str = Field("x", pattern="^.{1,9}$", description="Town")

    assert Named(town="Zu\u0308rich") == Named(town="Z\u00fcrich")


class Own(Parameters):
    """A class with rules of its author's."""

    days: int = Field(9, ge=1, le=30, description="Days")
    valid_days: int = Field(3, ge=1, le=30, description="Days to validate on")
    hidden: list[Size] = Field([12], max_length=3, description="Sizes")
    weights: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field({}, description="Weights")

    @field_validator("days")
    @classmethod
    def _no_thirteen(cls, days):
        if days == 13:
            raise ValueError(f"secret {days}")
        return days

    @model_validator(mode="after")
    def _days_are_left(self):
        if self.valid_days >= self.days:
            raise refuse("valid_days", "must be smaller than days", allowed="1 to days - 1")
        return self

    @model_validator(mode="after")
    def _fewer_layers_than_days(self):
        if len(self.hidden) > self.days:
            raise ValueError(f"secret {self.hidden}")
        return self

    @model_validator(mode="after")
    def _no_two_layers(self):
        return {1: self, 3: self}[len(self.hidden)]


@pytest.mark.parametrize(
    ("given_", "lines"),
    [
        ({"days": 2}, ["valid_days: must be smaller than days. Allowed: 1 to days - 1."]),
        ({"days": 13}, ["days: refused by Own._no_thirteen."]),
        (
            {"days": 2, "hidden": [1, 1, 1]},
            [
                "valid_days: must be smaller than days. Allowed: 1 to days - 1.",
                "Own._fewer_layers_than_days: this rule refuses the values.",
            ],
        ),
        ({"hidden": [1, 2]}, ["Own._no_two_layers: this rule refuses the values."]),
        (
            {"hidden": [1, 0, "3"]},
            [
                "hidden[1]: too small. Allowed: a whole number from 1 to 512.",
                (
                    "hidden[2]: not a whole number. Allowed: a whole number from 1 to 512. "
                    "It is text: write it without quotes."
                ),
            ],
        ),
        (
            {"hidden": 3},
            ["hidden: not a list. Allowed: a list of 0 to 3, each a whole number from 1 to 512."],
        ),
        ({"weights": {"north": 1}}, ["weights.north: too large. Allowed: a number above 0 and below 1."]),
        (
            {"weights": {1: 0.5}},
            ["weights: a name in it is not text. Allowed: a table, each a number above 0 and below 1."],
        ),
        ({"wieghts": 1}, ["wieghts: unknown parameter. Did you mean weights?"]),
    ],
)
def test_each_rule_is_told_and_no_text_of_its_author_but_by_refuse(given_, lines):
    assert diagnose(given_, Own) == (None, lines)


@pytest.mark.timeout(20)
def test_however_many_items_are_wrong_the_first_are_told_and_how_many_more_there_are():
    class Many(Parameters):
        sizes: list[Size] = Field([1], description="Sizes")

    _, problems = diagnose({"sizes": ["x"] * 100_000}, Many)

    assert len(problems) == 21
    assert problems[-1] == "sizes: 99980 more of its items are wrong."


@pytest.mark.parametrize("huge", [10**400, -(10**400), float("nan"), 1e400])
def test_a_number_without_measure_is_refused(huge):
    for given_ in ({"weights": {"a": huge}}, {"hidden": [huge]}, {"days": huge}):
        assert len(diagnose(given_, Own)[1]) == 1


def test_a_credential_inside_a_table_is_not_repeated():
    secret = "AKIAIOSFODNN7EXAMPLE"
    for given_ in ({"weights": {secret: 7}}, {"hidden": [secret]}, {"weights": {"a": secret}}):
        _, problems = diagnose(given_, Own)

        assert "looks like a credential" in problems[0]
        assert secret not in str(problems)


def test_a_field_may_be_called_like_a_method_of_pydantic():
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        class Odd(Parameters):
            copy: bool = Field(False, description="Copy")
            json: Literal["a", "b"] = Field("a", description="Json")
            schema: int = Field(1, ge=1, le=2, description="Schema")
            model_name: Literal["x", "y"] = Field("x", description="Name")

    assert identity(Odd(copy=True, schema=2), of=Odd) == {
        "copy": True,
        "json": "a",
        "schema": 2,
        "model_name": "x",
    }
    with pytest.raises(AttributeError):
        Series().json  # noqa: B018


def test_an_instance_that_pydantic_makes_is_held_to_its_marks():
    with pytest.raises(ValidationError, match="not used by method naive"):
        Forecast(season=9)


@pytest.mark.parametrize("name", Forecast.model_fields)
def test_what_a_field_takes_is_told(name):
    assert allowed(Forecast.model_fields[name])
