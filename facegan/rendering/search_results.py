"""Faces that a search has found, as a sheet."""

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
    """Writes the faces with their scores, after the face that was searched for if there is one.

    Args:
        query: what was searched for.
        title: the same in words, for the provenance.
        matches: what was found.
        output: a sheet.

    Raises:
        FaceganError: none of the photos can be read any more.
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
