"""Two models are held against each other where they were measured on the same rows, and nowhere else."""

import datetime as dt
import shutil

import polars as pl
import pytest

from ml_assets.cli.main import main
from ml_assets.core.artifact import key_of
from ml_assets.core.comparison.words import other_rows
from ml_assets.core.release import Release
from ml_assets.core.run_id import run_id
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.comparison import compare_models
from ml_assets.pipeline.comparison_artifact import markdown, product
from ml_assets.pipeline.not_worse import hold_against
from ml_assets.pipeline.released import NamedModel
from ml_assets.pipeline.workspace import Workspace
from ml_assets.settings import load_settings
from ml_assets_tests.builders import land, order_day, order_days, write_landing
from ml_assets_tests.scored import AS_OF, PARAMETERS, Shop

DAYS = [AS_OF - dt.timedelta(days=1), AS_OF]
OTHER = PARAMETERS.model_copy(update={"C": 0.5})
LONGER = PARAMETERS.model_copy(update={"lookback_days": 91})
LEARNED = AS_OF - dt.timedelta(days=81)  # of the training rows of both days
MEASURED = AS_OF - dt.timedelta(days=35)  # of the holdout of both days
FLAGS = "--source shop --lookback-days 92 --holdout-days 8"


def evaluate(shop, *models, days=DAYS, environment="dev"):
    """Make the evaluations of these parameter sets from the rows that are landed now."""
    workspace = Workspace(
        store=shop.store(environment), environment=environment, sources={"shop": str(shop.zone)}
    )
    for parameters in models:
        for day in days:
            done = attempt(
                parameters,
                day,
                workspace=workspace,
                assets=("training_set", "model", "evaluation"),
                judge=False,
            )
            assert done.error is None, done.error


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """Two parameter sets of two days each, from the same rows."""
    shop = Shop(tmp_path_factory.mktemp("evaluated"))
    write_landing(shop.zone, rows_by_day=order_days(last=AS_OF))
    evaluate(shop, PARAMETERS, OTHER)
    return shop


@pytest.fixture
def shop(evaluated, tmp_path, monkeypatch):
    """A copy of it, which a test may spoil."""
    return evaluated.copied(tmp_path / "shop", monkeypatch)


def correct(shop, day):
    """Land a day anew, with other outcomes."""
    land(shop.zone, day, order_day(day).with_columns(returned_30d=1 - pl.col("returned_30d")))


def compared(shop, candidate=OTHER, reference=PARAMETERS, *, environment="dev"):
    models = [
        NamedModel(
            name=name,
            manifest=shop.store(place).manifest(key_of("model", parameters, AS_OF)),
            evaluated_in=place,
        )
        for name, parameters, place in (
            ("candidate", candidate, "dev"),
            ("reference", reference, environment),
        )
    ]
    return compare_models(*models, days=2, last=AS_OF, margins={"roc_auc": 0.01}, settings=load_settings())


def test_days_of_the_same_rows_are_compared(shop):
    found = compared(shop)

    assert found.comparison.days == tuple(DAYS)
    assert (found.other_rows, found.commands) == ((), ())


def test_a_day_that_was_corrected_between_the_two_evaluations_does_not_count_until_both_are_made_again(shop):
    correct(shop, MEASURED)
    evaluate(shop, OTHER)

    found = compared(shop)

    assert found.comparison.days == ()
    assert found.other_rows == tuple(DAYS)
    assert found.commands == (
        f"ml-assets backfill --dataset orders --from {DAYS[0]} --to {DAYS[1]} {FLAGS} --C 0.5",
        f"ml-assets backfill --dataset orders --from {DAYS[0]} --to {DAYS[1]} {FLAGS}",
    )
    evaluate(shop, PARAMETERS)
    assert compared(shop).comparison.days == tuple(DAYS)


def test_one_day_of_other_rows_takes_no_other_day_with_it(shop):
    correct(shop, MEASURED)
    evaluate(shop, OTHER, days=DAYS[1:])

    found = compared(shop)

    assert (found.comparison.days, found.other_rows) == ((DAYS[0],), (DAYS[1],))
    assert {manifest.as_of for manifest in found.read} == {DAYS[0]}


def test_rows_that_both_only_learn_from_may_differ(shop):
    correct(shop, LEARNED)
    evaluate(shop, OTHER)
    evaluate(shop, LONGER)

    for candidate in (OTHER, LONGER):
        assert compared(shop, candidate).comparison.days == tuple(DAYS)


def test_the_same_rows_in_two_environments_are_compared_and_other_ones_are_not(shop):
    shutil.copytree(shop.place / "dev", shop.place / "staging")
    assert compared(shop, environment="staging").comparison.days == tuple(DAYS)

    correct(shop, MEASURED)
    evaluate(shop, PARAMETERS, environment="staging", days=DAYS[:1])
    assert compared(shop, environment="staging").other_rows == (DAYS[0],)


def test_a_damaged_training_set_hides_no_evaluation_that_is_known_to_be_of_the_same_rows(shop):
    for file in (shop.place / "dev/training_set").rglob("manifest.json"):
        file.write_text("{")

    assert compared(shop).comparison.days == tuple(DAYS)


def test_where_nothing_tells_the_rows_of_an_evaluation_its_day_does_not_count(shop):
    shutil.copytree(shop.place / "dev", shop.place / "staging")
    shutil.rmtree(shop.place / "staging/training_set")
    correct(shop, LEARNED)
    evaluate(shop, OTHER, days=DAYS[1:])

    found = compared(shop, environment="staging")

    assert (found.comparison.days, found.other_rows) == ((DAYS[0],), (DAYS[1],))


def test_the_artifact_and_the_gate_say_which_days_do_not_count(shop):
    shutil.copytree(shop.place / "dev/model", shop.place / "green/model")
    correct(shop, MEASURED)
    evaluate(shop, OTHER, days=DAYS[1:])
    live = Release(
        slot="green",
        dataset="orders",
        model_version="v1",
        as_of=AS_OF,
        run_id=run_id(PARAMETERS, AS_OF),
        sha256=shop.store("dev").manifest(key_of("model", PARAMETERS, AS_OF)).sha256,
        manifests={},
    )

    found = compared(shop)
    held = hold_against(live, found.candidate, days=2, margins={"roc_auc": 0.01}, settings=load_settings())

    assert other_rows(DAYS[1:]) in markdown(found)
    assert product(found).value["other_rows"] == [str(AS_OF)]
    assert not held.gate.passed
    assert other_rows(DAYS[1:]) in held.gate.told.split("\n")
    assert f"not evaluated: {found.commands[0]}" in held.gate.told


def test_the_shell_says_why_such_days_do_not_count_and_what_to_do(shop, capsys):
    correct(shop, MEASURED)
    evaluate(shop, OTHER)
    words = [run_id(PARAMETERS, AS_OF), run_id(OTHER, AS_OF), "--environment", "dev", "--last", "2"]

    assert main(["compare", *words]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert (
        f"On 2 days, {DAYS[0]} to {DAYS[1]}, the two were measured on other rows, so these days do not count."
        in told
    )
    assert f"--from {DAYS[0]} --to {DAYS[1]} {FLAGS} --C 0.5" in told
