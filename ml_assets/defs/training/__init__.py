"""The training run: four assets of one day, their checks and their job."""
