"""Wrong values are refused, all at once, in plain words, and never repeated."""

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ml_assets.core.parameters import from_identity, identity, omitted_when, used_when
from ml_assets.core.problems import allowed, check, diagnose, problems_of
from ml_assets.core.secrets import credentials, looks_like_credential, told
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.parameters import RECIPES, TrainingParameters
from ml_assets_tests.beside import ReportParameters
from ml_assets_tests.strategies import MARK, marked_texts

TEXT = " It is text: write it without quotes"
DOT = ", and in Dagster's launchpad with a dot, 1.0e-3."
REFUSED = [
    ({"dataset": "bogus"}, "dataset: unknown. Allowed: orders, customers."),
    ({"model_version": ""}, "model_version: unknown. Allowed: v1, v2, v3."),
    ({"model_version": "v2", "max_depth": 99}, "max_depth: too large. Allowed: a whole number from 1 to 16."),
    ({"seed": -1}, "seed: too small. Allowed: a whole number from 0 to 2147483647."),
    ({"seed": True}, "seed: not a whole number. Allowed: a whole number from 0 to 2147483647."),
    ({"seed": "1"}, f"seed: not a whole number. Allowed: a whole number from 0 to 2147483647.{TEXT}."),
    ({"seed": "1:40"}, "seed: not a whole number. Allowed: a whole number from 0 to 2147483647."),
    ({"calibrate": 1}, "calibrate: not true or false. Allowed: true or false."),
    ({"C": float("nan")}, "C: not a finite number. Allowed: a number from 1e-06 to 1000000.0."),
    ({"C": float("inf")}, "C: not a finite number. Allowed: a number from 1e-06 to 1000000.0."),
    ({"C": "1e-4"}, f"C: not a number. Allowed: a number from 1e-06 to 1000000.0.{TEXT}{DOT}"),
    ({"C": "x"}, "C: not a number. Allowed: a number from 1e-06 to 1000000.0."),
    ({"purged": "yes"}, "purged: not true or false. Allowed: true or false. Text such as yes, no, on and off is neither."),
    ({"max_depth": 3}, "max_depth: not used by model_version v1. Allowed: leave it out, or use v2."),
    ({"max_depht": 3}, "max_depht: unknown parameter. Did you mean max_depth?"),
    ({"holdout_days": 365}, "holdout_days: must be smaller than lookback_days. Allowed: 1 to lookback_days - 1."),
    ({"source": "../etc"}, "source: has characters that are not allowed. Allowed: small letters, digits and _, starting with a letter, at most 40."),
]  # fmt: skip


@pytest.mark.parametrize(("values", "line"), REFUSED, ids=lambda v: str(v)[:40])
def test_a_wrong_value_is_refused_with_what_is_allowed(values, line):
    with pytest.raises(RefusedError) as refusal:
        check(values, TrainingParameters)

    assert refusal.value.problems == (line,)


def test_all_problems_are_told_together_rules_across_fields_too():
    with pytest.raises(RefusedError) as refusal:
        check(
            {"dataset": "bogus", "seed": -1, "holdout_days": 365, "max_depth": 3, "unheard_of_thing": 1},
            TrainingParameters,
        )

    told = [line.split(":")[0] for line in refusal.value.problems]
    assert told == ["seed", "unheard_of_thing", "dataset", "holdout_days", "max_depth"]
    assert "5 problems. Nothing was started." in str(refusal.value)


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "xoxb-123456789012-abcdefghijkl",
        "postgres://user:hunter2@host/db",
        "password=hunter2",
        "-----BEGIN RSA PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
    ],
)
@pytest.mark.parametrize("place", ["dataset", "source", "seed", "unknown_field", "KEY", "TABLE"])
def test_a_credential_is_refused_anywhere_and_never_repeated(secret, place):
    values = {"KEY": {secret: 1}, "TABLE": {secret: {"seed": 1}}}.get(place, {place: secret})

    with pytest.raises(RefusedError) as refusal:
        check(values, TrainingParameters)

    assert "looks like a credential" in str(refusal.value)
    assert secret not in str(refusal.value)


def test_the_text_of_a_foreign_error_is_cut_and_left_out_where_it_looks_secret():
    assert told(ValueError("no  such\nthing")) == "ValueError: no such thing"
    assert told(OSError("x " * 400)) == f"OSError: {'x ' * 150}"
    assert told(KeyError()) == "KeyError"
    assert told(OSError("cannot reach postgres://user:hunter2@host/db")) == "OSError"


def test_a_rule_that_spans_two_parameters_is_told_once_and_hides_no_other_problem():
    rule = "holdout_days: must be smaller than lookback_days. Allowed: 1 to lookback_days - 1."
    unused = "max_depth: not used by model_version v1. Allowed: leave it out, or use v2."

    assert diagnose({"lookback_days": 10, "holdout_days": 20, "max_depth": 3}, TrainingParameters) == (
        None,
        [rule, unused],
    )
    assert diagnose({"lookback_days": 10, "max_depth": 3}, TrainingParameters) == (None, [rule, unused])


def test_what_an_identity_leaves_out_has_the_value_under_which_it_is_left_out():
    class Later(TrainingParameters):
        calibrate: Annotated[bool, omitted_when(False)] = True  # the default of a later release

    assert Later().calibrate
    assert not from_identity({"model_version": "v2", "max_depth": 3}, cls=Later).calibrate
    assert from_identity({"calibrate": True}, cls=Later).calibrate
    for version in ("v9", ["v1"], None):
        with pytest.raises(ValidationError):
            from_identity({"model_version": version}, cls=Later)


def test_a_later_hyperparameter_enters_no_identity_of_a_version_that_does_not_use_it():
    class Later(TrainingParameters):
        max_depth: Annotated[int, used_when(model_version="v2"), omitted_when(2)] = (
            4  # by default not what it is omitted at
        )

    assert "max_depth" not in identity(Later(), of=Later)
    assert identity(Later(model_version="v2"), of=Later)["max_depth"] == 4
    assert "max_depth" not in identity(Later(model_version="v2", max_depth=2), of=Later)


@pytest.mark.kind("inputs larger than they look")
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "values",
    [
        {f"max_depht{n}": 1 for n in range(90_000)},
        {"max_depth" * 100_000: 1},
        {"source": "eyJ-" * 250_000},
        {"eyJ-" * 250_000: 1},
        {"source": "://a:" * 200_000},
        {"source": ["x"] * 300_000},
    ],
    ids=["90,000 names", "one long name", "a long text", "a secret that is none", "addresses", "a long list"],
)
def test_however_much_is_given_the_refusal_is_short_and_soon(values):
    with pytest.raises(RefusedError) as refusal:
        check(values, TrainingParameters)

    assert len(str(refusal.value)) < 5_000
    report = problems_of(values, ReportParameters)
    assert 0 < len("".join(report.values())) < 10_000


@given(st.text("abcxyz0189_", min_size=1, max_size=31))
def test_an_ordinary_name_is_not_taken_for_a_credential(name):
    assert not looks_like_credential(name)


@given(
    st.dictionaries(
        st.sampled_from([*TrainingParameters.model_fields, "other"]),
        marked_texts | st.text(min_size=6) | st.integers() | st.none() | st.floats(),
    )
)
def test_no_refusal_repeats_a_text_value_or_raises_anything_else(values):
    parsed, problems = diagnose(values, TrainingParameters)

    assert (parsed is None) is bool(problems)
    for value in values.values():
        if isinstance(value, str) and value.startswith(MARK):
            assert not any(value.strip() in line for line in problems)


@pytest.mark.parametrize("name", sorted(TrainingParameters.model_fields))
def test_every_parameter_has_a_visible_default_a_description_and_limits(name):
    field = TrainingParameters.model_fields[name]

    assert field.default is not None
    assert field.description
    assert allowed(field)


@pytest.mark.parametrize("version", sorted(RECIPES))
def test_every_registered_version_is_accepted_with_defaults_alone(version):
    assert check({"model_version": version}, TrainingParameters).model_version == version


def test_parameters_cannot_be_changed_once_made():
    with pytest.raises(ValueError, match="frozen"):
        TrainingParameters().seed = 3


def test_a_name_that_is_no_text_is_a_problem_like_any_other():
    assert diagnose({1: 2, "seed": 3}, TrainingParameters) == (
        None,
        ["(a parameter's name): not text. Parameters are named as the schema names them."],
    )


def test_what_looks_random_is_a_credential_and_a_path_or_a_word_is_none():
    assert looks_like_credential("Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZkdISUpL")
    assert not looks_like_credential("zm9vymfymtizndu2nzg5mgfiy2rlzkdisupl"), "no capital letter"
    assert not looks_like_credential("Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZ"), "too short"


def test_a_credential_in_a_table_is_told_by_its_whole_name():
    assert list(credentials({"sweep": {"grid": {"C": "AKIAIOSFODNN7EXAMPLE"}}})) == ["sweep.grid.C"]
