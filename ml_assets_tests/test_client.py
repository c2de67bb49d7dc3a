"""The client and the shell's `--on`, against a deployment that runs: what comes back is what a local run gives."""

import datetime as dt
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from ml_assets.cli.main import main
from ml_assets.client import span, submit, submit_backfill
from ml_assets.client.request import day_of
from ml_assets.errors import RefusedError, RemoteError
from ml_assets.graphql import Endpoint
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.builders import land, order_days, write_landing
from ml_assets_tests.conftest import REPO, output_of
from ml_assets_tests.webhook import webhook

PARAMETERS = {"dataset": "customers", "lookback_days": 245}
WORDS = ("--dataset", "customers", "--lookback-days", "245")
DAY = "2025-11-03"
COUNT = "{ runsOrError { ... on Runs { results { runId } } } }"


def shas(result):
    return {asset: artifact["sha256"] for asset, artifact in result["artifacts"].items()}


def runs(live):
    return {run["runId"] for run in live.ask(COUNT)["runsOrError"]["results"]}


def test_a_submitted_run_gives_the_run_id_and_bytes_of_a_local_one(live, shell):
    told = []
    here = json.loads(shell("run", *WORDS, "--as-of", DAY, "--json").stdout)

    there = submit(live.url, parameters=PARAMETERS, as_of=DAY, on_progress=told.append)
    through_the_shell = shell("run", *WORDS, "--as-of", DAY, "--json", "--on", live.url)

    again = json.loads(through_the_shell.stdout)
    assert list(there) == list(here)
    assert there["run_id"] == here["run_id"] == again["run_id"]
    assert shas(there) == shas(here) == shas(again)
    assert there["metrics"] == here["metrics"]
    assert {there["dagster_run_id"], again["dagster_run_id"]} <= runs(live)
    assert str(live.artifacts) in there["artifacts"]["model"]["uri"]
    assert all(artifact["reused"] for artifact in again["artifacts"].values())
    assert any("success" in line for line in told)


SPAN = ("--from", "2025-11-01", "--to", DAY)
NARROW = ("--dataset", "customers", "--lookback-days", "60")  # no outcome of these rows is known yet


@pytest.fixture(scope="module")
def backfills(live):
    """Two backfills through the shell at once, a good one and one whose days fail: they wait for the same tick."""
    start = [sys.executable, "-m", "ml_assets.cli.main", "backfill", *SPAN, "--json", "--on", live.url]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "env": live.environ, "text": True}
    started = [subprocess.Popen([*start, *words], **pipes) for words in (WORDS, NARROW)]
    results = [json.loads(process.communicate(timeout=500)[0]) for process in started]
    return [(process.returncode, result) for process, result in zip(started, results, strict=True)]


SHOP = {"source": "shop", "lookback_days": 71, "holdout_days": 5}
DAMAGED = dt.date(2025, 7, 19)


@pytest.fixture(scope="module")
def partly(live):
    """Backfills through Python at once: three days of rows that are damaged from the second on, and parts of others."""
    zone = live.home.parent / "shop"
    write_landing(zone, rows_by_day=order_days(dt.date(2025, 5, 1), dt.date(2025, 7, 20)))
    land(zone, DAMAGED, b"damaged")
    wanted = {
        "days": {"parameters": SHOP, "first": "2025-07-18", "last": "2025-07-20"},
        "gaps": {"parameters": SHOP, "days": ["2025-07-20", "2025-07-16"]},
        "assets": {
            "parameters": PARAMETERS,
            "days": ["2025-10-01", "2025-10-05"],
            "assets": ["training_set"],
        },
        "alone": {"parameters": {**PARAMETERS, "C": 7}, "days": ["2025-09-20"], "assets": {"model"}},
    }
    with ThreadPoolExecutor() as pool:
        asked = {name: pool.submit(submit_backfill, live.url, **words) for name, words in wanted.items()}
        return {name: future.result(timeout=500) for name, future in asked.items()}


@pytest.mark.parametrize(("name", "good"), [("days", ["2025-07-18"]), ("gaps", ["2025-07-16"])])
def test_of_a_backfill_with_failing_days_the_others_have_their_results(partly, name, good):
    result = partly[name]

    bad = {"days": ["2025-07-19", "2025-07-20"], "gaps": ["2025-07-20"]}[name]
    assert [day["as_of"] for day in result["days"]] == good
    assert [sorted(day["artifacts"]) for day in result["days"]] == [sorted(tabular.assets)]
    assert [item["as_of"] for item in result["failed"]] == bad
    assert all(f"date={DAMAGED}/part.parquet: cannot be read" in item["reason"] for item in result["failed"])


def test_a_backfill_of_some_assets_makes_those_and_no_others(partly, live):
    result = partly["assets"]

    assert [day["as_of"] for day in result["days"]] == ["2025-10-01", "2025-10-05"]
    assert [list(day["artifacts"]) for day in result["days"]] == [["training_set"]] * 2
    assert {day["environment"] for day in result["days"]} == {"dev"}
    assert len({day["dagster_run_id"] for day in result["days"]}) == 2
    assert result["failed"] == []
    assert not list(live.artifacts.glob("model/*/dataset=customers/as_of=2025-10-0*"))


def test_an_asset_whose_input_is_not_stored_is_told_with_the_command_that_makes_it(partly):
    (failed,) = partly["alone"]["failed"]

    assert partly["alone"]["days"] == []
    assert "ml-assets run --dataset customers --as-of 2025-09-20" in failed["reason"]


@pytest.mark.parametrize("assets", [[], ["modle"], "model"])
def test_assets_that_are_none_are_refused_without_a_request(assets):
    with pytest.raises(
        RefusedError, match=r"assets: not a list of known assets\. Allowed: some of training_set, "
    ):
        submit_backfill("http://127.0.0.1:9", parameters={}, days=[DAY], assets=assets)


def test_a_submitted_backfill_gives_one_result_a_day_as_a_local_one_does(backfills, shell):
    (code, there), _ = backfills
    here = json.loads(shell("backfill", *WORDS, *SPAN, "--json").stdout)

    assert code == 0
    assert [day["as_of"] for day in there["days"]] == ["2025-11-01", "2025-11-02", DAY]
    assert [shas(day) for day in there["days"]] == [shas(day) for day in here["days"]]
    assert (there["failed"], here["failed"]) == ([], [])
    assert there["backfill_id"]
    assert len({day["dagster_run_id"] for day in there["days"]}) == 1


def test_failing_days_are_reported_with_their_reasons_and_exit_code_1(backfills, shell):
    _, (code, there) = backfills
    done = shell("backfill", *NARROW, *SPAN, "--json")

    here = json.loads(done.stdout)
    assert (code, done.returncode) == (1, 1)
    launched = [
        (item.pop("launch"), other.pop("launch"))
        for item, other in zip(there["failed"], here["failed"], strict=True)
    ]
    assert there["failed"] == here["failed"]
    assert all(
        link.partition("/locations/")[2] == other.partition("/locations/")[2] for link, other in launched
    )
    assert there["days"] == here["days"] == []
    assert [item["as_of"] for item in here["failed"]] == ["2025-11-01", "2025-11-02", DAY]
    assert all("no outcome is known yet" in item["reason"] for item in here["failed"])


def test_a_bad_value_is_refused_without_a_request():
    nobody = "http://127.0.0.1:9"

    with pytest.raises(RefusedError) as refusal:
        submit(nobody, parameters={"holdout_days": 500}, as_of="2999-01-01")
    with pytest.raises(RefusedError):
        submit_backfill(nobody, parameters={}, first="2025-11-02", last="2025-11-01")

    assert [line.split(":")[0] for line in refusal.value.problems] == ["holdout_days", "as_of"]


def test_what_only_the_deployment_can_refuse_is_refused_in_our_words_and_makes_no_run(live):
    before = runs(live)

    with pytest.raises(RefusedError) as refusal:
        submit(live.url, parameters={"source": "nowhere"}, as_of=DAY)

    assert refusal.value.problems[0].startswith("source: unknown. Known: sample, shop.")
    assert runs(live) == before


def test_a_failed_run_says_why(live):
    with pytest.raises(RemoteError, match="no outcome is known yet"):
        submit(live.url, parameters={"dataset": "customers", "lookback_days": 60}, as_of=DAY)


def test_without_waiting_the_result_is_empty_and_a_wait_has_a_limit(live):
    result = submit(live.url, parameters=PARAMETERS, as_of=DAY, wait=False)
    with pytest.raises(RemoteError, match=r"has not ended after 0 s\. It goes on"):
        submit(live.url, parameters=PARAMETERS, as_of=DAY, timeout_seconds=0)

    assert result["artifacts"] == {}
    assert result["dagster_run_id"] in runs(live)


@pytest.mark.kind("secrets in places")
@pytest.mark.parametrize(
    "url",
    [
        "http://:hunter2@127.0.0.1:9",
        "https://hunter2@127.0.0.1:9",
        "HTTP://hunter2@127.0.0.1:9",
        "http://127.0.0.1:9/?access_token=hunter2",
        "http://127.0.0.1:9/#key=hunter2",
        "http:\\\\hunter2@127.0.0.1:9",
        "http://hunter2%40127.0.0.1:9",
    ],
)
def test_an_address_with_a_credential_of_any_form_is_refused_and_not_repeated(url, capsys):
    assert main(["run", *WORDS, "--as-of", DAY, "--on", url]) == 2

    told = capsys.readouterr().err
    assert "on: looks like a credential. Give the address alone." in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("http://127.0.0.1:9", 1, "cannot be reached"),
        ("http://127.0.0.1:abc", 1, "cannot be reached (InvalidURL)"),
        ("http://[::1", 1, "cannot be reached (ValueError)"),
        ("ftp://127.0.0.1", 2, "on: not an address."),
        ("http://someone:hunter2pass@127.0.0.1:9", 2, "on: looks like a credential."),
    ],
)
def test_an_address_that_cannot_be_used_is_named(url, code, words, capsys):
    assert main(["run", *WORDS, "--as-of", DAY, "--on", url]) == code

    told = capsys.readouterr().err
    assert words in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"repositoriesOrError": {"message": "the code is broken"}}, "cannot answer: the code is broken"),
        ({"repositoriesOrError": {}}, "cannot answer: no reason was given"),
    ],
)
def test_an_answer_that_is_an_error_is_told_as_one(answer, words, capsys):
    with webhook(200, path="", answer=json.dumps({"data": answer}).encode()) as server:
        assert main(["run", *WORDS, "--as-of", DAY, "--on", server.url]) == 1

    assert words in capsys.readouterr().err


def test_a_launch_whose_answer_is_lost_may_be_under_way():
    with webhook(200, path="", answer=b"<html>a login page") as server:
        with pytest.raises(RemoteError, match="may be under way all the same: look at its runs"):
            Endpoint(url=server.url).mutate("mutation { launchRun }")
        with pytest.raises(RemoteError, match="that it is a Dagster webserver"):
            Endpoint(url=server.url).query("{ version }")


def test_a_server_that_is_no_deployment_is_told_apart(live):
    with pytest.raises(RemoteError, match="Is it a Dagster"):
        submit(f"{live.url}/no_such_page", parameters={}, as_of=DAY)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "days: not stated."),
        (["--last", "3", "--from", "2025-11-01"], "days: not stated."),
        (["--last", "0"], "--last: not a number of days."),
        (["--from", "2025-11-02", "--to", "2025-11-01"], "--to: not after --from"),
        (["--from", "2025-13-02"], "--from: not a real day."),
        (["--last", "2", "--holdout-days", "500"], "holdout_days: too large."),
        (["--last", "2", "--preset", "nope"], "preset: unknown."),
    ],
)
def test_a_wrong_backfill_is_refused_and_creates_nothing(words, line, tmp_path, capsys):
    code = main(["backfill", *words])

    assert code == 2
    assert line in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_preset_gives_way_to_the_file_and_the_file_to_the_flags(tmp_path, capsys):
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets/three.toml").write_text(
        'description = "three"\n[parameters]\nmodel_version = "v2"\nmax_depth = 3\nseed = 1\n'
    )
    (tmp_path / "p.toml").write_text("max_depth = 5\nseed = 2\n")

    code = main(["run", "--preset", "three", "--params", "p.toml", "--seed", "7", "--as-of", DAY, "--json"])

    parameters = json.loads(capsys.readouterr().out)["parameters"]
    assert code == 0
    assert (parameters["model_version"], parameters["max_depth"], parameters["seed"]) == ("v2", 5, 7)


def test_the_client_loads_no_dagster():
    program = (
        "import sys; from ml_assets.client import submit;"
        "print(sorted({'dagster', 'polars', 'sklearn'} & set(sys.modules)))"
    )

    assert output_of(program) == "[]\n"


def test_a_span_holds_both_of_its_ends():
    assert [str(day) for day in span("2025-11-30", "2025-12-01")] == ["2025-11-30", "2025-12-01"]


def by_hand(live, number, *, wrong=("", "")):
    """A curl command of docs/launching.md as it stands there, but for the address; status code and answer."""
    page = (REPO / "docs/launching.md").read_text(encoding="utf-8")
    blocks = [block.split("\n```")[0] for block in page.split("```bash\n")[1:]]
    command = [block for block in blocks if block.startswith("curl -s")][number]
    command = command.replace("http://127.0.0.1:3000", live.url).replace(
        "curl -s", "curl -s -w '%{http_code}'"
    )
    text = subprocess.run(
        ["bash", "-c", command.replace(*wrong)], capture_output=True, text=True, check=True
    ).stdout
    (answer,) = json.loads(text[:-3])["data"].values()
    return int(text[-3:]), answer


def test_launches_by_hand_as_the_page_shows_them_are_understood(live):
    code, run = by_hand(live, 0)
    _, backfill = by_hand(live, 1)
    _, status = by_hand(live, 2, wrong=("ID", backfill["backfillId"]))

    assert (code, run["__typename"]) == (200, "LaunchRunSuccess")
    assert backfill["__typename"] == "LaunchBackfillSuccess"
    assert (status["status"], status["numPartitions"], status["error"]) == ("REQUESTED", 3, None)


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        (
            ("customers", "custmers"),
            500,
            "Nothing was started.\\ndataset: unknown. Allowed: orders, customers.",
        ),
        (("params", "prams"), 200, "Received unexpected config entry"),
    ],
)
def test_a_launch_by_hand_that_is_refused_is_answered_as_the_page_says(wrong, code, words, live):
    before = runs(live)

    answered, answer = by_hand(live, 0, wrong=wrong)

    assert answered == code
    assert words in json.dumps(answer)
    assert runs(live) == before


def test_a_moment_stands_for_its_day():
    assert day_of(dt.datetime(2025, 12, 1, 8, 30, tzinfo=dt.timezone.utc)) == dt.date(2025, 12, 1)
    assert day_of("2025-12-01") == day_of(dt.date(2025, 12, 1)) == dt.date(2025, 12, 1)
