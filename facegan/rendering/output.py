"""Where pictures go: which names mean a sheet, an animation or a folder, and what files are called."""

from contextlib import suppress
from pathlib import Path

from facegan.errors import FaceganError
from facegan.images import save_image

SHEET_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
ANIMATION_SUFFIXES = (".gif", ".webp")


def check_output(out, moving=False):
    """Refuses a place that cannot be written to, before a model is loaded.

    Args:
        out: a picture's path or a folder's.
        moving: whether there are several pictures to make an animation of.

    Raises:
        FaceganError: `out` looks like neither a picture nor a folder, or something else is in its place.
    """
    out = Path(out)
    if is_sheet(out, moving) or is_animation(out, moving):
        if out.is_dir():
            raise FaceganError(f"cannot write {out}: it is there already and is not a file")
    elif not out.is_dir() and (out.exists() or out.suffix):
        kinds = ".png, .jpg, .webp, .gif" if moving else ".png, .jpg, .webp"
        raise FaceganError(f"{out} is neither a picture ({kinds}) nor a folder")


def check_folder(out):
    """Refuses a folder that cannot be one. Raises `FaceganError`."""
    if Path(out).exists() and not Path(out).is_dir():
        raise FaceganError(f"cannot write {out}: it is there already and is not a folder")


def is_animation(out, moving):
    """Whether this is an animation's path: a `.gif`, and a `.webp` too, where there are several pictures for it."""
    return moving and Path(out).suffix.lower() in ANIMATION_SUFFIXES


def is_sheet(out, moving=False):
    """Whether this is the path of a picture that stands still."""
    return Path(out).suffix.lower() in SHEET_SUFFIXES and not is_animation(out, moving)


def parse_wishes(model, text):
    """`Attributes.parse`, where nothing at all is an error as well."""
    wishes = model.attributes.parse(text)
    if not wishes:
        raise FaceganError("an edit without a wish; say what to change, as in glasses=1")
    return wishes


def taken_already(model, wishes, source, conditions):
    """Remarks about wishes that faces are taken to fulfil already, so that an edit leaves these faces as they are.

    Args:
        model: `FaceModel`.
        wishes: `{attribute: value}`.
        source: what the model has been told, as in `FaceModel.edit`: of that it needs no reminder.
        conditions: `(count, k)`, what the faces are taken to be.
    """
    told = model.attributes.parse(source or "")
    faces = [model.attributes.values(condition) for condition in conditions]
    remarks = []
    for name, value in wishes.items():
        count = sum(face[name] == value for face in faces)
        if count and name not in told:
            which = f"{count} of {len(faces)} faces are" if len(faces) > 1 else "the face is"
            remarks.append(
                f"{which} taken to be {name}={value} already, and left so; where that is wrong, say with --from what it is"
            )
    return remarks


def made_by(model):
    """What every picture says of its model."""
    networks = model.networks
    name = f"{networks.preset.name}, {model.size}x{model.size}, {networks.record['images_seen']:,} images seen"
    return {"model": name}


def ending(strengths, strength):
    """What of a file's name tells strengths apart."""
    return f"-strength-{strength:g}" if len(strengths) > 1 else ""


def write_files(files, out, made):
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


def file_names(paths):
    """What the pictures made of these are called: the same, without the suffix."""
    taken = set()
    return [free_name(Path(path).stem, taken).removesuffix(".png") for path in paths]


def free_name(stem, taken):
    """`stem.png`, or `stem-2.png` and so on: pictures of the same name must not overwrite each other."""
    name, copy = f"{stem}.png", 2
    while name in taken:
        name, copy = f"{stem}-{copy}.png", copy + 1
    taken.add(name)
    return name
