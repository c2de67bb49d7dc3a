"""The plain scripts' work in a run of stock Dagster: the floor of what is recorded, whoever trains.

    python benchmarks/plain_dagster.py v1 FOLDER                     # plain_run.py's day
    python benchmarks/plain_dagster.py v2 FOLDER 2 2025-12-01 14     # plain_backfill.py's days, in as many processes

One step gives four outputs and, for each day, eight results of checks, as many as `ml-assets run` and `backfill` do. Nothing
is kept but the files of the plain scripts: no parameters are checked, nothing is read back, and there is no lineage.
"""

import datetime as dt
import os
import shutil
import sys
import warnings
from pathlib import Path

from joblib import Parallel, delayed
from plain_run import main as one_day  # isort: split

import dagster as dg  # last, as a run of ours loads it: it is quicker so

ASSETS = ("training_set", "model", "evaluation", "model_card")
CHECKS = [(asset, name) for asset in ASSETS for name in ("first", "second")]
DAYS = dg.DailyPartitionsDefinition("2024-12-01")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def step_of(version, folder, processes):
    """The step that makes the four assets of the days of a run."""

    @dg.multi_asset(
        outs={asset: dg.AssetOut(is_required=False) for asset in ASSETS},
        check_specs=[dg.AssetCheckSpec(name, asset=asset) for asset, name in CHECKS],
        partitions_def=DAYS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def make(context):
        work = (delayed(named)(version, folder / day, day) for day in context.partition_keys)
        for day in Parallel(n_jobs=processes, return_as="generator_unordered")(work):
            for asset, name in CHECKS:
                context.log_event(
                    dg.AssetCheckEvaluation(
                        asset_key=dg.AssetKey(asset), check_name=name, passed=True, partition=day
                    )
                )
        for asset in ASSETS:
            yield dg.Output(None, asset, metadata={"folder": str(folder), "version": version})

    return make


def named(version, folder, day):
    one_day(version, folder, dt.date.fromisoformat(day))
    return day


def main(version, folder, processes="1", first="2025-12-01", days="1"):
    last = str(dt.date.fromisoformat(first) + dt.timedelta(days=int(days) - 1))
    home = Path(os.environ["DAGSTER_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).parent.parent / "ml_assets/cli/dagster.yaml", home / "dagster.yaml")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        step = step_of(version, Path(folder), int(processes))
    job = dg.define_asset_job("train", selection=[*ASSETS])
    project = dg.Definitions(assets=[step], jobs=[job], resources={"io_manager": dg.mem_io_manager})
    span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    with dg.DagsterInstance.get() as instance:
        project.resolve_job_def("train").execute_in_process(run_config=QUIET, tags=span, instance=instance)


if __name__ == "__main__":
    main(*sys.argv[1:])
