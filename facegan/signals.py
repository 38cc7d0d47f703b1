"""One handling of all signals by which a user or the system stops a program: CTRL-C, `kill`, a closed terminal."""

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
Handler = Callable[[int, Any], Any]


@contextmanager
def on_stop(handler: Handler = signal.default_int_handler) -> Iterator[None]:
    """A context in which every such signal calls `handler`; by default all raise `KeyboardInterrupt`, as CTRL-C does.

    A signal that is ignored, as SIGHUP is under `nohup`, stays so. Other threads than the main one cannot set handlers;
    there the context does nothing.
    """
    before = {}

    def handle(number: int, frame: Any) -> None:
        if number == getattr(signal, "SIGHUP", None):
            _detach_terminal()
        handler(number, frame)

    if threading.current_thread() is threading.main_thread():
        for name in _NAMES:
            number = getattr(signal, name, None)  # Windows lacks SIGHUP
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _detach_terminal() -> None:
    """Discards further output: a terminal that is gone answers with errors, and none of them may stop the saving."""
    for descriptor in (1, 2):
        if stat.S_ISCHR(os.fstat(descriptor).st_mode):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, descriptor)
            os.close(nowhere)
