"""`python -m ml_assets.webserver.ui`: webserver, daemon and code server, with the options of `dagster dev`; and `--read-only`."""

import sys

from ml_assets.webserver.start import serve_all

READ_ONLY = "--read-only"

if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != READ_ONLY]
    serve_all(words, more=[READ_ONLY] if READ_ONLY in sys.argv else [])
