"""The shell's answers end in a launchpad that is filled in: an address on a line of its own, and `launch` in JSON."""

import json

import pytest

from ml_assets.adapter.launching.failure_text import failure_text
from ml_assets.adapter.view import View
from ml_assets.cli.main import main
from ml_assets_tests.links import opened
from ml_assets_tests.small_pipeline import load

DAY, BAD = "2025-12-01", "2025-12-13"
SHOP = ("--pipeline", "small_shop:small", "--shop", "south")
USED = {"shop": "south", "days": 7, "level": 0.5, "bad_day": 0}
LOCAL = "http://127.0.0.1:3000"


@pytest.fixture(autouse=True)
def shop(tmp_path, monkeypatch):
    """The module of the pipeline."""
    return load(tmp_path, monkeypatch)


@pytest.fixture
def call(capsys):
    """Run a command in this process: what it prints, with stderr behind it."""

    def run(*words, code=0):
        capsys.readouterr()
        assert main([*words]) == code, capsys.readouterr().err
        said = capsys.readouterr()
        return said.out + said.err

    return run


@pytest.fixture
def run_id(call):
    """The run_id of a stored run."""
    return json.loads(call("run", *SHOP, "--as-of", DAY, "--json"))["run_id"]


def link_lines(text):
    return [line for line in text.splitlines() if line.startswith(("http://", "https://"))]


@pytest.mark.parametrize("command", ["show", "why"])
def test_show_and_why_end_in_the_launchpad_of_the_same_run(command, run_id, call):
    text = call(command, run_id, "--pipeline", "small_shop:small")

    *_, head, link = text.strip().splitlines()
    assert head == "In Dagster's launchpad:"
    pad = opened(link)
    assert (pad.base, pad.repository, pad.job, pad.day) == (LOCAL, "__repository__@ml_assets", "small", DAY)
    assert pad.given("small_params") == USED
    assert all(len(line) <= 240 for line in text.splitlines() if line != link)


@pytest.mark.parametrize("command", ["show", "why"])
def test_each_artifact_has_its_link_in_json(command, run_id, call):
    found = json.loads(call(command, run_id, "--pipeline", "small_shop:small", "--json"))

    assert found
    assert all(opened(item["launch"]).given("small_params")["shop"] == "south" for item in found)


def test_the_manifest_and_every_other_stored_byte_know_no_link(run_id, tmp_path):
    stored = [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()]

    assert stored
    assert not [path for path in stored if b"playground" in path.read_bytes()]


def test_the_address_and_the_code_location_are_settings(run_id, call, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_DAGSTER_URL", "https://dagster.example/team")
    monkeypatch.setenv("ML_ASSETS_CODE_LOCATION", "shop.definitions")

    (link,) = link_lines(call("show", run_id, "--pipeline", "small_shop:small"))

    assert link.startswith(
        "https://dagster.example/team/locations/__repository__@shop.definitions/jobs/small/"
    )


def test_another_environment_is_in_the_link(call):
    call("run", *SHOP, "--as-of", DAY, "--environment", "staging")
    report = json.loads(
        call("report", *SHOP, "--from", DAY, "--to", DAY, "--environment", "staging", "--json")
    )

    assert opened(report["launch"][DAY]).given("options") == {"environment": "staging"}


def test_a_report_has_a_link_for_each_day_that_is_not_done_and_prints_the_first(run_id, call):
    words = ("report", *SHOP, "--from", "2025-11-29", "--to", DAY)

    report, text = json.loads(call(*words, "--json")), call(*words)

    assert list(report["launch"]) == ["2025-11-29", "2025-11-30"]
    assert link_lines(text) == [report["launch"]["2025-11-29"]]
    assert "2025-11-29 in Dagster's launchpad:" in text


@pytest.mark.slow
def test_the_failed_days_of_a_backfill_have_links(call):
    words = ("backfill", *SHOP, "--bad-day", "13", "--from", "2025-12-12", "--to", BAD)

    text, result = call(*words, code=1), json.loads(call(*words, "--json", code=1).partition("\nFailed")[0])

    (failed,) = result["failed"]
    assert (opened(failed["launch"]).day, opened(failed["launch"]).given("small_params")["bad_day"]) == (
        BAD,
        13,
    )
    assert link_lines(text) == [failed["launch"]]


def test_a_run_that_fails_ends_in_its_launchpad(call):
    text = call("run", *SHOP, "--bad-day", "13", "--as-of", BAD, code=1)

    assert "the shop was closed" in text
    assert (opened(text.strip().splitlines()[-1]).day, len(link_lines(text))) == (BAD, 1)


@pytest.mark.slow
def test_the_rows_of_a_leaderboard_can_be_run_on_other_days_and_promoted(call):
    text = call("sweep", *SHOP, "--grid", "level=0.2,0.5", "--as-of", DAY)
    board = json.loads(call("leaderboard", "--pipeline", "small_shop:small", "--json"))

    first, second = (trial["launch"] for trial in board["trials"])
    assert link_lines(text) == [first["run"], first["promote"]]
    assert [opened(row["run"]).given("small_params")["level"] for row in (first, second)] == [0.5, 0.2]
    assert opened(second["promote"]).config == {
        "ops": {"small__promotion": {"config": {"model": board["trials"][1]["run_id"]}}}
    }
    assert opened(first["run"]).day == ""


def test_the_notice_of_a_failed_run_ends_in_its_launchpad(shop, instance):
    result = shop.defs.resolve_job_def("small").execute_in_process(
        run_config={"resources": {"small_params": {"config": {"shop": "south", "bad_day": 13}}}},
        partition_key=BAD,
        instance=instance,
        raise_on_error=False,
    )
    run = instance.get_run_by_id(result.run_id)
    failures = [event for event in result.all_events if event.is_step_failure]

    text = failure_text(run, failures, view=View(pipeline=shop.small))

    (line,) = [line for line in text.splitlines() if line.startswith("*Launch again:* ")]
    pad = opened(line.removeprefix("*Launch again:* ").replace("&amp;", "&"))
    assert (pad.base, pad.job, pad.day) == (LOCAL, "small", BAD)
    assert pad.given("small_params") == {**USED, "bad_day": 13}
