"""The ablation table: recipes that differ in one thing, trained on the same photos and measured by the same judge.

    facegan prepare celeba-mini mini64 --size 64
    python experiments/ablation/run.py mini64 ablation --images 40000

Each recipe has its run and its report in OUT; what is there already is not repeated. Prints the table, with a row for a
DCGAN if `experiments/dcgan/train.py` has put one into OUT/dcgan.
"""

import json
from dataclasses import replace
from pathlib import Path

import click

from facegan.data.prepared import PreparedFaces
from facegan.evaluation.evaluate import evaluate
from facegan.evaluation.judge_training import judge_of
from facegan.evaluation.report import FIGURES, write_report
from facegan.inference import load
from facegan.model_files import MODEL_FILE, describe
from facegan.models.precision import choose_precision
from facegan.recipe import find_recipe
from facegan.recipe.toml import with_values
from facegan.standard_attributes import STANDARD_NAMES
from facegan.training.plan import Settings
from facegan.training.run import train


def variant(recipe, name, *assignments):
    """A recipe with another name and these values: `variant(TINY, "balanced", "sampling.balanced=true")`."""
    for assignment in assignments:
        recipe = with_values(recipe, assignment)
    return replace(recipe, name=name)


# A narrow network, so that a recipe takes minutes.
START = variant(
    find_recipe("tiny"),
    "start",
    "networks.decoder.upsampling=nearest",
    "networks.encoder.normalise_first=false",
    "objective.editor.reconstruction=40.0",
)
BALANCED = variant(START, "balanced", "sampling.balanced=true")
PREDICTION = variant(BALANCED, "prediction", "objective.editor.preservation_target=prediction")
MATCHED = variant(PREDICTION, "generator-match-20", "objective.generator.match=20.0")
GAIN = variant(MATCHED, "gain", "networks.editor.output=gain_and_residual")
FINDER = variant(GAIN, "attribute-finder", "attribute_finder.images=64_000")
CRITIC = variant(FINDER, "feature-critic", "feature_critic.filters=64")
MODULATED = variant(CRITIC, "modulated", "networks.generator.kind=modulated")
MARGIN = variant(MODULATED, "margin", "objective.editor.margin=1.5")
# Every recipe adds one thing to another one.
RECIPES = {
    "paper, as narrow": variant(
        find_recipe("paper"), "paper-narrow", "networks.encoder.filters=24", "networks.encoder.max_filters=192"
    ),
    "tiny": START,
    "tiny, balanced": BALANCED,
    "... and AttGAN's editor, which receives labels": variant(BALANCED, "attgan-like", "networks.editor.output=image"),
    "... and unchanged columns keep their prediction, not their label": PREDICTION,
    "... and the generator's match weighs four times as much": MATCHED,
    "... and the editor also multiplies the photo": GAIN,
    "... and an attribute finder from ImageNet": FINDER,
    "... and a critic on ImageNet features": CRITIC,
    "... and a modulated generator": MODULATED,
    "... and edits have to convince by a margin": MARGIN,
    "... and reconstruction weighs a quarter": variant(
        MARGIN, "reconstruction-10", "objective.editor.reconstruction=10.0"
    ),
}
COLUMNS = {
    "edit accuracy": "edit_accuracy@1.0",
    "at strength 2": "edit_accuracy@2.0",
    "others kept": "others_kept@1.0",
    "reconstruction, dB": "reconstruction_psnr",
    "same person": "identity_same_person",
    "generation accuracy": "generation_accuracy",
    "KID, judge": "kid_judge",
}
BY_EDIT = ("glasses=1", "glasses=0")


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--images", default=40_000, show_default=True, help="Photos to train each run on.")
@click.option("--only", multiple=True, type=click.Choice(list(RECIPES)), help="Which recipes; all by default.")
def main(data, out, images, only):
    faces = PreparedFaces(data)
    runs = {name: out / RECIPES[name].name for name in only or RECIPES}
    for name, run in runs.items():
        if not (run / MODEL_FILE).exists():
            click.echo(f"{name}: {run}", err=True)
            settings = Settings(RECIPES[name], STANDARD_NAMES, choose_precision("auto"), seed=0)
            train(faces, settings, run, images, checkpoint_minutes=60)
    for name, run in runs.items():
        if not (run / "report" / FIGURES).exists():
            click.echo(f"{name}: measuring", err=True)
            write_report(evaluate(load(run), faces, judge_of(faces)), describe(run), run / "report")
    click.echo(table(out))


def table(out):
    """The figures of all recipes that are done, as Markdown."""
    header = ["recipe", *COLUMNS, *BY_EDIT]
    lines = [header, ["---"] * len(header)]
    for name, recipe in RECIPES.items():
        report = out / recipe.name / "report" / FIGURES
        if report.exists():
            found = json.loads(report.read_text())
            row = [found["figures"][metric] for metric in COLUMNS.values()]
            row += [found["edits"][wish]["edit_accuracy@1.0"] for wish in BY_EDIT]
            lines.append([name, *("-" if value is None else f"{value:.3g}" for value in row)])
    dcgan = out / "dcgan" / "figures.json"
    if dcgan.exists():
        kid = json.loads(dcgan.read_text())["kid_judge"]
        row = [f"{kid:.3f}" if metric == "kid_judge" else "" for metric in (*COLUMNS.values(), *BY_EDIT)]
        lines.append(["DCGAN", *row])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
