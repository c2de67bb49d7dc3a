"""The report over a backfill, and the sensor that asks for it."""
