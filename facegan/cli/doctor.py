"""`facegan doctor`."""

from contextlib import suppress

import click

from facegan.cli.answers import Answer, Answering
from facegan.cli.program import import_quietly


@click.command(cls=Answering)
def doctor():
    """Lists what this machine has, and what is missing for which purpose.

    \b
    Examples:
      facegan doctor
      KERAS_BACKEND=jax facegan doctor --json
    """
    from facegan.doctor import examine

    with suppress(ImportError):
        import_quietly()
    found = examine()
    return Answer(
        [dict(zip(("what", "found", "advice"), row, strict=True)) for row in found],
        [f"{what:15} {state}" + (f"  ({advice})" if advice else "") for what, state, advice in found],
    )
