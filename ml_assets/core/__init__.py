"""Pure functions and values: no Dagster, no disk, no clock."""
