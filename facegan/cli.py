"""The command line. Everything heavy is imported within the commands, so that `--help` is quick."""

import faulthandler
import importlib
import math
import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path

import click
from click.core import ParameterSource

from facegan import __version__
from facegan.errors import FaceganError

BAD_INPUT = 2
INTERRUPTED = 130


class OneLineErrors(click.Group):
    """What goes wrong with a person's input is one line on stderr and exit code 2, without a traceback."""

    def main(self, args=None, **kwargs):
        try:
            super().main(args, standalone_mode=False, **kwargs)
        except FaceganError as error:
            _leave(str(error), BAD_INPUT)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.ctx.get_help())
        except click.ClickException as error:
            _leave(error.format_message(), BAD_INPUT)
        except BrokenPipeError:
            # Whoever read the output has seen enough (`facegan info | head`); what is still to come goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            _leave(f"{name}{error.strerror or error}", BAD_INPUT)
        except (click.Abort, KeyboardInterrupt):
            _leave("stopped", INTERRUPTED)
        except click.exceptions.Exit as leaving:
            sys.exit(leaving.exit_code)
        sys.exit(0)


def _leave(message, code):
    click.echo(f"facegan: {' '.join(message.splitlines())}", err=True)
    sys.exit(code)


def _import_keras():
    _import_quietly("keras")


def _import_quietly(module):
    """Imports Keras, or what imports TensorFlow, without the page of notices that TensorFlow greets with.

    Some of them no setting stops, so stderr is turned away during the import, below Python: what fails still comes
    as an exception, and a crash in native code is still reported.
    """
    if module in sys.modules:
        return
    # Of what comes later, errors stay: as exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    faulthandler.enable(stderr)
    os.dup2(nowhere, 2)
    try:
        importlib.import_module(module)
    finally:
        os.dup2(stderr, 2)
        faulthandler.disable()
        os.close(stderr)
        os.close(nowhere)


class Number(click.FloatRange):
    """A range without "not a number" and infinity, which click lets through."""

    def convert(self, value, param, ctx):
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a number to work with.", param, ctx)
        return number


class Strengths(click.ParamType):
    """A number, or `first:last:step` for several: a tuple."""

    name = "strength"
    most = 100

    def convert(self, value, param, ctx):
        if isinstance(value, tuple):
            return value
        numbers = [Number(min=0).convert(part, param, ctx) for part in str(value).split(":")]
        if len(numbers) == 1:
            return tuple(numbers)
        if len(numbers) != 3 or not 0 < numbers[2] or numbers[1] < numbers[0]:
            self.fail(f"'{value}' is neither a number nor first:last:step, as in 0:2:0.25.", param, ctx)
        first, last, step = numbers
        # Half a step more, so that rounding does not lose the last one.
        count = int((last - first) / step + 1.5) if (last - first) / step < self.most else self.most + 1
        if count > self.most:
            self.fail(f"'{value}' is more than {self.most} strengths.", param, ctx)
        return tuple(round(first + index * step, 6) for index in range(count))


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__)
def main():
    """Describe a face and get it; then change it, or change a photo."""


@main.command()
@click.argument("source")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--size", default=128, show_default=True, help="Side of a face in pixels: 32, 64, 128 or 256.")
@click.option(
    "--labels", type=click.Path(path_type=Path),
    help="The label file, where it does not lie with the photos.",
)
@click.option("--count", type=click.IntRange(min=1), help="How many faces to draw, if SOURCE is 'drawn'.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0),
    help="Of the split, and of drawn faces.",
)
def prepare(source, out, size, labels, count, seed):
    """Reads labelled faces from SOURCE, crops and resizes them, and writes a data set to the folder OUT.

    SOURCE is CelebA's folder or its img_align_celeba.zip; or any folder of pictures with a CSV file of labels; or the
    word 'drawn', for faces that the program draws. Stopped and started again, it goes on where it was.

    \b
    Examples:
      facegan prepare ~/CelebA celeba128
      facegan prepare drawn drawn64 --size 64 --count 4000
    """
    from facegan.data.prepare import prepare as prepare_faces
    from facegan.data.source import open_source

    place = next(folder for folder in out.absolute().parents if folder.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise FaceganError(f"cannot write {out}: {place} is not a folder to write to")
    try:
        faces = prepare_faces(open_source(source, labels, count, seed), out, size, seed)
    except KeyboardInterrupt:
        _leave("stopped; the same command goes on from here", INTERRUPTED)
    except OSError as error:
        reason = error.strerror or error
        _leave(f"cannot write {out}: {reason}; when that is mended, the same command goes on from here", BAD_INPUT)
    parts = ", ".join(f"{len(faces.part(name))} {name}" for name in ("train", "validation", "test"))
    click.echo(f"{out}: {len(faces)} faces of {size}x{size} ({parts})")
    if faces.info["left_out"]:
        click.echo(f"{faces.info['left_out']} pictures were left out: {out / 'left_out.csv'} says why", err=True)


@main.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--preset", "preset_name", help="The recipe: paper, tiny or celeba128.  [default: paper]")
@click.option(
    "--attributes",
    help="Comma-separated: any of gender, age, glasses, skin, hair, and any label column.  [default: the five]",
)
@click.option(
    "--epochs", type=Number(min=0, min_open=True),
    help="Passes over the training photos.  [default: the preset's]",
)
@click.option("--images", type=click.IntRange(min=1), help="Photos to see in all, instead of --epochs.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Photos in a step.  [default: the preset's]")
@click.option(
    "--precision", type=click.Choice(["auto", "float32", "bfloat16"]),
    help="bfloat16 where the machine is made for it.  [default: auto]",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Of weights, order and noise.  [default: 0]")
@click.option(
    "--out", type=click.Path(path_type=Path), default="run", show_default=True,
    help="The run's folder: model, checkpoints, logs.",
)
@click.option(
    "--checkpoint-minutes", type=Number(min=0, min_open=True), default=10.0, show_default=True,
    help="Between two checkpoints; there is one after every epoch as well.",
)
@click.option(
    "--devices", type=click.IntRange(min=1), default=1, show_default=True,
    help="How many GPUs share out each batch between them.",
)
@click.option(
    "--from", "start", type=click.Path(path_type=Path),
    help="Begin with the weights of this model: a .keras file or the folder of a run.",
)
@click.option("--resume", is_flag=True, help="Go on exactly where the run in --out was.")
@click.option("--dry-run", is_flag=True, help="Say what the run would take; start nothing.")
def train(
    data, preset_name, attributes, epochs, images, batch_size, precision, seed, out, checkpoint_minutes, devices, start,
    resume, dry_run,
):  # fmt: skip
    """Trains a model on the prepared faces in DATA.

    CTRL-C ends the run after the current step, with a checkpoint to go on from. `tensorboard --logdir` shows losses
    and pictures.

    \b
    Examples:
      facegan train celeba128
      facegan train drawn64 --preset tiny --attributes glasses,hair --images 40000
      facegan train my-faces --from run --out mine --images 20000
    """
    from facegan.data.prepared import PreparedFaces

    if epochs and images:
        raise FaceganError("--epochs and --images say the same thing; give one of them")
    if start and resume:
        raise FaceganError("--resume goes on with the run's own weights; leave out --from")
    faces = PreparedFaces(data)

    _import_keras()
    from facegan.training import run
    from facegan.training.devices import join_hosts

    join_hosts()
    given = _given_settings(preset_name, attributes, batch_size, precision, seed, faces)
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
    if dry_run:
        return _dry_run(faces, settings, images or planned, devices)
    path, finished = run.train(
        faces, settings, out, images or planned, checkpoint_minutes, resume, devices, start,
        callbacks=[_greeting(faces, settings)],
    )
    if not finished:
        again = shlex.join(["facegan", "train", str(data), "--out", str(out), "--resume"])
        _leave(f"stopped, with a checkpoint; go on with: {again}", INTERRUPTED)
    click.echo(f"{path} is trained; try: facegan generate --model {path} --count 16")


def _greeting(faces, settings):
    """Says what is trained, once it begins: a run that cannot begin has only its error to tell."""
    from keras.callbacks import LambdaCallback

    line = (
        f"training {settings.preset.name} on {len(faces.part('train'))} faces of {faces.size}x{faces.size}: "
        f"{', '.join(settings.attributes)}; {settings.precision}, batches of {settings.batch_size}"
    )
    return LambdaCallback(on_train_begin=lambda logs: click.echo(line, err=True))


def _given_settings(preset_name, attributes, batch_size, precision, seed, faces):
    from facegan.attributes import Attributes
    from facegan.models.precision import choose_precision
    from facegan.presets import preset

    given = {
        "preset": preset_name and preset(preset_name),
        "attributes": attributes and Attributes(attributes.split(","), faces.columns).names,
        "batch_size": batch_size,
        "precision": precision and choose_precision(precision),
        "seed": seed,
    }
    return {name: value for name, value in given.items() if value is not None}


def _new_settings(given, faces, start):
    from facegan.attributes import FIVE_NAMES, Attributes
    from facegan.inference import describe
    from facegan.models.precision import choose_precision
    from facegan.presets import Preset, preset
    from facegan.training.run import Settings

    begun = describe(start) if start else None
    recipe = given.get("preset") or (Preset(**begun["preset"]) if begun else preset("paper"))
    defaults = {
        "preset": recipe,
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
    for name, value in rows:
        click.echo(f"{name:14} {value}")


def _understood(text, described, editing):
    """A sentence as `"gender=female, glasses=1"`; says on stderr what was made of it, and what was not."""
    from facegan.attributes import Attributes
    from facegan.sentences import understand

    if not text:
        return ""
    attributes = Attributes(described["attribute_names"], described["columns"])
    found = understand(text, attributes, editing)
    if not found.wishes:
        unknown = f" (unknown: {', '.join(found.unknown)})" if found.unknown else ""
        raise FaceganError(f"'{text}' names nothing of what this model knows: {', '.join(attributes.names)}{unknown}")
    click.echo(f"understood: {attributes.describe(found.wishes)}", err=True)
    if found.unknown:
        click.echo(f"not understood: {', '.join(found.unknown)}", err=True)
    return ", ".join(f"{name}={value}" for name, value in found.wishes.items())


def _like(path):
    from facegan.provenance import read_provenance

    made = read_provenance(path)
    if "seed" not in made:
        raise FaceganError(f"{path} was edited, not generated")
    return made


def _all_wishes(*parts):
    return ", ".join(filter(None, parts))


MODEL_OPTION = click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="A .keras file, the folder of a run, or celeba64, which comes with the package.  [default: the run in run/ if "
    "there is one, else celeba64]",
)


@main.command()
@click.option(
    "--attrs", default="",
    help="What the faces shall be like, as in the examples. The rest is drawn as it occurs in the training data.",
)
@click.option("--text", default="", help="The same in plain words, in English or Chinese.")
@click.option("--count", type=click.IntRange(min=1), default=16, show_default=True, help="How many faces.")
@click.option(
    "--seed", type=click.IntRange(min=0),
    help="The same seed gives the same faces.  [default: a new one, printed]",
)
@click.option(
    "--like", type=click.Path(path_type=Path),
    help="A .png that facegan generated: its description, count, seed and edits, where no other are given.",
)
@click.option("--then", multiple=True, help="Then edit them: an edit, one column in the sheet. Can be given again.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="faces.png", show_default=True,
    help="A picture for a labelled sheet, or a folder for single files.",
)
@MODEL_OPTION
def generate(attrs, text, count, seed, like, then, out, model):
    """Makes faces from a description; and, with --then, edits what was made.

    \b
    Examples:
      facegan generate --attrs "gender=female,age=young,glasses=1,hair=blond" --count 16 --seed 7
      facegan generate --attrs "male, glasses" --then "glasses=0" --then "hair=black" --out steps.png
      facegan generate --text "a young blonde woman with glasses"
      facegan generate --like steps.png --count 100 --out more/
    """
    from facegan.inference import describe, load
    from facegan.pictures import check_output, write_generated

    check_output(out)
    if like:
        made = _like(like)
        given = lambda name: click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT
        attrs = attrs if given("attrs") or given("text") else made["attrs"]
        count, seed, then = (
            value if given(name) else made[name] for name, value in (("count", count), ("seed", seed), ("then", then))
        )
    attrs = _all_wishes(_understood(text, describe(model), editing=False), attrs)
    _import_keras()
    if seed is None:
        seed = int.from_bytes(os.urandom(4), "little")
        click.echo(f"seed {seed}", err=True)
    for path in write_generated(load(model), attrs, count, seed, then, out):
        click.echo(path)


class FaceNumber(click.IntRange):
    """The number of a face, from 1, or the word `all`."""

    name = "number|all"

    def __init__(self):
        super().__init__(min=1)

    def convert(self, value, param, ctx):
        return value if value == "all" else super().convert(value, param, ctx)


@main.command()
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--set", "wishes", multiple=True, help="What to change: glasses=1. Can be given again.")
@click.option("--say", default="", help="The same in plain words, in English or Chinese.")
@click.option(
    "--strength", "strengths", type=Strengths(), default="1", show_default=True,
    help="0 changes nothing; above 1 exaggerates. 0:2:0.25 makes a strip.",
)
@click.option("--from", "source", help="What the faces are like now. What it leaves out, the model finds out.")
@click.option("--face", "which", type=FaceNumber(), help="Which face of a photo: 1 is the largest.  [default: 1]")
@click.option("--compare", is_flag=True, help="Put each photo as it was beside what became of it.")
@click.option("--faces-only", is_flag=True, help="Write the faces alone, aligned and of the model's size.")
@click.option("--aligned", is_flag=True, help="Take all pictures for aligned faces as they are, whatever their size.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="edited.png", show_default=True,
    help="For a photo, a picture or a .gif of the edit growing; for aligned faces, a sheet of before and after or a "
    ".gif; or a folder for single files.",
)
@MODEL_OPTION
def edit(images, wishes, say, strengths, source, which, compare, faces_only, aligned, out, model):
    """Changes attributes of the faces in IMAGES, or in all pictures of a folder.

    In a photo, faces are looked for, and edited where they are. Squares of up to 256 pixels, and CelebA's 178x218,
    are taken for aligned faces as they are.

    \b
    Examples:
      facegan edit holiday.jpg --set glasses=1 --face all --out with-glasses.png
      facegan edit holiday.jpg --say "take off the glasses and make the hair black" --compare
      facegan edit faces/ --set age=old --strength 0.7 --out older/
      facegan edit face.png --set glasses=1 --strength 0:1.5:0.1 --out growing.gif
    """
    from facegan.images import find_images, open_image, square
    from facegan.inference import describe, load
    from facegan.photos.photo import faces_in, is_aligned
    from facegan.pictures import check_output, is_animation, write_edited, write_edited_photos

    if is_animation(out) and len(strengths) < 2:
        raise FaceganError("an animation needs several strengths: --strength 0:1.5:0.1")
    if not wishes and not say:
        raise FaceganError('nothing to change: add --set glasses=1, say, or --say "take off the glasses"')
    check_output(out, animation=True)
    described = describe(model)
    size, wishes = described["image_size"], _all_wishes(_understood(say, described, editing=True), *wishes)
    paths = find_images(list(images))
    whole = aligned or all(is_aligned(open_image(path)) for path in paths)
    _import_keras()
    if not whole:
        _import_quietly("mtcnn")
    if not whole and not faces_only:
        written, remarks = write_edited_photos(load(model), paths, wishes, strengths, source, out, which, compare)
        for remark in remarks:
            click.echo(remark, err=True)
    else:
        # Made small at once: there may be thousands of large photos.
        faces = [(path, square(open_image(path), size)) for path in paths] if whole else _cut_out(paths, size, which)
        written = write_edited(load(model), *map(list, zip(*faces)), wishes, strengths, source, out)
    for path in written:
        click.echo(path)


def _cut_out(paths, size, which):
    """`(path, face)` of every face of every photo; says on stderr which photos have none."""
    from facegan.images import open_image
    from facegan.photos.photo import faces_in

    faces, errors = [], []
    for path in paths:
        try:
            faces += [(path, face.crop) for face in faces_in(open_image(path), size, which, path)[0]]
        except FaceganError as error:
            errors.append(error)
    if not faces:
        raise errors[0]
    for error in errors:
        click.echo(str(error), err=True)
    return faces


@main.command()
@click.argument("photos", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--size", default=256, show_default=True, type=click.IntRange(32, 1024), help="Side of a face in pixels.")
@click.option("--face", "which", type=FaceNumber(), default="all", show_default=True, help="Which: 1 is the largest.")
def align(photos, out, size, which):
    """Cuts the faces out of PHOTOS, a photo or a folder, and writes them to the folder OUT, aligned like CelebA's.

    With a CSV file of labels, OUT is then what `facegan prepare` reads: own photos become training data.

    \b
    Examples:
      facegan align ~/Pictures/friends faces
      facegan align group.jpg faces --size 128 --face 1
    """
    from facegan.images import find_images
    from facegan.pictures import check_folder, write_aligned

    check_folder(out)
    paths = find_images([photos])
    _import_quietly("mtcnn")
    with click.progressbar(paths, label="looking for faces", file=sys.stderr) as bar:
        written, errors = write_aligned(bar, size, which, out)
    for error in errors:
        click.echo(str(error), err=True)
    if not written:
        raise FaceganError(f"no face to be used in {photos}")
    click.echo(f"{out}: {len(written)} faces of {size}x{size} from {len(paths)} photos, {len(errors)} without")


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default="report", show_default=True,
    help="The folder for the page, its pictures and the figures.",
)
@click.option(
    "--faces", "limit", type=click.IntRange(min=1), default=200, show_default=True,
    help="How many test faces to try each edit on.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of which faces these are.")
@click.option("--inception", is_flag=True, help="Measure fid_inception too; downloads InceptionV3's weights.")
def evaluate(model, data, out, limit, seed, inception):
    """Measures a MODEL on the test part of the prepared faces in DATA.

    The judge is a classifier of its own, trained on the training part the first time (minutes) and kept in DATA.

    \b
    Examples:
      facegan evaluate run celeba128
      facegan evaluate run/model.keras celeba128 --out report --faces 50
    """
    from facegan.data.prepared import PreparedFaces
    from facegan.inference import describe, load

    described = describe(model)
    faces = PreparedFaces(data)
    if out.exists() and not out.is_dir():
        raise FaceganError(f"cannot write {out}: it is there already and is not a folder")
    _import_keras()
    from facegan.evaluation.evaluate import Evaluation, check
    from facegan.evaluation.judge import judge_of
    from facegan.evaluation.report import write_report

    networks = load(model)
    check(networks, faces)
    evaluation = Evaluation(networks, faces, judge_of(faces), limit, seed, inception)
    for name, value in evaluation.figures.items():
        click.echo(f"{name:32} {'not measured' if value is None else format(value, '.3f')}")
    click.echo(write_report(evaluation, described, out))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def doctor(as_json):
    """Says what there is on this machine, and what is missing for what.

    \b
    Examples:
      facegan doctor
      KERAS_BACKEND=jax facegan doctor --json
    """
    import json

    from facegan.doctor import examine

    with suppress(ImportError):
        _import_keras()
    found = examine()
    if as_json:
        return click.echo(json.dumps([dict(zip(("what", "found", "advice"), row)) for row in found], indent=2))
    for what, state, advice in found:
        click.echo(f"{what:15} {state}" + (f"  ({advice})" if advice else ""))


@main.command()
@click.argument("model", type=click.Path(path_type=Path), required=False)
def info(model):
    """Prints what a MODEL is: networks, attributes, data and how its training went.

    \b
    Examples:
      facegan info celeba64
      facegan info run/model.keras
    """
    from facegan.inference import describe, find_model

    described = describe(model)
    record = described["record"]
    data, settings, history = record["data"], record["settings"], record["history"]
    parts = ", ".join(f"{count:,} {part}" for part, count in data["parts"].items())
    size = described["image_size"]
    click.echo(f"{find_model(model)}: {described['preset']['name']}, {size}x{size} pixels")
    card = find_model(model).with_suffix(".md")
    if card.exists():
        click.echo(f"card         {card}: what it is good and bad at, and what it is for")
    click.echo(f"attributes   {', '.join(described['attribute_names'])}")
    click.echo(f"data         {data['source']['name']}: {parts}")
    click.echo(f"terms        {data['source']['terms']}")
    click.echo(f"settings     {settings['precision']}, batches of {settings['batch_size']}, seed {settings['seed']}")
    before = record.get("images_before")
    click.echo(f"images seen  {record['images_seen']:,}" + (f", after {before:,} by the model it began with" if before else ""))
    for name, value in described["preset"].items():
        click.echo(f"  {name:26} {value}")
    if history:
        click.echo("history      images, images a second, mean losses")
    for epoch in history:
        losses = "  ".join(f"{name} {value:.3f}" for name, value in epoch["losses"].items() if "/" not in name)
        click.echo(f"  {epoch['images']:>10,}  {epoch['images_per_second']:>7}  {losses}")
