"""Edits of images: aligned faces, or photos with faces in them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

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
        if only_faces:
            written = _write_faces(model, photos, request, output)
        else:
            written = write_edited_photos(model, photos, paths, request, output)
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


def _write_faces(model: FaceModel, photos: Iterable[PhotoFaces], request: Request, output: Output) -> Written:
    """Edits the faces alone. Of the photos only these are kept, because thousands of photos do not fit into memory."""
    paths, faces = list[Path](), list[Image.Image]()
    remarks, errors = list[str](), dict[Path, FaceganError]()
    for photo in photos:
        paths += [photo.path] * len(photo.faces)
        faces += [face.crop for face in photo.faces]
        remarks += photo.remarks(transparent=False)
        if photo.error:
            errors[photo.path] = photo.error
    if not faces:
        raise next(iter(errors.values()))
    with counting_faces(model, len(faces) * len(request.edits) * len(request.rows), "editing faces"):
        written = write_edited(model, paths, faces, request, output)
    return Written(written.files, remarks + written.remarks, {path: str(error) for path, error in errors.items()})
