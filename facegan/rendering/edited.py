"""Edits of any images: aligned faces, or photos with faces in them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from facegan.edits import Edit
from facegan.errors import FaceganError
from facegan.images import open_image
from facegan.inference import FaceModel
from facegan.photos.align import is_aligned
from facegan.photos.photo import PhotoFaces, select_faces_in_each
from facegan.rendering.edited_faces import write_edited, write_grid
from facegan.rendering.edited_photos import write_edited_photos
from facegan.rendering.output import Output, ProgressBar, Written, no_progress

# Fewer faces take a second, and need no progress bar.
MANY_FACES = 32


@dataclass(frozen=True)
class Request:
    """What to do with images, as the options of `facegan edit`.

    Attributes:
        edit: what to change, and the faces' present attributes; without wishes for `grid`.
        strengths: one, or several for a strip or an animation.
        grid: the names of one or two attributes, to write a grid of all their values instead.
        which: of a photo's faces, as for `select_faces`.
        compare: whether to put each photo as it was beside the edited one.
        faces_only: whether to write the faces of photos alone.
        aligned: whether the images are aligned faces; None to find out.
    """

    edit: Edit
    strengths: Sequence[float] = (1.0,)
    grid: Sequence[str] = ()
    which: int | str | None = None
    compare: bool = False
    faces_only: bool = False
    aligned: bool | None = None


def write_edits(
    model: FaceModel, paths: Sequence[Path], request: Request, output: Output, progress_bar: ProgressBar = no_progress
) -> Written:
    """Edits images and writes the results. What cannot be read or has no face is left out, and reported.

    Images count as aligned faces if all of them are, whatever their size: their eyes lie where aligned faces' eyes lie.
    Else they are photos, in which faces are looked for and edited where they are.

    Args:
        model: the model.
        paths: of the images.
        request: what to do with them.
        output: where to write.
        progress_bar: shows what is done.

    Raises:
        FaceganError: nothing could be edited, or options that do not fit aligned faces or photos.
    """
    if request.aligned is None:
        aligned, remarks = _assumption(paths)
    else:
        aligned, remarks = request.aligned, []
    if aligned and (request.which or request.compare):
        raise FaceganError(
            f"--face and --compare are for photos, and {paths[0]} is an aligned face; --no-aligned treats it as a photo"
            ", and a sheet of faces shows before beside after"
        )
    only_faces = aligned or request.faces_only or bool(request.grid)
    with progress_bar(len(paths), "looking for faces" if only_faces else "editing photos") as bar:
        photos = select_faces_in_each(paths, model.size, request.which, aligned or request.aligned, bar.update)
        if only_faces:
            faces = list(photos)
        else:
            written = write_edited_photos(
                model,
                photos,
                paths,
                request.edit,
                request.strengths,
                output,
                bool(request.which),
                request.compare,
            )
    if only_faces:
        written = _write_faces(model, faces, request, output, progress_bar)
    return replace(written, remarks=remarks + written.remarks)


def _assumption(paths: Iterable[Path]) -> tuple[bool, list[str]]:
    """Whether all images that can be read are aligned faces, and what to say about it."""
    count = 0
    for path in paths:
        try:
            image = open_image(path)
        except FaceganError:
            continue
        if not is_aligned(image):
            mixed = f"{path} is not an aligned face, others are: all are treated as photos unless --aligned is given"
            return False, [mixed] if count else []
        count += 1
    which = "the image is an aligned face" if count == 1 else f"all {count} images are aligned faces"
    remark = f"{which}, judging by where the eyes are; --no-aligned treats images as photos"
    return bool(count), [remark] if count else []


def _write_faces(
    model: FaceModel, photos: Sequence[PhotoFaces], request: Request, output: Output, progress_bar: ProgressBar
) -> Written:
    """Edits the faces alone."""
    errors = [(Path(photo.path), photo.error) for photo in photos if photo.error]
    found = [(Path(photo.path), face.crop) for photo in photos for face in photo.faces]
    if not found:
        raise errors[0][1]
    paths, faces = map(list, zip(*found, strict=True))
    attributes = model.attributes
    edits = (
        math.prod(len(attributes.wishes_of(name)) for name in request.grid) if request.grid else len(request.strengths)
    )
    count = len(faces) * edits
    with (progress_bar if count > MANY_FACES else no_progress)(count, "editing faces") as bar:
        model.on_faces = bar.update
        if request.grid:
            edit = replace(request.edit, strength=request.strengths[0])
            written = write_grid(model, paths, faces, request.grid, edit, output)
        else:
            written = write_edited(model, paths, faces, request.edit, request.strengths, output)
    remarks = [remark for photo in photos for remark in photo.remarks(transparent=False)]
    return Written(written.files, remarks + written.remarks, {path: str(error) for path, error in errors})
