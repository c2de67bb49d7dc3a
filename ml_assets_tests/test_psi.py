"""The stability index as a function of counts and columns: what moves it, what must not, and how far chance does."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.pipelines.tabular.monitoring.bins import MISSING, RARE, bins
from ml_assets.pipelines.tabular.monitoring.drift import shift
from ml_assets.pipelines.tabular.monitoring.psi import _band, psi, stability

counts = st.lists(st.integers(0, 2000), min_size=2, max_size=15).filter(any)
numbers = st.lists(st.none() | st.integers(-40, 40).map(lambda n: n / 4), min_size=1, max_size=60)
texts = st.lists(st.none() | st.sampled_from("abcdefgh"), min_size=1, max_size=60)


@st.composite
def two_counts(draw):
    """Counts of two sets of rows over the same bins."""
    then = draw(counts)
    now = draw(st.lists(st.integers(0, 2000), min_size=len(then), max_size=len(then)).filter(any))
    return then, now


def columns(values, dtype):
    return st.tuples(values, values).map(lambda two: [pl.Series("x", part, dtype=dtype) for part in two])


any_columns = columns(numbers, pl.Float64) | columns(texts, pl.String)


def by_label(then, now):
    return {item.label: (item.then, item.now) for item in bins(pl.Series(then), pl.Series(now))}


@given(counts)
def test_the_same_counts_have_an_index_of_nothing(then):
    assert psi(then, then) == 0
    assert stability(then, then).band == "within chance"


@given(two_counts(), st.randoms(use_true_random=False))
def test_it_is_never_negative_and_neither_the_order_of_bins_nor_of_the_two_matters(both, shuffler):
    then, now = both
    pairs = list(zip(then, now, strict=True))
    shuffler.shuffle(pairs)

    found = psi(then, now)

    assert found >= 0
    assert psi(*zip(*pairs, strict=True)) == pytest.approx(found, abs=1e-12)
    assert psi(now, then) == pytest.approx(found, abs=1e-12)


@given(counts, st.integers(0, 14), st.integers(0, 14), st.data())
def test_the_more_rows_move_the_larger_it_is(then, start, end, data):
    start, end = start % len(then), end % len(then)
    many = data.draw(st.integers(0, then[start]))
    fewer = data.draw(st.integers(0, many))

    def moved(rows):
        now = list(then)
        now[start] -= rows
        now[end] += rows
        return psi(then, now)

    assert moved(fewer) <= moved(many) + 1e-12
    if start != end and fewer < many:
        assert moved(fewer) < moved(many)


@pytest.mark.parametrize(("then", "now"), [([500, 500], [400, 600]), ([800, 100, 100], [600, 200, 200])])
def test_of_many_rows_it_is_the_textbook_sum(then, now):
    a, b = np.array(then) / sum(then), np.array(now) / sum(now)
    many = 10_000

    found = psi([n * many for n in then], [n * many for n in now])

    assert found == pytest.approx(float(((b - a) * np.log(b / a)).sum()), rel=1e-5)


def test_of_two_bins_it_is_what_can_be_counted_by_hand():
    # half a row more in each bin: 1.5 and 0.5 of 2 rows then, 0.5 and 1.5 now
    assert psi([1, 0], [0, 1]) == pytest.approx(2 * 0.5 * math.log(3))
    found = stability([1, 0], [0, 1])
    assert (found.expected, found.band) == (2.0, "within chance")


def test_a_shift_is_as_large_as_what_is_beyond_its_bias():
    then, now = [500, 500], [400, 600]

    found = stability(then, now)

    assert found.limit < found.psi < 0.1
    assert found.band == "small"
    assert stability([40, 60], [75, 25]).band == "large"
    assert stability([40, 60], [65, 35]).band == "moderate"


def test_where_nothing_changed_its_mean_is_the_one_expected_and_one_in_twenty_is_beyond_the_limit():
    random = np.random.default_rng(5)
    drawn = [(random.multinomial(400, [0.1] * 10), random.multinomial(250, [0.1] * 10)) for _ in range(2000)]
    found = [psi(then.tolist(), now.tolist()) for then, now in drawn]

    told = stability(*(counts.tolist() for counts in drawn[0]))

    assert told.expected == pytest.approx(9 * (1 / 400 + 1 / 250))
    assert np.mean(found) == pytest.approx(told.expected, rel=0.1)
    assert 0.03 < np.mean(np.array(found) > told.limit) < 0.07


def test_small_samples_of_one_distribution_are_not_called_drift_though_the_index_is_beyond_the_rule_of_thumb():
    random = np.random.default_rng(11)
    then, now = (random.normal(size=n) for n in (300, 30))

    found = shift("x", pl.Series(then), pl.Series(now))

    assert found.psi > 0.1
    assert found.band == "within chance"


def test_a_growing_shift_of_a_number_has_a_growing_index():
    random = np.random.default_rng(3)
    then, now = random.normal(size=2000), random.normal(size=2000)

    found = [shift("x", pl.Series(then), pl.Series(now + by)) for by in (0, 0.25, 0.5, 1, 2)]

    indices = [item.psi for item in found]
    assert indices == sorted(indices)
    assert (found[0].band, found[-1].band) == ("within chance", "large")


@pytest.mark.slow
@given(any_columns, st.randoms(use_true_random=False))
def test_each_row_is_in_one_bin_and_the_order_of_rows_changes_nothing(both, shuffler):
    then, now = both
    order = list(range(len(now)))
    shuffler.shuffle(order)

    found = bins(then, now)

    assert sum(item.then for item in found) == len(then)
    assert sum(item.now for item in found) == len(now)
    assert bins(then.reverse(), now[order]) == found


@pytest.mark.slow
@given(any_columns)
def test_the_same_column_has_an_index_of_nothing(both):
    assert shift("x", both[0], both[0]).psi == 0


def test_a_number_has_deciles_of_the_reference_and_what_is_beyond_them_is_in_the_last():
    found = by_label([float(n) for n in range(1, 101)], [1000.0, -5.0] * 25 + [None])

    assert len(found) == 11
    assert found["to 10.9"] == (10, 25)
    assert found["above 90.1"] == (10, 25)
    assert found[MISSING] == (0, 1)


def test_few_values_have_a_bin_each_so_that_a_constant_which_changes_is_seen():
    found = by_label([7.0] * 50, [6.0] * 50)

    assert found == {"7": (50, 0), "6": (0, 50)}
    assert shift("x", pl.Series([7.0] * 50), pl.Series([6.0] * 50)).band == "large"


def test_levels_that_expect_fewer_than_five_rows_in_the_smaller_sample_share_a_bin():
    then = ["often"] * 900 + ["some"] * 60 + [f"level {n}" for n in range(40)]
    now = ["often"] * 89 + ["some"] * 4 + ["never seen"] * 3 + [None] * 4

    found = by_label(then, now)

    assert found == {"often": (900, 89), "some": (60, 4), RARE: (40, 3), MISSING: (0, 4)}
    fewer = by_label(then, now[:80])  # of 80 rows, `some` expects 2
    assert fewer == {"often": (900, 80), RARE: (100, 0)}


def test_a_column_without_any_value_is_stable_until_it_has_some():
    empty = pl.Series("x", [None] * 40, dtype=pl.Float64)

    assert shift("x", empty, empty).psi == 0
    assert math.isclose(shift("x", empty, empty).limit, 0)
    assert by_label(empty, pl.Series([1.0] * 40)) == {"1": (0, 40), MISSING: (40, 0)}


def test_a_new_level_with_a_tenth_of_the_rows_is_told_by_its_name():
    then = pl.Series([f"{n:04}" for n in range(2000)] * 3)
    now = pl.Series([f"{n:04}" for n in range(1800)] + ["new"] * 200)

    found = shift("x", then, now)

    assert [(item.label, item.now) for item in found.bins] == [("new", 200), (RARE, 1800)]
    assert found.band == "large"


@pytest.mark.parametrize("many", [5, 50, 500, 2000])
@pytest.mark.parametrize("zipf", [False, True])
def test_where_no_level_changed_its_share_hardly_any_sample_is_told_as_far_away(many, zipf):
    random = np.random.default_rng(many)
    share = 1 / np.arange(1, many + 1) if zipf else np.ones(many)

    def drawn(rows):
        places = random.choice(many, size=rows, p=share / share.sum())
        return pl.Series("x", places).cast(pl.String)

    bands = [shift("x", drawn(2000), drawn(now)).band for now in (200, 1000, 5000) for _ in range(60)]

    assert np.mean([band == "large" for band in bands]) <= 0.03
    assert np.mean([band != "within chance" for band in bands]) <= 0.12


@pytest.mark.parametrize(
    ("index", "beyond", "band"),
    [
        (0.3, 0.3, "within chance"),
        (0.301, 0.0999, "small"),
        (0.31, 0.1, "moderate"),
        (0.5, 0.2499, "moderate"),
        (0.5, 0.25, "large"),
    ],
)
def test_the_words_of_an_index_by_how_far_it_is_beyond_what_was_expected(index, beyond, band):
    assert _band(index, beyond=beyond, limit=0.3) == band


def test_an_index_is_small_or_large_beyond_its_bias():
    found = stability([100] * 10, [100] * 7 + [60, 70, 170])

    assert found.psi > found.limit
    assert found.psi > 0.05 > found.psi - found.expected
    assert found.band == "small"


@pytest.mark.parametrize("name", ["rows", "level", "then", "now", "literal", "count"])
def test_the_name_of_a_column_does_not_matter(name):
    then, now = (pl.Series(name, text * 10) for text in (["a", "b", "b"], ["b", "c", None]))

    assert {item.label: (item.then, item.now) for item in bins(then, now)} == {
        "b": (20, 10),
        "a": (10, 0),
        "c": (0, 10),
        MISSING: (0, 10),
    }


def test_the_most_frequent_levels_have_a_bin_and_of_equal_ones_the_first_by_name():
    then = pl.Series([f"{n:02}" for n in range(25)] * 20 + ["24"])

    found = [item.label for item in bins(then, then)]
    assert found == ["24", *(f"{n:02}" for n in range(19)), RARE]


def test_few_rows_have_fewer_and_wider_bins():
    then, now = pl.Series([float(n) for n in range(1000)]), pl.Series([float(n) for n in range(0, 1000, 50)])

    assert [(item.then, item.now) for item in bins(then, now)] == [(250, 5)] * 4
    assert [item.label for item in bins(then, now[:7])] == ["any number"]


def test_ten_numbers_have_a_bin_each_and_eleven_have_deciles():
    ten, eleven = (pl.Series([float(n) for n in range(many)] * 5) for many in (10, 11))

    assert [item.label for item in bins(ten, ten)] == [str(n) for n in range(10)]
    assert [item.label for item in bins(eleven, eleven)] == [
        "to 1",
        *(f"to {n}" for n in range(2, 10)),
        "above 9",
    ]
    assert [item.now for item in bins(eleven, pl.Series([0.0] * 50))] == [50] + [0] * 9
