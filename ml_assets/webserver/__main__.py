"""`python -m ml_assets.webserver`: the options are those of `dagster-webserver`."""

import sys

from ml_assets.webserver.start import serve

if __name__ == "__main__":
    serve(sys.argv[1:])
