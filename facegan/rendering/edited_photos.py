"""Photos with edited faces, and faces cut out of photos, as files."""

from pathlib import Path

from PIL import Image

from facegan.errors import FaceganError
from facegan.images import save_animation, save_image
from facegan.photos.photo import blend_faces, select_faces_in_each
from facegan.rendering.output import (
    ending,
    file_names,
    free_name,
    is_animation,
    is_sheet,
    made_by,
    parse_wishes,
    taken_already,
    write_files,
)
from facegan.sheets import grid, sheet

# Height and width, in pixels, that photos in strips and animations have at most.
SMALL = 480


def write_edited_photos(
    model, paths, attributes, strengths, source, out, which=None, compare=False, tick=lambda photos: None
):
    """Edits faces where they are in photos, and writes the photos: the rest of each stays as it was, to the pixel.

    Args:
        model, attributes, strengths, source: as in `write_edited`.
        paths: of the photos. Each is opened when its turn comes: there may be thousands of large ones.
        out: a folder; for a single photo, also a picture's path (with several strengths, for a strip of small
            copies), or an animation's.
        which: as for `photos.photo.select_faces`.
        compare: whether to put the photo as it was beside what became of it.
        tick: called with 1 after each photo, for a progress bar.

    Returns:
        The paths that were written, and remarks: what was left out or as it is, and why, and which of several faces was
        edited.

    Raises:
        FaceganError: several photos and no folder; or no photo with a face to edit.
    """
    wishes = parse_wishes(model, attributes)
    moving = len(strengths) > 1
    files = not is_sheet(out) and not is_animation(out, moving)
    if len(paths) > 1 and not files:
        raise FaceganError(f"{out} has room for one photo, and there are {len(paths)}; name a folder, or add --faces-only")
    made = made_by(model) | {"set": attributes, "strength": list(strengths), "from": source}
    written, remarks, errors, found = [], [], [], []
    for photo, name in zip(select_faces_in_each(paths, model.size, which, tick), file_names(paths)):
        if photo.error:
            errors.append(photo.error)
            continue
        if which is None and photo.count > 1:
            others = "the largest was edited (--face 2 is the next, --face all are all)"
            remarks.append(f"{photo.path}: {photo.count} faces; {others}")
        picture, faces = photo.picture, photo.faces
        crops = [face.crop for face in faces]
        now = model.conditions_of(crops, source)
        found += list(now)
        edited = [blend_faces(picture, faces, model.edit(crops, wishes, strength, now)) for strength in strengths]
        if compare:
            edited = [grid([picture, after], columns=2) for after in edited]
        made_of_photo = made | {"faces": [[round(float(n)) for n in face.alignment.bounding_box()] for face in faces]}
        if files:
            pictures = {f"{name}{ending(strengths, strength)}.png": after for strength, after in zip(strengths, edited)}
            written += write_files(pictures, out, made_of_photo)
        elif is_animation(out, moving):
            save_animation([_small(after) for after in edited], out)
            written.append(out)
        else:
            titles = [f"strength {strength:g}" for strength in strengths]
            strip = sheet([[_small(after) for after in edited]], column_labels=titles) if moving else edited[0]
            save_image(strip, out, made_of_photo)
            written.append(out)
    if not written:
        raise errors[0]
    return written, [*map(str, errors), *remarks, *taken_already(model, wishes, source, found)]


def write_aligned(paths, size, which, out, tick=lambda photos: None):
    """Writes the faces of photos, aligned as the training data is, as `NAME.png`, `NAME-2.png` and so on.

    Args:
        paths: of the photos.
        size: side of a face in pixels.
        which: as for `photos.photo.select_faces`.
        out: a folder.
        tick: called with 1 after each photo, for a progress bar.

    Returns:
        The paths that were written, and the errors of photos without a face.
    """
    written, errors, taken = [], [], set()
    for photo in select_faces_in_each(paths, size, which, tick):
        errors += [photo.error] if photo.error else []
        files = {free_name(Path(photo.path).stem, taken): face.crop for face in photo.faces}
        written += write_files(files, out, made=None)
    return written, errors


def _small(picture):
    """A copy of at most `SMALL` pixels in height and width."""
    part = min(1, SMALL / max(picture.size))
    return picture.resize([max(1, round(side * part)) for side in picture.size], Image.Resampling.LANCZOS)
