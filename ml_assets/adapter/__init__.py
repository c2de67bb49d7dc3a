"""What Dagster is told of a pipeline: its assets, their checks, the IO manager, parameters and refusals."""
