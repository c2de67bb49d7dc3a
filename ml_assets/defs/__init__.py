"""What Dagster is told of: assets, jobs, sensors and schedules, one subject a folder; each file here is loaded."""
