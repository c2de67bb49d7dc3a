"""Where days and trials are made: on this machine, or on an existing cluster."""

PATTERN = r"^(dask://([^/@%?#\s]|%[^4/@?#\s]|%4[^0/@?#\s])+:[0-9]+)?$"  # no user, be it before @ or %40
ALLOWED = "nothing, for the processes of this machine, or dask://HOST:PORT"
DASK = "dask://"
