"""Photos with edited faces as files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from facegan.edits import Edit
from facegan.errors import FaceganError
from facegan.inference import FaceModel
from facegan.photos.photo import PhotoFaces, blend_faces
from facegan.rendering.edited_faces import edit_provenance
from facegan.rendering.output import Output, Written, edited_names, unchanged_remarks
from facegan.sheets import grid, sheet

# The longer side, in pixels, that photos in strips and animations have at most.
LONGEST_SIDE = 480


def write_edited_photos(
    model: FaceModel,
    photos: Iterable[PhotoFaces],
    paths: Sequence[Path],
    edit: Edit,
    strengths: Sequence[float],
    output: Output,
    chosen: bool = False,
    compare: bool = False,
) -> Written:
    """Edits faces where they are in photos, and writes the photos. All other pixels stay as they were.

    Args:
        model: the model.
        photos: the photos with their faces, each searched when its turn comes: there may be thousands of large ones.
        paths: theirs.
        edit: what to change, and the faces' present attributes as far as they are known.
        strengths: one, or several for a strip of small copies or an animation.
        output: where to write; a folder if there are several photos.
        chosen: whether the user has chosen the faces; else a remark says which of several was edited.
        compare: whether to put each photo as it was beside the edited one.

    Raises:
        FaceganError: several photos and no folder; or no photo with a face to edit.
    """
    if len(paths) > 1 and not output.is_folder:
        raise FaceganError(
            f"{output.path} has room for one photo, and there are {len(paths)}; name a folder, or add --faces-only, or"
            " --aligned if they are aligned faces"
        )
    names = edited_names(paths, strengths)
    written, conditions = Written([]), []
    errors: list[FaceganError] = []
    for found, photo_names in zip(photos, names, strict=True):
        if found.error:
            errors.append(found.error)
            written.left_out[Path(found.path)] = str(found.error)
            continue
        assert found.photo, "there is a photo or an error"
        crops = [face.crop for face in found.faces]
        now = model.conditions_of(crops, edit.source)
        conditions += list(now)
        before = found.photo.rgb
        edited = [blend_faces(before, found.faces, model.edit(crops, edit, strength, now)) for strength in strengths]
        boxes = [list(face.alignment.bounding_box()) for face in found.faces]
        provenance = edit_provenance(model, edit, set=str(edit), strength=list(strengths), faces=boxes)
        if compare:
            edited = [grid([before, after], columns=2) for after in edited]
        whole = output.is_folder or (output.is_sheet and len(strengths) == 1)
        if output.is_animation:
            written.files.extend(output.save_animation([_small(after) for after in edited], provenance))
        elif not whole:
            titles = [f"strength {strength:g}" for strength in strengths]
            written.files.extend(
                output.save(sheet([[_small(after) for after in edited]], column_labels=titles), provenance)
            )
        else:
            restored = edited if compare else [found.photo.restore(after) for after in edited]
            if output.is_sheet:
                written.files.extend(output.save(restored[0], provenance))
            else:
                written.files.extend(output.save_files(dict(zip(photo_names, restored, strict=True)), provenance))
        is_jpeg = output.is_sheet and output.path.suffix.lower() in (".jpg", ".jpeg")
        written.remarks.extend(found.remarks(transparent=whole and not compare and not is_jpeg))
        if not chosen and found.count > 1:
            others = "the largest was edited (--face 2 is the next, --face all are all)"
            written.remarks.append(f"{found.path}: {found.count} faces; {others}")
    if not written.files:
        raise errors[0]
    written.remarks.extend(unchanged_remarks(model, edit, conditions))
    return written


def _small(image: Image.Image) -> Image.Image:
    """A copy of at most `LONGEST_SIDE` pixels in height and width."""
    share = min(1, LONGEST_SIDE / max(image.size))
    return image.resize(
        (max(1, round(image.width * share)), max(1, round(image.height * share))), Image.Resampling.LANCZOS
    )
