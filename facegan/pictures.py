"""From a model to picture files: what `facegan generate` and `facegan edit` write."""

from contextlib import suppress
from pathlib import Path

from PIL import Image

from facegan.errors import FaceganError
from facegan.images import open_image, save_animation, save_image, square
from facegan.photos.photo import faces_in, with_faces
from facegan.sheets import grid, labelled, sheet

SHEET_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
ANIMATION_SUFFIX = ".gif"
# Height and width, in pixels, that photos in strips and animations have at most.
SMALL = 480


def check_output(out, animation=False):
    """Refuses a place that cannot be written to, before a model is loaded.

    Args:
        out: a picture's path or a folder's.
        animation: whether it may be a `.gif`.

    Raises:
        FaceganError: `out` looks like neither a picture nor a folder, or something else is in its place.
    """
    out = Path(out)
    if _is_sheet(out) or (animation and is_animation(out)):
        if out.is_dir():
            raise FaceganError(f"cannot write {out}: it is there already and is not a file")
    elif not out.is_dir() and (out.exists() or out.suffix):
        kinds = ".png, .jpg, .webp, .gif" if animation else ".png, .jpg, .webp"
        raise FaceganError(f"{out} is neither a picture ({kinds}) nor a folder")


def check_folder(out):
    """Refuses a folder that cannot be one. Raises `FaceganError`."""
    if Path(out).exists() and not Path(out).is_dir():
        raise FaceganError(f"cannot write {out}: it is there already and is not a folder")


def write_generated(model, attributes, count, seed, steps, out):
    """Generates faces, edits them step by step, and writes a sheet or single files.

    Args:
        model: `FaceModel`.
        attributes: what the faces shall be like.
        count, seed: as in `FaceModel.generate`.
        steps: edits, each on top of those before it. Each result is made from the generated face and all edits up
            to there, so that nothing is lost by editing again and again.
        out: a picture's path for a labelled sheet, else a folder.

    Returns:
        The paths that were written.
    """
    made = _made(model) | {"attrs": attributes, "count": count, "seed": seed, "then": list(steps)}
    wishes = [_wishes(model, step) for step in steps]
    faces, conditions = model.generate_with_conditions(attributes, count, seed)
    describe = model.attributes.describe
    labels = [describe(model.attributes.values(condition)) for condition in conditions]
    columns, asked = [faces], {}
    for step in wishes:
        asked = asked | step
        columns.append(model.edit(faces, asked, source=conditions))
    if not _is_sheet(out):
        digits = len(str(count))
        name = lambda face, step: f"face-{face:0{digits}}" + (f"-step-{step}" if step else "") + ".png"
        files = {name(face, step): image for step, column in enumerate(columns) for face, image in enumerate(column, 1)}
        return _write_files(files, out, made)
    if steps:
        titles = ["generated", *(f"then {describe(step)}" for step in wishes)]
        picture = sheet(list(zip(*columns)), column_labels=titles, row_labels=labels)
    else:
        picture = labelled(faces, labels)
    save_image(picture, out, made)
    return [out]


def write_edited(model, paths, pictures, attributes, strengths, source, out):
    """Edits faces and writes a sheet of before and after, an animation of the edit growing, or single files.

    Args:
        model: `FaceModel`.
        paths: where the pictures come from; single files are called the same.
        pictures: RGB `PIL.Image`s.
        attributes, source: as in `FaceModel.edit`.
        strengths: one, or several for a strip of them.
        out: a picture's path for a sheet, a `.gif`'s for an animation, else a folder.

    Returns:
        The paths that were written.
    """
    wishes = _wishes(model, attributes)
    made = _made(model) | {"set": attributes, "strength": list(strengths), "from": source}
    now = model.conditions_of(pictures, source)
    edited = [model.edit(pictures, wishes, strength, now) for strength in strengths]
    if is_animation(out):
        save_animation([grid(faces) for faces in edited], out)
        return [out]
    if not _is_sheet(out):
        ending = (lambda strength: f"-strength-{strength:g}") if len(strengths) > 1 else lambda strength: ""
        files = {
            f"{name}{ending(strength)}.png": face
            for strength, faces in zip(strengths, edited)
            for name, face in zip(_names(paths), faces)
        }
        return _write_files(files, out, made)
    after = model.attributes.describe(wishes)
    titles = [after if strength == 1 else f"{after}, strength {strength:g}" for strength in strengths]
    before = [square(picture, model.size) for picture in pictures]
    names = [Path(path).name for path in paths]
    rows = list(zip(before, *edited))
    save_image(sheet(rows, column_labels=["before", *titles], row_labels=names), out, made)
    return [out]


def write_edited_photos(model, paths, attributes, strengths, source, out, which=None, compare=False):
    """Edits faces where they are in photos, and writes the photos: the rest of each stays as it was, to the pixel.

    Args:
        model, attributes, strengths, source: as in `write_edited`.
        paths: of the photos. Each is opened when its turn comes: there may be thousands of large ones.
        out: a folder; for a single photo, also a picture's path (with several strengths, for a strip of small
            copies), or a `.gif`'s.
        which: as for `photos.photo.faces_in`.
        compare: whether to put the photo as it was beside what became of it.

    Returns:
        The paths that were written, and remarks: what was left out and why, and which of several faces was edited.

    Raises:
        FaceganError: several photos and no folder; or no photo with a face to edit.
    """
    wishes = _wishes(model, attributes)
    files = not _is_sheet(out) and not is_animation(out)
    if len(paths) > 1 and not files:
        raise FaceganError(f"{out} has room for one photo, and there are {len(paths)}; name a folder, or add --faces-only")
    made = _made(model) | {"set": attributes, "strength": list(strengths), "from": source}
    written, remarks, errors = [], [], []
    for path, name in zip(paths, _names(paths)):
        try:
            picture = open_image(path)
            faces, count = faces_in(picture, model.size, which, path)
        except FaceganError as error:
            errors.append(error)
            continue
        if which is None and count > 1:
            remarks.append(f"{path}: {count} faces; the largest was edited (--face 2 is the next, --face all are all)")
        crops = [face.crop for face in faces]
        now = model.conditions_of(crops, source)
        edited = [with_faces(picture, faces, model.edit(crops, wishes, strength, now)) for strength in strengths]
        if compare:
            edited = [grid([picture, after], columns=2) for after in edited]
        made_of_photo = made | {"faces": [[round(float(n)) for n in face.alignment.box()] for face in faces]}
        if files:
            ending = (lambda strength: f"-strength-{strength:g}") if len(strengths) > 1 else lambda strength: ""
            pictures = {f"{name}{ending(strength)}.png": after for strength, after in zip(strengths, edited)}
            written += _write_files(pictures, out, made_of_photo)
        elif is_animation(out):
            save_animation([_small(after) for after in edited], out)
            written.append(out)
        else:
            titles = [f"strength {strength:g}" for strength in strengths]
            several = len(strengths) > 1
            strip = sheet([[_small(after) for after in edited]], column_labels=titles) if several else edited[0]
            save_image(strip, out, made_of_photo)
            written.append(out)
    if not written:
        raise errors[0]
    return written, [*map(str, errors), *remarks]


def write_aligned(paths, size, which, out):
    """Writes the faces of photos, aligned as the training data is, as `NAME.png`, `NAME-2.png` and so on.

    Args:
        paths: of the photos, any iterable.
        size: side of a face in pixels.
        which: as for `photos.photo.faces_in`.
        out: a folder.

    Returns:
        The paths that were written, and the errors of photos without a face.
    """
    written, errors, taken = [], [], set()
    for path in paths:
        try:
            faces, _ = faces_in(open_image(path), size, which, path)
        except FaceganError as error:
            errors.append(error)
            continue
        files = {}
        for face in faces:
            files[_free_name(Path(path).stem, taken)] = face.crop
        written += _write_files(files, out, made=None)
    return written, errors


def _small(picture):
    """A copy of at most `SMALL` pixels in height and width."""
    part = min(1, SMALL / max(picture.size))
    return picture.resize([max(1, round(side * part)) for side in picture.size], Image.Resampling.LANCZOS)


def is_animation(out):
    """Whether this path is an animation's."""
    return Path(out).suffix.lower() == ANIMATION_SUFFIX


def _is_sheet(out):
    return Path(out).suffix.lower() in SHEET_SUFFIXES


def _wishes(model, text):
    wishes = model.attributes.parse(text)
    if not wishes:
        raise FaceganError("an edit without a wish; say what to change, as in glasses=1")
    return wishes


def _made(model):
    networks = model.networks
    name = f"{networks.preset.name}, {model.size}x{model.size}, {networks.record['images_seen']:,} images seen"
    return {"model": name}


def _write_files(files, out, made):
    """Writes all the files, or, where one of them fails, leaves none that was not there before."""
    paths = [Path(out) / name for name in files]
    new = [path for path in (*paths, Path(out), *Path(out).parents) if not path.exists()]
    try:
        for path, image in zip(paths, files.values()):
            save_image(image, path, made)
    except BaseException:
        for path in new:
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        raise
    return paths


def _names(paths):
    taken = set()
    return [_free_name(Path(path).stem, taken).removesuffix(".png") for path in paths]


def _free_name(stem, taken):
    """`stem.png`, or `stem-2.png` and so on: pictures of the same name must not overwrite each other."""
    name, copy = f"{stem}.png", 2
    while name in taken:
        name, copy = f"{stem}-{copy}.png", copy + 1
    taken.add(name)
    return name
