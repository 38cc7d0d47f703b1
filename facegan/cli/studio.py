"""`facegan studio`."""

from pathlib import Path

import click

from facegan.cli.options import MODEL_OPTION, load_model, say_default_model


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address to listen on; by default, this machine's own."
)
@click.option("--port", type=click.IntRange(0, 65535), help="The port.  [default: the first free one from 7860 on]")
@MODEL_OPTION
def studio(host: str, port: int | None, model: Path | None) -> None:
    """Opens a studio: generate and edit faces on a web page that this machine serves to itself.

    Nothing is fetched from elsewhere or sent there, and no file stays behind.

    \b
    Examples:
      facegan studio
      facegan studio --model run --port 8000
    """
    from facegan.studio.server import serve

    say_default_model(model)
    serve(load_model(model), model, host, port, lambda address: click.echo(f"{address} (CTRL-C stops the studio)"))
