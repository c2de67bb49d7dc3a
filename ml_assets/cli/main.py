"""The command `ml-assets`: the one place where errors become words and exit codes.

Exit codes: 0 done, 2 refused (nothing happened), 1 failed; 128 and the number of a signal where one ended it, such as
130 for Ctrl-C, 143 for SIGTERM, 129 for a terminal that was closed, and 141 where nobody reads its output any more.

With `--json` standard output holds one document: the result, or `{"refused": true, "problems": [...]}` where there is none.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what loads them can fail in our words
    from ml_assets.cli.call import Call
    from ml_assets.cli.commands import Command

os.environ.setdefault(
    "PYDANTIC_DISABLE_PLUGINS", "__all__"
)  # looking for plugins reads every installed package

DONE, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130
LONGEST = 20_000  # characters of a message
MOST_WORDS = 1_000  # of a command line: the work of argparse grows with their square


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code and never raises.

    Without `argv` this process is the command's own, unless it is called in another thread, which hears no signals.
    """
    if argv is not None or threading.current_thread() is not threading.main_thread():
        return _run(sys.argv[1:] if argv is None else argv)
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what could come next
        from ml_assets.cli.completion import answer

        answer()
    # They wait until somebody listens.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    from ml_assets.terminal import signals
    from ml_assets.terminal.output import Output

    output = Output(sys.argv[0])
    signals.take(mute=output.mute)
    try:
        code = _run(sys.argv[1:])
    except SystemExit as ended:  # of --help and --version
        code = int(ended.code or DONE)
    return output.settle(code)


def _run(words: Sequence[str]) -> int:
    from ml_assets.errors import MlAssetsError, RefusedError
    from ml_assets.terminal import signals

    call: Call | None = None
    try:
        try:
            if not words:
                return _start()
            command, call = _read(words)
            return command.run(call)
        finally:
            signals.end_if_asked()
    except RefusedError as error:
        return _stop(REFUSED, str(error), words, call, problems=error.problems)
    except MlAssetsError as error:
        shown = f"Failed: {error}" + (f"\nIn Dagster's launchpad:\n{error.launch}" if error.launch else "")
        return _stop(FAILED, shown, words, call, problems=[str(error)])
    except KeyboardInterrupt:
        _tell(signals.WORDS)
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("ML_ASSETS_DEBUG"):
            raise
        message = _unforeseen(error)
        return _stop(FAILED, f"Failed: {message}", words, call, problems=[message])


def _start() -> int:
    from ml_assets.cli.start import print_start

    print_start()
    return DONE


def _read(words: Sequence[str]) -> "tuple[Command, Call]":
    from ml_assets.cli.parser import read
    from ml_assets.errors import RefusedError

    if len(words) > MOST_WORDS:
        raise RefusedError([f"the command line: more than {MOST_WORDS} words. Write a --params file."])
    return read(words)


def _stop(
    code: int, message: str, words: Sequence[str], call: "Call | None", *, problems: Sequence[str]
) -> int:
    """Tell people why a command ended, and where JSON is asked for and none was printed yet, programs too."""
    _tell(message)
    if "--json" in words and not (call and call.has_document):
        from ml_assets.core.foreign_text import visible
        from ml_assets.terminal.output import print_document

        shown = [visible(problem, longest=LONGEST, keep="\n\t") for problem in problems]
        print_document(json.dumps({"refused": code == REFUSED, "problems": shown}, indent=2))
    return code


def _tell(message: str) -> None:
    """Print a message to stderr; what others wrote in it is no command to a terminal."""
    from ml_assets.core.foreign_text import visible

    print(visible(message, longest=LONGEST, keep="\n\t"), file=sys.stderr)


def _unforeseen(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:  # a disk that is full, a folder that cannot be made
        return f"{error.strerror}{f' ({error.filename})' if error.filename else ''}."
    return f"{type(error).__name__}, which is a defect of ml_assets. ML_ASSETS_DEBUG=1 shows where."


if __name__ == "__main__":
    sys.exit(main())
