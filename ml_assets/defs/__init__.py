"""What Dagster is told of: partitions, assets, jobs, sensors and schedules, one idea a file."""

import gc

import dagster  # noqa: F401  (loaded first, so that what follows stands for it)

gc.freeze()  # Dagster's modules stay as long as the process does: the collector need not walk them again
