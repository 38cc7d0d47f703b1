"""`facegan doctor`."""

from contextlib import suppress

import click

from facegan.cli.program import import_quietly
from facegan.cli.result import Result, ResultCommand
from facegan.errors import FaceganError


@click.command(cls=ResultCommand)
def doctor() -> Result:
    """Lists versions and hardware, and what each missing package is for.

    \b
    Examples:
      facegan doctor
      KERAS_BACKEND=jax facegan doctor --json
    """
    from facegan.doctor import examine

    with suppress(FaceganError):
        import_quietly()
    found = examine()
    return Result(
        [dict(zip(("what", "found", "advice"), row, strict=True)) for row in found],
        [f"{what:15} {state}" + (f"  ({advice})" if advice else "") for what, state, advice in found],
    )
