"""Starting the webserver: by Dagster's own commands, in which ours takes the place of Dagster's.

Dagster fact: `dagster-webserver` makes its application of the class `DagsterWebserver` of `dagster_webserver.app`, and
`dagster dev` starts `python -m dagster_webserver` and `python -m dagster._daemon` by `open_ipc_subprocess` of
`dagster._cli.dev`. A test holds both.
"""

import os
import warnings
from collections.abc import Sequence
from typing import Any

MODULE = "ml_assets.webserver"
CHILD = "ml_assets.webserver.child"
NAME = "ml-assets ui"
_DAGSTERS = "dagster_webserver"


def serve(words: Sequence[str]) -> None:
    """Serve until it is ended, with the options of `dagster-webserver`; SystemExit as of any command."""
    from dagster_webserver import app
    from dagster_webserver.cli import cli

    from ml_assets.webserver.server import Webserver

    app.DagsterWebserver = Webserver  # type: ignore[attr-defined, assignment]
    cli.main(args=list(words), prog_name=f"python -m {MODULE}", auto_envvar_prefix="DAGSTER_WEBSERVER")


def serve_all(words: Sequence[str], *, more: Sequence[str] = ()) -> None:
    """Webserver, daemon and code server until they are ended, with the options of `dagster dev`.

    Webserver and daemon end with this process, however that ends; a code server ends where nobody asks it any more.

    Args:
        words: the options of `dagster dev`.
        more: options of the webserver alone.
    """
    from dagster._cli import dev
    from dagster_shared.utils.warnings import SupersessionWarning

    opened = dev.open_ipc_subprocess  # type: ignore[attr-defined]

    def open_ours(parts: Sequence[str], **about: Any) -> Any:
        python, dash_m, module, *rest = parts
        ours = [MODULE, *rest, *more] if module == _DAGSTERS else [module, *rest]
        return opened([python, dash_m, CHILD, str(os.getpid()), *ours], **about)

    dev.open_ipc_subprocess = open_ours  # type: ignore[attr-defined]
    warnings.simplefilter(
        "ignore", SupersessionWarning
    )  # of `dagster dev` by `dg dev`, which is for projects of `dg`
    dev.dev_command.main(args=list(words), prog_name=NAME)
