"""Runs in Dagster: one day and several, with the bytes of plain Python, and with the good days kept apart from a bad one."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg

from ml_assets.adapter.view import View
from ml_assets.api import Pipeline
from ml_assets.conformance.case import Case
from ml_assets.conformance.place import variables
from ml_assets.conformance.probe import probed
from ml_assets.conformance.report import expect
from ml_assets.conformance.same_bytes import Files, different, made_files
from ml_assets.conformance.trials import REASON, failing
from ml_assets.pipeline.days import main_asset
from ml_assets.settings_sources import PREFIX
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.text import count

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(kw_only=True)
class Deployment:
    """A pipeline as its `definitions()` show it to Dagster, with an instance in memory.

    Attributes:
        view: under which names.
        definitions: what `definitions()` gives.
        instance: where runs and events are kept.
    """

    view: View
    definitions: dg.Definitions
    instance: dg.DagsterInstance

    def run(self, values: Mapping[str, Any], days: Sequence[dt.date]) -> dg.ExecuteInProcessResult:
        """The job of the pipeline over one day or several in a row."""
        first, last = str(days[0]), str(days[-1])
        span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        return self.definitions.resolve_job_def(self.view.job_name).execute_in_process(
            run_config={"resources": {self.view.params: {"config": dict(values)}}, **QUIET},
            partition_key=first if first == last else None,
            tags=None if first == last else span,
            instance=self.instance,
            raise_on_error=False,
        )

    def evaluations(self, result: dg.ExecuteInProcessResult) -> list[dg.AssetCheckEvaluation]:
        """What checks said in a run. Dagster fact: of a step that failed, the result itself has no event that it logged."""
        logs = (entry.dagster_event for entry in self.instance.all_logs(result.run_id) if entry.dagster_event)
        return [
            event.asset_check_evaluation_data
            for event in logs
            if event.event_type_value == "ASSET_CHECK_EVALUATION"
        ]


@contextmanager
def deployed(pipeline: Pipeline) -> Iterator[Deployment]:
    """The pipeline in Dagster, as long as this lasts."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield Deployment(view=View(pipeline=pipeline), definitions=pipeline.definitions(), instance=instance)


def dagster_gives_the_same_bytes(case: Case) -> str:
    """A run of one day and a batch of two give the bytes of plain Python."""
    one, two = case.days[-1:], case.days[-2:]
    plain = {day: made_files(case, case.make(case.empty_store(), day=day)) for day in two}
    for days, workers in ((one, "1"), (two, "1" if case.quick else "2")):
        with (
            deployed(case.pipeline) as deployment,
            _root(case) as store,
            variables({f"{PREFIX}WORKERS": workers}),
        ):
            result = deployment.run(case.values, days)
            expect(
                result.success, f"a run of {count(len(days), 'day')} fails in Dagster: {failure_of(result)}"
            )
            for day in days:
                found = _files(case, store, day)
                expect(
                    found == plain[day],
                    f"{different(plain[day], found)}: other bytes in a run of {count(len(days), 'day')}",
                )
    return f"{count(len(plain[case.day]), 'file')}, in a run of one day and in a batch of two"


def a_batch_keeps_its_good_days(case: Case) -> str:
    """A bad day fails alone, with its reason; each good day is materialized and checked; again, only the bad one is made."""
    bad, asset = case.days[1], main_asset(case.pipeline)
    good = {str(day) for day in case.days if day != bad}
    key = View(pipeline=case.pipeline).key(asset)
    with _root(case) as store:
        with deployed(probed(case.pipeline, failing(asset, bad))) as deployment:
            failed = deployment.run(case.values, case.days)
            told = deployment.instance.get_materialized_partitions(key)
            checked = {item.partition for item in deployment.evaluations(failed) if item.asset_key == key}
        expect(not failed.success, f"{bad} failed, and the run is a success")
        expect(told == good, f"{bad} failed, and materialized are {sorted(told)}")
        expect(
            REASON in failure_of(failed) and str(bad) in failure_of(failed),
            f"{bad} failed, and its reason is not told",
        )
        expect(checked == good, f"{bad} failed, and checked are {checked}")
        stored = {str(item.as_of) for item in store.keys(asset, folder=case.pipeline.folder)}
        expect(stored == good, f"{bad} failed, and stored are {sorted(stored)}")
        counted, calls = case.counted()
        with deployed(counted) as deployment:
            again = deployment.run(case.values, case.days)
            expect(again.success, f"once the fault was gone, it fails: {failure_of(again)}")
            expect({day for _, day in calls} == {bad}, f"once the fault was gone, called were {calls}")
            calls.clear()
            third = deployment.run(case.values, case.days)
            expect(third.success and not calls, f"with all days stored, called were {calls}")
        reused = [event.metadata["reused"].value for event in _materialized(third)]
        expect(
            len(reused) == 3 * len(case.pipeline.assets) and all(reused),
            "with all days stored, not all is told as reused",
        )
    return f"{bad} failed in {asset}, then was made, then all was reused"


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    """The text of the error that failed a run, its metadata included."""
    for event in result.all_events:
        if event.is_failure:
            data = event.event_specific_data
            user = getattr(data, "user_failure_data", None)
            metadata = {name: value.value for name, value in user.metadata.items()} if user else {}
            return f"{user.description if user else ''} {metadata or ''} {getattr(data, 'error', '')}"
    return ""


@contextmanager
def _root(case: Case) -> Iterator[ArtifactStore]:
    """An empty store that is the one of the settings, as long as this lasts."""
    store = case.empty_store()
    with variables({f"{PREFIX}ENVIRONMENTS__{case.environment.upper()}__ROOT": store.root}):
        yield store


def _files(case: Case, store: ArtifactStore, day: dt.date) -> Files:
    found: Files = {}
    for asset in case.computed:
        manifest = store.manifest(case.pipeline.key(asset, case.parameters, day))
        found |= {(asset, file.name): file.sha256 for file in manifest.files}
    return found


def _materialized(result: dg.ExecuteInProcessResult) -> list[dg.AssetMaterialization]:
    events = result.get_asset_materialization_events()
    return [event.step_materialization_data.materialization for event in events]
