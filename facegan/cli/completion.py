"""`facegan completion`."""

import click

from facegan.cli.answers import Answer, Answering


@click.command(cls=Answering)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell):
    """Prints what makes a SHELL complete commands and options with the TAB key.

    \b
    Examples:
      facegan completion bash >> ~/.bashrc
      facegan completion fish > ~/.config/fish/completions/facegan.fish
    """
    from click.shell_completion import get_completion_class

    program = click.get_current_context().find_root().command
    source = get_completion_class(shell)(program, {}, "facegan", "_FACEGAN_COMPLETE").source()
    return Answer({"shell": shell, "source": source}, [source])
