"""Options that several commands share, parsing of edits, and reports on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facegan.cli.program import import_quietly
from facegan.cli.types import PATH
from facegan.errors import FaceganError

if TYPE_CHECKING:
    from facegan.attributes import Attributes
    from facegan.edits import Edit, Wishes
    from facegan.inference import FaceModel
    from facegan.rendering.output import Written

# More images would scroll out of the terminal.
MOST_SHOWN = 8
MODEL_OPTION = click.option(
    "--model",
    type=PATH,
    help="A .keras file, the folder of a run, or celeba128, the packaged model.  [default: the run in run/ if there is "
    "one, else celeba128]",
)

SHOW_OPTION = click.option("--show", "show_them", is_flag=True, help="Also show the images in this terminal.")

OVERWRITE_OPTION = click.option(
    "--overwrite", is_flag=True, help="Replace files that this command did not write; inputs are never replaced."
)


def report(written: Written) -> dict[str, Any]:
    """Prints on stderr the remarks and the reasons why inputs were left out; returns both for --json."""
    for line in (*written.left_out.values(), *written.remarks):
        click.echo(line, err=True)
    left_out = [{"file": path, "reason": reason} for path, reason in written.left_out.items()]
    return {"remarks": written.remarks, "left_out": left_out}


def show(paths: Sequence[Path]) -> None:
    """Shows the first few images if stderr is a terminal."""
    from facegan.images import open_image
    from facegan.terminal_images import to_ansi

    if sys.stderr.isatty():
        for path in paths[:MOST_SHOWN]:
            click.echo(to_ansi(open_image(path)), err=True)


def note_default_model(model: Path | None) -> None:
    """Prints a note on stderr if the run in this folder is used because no model was named."""
    from facegan.model_files import PACKAGED, RUN, find_model

    if model is None and (used := find_model()).parent == Path(RUN):
        click.echo(f"the model is {used}, the run in this folder; --model {PACKAGED} is the packaged one", err=True)


def load_model(model: Path | None) -> FaceModel:
    """Loads a model; Keras is imported quietly, and only for a model without exported graphs."""
    from facegan.inference import load
    from facegan.model_files import holds_graphs

    if not holds_graphs(model):
        import_quietly()
    return load(model)


def model_attributes(model: Path | None) -> Attributes:
    """The attributes of a model, from its description."""
    from facegan.attributes import Attributes
    from facegan.model_files import describe

    described = describe(model)
    return Attributes(described["attribute_names"], described["columns"])


def parse_edit(attributes: Attributes, *wishes: Wishes, source: str = "", force: bool = False) -> Edit:
    """Parses an edit; one without a wish is an error."""
    from facegan.edits import Edit

    edit = Edit.parse(attributes, *wishes, source=source, force=force)
    if not edit.wishes:
        raise FaceganError("an empty edit; name what to change, as in glasses=1")
    return edit


def interpret(text: str, attributes: Attributes, editing: bool) -> dict[str, str]:
    """Parses a sentence into `{attribute: value}`; reports on stderr which words were understood and which were not.

    Args:
        text: in English or Chinese; may be empty.
        attributes: the model's.
        editing: whether the sentence describes a change rather than a face.

    Raises:
        FaceganError: it names no attribute of the model.
    """
    from facegan.sentences import interpret_sentence

    if not text:
        return {}
    wishes, remarks = interpret_sentence(text, attributes, editing)
    for remark in remarks:
        click.echo(remark, err=True)
    return wishes
