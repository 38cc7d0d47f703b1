"""`facegan train`."""

import shlex
from pathlib import Path

import click

from facegan.cli.program import Interrupted, import_quietly
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import Number
from facegan.errors import FaceganError


@click.command(cls=ResultCommand)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--recipe", "recipe_name", help="paper, tiny, celeba128 or a TOML file.  [default: celeba128]")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a value of the recipe, such as objective.editor.margin=2; repeatable.",
)
@click.option(
    "--attributes",
    help="Comma-separated: gender, age, glasses, skin, hair, or any label column.  [default: these five]",
)
@click.option(
    "--epochs",
    type=Number(min=0, min_open=True),
    help="Passes over the training photos.  [default: the recipe's]",
)
@click.option("--images", type=click.IntRange(min=1), help="Photos to train on in total, instead of --epochs.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Photos per step.  [default: the recipe's]")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    help="auto is bfloat16 where that is faster.  [default: auto]",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of weights, order and noise.  [default: 0]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="run",
    show_default=True,
    help="The folder of the run, with model, checkpoints and logs.",
)
@click.option(
    "--checkpoint-minutes",
    type=Number(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Minutes between two checkpoints; the run also ends with one.",
)
@click.option("--minutes", type=Number(min=0, min_open=True), help="Stop with a checkpoint after this time.")
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
    help="Start from the weights of this model: a .keras file or the folder of a run.",
)
@click.option("--resume", is_flag=True, help="Resume the run in --out exactly where it stopped.")
@click.option("--dry-run", is_flag=True, help="Estimate time, memory and disk space without training.")
def train(
    data, recipe_name, assignments, attributes, epochs, images, batch_size, precision, seed, out, checkpoint_minutes,
    minutes, devices, start, resume, dry_run,
):  # fmt: skip
    """Trains a model on the prepared faces in DATA.

    CTRL-C stops the run after the current step with a checkpoint to resume from. `tensorboard --logdir` shows losses
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
        raise FaceganError("--epochs and --images exclude each other; omit one of them")
    if start and resume:
        raise FaceganError("--resume continues with the run's own weights; omit --from")
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
        raise Interrupted(f"stopped with a checkpoint; resume with: {again}")
    return Result(
        {"model": path, "record": describe(path)["record"]},
        [f"{path} is trained; try: facegan generate --model {path} --count 16"],
    )


def _greeting(faces, settings):
    """Prints what is trained when training begins; a run that cannot begin prints only its error."""
    from keras.callbacks import LambdaCallback

    line = (
        f"training {settings.recipe.name} on {len(faces.part('train'))} faces of {faces.size}x{faces.size}: "
        f"{', '.join(settings.attributes)}; {settings.precision}, batches of {settings.batch_size}"
    )
    return LambdaCallback(on_train_begin=lambda logs: click.echo(line, err=True))


def _recipe(name, assignments, start):
    """The recipe that the options name, or that of the model to start from; None if neither is given."""
    from facegan.model_files import describe
    from facegan.recipe import Recipe, find_recipe
    from facegan.recipe.toml import read_recipe, with_values

    if name and name.endswith(".toml"):
        recipe = read_recipe(name)
    elif name or (assignments and not start):
        recipe = find_recipe(name or "celeba128")
    else:
        recipe = Recipe.from_dict(describe(start)["recipe"]) if start else None
    return with_values(recipe, *assignments) if assignments else recipe


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
        ("total", f"{sum(found.parameters.values()):,} parameters"),
        ("memory", f"{found.peak_memory / 1e9:.1f} GB at the peak of these steps"),
        ("on disk", f"{found.checkpoint / 1e9:.2f} GB per checkpoint, three are kept"),
        ("steps", f"{found.steps:,} of {settings.batch_size} photos, {settings.precision}"),
        ("speed", f"{speed:.1f} images/s"),
        ("time", f"{clock(found.steps * found.seconds_per_step)} for the whole run"),
    ]
    return Result(
        {"parameters": found.parameters, "steps": found.steps, "peak_memory_bytes": found.peak_memory,
         "checkpoint_bytes": found.checkpoint, "images_per_second": speed,
         "seconds": found.steps * found.seconds_per_step},
        [f"{name:14} {value}" for name, value in rows],
    )  # fmt: skip
