"""The command `ml-assets`: the one place where errors become words and exit codes.

Exit codes: 0 done, 2 refused (nothing happened), 1 failed.
"""

import os
import sys
from collections.abc import Sequence

os.environ.setdefault(
    "PYDANTIC_DISABLE_PLUGINS", "__all__"
)  # looking for plugins reads every installed package

from ml_assets.cli.parser import build_parser
from ml_assets.errors import MlAssetsError, RefusedError

DONE, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code and never raises."""
    try:
        parser = build_parser()
        args, unknown = parser.parse_known_args(argv)
        return int(args.handler(args, unknown))
    except RefusedError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except MlAssetsError as error:
        print(f"Failed: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Interrupted. What was committed stays; run the same command again to go on.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if os.environ.get("ML_ASSETS_DEBUG"):
            raise
        print(f"Failed: {_unforeseen(error)}", file=sys.stderr)
        return FAILED


def _unforeseen(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:  # a disk that is full, a folder that cannot be made
        return f"{error.strerror}{f' ({error.filename})' if error.filename else ''}."
    return f"{type(error).__name__}, which is a defect of ml_assets. ML_ASSETS_DEBUG=1 shows where."


if __name__ == "__main__":
    sys.exit(main())
