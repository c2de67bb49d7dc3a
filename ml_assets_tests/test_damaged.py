"""One artifact that is damaged: it counts as none, it is named, and nothing beside it stops."""

import pytest

from ml_assets.cli.main import main
from ml_assets.core.artifact import ArtifactKey
from ml_assets.errors import CorruptArtifactError, RefusedError, TrainingError
from ml_assets.pipeline import failed_trials
from ml_assets.pipeline.day import Day, Made
from ml_assets.pipeline.days import must_be_made
from ml_assets.pipeline.released import named_model, release_log
from ml_assets.pipeline.releases import verify_release
from ml_assets.pipeline.reproduce import reproduce
from ml_assets.pipeline.stored_days import covered_days
from ml_assets.pipeline.verdicts import bytes_verify
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.keys import key_of
from ml_assets_tests.released import CUSTOMERS, ORDERS
from ml_assets_tests.scored import AS_OF, PARAMETERS, Shop

MODEL, EVALUATION = key_of("model", PARAMETERS, AS_OF), key_of("evaluation", PARAMETERS, AS_OF)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A shop with one model in green."""
    shop = Shop(tmp_path_factory.mktemp("trained"))
    write_landing(shop.zone, rows_by_day=order_days(last=AS_OF))
    shop.train()
    return shop


@pytest.fixture
def shop(trained, tmp_path, monkeypatch):
    """A copy of it, which a test may spoil."""
    return trained.copied(tmp_path / "shop", monkeypatch)


@pytest.fixture
def workspace(shop):
    return Workspace(
        pipeline=tabular,
        store=shop.store(),
        environment="green",
        sources={"shop": str(shop.zone)},
    )


def spoil(shop, key, name="manifest.json"):
    (file,) = (shop.place / "green" / key.path).glob(name)
    file.write_bytes(b'{"half": ')


def test_a_model_whose_manifest_is_damaged_has_to_be_made(shop, workspace):
    assert not must_be_made(PARAMETERS, AS_OF, workspace=workspace)

    spoil(shop, MODEL)

    assert must_be_made(PARAMETERS, AS_OF, workspace=workspace)


def test_a_damaged_evaluation_covers_no_day(shop):
    def covered():
        found = covered_days(PARAMETERS, [AS_OF], store=shop.store(), metric="roc_auc", pipeline=tabular)
        return [value is not None for item in found.sets for value in item.values]

    assert covered() == [True]

    spoil(shop, EVALUATION)

    assert not any(covered())


def test_a_remembered_failure_that_is_damaged_is_forgotten(shop, workspace):
    day = Day(parameters=PARAMETERS, as_of=AS_OF, workspace=workspace, making="model")
    failed_trials.remember(day, TrainingError("It did not converge."))

    def remembered():
        return failed_trials.remembered(Day(parameters=PARAMETERS, as_of=AS_OF, workspace=workspace))

    assert remembered() == "It did not converge."
    spoil(shop, key_of(failed_trials.ASSET, PARAMETERS, AS_OF))
    assert remembered() is None


def test_the_check_of_its_bytes_fails_with_the_reason(shop):
    made = Made(key=MODEL, manifest=shop.store().manifest(MODEL), reused=False, reason="new")
    assert bytes_verify(made, shop.store()).passed

    spoil(shop, MODEL, "data-*.skops")

    verdict = bytes_verify(made, shop.store())
    assert not verdict.passed
    assert "is corrupt" in verdict.message


def test_why_does_not_pass_over_the_damaged_one(shop, capsys):
    spoil(shop, EVALUATION)

    assert main(["why", MODEL.run_id, "--environment", "green"]) == 1

    assert f"{EVALUATION.path}/manifest.json is corrupt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("released", "told"),
    [
        ({"sha256": "0" * 64}, f"{MODEL.path}: is not the model that was promoted."),
        ({"manifests": {"evaluation": "0" * 64}}, f"{EVALUATION.path}: is not what was promoted."),
    ],
)
def test_what_is_not_what_was_promoted_is_named(shop, released, told):
    shop.release(shop.store().manifest(MODEL))
    live = release_log(load_settings(), ORDERS).state().live
    assert live is not None
    verify_release(live, load_settings(), pipeline=tabular)

    with pytest.raises(CorruptArtifactError) as caught:
        verify_release(live.model_copy(update=released), load_settings(), pipeline=tabular)

    assert told in str(caught.value)


def test_a_model_is_not_taken_for_that_of_another_dataset(shop):
    with pytest.raises(RefusedError, match=f"{MODEL.run_id}: a model of another dataset, orders"):
        named_model(MODEL.run_id, CUSTOMERS, settings=load_settings(), environment="green")


def test_what_no_training_run_makes_is_not_reproduced(workspace):
    key = ArtifactKey(asset="leaderboard", values=(("dataset", "orders"),), as_of=AS_OF, run_id="0" * 12)

    with pytest.raises(RefusedError, match="nothing that can be made again"):
        reproduce([key], workspace=workspace)
