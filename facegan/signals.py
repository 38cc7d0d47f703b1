"""Handles all signals that stop a program in the same way: CTRL-C, `kill`, a closed terminal."""

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

    An ignored signal, such as SIGHUP under `nohup`, stays ignored. Only the main thread can set handlers; in other
    threads the context does nothing.
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
    """Discards further output, because writing to a closed terminal raises errors, which must not interrupt saving."""
    for descriptor in (1, 2):
        if stat.S_ISCHR(os.fstat(descriptor).st_mode):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, descriptor)
            os.close(nowhere)
