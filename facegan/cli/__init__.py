"""The command line. Commands import heavy modules when they run, so that `--help` is fast."""

import click

from facegan import __version__
from facegan.cli.align import align
from facegan.cli.augment import augment
from facegan.cli.completion import completion
from facegan.cli.doctor import doctor
from facegan.cli.edit import edit
from facegan.cli.evaluate import evaluate
from facegan.cli.export import export
from facegan.cli.generate import generate
from facegan.cli.index import index
from facegan.cli.info import info
from facegan.cli.prepare import prepare
from facegan.cli.program import OneLineErrors
from facegan.cli.pull import pull
from facegan.cli.push import push
from facegan.cli.recipe import recipe
from facegan.cli.search import search
from facegan.cli.studio import studio
from facegan.cli.train import train


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__)
def main() -> None:
    """Generate faces from a description, and edit faces in photos."""


for command in (
    prepare, augment, recipe, train, generate, edit, studio, align, index, search, evaluate, export, push, pull, info,
    doctor, completion,
):  # fmt: skip
    main.add_command(command)
