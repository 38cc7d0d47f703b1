"""Files of edited aligned faces."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from facegan.edits import Edit
from facegan.images import crop_square
from facegan.inference import FaceModel
from facegan.rendering.output import Output, Written, edited_names, model_metadata, title, unchanged_remarks
from facegan.rendering.request import Request
from facegan.sheets import grid, sheet


def write_edited(
    model: FaceModel, paths: Sequence[Path], faces: list[Image.Image], request: Request, output: Output
) -> Written:
    """Edits aligned faces and writes a sheet of before and after, an animation of increasing strength, or single files.

    Single files are named after the paths. A grid is a sheet.
    """
    edits, describe = request.edits, model.attributes.describe
    provenance = model_metadata(model) | request.provenance
    # A grid shows every value, including the one that a face has already.
    found = model.source_attributes(faces, Edit(source=edits[0].source) if request.is_grid else edits[0])
    remarks = [] if request.is_grid else unchanged_remarks(model, edits[0], [found])
    # For every row, a list of columns with one face each.
    made = [[model.edit(faces, edit.then(row), source=found.conditions) for edit in edits] for row in request.rows]
    if output.is_animation:
        return Written(output.save_animation([grid(images) for images in made[0]], provenance), remarks)
    if output.is_folder:
        names = edited_names(paths, edits)
        return Written(output.save_files(zip(*names, strict=True), made[0], provenance), remarks)
    rows, labels = [], []
    for index, (path, face) in enumerate(zip(paths, faces, strict=True)):
        for columns, row in zip(made, request.rows, strict=True):
            rows.append([crop_square(face, model.size), *(images[index] for images in columns)])
            labels.append(f"{path.name} {describe(row.wishes)}".strip())
    titles = [title(model, edit) + ("" if edit.strength == 1 else f", strength {edit.strength:g}") for edit in edits]
    return Written(output.save(sheet(rows, ["before", *titles], labels), provenance), remarks)
