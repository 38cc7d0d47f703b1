"""Error reports of commands, and quiet imports of backends."""

import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from facegan.environment import configure_keras, ensure_streams
from facegan.errors import FaceganError
from facegan.memory import keep_memory
from facegan.signals import on_stop

BAD_INPUT = 2
INTERRUPTED = 130
# Seconds after which a slow start is explained.
PATIENCE = 2.0
STARTING = "starting TensorFlow or JAX: a few seconds, longer the first time\n"


class Interrupted(FaceganError):
    """The user stopped the command; the message states how to resume."""


class OneLineErrors(click.Group):
    """Reports bad input as one line on stderr, with exit code 2 and without a traceback."""

    def main(self, args: Sequence[str] | None = None, **kwargs: Any) -> NoReturn:  # type: ignore[override]
        ensure_streams()
        try:
            with on_stop(), _log_on_stderr():
                sys.exit(super().main(args, standalone_mode=False, **kwargs) or 0)
        except Interrupted as error:
            _leave(str(error), INTERRUPTED)
        except FaceganError as error:
            _leave(str(error), BAD_INPUT)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.ctx.get_help())
        except click.ClickException as error:
            _leave(error.format_message(), BAD_INPUT)
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            _leave(f"{name}{error.strerror or error}", BAD_INPUT)
        except (click.Abort, KeyboardInterrupt):
            _leave("stopped", INTERRUPTED)
        except click.exceptions.Exit as leaving:
            sys.exit(leaving.exit_code)
        sys.exit(0)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _ignore_closed_pipe():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _ignore_closed_pipe():
            return super().invoke(ctx)


class _OnStderr(logging.Handler):
    """Prints what is logged on the current `sys.stderr`, above any progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        # Imported late: most commands log nothing.
        from tqdm import tqdm

        tqdm.write(self.format(record), file=sys.stderr)


@contextmanager
def _log_on_stderr() -> Iterator[None]:
    """Shows facegan's log messages. When facegan is used as a library, the program configures logging itself."""
    logger, handler = logging.getLogger("facegan"), _OnStderr()
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


@contextmanager
def _ignore_closed_pipe() -> Iterator[None]:
    """Ends the command with success when the reader of its output has exited, as in `facegan info | head`."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise click.exceptions.Exit(0) from None


def _leave(message: str, code: int) -> NoReturn:
    click.echo(f"facegan: {' '.join(message.splitlines())}", err=True)
    sys.exit(code)


def import_quietly() -> None:
    """Imports Keras and its backend without their notices.

    Some of these cannot be turned off, so the file descriptor of stderr is redirected during the import. Failures still
    raise exceptions, and a crash in native code is still reported. In a terminal, a slow start is explained.
    """
    if "keras" in sys.modules:
        configure_keras()
        return
    # Before anything large is allocated.
    keep_memory()
    # Later errors still raise exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    faulthandler.enable(stderr)
    explanation = threading.Timer(PATIENCE, os.write, (stderr, STARTING.encode()))
    if sys.stderr.isatty():
        explanation.start()
    os.dup2(nowhere, 2)
    try:
        configure_keras()
    finally:
        explanation.cancel()
        os.dup2(stderr, 2)
        faulthandler.disable()
        os.close(stderr)
        os.close(nowhere)
