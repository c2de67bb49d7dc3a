"""A leaderboard as table, text and pictures: equal leaderboards give equal bytes, and nothing is lost or broken."""

import datetime as dt
import io
import itertools
import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ml_assets.cli.leaderboard import print_leaderboard
from ml_assets.core.figures import short
from ml_assets.core.leaderboard.document import Nested, Rows
from ml_assets.core.leaderboard.joint_pictures import heat_map_png
from ml_assets.core.leaderboard.markdown import markdown
from ml_assets.core.leaderboard.pictures import by_parameter_png, pictures
from ml_assets.core.leaderboard.ranking import Against, Evidence, leaderboard, with_evidence
from ml_assets.core.leaderboard.scale import scale, shown, title
from ml_assets.core.leaderboard.table import AFTER, BEFORE, table
from ml_assets.core.leaderboard.text import importance, percent, scope
from ml_assets.core.leaderboard.trial import TrialDay
from ml_assets.core.run_id import hash_identity
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.formats import FORMATS

FIRST = dt.date(2025, 12, 1)
GRIDS = {
    1: {"max_depth": (2, 4, 8)},
    2: {"max_depth": (2, 4, 8), "learning_rate": (0.01, 0.1, 1.0)},
    3: {"max_depth": (2, 4), "learning_rate": (0.01, 0.1), "model_version": ("v1", "v2")},
    4: {"max_depth": (2, 4), "learning_rate": (0.01, 0.1), "calibrate": (False, True), "seed": (0, 1)},
}
ORANGE = (217, 131, 36)


def grid(axes):
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def drawn(count):
    """That many trials of a random search."""
    source = random.Random(7)
    return [
        {
            "learning_rate": round(10 ** source.uniform(-4, 0), 6),
            "l2_regularization": source.choice([0.0, 0.1, 1.0, 10.0]),
            "max_depth": source.randint(1, 16),
            "calibrate": source.random() < 0.5,
        }
        for _ in range(count)
    ]


def records(trials, days=2, *, failing=(), dropped=()):
    source = random.Random(3)
    for place, trial in enumerate(trials):
        for n in range(1 if place in dropped else days):
            day, value = FIRST + dt.timedelta(days=n), round(source.uniform(0.6, 0.8), 6)
            failed = place in failing and n == days - 1
            yield TrialDay(
                trial=trial,
                as_of=day,
                run_id=hash_identity(trial, day),
                status="failed" if failed else "done",
                reason="orders: [no] rows | <today>." if failed else "",
                metrics={} if failed else {"roc_auc": value, "log_loss": 1 - value, "brier": 0.1},
            )


def board(trials, days=2, **more):
    return leaderboard(
        records(trials, days, **more), metric="roc_auc", varied=list(trials[0]), pipeline=tabular
    )


def compared(found):
    """A board whose trials were compared by rows: every second one is worse, the last one took no part."""
    rows = Rows(
        rows=3889,
        entities=3095,
        first=FIRST - dt.timedelta(days=60),
        last=FIRST,
        holdouts=len(found.days),
        missing=(),
    )
    against = {
        trial.run_id: Against(
            low=(1.5 if n % 2 else 2.1) * trial.difference,
            high=(0.5 if n % 2 else -0.1) * trial.difference,
            p_value=0.01 * n,
        )
        for n, trial in enumerate(found.trials[:-1])
        if n
    }
    nested = Nested(
        run_id=found.trials[1].run_id,
        trials=len(found.trials),
        chosen=0.731,
        chosen_first=rows.first,
        chosen_last=FIRST - dt.timedelta(days=31),
        value=0.702,
        low=0.68,
        high=0.724,
        first=FIRST - dt.timedelta(days=30),
        last=FIRST,
        rows=1755,
    )
    return with_evidence(found, Evidence(rows=rows, against=against, nested=nested), pipeline=tabular)


def size(data):
    with Image.open(io.BytesIO(data)) as picture:
        picture.verify()
        return picture.size


@pytest.mark.parametrize(
    ("many", "expected"),
    [
        (1, {"by_parameter.png", "by_day.png"}),
        (2, {"by_parameter.png", "heat_map.png", "by_day.png"}),
        (3, {"by_parameter.png", "parallel.png", "by_day.png"}),
        (4, {"by_parameter.png", "parallel.png", "by_day.png"}),
    ],
)
def test_the_pictures_suit_the_number_of_varied_parameters_and_equal_boards_give_equal_bytes(many, expected):
    trials = grid(GRIDS[many])
    found = pictures(board(trials))

    assert set(found) == expected
    assert found == pictures(board(trials))
    assert all(width <= 1000 and height <= 600 for width, height in map(size, found.values()))


def test_with_one_day_there_is_no_picture_by_day_and_with_no_ranked_trial_none_at_all():
    trials = grid(GRIDS[1])

    assert set(pictures(board(trials, 1))) == {"by_parameter.png"}
    assert pictures(board(trials, 1, failing=range(3))) == {}


@pytest.mark.parametrize("count", [1, 3, 200])
@pytest.mark.parametrize("many", [1, 2, 3, 4])
def test_a_search_of_few_or_many_trials_is_drawn_with_the_first_in_orange(count, many):
    trials = [dict(list(trial.items())[:many]) for trial in drawn(count)]
    found = pictures(board([dict(t) for t in {tuple(t.items()): None for t in trials}]))

    for data in found.values():
        with Image.open(io.BytesIO(data)) as picture:
            colours = {colour for _, colour in picture.convert("RGB").getcolors(1000)}
        assert any(sum(abs(a - b) for a, b in zip(c, ORANGE, strict=True)) < 60 for c in colours)


@pytest.mark.parametrize(
    ("across", "down", "kept", "height"),
    [
        (2, 2, 4, 260),
        (12, 3, 36, 260),
        (4, 12, 48, 634),
        (13, 2, 26, 440),  # too many for cells: points
        (2, 13, 26, 440),
        (5, 5, 10, 340),  # two fifths are filled
        (5, 5, 9, 440),
    ],
)
def test_few_values_that_are_mostly_there_are_cells_and_others_are_points(across, down, kept, height):
    trials = grid({"lookback_days": range(90, 90 + across), "max_depth": range(1, 1 + down)})
    diagonals = sorted(range(len(trials)), key=lambda n: (n // down - n % down) % down)
    picked = [trials[n] for n in diagonals[:kept]]
    found = board(picked)

    assert {len({trial[name] for trial in picked}) for name in picked[0]} == {across, down}
    assert size(heat_map_png(found)) == (800, height)


def test_more_parameters_than_fit_leave_the_least_important_out_and_say_so():
    trials = [{f"p{n}": random.Random(f"{k}{n}").randint(0, 4) for n in range(10)} for k in range(30)]
    found = board(trials)
    names = shown(found)

    least = [share.name for share in found.importance.shares][-2:]
    assert sorted([*names, *least]) == sorted(found.varied)
    assert title(found, "roc_auc", names) == "roc_auc (2 parameters not shown)"
    assert size(by_parameter_png(found))[0] == 1000


@given(
    st.lists(
        st.floats(1e-6, 1e6)
        | st.integers(-9, 9)
        | st.booleans()
        | st.none()
        | st.sampled_from(["v1", "$x", "é"]),
        min_size=1,
        max_size=30,
    )
)
def test_every_value_has_a_place_between_the_ends_and_ticks_are_in_order(values):
    axis = scale(values)

    low, high = axis.ends
    assert all(low <= axis.place(value) <= high for value in values)
    places = [place for place, _ in axis.ticks(letters=20)]
    assert places
    assert places == sorted(set(places))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0.01, 0.03, 0.1, 0.3], "log"),
        ([1, 31], "log"),
        ([2, 4, 8], "linear"),
        ([-1, 0, 100], "linear"),
        ([0.0, 0.1, 10.0], "category"),
        ([0.0, *(10.0**n for n in range(12))], "log"),
        (["v1", "v2"], "category"),
        ([True, False], "category"),
        ([2, None, 4], "category"),
    ],
)
def test_numbers_far_apart_have_a_log_axis_and_what_is_no_number_a_place_of_its_own(values, kind):
    assert scale(values).kind == kind


def test_the_table_has_one_row_a_trial_and_the_failed_ones_last():
    found = table(board(grid(GRIDS[2]), failing={1, 4}, dropped={2}), pipeline=tabular)

    assert found["rank"].to_list() == [*range(1, 8), None, None]
    assert found["status"].to_list() == ["done"] * 7 + ["failed"] * 2
    assert found["complete"].to_list()[:7] == [True] * 6 + [False]
    assert found["reason"].to_list()[7:] == ["orders: [no] rows | <today>."] * 2


def test_columns_and_types_of_the_table_do_not_depend_on_what_was_found():
    varied = grid(GRIDS[4])
    schemas = [
        table(board(varied, days, failing=failing), pipeline=tabular).schema
        for days, failing in ((1, ()), (3, (1, 2)), (1, range(99)))
    ]

    assert schemas[0] == schemas[1] == schemas[2]
    assert list(schemas[0]) == [*BEFORE, *varied[0], *AFTER, *(f"mean_{name}" for name in METRICS.names)]
    kinds = [schemas[0][name] for name in ("max_depth", "learning_rate", "calibrate", "as_of", "rank")]
    assert kinds == [pl.Int64, pl.Float64, pl.Boolean, pl.Date, pl.Int64]


def test_a_column_of_an_unknown_parameter_has_the_type_that_its_values_have():
    trials = [
        {
            "whole": n,
            "real": n / 2,
            "flag": n > 1,
            "both": n or 0.5,
            "text": "a",
            "mixed": n or "a",
            "none": None,
        }
        for n in range(3)
    ]
    found = table(board([*trials, {**dict.fromkeys(trials[0]), "text": "b"}]), pipeline=tabular)

    kinds = {name: found.schema[name] for name in trials[0]}
    assert kinds == {
        "whole": pl.Int64,
        "real": pl.Float64,
        "flag": pl.Boolean,
        "both": pl.Float64,
        "text": pl.String,
        "mixed": pl.String,
        "none": pl.String,
    }
    assert sorted(found["mixed"].drop_nulls()) == ["1", "2", "a"]


def test_no_parameter_has_the_name_of_another_column():
    assert not set(TrainingParameters.model_fields) & {*BEFORE, *AFTER}


def test_the_table_is_parquet_with_equal_bytes_and_comes_back():
    trials = grid(GRIDS[3])
    first, second = (table(board(trials), pipeline=tabular) for _ in range(2))

    data = FORMATS["parquet"].encode(first)
    assert data == FORMATS["parquet"].encode(second)
    assert FORMATS["parquet"].decode(data).equals(first)


def test_the_document_is_stored_as_json_with_equal_bytes():
    trials = grid(GRIDS[4])
    first, second = (FORMATS["json"].encode(board(trials, failing={0}).document()) for _ in range(2))

    assert first == second


def test_the_text_shows_twenty_trials_says_how_many_there_are_and_starts_no_table_of_its_own():
    text = markdown(board(drawn(60), 3, failing={3}), metrics=METRICS)

    rows = text.split("## Trials")[1].split("## ")[0]
    assert "The first 20 of 59." in rows
    assert rows.count("\n| ") == 22
    assert "60 trials on 3 days (2025-12-01 to 2025-12-03), 1 failed; larger is better." in text
    assert r"orders: \[no\] rows \| \<today\>." in text
    assert "## Importance" in text
    assert "Kendall's W" in text


def test_the_text_says_what_one_day_cannot_tell():
    text = markdown(board(grid(GRIDS[2]), 1), metrics=METRICS)

    assert "cannot be told: there are no stored scores of the same rows" in text
    assert "agreement between days cannot be told" in text


def test_the_text_tells_what_a_choice_is_worth_on_rows_that_chose_nothing():
    text = markdown(compared(board(grid(GRIDS[2]))), metrics=METRICS)

    assert (
        "## Chosen on earlier rows, measured on later ones\n\nThe best of 9 trials on the events from" in text
    )
    assert "Rely on what such a choice has on rows that chose nothing: 0.7020 (0.6800 to 0.7240)." in text
    assert "1 trial cannot be compared by rows" in text


def test_a_board_without_a_ranked_trial_can_be_said():
    text = markdown(board(grid(GRIDS[2]), 1, failing=range(9)), metrics=METRICS)

    assert "nothing is ranked" in text
    assert "9 trials (" in text
    assert "and 4 more) on 2025-12-01" in text


def test_the_terminal_shows_ten_trials_marks_failures_and_importance(capsys):
    found = compared(board(drawn(30), 4, failing={3}, dropped={4}))
    print_leaderboard(found)
    out = capsys.readouterr().out

    lines = out.splitlines()
    assert lines[0].startswith("Leaderboard by roc_auc  30 trials on 4 days")
    marked = [line for line in lines[2:12] if line.strip().startswith("=")]
    assert len(marked) == sum(trial.distinguishable is False for trial in found.trials[:10]) > 0
    assert "which chose nothing, it has 0.7020 (0.6800 to 0.7240)." in out
    assert "19 more are in the table." in out
    assert "1 trial (" in out
    assert "orders: [no] rows | <today>." in out
    assert "explains alone:\n  " in out
    assert "(by chance " in out


def test_the_terminal_shows_a_sweep_in_which_everything_failed(capsys):
    print_leaderboard(board(grid(GRIDS[1]), 1, failing=range(3)))

    assert "No trial is done on all of its days, so nothing is ranked." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0, "0 %"),
        (0.0049, "0.5 %"),
        (0.005, "0 %"),
        (0.016, "2 %"),
        (0.994, "99 %"),
        (0.995, "99.5 %"),
        (0.9994, "99.9 %"),
        (1, "100 %"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing_that_it_is_not(share, told):
    assert percent(share) == told


def test_names_in_pictures_are_cut_and_start_no_formula():
    assert short("x" * 30) == "x" * 30
    assert short("x" * 31) == "x" * 27 + "..."
    assert short("a$b$c") == r"a\$b\$c"


def test_all_reasons_and_all_names_are_told():
    trials = [{"one": f"a{n}", "two": f"b{n}", "seed": n % 2} for n in range(8)]
    two = [
        item.model_copy(update={"status": "failed", "reason": f"r{item.as_of.day}", "metrics": {}})
        if item.trial["one"] == "a0"
        else item
        for item in records(trials)
    ]
    found = leaderboard(two, metric="roc_auc", varied=list(trials[0]), pipeline=tabular)

    assert table(found, pipeline=tabular)["reason"].to_list()[-1] == "r1; r2"
    assert "not told: one, two (nearly every trial has its own)" in importance(found.importance)
    alone = leaderboard(records([{"seed": 1}]), metric="roc_auc", varied=[], pipeline=tabular)
    assert "nothing" in markdown(alone, metrics=METRICS).splitlines()[0]


def test_the_text_says_which_way_is_better():
    trials = grid(GRIDS[1])
    found = leaderboard(records(trials), metric="log_loss", varied=["max_depth"], pipeline=tabular)

    assert scope(found).endswith("; smaller is better.")
    assert scope(board(trials)).endswith("; larger is better.")
