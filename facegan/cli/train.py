"""`facegan train`."""

import shlex
from pathlib import Path

import click

from facegan.cli.answers import Answer, Answering
from facegan.cli.program import Interrupted, import_quietly
from facegan.cli.types import Number
from facegan.errors import FaceganError


@click.command(cls=Answering)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--recipe", "recipe_name", help="paper, tiny, celeba128 or a TOML file.  [default: celeba128]")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a value of the recipe: objective.editor.margin=2. Repeatable.",
)
@click.option(
    "--attributes",
    help="Comma-separated: any of gender, age, glasses, skin, hair, and any label column.  [default: the five]",
)
@click.option(
    "--epochs",
    type=Number(min=0, min_open=True),
    help="Passes over the training photos.  [default: the recipe's]",
)
@click.option("--images", type=click.IntRange(min=1), help="Photos to train on in all, instead of --epochs.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Photos in a step.  [default: the recipe's]")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    help="bfloat16 where it is faster.  [default: auto]",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Of weights, order and noise.  [default: 0]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="run",
    show_default=True,
    help="The run's folder: model, checkpoints, logs.",
)
@click.option(
    "--checkpoint-minutes",
    type=Number(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Between two checkpoints; there is one at the end as well.",
)
@click.option("--minutes", type=Number(min=0, min_open=True), help="End with a checkpoint after so many minutes.")
@click.option(
    "--devices",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="The number of GPUs that share each batch.",
)
@click.option(
    "--from",
    "start",
    type=click.Path(path_type=Path),
    help="Begin with the weights of this model: a .keras file or the folder of a run.",
)
@click.option("--resume", is_flag=True, help="Resume the run in --out exactly where it stopped.")
@click.option("--dry-run", is_flag=True, help="Estimate what the run takes; start nothing.")
def train(
    data, recipe_name, assignments, attributes, epochs, images, batch_size, precision, seed, out, checkpoint_minutes,
    minutes, devices, start, resume, dry_run,
):  # fmt: skip
    """Trains a model on the prepared faces in DATA.

    CTRL-C ends the run after the current step, with a checkpoint to resume from. `tensorboard --logdir` shows losses
    and pictures.

    \b
    Examples:
      facegan train celeba128
      facegan train drawn64 --recipe tiny --attributes glasses,hair --images 40000
      facegan train my-faces --from run --out mine --images 20000
    """
    from facegan.attributes import Attributes
    from facegan.data.prepared import PreparedFaces
    from facegan.model_files import describe

    if epochs and images:
        raise FaceganError("--epochs and --images say the same thing; give one of them")
    if start and resume:
        raise FaceganError("--resume goes on with the run's own weights; leave out --from")
    faces = PreparedFaces(data)

    import_quietly()
    from facegan.training import run
    from facegan.training.devices import join_hosts

    join_hosts()
    recipe = _recipe(recipe_name, assignments, start)
    given = _given_settings(recipe, attributes, batch_size, precision, seed, faces)
    if resume:
        settings, planned = run.settings_of_run(out)
        wrong = [name for name, value in given.items() if getattr(settings, name) != value]
        if wrong:
            option = f"--{wrong[0].replace('_', '-')}"
            raise FaceganError(f"the run in {out} was started with another {option}; resume without it")
    else:
        settings, planned = _new_settings(given, faces, start), None
    if epochs:
        images = max(1, round(epochs * len(faces.part("train"))))
    faces.check_trainable(Attributes(settings.attributes, faces.columns))
    if dry_run:
        return _dry_run(faces, settings, images or planned, devices)
    path, finished = run.train(
        faces,
        settings,
        out,
        images or planned,
        checkpoint_minutes,
        resume,
        devices,
        start,
        minutes,
        callbacks=[_greeting(faces, settings)],
    )
    if not finished:
        again = shlex.join(["facegan", "train", str(data), "--out", str(out), "--resume"])
        raise Interrupted(f"stopped, with a checkpoint; go on with: {again}")
    return Answer(
        {"model": path, "record": describe(path)["record"]},
        [f"{path} is trained; try: facegan generate --model {path} --count 16"],
    )


def _greeting(faces, settings):
    """Says what is trained, once it begins: a run that cannot begin has only its error to tell."""
    from keras.callbacks import LambdaCallback

    line = (
        f"training {settings.recipe.name} on {len(faces.part('train'))} faces of {faces.size}x{faces.size}: "
        f"{', '.join(settings.attributes)}; {settings.precision}, batches of {settings.batch_size}"
    )
    return LambdaCallback(on_train_begin=lambda logs: click.echo(line, err=True))


def _recipe(name, assignments, start):
    """The recipe that the options name, or the one of the model to begin with; None where neither is given."""
    from facegan.model_files import describe
    from facegan.recipe import Recipe, find_recipe
    from facegan.recipe.toml import read_recipe, with_value

    if name and name.endswith(".toml"):
        recipe = read_recipe(name)
    elif name or (assignments and not start):
        recipe = find_recipe(name or "celeba128")
    else:
        recipe = Recipe.from_dict(describe(start)["recipe"]) if start else None
    for assignment in assignments:
        recipe = with_value(recipe, assignment)
    return recipe


def _given_settings(recipe, attributes, batch_size, precision, seed, faces):
    from facegan.attributes import Attributes
    from facegan.models.precision import choose_precision

    given = {
        "recipe": recipe,
        "attributes": attributes and Attributes(attributes.split(","), faces.columns).names,
        "batch_size": batch_size,
        "precision": precision and choose_precision(precision),
        "seed": seed,
    }
    return {name: value for name, value in given.items() if value is not None}


def _new_settings(given, faces, start):
    from facegan.attributes import FIVE_NAMES, Attributes
    from facegan.model_files import describe
    from facegan.models.precision import choose_precision
    from facegan.recipe import find_recipe
    from facegan.training.run import Settings

    begun = describe(start) if start else None
    recipe = given.get("recipe") or find_recipe("celeba128")
    defaults = {
        "recipe": recipe,
        "attributes": begun["attribute_names"] if begun else FIVE_NAMES,
        "batch_size": recipe.batch_size,
        "precision": choose_precision("auto"),
        "seed": 0,
    }
    values = defaults | given
    values["attributes"] = Attributes(values["attributes"], faces.columns).names
    return Settings(**values)


def _dry_run(faces, settings, images, devices):
    from facegan.training.callbacks import clock
    from facegan.training.estimate import estimate

    found = estimate(faces, settings, images, devices)
    speed = settings.batch_size / found.seconds_per_step
    rows = [(name, f"{count:,} parameters") for name, count in found.parameters.items()]
    rows += [
        ("in all", f"{sum(found.parameters.values()):,} parameters"),
        ("memory", f"{found.peak_memory / 1e9:.1f} GB at the highest, in these steps"),
        ("on disk", f"{found.checkpoint / 1e9:.2f} GB a checkpoint, three are kept"),
        ("steps", f"{found.steps:,} of {settings.batch_size} photos, {settings.precision}"),
        ("speed", f"{speed:.1f} images/s"),
        ("time", f"{clock(found.steps * found.seconds_per_step)} for the whole run"),
    ]
    return Answer(
        {"parameters": found.parameters, "steps": found.steps, "peak_memory_bytes": found.peak_memory,
         "checkpoint_bytes": found.checkpoint, "images_per_second": speed,
         "seconds": found.steps * found.seconds_per_step},
        [f"{name:14} {value}" for name, value in rows],
    )  # fmt: skip
