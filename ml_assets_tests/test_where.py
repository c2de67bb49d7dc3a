"""The filter of `list --where`, by itself: what is read, what is refused, and what each condition lets through."""

import datetime as dt

import pytest

from ml_assets.core.where import ANY, Condition, Filter, parse, path_values, with_omitted
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.keys import key_of

DAY = dt.date(2025, 12, 1)
RUN = "0123456789ab"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("seed=1", [("seed", "=", "1")]),
        (" seed!=1   max_depth>=3 ", [("seed", "!=", "1"), ("max_depth", ">=", "3")]),
        ("C<=0.5 C<1e3 C>-1", [("C", "<=", "0.5"), ("C", "<", "1e3"), ("C", ">", "-1")]),
        ("source=a=b asset=model", [("source", "=", "a=b"), ("asset", "=", "model")]),
        ("as_of>2025-12-01 run_id=0123456789ab", [("as_of", ">", "2025-12-01"), ("run_id", "=", RUN)]),
        ("calibrate=true", [("calibrate", "=", "true")]),
    ],
)
def test_conditions_are_read(text, found):
    assert [(item.name, item.op, item.value) for item in parse(text, cls=TrainingParameters)] == found


def test_all_that_cannot_be_read_is_told_at_once():
    with pytest.raises(RefusedError) as refusal:
        parse("seed sed=1 zzzz=1 as_of=2025-02-30 seed=one C>x seed=1 =3", cls=TrainingParameters)

    bad = "where: not a condition. Allowed: NAME=VALUE, also with != > >= < <=, separated by spaces."
    assert list(refusal.value.problems) == [
        bad,
        "where: sed is unknown. Did you mean seed?",
        f"where: zzzz is unknown. Known: {', '.join(TrainingParameters.model_fields)}.",
        "where: as_of is compared with what is no real day. Allowed: YYYY-MM-DD.",
        "where: seed is a number and is compared with text.",
        "where: C is a number and is compared with text.",
        bad,
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("model_version>v1", "where: model_version has no order. Allowed: = and !=."),
        ("dataset<=orders", "where: dataset has no order. Allowed: = and !=."),
        ("run_id<abc", "where: run_id has no order. Allowed: = and !=."),
        ("asset>=model", "where: asset has no order. Allowed: = and !=."),
        ("calibrate>false", "where: calibrate has no order. Allowed: = and !=."),
        ("calibrate=yes", "where: calibrate is true or false."),
    ],
)
def test_a_condition_that_could_never_tell_anything_is_refused(text, problem):
    with pytest.raises(RefusedError) as refusal:
        parse(text, cls=TrainingParameters)

    assert list(refusal.value.problems) == [problem]


@pytest.mark.parametrize("text", ["model_version=v0", "calibrate=TRUE", "as_of>=2025-01-01", "run_id!=x"])
def test_what_may_be_in_a_store_can_be_asked_for(text):
    assert len(parse(text, cls=TrainingParameters)) == 1


@pytest.mark.parametrize(
    ("condition", "values", "holds"),
    [
        (("seed", "=", "1"), {"seed": 1}, True),
        (("seed", "=", "1.0"), {"seed": 1}, True),
        (("seed", "!=", "1"), {"seed": 1}, False),
        (("seed", ">", "1"), {"seed": 10}, True),
        (("seed", ">", "1"), {"seed": 1}, False),
        (("seed", ">=", "1"), {"seed": 1}, True),
        (("seed", "<", "1"), {"seed": 1}, False),
        (("seed", "<=", "1"), {"seed": 1}, True),
        (("seed", "<", "10"), {"seed": 9}, True),
        (("C", "=", "0.5"), {"C": 0.5}, True),
        (("seed", "!=", "1"), {}, False),
        (("seed", "!=", "1"), {"seed": None}, False),
        (("seed", "=", "0"), {"seed": 0}, True),
        (("calibrate", "=", "TRUE"), {"calibrate": True}, True),
        (("calibrate", "=", "true"), {"calibrate": False}, False),
        (("calibrate", "!=", "true"), {"calibrate": False}, True),
        (("dataset", "=", "orders"), {"dataset": "orders"}, True),
        (("as_of", ">", "2025-12-01"), {"as_of": "2025-12-02"}, True),
    ],
)
def test_a_condition_compares_numbers_as_numbers_and_text_as_text(condition, values, holds):
    assert Condition(name=condition[0], op=condition[1], value=condition[2]).holds(values) is holds


def test_a_filter_holds_where_all_of_its_conditions_do():
    of = Filter(
        tuple(parse("seed=1 as_of=2025-12-01 asset=model run_id=0123456789ab", cls=TrainingParameters))
    )

    assert of.holds("model", DAY, RUN, {"seed": 1})
    assert not of.holds("model", DAY, RUN, {"seed": 2})
    assert not of.holds("evaluation", DAY, RUN, {"seed": 1})
    assert not of.holds("model", DAY + dt.timedelta(days=1), RUN, {"seed": 1})
    assert not of.holds("model", DAY, "0" * 12, {"seed": 1})
    assert ANY.holds("model", DAY, RUN, {})


def test_a_parameter_that_was_left_out_of_an_identity_has_the_value_that_it_stands_for():
    assert with_omitted("model", {}, pipeline=tabular) == {"purged": False, "calibrate": False, "max_rows": 0}
    assert with_omitted("training_set", {}, pipeline=tabular) == {"purged": False, "max_rows": 0}
    assert with_omitted("nothing", {}, pipeline=tabular) == {}
    assert Filter.of(parse("calibrate=false", cls=TrainingParameters), pipeline=tabular).holds(
        "model", DAY, RUN, {}
    )
    assert not Filter.of(parse("calibrate=true", cls=TrainingParameters), pipeline=tabular).holds(
        "model", DAY, RUN, {}
    )
    assert Filter.of(parse("calibrate=true", cls=TrainingParameters), pipeline=tabular).holds(
        "model", DAY, RUN, {"calibrate": True}
    )


def test_what_a_path_tells_can_already_be_refused_and_what_it_does_not_tell_cannot():
    key = key_of("model", TrainingParameters(model_version="v2", max_depth=3), DAY)
    known = path_values(key)

    assert known == {
        "asset": "model",
        "model_version": "v2",
        "dataset": "orders",
        "as_of": "2025-12-01",
        "run_id": known["run_id"],
    }
    assert Filter(tuple(parse("model_version=v2 max_depth=9", cls=TrainingParameters))).admits(key)
    assert not Filter(tuple(parse("model_version=v1", cls=TrainingParameters))).admits(key)
    assert not Filter(tuple(parse("dataset=orders asset=evaluation", cls=TrainingParameters))).admits(key)
    table = key_of("training_set", TrainingParameters(), DAY)
    assert "model_version" not in path_values(table)
    assert not Filter(tuple(parse("model_version!=v1", cls=TrainingParameters)), tabular.path).admits(table)


def test_the_one_text_that_a_name_must_equal():
    of = Filter(tuple(parse("seed>=3 seed=4 seed=5 dataset!=orders", cls=TrainingParameters)))

    assert (of.exactly("seed"), of.exactly("dataset"), of.exactly("asset")) == ("4", None, None)
