"""Files of photos with edited faces."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from facegan.errors import FaceganError
from facegan.inference import FaceModel
from facegan.photos.photo import PhotoFaces, blend_faces
from facegan.rendering.output import Output, Written, edited_names, model_metadata, unchanged_remarks
from facegan.rendering.request import Request
from facegan.sheets import grid, sheet

# The maximum length of the longer side, in pixels, of photos in strips and animations.
LONGEST_SIDE = 480


def write_edited_photos(
    model: FaceModel, photos: Iterable[PhotoFaces], paths: Sequence[Path], request: Request, output: Output
) -> Written:
    """Edits faces in photos, and writes the photos. Pixels outside the faces stay as they were.

    Args:
        model: the model.
        photos: the photos with their faces; loaded one at a time, because there may be thousands of large ones.
        paths: the paths of the photos.
        request: the edits; several edits make a strip of small copies or an animation.
        output: where to write; a folder for several photos.

    Raises:
        FaceganError: several photos without a folder, or no photo with a face to edit.
    """
    if len(paths) > 1 and not output.is_folder:
        raise FaceganError(
            f"{output.path} can hold one photo, but there are {len(paths)}; name a folder, or add --faces-only, or"
            " --aligned if they are aligned faces"
        )
    edits = request.edits
    is_small = output.is_animation or (output.is_sheet and len(edits) > 1)
    is_jpeg = output.is_sheet and output.path.suffix.lower() in (".jpg", ".jpeg")
    written, present = Written([]), []
    errors: list[FaceganError] = []
    for found, names in zip(photos, edited_names(paths, edits), strict=True):
        if found.error or not found.photo:
            assert found.error, "there is either a photo or an error"
            errors.append(found.error)
            written.left_out[found.path] = str(found.error)
            continue
        crops, before = [face.crop for face in found.faces], found.photo.rgb
        present.append(now := model.source_attributes(crops, edits[0]))
        edited = [blend_faces(before, found.faces, model.edit(crops, edit, source=now.conditions)) for edit in edits]
        if request.compare:
            edited = [grid([before, after], columns=2) for after in edited]
        elif not is_small:
            edited = [found.photo.restore(after) for after in edited]
        if is_small:
            edited = [_small(after) for after in edited]
        boxes = [list(face.alignment.bounding_box()) for face in found.faces]
        provenance = model_metadata(model) | request.provenance | {"faces": boxes}
        if output.is_animation:
            written.files.extend(output.save_animation(edited, provenance))
        elif output.is_folder:
            written.files.extend(output.save_files([names], [edited], provenance))
        else:
            titles = [f"strength {edit.strength:g}" for edit in edits]
            image = sheet([edited], column_labels=titles) if is_small else edited[0]
            written.files.extend(output.save(image, provenance))
        written.remarks.extend(found.remarks(transparent=not (is_small or request.compare or is_jpeg)))
        if not request.which and found.count > 1:
            others = "the largest was edited (--face 2 selects the next, --face all selects all)"
            written.remarks.append(f"{found.path}: {found.count} faces; {others}")
    if not written.files:
        raise errors[0]
    written.remarks.extend(unchanged_remarks(model, edits[0], present))
    return written


def _small(image: Image.Image) -> Image.Image:
    """A copy of at most `LONGEST_SIDE` pixels in height and width."""
    share = min(1, LONGEST_SIDE / max(image.size))
    size = [max(1, round(side * share)) for side in image.size]
    return image.resize((size[0], size[1]), Image.Resampling.LANCZOS)
