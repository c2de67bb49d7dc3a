"""The schedules of the training run: yesterday for each daily preset, and the days of late that are missing."""

from ml_assets.adapter.launching.schedules import catch_up_schedule, daily_schedule
from ml_assets.defs.training import VIEW

daily_training = daily_schedule(VIEW)
catch_up = catch_up_schedule(VIEW)
