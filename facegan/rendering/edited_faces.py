"""Edits of aligned faces as files."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from facegan.edits import Edit, as_text
from facegan.images import crop_square
from facegan.inference import FaceModel
from facegan.rendering.output import (
    Output,
    Written,
    edited_names,
    model_metadata,
    unchanged_remarks,
)
from facegan.sheets import grid, sheet


def write_edited(
    model: FaceModel,
    paths: Sequence[Path],
    faces: Sequence[Image.Image],
    edit: Edit,
    strengths: Sequence[float],
    output: Output,
) -> Written:
    """Edits aligned faces and writes a sheet of before and after, an animation of the edit growing, or single files.

    Args:
        model: the model.
        paths: where the faces come from; single files get the same names.
        faces: RGB images.
        edit: what to change, and the faces' present attributes as far as they are known.
        strengths: one, or several for a strip of them.
        output: where to write.
    """
    provenance = edit_provenance(model, edit, set=str(edit), strength=list(strengths))
    conditions = model.conditions_of(list(faces), edit.source)
    remarks = unchanged_remarks(model, edit, conditions)
    edited = [model.edit(list(faces), edit, strength, conditions) for strength in strengths]
    if output.is_animation:
        return Written(output.save_animation([grid(images) for images in edited], provenance), remarks)
    if output.is_folder:
        names = edited_names(paths, strengths)
        files = {
            name: image
            for column, images in zip(zip(*names, strict=True), edited, strict=True)
            for name, image in zip(column, images, strict=True)
        }
        return Written(output.save_files(files, provenance), remarks)
    after = model.attributes.describe(edit.wishes)
    titles = [after if strength == 1 else f"{after}, strength {strength:g}" for strength in strengths]
    before = [crop_square(face, model.size) for face in faces]
    rows = list(zip(before, *edited, strict=True))
    made = sheet(rows, column_labels=["before", *titles], row_labels=[path.name for path in paths])
    return Written(output.save(made, provenance), remarks)


def write_grid(
    model: FaceModel,
    paths: Iterable[Path],
    faces: Sequence[Image.Image],
    names: Sequence[str],
    edit: Edit,
    output: Output,
) -> Written:
    """Writes a sheet of faces with every value of one attribute, or of two in all combinations.

    Args:
        model: the model.
        paths: as in `write_edited`.
        faces: as in `write_edited`.
        names: of one attribute, a column for each value; with a second one, also a row for each of its values.
        edit: the strength of every edit, and the faces' present attributes; without wishes.
        output: a sheet.

    Raises:
        FaceganError: an attribute that the model does not know.
    """
    columns, *others = [model.attributes.wishes_of(name) for name in names]
    conditions = model.conditions_of(list(faces), edit.source)
    describe = model.attributes.describe
    rows, labels = [], []
    for index, (path, face) in enumerate(zip(paths, faces, strict=True)):
        for second in others[0] if others else [{}]:
            edits = [model.edit(face, first | second, edit.strength, conditions[[index]]) for first in columns]
            rows.append([crop_square(face, model.size), *edits])
            labels.append(f"{path.name} {describe(second)}".strip())
    provenance = edit_provenance(model, edit, grid=list(names), strength=edit.strength)
    return Written(output.save(sheet(rows, ["before", *map(describe, columns)], labels), provenance))


def edit_provenance(model: FaceModel, edit: Edit, **details: Any) -> dict[str, Any]:
    """The provenance of an edited image."""
    return model_metadata(model) | {"from": as_text(edit.source) or None} | details
