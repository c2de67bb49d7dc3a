"""The form of a pipeline in a real browser, opened from a file: it computes what Python computes, in the same words."""

import datetime as dt
import json
import random
import re
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from ml_assets.cli.flags import read_as
from ml_assets.core.as_of import NOT_A_SPAN, last_complete_day, parse
from ml_assets.core.as_of import problem as day_problem
from ml_assets.core.command import retry_commands, run_command
from ml_assets.core.launch_link import Launchpad, launch_config
from ml_assets.core.marks import conditions
from ml_assets.core.options import Options
from ml_assets.core.problems import diagnose, suggest
from ml_assets.core.shown_as import job_of, params_of
from ml_assets.pages.form import form_document, form_page
from ml_assets.pages.form_fields import input_text
from ml_assets.pipeline.launchpads import LOCAL
from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings
from ml_assets_tests.browser import browsing
from ml_assets_tests.form_pipelines import drawn, mixed, weekly

VECTORS = json.loads((Path(__file__).parent / "vectors" / "run_id.json").read_text(encoding="utf-8"))[
    "vectors"
]
NOW = dt.datetime(2026, 1, 5, 12, tzinfo=dt.timezone.utc)
FIRST, LAST = dt.date(2025, 1, 1), dt.date(2026, 1, 4)
SETS = {"tabular": 400, "demand": 150, "mixed": 450}
NAMES = [*"abcd", "orders", "customers", "a_1"]
POOLS = {
    "tabular": {"source": ["sample", "lake"], "dataset": NAMES},
    "demand": {"source": ["sample", "lake_2"]},
    "mixed": {},
}
PIPELINES = {pipeline.name: pipeline for pipeline in (tabular, demand, mixed)}
DERIVE = """texts => texts.map(text => {
  MlAssets.form.state.readFragment(text);
  const {run_id, slices, command, link, problems, aside} = MlAssets.form.state.derive();
  return {run_id, slices, command, link, problems, aside: [...aside.values()]};
})"""
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page():
    """A page of a browser whose clock stands still; at the end it must have told no error."""
    with browsing() as opened:
        opened.clock.set_fixed_time(NOW)
        yield opened


@contextmanager
def quiet(page):
    """Whatever the page says meanwhile is an error."""
    said = []
    listeners = {
        "console": lambda message: said.append(message.text),
        "pageerror": lambda error: said.append(str(error)),
    }
    for name, listener in listeners.items():
        page.on(name, listener)
    yield
    page.wait_for_timeout(50)
    for name, listener in listeners.items():
        page.remove_listener(name, listener)
    assert said == []


def show(page, folder, pipeline, *, fragment="", **more):
    """Open the form of a pipeline from a file."""
    path = folder / f"{pipeline.name}.html"
    path.write_text(form_page(form_document(pipeline, load_settings(), **more)), encoding="utf-8")
    page.goto("about:blank")
    page.goto(f"file://{path}#{fragment}")


def problems_of(page):
    return page.locator("#problems li").all_inner_texts()


def fragment_of(parameters, day, environment, rng):
    """What fills the form in with the parameters: all that is not at its default, and some that is."""
    fields = type(parameters).model_fields
    values = {name: getattr(parameters, name) for name in fields}
    given = {
        name: value for name, value in values.items() if value != fields[name].default or rng.random() < 0.1
    }
    texts = {name: input_text(value) for name, value in given.items()}
    return urlencode({**texts, "as_of": day.isoformat(), "environment": environment})


def expected(pipeline, parameters, day, environment):
    """What Python makes of it."""
    given = "default" if environment == "dev" else environment
    pages = Launchpad(job=job_of(pipeline), location="ml_assets", base=LOCAL)
    config = launch_config(parameters, resource=params_of(pipeline), options=Options(environment=given))
    return {
        "run_id": pipeline.run_id(parameters, day),
        "assets": {name: pipeline.run_id(parameters, day, name) for name in pipeline.assets},
        "command": run_command(parameters, day, pipeline=pipeline, environment=given),
        "link": pages.link(config, day=day),
        "problems": [],
        "aside": [],
    }


@pytest.mark.parametrize("name", SETS)
def test_what_the_page_tells_of_drawn_parameters_is_what_python_tells(page, tmp_path, name):
    pipeline, rng = PIPELINES[name], random.Random(f"form {name}")
    days = [FIRST + dt.timedelta(days=rng.randint(0, (LAST - FIRST).days)) for _ in range(SETS[name])]
    sets = [
        (drawn(pipeline.parameters, rng, pools=POOLS[name]), day, rng.choice(["dev", "dev", "staging"]))
        for day in days
    ]
    with quiet(page):
        show(page, tmp_path, pipeline)
        told = page.evaluate(DERIVE, [fragment_of(*each, rng) for each in sets])

    for (parameters, day, environment), one in zip(sets, told, strict=True):
        assets = {asset: each["run_id"] for each in one.pop("slices") for asset in each["assets"]}
        assert {**one, "assets": assets} == expected(pipeline, parameters, day, environment), parameters


def test_published_vectors_hold_in_the_page(page, tmp_path):
    show(page, tmp_path, demand)

    for vector in VECTORS:
        told = page.evaluate(
            "({parameters, as_of}) => [MlAssets.identity.canonical({as_of, parameters, scheme: 1}), MlAssets.identity.runId(parameters, as_of, 1)]",
            vector,
        )
        assert told == [vector["canonical"], vector["run_id"]], vector["name"]


HUGE = "9" * 20
BAD = (
    "", " ", "abc", "0", "-1", "+7", "1.5", "3.0", "1e3", "1e400", "0x1f", "0b101", "0o17", "1_000", "_1", "1__0", ".5", "5.", "-.5e-3",
    HUGE, "9007199254740992", "nan", "-inf", ".inf", ".nan", "Infinity", "true", "True", "yes", "on", "null", "~", "1,2", "1, 2 ,3",
    "1,,2", "6,99", "red", "red,blue", "green, blue", "[", "[]", "{}", "[1]", "[1.0]", "[1, 2.5]", '["1"]', '["x", "1e3"]', "[true]", "[null]",
    "[1e3]", "[01]", "[1,]", "[NaN]", "[-0.0]", "[1,2,3,4,5,6]", "[[1]]", '["red", "green, blue"]', '{"a": 1}', '{"a": "1"}', '{"a": true}',
    '{"a": -1, "b": 1e10}', '{"a b": "X", "\\u202e": "9"}', '{"a": 1, "a": "x"}', '{"a": {}}', "{1: 2}", '{"a": 1} x', '{"a":1,"b":1,"c":1,"d":1,"e":1}',
    "8", "7", "13", "plain", "Plain", "a b", "mae", "x" * 31, "é" * 30, "\x01", "a\tb", "1.0e-3", "'", '"', "9" * 1001, "1:40", "2025-12-01",
    "[" + ",".join(["99"] * 30) + "]",
)  # fmt: skip


@pytest.mark.parametrize("name", PIPELINES)
def test_a_bad_value_is_told_in_the_words_of_python(page, tmp_path, name):
    pipeline = PIPELINES[name]
    fields = pipeline.parameters.model_fields
    typed = [{**_for_it(field, pipeline), field: text} for field in fields for text in BAD]
    typed.remove(
        {**_for_it("step", pipeline), "step": HUGE}
    ) if "step" in fields else None  # two things are wrong with it
    with quiet(page):
        show(page, tmp_path, pipeline)
        told = page.evaluate(DERIVE, [urlencode({**texts, "as_of": "2025-12-01"}) for texts in typed])

    for texts, one in zip(typed, told, strict=True):
        values = {each: read_as(fields[each], text) for each, text in texts.items()}
        lines = [line for line in diagnose(values, pipeline.parameters)[1] if not _is_of_rules(line)]
        assert sorted([problem["message"] for problem in one["problems"]] + one["aside"]) == sorted(lines), (
            texts
        )


def _for_it(field, pipeline):
    """What the other fields must be for a field to be used."""
    if pipeline is mixed:
        return {"inner": "3", "flag": "true"}
    return {
        other: str(values[0]) for other, values in conditions(pipeline.parameters.model_fields[field]).items()
    }


def _is_of_rules(line):
    """Rules that span fields are Python's alone."""
    return re.match(r"(dataset: unknown|holdout_days: must|season: must)", line)


DAYS = (
    "2025-12-01",
    "2025-12-02",
    "2024-12-31",
    "2026-01-04",
    "2026-01-05",
    "9999-12-31",
    "2025-02-30",
    "2025-2-3",
    "today",
    "",
    "0001-01-01",
)


@pytest.mark.parametrize("pipeline", [demand, weekly], ids=["demand", "weekly"])
def test_a_bad_day_is_told_in_the_words_of_python(page, tmp_path, pipeline):
    show(page, tmp_path, pipeline)

    told = page.evaluate(DERIVE, [urlencode({"as_of": day}) for day in DAYS])

    for day, one in zip(DAYS, told, strict=True):
        line = day_problem(parse(day), now=NOW, first=load_settings().first_as_of, every=pipeline.every)
        assert [problem["message"] for problem in one["problems"]] == ([line] if line else []), day


def test_the_last_complete_day_is_meant_where_none_is_named(page, tmp_path):
    for pipeline in (demand, weekly):
        show(page, tmp_path, pipeline)

        assert page.input_value("#input-as_of") == str(last_complete_day(NOW, every=pipeline.every))


def test_several_days_have_the_command_of_a_backfill(page, tmp_path):
    show(page, tmp_path, demand)
    spans = [("2025-12-01", "2025-12-14"), ("2025-12-01", "2025-12-01"), ("2025-12-01", None)]
    texts = [
        urlencode({"weeks": 9, "from": first, **({"to": last} if last else {})}) for first, last in spans
    ]

    told = page.evaluate(DERIVE, texts)

    for (first, last), one in zip(spans, told, strict=True):
        start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last) if last else LAST
        days = [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
        assert [one["command"]] == retry_commands(demand.parameters(weeks=9), days, pipeline=demand)
        assert one["link"] == ""


def test_what_is_no_span_of_days_is_told(page, tmp_path):
    show(page, tmp_path, demand)

    (told,) = page.evaluate(DERIVE, ["from=2025-12-02&to=2025-12-01"])

    assert [problem["message"] for problem in told["problems"]] == [NOT_A_SPAN]


def test_what_an_environment_does_not_let_give_is_told_in_the_words_of_the_settings(page, tmp_path):
    (tmp_path / "ml_assets.toml").write_text('[environments.blue]\noverrides = ["weeks"]\n')
    show(page, tmp_path, demand)

    texts = ["environment=blue&weeks=9&method=both&as_of=2025-12-01", "environment=red&as_of=2025-12-01"]
    refused, unknown = page.evaluate(DERIVE, texts)

    lines = load_settings().override_problems(["weeks", "method"], cls=demand.parameters, environment="blue")
    assert [problem["message"] for problem in refused["problems"]] == lines
    assert [problem["message"] for problem in unknown["problems"]] == [
        load_settings().option_problems({"environment": "red"})["environment"]
    ]


@pytest.mark.parametrize("name", ["tabular", "mixed"])
def test_an_unknown_name_is_answered_with_the_nearest_one_as_in_python(page, tmp_path, name):
    pipeline, rng = PIPELINES[name], random.Random(name)
    show(page, tmp_path, pipeline)
    known = list(pipeline.parameters.model_fields)
    names = [_slip(rng.choice(known), rng) for _ in range(300)] + ["x", "", "zzzzzz", "M" * 101]

    told = page.evaluate(
        "([names, known]) => names.map(name => MlAssets.suggest(name, known))", [names, known]
    )

    assert told == [suggest(name, known) for name in names]


def _slip(name, rng):
    """A name with a few slips of the keyboard."""
    letters = list(name)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(letters) + 1)
        letters[at : at + rng.randint(0, 2)] = rng.choice(["", "x", "_", "e", "M", "ab"])
    return "".join(letters)


def test_a_link_leaves_out_what_the_environment_does_not_let_give(page, tmp_path):
    (tmp_path / "ml_assets.toml").write_text('[environments.blue]\noverrides = ["weeks"]\n')
    show(page, tmp_path, demand)

    (told,) = page.evaluate(DERIVE, ["environment=blue&weeks=9&as_of=2025-12-01"])

    pinned = [name for name in demand.parameters.model_fields if name != "weeks"]
    config = launch_config(
        demand.parameters(weeks=9),
        resource="demand_params",
        without=pinned,
        options=Options(environment="blue"),
    )
    pages = Launchpad(job="demand", location="ml_assets", base=LOCAL)
    assert told["link"] == pages.link(config, day=dt.date(2025, 12, 1))
