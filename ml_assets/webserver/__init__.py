"""Dagster's webserver with pages and an API of this library's own beside its own: `python -m ml_assets.webserver`."""
