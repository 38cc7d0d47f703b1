"""Files of faces cropped from photos."""

from collections.abc import Sequence
from pathlib import Path

from facegan.files import unique_name
from facegan.photos.photo import select_faces_in_each
from facegan.progress import progress_bar
from facegan.rendering.output import Output, Written


def write_aligned(paths: Sequence[Path], size: int, which: int | str | None, output: Output) -> Written:
    """Writes the faces in photos, aligned like the training data, as `NAME.png`, `NAME-2.png` and so on."""
    written, taken = Written([]), set[str]()
    with progress_bar(paths, "detecting faces") as bar:
        for photo in select_faces_in_each(bar, size, which, aligned=False):
            path, crops = photo.path, [face.crop for face in photo.faces]
            if photo.error:
                written.left_out[path] = str(photo.error)
            names = [f"{unique_name(path.stem, taken)}.png" for _ in crops]
            written.files.extend(output.save_files([names], [crops], {"photo": path.name}))
            written.remarks.extend(photo.remarks(transparent=False))
    return written
