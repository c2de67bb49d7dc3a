"""The API of the pages beside Dagster's, asked by HTTP as they ask it: it tells, prepares, and starts nothing."""

import datetime as dt
import json
import re
import threading

import pytest

from ml_assets.client import submit, submit_backfill, submit_sweep
from ml_assets.core.problems import diagnose
from ml_assets_tests import surfaces
from ml_assets_tests.live import runs
from ml_assets_tests.served import another_webserver, api, get, pipelines, post, recording, serving

DAY, LAST = "2025-12-01", "2025-12-03"
BAD = {
    "tabular": {"holdout_days": 4000, "seed": "three", "lookback_day": 3},
    "demand": {"shop": "west", "weeks": 1},
    "small": {"level": 2, "days": True, "shops": "north"},
}
FIELDS = {"tabular": {"holdout_days", "seed"}, "demand": {"shop", "weeks"}, "small": {"level", "days"}}
JOBS = {"tabular": ("ml_assets", "train"), "demand": ("ml_assets", "demand"), "small": ("small", "small")}
FORGED = {"parameters": {"shop": "north"}, "as_of": DAY}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def known(shop):
    """The pipelines that are served, by name."""
    with pipelines(shop) as found:
        yield found


@pytest.fixture(scope="module")
def live(shop, known):
    with serving(shop) as running:
        yield running


@pytest.fixture(scope="module")
def read_only(shop, live):
    """The same deployment by a webserver that launches nothing, below a path."""
    words = ("--read-only", "--path-prefix", "/team")
    with another_webserver(live, shop / "workspace.yaml", *words) as running:
        yield running


def messages(answer):
    return [problem["message"] for problem in answer["problems"]]


def launch_refusal(live, name, values):
    """What Dagster's own API says when such a run is launched."""
    location, job = JOBS[name]
    params = "params" if job == "train" else f"{name}_params"
    selector = {
        "repositoryLocationName": location,
        "repositoryName": "__repository__",
        "pipelineName": job,
    }
    variables = {
        "selector": selector,
        "mode": "default",
        "runConfigData": {"resources": {params: {"config": values}}},
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": DAY}]},
    }
    return live.ask(surfaces.LAUNCH, params=variables)["launchRun"]


@pytest.mark.parametrize("name", BAD)
def test_every_problem_is_told_at_once_in_the_words_of_a_refused_launch_and_nothing_starts(live, known, name):
    answer = api(live, "check", name, parameters=BAD[name], as_of=DAY)

    _, lines = diagnose(BAD[name], known[name].parameters)
    assert messages(answer) == lines
    assert len(lines) == len(BAD[name])
    assert all(line in launch_refusal(live, name, BAD[name])["message"] for line in lines)
    assert {problem["field"] for problem in answer["problems"]} - {""} == FIELDS[name]
    assert runs(live) == []


def test_problems_of_options_days_and_sources_are_told_with_those_of_parameters(live):
    body = {"parameters": {"seed": -1, "source": "nowhere"}, "as_of": "2999-01-01", "again": "nothing"}

    answer = api(live, "check", "tabular", **body)

    assert [problem["field"] for problem in answer["problems"]] == ["seed", "again", "as_of", "source"]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"from": DAY, "to": "2025-11-01"}, "days: not a span."),
        ({"from": DAY, "to": LAST, "as_of": DAY}, "days: not with as_of."),
        ({"parameters": [1]}, "parameters: not a table."),
        ({"reus": False}, "reus: unknown option. Did you mean reuse?"),
        ({"environment": "nowhere"}, "environment: unknown. Allowed: default, dev,"),
        ({"as_of": "2024-01-01"}, "as_of: before the first day."),
        ({"as_of": 5}, "as_of: not a real day."),
        ({"sweep": {"grid": {}}}, "grid: no axis."),
        ({"sweep": {"grid": {"levle": "0.1,0.2"}}}, "levle: unknown parameter. Did you mean level?"),
        ({"sweep": {"grid": {"level": "0.1,7"}}}, "level: too large in 7."),
        ({"sweep": 7}, "sweep: not a table."),
        ({"sweep": {"grid": ["level"]}}, "grid: not an axis."),
        ({"sweep": {"grid": ["level=0.1", "level=0.2"]}}, "grid: level is there twice."),
    ],
)
def test_a_wrong_request_is_refused_by_check_and_by_prepare_in_the_same_words(live, body, line):
    checked = api(live, "check", "small", **body)
    status, prepared = post(live, "/ml-assets/api/small/prepare", body)

    assert messages(checked)[0].startswith(line.split(" in 7")[0]), checked
    assert (status, prepared) == (400, checked)


def test_a_sound_request_has_the_run_id_of_every_other_surface(live, known):
    answer = api(live, "check", "small", parameters={"level": 0.25}, as_of=DAY)

    expected = known["small"].run_id(known["small"].parameters(level=0.25), dt.date.fromisoformat(DAY))
    assert answer == {"problems": [], "kind": "run", "days": 1, "run_id": expected}


def test_a_prepared_request_is_what_the_client_sends(live, known):
    parameters, sweep = {"level": 0.25}, {"grid": {"level": "0.25,0.75"}, "window_days": 2}
    about = {"parameters": parameters, "pipeline": known["small"], "wait": False}

    with recording(live) as (url, sent):
        submit(url, as_of=DAY, reuse=False, **about)
        submit_backfill(url, first=DAY, last=LAST, **about)
        submit_sweep(url, sweep=sweep, as_of=LAST, environment="staging", **about)
        submit_sweep(url, sweep={**sweep, "window_days": 3}, as_of=LAST, **about)
    bodies = [
        {"as_of": DAY, "reuse": False},
        {"from": DAY, "to": LAST},
        {"as_of": LAST, "sweep": sweep, "environment": "staging"},
        {"from": DAY, "to": LAST, "sweep": {"grid": ["level=0.25,0.75"]}},
    ]
    answers = [api(live, "prepare", "small", parameters=parameters, **body) for body in bodies]

    assert [answer["request"] for answer in answers] == sent
    assert [answer["kind"] for answer in answers] == ["run", "backfill", "sweep", "sweep"]


def test_what_dagster_answers_to_a_prepared_request_is_told_with_its_page(live):
    request = api(live, "prepare", "small", parameters={}, as_of=DAY)["request"]
    _, answer = post(live, "/graphql", request)

    told = api(live, "outcome", "small", kind="run", answer=answer)

    assert told["page"] == f"/runs/{told['id']}"
    assert told["id"] in {run["runId"] for run in runs(live)}


def test_a_refusal_of_dagster_is_told_in_our_words(live):
    request = api(live, "prepare", "small", parameters={}, as_of=DAY)["request"]
    request["variables"]["params"]["runConfigData"]["resources"]["small_params"]["config"] = {"days": 99}
    _, answer = post(live, "/graphql", request)

    status, told = post(live, "/ml-assets/api/small/outcome", {"kind": "run", "answer": answer})

    assert status == 400
    assert told == {
        "problems": [{"field": "days", "message": "days: too large. Allowed: a whole number from 1 to 60."}]
    }


@pytest.mark.parametrize("answer", [None, 3, {}, {"data": {}}, {"data": {"launchRun": 3}}, {"errors": [1]}])
def test_an_answer_that_nobody_understands_is_no_success(live, answer):
    status, told = post(live, "/ml-assets/api/small/outcome", {"kind": "run", "answer": answer})

    assert status == 503
    assert "Dagster" in messages(told)[0]


def test_the_plan_is_that_of_the_shell(live, known, shell):
    submit(live.url, parameters={"level": 0.75}, as_of="2025-12-05", pipeline=known["small"])
    words = (
        "--pipeline",
        "small_shop:small",
        "--level",
        "0.75",
        "--from",
        "2025-12-04",
        "--to",
        "2025-12-05",
    )

    answer = api(
        live, "plan", "small", parameters={"level": 0.75}, **{"from": "2025-12-04", "to": "2025-12-05"}
    )
    shown = json.loads(shell("backfill", *words, "--plan", "--json", env=live.environ).stdout)

    assert {name: answer[name] for name in shown} == shown
    assert [day["state"] for day in answer["days"]] == ["new", "reused"]
    assert re.fullmatch(
        r"1 to compute, about \d+ seconds? in 1 process \(as \d+ past ones took\)", answer["time"]
    )


def test_the_plan_of_a_sweep_has_a_line_for_each_trial_and_day(live):
    sweep = {"grid": {"level": "0.1,0.2,0.3"}, "window_days": 2}

    answer = api(live, "plan", "small", parameters={"shop": "south"}, as_of="2025-12-05", sweep=sweep)

    assert [day["trial"] for day in answer["days"]] == ["level=0.1", "level=0.2", "level=0.3"] * 2
    assert answer["counts"]["new"] == 6


def test_more_than_somebody_waits_for_is_not_planned(live):
    status, told = post(
        live,
        "/ml-assets/api/small/plan",
        {"sweep": {"grid": {"days": "1..60", "level": "0,1"}, "window_days": 60}},
    )

    assert status == 400
    assert messages(told) == ["plan: 7200 days and trials. Allowed: at most 400; the shell plans more."]


def test_dagster_answers_while_a_plan_is_made(live):
    planned = []
    thread = threading.Thread(target=lambda: planned.append(api(live, "plan", "tabular", as_of=DAY)))
    thread.start()

    status, _, text = get(live, "/server_info")

    assert not planned
    assert (status, "dagster_version" in text) == (200, True)
    thread.join()
    assert planned[0]["days"][0]["state"] == "new"


@pytest.mark.parametrize(
    ("body", "headers", "status", "line"),
    [
        (b"{", {}, 400, "body: not JSON."),
        (b"[]", {}, 400, "body: not a table."),
        (b'{"parameters": {"level": NaN}}', {}, 400, "body: not JSON."),
        (b"[" * 100_000, {}, 400, "body: not JSON."),
        (b'{"a": "' + b"x" * 1_000_000 + b'"}', {}, 413, "body: too large."),
        (b"{}", {"Content_Type": "text/plain"}, 400, "Content-Type: not JSON."),
        (b"{}", {"Origin": "http://elsewhere.example"}, 403, "origin: another site."),
        (b"{}", {"Origin": "null"}, 403, "origin: another site."),
        (b"{}", {"Sec_Fetch_Site": "cross-site"}, 403, "origin: another site."),
        (b"{}", {"Sec_Fetch_Site": "same-site"}, 403, "origin: another site."),
    ],
)
def test_what_is_no_request_of_our_pages_is_refused(live, body, headers, status, line):
    got, told = post(live, "/ml-assets/api/small/check", body, **headers)

    assert got == status
    assert messages(told)[0].startswith(line)


def test_a_page_of_this_server_may_ask(live):
    origin = live.url

    assert post(live, "/ml-assets/api/small/check", {}, Origin=origin)[0] == 200
    assert post(live, "/ml-assets/api/small/check", {}, Sec_Fetch_Site="same-origin")[0] == 200


@pytest.mark.parametrize(
    ("path", "known_ones"),
    [
        ("/ml-assets/api/nowhere/check", "small, "),
        ("/ml-assets/api/os:system/check", "small, "),
        ("/ml-assets/api/small/launch", "check, plan, prepare, outcome"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(live, path, known_ones):
    status, told = post(live, path, {})

    assert status == 404
    assert known_ones in messages(told)[0]


@pytest.mark.parametrize("place", ["parameters", "sweep", "option", "name"])
def test_a_credential_is_never_repeated(live, place):
    secret = surfaces.CANARY
    body = {
        "parameters": {"parameters": {"shop": secret}},
        "sweep": {"sweep": {"grid": {"level": secret}}},
        "option": {"engine": secret},
        "name": {"parameters": {secret: 1}},
    }[place]

    answers = [post(live, f"/ml-assets/api/small/{what}", body) for what in ("check", "plan", "prepare")]

    assert [status for status, _ in answers] == [200, 400, 400]
    assert all(answer["problems"] for _, answer in answers)
    assert secret not in json.dumps(answers)
    assert secret not in (live.home.parent / "server.log").read_text()


def test_settings_that_cannot_be_used_are_told_and_no_stack(live):
    file = live.home.parent / "ml_assets.toml"
    file.write_text("catch_up_days = -3\n")
    try:
        status, told = post(live, "/ml-assets/api/small/check", {})
        page = get(live, "/ml-assets/")
    finally:
        file.unlink()

    assert status == 503
    assert "catch_up_days" in messages(told)[0]
    assert "Traceback" not in messages(told)[0]
    assert (page[0], "catch_up_days" in page[2], "Traceback" in page[2]) == (503, True, False)


def test_a_store_that_cannot_be_used_is_told_and_no_stack(live):
    (live.home.parent / "artifacts").mkdir(exist_ok=True)
    (live.home.parent / "artifacts" / "green").write_text("no folder")

    status, told = post(live, "/ml-assets/api/small/plan", {**FORGED, "environment": "green"})

    text = json.dumps(told)
    assert "green" in text
    assert "Traceback" not in text
    assert status in (200, 503), told


def test_the_index_leads_to_the_job_of_each_pipeline(live):
    status, headers, text = get(live, "/ml-assets/")

    assert status == 200
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src &#39;none&#39;" in text
    for location, job in JOBS.values():
        assert f'href="/locations/__repository__@{location}/jobs/{job}"' in text


def test_an_address_without_its_last_slash_leads_on(live, read_only):
    assert [get(server, "/ml-assets")[1]["location"] for server in (live, read_only)] == [
        "/ml-assets/",
        "/team/ml-assets/",
    ]


def test_dagsters_own_pages_are_as_before(live, read_only):
    for server in (live, read_only):
        assert '<div id="root">' in get(server, "/jobs")[2]
        assert get(server, "/server_info")[0] == 200


def test_below_a_path_every_link_stays_below_it(read_only):
    _, _, text = get(read_only, "/ml-assets/")
    links = re.findall(r'href="([^"#]+)"', text)

    assert len(links) > 3
    assert [link for link in links if not link.startswith(("/team/", "data:"))] == []
    assert (
        api(
            read_only,
            "outcome",
            "small",
            kind="run",
            answer={"data": {"launchRun": {"__typename": "LaunchRunSuccess", "run": {"runId": "x"}}}},
        )["page"]
        == "/team/runs/x"
    )


def test_a_server_that_only_shows_checks_and_plans_but_dagster_refuses_a_forged_launch(read_only):
    before = len(runs(read_only))
    prepared = api(read_only, "prepare", "small", **FORGED)
    days = api(read_only, "prepare", "small", **{"from": DAY, "to": LAST})

    for kind, request in (("run", prepared["request"]), ("backfill", days["request"])):
        _, answer = post(read_only, "/graphql", request)
        status, told = post(read_only, "/ml-assets/api/small/outcome", {"kind": kind, "answer": answer})
        assert status == 400
        assert messages(told)[0].startswith("launch: may not be done here.")
    assert len(runs(read_only)) == before
    assert api(read_only, "check", "small", **FORGED)["problems"] == []
