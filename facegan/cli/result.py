"""The result of a command: lines for people or, with --json, data for scripts."""

import os
from collections.abc import Collection
from contextlib import ExitStack, redirect_stderr
from dataclasses import dataclass
from typing import Any

import click

from facegan.cli.options import note_default_model
from facegan.files import to_json

PARTLY_DONE = 3


@dataclass(frozen=True)
class Result:
    """What a command returns.

    Attributes:
        data: any value that converts to JSON; paths become strings.
        lines: the same for people.
        left_out: inputs without a result; if there are any, the command exits with `PARTLY_DONE`.
    """

    data: Any
    lines: list[Any]
    left_out: Collection = ()


class ResultCommand(click.Command):
    """A command that returns a `Result`, with the options --json and --quiet.

    Progress and remarks go to stderr, which --quiet silences; errors are always reported.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += [
            click.Option(["--json", "as_json"], is_flag=True, help="Print the result as JSON, for scripts."),
            click.Option(["--quiet", "-q"], is_flag=True, help="Print no progress and no remarks."),
        ]

    def invoke(self, ctx: click.Context) -> None:
        as_json, quiet = ctx.params.pop("as_json"), ctx.params.pop("quiet")
        with ExitStack() as stack:
            if quiet:
                nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8", errors="replace"))
                stack.enter_context(redirect_stderr(nowhere))
            if "model" in ctx.params:
                # First, so that it appears above any error.
                note_default_model(ctx.params["model"])
            result = super().invoke(ctx)
        # ASCII can be printed on any stream, and file names that are not valid text survive it.
        lines = [to_json(result.data, indent=2, ascii_only=True)] if as_json else result.lines
        for line in lines:
            click.echo(line)
        if result.left_out:
            ctx.exit(PARTLY_DONE)
