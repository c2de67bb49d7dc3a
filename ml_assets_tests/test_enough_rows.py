"""What is too little to rely on is said in words that name the numbers."""

import pytest

from ml_assets.pipelines.tabular.sound_rows import shortages

SOUND = {
    f"{fold}_{name}": value
    for fold in ("train", "holdout")
    for name, value in {"rows": 1000, "base_rate": 0.2, "entities": 300}.items()
}


def test_nothing_is_said_of_enough_rows():
    assert shortages(SOUND) == ()


@pytest.mark.parametrize(
    ("facts", "sentences"),
    [
        ({"train_rows": 99}, ["the training rows have 99 rows, fewer than 100"]),
        ({"holdout_rows": 99}, ["the holdout has 99 rows, fewer than 100"]),
        (
            {"holdout_base_rate": 0.009},
            [
                "the holdout has 9 rows with outcome 1, fewer than 10",
                "the base rate of the holdout is 0.90%, below 1%",
            ],
        ),
        (
            {"train_base_rate": 0.991},
            [
                "the training rows have 9 rows with outcome 0, fewer than 10",
                "the base rate of the training rows is 99.10%, above 99%",
            ],
        ),
        ({"holdout_entities": 49}, ["the holdout has 49 entities, fewer than 50"]),
        ({"holdout_entities": 50, "holdout_base_rate": 0.01, "train_rows": 100, "train_base_rate": 0.99}, [
            "the training rows have 1 row with outcome 0, fewer than 10",
        ]),
    ],
)  # fmt: skip
def test_each_shortage_is_told_with_its_numbers(facts, sentences):
    assert [str(shortage) for shortage in shortages({**SOUND, **facts})] == sentences


def test_a_class_with_few_rows_in_a_fold_is_told_by_its_name():
    facts = {
        "train_rows": 500, "holdout_rows": 200, "classes": {"a": 400, "b": 290, "c": 10},
        "train_classes": {"a": 300, "b": 191, "c": 9}, "holdout_classes": {"a": 100, "b": 100},
    }  # fmt: skip

    assert [str(shortage) for shortage in shortages(facts)] == [
        "the training rows have 9 rows of class c, fewer than 10",
        "the holdout has 0 rows of class c, fewer than 10",
    ]


def test_what_facts_of_before_do_not_tell_is_not_looked_at():
    assert shortages({"train_rows": 500, "train_base_rate": 0.3, "holdout_rows": 200}) == ()
