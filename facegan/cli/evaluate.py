"""`facegan evaluate`."""

from pathlib import Path

import click

from facegan.cli.program import import_quietly
from facegan.cli.progress import progress_bar
from facegan.cli.result import Result, ResultCommand
from facegan.errors import FaceganError


@click.command(cls=ResultCommand)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="report",
    show_default=True,
    help="The folder for a page with images, and for the figures.",
)
@click.option(
    "--faces",
    "limit",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="The largest number of test faces for each edit.",
)
@click.option(
    "--judge",
    "judge_file",
    type=click.Path(path_type=Path),
    help="A judge that was trained on other faces.  [default: the judge of DATA, trained on first use]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the choice of faces.")
@click.option("--inception", is_flag=True, help="Measure fid_inception too; downloads InceptionV3's weights.")
def evaluate(model, data, out, limit, judge_file, seed, inception):
    """Measures a MODEL on the test split of the prepared data set DATA.

    The judge is an ImageNet-pretrained classifier. It is fine-tuned on the training split on first use, which takes
    about an hour on a CPU, and saved in DATA. Needs facegan[features].

    \b
    Examples:
      facegan evaluate run celeba128
      facegan evaluate run/model.keras celeba128 --out report --faces 50
    """
    from facegan.data.prepared import PreparedFaces
    from facegan.inference import load
    from facegan.model_files import describe

    described = describe(model)
    faces = PreparedFaces(data)
    if out.exists() and not out.is_dir():
        raise FaceganError(f"cannot write {out}: it exists and is not a folder")
    import_quietly()
    from facegan.evaluation.evaluate import DEFAULT_METRICS, check
    from facegan.evaluation.evaluate import evaluate as measure
    from facegan.evaluation.judge import load_judge
    from facegan.evaluation.judge_training import judge_of
    from facegan.evaluation.report import write_report

    networks = load(model)
    check(networks, faces)
    judge = load_judge(judge_file) if judge_file else judge_of(faces)
    metrics = [*DEFAULT_METRICS, *(["fid_inception"] if inception else [])]
    with progress_bar(len(metrics), "measuring") as bar:
        measured = measure(networks, faces, judge, metrics, limit, seed, lambda name: bar.update(1))
    report = write_report(measured, described, out)
    figures = measured.figures
    shown = {name: "not measured" if value is None else f"{value:.3f}" for name, value in figures.items()}
    lines = [f"{name:32} {value}" for name, value in shown.items()]
    return Result({"report": report, "figures": figures}, [*lines, report])
