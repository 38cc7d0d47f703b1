"""`facegan evaluate`."""

from pathlib import Path

import click

from facegan.cli.options import OVERWRITE_OPTION
from facegan.cli.program import import_quietly
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH


@click.command(cls=ResultCommand)
@click.argument("model", type=PATH)
@click.argument("data", type=PATH)
@click.option(
    "--out",
    type=PATH,
    default="report",
    show_default=True,
    help="The folder for a web page with images, and for the figures.",
)
@click.option(
    "--faces",
    "limit",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="The maximum number of test faces for each edit.",
)
@click.option(
    "--judge",
    type=PATH,
    help="A judge that was trained on other faces.  [default: the judge of DATA, trained on first use]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the choice of faces.")
@click.option("--inception", is_flag=True, help="Also measure fid_inception; downloads InceptionV3's weights.")
@OVERWRITE_OPTION
def evaluate(
    model: Path, data: Path, out: Path, limit: int, judge: Path | None, seed: int, inception: bool, overwrite: bool
) -> Result:
    """Measures a MODEL on the test split of the prepared data set DATA.

    The judge is an ImageNet-pretrained classifier. It is fine-tuned on the training split on first use, which takes
    about an hour on a CPU, and saved in DATA. Needs facegan[features].

    \b
    Examples:
      facegan evaluate run celeba128
      facegan evaluate run/model.keras celeba128 --out report --faces 50
    """
    from facegan.api import evaluate as measure
    from facegan.data.prepared import PreparedFaces
    from facegan.model_files import describe

    # A wrong path is reported before the backend is imported, which takes seconds.
    describe(model)
    PreparedFaces(data)
    import_quietly()
    from facegan.evaluation.evaluate import DEFAULT_METRICS
    from facegan.evaluation.report import PAGE

    metrics = [*DEFAULT_METRICS, *(["fid_inception"] if inception else [])]
    report = measure(model, data, out=out, judge=judge, metrics=metrics, limit=limit, seed=seed, overwrite=overwrite)
    figures = report.figures
    shown = {name: "not measured" if value is None else f"{value:.3f}" for name, value in figures.items()}
    lines = [f"{name:32} {value}" for name, value in shown.items()]
    found = {"report": out / PAGE, "figures": figures, **({"sources": report.sources} if report.sources else {})}
    return Result(found, [*lines, out / PAGE])
