"""Edits of aligned faces as files."""

from pathlib import Path

from facegan.images import crop_square, save_animation, save_image
from facegan.rendering.output import (
    ending,
    file_names,
    is_animation,
    is_sheet,
    made_by,
    parse_wishes,
    taken_already,
    write_files,
)
from facegan.sheets import grid, sheet


def write_edited(model, paths, pictures, attributes, strengths, source, out):
    """Edits faces and writes a sheet of before and after, an animation of the edit growing, or single files.

    Args:
        model: `FaceModel`.
        paths: where the pictures come from; single files are called the same.
        pictures: RGB `PIL.Image`s.
        attributes, source: as in `FaceModel.edit`.
        strengths: one, or several for a strip of them.
        out: a picture's path for a sheet, a `.gif`'s or, with several strengths, a `.webp`'s for an animation, else a folder.

    Returns:
        The paths that were written, and remarks: which faces are left as they are, and why.
    """
    wishes = parse_wishes(model, attributes)
    made = made_by(model) | {"set": attributes, "strength": list(strengths), "from": source}
    now = model.conditions_of(pictures, source)
    remarks = taken_already(model, wishes, source, now)
    edited = [model.edit(pictures, wishes, strength, now) for strength in strengths]
    if is_animation(out, len(strengths) > 1):
        save_animation([grid(faces) for faces in edited], out)
        return [out], remarks
    if not is_sheet(out):
        files = {
            f"{name}{ending(strengths, strength)}.png": face
            for strength, faces in zip(strengths, edited)
            for name, face in zip(file_names(paths), faces)
        }
        return write_files(files, out, made), remarks
    after = model.attributes.describe(wishes)
    titles = [after if strength == 1 else f"{after}, strength {strength:g}" for strength in strengths]
    before = [crop_square(picture, model.size) for picture in pictures]
    names = [Path(path).name for path in paths]
    rows = list(zip(before, *edited))
    save_image(sheet(rows, column_labels=["before", *titles], row_labels=names), out, made)
    return [out], remarks


def write_grid(model, paths, pictures, names, strength, source, out):
    """Writes a sheet of faces with every value of one attribute, or of two in all combinations.

    Args:
        model, paths, pictures, source: as in `write_edited`.
        names: of one attribute, a column for each value; with a second one, also a row for each of its values.
        strength: of every edit.
        out: a picture's path.

    Returns:
        The path that was written, in a list.

    Raises:
        FaceganError: an attribute that the model does not know.
    """
    first, *second = [model.attributes.wishes_of(name) for name in names]
    now = model.conditions_of(pictures, source)
    describe = model.attributes.describe
    rows, labels = [], []
    for index, (path, picture) in enumerate(zip(paths, pictures)):
        for below in second[0] if second else [{}]:
            edits = [model.edit(picture, wish | below, strength, now[[index]]) for wish in first]
            rows.append([crop_square(picture, model.size), *edits])
            labels.append(f"{Path(path).name} {describe(below)}".strip())
    made = made_by(model) | {"grid": list(names), "strength": strength, "from": source}
    save_image(sheet(rows, ["before", *map(describe, first)], labels), out, made)
    return [out]
