"""Faces cut out of photos, as files."""

from collections.abc import Callable, Iterable
from pathlib import Path

from facegan.photos.photo import select_faces_in_each
from facegan.rendering.output import Output, Written, unique_stem


def write_aligned(
    paths: Iterable[Path],
    size: int,
    which: int | str | None,
    output: Output,
    progress: Callable[[int], object] = lambda photos: None,
) -> Written:
    """Writes the faces of photos, aligned as the training data is, as `NAME.png`, `NAME-2.png` and so on.

    Args:
        paths: of the photos.
        size: side of a face in pixels.
        which: as for `select_faces`.
        output: a folder.
        progress: called with 1 after each photo.
    """
    written, taken = Written([]), set[str]()
    for photo in select_faces_in_each(paths, size, which, aligned=False, progress=progress):
        path = Path(photo.path)
        if photo.error:
            written.left_out[path] = str(photo.error)
        files = {f"{unique_stem(path.stem, taken)}.png": face.crop for face in photo.faces}
        written.files.extend(output.save_files(files, {"photo": path.name}))
        written.remarks.extend(photo.remarks(transparent=False))
    return written
