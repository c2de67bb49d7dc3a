"""Artifacts that were made of different ones are never read together: whoever would do so says what to make again."""

import datetime as dt
import shutil

import pytest

from ml_assets.cli.main import main
from ml_assets.errors import CorruptArtifactError
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.report import report
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.monitoring.day import MonitoredDay
from ml_assets.pipelines.tabular.monitoring.parameters import MonitoringParameters
from ml_assets.pipelines.tabular.scoring.model import scoring_model
from ml_assets_tests.builders import ORDERS_TOML, land, order_day, order_days, write_landing
from ml_assets_tests.keys import key_of
from ml_assets_tests.scored import AS_OF, PARAMETERS, Shop

LEARNED = AS_OF - dt.timedelta(days=81)
EVALUATION = key_of("evaluation", PARAMETERS, AS_OF)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A shop with one model."""
    shop = Shop(tmp_path_factory.mktemp("trained"))
    write_landing(shop.zone, rows_by_day=order_days(last=AS_OF))
    shop.train("dev")
    return shop


@pytest.fixture
def shop(trained, tmp_path, monkeypatch):
    """A copy of it, which a test may spoil."""
    return trained.copied(tmp_path / "shop", monkeypatch)


def workspace(shop):
    return Workspace(
        pipeline=tabular,
        store=shop.store("dev"),
        environment="dev",
        sources={"shop": str(shop.zone)},
    )


def make(shop, *assets):
    return attempt(PARAMETERS, AS_OF, workspace=workspace(shop), assets=assets, judge=False)


def name_features_in_another_order(shop):
    features = '["country", "order_value", "days_since_prev", "n_lines"]'
    usual = '["country", "n_lines", "order_value", "days_since_prev"]'
    (shop.zone / "orders/dataset.toml").write_text(ORDERS_TOML.replace(usual, features))


def land_late_rows(shop):
    land(shop.zone, LEARNED, order_day(LEARNED, rows=80))


def test_no_model_is_measured_on_a_training_set_that_it_was_not_made_of(shop):
    name_features_in_another_order(shop)
    before = shop.store("dev").manifest(EVALUATION)

    done = make(shop, "training_set", "evaluation")

    assert type(done.error) is CorruptArtifactError
    uri = shop.store("dev").uri(key_of("model", PARAMETERS, AS_OF))
    assert str(done.error) == (
        f"{uri}: was made of another training set than the one that is there now, so no evaluation can be made of both. "
        "Make the model again as well: "
        "ml-assets run --dataset orders --as-of 2025-07-31 --source shop --lookback-days 92 --holdout-days 8"
    )
    assert [item.key.asset for item in done.made] == ["training_set"]
    assert shop.store("dev").manifest(EVALUATION) == before
    assert make(shop, "training_set", "model", "evaluation").error is None


def test_no_card_is_written_of_an_evaluation_and_other_rows(shop):
    land_late_rows(shop)

    done = make(shop, "training_set", "model_card")

    assert "was made of another training set than the one that is there now" in str(done.error)
    assert "Make the evaluation again as well: ml-assets run" in str(done.error)


def test_a_model_is_not_held_against_the_evaluation_of_another_one(shop):
    land_late_rows(shop)
    assert make(shop, "training_set", "model").error is None
    own = MonitoringParameters(model=key_of("model", PARAMETERS, AS_OF).run_id)
    model = scoring_model(PARAMETERS, own, workspace=workspace(shop), asset="monitoring")
    day = MonitoredDay(parameters=PARAMETERS, own=own, as_of=AS_OF, model=model, workspace=workspace(shop))

    with pytest.raises(CorruptArtifactError) as caught:
        day.monitoring()

    assert str(caught.value) == (
        f"{shop.store('dev').uri(EVALUATION)}: is not an evaluation of the model {own.model} as it is there now. "
        "Evaluate the model again, so that both fit together."
    )
    assert make(shop, "evaluation").error is None
    assert day.monitoring().outcomes.verdict == "not known yet"


def test_a_report_shows_no_row_counts_beside_metrics_of_other_rows(shop):
    land_late_rows(shop)
    assert make(shop, "training_set").error is None

    (found,) = report(PARAMETERS, [AS_OF], workspace=workspace(shop), pipeline=tabular).days

    assert (found.status, found.metrics, found.facts) == ("failed", {}, {})
    assert found.reason == (
        "The evaluation was measured on another training set than the one that is there now. Make it again."
    )


def test_the_rows_shown_are_those_that_a_model_was_made_of_and_not_those_that_came_since(shop, capsys):
    run_id = key_of("model", PARAMETERS, AS_OF).run_id
    land_late_rows(shop)
    assert make(shop, "training_set").error is None

    assert main(["show", run_id, "--environment", "dev"]) == 0

    told = capsys.readouterr().out
    assert told.count("496 rows of 62 days") == told.count("from training_set run") > 0
    assert told.count(f"{LEARNED}  8 rows") == 1, "each day once"
    assert "320 rows" not in told


def test_a_training_set_that_is_gone_hides_nothing_else_of_what_was_made_of_it(shop, capsys):
    shutil.rmtree(shop.place / "dev" / key_of("training_set", PARAMETERS, AS_OF).path)

    run_id = key_of("model", PARAMETERS, AS_OF).run_id
    assert main(["show", run_id, "--environment", "dev"]) == 0

    told = capsys.readouterr().out
    assert (
        told.count("its sources are not known: it is not under this root")
        == told.count("from training_set run")
        > 0
    )
    assert "The same again:" in told
