"""`facegan export`."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from facegan.cli.options import OVERWRITE_OPTION
from facegan.cli.program import import_quietly
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH
from facegan.errors import FaceganError


@click.command(cls=ResultCommand)
@click.argument("model", type=PATH)
@click.argument("out", type=PATH)
@click.option(
    "--format",
    type=click.Choice(["onnx", "litert", "keras", "web"]),
    default="onnx",
    show_default=True,
    help="onnx or litert: OUT is a folder for one file per graph. keras: OUT is a copy of the model file that contains "
    "its graphs and runs without TensorFlow. web: OUT is a folder with a page that edits faces in a browser.",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "float16"]),
    help="Precision of the stored weights; computation is in float32.  [default: float16 for keras, else float32]",
)
@click.option(
    "--runtime",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="For web: a folder with the npm package onnxruntime-web.  [default: downloaded once and verified]",
)
@OVERWRITE_OPTION
def export(model: Path, out: Path, format: str, precision: str | None, runtime: Path | None, overwrite: bool) -> Result:
    """Exports the generator, the editor and the attribute finder of a MODEL for programs without facegan.

    Runs each graph in its runtime and compares it with the Keras networks. A graph contains the names of the
    attributes, the model card and the licence of the training data.

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
            raise FaceganError("--precision is not for --format web, which uses the graphs in the model file")
        from facegan.web.export import export_page

        page = export_page(model, out, runtime, overwrite)
        return Result(asdict(page), [page])
    # The only backend that exports.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import_quietly()
    from facegan.exporting.export import export as write

    exported = write(model, out, format, precision, overwrite)
    return Result({"graphs": list(map(asdict, exported))}, exported)
