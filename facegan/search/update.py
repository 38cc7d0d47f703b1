"""Updates an index: reads new and changed photos, and removes deleted ones."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facegan import identity
from facegan.errors import FaceganError
from facegan.files import file_state
from facegan.images import is_image_path
from facegan.inference import FaceModel
from facegan.model_files import describe, digest
from facegan.photos.photo import ALL, select_faces_in_each
from facegan.progress import progress_bar
from facegan.search.embedding import embed, portrait
from facegan.search.store import Index, IndexedFace, IndexedPhoto

# The number of photos that are written together; an interruption loses at most these.
BATCH = 32


@dataclass(frozen=True)
class Changes:
    """The changes that update an index.

    Attributes:
        folder: the absolute path of the folder, or of a single photo.
        pending: new and changed photos, with their present states.
        removed: photos that no longer exist.
        unchanged: the number of the others.
    """

    folder: Path
    pending: dict[Path, tuple[int, int]]
    removed: list[Path]
    unchanged: int


def about_model(path: str | Path | None) -> dict[str, Any]:
    """The description of the model in an index; the digest is that of its weights."""
    described = describe(path)
    return {"model": digest(path), **{name: described[name] for name in ("attribute_names", "columns")}}


def photos_within(path: Path) -> dict[Path, tuple[int, int]]:
    """Returns the images in a folder and its subfolders, except hidden ones, or a single photo, with their states.

    Raises:
        FaceganError: no such path, or no image in it.
    """
    path = path.resolve()
    if not path.exists():
        raise FaceganError(f"cannot read {path}: No such file or directory")
    if not path.is_dir():
        return {path: file_state(path)}
    found: dict[Path, tuple[int, int]] = {}
    for folder, inside, files in os.walk(path):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        paths = (Path(folder, name) for name in sorted(files) if is_image_path(name))
        found |= {each: file_state(each) for each in paths if each.is_file()}
    if not found:
        raise FaceganError(f"no images in {path}")
    return found


def find_changes(index: Index, path: Path, present: dict[Path, tuple[int, int]]) -> Changes:
    """Compares photos with an index.

    If the extra `identity` was installed since photos were read, they count as changed.

    Args:
        index: the index.
        path: the folder or photo.
        present: `photos_within` it.
    """
    folder = path.resolve()
    complete = index.states(folder, identity.available())
    known = index.states(folder, False)
    pending = {each: state for each, state in present.items() if complete.get(each) != state}
    removed = [each for each in known if each not in present]
    return Changes(folder, pending, removed, len(present) - len(pending))


def apply_changes(index: Index, changes: Changes, model: FaceModel) -> list[str]:
    """Reads the pending photos in batches, and stores each batch before the next one.

    Args:
        index: the index.
        changes: the changes.
        model: the model of the index.

    Returns:
        Remarks on photos that were read.
    """
    remarks: list[str] = []
    pending = list(changes.pending.items())
    with progress_bar(len(pending), "indexing photos") as bar:
        for start in range(0, len(pending), BATCH):
            batch = pending[start : start + BATCH]
            index.put(_read(batch, model, remarks))
            bar.update(len(batch))
    return remarks


def _read(photos: Sequence[tuple[Path, tuple[int, int]]], model: FaceModel, remarks: list[str]) -> list[IndexedPhoto]:
    """Finds and embeds the faces of a batch of photos."""
    found, crops, portraits = [], [], []
    for photo in select_faces_in_each([path for path, _ in photos], model.size, ALL):
        remarks += photo.remarks(transparent=True)
        found.append((photo.faces, photo.error))
        crops += [face.crop for face in photo.faces]
        if photo.photo:
            portraits += [portrait(photo.photo.rgb, face) for face in photo.faces]
    read, first = [], 0
    embedded = embed(model, crops, portraits) if crops else None
    for (path, state), (faces, error) in zip(photos, found, strict=True):
        if error or embedded is None:
            read.append(IndexedPhoto(path, state, reason=str(error)))
            continue
        rows = range(first, first + len(faces))
        first += len(faces)
        of_photo = [
            IndexedFace(
                face.number,
                face.alignment,
                embedded.attributes[row],
                None if embedded.identity is None else embedded.identity[row],
            )
            for face, row in zip(faces, rows, strict=True)
        ]
        read.append(IndexedPhoto(path, state, of_photo))
    return read
