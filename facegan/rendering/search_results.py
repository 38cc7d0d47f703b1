"""A sheet of the faces that a search has found."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from facegan.errors import FaceganError
from facegan.images import open_image
from facegan.rendering.output import Output, Written
from facegan.search.query import Match, Query
from facegan.sheets import labelled_grid

# Side of a face on the sheet, in pixels.
SIDE = 160


def write_matches(query: Query, title: str, matches: Sequence[Match], output: Output) -> Written:
    """Writes the faces with their scores, after the queried face if there is one.

    Args:
        query: the query.
        title: a description of it, for the provenance.
        matches: the faces found.
        output: a sheet.

    Raises:
        FaceganError: none of the photos can still be read.
    """
    faces, labels, left_out = [], [], dict[Path, str]()
    for rank, match in enumerate(matches, 1):
        try:
            faces.append(match.face.alignment.crop(open_image(match.photo), SIDE))
        except FaceganError as error:
            left_out[match.photo] = str(error)
            continue
        labels.append(f"{rank}. {match.score:.2f} {match.photo.name}")
    if not faces:
        raise FaceganError(next(iter(left_out.values())))
    if query.face:
        faces.insert(0, query.face.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
        labels.insert(0, "searched for")
    sheet = labelled_grid(faces, labels)
    return Written(output.save(sheet, {"searched": title, "by": query.by}), left_out=left_out)
