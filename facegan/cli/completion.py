"""`facegan completion`."""

import click

from facegan.cli.result import Result, ResultCommand


@click.command(cls=ResultCommand)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell):
    """Prints a script that completes commands and options with the TAB key in a SHELL.

    \b
    Examples:
      facegan completion bash >> ~/.bashrc
      facegan completion fish > ~/.config/fish/completions/facegan.fish
    """
    from click.shell_completion import get_completion_class

    program = click.get_current_context().find_root().command
    source = get_completion_class(shell)(program, {}, "facegan", "_FACEGAN_COMPLETE").source()
    return Result({"shell": shell, "source": source}, [source])
