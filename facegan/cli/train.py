"""`facegan train`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facegan.cli.options import OVERWRITE_OPTION
from facegan.cli.program import Interrupted, import_quietly
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH, POSITIVE
from facegan.errors import FaceganError

if TYPE_CHECKING:
    from facegan.training.estimate import Estimate
    from facegan.training.plan import Settings


@click.command(cls=ResultCommand)
@click.argument("data", type=PATH)
@click.option("--recipe", help="paper, tiny, celeba128, celeba256 or a TOML file.  [default: celeba128]")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a value of the recipe, such as objective.editor.margin=2; repeatable.",
)
@click.option(
    "--attributes",
    help="Comma-separated: gender, age, glasses, skin, hair, or any label column; with --from, the model's own and new "
    "ones.  [default: all that the data has labels for; the standard ones for CelebA; the model's own with --from]",
)
@click.option("--epochs", type=POSITIVE, help="Passes over the training photos.  [default: the recipe's]")
@click.option("--images", type=click.IntRange(min=1), help="Photos to train on in total, instead of --epochs.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Photos per step.  [default: the recipe's]")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    help="auto is bfloat16 where that is faster.  [default: auto]",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of weights, order and noise.  [default: 0]")
@click.option(
    "--out", type=PATH, default="run", show_default=True, help="The folder of the run: model, checkpoints and logs."
)
@click.option(
    "--checkpoint-minutes",
    type=POSITIVE,
    default=10.0,
    show_default=True,
    help="Minutes between checkpoints; the run also ends with one.",
)
@click.option("--minutes", type=POSITIVE, help="Stop with a checkpoint after this time.")
@click.option(
    "--devices",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="The number of GPUs across which each batch is split.",
)
@click.option(
    "--from",
    "start",
    type=PATH,
    help="Start from the weights of this model: a .keras file or the folder of a run. It may gain --attributes.",
)
@click.option(
    "--grow", is_flag=True, help="Double the size of the model that --from names, by fading in new outer stages."
)
@click.option("--resume", is_flag=True, help="Resume the run in --out exactly where it stopped.")
@OVERWRITE_OPTION
@click.option("--dry-run", is_flag=True, help="Estimate time, memory and disk space without training.")
def train(
    data: Path, recipe: str | None, assignments: Sequence[str], attributes: str | None, epochs: float | None,
    images: int | None, batch_size: int | None, precision: str | None, seed: int | None, out: Path,
    checkpoint_minutes: float, minutes: float | None, devices: int, start: Path | None, grow: bool, resume: bool,
    overwrite: bool, dry_run: bool,
) -> Result:  # fmt: skip
    """Trains a model on the prepared faces in DATA.

    CTRL-C stops the run after the current step and writes a checkpoint to resume from. `tensorboard --logdir` shows
    losses and images.

    \b
    Examples:
      facegan train celeba128
      facegan train drawn64 --recipe tiny --attributes glasses,hair --images 40000
      facegan train my-faces --from run --out mine --images 20000
      facegan train my-faces --from celeba128 --attributes gender,age,glasses,skin,hair,smiling --out mine
      facegan train celeba256 --from run --grow --out run256
    """
    from facegan.attributes import Attributes
    from facegan.data.prepared import PreparedFaces
    from facegan.model_files import describe
    from facegan.recipe import find_recipe
    from facegan.recipe.toml import with_values

    if epochs and images:
        raise FaceganError("--epochs and --images exclude each other; omit one of them")
    if start and resume:
        raise FaceganError("--resume continues with the run's own weights; omit --from")
    if grow and not start:
        why = (
            "--resume continues growing by itself; omit" if resume else "--from must name a model of half the size for"
        )
        raise FaceganError(f"{why} --grow")
    faces = PreparedFaces(data)
    chosen = find_recipe(recipe) if recipe else None

    if attributes:
        # Before the backend is imported, which takes seconds.
        learnt = describe(start)["attribute_names"] if start else ()
        labelled = faces.with_attributes(learnt)
        labelled.check_trainable(Attributes(attributes.split(","), labelled.columns), learnt)
    import_quietly()
    from facegan.exporting.export import add_graphs
    from facegan.training import run
    from facegan.training.checkpoints import Checkpoints
    from facegan.training.devices import join_hosts
    from facegan.training.plan import Settings

    join_hosts()
    if assignments:
        chosen = with_values(chosen or Settings.defaults(start=start, grow=grow).recipe, *assignments)
    usual, planned = run.settings_of_run(out) if resume else (Settings.defaults(chosen, start, grow), None)
    settings = usual.given(
        faces.columns,
        attributes.split(",") if attributes else None,
        recipe=chosen,
        batch_size=batch_size,
        precision=precision,
        seed=seed,
    )
    # The batch size is a value of the recipe, but has an option of its own.
    names = ["batch_size", *vars(settings)] if batch_size else list(vars(settings))
    wrong = [name for name in names if resume and getattr(settings, name) != getattr(usual, name)]
    if wrong:
        option = f"--{wrong[0].replace('_', '-')}"
        raise FaceganError(f"the run in {out} was started with another {option}; resume without it")
    if epochs:
        images = max(1, round(epochs * len(faces.split("train"))))
    if dry_run:
        from facegan.training.estimate import estimate

        return _dry_run(estimate(faces, settings, images or planned, devices, start), settings)
    again = shlex.join(["facegan", "train", str(data), "--out", str(out), "--resume"])
    try:
        path, finished = run.train(
            faces, settings, out, images or planned, checkpoint_minutes, resume, devices, start, minutes,
            overwrite=overwrite,
        )  # fmt: skip
    except KeyboardInterrupt:
        kept = Checkpoints(out / "checkpoints").paths()
        what = f"at once; resume from the last checkpoint with: {again}" if kept else "before the first checkpoint"
        raise Interrupted(f"stopped {what}") from None
    if not finished:
        raise Interrupted(f"stopped with a checkpoint; resume with: {again}")
    add_graphs(path)
    return Result(
        {"model": path, "record": describe(path)["record"]},
        [f"{path} is trained; try: facegan generate --model {path} --count 16"],
    )


def _dry_run(found: Estimate, settings: Settings) -> Result:
    from facegan.training.callbacks import clock

    speed = settings.batch_size / found.seconds_per_step
    rows = [(name, f"{count:,} parameters") for name, count in found.parameters.items()]
    rows += [
        ("total", f"{sum(found.parameters.values()):,} parameters"),
        ("memory", f"{found.peak_memory / 1e9:.1f} GB at the peak of these steps"),
        ("on disk", f"{found.checkpoint / 1e9:.2f} GB per checkpoint, three are kept"),
        ("steps", f"{found.steps:,} of {settings.batch_size} photos, {settings.precision}"),
        ("speed", f"{speed:.1f} images/s"),
        ("time", f"{clock(found.steps * found.seconds_per_step)} for the whole run"),
    ]
    if found.pretraining_steps:
        rows.append(
            ("before that", f"{found.pretraining_steps:,} steps train the attribute finder; their time is not included")
        )
    return Result(
        {"parameters": found.parameters, "steps": found.steps,
         "pretraining_steps": found.pretraining_steps, "peak_memory_bytes": found.peak_memory,
         "checkpoint_bytes": found.checkpoint, "images_per_second": speed,
         "seconds": found.steps * found.seconds_per_step},
        [f"{name:14} {value}" for name, value in rows],
    )  # fmt: skip
