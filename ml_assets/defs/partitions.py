"""The daily partitions: one as_of each, from the first day of the settings to the last complete one (UTC)."""

import dagster as dg

from ml_assets.settings import load_settings


def daily() -> dg.DailyPartitionsDefinition:
    """The partitions of every asset."""
    return dg.DailyPartitionsDefinition(start_date=load_settings().first_as_of.isoformat(), timezone="UTC")
