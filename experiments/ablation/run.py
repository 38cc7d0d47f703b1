"""The ablation table: recipes that differ in one thing, trained on the same photos and measured with the same judge.

    facegan prepare celeba-mini mini64 --size 64
    python experiments/ablation/run.py mini64 ablation --images 40000

Each recipe gets its run and its report in OUT; what is there already is not done again. Prints the table, with a line
for a DCGAN if `experiments/dcgan/train.py` has put one into OUT/dcgan.
"""

import json
from dataclasses import replace
from pathlib import Path

import click

from facegan.data.prepared import PreparedFaces
from facegan.evaluation.evaluate import evaluate
from facegan.evaluation.judge_training import judge_of
from facegan.evaluation.report import FIGURES, write_report
from facegan.inference import MODEL_FILE, describe, load
from facegan.presets import PRESETS
from facegan.models.precision import choose_precision
from facegan.training.run import Settings, train

FIVE = ("gender", "age", "glasses", "skin", "hair")
# A narrow network, so that a recipe takes minutes.
START = replace(
    PRESETS["tiny"], name="start", upsampling="nearest", subpixel=True, first_normalised=False, editor_reconstruction=40.0
)
BALANCED = replace(START, name="balanced", balanced=True)
CLASSIFIED = replace(BALANCED, name="classified", classified_images=64_000)
SEEN = replace(CLASSIFIED, name="seen", editor_keeps="seen")
MATCHED = replace(SEEN, name="seen-generator-20", generator_match=20.0)
REPAINTING = replace(MATCHED, name="repainting", editing="repainting")
OWN = replace(REPAINTING, name="own-classifier", own_classifier=True)
EYES = replace(OWN, name="eyes-of-others", eyes_of_others=0.85)
FURTHER = replace(EYES, name="eyes-reconstruction-20", editor_reconstruction=20.0)
CONVINCED = replace(FURTHER, name="classifiers", classifiers=3)
STRONGER = replace(CONVINCED, name="classifiers-match-240", editor_match=240.0, editor_keep=800.0)
DRAWN = replace(STRONGER, name="drawn-glasses", drawn_glasses=0.5, editor_restoration=2000.0)
OUTSIDE = replace(DRAWN, name="outside", editor_outside=200.0)
SIX = replace(OUTSIDE, name="six-classifiers", classifiers=6)
REAL = replace(SIX, name="adversarial-4", editor_adversarial=4.0)
MARGIN = replace(REAL, name="margin", editor_margin=1.5, editor_keep=1300.0)
# Every recipe adds one thing to another one.
RECIPES = {
    "paper, as narrow": replace(PRESETS["paper"], name="paper-narrow", filters=24, max_filters=192),
    "tiny": START,
    "tiny, balanced": BALANCED,
    "... and a start of classification": CLASSIFIED,
    "... and an encoder of its own for the editor": replace(CLASSIFIED, name="own-encoder", shared_encoder=False),
    "... and AttGAN's editor: labels, one skip": replace(CLASSIFIED, name="attgan-like", editing="target", skips=1),
    "... and unchanged columns shall be seen as before, not as labelled": SEEN,
    "... and the generator's match weighs four times as much": MATCHED,
    "... and the editor says how much of the photo to leave": REPAINTING,
    "... and a head that learns from photos alone": OWN,
    "... and glasses to be taken off are mostly laid onto plain faces": EYES,
    "... mostly, and reconstruction weighs half": FURTHER,
    "... and three classifiers apart from the discriminator have to be convinced": CONVINCED,
    "... and what is to change, and what is not, weighs more": STRONGER,
    "... and half of them are drawn, and what they cover is restored": DRAWN,
    "... and what changes outside the region that an edit is about weighs more": OUTSIDE,
    "... and rates fall at the end": replace(OUTSIDE, name="rate-decay", rate_decay=0.4),
    "... they do not, and three classifiers that see faces at full size have to be convinced, too": SIX,
    "... and that edited faces look real weighs four times as much": REAL,
    "... and edits have to convince by a margin": MARGIN,
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
@click.option("--images", default=40_000, show_default=True, help="How many photos each run sees.")
@click.option("--only", multiple=True, type=click.Choice(list(RECIPES)), help="Which recipes; all by default.")
def main(data, out, images, only):
    faces = PreparedFaces(data)
    runs = {name: out / RECIPES[name].name for name in only or RECIPES}
    for name, run in runs.items():
        if not (run / MODEL_FILE).exists():
            click.echo(f"{name}: {run}", err=True)
            settings = Settings(RECIPES[name], FIVE, RECIPES[name].batch_size, choose_precision("auto"), seed=0)
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
    for name, preset in RECIPES.items():
        report = out / preset.name / "report" / FIGURES
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
