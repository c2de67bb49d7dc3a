"""What exists: assets, checks and jobs."""
