"""Addresses of launchpads: what they are filled in with is read back as it was, by Dagster's reader too."""

from typing import Annotated, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml
from dagster_shared.yaml_utils import load_run_config_yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, model_validator

from ml_assets.core.launch_link import (
    LONGEST,
    Launchpad,
    config_text,
    launch_config,
    params_config,
    sound_part,
    used_values,
)
from ml_assets.core.options import Options
from ml_assets.core.parameters import Parameters, refuse, used_when
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.strategies import days, json_values, parameters

PAD = Launchpad(job="train", location="ml_assets")
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
ODD = (
    "yes",
    "1e3",
    "0o17",
    "2025-12-01",
    "12:30",
    "~",
    "",
    " a ",
    "a: b",
    "#x",
    "a\nb\t",
    "\x85\u2028",
    "<b>&\"'",
)


class Kinds(Parameters):
    """Fields of each kind."""

    name: str = Field("a", description="Any text")
    hidden: list[int] = Field([12, 6], description="A list")
    weights: dict[str, float] = Field({"north": 1.0}, description="A table")
    method: Literal["plain", "deep"] = Field("plain", description="How")
    depth: Annotated[int, used_when(method="deep")] = Field(3, ge=1, le=9, description="How deep")
    low: int = Field(1, ge=0, le=99, description="The lowest")
    high: int = Field(50, ge=0, le=99, description="The highest")

    @model_validator(mode="after")
    def _in_order(self) -> "Kinds":
        if self.low > self.high:
            raise refuse("low", "must not be above high", allowed="0 to high")
        return self


def opened(link):
    """What a launchpad is filled in with by an address: config and tags, as the pages read them."""
    query = parse_qs(urlsplit(link).query, keep_blank_values=True, strict_parsing=True)
    return load_run_config_yaml(query["config"][0]), {k: v[0] for k, v in query.items() if k != "config"}


@given(parameters(), days)
def test_the_parameters_of_a_link_are_read_back_as_they_were(drawn, day):
    config, tags = opened(PAD.link(launch_config(drawn), day=day))

    values = config["resources"]["params"]["config"]
    assert TrainingParameters.model_validate(values) == drawn
    assert list(values) == list(used_values(drawn))
    assert tags == {"tags[0][key]": "dagster/partition", "tags[0][value]": str(day)}


@given(st.dictionaries(texts, json_values, max_size=4))
def test_any_config_is_read_back_as_it_was(values):
    config = params_config(values)

    assert load_run_config_yaml(config_text(config)) == config
    assert yaml.safe_load(config_text(config)) == config


@given(texts.filter(bool), texts.filter(bool), texts.filter(bool))
def test_odd_names_of_jobs_and_locations_stay_parts_of_the_path(job, location, repository):
    link = Launchpad(job=job, location=location, repository=repository).link({})

    assert link.isascii()
    parts = urlsplit(link).path.split("/")
    assert parts[1] == "locations"
    assert unquote(parts[2]) == f"{repository}@{location}"
    assert [*parts[3:4], unquote(parts[4]), *parts[5:]] == ["jobs", job, "playground", "setup"]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_quoted_and_start_nothing_of_their_own(text):
    link = PAD.link(params_config({"name": text, text: 1}))

    assert opened(link)[0] == params_config({"name": text, text: 1})
    assert not set(link) & set("<>\"'\n\t ()[]`|\\")


def test_a_browser_s_reader_of_yaml_takes_the_same_for_text_and_for_numbers():
    """It reads YAML 1.2, in which `1e3` is a number, and `yes` none: what is not a plain word is in quotes."""
    text = config_text({"a": "1e3", "b": "0o17", "c": "orders", "d": 0.001, "e": True, "f": "5:30"})

    assert text == 'a: "1e3"\nb: "0o17"\nc: orders\nd: 0.001\ne: true\nf: "5:30"\n'


def test_lists_and_tables_of_parameters_are_plain_ones():
    values = Kinds(hidden=[3, 3], weights={"south": 0.5})

    config, _ = opened(PAD.link(launch_config(values, resource="kinds_params")))

    given = config["resources"]["kinds_params"]["config"]
    assert (given["hidden"], given["weights"]) == ([3, 3], {"south": 0.5})
    assert "depth" not in given
    assert list(given) == ["name", "hidden", "weights", "method", "low", "high"]


def test_options_at_their_default_and_what_is_pinned_are_left_out():
    usual = launch_config(Kinds(), options=Options(), without={"name", "hidden", "weights", "low", "high"})
    other = launch_config(
        None, options=Options(environment="staging", reuse=False), own={"step": {"model": "a"}}
    )

    assert usual == {"resources": {"params": {"config": {"method": "plain"}}}}
    assert other == {
        "resources": {"options": {"config": {"environment": "staging", "reuse": False}}},
        "ops": {"step": {"config": {"model": "a"}}},
    }


def test_the_address_of_the_pages_may_have_a_path():
    pad = Launchpad(job="train", location="ml_assets", base="https://dagster.example/team/")

    assert pad.link({}).startswith(
        "https://dagster.example/team/locations/__repository__@ml_assets/jobs/train/"
    )


def test_a_link_that_no_webserver_takes_is_none():
    assert PAD.link(params_config({"name": "a" * LONGEST})) == ""
    assert len(PAD.link(params_config({"name": "a" * (LONGEST // 2)}))) < LONGEST


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"method": "deep", "depth": 4, "low": 200}, {"method": "deep", "depth": 4}),
        ({"depth": 4, "method": "deep"}, {"method": "deep", "depth": 4}),
        ({"depth": 4, "high": 60}, {"high": 60}),
        ({"low": 60, "high": 70}, {"low": 60, "high": 70}),
        ({"low": 60}, {}),
        ({"nmae": "x", "name": "AKIAIOSFODNN7EXAMPLE", "high": "60"}, {}),
        ({"name": 3, "hidden": "12", "weights": {"a": "x"}, "low": 2}, {"low": 2}),
    ],
)
def test_of_what_was_refused_the_part_that_can_stand_together_is_kept(typed, kept):
    assert sound_part(typed, Kinds) == Kinds(**kept)


@given(st.dictionaries(st.sampled_from([*Kinds.model_fields, "other"]), json_values))
def test_whatever_was_typed_what_is_kept_is_acceptable_and_of_what_was_typed(typed):
    kept = sound_part(typed, Kinds)

    assert Kinds.model_validate(kept.model_dump()) == kept
    changed = {name for name in Kinds.model_fields if getattr(kept, name) != Kinds.model_fields[name].default}
    assert changed <= set(typed)
