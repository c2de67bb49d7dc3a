"""What runs and sweeps hand back, from the metadata of what they made."""

import datetime as dt
import json

import pytest

from ml_assets.core.parameters import identity
from ml_assets.core.result import failed_days, reasons_by_day, result_of, run_config
from ml_assets.core.run_id import hash_identity, run_id
from ml_assets.core.sweep.as_runs import trial_tags
from ml_assets.core.sweep.result import sweep_result, sweep_run_id
from ml_assets.core.sweep.sweep_parameters import sweep_identity
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.beside import SweepParameters

DAY = dt.date(2025, 12, 1)
PARAMETERS = TrainingParameters(seed=3)
MADE = {
    "path": "artifacts/x",
    "sha256": "0" * 64,
    "reused": True,
    "rows": 3,
    "roc_auc": 0.7,
    "environment": "staging",
}
ARTIFACT = {"uri": "artifacts/x", "sha256": "0" * 64, "reused": True}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, {}),
        ({"environment": "default", "reuse": True}, {}),
        ({"environment": "blue", "reuse": False}, {"environment": "blue", "reuse": False}),
    ],
)
def test_a_run_config_states_what_was_given_and_no_option_that_is_at_its_default(options, told):
    assert run_config({"seed": 3}, **options) == {
        "resources": {"params": {"config": {"seed": 3}}, "options": {"config": told}}
    }


def test_what_assets_take_of_their_own_stands_by_their_names():
    config = run_config({}, own={"leaderboard": {"grid": {"seed": "1,2"}}})

    assert config["ops"] == {"leaderboard": {"config": {"grid": {"seed": "1,2"}}}}
    assert "ops" not in run_config({}, own={})


def result(seen, environment="default"):
    return result_of(
        PARAMETERS, DAY, pipeline=tabular, dagster_run_id="dagster", environment=environment, seen=seen
    )


def test_the_result_of_a_run_that_has_made_everything():
    found = result({(asset, "2025-12-01"): MADE for asset in tabular.assets})

    assert found == {
        "run_id": run_id(PARAMETERS, DAY),
        "dagster_run_id": "dagster",
        "environment": "staging",
        "as_of": "2025-12-01",
        "parameters": identity(PARAMETERS, of=TrainingParameters),
        "artifacts": dict.fromkeys(tabular.assets, ARTIFACT),
        "metrics": {"roc_auc": 0.7},
    }


@pytest.mark.parametrize("seen", [None, {}, {("evaluation", "2025-12-02"): MADE}])
def test_of_a_run_that_has_made_nothing_there_are_no_artifacts(seen):
    found = result(seen)

    assert (found["artifacts"], found["metrics"], found["environment"]) == ({}, {}, "default")


def test_artifacts_that_are_there_are_told_and_the_named_environment_holds():
    found = result({("model", "2025-12-01"): MADE}, environment="blue")

    assert (found["artifacts"], found["metrics"], found["environment"]) == ({"model": ARTIFACT}, {}, "blue")
    assert (
        result({("evaluation", "2025-12-01"): {**MADE, "environment": "dev"}}, environment="blue")[
            "environment"
        ]
        == "blue"
    )


DAYS = [DAY + dt.timedelta(days=n) for n in range(4)]


def seen(*days, assets=tuple(tabular.assets)):
    return {(asset, f"2025-12-0{n}"): MADE for n in days for asset in assets}


def test_each_day_that_lacks_an_asset_has_its_reason():
    reasons = {"2025-12-02": "orders: no rows", "2025-12-03": "one class:\nonly", "2025-12-04": "said"}
    found = failed_days(
        DAYS, seen={**seen(1), **seen(2, assets=("model",))}, reasons=reasons, assets=tuple(tabular.assets)
    )

    assert [(item["as_of"], item["reason"]) for item in found] == [
        ("2025-12-02", "orders: no rows"),
        ("2025-12-03", "one class: only"),
        ("2025-12-04", "said"),
    ]


def test_a_day_without_a_reason_of_its_own_has_that_of_the_run_or_a_hint():
    (one, two) = failed_days(
        DAYS[:2],
        seen={},
        reasons={"2025-12-02": "one class only"},
        otherwise="the disk is full",
        assets=tuple(tabular.assets),
    )
    (other,) = failed_days(DAYS[:1], seen={}, reasons={}, assets=tuple(tabular.assets))

    assert one == {"as_of": "2025-12-01", "reason": "the disk is full"}
    assert two["reason"] == "one class only"
    assert other["reason"] == "its run did not finish; Dagster's pages say why"


def test_reasons_are_values_and_runs_of_earlier_versions_only_name_days():
    assert reasons_by_day({"2025-12-02": "no rows"}, description="1 of 2") == {"2025-12-02": "no rows"}
    assert reasons_by_day(["2025-12-02"], description="no rows") == {"2025-12-02": "no rows"}
    assert reasons_by_day(None, description="no rows") == {}


def test_only_the_assets_that_were_asked_for_count():
    only = seen(1, 2, 3, 4, assets=("training_set",))

    assert failed_days(DAYS, seen=only, reasons={}, assets=("training_set",)) == []
    assert len(failed_days(DAYS, seen=only, reasons={}, assets=tuple(tabular.assets))) == 4
    assert failed_days(DAYS, seen=seen(1, 2, 3, 4), reasons={}, assets=tuple(tabular.assets)) == []


OWN = SweepParameters(grid={"seed": "1,2"})


def test_the_result_of_a_sweep():
    metadata = {**MADE, "summary": "# All", "trials": 2}
    found = sweep_result(
        PARAMETERS,
        OWN,
        DAY,
        dagster_run_id="dagster",
        seen=metadata,
        leaderboard={"trials": []},
    )

    assert found == {
        "run_id": hash_identity(sweep_identity(PARAMETERS, OWN), DAY),
        "dagster_run_id": "dagster",
        "environment": "staging",
        "as_of": "2025-12-01",
        "parameters": sweep_identity(PARAMETERS, OWN),
        "artifacts": {"leaderboard": ARTIFACT},
        "metrics": {"roc_auc": 0.7},
        "summary": "# All",
        "leaderboard": {"trials": []},
    }
    assert found["run_id"] == sweep_run_id(PARAMETERS, OWN, DAY)


def test_the_result_of_a_sweep_without_a_leaderboard():
    found = sweep_result(PARAMETERS, OWN, DAY, dagster_run_id="dagster", seen=None)

    told = {name: found[name] for name in ("environment", "artifacts", "metrics", "summary", "leaderboard")}
    assert told == {"environment": "", "artifacts": {}, "metrics": {}, "summary": "", "leaderboard": {}}


def test_the_run_of_a_trial_says_of_which_sweep_it_is():
    request = {"own": {"grid": {"seed": "1,2"}}, "given": {}, "as_of": "2025-12-01"}
    found = trial_tags(PARAMETERS, DAY, pipeline=tabular, sweep="0123456789ab", size=8, request=request)

    assert json.loads(found.pop("ml_assets/sweep_request")) == request
    assert found == {
        "ml_assets/run_id": run_id(PARAMETERS, DAY),
        "ml_assets/dataset": "orders",
        "ml_assets/model_version": "v1",
        "ml_assets/sweep": "0123456789ab",
        "ml_assets/sweep_size": "8",
    }


def test_equal_requests_have_equal_tags():
    one, other = ({"b": 1, "a": 2}, {"a": 2, "b": 1})

    first, second = (
        trial_tags(PARAMETERS, DAY, pipeline=tabular, sweep="s", size=1, request=item)
        for item in (one, other)
    )
    assert first == second
    assert first["ml_assets/sweep_request"] == '{"a":2,"b":1}'
