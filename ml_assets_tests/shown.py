"""The sensors and schedules that the project shows to Dagster, by their names."""

from ml_assets.definitions import defs

_shown = defs.get_repository_def()

failure_notice = _shown.get_sensor_def("failure_notice")
landed_days = _shown.get_sensor_def("landed_days")
leaderboard_after_sweep = _shown.get_sensor_def("leaderboard_after_sweep")
report_after_backfill = _shown.get_sensor_def("report_after_backfill")
request_files = _shown.get_sensor_def("request_files")
catch_up = _shown.get_schedule_def("catch_up")
daily_training = _shown.get_schedule_def("daily_training")
