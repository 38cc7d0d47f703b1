"""Files of generated faces."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from facegan.edits import Edit
from facegan.errors import FaceganError
from facegan.inference import FaceModel
from facegan.rendering.output import Output, model_metadata, title
from facegan.sheets import labelled_grid, sheet

# The number of frames from one face of a walk to the next.
FRAMES = 12


def write_generated(
    model: FaceModel, wished: Edit, count: int, seed: int, steps: Sequence[Edit], output: Output
) -> list[Path]:
    """Generates faces, edits them step by step, and writes a labelled sheet or single files.

    Args:
        model: the model.
        wished: the attributes of the faces.
        count: the number of faces.
        seed: as in `FaceModel.generate`.
        steps: cumulative edits. Each image is made from the generated face with all edits so far, so that repeated
            editing does not lose quality.
        output: where to write.

    Returns:
        The paths of the files.
    """
    provenance = generation_provenance(model, wished, count, seed, steps)
    numbers, rounds = range(1, count + 1), range(len(steps) + 1)
    names = [[face_file_name(face, count, step, len(steps)) for face in numbers] for step in rounds]
    if output.is_folder:
        output.check_files(name for column in names for name in column)
    faces, conditions = model.generate_with_conditions(wished, count, seed)
    columns, combined = [faces], Edit()
    for step in steps:
        combined = combined.then(step)
        columns.append(model.edit(faces, combined, source=conditions))
    if output.is_folder:
        return output.save_files(names, columns, provenance)
    describe = model.attributes.describe
    labels = [describe(model.attributes.values(condition)) for condition in conditions]
    if not steps:
        return output.save(labelled_grid(faces, labels), provenance)
    titles = ["generated", *(f"then {title(model, step)}" for step in steps)]
    return output.save(sheet(list(zip(*columns, strict=True)), column_labels=titles, row_labels=labels), provenance)


def write_walk(model: FaceModel, wished: Edit, count: int, seed: int, output: Output) -> list[Path]:
    """Writes an animation that walks from each generated face to the next.

    Returns:
        The path of the file, in a list.

    Raises:
        FaceganError: there is only one face.
    """
    if count < 2:
        raise FaceganError("a walk needs at least two faces, as with --count 4")
    provenance = generation_provenance(model, wished, count, seed, ())
    return output.save_animation(model.walk(wished, count, seed, FRAMES), provenance)


def generation_provenance(
    model: FaceModel, wished: Edit, count: int, seed: int, steps: Sequence[Edit]
) -> dict[str, Any]:
    """The provenance of generated faces."""
    asked = {"attrs": str(wished), "count": count, "seed": seed, "then": list(map(str, steps))}
    return model_metadata(model) | asked


def face_file_name(face: int, count: int, step: int, steps: int) -> str:
    """The name of a single file: of face `face` of `count`, after edit `step` of `steps`."""
    # Zero-padded, so that files sort by face and step.
    return f"face-{face:0{len(str(count))}}" + (f"-step-{step:0{len(str(steps))}}" if steps else "") + ".png"
