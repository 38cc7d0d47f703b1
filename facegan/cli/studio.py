"""`facegan studio`."""

from pathlib import Path

import click

from facegan.cli.options import MODEL_OPTION, load_model, note_default_model


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address to listen on; by default, local only."
)
@click.option("--port", type=click.IntRange(0, 65535), help="The port.  [default: the first free one from 7860 on]")
@MODEL_OPTION
def studio(host: str, port: int | None, model: Path | None) -> None:
    """Serves the studio, a local web page that generates and edits faces.

    It makes no network requests and leaves no files behind.

    \b
    Examples:
      facegan studio
      facegan studio --model run --port 8000
    """
    from facegan.studio.server import serve

    note_default_model(model)
    serve(load_model(model), model, host, port, lambda address: click.echo(f"{address} (CTRL-C stops the studio)"))
