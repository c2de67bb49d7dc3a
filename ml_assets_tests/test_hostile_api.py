"""Launches of any kind over GraphQL: each is answered by one run or by reasons, and nothing is written beside the roots."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.live import deployment
from ml_assets_tests.strategies import json_values
from ml_assets_tests.surfaces import CANARY, DAYS, LAUNCH, SELECTOR, texts
from ml_assets_tests.test_hostile import FILES, NASTY

COUNT = "{ runsOrError { ... on Runs { results { runId status } } } }"
nasty = st.sampled_from([text for text in NASTY if "\0" not in text]) | json_values
parameters = st.dictionaries(
    st.sampled_from(sorted(TrainingParameters.model_fields)) | st.text(max_size=9), nasty, max_size=3
)
configs = st.one_of(
    parameters.map(lambda values: {"resources": {"params": {"config": values}}}),
    st.dictionaries(
        st.sampled_from(["resources", "ops", "loggers", "execution", "x"]), json_values, max_size=2
    ),
    json_values,
    st.sampled_from([data.decode("latin-1")[:20_000] for data in FILES.values()]),
)


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A running deployment."""
    with deployment(tmp_path_factory.mktemp("hostile")) as running:
        yield running


def launch(live, config, *, job="train", day=DAYS[0], tags=()):
    """Ask for a run; the answer, whatever it is."""
    params = {
        "selector": {**SELECTOR, "pipelineName": job},
        "mode": "default",
        "runConfigData": config,
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": day}, *tags]},
    }
    return live.ask(LAUNCH, params=params)["launchRun"]


def said(answer):
    """All that an answer says."""
    errors = [error["message"] for error in answer.get("errors", [])]
    return "\n".join([*errors, *([texts(answer)] if "message" in answer else [])])


def runs(live):
    """The runs that there are."""
    return live.ask(COUNT)["runsOrError"]["results"]


@settings(max_examples=40)
@given(config=configs)
def test_any_run_config_is_answered_by_one_run_or_by_reasons(live, config):
    before = len(runs(live))

    answer = launch(live, config)

    made = answer["__typename"] == "LaunchRunSuccess"
    assert made or said(answer), config
    assert len(runs(live)) - before == made


@settings(max_examples=12)
@given(name=st.sampled_from(sorted(TrainingParameters.model_fields)), nested=st.booleans())
def test_a_credential_as_a_value_is_refused_and_never_told(live, name, nested):
    before = len(runs(live))

    answer = launch(live, {"resources": {"params": {"config": {name: [CANARY] if nested else CANARY}}}})

    assert answer["__typename"] != "LaunchRunSuccess"
    assert CANARY not in said(answer)
    assert len(runs(live)) == before


@settings(max_examples=12)
@given(job=st.sampled_from(NASTY).filter(lambda text: "\0" not in text), day=st.text(max_size=20))
def test_any_job_or_day_is_answered(live, job, day):
    before = len(runs(live))

    answers = [launch(live, {}, job=job), launch(live, {}, day=day)]

    assert all(answer["__typename"] != "LaunchRunSuccess" for answer in answers)
    assert len(runs(live)) == before


def test_afterwards_it_still_works_and_nothing_lies_beside_the_roots(live):
    assert (
        launch(live, {"resources": {"params": {"config": {"lookback_days": 120}}}})["__typename"]
        == "LaunchRunSuccess"
    )

    place = live.home.parent
    assert {path.name for path in place.iterdir()} <= {
        "home",
        "artifacts",
        "server.log",
        ".dagster_home",
        "presets",
    }
    assert not list(place.rglob("hacked*"))
