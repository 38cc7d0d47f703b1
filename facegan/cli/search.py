"""`facegan search`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from facegan.cli.options import MODEL_OPTION, OVERWRITE_OPTION, interpret, load_model, parse_edit, report
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH
from facegan.errors import FaceganError


@click.command(cls=ResultCommand)
@click.argument("index", type=PATH)
@click.option("--text", default="", help="A description in plain English or Chinese.")
@click.option("--like", type=PATH, help="A photo or generated face of the person to find.")
@click.option(
    "--set", "wishes", multiple=True, help="An edit of that face before the search, such as glasses=0; repeatable."
)
@click.option(
    "--face", "which", type=click.IntRange(min=1), help="Which face of a photo: 1 is the largest.  [default: 1]"
)
@click.option(
    "--by",
    type=click.Choice(["identity", "attributes"]),
    help="Compare faces by this.  [default: identity if dlib is installed, else attributes]",
)
@click.option("--count", type=click.IntRange(min=1), default=20, show_default=True, help="The number of faces to find.")
@click.option("--out", type=click.Path(), help="Also write a sheet of the faces, such as found.png.")
@OVERWRITE_OPTION
@MODEL_OPTION
def search(
    index: Path, text: str, like: Path | None, wishes: Sequence[str], which: int | None, by: str | None, count: int,
    out: str | None, overwrite: bool, model: Path | None,
) -> Result:  # fmt: skip
    """Finds faces in an INDEX by a description or by a face.

    \b
    Examples:
      facegan search faces.db --text "an older man with glasses and gray hair" --out found.png
      facegan search faces.db --text "戴眼镜的金发年轻女性"
      facegan search faces.db --like generated.png --set glasses=0 --by attributes
    """
    from facegan.edits import Edit
    from facegan.model_files import digest, find_model
    from facegan.rendering.output import Output, Written
    from facegan.rendering.search_results import write_matches
    from facegan.search.query import IDENTITY, SAME_PERSON_SCORE, description, find, likeliest, likeness
    from facegan.search.store import Index

    if bool(text) == bool(like):
        raise FaceganError('use one of --text "a man with glasses" and --like face.png')
    if not like and (wishes or which or by):
        raise FaceganError("--set, --face and --by need --like")
    store = Index(index)
    if like:
        store.check_model(digest(model))
        edit = parse_edit(store.attributes, *wishes) if wishes else Edit()
        query = likeness(load_model(model), like, edit, which, by)
        title = f"like {like.name}" + (f", {store.attributes.describe(edit.wishes)}" if edit.wishes else "")
        click.echo(f"compared by {query.by}; --by changes this", err=True)
    else:
        wished = interpret(text, store.attributes, editing=False)
        query, title = description(store.attributes, wished), store.attributes.describe(wished)
    matches = find(store, query, count)
    written = Written([])
    if out:
        inputs = [index, *(match.photo for match in matches), *([like, find_model(model)] if like else [])]
        output = Output(out, "search", inputs=inputs, overwrite=overwrite)
        if not output.is_sheet:
            raise FaceganError(f"{out} is not an image; --out writes a sheet, such as found.png")
        with output.reserved():
            written = write_matches(query, title, matches, output)
    details = report(written)
    found: list[dict[str, Any]] = [
        {"rank": rank, "score": round(match.score, 4), "photo": match.photo, "face": match.face.number,
         "box": match.face.alignment.bounding_box(), "attributes": likeliest(store.attributes, match.face)}
        for rank, match in enumerate(matches, 1)
    ]  # fmt: skip
    lines = [
        f"{entry['rank']:3} {entry['score']:.3f} {entry['photo']} (face {entry['face']}: "
        f"{store.attributes.describe(entry['attributes'])})"
        for entry in found
    ]
    data = {"by": query.by, "searched": title, "matches": found, "files": written.files, **details}
    if query.by == IDENTITY:
        data["same_person_from"] = SAME_PERSON_SCORE
        click.echo(f"a score of {SAME_PERSON_SCORE:.1f} or more counts as the same person", err=True)
    return Result(data, [*lines, *written.files], written.left_out)
