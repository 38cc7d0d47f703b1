"""Edits of images: aligned faces, or photos with faces in them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from facegan.errors import FaceganError
from facegan.images import open_image
from facegan.inference import FaceModel
from facegan.photos.align import is_aligned
from facegan.photos.photo import PhotoFaces, select_faces_in_each
from facegan.progress import progress_bar
from facegan.rendering.edited_faces import write_edited
from facegan.rendering.edited_photos import write_edited_photos
from facegan.rendering.output import Output, Written, counting_faces
from facegan.rendering.request import Request


def write_edits(model: FaceModel, paths: Sequence[Path], request: Request, output: Output) -> Written:
    """Edits images and writes the results. Images that cannot be read or have no face are left out, and reported.

    Images count as aligned faces if in all of them the eyes are where aligned faces have them, whatever their size.
    Otherwise they are photos, in which faces are detected and edited in place.

    Raises:
        FaceganError: nothing could be edited, or an option does not apply to aligned faces or to photos.
    """
    aligned, remarks = _assumption(paths) if request.aligned is None else (request.aligned, [])
    if aligned and (request.which or request.compare):
        raise FaceganError(
            f"--face and --compare are for photos, but {paths[0]} is an aligned face; --no-aligned treats it as a photo"
            ", and a sheet of faces shows before and after"
        )
    only_faces = aligned or request.faces_only or request.is_grid
    with progress_bar(paths, "detecting faces" if only_faces else "editing photos") as bar:
        photos = select_faces_in_each(bar, model.size, request.which, aligned or request.aligned)
        if not only_faces:
            written = write_edited_photos(model, photos, paths, request, output)
        else:
            faces = [photo.without_pixels() for photo in photos]
    if only_faces:
        written = _write_faces(model, faces, request, output)
    return replace(written, remarks=remarks + written.remarks)


def _assumption(paths: Sequence[Path]) -> tuple[bool, list[str]]:
    """Whether all images that can be read are aligned faces, with a remark for the user."""
    count = 0
    for path in progress_bar(paths, "checking images"):
        try:
            image = open_image(path)
        except FaceganError:
            continue
        if not is_aligned(image):
            mixed = f"{path} is not an aligned face, but others are: all are treated as photos without --aligned"
            return False, [mixed] if count else []
        count += 1
    which = "the image is an aligned face" if count == 1 else f"all {count} images are aligned faces"
    remark = f"{which}, judging by the positions of the eyes; --no-aligned treats images as photos"
    return bool(count), [remark] if count else []


def _write_faces(model: FaceModel, photos: Sequence[PhotoFaces], request: Request, output: Output) -> Written:
    """Edits the faces alone."""
    errors = {photo.path: photo.error for photo in photos if photo.error}
    found = [(photo.path, face.crop) for photo in photos for face in photo.faces]
    if not found:
        raise next(iter(errors.values()))
    paths, faces = map(list, zip(*found, strict=True))
    with counting_faces(model, len(faces) * len(request.edits) * len(request.rows), "editing faces"):
        written = write_edited(model, paths, faces, request, output)
    remarks = [remark for photo in photos for remark in photo.remarks(transparent=False)]
    return Written(written.files, remarks + written.remarks, {path: str(error) for path, error in errors.items()})
