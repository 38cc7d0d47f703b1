"""Generated faces as files."""

from facegan.errors import FaceganError
from facegan.images import save_animation, save_image
from facegan.rendering.output import is_sheet, made_by, parse_wishes, write_files
from facegan.sheets import labelled_grid, sheet

# From one face of a walk to the next.
FRAMES = 12


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
    made = made_by(model) | {"attrs": attributes, "count": count, "seed": seed, "then": list(steps)}
    wishes = [parse_wishes(model, step) for step in steps]
    faces, conditions = model.generate_with_conditions(attributes, count, seed)
    describe = model.attributes.describe
    labels = [describe(model.attributes.values(condition)) for condition in conditions]
    columns, asked = [faces], {}
    for step in wishes:
        asked = asked | step
        columns.append(model.edit(faces, asked, source=conditions))
    if not is_sheet(out):
        digits = len(str(count))
        name = lambda face, step: f"face-{face:0{digits}}" + (f"-step-{step}" if step else "") + ".png"
        files = {name(face, step): image for step, column in enumerate(columns) for face, image in enumerate(column, 1)}
        return write_files(files, out, made)
    if steps:
        titles = ["generated", *(f"then {describe(step)}" for step in wishes)]
        picture = sheet(list(zip(*columns)), column_labels=titles, row_labels=labels)
    else:
        picture = labelled_grid(faces, labels)
    save_image(picture, out, made)
    return [out]


def write_walk(model, attributes, count, seed, out):
    """Writes an animation that walks from each generated face to the next.

    Args:
        model, attributes, count, seed: as in `write_generated`; at least two faces.
        out: a `.gif`'s or `.webp`'s path.

    Returns:
        The path that was written, in a list.

    Raises:
        FaceganError: a single face.
    """
    if count < 2:
        raise FaceganError("a walk needs at least two faces: --count 4, say")
    save_animation(model.walk(attributes, count, seed, FRAMES), out)
    return [out]
