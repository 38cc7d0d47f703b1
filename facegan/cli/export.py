"""`facegan export`."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from facegan.cli.options import OVERWRITE_OPTION
from facegan.cli.program import import_quietly
from facegan.cli.result import Result, ResultCommand
from facegan.errors import FaceganError


@click.command(cls=ResultCommand)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--format",
    type=click.Choice(["onnx", "litert", "keras", "web"]),
    default="onnx",
    show_default=True,
    help="onnx or litert: OUT is a folder for one file a graph. keras: OUT is a copy of the model file that starts "
    "without TensorFlow, because it holds its graphs. web: OUT is a folder with a page that edits faces in a browser.",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "float16"]),
    help="Of the weights; they are computed with in float32.  [default: float16 for keras, else float32]",
)
@click.option(
    "--runtime",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="For web: a folder with npm's package onnxruntime-web.  [default: downloaded once, and checked]",
)
@OVERWRITE_OPTION
def export(model: Path, out: Path, format: str, precision: str | None, runtime: Path | None, overwrite: bool) -> Result:
    """Exports the generator, the editor and the attribute finder of a MODEL for programs without facegan.

    Each graph is opened in its runtime and compared with Keras's networks. It holds the names of the attributes, the
    model card and the licence of the training data.

    \b
    Examples:
      facegan export celeba128 exported
      facegan export run exported --format litert --precision float16
      facegan export run run/model.keras --format keras --overwrite
      facegan export celeba128 site --format web
    """
    from facegan.model_files import describe

    if runtime and format != "web":
        raise FaceganError("--runtime is for --format web")
    describe(model)
    if format == "web":
        if precision:
            raise FaceganError("--precision is not for --format web, which takes the graphs that the model file holds")
        from facegan.web.export import export_page

        page = export_page(model, out, runtime, overwrite)
        return Result(asdict(page), [page])
    # The only backend that exports.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import_quietly()
    from facegan.exporting.export import export as write

    exported = write(model, out, format, precision, overwrite)
    return Result({"graphs": list(map(asdict, exported))}, exported)
