"""The promises, in the order in which they are tried, and one call that tries them all."""

import datetime as dt
import importlib
import logging
import tempfile
import traceback
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ml_assets.api import Pipeline
from ml_assets.conformance.case import Case
from ml_assets.conformance.place import place_of_its_own
from ml_assets.conformance.report import BrokenPromiseError, NotAskedError, Promise, Report
from ml_assets.core.progress import steps
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.run import resolve

LOGGER = logging.getLogger("ml_assets")

PROMISES: Mapping[str, str] = {
    "a run_id is the published hash of what decides the run": "identity.a_run_id_is_the_published_hash",
    "what is not used changes no run_id": "identity.what_is_not_used_changes_no_run_id",
    "each used field changes the run_id": "identity.each_used_field_changes_the_run_id",
    "a path holds parameters, day and run_id": "identity.a_path_holds_run_id_day_and_parameters",
    "two values have two paths": "identity.two_values_have_two_paths",
    "a bad value is refused in plain Python": "refusals.refused_in_plain_python",
    "a bad value is refused by the client": "refusals.refused_by_the_client",
    "a bad value is refused in run config, 0 runs": "refusals.refused_in_run_config",
    "a bad value is refused over GraphQL, 0 runs": "refusals.refused_over_graphql",
    "a bad value is refused in a request file, 0 runs": "refusals.refused_in_a_request_file",
    "the same again computes nothing": "reuse.the_same_again_computes_nothing",
    "another value makes what takes it, and no more": "reuse.another_value_makes_what_takes_it",
    "edited code makes what it makes, and no more": "reuse.edited_code_makes_what_it_makes",
    "other rows make what asked for them": "reuse.other_rows_make_what_asked_for_them",
    "another package or code makes anew, and says so": "reuse.another_package_makes_what_it_computes",
    "what comes after gets what was stored": "reuse.what_comes_after_gets_what_was_stored",
    "threads are limited": "reuse.threads_are_limited",
    "a manifest is written last": "stored.a_manifest_is_written_last",
    "list finds it by its parameters": "stored.list_finds_it_by_its_parameters",
    "a filter refuses what it does not know": "stored.a_filter_refuses_what_it_does_not_know",
    "show tells what it was made of": "stored.show_tells_what_it_was_made_of",
    "why names what was another": "stored.why_names_what_was_another",
    "a changed byte is never read": "stored.a_changed_byte_is_never_read",
    "verify finds every harm": "stored.verify_finds_every_harm",
    "reproduce gives every byte again": "stored.reproduce_gives_every_byte_again",
    "a plan says what a run does": "trials.plan_says_what_a_run_does",
    "a bad day hurts no other": "trials.a_bad_day_hurts_no_other",
    "a report tells of each day": "trials.report_tells_of_each_day",
    "a leaderboard ranks each trial": "trials.a_leaderboard_ranks_each_trial",
    "promoted, switched to and taken back": "releases.promoted_switched_and_taken_back",
    "a promotion is refused for cause": "releases.a_promotion_is_refused_where_something_speaks_against_it",
    "a batch in Dagster keeps its good days": "in_dagster.a_batch_keeps_its_good_days",
    "Dagster gives the bytes of plain Python": "in_dagster.dagster_gives_the_same_bytes",
    "the same bytes many times in one process": "same_bytes.many_times_in_one_process",
    "the same bytes in many processes": "same_bytes.in_many_processes",
}
"""Where each is tried, beside this file: loaded when its turn comes, for some need Dagster."""


def conform(
    pipeline: Pipeline,
    *,
    values: Mapping[str, Any] | None = None,
    as_of: dt.date | str = "",
    environment: str = "default",
    quick: bool = False,
    only: Collection[str] = tuple(PROMISES),
) -> Report:
    """Try every promise on a pipeline: real runs in a place of their own, which is gone afterwards.

    The sources are those of the settings; nothing is written where anything else lies.

    Args:
        pipeline: what is tried.
        values: parameters by name; those that are left out have their default. Those of a small run are quickest.
        as_of: the last of the three days that are made, YYYY-MM-DD; by default the last complete day, in UTC.
        environment: whose sources and clients are used; by default that of the settings.
        quick: make things again less often, and in fewer processes.
        only: the promises that are tried, by their names in `PROMISES`; by default all.

    Raises:
        RefusedError: the values, or the day, are not acceptable to begin with.
        SettingsError: the settings cannot be used.
    """
    run = resolve(pipeline, values or {}, as_of=as_of, environment=environment)
    days = tuple(run.as_of - dt.timedelta(days=back) for back in (2, 1, 0))
    resolve(pipeline, values or {}, as_of=days[0], environment=environment)  # which may be too early a day
    with (
        tempfile.TemporaryDirectory(prefix="ml_assets-conform-") as folder,
        place_of_its_own(Path(folder), environment=run.environment),
    ):
        case = Case(
            pipeline=pipeline,
            values=dict(values or {}),
            days=days,
            folder=Path(folder),
            environment=run.environment,
            quick=quick,
        )
        asked = [name for name in PROMISES if name in only]
        return Report(
            pipeline.name,
            tuple(_tried(name, PROMISES[name], case) for name in steps(asked, "promise", total=len(asked))),
        )


def _tried(name: str, where: str, case: Case) -> Promise:
    module, _, function = where.partition(".")
    LOGGER.debug("%s: %s", case.pipeline.name, name)
    try:
        check = getattr(importlib.import_module(f"{__package__}.{module}"), function)
        return Promise(name, kept=True, message=check(case))
    except NotAskedError as error:
        return Promise(name, kept=None, message=str(error))
    except (BrokenPromiseError, MlAssetsError) as error:
        return Promise(name, kept=False, message=str(error))
    except Exception as error:  # noqa: BLE001  (whatever a pipeline or the library raises, it is no kept promise)
        LOGGER.debug("%s", traceback.format_exc())
        return Promise(name, kept=False, message=f"{type(error).__name__}: {error}")
