"""What generating and editing have in common: the model, and wishes in plain words."""

import sys
from pathlib import Path

import click

from facegan.errors import FaceganError

# Images; more would scroll away.
MOST_SHOWN = 8
MODEL_OPTION = click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="A .keras file, the folder of a run, or celeba128, the packaged model.  [default: the run in run/ if there is "
    "one, else celeba128]",
)

SHOW_OPTION = click.option("--show", "show_them", is_flag=True, help="Also show the images in this terminal.")

OVERWRITE_OPTION = click.option(
    "--overwrite", is_flag=True, help="Replace files that this command did not write; inputs are never replaced."
)


def report(written):
    """Prints the remarks and what was left out, on stderr."""
    for line in (*written.left_out.values(), *written.remarks):
        click.echo(line, err=True)


def details(written):
    """The remarks and what was left out, for --json."""
    left_out = [{"file": path, "reason": reason} for path, reason in written.left_out.items()]
    return {"remarks": written.remarks, "left_out": left_out}


def show(paths):
    """Shows the first few images if stderr is a terminal."""
    from facegan.images import open_image
    from facegan.terminal_images import to_ansi

    if sys.stderr.isatty():
        for path in paths[:MOST_SHOWN]:
            click.echo(to_ansi(open_image(path)), err=True)


def understood(text, described, editing):
    """Parses a sentence into `"gender=female, glasses=1"`; prints what was understood, and what was not, on stderr.

    Args:
        text: in English or Chinese; may be empty.
        described: the model's description, from `inference.describe`.
        editing: whether the sentence is about a change, not about a face.

    Raises:
        FaceganError: it names nothing that the model knows.
    """
    from facegan.attributes import Attributes
    from facegan.sentences import parse_sentence, suggest_word

    if not text:
        return ""
    attributes = Attributes(described["attribute_names"], described["columns"])
    found = parse_sentence(text, attributes, editing)
    if not found.wishes:
        unknown = f" (unknown: {', '.join(found.unknown)})" if found.unknown else ""
        raise FaceganError(f"'{text}' names nothing that this model knows: {', '.join(attributes.names)}{unknown}")
    click.echo(f"understood: {attributes.describe(found.wishes)}", err=True)
    if found.unknown:
        suggestions = ((word, suggest_word(word, attributes)) for word in found.unknown)
        unknown = (f"{word} (did you mean '{known}'?)" if known else word for word, known in suggestions)
        click.echo(f"not understood: {', '.join(unknown)}", err=True)
    for contradiction in found.contradictions:
        click.echo(f"contradiction: {contradiction}; the last one counts", err=True)
    return ", ".join(f"{name}={value}" for name, value in found.wishes.items())


def all_wishes(*parts):
    """Several descriptions as one."""
    return ", ".join(filter(None, parts))
