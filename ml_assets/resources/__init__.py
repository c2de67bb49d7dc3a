"""Parameters, options and the IO manager, as Dagster resources."""
