"""A mistyped key of the run config fails the run before any work, and names the nearest known one."""

import pytest

from ml_assets.adapter.guard import given, guard
from ml_assets.errors import RefusedError

KNOWN = {"resources": ["params", "options", "io_manager"], "ops": ["training"]}


@pytest.mark.parametrize(
    ("run_config", "words"),
    [
        (
            {"resources": {"prams": {}}},
            "resources.prams: unknown key in the run config. Did you mean resources.params?",
        ),
        ({"resource": {}}, "resource: unknown key in the run config. Did you mean resources?"),
        ({"ops": {"trainin": {}}}, "ops.trainin: unknown key in the run config. Did you mean ops.training?"),
        ({"resources": "params"}, "resources.: not a mapping."),
        (
            {"resources": {"params": {"confg": {}}}},
            "resources.params.confg: unknown key in the run config. Did you mean resources.params.config?",
        ),
        ({"AKIAIOSFODNN7EXAMPLE": {}}, "(a key): looks like a credential."),
    ],
)
def test_an_unknown_key_is_refused(run_config, words):
    with pytest.raises(RefusedError) as refusal:
        guard(run_config, **KNOWN)

    assert words in str(refusal.value)


@pytest.mark.parametrize(
    "run_config", [{}, {"resources": {"params": {"config": {"seed": 1}}}, "loggers": {}}]
)
def test_a_known_config_passes(run_config):
    guard(run_config, **KNOWN)


def test_given_parameters_are_those_that_were_typed():
    assert given({"resources": {"params": {"config": {"seed": 1, "dataset": "orders"}}}}) == (
        "dataset",
        "seed",
    )
    assert given({}) == ()


@pytest.mark.parametrize("run_config", [{}, {"resources": {}}, {"resources": {"params": {}}}])
def test_the_run_of_a_backfill_must_state_its_parameters(run_config):
    with pytest.raises(RefusedError, match="A backfill states its parameters"):
        guard(run_config, **KNOWN, tags={"dagster/backfill": "abc"})


def test_the_run_of_a_backfill_may_state_that_all_is_at_its_default():
    guard({"resources": {"params": {"config": {}}}}, **KNOWN, tags={"dagster/backfill": "abc"})
