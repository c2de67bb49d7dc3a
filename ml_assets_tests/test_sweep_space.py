"""A text means one axis or is refused; what means the same sweep has the same identity."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.parameters import from_identity, identity
from ml_assets.core.run_id import hash_identity, run_id
from ml_assets.core.sweep.axis import Choices, Range, read_axis
from ml_assets.core.sweep.space import FIXED, listed, read_space, size
from ml_assets.core.sweep.sweep_parameters import USED_BY, space_of, sweep_identity
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.beside import SweepParameters, check_sweep
from ml_assets_tests.strategies import MARK, _values, marked_texts, parameters

DAY = dt.date(2025, 12, 1)
V2 = TrainingParameters(model_version="v2")
NUMBERS = [n for n, f in TrainingParameters.model_fields.items() if f.annotation in (int, float)]
VARY = [name for name in TrainingParameters.model_fields if name not in FIXED]
LISTS = "several with commas between, or LOW..HIGH, or LOW..HIGH log"
RATES = "learning_rate: {}. Allowed: a number from 0.0001 to 1.0"


def axis(name, text):
    found, problems = read_axis(name, text, cls=TrainingParameters)
    assert problems == []
    return found


def typed(value):
    return str(value).lower() if isinstance(value, bool) else repr(value).strip("'")


@st.composite
def choices(draw, names=tuple(VARY)):
    """A name, and different values of it in any order."""
    name = draw(st.sampled_from(names))
    return name, draw(st.lists(_values(name), min_size=1, max_size=5, unique=True))


@st.composite
def ranges(draw):
    """A name, two ends that go up, and whether the range may be one of factors."""
    name = draw(st.sampled_from(NUMBERS))
    low, high = sorted(draw(st.lists(_values(name), min_size=2, max_size=2, unique=True)))
    return name, low, high, low > 0 and draw(st.booleans())


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("learning_rate", "0.05,0.1,0.2", Choices(name="learning_rate", values=(0.05, 0.1, 0.2))),
        ("max_depth", "2..8", Range(name="max_depth", low=2, high=8)),
        ("learning_rate", "0.01..0.3 log", Range(name="learning_rate", low=0.01, high=0.3, log=True)),
        ("learning_rate", " 1e-2 .. 3e-1  log ", Range(name="learning_rate", low=0.01, high=0.3, log=True)),
        ("calibrate", "true,false", Choices(name="calibrate", values=(False, True))),
        ("model_version", "v1,v2", Choices(name="model_version", values=("v1", "v2"))),
        ("lookback_days", "90, 180", Choices(name="lookback_days", values=(90, 180))),
    ],
)
def test_a_text_means_an_axis(name, text, expected):
    assert axis(name, text) == expected


@given(choices())
def test_listed_values_come_back_from_their_text_in_any_order(drawn):
    name, values = drawn

    found = axis(name, " , ".join(map(typed, values)))

    assert list(listed(found)) == sorted(values)
    assert axis(name, found.text) == found
    assert axis(name, ",".join(map(typed, reversed(values)))) == found


@given(ranges())
def test_a_range_comes_back_from_its_text(drawn):
    name, low, high, log = drawn

    found = axis(name, f"{low!r}..{high!r}{' log' if log else ''}")

    assert (found.low, found.high, found.log) == (low, high, log)
    assert type(found.low) is type(found.high) is TrainingParameters.model_fields[name].annotation
    assert axis(name, found.text) == found


def test_whole_numbers_without_a_gap_are_the_range_that_they_are():
    assert axis("max_depth", "4,2,3") == axis("max_depth", "2..4")
    assert axis("max_depth", "2,4") != axis("max_depth", "2..4")


@given(st.lists(choices(), min_size=1, unique_by=lambda drawn: drawn[0]))
def test_a_grid_is_as_large_as_the_product_of_its_axes(drawn):
    space, problems = read_space(
        {name: ",".join(map(typed, values)) for name, values in drawn}, cls=TrainingParameters
    )
    expected = 1
    for _, values in drawn:
        expected *= len(values)

    assert problems == []
    assert size(space) == expected


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("learning_rate", "", f"{RATES.format('no values')}, {LISTS}."),
        ("learning_rate", "0.1,,0.2", f"{RATES.format('a value is empty')}, {LISTS}."),
        ("learning_rate", "0.1,0.10", "learning_rate: a value is there twice. Allowed: each value once."),
        ("l2_regularization", "0.0,-0.0", "l2_regularization: a value is there twice. Allowed: each value once."),
        ("learning_rate", "0.1,7,8", f"{RATES.format('too large')}."),
        ("learning_rate", "0.1..7", f"{RATES.format('too large')}."),
        ("learning_rate", "nan", f"{RATES.format('not a finite number')}."),
        ("learning_rate", "0.1..inf", f"{RATES.format('not a finite number')}."),
        ("learning_rate", "many", f"{RATES.format('not a number')}."),
        ("learning_rate", "0.1_0", f"{RATES.format('not a number')}."),
        ("learning_rate", "0.1..", f"{RATES.format('not a range')}, {LISTS}."),
        ("learning_rate", "0.1..0.2 ln", f"{RATES.format('not a range')}, {LISTS}."),
        ("learning_rate", "0.1,0.2 log", f"{RATES.format('log goes with a range only')}, {LISTS}."),
        ("learning_rate", "0.3..0.1", "learning_rate: the range does not go up. Allowed: LOW..HIGH with LOW smaller than HIGH."),
        ("max_depth", "3..3", "max_depth: the range does not go up. Allowed: LOW..HIGH with LOW smaller than HIGH."),
        ("max_depth", "2.5", "max_depth: not a whole number. Allowed: a whole number from 1 to 16."),
        ("max_depth", "9" * 5000, "max_depth: not a whole number. Allowed: a whole number from 1 to 16."),
        ("l2_regularization", "0..1 log", "l2_regularization: log needs a range above 0. Allowed: LOW..HIGH log with LOW above 0."),
        ("model_version", "v1..v2", "model_version: a range is for numbers only. Allowed: v1, v2, v3, several with commas between."),
        ("model_version", "v1,v9", "model_version: unknown. Allowed: v1, v2, v3."),
        ("calibrate", "false..true", "calibrate: a range is for numbers only. Allowed: true, false or both with a comma between."),
        ("calibrate", "maybe", "calibrate: not true or false. Allowed: true or false."),
        ("max_depht", "3", "max_depht: unknown parameter. Did you mean max_depth?"),
        ("source", "a,b", "source: cannot vary: other rows cannot be compared. Allowed: one for the whole sweep."),
        ("dataset", "orders,customers", "dataset: cannot vary: other rows cannot be compared. Allowed: one for the whole sweep."),
        ("max_depth", 3, 'max_depth: not text. Allowed: the values in quotes, such as "1,2,3" or "1..3".'),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_a_wrong_axis_is_refused_with_what_is_allowed(name, text, line):
    with pytest.raises(RefusedError) as refusal:
        check_sweep({"grid": {name: text}})

    assert refusal.value.problems == (line,)


def test_all_problems_of_all_axes_and_fields_are_told_together():
    with pytest.raises(RefusedError) as refusal:
        check_sweep(
            {"grid": {"max_depth": "99", "C": "2..1", "max_depht": "1"}, "trials": 0, "metric": "base_rate", "tirals": 1}, cls=TrainingParameters
        )  # fmt: skip

    told = [line.split(":")[0] for line in refusal.value.problems]
    assert sorted(told) == ["C", "max_depht", "max_depth", "metric", "tirals", "trials"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"search": "random"}, "grid: no axis."),
        ({"grid": []}, "grid: not a list of axes."),
        ({"grid": {"C": "0.1..1"}}, "C: a range of numbers has no end of values in a grid."),
        ({"grid": {"max_depth": "1..9 log"}}, "max_depth: log changes nothing in a grid."),
        ({"grid": {"seed": "0..10000"}}, "grid: 10001 combinations. Allowed: at most 10000;"),
        ({"grid": {"C": "1,2"}, "search": "halving"}, "window_days: too small for halving"),
        ({"grid": {"C": "1,2"}, "search": "halving", "window_days": 9, "trials": 2}, "trials: too few for halving"),
    ],
)  # fmt: skip
def test_what_a_search_cannot_do_is_refused_with_the_remedy(values, told):
    with pytest.raises(RefusedError) as refusal:
        check_sweep(values)

    (line,) = refusal.value.problems
    assert line.startswith(told)
    assert "Allowed: " in line


@pytest.mark.parametrize("secret", ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"])
@pytest.mark.parametrize("form", ["{}", "v1,{}", "1..{}", "{} log"])
@pytest.mark.parametrize("place", ["model_version", "max_depth", "unheard_of", "KEY", "search", "FIELD"])
def test_a_credential_is_refused_anywhere_and_never_repeated(secret, form, place):
    text = form.format(secret)
    given_values = {
        "KEY": {"grid": {secret: "1"}},
        "search": {"grid": {"C": "1,2"}, "search": secret},
        "FIELD": {"grid": {"C": "1,2"}, secret: 1},
    }.get(place, {"grid": {place: text}})

    with pytest.raises(RefusedError) as refusal:
        check_sweep(given_values)

    assert secret not in str(refusal.value)
    assert form.endswith("log") or "looks like a credential" in str(refusal.value)


@pytest.mark.parametrize("form", ["{}", "1,{}", "1, {}", "1..{}", "{}..2"])
def test_a_credential_among_the_values_of_one_axis_hides_no_problem_of_another(form):
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    axes, problems = read_space(
        {"C": form.format(secret), "max_depth": "deep", "learning_rate": "0.1,0.2"}, cls=TrainingParameters
    )

    assert [axis.name for axis in axes] == ["learning_rate"]
    assert [problem.split(":")[0] for problem in problems] == ["C", "max_depth"]
    assert problems[0] == "C: looks like a credential. Give secrets by reference only, never as a parameter."


def test_a_name_that_looks_like_a_credential_is_no_axis_and_is_not_repeated():
    axes, problems = read_space({"AKIAIOSFODNN7EXAMPLE": "1,2", "C": "1,2"}, cls=TrainingParameters)

    assert [axis.name for axis in axes] == ["C"]
    assert "AKIA" not in "".join(problems)


@pytest.mark.parametrize("values", [{"window_days": 3, "trials": 9}, {"window_days": 9, "trials": 3}])
def test_halving_takes_as_many_days_and_trials_as_it_keeps_one_of(values):
    own = check_sweep(
        {"grid": {"C": "1..2"}, "search": "halving", "reduction": 3, **values}, cls=TrainingParameters
    )

    assert (own.window_days, own.trials) == (values["window_days"], values["trials"])


@given(
    st.dictionaries(
        st.sampled_from([*VARY, *FIXED, "other"]), marked_texts | st.text(min_size=6) | st.integers()
    )
)
def test_no_text_whatever_raises_anything_else_or_is_repeated(grid):
    _, problems = read_space(grid, cls=TrainingParameters)

    for text in grid.values():
        if isinstance(text, str) and text.startswith(MARK):
            assert not any(text.strip() in line for line in problems)


def test_every_ranking_metric_is_one_of_an_evaluation():
    assert set(METRICS.ranked) <= set(METRICS.names)


@pytest.mark.parametrize("name", sorted(SweepParameters.model_fields))
def test_every_field_has_a_visible_default_and_a_description(name):
    assert SweepParameters.model_fields[name].default is not None
    assert SweepParameters.model_fields[name].description


def checked(**fields):
    return check_sweep(
        {"grid": {"learning_rate": "0.1,0.2", "max_depth": "2,3,4"}, **fields}, cls=TrainingParameters
    )


def name_of(own, *, base=V2):
    return hash_identity(sweep_identity(base, own), DAY)


@pytest.mark.parametrize(
    "grid",
    [
        {"learning_rate": "0.10, 0.2", "max_depth": "2..4"},
        {"max_depth": "4,3,2", "learning_rate": "2e-1,1e-1"},
    ],
)
def test_texts_that_mean_the_same_axes_have_one_identity(grid):
    assert name_of(checked(grid=grid)) == name_of(checked())


def test_the_identity_holds_what_trials_share_and_under_sweep_its_own():
    own = check_sweep(
        {"grid": {"max_depth": "3,2"}, "search": "halving", "trials": 4, "window_days": 9},
        cls=TrainingParameters,
    )

    assert sweep_identity(V2, own) == {
        **{name: value for name, value in identity(V2, of=TrainingParameters).items() if name != "max_depth"},
        "sweep": {
            "grid": {"max_depth": "2..3"},
            "search": "halving",
            "metric": "roc_auc",
            "window_days": 9,
            "max_failure_rate": 0.5,
            "trials": 4,
            "seed": 0,
            "reduction": 3,
        },
    }


CHANGED = {"trials": 31, "seed": 1, "reduction": 2}
SOUND = {"grid": {}, "random": {}, "tpe": {}, "halving": {"window_days": 30}}


@pytest.mark.parametrize("search", sorted(USED_BY))
@pytest.mark.parametrize("name", sorted(CHANGED))
def test_what_a_search_does_not_use_is_not_part_of_its_identity(search, name):
    one = checked(search=search, **SOUND[search])
    other = checked(search=search, **SOUND[search], **{name: CHANGED[name]})

    assert (name_of(one) == name_of(other)) is (name not in USED_BY[search])


@pytest.mark.parametrize(
    "changed",
    [
        {"search": "random"},
        {"metric": "log_loss"},
        {"window_days": 2},
        {"max_failure_rate": 0.4},
        {"grid": {"learning_rate": "0.1,0.3", "max_depth": "2..4"}},
        {"grid": {"learning_rate": "0.1,0.2"}},
    ],
)
def test_what_changes_a_sweep_changes_its_identity(changed):
    assert name_of(checked(**changed)) != name_of(checked())


def test_the_runs_own_value_of_an_axis_changes_nothing_and_any_other_does():
    def base(**values):
        return TrainingParameters(model_version="v2", **values)

    assert name_of(checked(), base=base(max_depth=9)) == name_of(checked())
    assert name_of(checked(), base=base(max_iter=9)) != name_of(checked())
    assert name_of(checked(), base=base(seed=9)) != name_of(checked())


def test_with_an_axis_of_model_versions_the_runs_own_version_changes_nothing():
    own = check_sweep({"grid": {"model_version": "v1,v2"}})

    assert sweep_identity(TrainingParameters(), own) == sweep_identity(V2, own)
    assert {"C", "max_iter"} <= set(sweep_identity(V2, own))


@given(parameters())
def test_a_sweep_is_never_named_like_a_run(drawn):
    own = check_sweep({"grid": {"calibrate": "true,false"}})

    assert hash_identity(sweep_identity(drawn, own), DAY) != run_id(drawn, DAY)
    assert from_identity(sweep_identity(drawn, own), cls=TrainingParameters).seed == drawn.seed


@given(st.lists(choices(), min_size=1, unique_by=lambda drawn: drawn[0]), st.randoms(use_true_random=False))
def test_the_order_of_the_axes_does_not_matter(drawn, shuffler):
    grid = {name: ",".join(map(typed, values)) for name, values in drawn}
    turned = list(grid.items())
    shuffler.shuffle(turned)

    one, other = (
        SweepParameters(grid=grid, search="random"),
        SweepParameters(grid=dict(turned), search="random"),
    )

    assert space_of(one, cls=TrainingParameters) == space_of(other, cls=TrainingParameters)
    assert name_of(one) == name_of(other)
