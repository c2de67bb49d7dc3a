"""Where days and trials are made: on this machine, or on an existing cluster."""

PATTERN = r"^(dask://[^/@\s]+:[0-9]+)?$"
ALLOWED = "nothing, for the processes of this machine, or dask://HOST:PORT"
DASK = "dask://"
