"""The signals that end a command: told in our words and with the usual exit code, whatever it is doing.

No exception is raised for that: raised anywhere, it would be lost, or printed, in most of the places where it can
come, such as an import. A thread hears of the signal and ends the process. What is committed is whole at any instant,
and other processes end when this one has.

Dagster takes the signals over while it executes a run, and marks the run as failed where one comes. It gets some
seconds for that, and a second signal ends them.
"""

import atexit
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

WORDS = "Interrupted. What was committed stays; run the same command again to go on."
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 8.0
SAME_SECONDS = 0.5  # `timeout` and others send a signal twice
_WAKE = signal.SIGUSR2
_FRESH_LINE = "\r\x1b[K\x1b[?25h"  # nothing of a progress bar before the words, and the cursor shown again


def take(*, mute: Callable[[], None]) -> None:
    """Listen to the signals of this process from here on; `mute` is called before Dagster is left to end a run.

    The keyboard's is heard by the thread alone. Processes inherit what the thread that starts them is deaf to, and the
    keyboard's goes to all processes of a terminal: those that Dagster starts would print a traceback each.
    """
    _TAKEN.append(_Signals(mute=mute))
    atexit.register(_ignore)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGHUP})


def end_if_asked() -> None:
    """End the process where a signal asked for that, and whoever had taken it over has done what it does then."""
    for signals in _TAKEN:
        signals.end_if_asked()


class _Signals:
    def __init__(self, *, mute: Callable[[], None]) -> None:
        self._mute = mute
        self._asked = 0
        self._since = 0.0
        self._echoes = 0
        self._lock = threading.RLock()
        self._words_to = os.dup(2)  # where they go, though Dagster sends what a step prints elsewhere
        self._heard, writer = os.pipe()
        os.set_blocking(self._heard, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        # Those that are ignored stay so: under nohup, or in the background of a script.
        self._known = {number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN}
        for number in (*self._known, signal.SIGINT, _WAKE):
            signal.signal(number, _leave_it_to_the_thread)
        threading.Thread(target=self._listen, daemon=True).start()
        sys.unraisablehook = self._unraisable(sys.unraisablehook)

    def end_if_asked(self) -> None:
        self._hear()
        if self._asked:
            self._end()

    def _listen(self) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._known)
        while True:
            if not select.select([self._heard], [], [], GRACE_SECONDS if self._asked else None)[0]:
                self._end()
            self._hear()

    def _hear(self) -> None:
        with self._lock:
            for number in self._received():
                if number not in self._known:
                    continue
                if self._echoes:
                    self._echoes -= 1
                elif not self._asked:
                    self._begin(number)
                elif time.monotonic() > self._since + SAME_SECONDS:
                    self._end()

    def _begin(self, number: int) -> None:
        self._asked, self._since = number, time.monotonic()
        if signal.getsignal(signal.SIGINT) is _leave_it_to_the_thread:
            self._end()
        self._mute()
        if number == signal.SIGHUP:  # which Dagster does not listen to
            self._echo()
        elif (main := threading.main_thread().ident) is not None:
            signal.pthread_kill(
                main, _WAKE
            )  # it may be waiting for something, and has to run Dagster's handler

    def _received(self) -> bytes:
        try:
            return os.read(self._heard, 64)
        except BlockingIOError:
            return b""

    def _echo(self) -> None:
        self._echoes += 1
        os.kill(os.getpid(), signal.SIGTERM)

    def _end(self) -> NoReturn:
        text = f"{_FRESH_LINE if os.isatty(self._words_to) else ''}{WORDS}\n"
        try:
            if select.select([], [self._words_to], [], 1)[1]:  # nobody may be reading
                os.write(self._words_to, text.encode("ascii"))
        except OSError:  # the terminal is gone
            pass
        os._exit(128 + self._asked)

    def _unraisable(self, before: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """An interruption that Dagster raised where Python could only drop it is raised again, and not printed."""

        def hook(dropped: Any) -> None:
            if not self._asked:
                before(dropped)
            elif not issubclass(dropped.exc_type, Exception):
                self._echo()

        return hook


_TAKEN: list[_Signals] = []


def _ignore() -> None:
    """The command is done. While Python ends it gives the signals back to the system, which would kill without a word."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _leave_it_to_the_thread(_number: int, _frame: FrameType | None) -> None:
    pass
