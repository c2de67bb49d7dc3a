"""A class of parameters that cannot be shown, read or hashed alike everywhere is refused, with what to write instead."""

import datetime as dt
import enum
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, create_model, model_validator

from ml_assets.core.parameters import Parameters, definition_problems, omitted_when, refuse, used_when
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters
from ml_assets_tests.test_marks import Forecast, Own, Series

TABLE = "bool, int, float, str with a pattern, Literal, list[...] of these or dict[str, ...]"


class Colour(enum.Enum):
    RED = "red"


class Other(BaseModel):
    depth: int = 3


def a(annotation, default, **limits):
    """A class with one field `x` beside a `kind` that is a or b, and a number `n`."""
    return create_model(
        "Bad",
        __base__=Parameters,
        kind=(Literal["a", "b"], Field("a", description="Kind")),
        n=(int, Field(3, ge=1, le=9, description="Number")),
        x=(annotation, Field(default, **{"description": "What it is", **limits})),
    )


RANGE = {"ge": 0, "le": 9}
REFUSED = {
    "a date": (a(dt.date, dt.date(2025, 1, 1)), "date is no type of a parameter. Take a str with a pattern"),
    "an enum": (a(Colour, Colour.RED), "Colour is no type of a parameter. Take a Literal of its values."),
    "a model": (a(Other, Other()), "Take its fields one by one, or make it a base class."),
    "a decimal": (a(Decimal, Decimal(1)), "Take a float."),
    "a path": (a(Path, Path("x")), "the logical name of a place in the settings"),
    "a secret": (a(SecretStr, SecretStr("")), "a secret is no parameter"),
    "any value": (a(Any, 1), f"Any is no type of a parameter. Take {TABLE}."),
    "one of two types": (a(int | str, 1), f"is no type of a parameter. Take {TABLE}."),
    "nothing or a number": (a(int | None, None), "Take the type without None"),
    "a bare list": (a(list, [1]), "list is no type of a parameter. Take list[int]"),
    "a bare table": (a(dict, {}), "dict is no type of a parameter. Take dict[str, float]."),
    "a list of lists": (a(list[list[int]], []), "Take list[int]"),
    "a table by numbers": (a(dict[int, int], {}), "Take dict[str, float]."),
    "a tuple": (a(tuple[int, ...], ()), "Take a list, such as list[int]."),
    "a set": (a(set[int], set()), "Take a list, such as list[int]."),
    "a mixed Literal": (a(Literal["a", 1], "a"), "is no type of a parameter."),
    "a number without a range": (a(int, 1), "has no range. Give both ends: ge=... and le=..."),
    "a number with half a range": (a(float, 1.0, ge=0), "has no range. Give both ends: ge=... and le=..."),
    "a range without an end": (a(float, 1.0, ge=0, le=float("inf")), "its range has no end."),
    "a range beyond JSON": (a(int, 1, ge=0, le=2**60), "where a run_id cannot tell numbers apart"),
    "a text without a pattern": (a(str, "x"), "has no pattern. Add pattern=... or take a Literal."),
    "a list of any numbers": (a(list[int], [1]), "its items have no range. Give both ends"),
    "a table of any texts": (a(dict[str, str], {}), "its items have no pattern."),
    "no description": (a(bool, False, description=None), "has no description."),
    "no default": (a(int, ..., **RANGE), "has no default. Give one"),
    "a default that is made": (
        create_model("Bad", __base__=Parameters, x=(bool, Field(default_factory=bool, description="x"))),
        "has a default_factory. Write the default itself",
    ),
    "a default out of range": (a(int, 99, **RANGE), "its default is none of its own values."),
    "a default of another type": (a(bool, 1), "its default is none of its own values."),
    "an alias": (a(bool, False, alias="y"), "has an alias."),
    "infinity": (a(float, 1.0, allow_inf_nan=True, **RANGE), "allows numbers that are not finite."),
    "a condition on no field": (
        a(Annotated[int, used_when(knd="a")], 1, **RANGE),
        "used_when names no field: knd. Did you mean kind?",
    ),
    "a condition that cannot be": (
        a(Annotated[int, used_when(kind=("a", "c"))], 1, **RANGE),
        "used_when names what kind cannot be: 'c'. Name one of its values.",
    ),
    "a condition of no value": (
        a(Annotated[int, used_when(kind=())], 1, **RANGE),
        "used_when names no value of kind.",
    ),
    "no condition": (a(Annotated[int, used_when()], 1, **RANGE), "has a used_when without a condition."),
    "two conditions": (
        a(Annotated[int, used_when(kind="a"), used_when(n=3)], 1, **RANGE),
        "has several used_when.",
    ),
    "a condition on itself": (a(Annotated[int, used_when(x=1)], 1, **RANGE), "goes round in a circle by x."),
    "omitted when it cannot be": (
        a(Annotated[int, omitted_when(99)], 1, **RANGE),
        "omitted_when names what it cannot be: 99.",
    ),
    "omitted twice": (
        a(Annotated[int, omitted_when(1), omitted_when(2)], 1, **RANGE),
        "has several omitted_when.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_field_cannot_be_is_refused_with_what_it_can_be(case):
    cls, words = REFUSED[case]

    problems = definition_problems(cls)

    assert [line for line in problems if line.startswith("Bad.x: ") and words in line], problems
    assert len(problems) == 1


@pytest.mark.parametrize(
    "cls", [Series, Forecast, Own, DatasetParameters, TrainingParameters], ids=lambda c: c.__name__
)
def test_a_sound_class_has_no_problem(cls):
    assert definition_problems(cls) == []


def test_a_list_is_no_condition():
    cls = create_model(
        "Bad",
        __base__=Forecast,
        x=(Annotated[bool, used_when(hidden=12)], Field(False, description="x")),
    )

    assert definition_problems(cls) == [
        "Bad.x: used_when asks for hidden, which is a list. Ask for a field of one value."
    ]


def test_conditions_in_a_circle_are_refused():
    class Round(Parameters):
        one: Annotated[bool, used_when(two=True)] = Field(False, description="x")
        two: Annotated[bool, used_when(one=True)] = Field(False, description="x")

    assert [line.split(" by ")[0] for line in definition_problems(Round)] == [
        "Round.one: used_when goes round in a circle",
        "Round.two: used_when goes round in a circle",
    ]
    assert Round() == Round(one=False)


def test_a_name_of_something_else_is_refused():
    class Named(Parameters):
        as_of: bool = Field(False, description="x")

    assert definition_problems(Named) == [
        "Named.as_of: is the name of something else in paths and filters. Give it another name."
    ]


def test_a_name_that_the_library_calls_is_refused():
    with pytest.warns(UserWarning, match="shadows an attribute"):
        cls = create_model("Named", __base__=Parameters, model_copy=(bool, Field(False, description="x")))

    assert definition_problems(cls) == [
        "Named.model_copy: is a method of every class of parameters. Give it another name."
    ]


def test_a_condition_on_a_subclass_is_refused():
    class Base(Parameters):
        weeks: Annotated[int, used_when(method="ets")] = Field(7, ge=2, le=9, description="x")

    class Sub(Base):
        method: Literal["naive", "ets"] = Field("naive", description="x")

    assert definition_problems(Sub) == [
        "Base.weeks: used_when names no field: method. Name a field of this class or of a base class."
    ]


def test_a_subclass_may_narrow_a_field_and_not_widen_it():
    class Narrow(Series):
        weeks: int = Field(9, ge=8, le=12, description="x")
        fill: Literal["none", "mean"] = Field("none", description="x")

    class Wide(Series):
        weeks: int = Field(9, ge=1, le=12, description="x")

    class Typed(Series):
        weeks: float = Field(9.0, ge=8, le=12, description="x")

    class Conditional(Series):
        weeks: Annotated[int, used_when(fill="mean")] = Field(9, ge=8, le=12, description="x")

    assert definition_problems(Narrow) == []
    for cls in (Wide, Typed):
        assert definition_problems(cls) == [
            f"{cls.__name__}.weeks: takes what Series refuses. Change Series, or give it another name."
        ]
    assert definition_problems(Conditional) == [
        "Conditional.weeks: is used by other conditions than in Series. Change Series, or give it another name."
    ]


def test_a_class_stays_frozen_and_closed():
    class Open(Parameters):
        model_config = ConfigDict(extra="allow", frozen=False)

    assert definition_problems(Open) == [
        "Open: its model_config changes frozen, extra. Leave model_config out."
    ]


def test_a_class_whose_rules_refuse_its_defaults_is_refused():
    class Strict(Series):
        @model_validator(mode="after")
        def _few_weeks(self):
            if self.weeks > 9:
                raise refuse("weeks", "too many", allowed="8 to 9")
            return self

    class Fails(Series):
        @model_validator(mode="after")
        def _boom(self):
            raise KeyError("secret")

    assert definition_problems(Strict) == [
        "Strict: its rules refuse its own defaults. weeks: too many. Allowed: 8 to 9."
    ]
    assert definition_problems(Fails) == ["Fails: a rule of it fails on its own defaults (KeyError)."]
