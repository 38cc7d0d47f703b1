"""Outputs of commands: a sheet, an animation or a folder, the names of files, and remarks."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facegan.content_credentials import check_signing
from facegan.edits import Edit
from facegan.errors import FaceganError
from facegan.files import WriteGuard, reserve, unique_name
from facegan.images import save_animation, save_image
from facegan.inference import FaceModel, SourceAttributes
from facegan.progress import progress_bar
from facegan.provenance import command_of

SHEET_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
ANIMATION_SUFFIXES = (".gif", ".webp")
# Up to this number of faces, no bar is shown; they take at most a second.
FEW = 32


@dataclass(frozen=True)
class Written:
    """The files that a command has written.

    Attributes:
        files: the paths.
        remarks: assumptions, and faces that were left unchanged.
        left_out: `{path: reason}` for inputs without a result.
    """

    files: list[Path]
    remarks: list[str] = field(default_factory=list)
    left_out: dict[Path, str] = field(default_factory=dict)


class Output:
    """The place where a command writes. A command replaces only its own earlier results.

    A `.gif` is an animation, and so is a `.webp` if there are several frames. Any other image suffix is a sheet, and
    everything else a folder of single files. A name that ends with a slash is always a folder.

    Attributes:
        path: the path of the image or the folder.
        is_folder, is_animation, is_sheet: the kind of output; exactly one of these is true.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        command: str,
        animated: bool = False,
        inputs: Iterable[str | os.PathLike[str]] = (),
        overwrite: bool = False,
    ) -> None:
        """Checks the output before anything is generated.

        Args:
            path: an image or a folder.
            command: the name of the command, by which its earlier results are recognised.
            animated: whether there are several images for an animation.
            inputs: files that the command reads.
            overwrite: whether files that are not earlier results may be replaced; inputs never are.

        Raises:
            FaceganError: it is neither the name of an image nor of a folder, a file of another kind exists there, it is
                not writable, it must not be replaced, or images should be signed and cannot be.
        """
        self.path = Path(path)
        self._command = {"command": command}
        self._guard = WriteGuard(inputs, overwrite, lambda file: command_of(file) == command)
        suffix = "" if str(path).endswith(("/", os.sep)) else self.path.suffix.lower()
        if self.path.is_dir() and suffix not in SHEET_SUFFIXES + ANIMATION_SUFFIXES:
            suffix = ""
        self.is_animation = animated and suffix in ANIMATION_SUFFIXES
        self.is_sheet = suffix in SHEET_SUFFIXES and not self.is_animation
        self.is_folder = not suffix
        if not (self.is_animation or self.is_sheet or self.is_folder):
            kinds = ".png, .jpg, .webp, .gif" if animated else ".png, .jpg, .webp"
            raise FaceganError(f"{path} is neither an image ({kinds}) nor a folder (its name ends with a slash)")
        if self.path.exists() and self.is_folder != self.path.is_dir():
            raise FaceganError(f"cannot write {path}: it exists and is not a {'folder' if self.is_folder else 'file'}")
        folder = next(folder for folder in (self.path, *self.path.absolute().parents) if folder.is_dir())
        if not os.access(folder, os.W_OK | os.X_OK):
            raise FaceganError(f"cannot write {path}: no permission to write in {folder}")
        if not self.is_folder:
            self._guard.check(self.path)
        check_signing(command)

    def check_files(self, names: Iterable[str]) -> None:
        """Raises `FaceganError` if a file of the folder must not be replaced."""
        for name in names:
            self._guard.check(self.path / name)

    def reserved(self) -> AbstractContextManager[None]:
        """A context that keeps other processes from writing here; see `facegan.files.reserve`."""
        return reserve(self.path, self.is_folder)

    def save(self, image: Image.Image, provenance: dict[str, Any]) -> list[Path]:
        """Writes a sheet; returns its path in a list."""
        self._guard.check(self.path)
        save_image(image, self.path, provenance | self._command)
        return [self.path]

    def save_animation(self, frames: Sequence[Image.Image], provenance: dict[str, Any]) -> list[Path]:
        """Writes an animation; returns its path in a list."""
        self._guard.check(self.path)
        save_animation(frames, self.path, provenance | self._command)
        return [self.path]

    def save_files(
        self, names: Iterable[Iterable[str]], columns: Iterable[Iterable[Image.Image]], provenance: dict[str, Any]
    ) -> list[Path]:
        """Writes single files into the folder; if one fails, all new ones are removed.

        Args:
            names: the names of the files, nested like `columns`.
            columns: images in groups, such as one for each edit.
            provenance: the provenance of all files.
        """
        images = {
            self.path / name: image
            for group, column in zip(names, columns, strict=True)
            for name, image in zip(group, column, strict=True)
        }
        self.check_files(path.name for path in images)
        new = [path for path in (*images, self.path, *self.path.parents) if not path.exists()]
        try:
            for path, image in images.items():
                save_image(image, path, provenance | self._command)
        except BaseException:
            for path in new:
                with suppress(OSError):
                    path.rmdir() if path.is_dir() else path.unlink()
            raise
        return list(images)


def unchanged_remarks(model: FaceModel, edit: Edit, present: Sequence[SourceAttributes]) -> list[str]:
    """Remarks on faces that stay as they are, because they very probably have a requested value already.

    Args:
        model: the model.
        edit: the edit.
        present: the predictions for all faces.
    """
    faces = [model.attributes.values(condition) for found in present for condition in found.conditions]
    remarks = []
    for name, value in edit.wishes.items():
        certainty = np.concatenate([found.certainty.get(name, np.zeros(len(found.conditions))) for found in present])
        having = [one for face, one in zip(faces, certainty, strict=True) if face[name] == value and one]
        if having and not edit.force:
            several = len(faces) > 1
            which, them = (f"{len(having)} of {len(faces)} faces", "them") if several else ("the face", "it")
            # Never rounded up to 100%.
            remarks.append(
                f"the model predicts, with a probability of {min(having):.0%}, that {which} already"
                f" {'have' if several else 'has'} {name}={value}, and leaves {them} unchanged;"
                f" --force edits {them} anyway".replace("100%", "over 99%")
            )
    return remarks


@contextmanager
def counting_faces(model: FaceModel, count: int, label: str) -> Iterator[None]:
    """A context in which a progress bar counts the faces that a model makes, if there are more than `FEW`."""
    with progress_bar(count, label, hidden=count <= FEW) as bar:
        model.on_faces = bar.update
        yield


def title(model: FaceModel, edit: Edit) -> str:
    """The description of an edit as the title of a column."""
    parts = [
        model.attributes.describe({name: value})
        + (f", strength {edit.strengths[name]:g}" if name in edit.strengths else "")
        for name, value in edit.wishes.items()
    ]
    return ", ".join(parts)


def model_metadata(model: FaceModel) -> dict[str, Any]:
    """The model's entry in the provenance of an image."""
    described = model.networks.description
    seen = described["record"]["images_seen"]
    name = f"{described['recipe']['name']}, {model.size}x{model.size}, {seen:,} images seen"
    return {"model": name}


def edited_names(paths: Iterable[Path], edits: Sequence[Edit]) -> list[list[str]]:
    """The names of the edited files for each path and edit: the path's own name, the strength, and `.png`."""
    taken: set[str] = set()
    suffixes = [f"-strength-{text}" for text in _aligned([edit.strength for edit in edits])] if len(edits) > 1 else [""]
    stems = [unique_name(path.stem, taken) for path in paths]
    return [[f"{stem}{suffix}.png" for suffix in suffixes] for stem in stems]


def _aligned(numbers: Sequence[float]) -> list[str]:
    """Non-negative numbers as texts of one length, so that they sort numerically."""
    decimals = max(len(np.format_float_positional(number, trim="-").partition(".")[2]) for number in numbers)
    width = len(f"{max(numbers):.{decimals}f}")
    return [f"{number:0{width}.{decimals}f}" for number in numbers]
