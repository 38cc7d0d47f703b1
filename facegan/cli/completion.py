"""`facegan completion`."""

import click

from facegan.cli.result import Result, ResultCommand


@click.command(cls=ResultCommand)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> Result:
    """Prints a script with which the TAB key completes commands and options in a SHELL.

    \b
    Examples:
      facegan completion bash >> ~/.bashrc
      facegan completion fish > ~/.config/fish/completions/facegan.fish
    """
    from click.shell_completion import get_completion_class

    program, script = click.get_current_context().find_root().command, get_completion_class(shell)
    assert script, "click supports these shells"
    source = script(program, {}, "facegan", "_FACEGAN_COMPLETE").source()
    return Result({"shell": shell, "source": source}, [source])
