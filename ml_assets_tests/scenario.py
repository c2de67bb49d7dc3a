"""Whole Dagster runs, small and quick: real definitions, a real store, an instance in memory or on disk."""

import dagster as dg

from ml_assets.definitions import defs

DAY = "2025-12-01"


def train(
    day=DAY, *, instance=None, job="train", reuse=True, run_config=None, tags=None, selection=None, **params
):
    """Run the job in this process; `params` are given as a user would, in one flat block."""
    config = run_config or {
        "resources": {"params": {"config": params}, "options": {"config": {} if reuse else {"reuse": False}}}
    }
    config = {**config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return defs.resolve_job_def(job).execute_in_process(
        run_config=config,
        partition_key=day if tags is None else None,
        tags=tags,
        instance=instance or dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
        asset_selection=selection,
    )


def train_days(first, last, **more):
    """Run a range of days in one Dagster run, as a backfill does."""
    span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    return train(tags=span, **more)


def materializations(result):
    """(asset, day) -> the materialization that the run recorded."""
    events = [
        event.step_materialization_data.materialization for event in result.get_asset_materialization_events()
    ]
    return {(event.asset_key.to_user_string(), event.partition): event for event in events}


def failure_of(result):
    """The text of the error that failed a run, its causes included."""
    for event in result.all_events:
        if event.is_failure:  # of a step; of a run that was refused before its first
            data = event.event_specific_data
            user = getattr(data, "user_failure_data", None)
            return f"{user.description if user else ''}\n{data.error.to_string()}"
    return ""
