"""A model in use in whole runs: outcomes once they have closed, drift before that, and plain words where nothing is known."""

import datetime as dt
import json
import shutil

import polars as pl
import pytest

from ml_assets.cli.main import main
from ml_assets.core.artifact import parse_path
from ml_assets.core.product import Product
from ml_assets.errors import SourceError
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.monitoring.day import MonitoredDay
from ml_assets.pipelines.tabular.monitoring.parameters import MonitoringParameters
from ml_assets.pipelines.tabular.scoring.model import scoring_model
from ml_assets.pipelines.tabular.scoring.predictions import predictions_key
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.builders import land, order_day, order_days, write_landing
from ml_assets_tests.keys import key_of
from ml_assets_tests.scenario import failure_of, materializations
from ml_assets_tests.scored import AS_OF, PARAMETERS, Shop, launch, score
from ml_assets_tests.store_value import store_value

SCORED = [AS_OF + dt.timedelta(days=n) for n in range(1, 11)]
SHIFTED = SCORED[-3:]
OF_OUTCOMES = ("ranks_as_evaluated", "scores_are_calibrated", "log_loss_as_evaluated")
OF_OTHER_TASKS = ("accuracy_as_evaluated", "errors_as_evaluated", "predictions_are_unbiased")
CHECKS = (*OF_OUTCOMES, *OF_OTHER_TASKS, "inputs_have_not_drifted", "scores_have_not_drifted")
BEFORE_THE_SHIFT = SHIFTED[0] + dt.timedelta(days=29)
ALL_CLOSED = SCORED[-1] + dt.timedelta(days=31)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A shop with 24 rows a day whose model serves from green, and has scored the ten days after its own."""
    shop = Shop(tmp_path_factory.mktemp("trained"))
    write_landing(shop.zone, rows_by_day=order_days(last=SCORED[-1], rows=24))
    for day in SHIFTED:
        far = order_day(day, rows=24).with_columns(pl.col("order_value") * 1000)
        land(shop.zone, day, far)
    shop.release(shop.train())
    with pytest.MonkeyPatch.context() as patch:
        shop.settings(patch)
        done = score(SCORED)
        assert done.success, failure_of(done)
    return shop


@pytest.fixture
def shop(trained, tmp_path, monkeypatch):
    """A copy of it, which a test may spoil."""
    return trained.copied(tmp_path / "shop", monkeypatch)


def monitor(day, **more):
    """What the job says of a day: the document, the metadata and the checks."""
    done = launch("monitor", "monitoring", day, **more)
    assert done.success, failure_of(done)
    event = materializations(done)["monitoring", str(day)]
    checks = {item.check_name: item for item in done.get_asset_check_evaluations()}
    return event.metadata, checks


def looked_at(shop, day, *, store=None, **own):
    """The day as a run looks at it, whose model is found already; nothing is read of the rest."""
    workspace = Workspace(
        pipeline=tabular,
        store=store or shop.store(),
        environment="green",
        sources={"shop": str(shop.zone)},
    )
    asked = MonitoringParameters(**own)
    model = scoring_model(PARAMETERS, asked, workspace=workspace, asset="monitoring")
    return MonitoredDay(parameters=PARAMETERS, own=asked, as_of=day, model=model, workspace=workspace)


def document(shop, metadata, environment="green"):
    path = metadata["path"].value
    return shop.store(environment).load(parse_path(path[path.rindex("/monitoring/") :]))


@pytest.mark.slow
def test_outcomes_count_from_the_day_on_which_their_windows_have_closed(shop):
    counted = {}
    for after in (29, 30, 31, 40):
        day = SCORED[0] + dt.timedelta(days=after)
        found = document(shop, monitor(day, min_rows=2)[0])["outcomes"]
        counted[after] = found["overall"]["rows"]
        closed = [
            order_day(scored, rows=24).filter(
                pl.col("returned_30d").is_not_null(),
                pl.col("returned_30d_closes_at")
                <= dt.datetime.combine(day + dt.timedelta(days=1), dt.time()),
            )
            for scored in SCORED
        ]
        whole = [table for table in closed if table.height == 24]
        assert found["overall"]["rows"] == 24 * len(whole)

    assert counted[29] == 0
    assert 0 < counted[31] < counted[40] == 24 * len(SCORED)


def test_metrics_of_closed_outcomes_are_those_of_scores_against_labels(shop):
    from sklearn.metrics import roc_auc_score

    metadata, checks = monitor(SCORED[-1] + dt.timedelta(days=31))

    outcomes = document(shop, metadata)["outcomes"]
    manifest = shop.store().manifest(key_of("model", PARAMETERS, AS_OF))
    scores, labels = [], []
    for day in SCORED:
        table = shop.store().load(predictions_key(PARAMETERS, manifest, day))
        rows = order_day(day, rows=24).select("order_id", "returned_30d")
        joined = table.join(rows, on="order_id")
        scores += joined["score"].to_list()
        labels += joined["returned_30d"].to_list()
    assert outcomes["compared"]["roc_auc"]["now"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
    assert metadata["rows_with_outcomes"].value == 240
    assert set(checks) == set(CHECKS)
    assert metadata["roc_auc"].value == outcomes["compared"]["roc_auc"]["now"]


def rescored(shop, expression):
    """The predictions of all days made again, as a model would whose output is put through `expression`."""
    store, model = shop.store(), shop.store().manifest(key_of("model", PARAMETERS, AS_OF))
    workspace = Workspace(pipeline=tabular, store=store, environment="green", sources={})
    for day in SCORED:
        key = predictions_key(PARAMETERS, model, day)
        store_value(
            store.load(key).with_columns(score=expression),
            key=key,
            parameters=store.manifest(key).parameters,
            format_name="parquet",
            workspace=workspace,
        )


def relabelled(shop, outcome):
    """The rows of all days landed again, with other outcomes."""
    for day in SCORED:
        land(shop.zone, day, order_day(day, rows=24).with_columns(returned_30d=outcome.cast(pl.Int8)))


def test_scores_divided_by_ten_rank_as_before_and_are_not_calibrated(shop):
    _, sound = monitor(BEFORE_THE_SHIFT)
    assert all(sound[name].passed for name in OF_OUTCOMES)
    rescored(shop, pl.col("score") / 10)

    metadata, checks = monitor(BEFORE_THE_SHIFT)

    assert {name: checks[name].passed for name in OF_OUTCOMES} == {
        "ranks_as_evaluated": True,
        "scores_are_calibrated": False,
        "log_loss_as_evaluated": False,
    }
    assert (
        "NOT as good as it should be: calibration and log loss are worse by more than chance"
        in metadata["summary"].value
    )
    verdict = document(shop, metadata)["outcomes"]["verdicts"]["calibration"]
    assert verdict["z"] > verdict["z_limit"]
    assert checks["scores_are_calibrated"].metadata["z"].value == verdict["z"]


def test_outcomes_that_have_nothing_to_do_with_scores_are_ranked_worse(shop):
    relabelled(shop, pl.int_range(pl.len()) % 3 == 0)

    _, checks = monitor(ALL_CLOSED)

    assert not checks["ranks_as_evaluated"].passed
    assert not checks["log_loss_as_evaluated"].passed


def test_each_day_on_which_outcomes_were_closed_is_a_look_whether_or_not_anybody_looked(shop):
    first = (
        AS_OF - dt.timedelta(days=30) + dt.timedelta(days=1)
    )  # after the model's own rows, of which the last is then

    looks = [
        looked_at(shop, first + dt.timedelta(days=n)).monitoring().outcomes.look for n in (29, 30, 31, 70)
    ]

    assert [look and look.number for look in looks] == [None, 1, 2, 41]


def test_of_an_evaluation_that_kept_no_scores_only_the_interval_that_it_states_is_there(shop):
    store, key = shop.store(), key_of("evaluation", PARAMETERS, AS_OF)
    manifest, model = store.manifest(key), store.manifest(key_of("model", PARAMETERS, AS_OF))
    store_value(
        Product(value=store.load(key), metrics=manifest.metrics),
        key=key,
        parameters=manifest.parameters,
        format_name="json",
        inputs=(model,),
        workspace=Workspace(pipeline=tabular, store=store, environment="green", sources={}),
    )

    verdicts = looked_at(shop, BEFORE_THE_SHIFT).monitoring().outcomes.verdicts

    assert verdicts.ranking.evaluated == manifest.metrics["roc_auc"]
    assert verdicts.ranking.low < verdicts.ranking.difference < verdicts.ranking.high
    assert verdicts.log_loss.verdict == "not known yet"
    assert verdicts.reasons() == {
        "log_loss": "the evaluation kept no scores of its rows; evaluate the model again"
    }
    assert (verdicts.calibration.verdict, verdicts.calibration.evaluated) == ("no clear difference", None)


def test_an_input_that_was_shifted_is_named_and_no_other_one(shop):
    metadata, checks = monitor(SCORED[-1], drift_days=3)

    drift = document(shop, metadata)["drift"]
    bands = {item["name"]: item["band"] for item in drift["inputs"]}
    assert bands.pop("order_value") == "large"
    assert "large" not in bands.values()
    assert not checks["inputs_have_not_drifted"].passed
    assert checks["inputs_have_not_drifted"].metadata["large"].value == "order_value"
    assert "data:image/png;base64," in metadata["psi"].value


def test_before_the_shift_there_is_none(shop):
    _, checks = monitor(SCORED[6], drift_days=7)

    assert checks["inputs_have_not_drifted"].passed


def test_a_day_that_landed_and_was_not_scored_fails_the_checks_of_drift_whatever_the_other_days_say(shop):
    for day in (SCORED[2], SCORED[4], SCORED[5]):
        shutil.rmtree(next((shop.place / "green/predictions").rglob(f"as_of={day}")))

    _, checks = monitor(SCORED[6], drift_days=7)

    for name in ("scores_have_not_drifted", "inputs_have_not_drifted"):
        assert not checks[name].passed
        assert checks[name].metadata["reason"].value == (
            f"landed and not scored: {SCORED[2]}, {SCORED[4]} to {SCORED[5]}. The monitoring names the command that scores them."
        )
    assert checks["scores_have_not_drifted"].metadata["band"].value == "within chance"
    assert all(checks[name].passed for name in OF_OUTCOMES)
    for days in (1, 3):  # the last is scored; before it are two that are not
        _, checks = monitor(SCORED[6], drift_days=days)
        assert checks["inputs_have_not_drifted"].passed == (days == 1)


def test_a_day_without_rows_or_before_the_drift_window_is_no_alarm(shop):
    shutil.rmtree(shop.zone / f"orders/date={SCORED[5]}")
    shutil.rmtree(next((shop.place / "green/predictions").rglob(f"as_of={SCORED[5]}")))

    metadata, checks = monitor(SCORED[6], drift_days=6)

    missing = document(shop, metadata)["missing"]
    assert missing, "days of the window of outcomes"
    assert max(missing) < str(SCORED[1])
    assert all(check.passed for check in checks.values())


def test_where_nothing_is_known_it_says_so_and_names_the_command(shop, capsys):
    shutil.rmtree(shop.place / "green/predictions")

    metadata, checks = monitor(SCORED[4])

    assert not checks["scores_have_not_drifted"].passed
    assert all(checks[name].passed for name in OF_OUTCOMES), "what is not known is no alarm"
    assert metadata["score_drift"].value == "not known"
    assert document(shop, metadata)["missing"][-5:] == [str(day) for day in SCORED[:5]]
    assert main(["monitor", "--source", "shop", "--environment", "green", "--as-of", str(SCORED[4])]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "It is not known yet whether the model is as good as it was evaluated" in told
    assert f"ml-assets score --dataset orders --source shop --from 2025-07-30 --to {SCORED[4]}" in told


def test_after_a_switch_only_scores_of_the_model_that_serves_now_count(shop):
    shop.release(shop.train("blue", C=0.5), "blue")

    found = document(shop, monitor(SCORED[4], environment="blue")[0], "blue")

    assert set(map(str, SCORED[:5])) <= set(found["missing"]), "none of these days was scored by this model"
    assert found["drift"] is None


def test_a_damaged_prediction_is_none_and_is_named_among_the_missing(shop):
    (file,) = (shop.place / "green/predictions").rglob(f"as_of={SCORED[0]}/run=*/data-*")
    file.write_bytes(b"rotten")

    found = document(shop, monitor(SCORED[4])[0])

    assert str(SCORED[0]) in found["missing"]
    assert str(SCORED[1]) not in found["missing"]


def test_the_shell_gives_the_same_as_json(shop, capsys):
    words = ["--source", "shop", "--environment", "green", "--as-of", str(SCORED[6]), "--drift-days", "3"]

    assert main(["monitor", *words, "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["monitoring"] == document(shop, monitor(SCORED[6], drift_days=3)[0])
    assert told["environment"] == "green"


@pytest.mark.slow
def test_the_shell_shows_the_numbers_of_the_document(shop, capsys):
    day = SCORED[-1] + dt.timedelta(days=31)
    words = ["--source", "shop", "--environment", "green", "--as-of", str(day), "--drift-days", "41"]
    found = document(shop, monitor(day, drift_days=41)[0])

    assert main(["monitor", *words]) == 0

    told = " ".join(capsys.readouterr().out.split())
    item = found["outcomes"]["compared"]["roc_auc"]
    assert f"roc_auc {item['now']:.4f} {item['evaluated']:.4f} {item['now'] - item['evaluated']:+.4f}" in told
    slope = found["outcomes"]["verdicts"]["calibration"]["slope"]
    assert "Ranking: " in told
    assert f"slope {slope:.2f} (" in told
    assert "Look 41 at this model" in told
    assert f"Drift: {found['drift']['rows']} rows of {SCORED[0]} to {SCORED[-1]} against training" in told
    (far,) = [item for item in found["drift"]["inputs"] if item["name"] == "order_value"]
    assert f"order_value {far['psi']:.4f}" in told
    assert f"monitoring: {shop.store().root}/monitoring/" in told


def test_a_day_that_cannot_be_looked_at_fails_with_the_reason(shop, capsys):
    (shop.zone / "orders/dataset.toml").write_text("not = a contract")

    assert main(["monitor", "--source", "shop", "--environment", "green", "--as-of", str(SCORED[4])]) == 1

    assert "dataset.toml" in capsys.readouterr().err


def test_in_an_environment_where_nothing_serves_a_model_has_to_be_named(shop, capsys):
    assert main(["monitor", "--source", "shop", "--environment", "staging", "--as-of", str(AS_OF)]) == 2
    assert "model: live is what serves in blue or green; in staging nothing serves" in capsys.readouterr().err


def test_a_training_set_that_is_made_again_meanwhile_is_not_taken_for_that_of_the_model(shop):
    day = looked_at(shop, SCORED[4])
    learned = AS_OF - dt.timedelta(days=81)
    land(shop.zone, learned, order_day(learned, rows=80))
    done = attempt(PARAMETERS, AS_OF, workspace=day.workspace, assets=("training_set",))
    assert done.made[0].manifest.sha256 != day.model.training_set.sha256

    assert day.monitoring().drift.training_rows == day.model.training_set.facts["train_rows"]


class Rescored(ArtifactStore):
    """A store in which predictions are made again as soon as they were checked, with other scores."""

    def verify(self, key):
        found = super().verify(key)
        store_value(
            self.load(key).with_columns(score=pl.lit(0.5)),
            key=key,
            parameters=found.parameters,
            format_name="parquet",
            workspace=Workspace(
                pipeline=tabular,
                store=ArtifactStore(self.root),
                environment="green",
                sources={},
            ),
        )
        return found


def test_predictions_that_are_made_again_meanwhile_are_told_as_they_were_read(shop):
    usual = looked_at(shop, SCORED[4]).monitoring()

    assert looked_at(shop, SCORED[4], store=Rescored(shop.store().root)).monitoring() == usual


def unscored(shop, day, content):
    """Make a day one that was never scored, with rows that cannot be."""
    shutil.rmtree(next((shop.place / "green/predictions").rglob(f"as_of={day}")))
    land(shop.zone, day, content)


def endless(day):
    return order_day(day, rows=24).with_columns(order_value=pl.lit(float("inf")))


@pytest.mark.parametrize("place", [0, 4, 9])
def test_a_day_that_cannot_be_scored_is_missing_and_hides_no_other_day(shop, place):
    bad, last = SCORED[place], SCORED[-1]
    closed = last + dt.timedelta(days=31)
    unscored(shop, bad, endless(bad))
    drift = looked_at(shop, last, drift_days=10).monitoring()
    land(shop.zone, bad, b"rotten")
    outcomes = looked_at(shop, closed).monitoring()

    sound = tuple(day for day in SCORED if day != bad)
    assert (drift.drift.days, drift.drift.rows, bad in drift.missing) == (sound, 24 * 9, True)
    assert (outcomes.outcomes.days_scored, outcomes.outcomes.overall.rows) == (9, 24 * 9)
    assert bad in outcomes.missing


def test_a_scored_day_whose_rows_are_damaged_since_is_named(shop):
    land(shop.zone, SCORED[4], endless(SCORED[4]))
    with pytest.raises(SourceError, match=f"beyond .* first on date={SCORED[4]}"):
        looked_at(shop, SCORED[-1], drift_days=10).monitoring()

    land(shop.zone, SCORED[4], b"rotten")
    with pytest.raises(SourceError, match=f"date={SCORED[4]}/part.parquet: cannot be read as Parquet"):
        looked_at(shop, SCORED[-1] + dt.timedelta(days=31)).monitoring()


def test_where_all_rows_that_were_scored_are_gone_the_days_are_named(shop):
    for day in SCORED[:5]:
        shutil.rmtree(shop.zone / f"orders/date={day}")

    with pytest.raises(SourceError, match=f"{SCORED[0]} to {SCORED[4]} were scored and are gone"):
        looked_at(shop, SCORED[4]).monitoring()
